package train

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"lamplight/internal/fixture"
	"lamplight/internal/race"
)

// TestNeed compares what Need says with what a training has allocated, for a model that is so small that its weights do not
// matter.
func TestNeed(t *testing.T) {
	race.Skip(t)
	path := fixture.GGUF(t, fixture.Options{})
	e := randomExamples(rand.New(rand.NewPCG(1, 1)), 300, 400, 400)
	for name, o := range map[string]Options{"LoRA": {LoRA: &LoRA{Rank: 8, Alpha: 8}, Batch: 2}, "full": {Batch: 2}, "no activations": {Batch: 2, Keep: -1}} {
		said, err := Need(path, 401, o)
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		tr := newTrainer(t, path, e, nil, o)
		run(t, tr)
		runtime.GC()
		runtime.ReadMemStats(&after)
		got := int64(after.HeapAlloc) - int64(before.HeapAlloc)
		t.Logf("%s: %d bytes, %d were said", name, got, said)
		if got > said || float64(got) < 0.4*float64(said) { // of the products the most is said
			t.Errorf("%s: %d bytes, %d were said", name, got, said)
		}
		tr.Close()
	}
}

// TestWait holds that a training waits where it is told to, to the same result, and ends with the error of waiting.
func TestWait(t *testing.T) {
	path := fixture.GGUF(t, fixture.Options{})
	e := randomExamples(rand.New(rand.NewPCG(1, 1)), 300, 30, 30, 30)
	o := Options{LoRA: &LoRA{Rank: 2, Alpha: 2}, Batch: 1}
	want := newTrainer(t, path, e, nil, o)
	run(t, want)
	n := 0
	o.Wait = func(context.Context) error { n++; return nil }
	got := newTrainer(t, path, e, nil, o)
	run(t, got)
	if n < 3*fixture.Layers {
		t.Errorf("it was asked %d times", n)
	}
	if !slices.Equal(want.values(), got.values()) {
		t.Error("the weights are others")
	}
	stop := errors.New("no further")
	o.Wait = func(context.Context) error { return stop }
	for _, err := range newTrainer(t, path, e, nil, o).Run(t.Context()) {
		if !errors.Is(err, stop) {
			t.Error(err)
		}
	}
}

func TestForget(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	path := fixture.GGUF(t, fixture.Options{})
	e := randomExamples(rand.New(rand.NewPCG(1, 1)), 300, 30, 30)
	run(t, newTrainer(t, path, e[:1], e[1:], Options{LoRA: &LoRA{Rank: 2, Alpha: 2}, Folder: dir}))
	if list, err := os.ReadDir(dir); err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	for range 2 {
		if err := Forget(dir); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
}
