package train

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lamplight/internal/fixture"
	"lamplight/internal/race"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

// run trains to the end and returns what was reported.
func run(t testing.TB, tr *Trainer) (list []Progress) {
	t.Helper()
	for p, err := range tr.Run(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

func newTrainer(t testing.TB, base string, train, val []Example, o Options) *Trainer {
	t.Helper()
	tr, err := New(t.Context(), base, train, val, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

// values returns the parameters as one list.
func (t *Trainer) values() (all []float32) {
	for _, p := range t.m.params {
		all = append(all, p.Value...)
	}
	return all
}

// repeated makes examples of which an order of tokens can be learnt: each token is followed by the next one.
func repeated(r *rand.Rand, n int) (list []Example) {
	for range n {
		e := Example{}
		at := r.IntN(16)
		for i := range 8 + r.IntN(12) {
			e.Tokens = append(e.Tokens, 300+tokenizer.ID((at+i)%16))
			e.Target = append(e.Target, i > 1)
		}
		list = append(list, e)
	}
	return list
}

func TestLearns(t *testing.T) {
	race.Skip(t)
	r := rand.New(rand.NewPCG(1, 2))
	train, val := repeated(r, 24), repeated(r, 6)
	base := fixture.GGUF(t, fixture.Options{Type: kernels.Q8_0})
	for name, o := range map[string]Options{
		"adapter": {LoRA: &LoRA{Rank: 4, Alpha: 8}, Rate: 2e-2, Epochs: 6, Batch: 4, Positions: 64},
		"full":    {Rate: 2e-3, Epochs: 6, Batch: 4, Positions: 64},
		"scratch": {Scratch: true, Rate: 3e-3, Epochs: 8, Batch: 4, Positions: 64},
		"Muon":    {Scratch: true, Rate: 3e-3, Muon: 0.02, Ordered: true, Epochs: 8, Batch: 4, Positions: 64},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrainer(t, base, train, val, o)
			list := run(t, tr)
			first, last := list[0], list[len(list)-1]
			if len(list) != tr.Steps() || last.Step != tr.Steps() || last.Epoch != o.Epochs {
				t.Errorf("%d steps, the last one is %+v", len(list), last)
			}
			if !(last.EvalLoss < 0.7) || !(first.Loss > 3) {
				t.Errorf("the loss was %v and is %v, held back %v", first.Loss, last.Loss, last.EvalLoss)
			}
		})
	}
}

// TestInterrupted holds that a training that is cancelled or left at any time and begun again, and one that keeps its best
// parameters in memory, end with the same numbers as one that is not.
func TestInterrupted(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 2))
	train, val := repeated(r, 20), repeated(r, 4)
	base := fixture.GGUF(t, fixture.Options{Type: kernels.Q4_0})
	for name, o := range map[string]Options{
		"adapter": {LoRA: &LoRA{Rank: 2, Alpha: 2, Dropout: 0.1}, Rate: 1e-1, Epochs: 3, Batch: 4, Positions: 40, EvalEvery: 2},
		"full":    {Rate: 2e-3, Epochs: 2, Batch: 5, Positions: 64, EvalEvery: 3, Decay: 0.01},
		"Muon":    {Scratch: true, Rate: 2e-3, Muon: 0.02, Ordered: true, Epochs: 2, Batch: 5, Positions: 64, EvalEvery: 3, Decay: 0.01},
	} {
		t.Run(name, func(t *testing.T) {
			whole := newTrainer(t, base, train, val, o)
			run(t, whole)
			want := whole.values()
			o.Folder, o.SaveEvery, o.Threads = t.TempDir(), -1, 3
			for n := 0; ; n++ {
				if n > 500 {
					t.Fatal("it never ends")
				}
				tr := newTrainer(t, base, train, val, o)
				ctx, cancel := context.WithCancel(t.Context())
				limit := float64(r.IntN(20_000)) * math.Pow(1.1, float64(min(n, 100))) // longer each time, as below
				stop := time.AfterFunc(time.Duration(limit)*time.Microsecond, cancel)
				for _, err := range tr.Run(ctx) {
					if err != nil && !errors.Is(err, context.Canceled) {
						t.Fatal(err)
					}
					if err != nil || r.IntN(3) == 0 {
						break
					}
				}
				stop.Stop()
				cancel()
				if tr.at.Finished {
					again := newTrainer(t, base, train, val, o)
					for p := range again.Run(t.Context()) {
						t.Errorf("a finished training does %+v", p)
					}
					if !slices.Equal(again.values(), want) {
						t.Error("the result is another one")
					}
					return
				}
			}
		})
	}
}

// TestKilled kills a process that trains, again and again, until it gets to its end.
func TestKilled(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	train, val := repeated(r, 16), repeated(r, 3)
	o := Options{LoRA: &LoRA{Rank: 2, Alpha: 4}, Rate: 1e-2, Epochs: 3, Batch: 2, Positions: 64, EvalEvery: 4, SaveEvery: -1}
	if dir := os.Getenv("LAMPLIGHT_TEST_TRAIN"); dir != "" { // the process that is killed
		o.Folder = dir
		run(t, newTrainer(t, filepath.Join(dir, "base.gguf"), train, val, o))
		return
	}
	dir := t.TempDir()
	base := filepath.Join(dir, "base.gguf")
	if err := fixture.New(fixture.Options{}).WriteGGUF(base); err != nil {
		t.Fatal(err)
	}
	whole := newTrainer(t, base, train, val, o)
	run(t, whole)
	o.Folder = dir
	for n := 0; ; n++ {
		c := exec.Command(os.Args[0], "-test.run", "^TestKilled$")
		c.Env = append(os.Environ(), "LAMPLIGHT_TEST_TRAIN="+dir)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		// Longer each time, so that it ends on any machine.
		limit := time.Duration(float64(50+r.IntN(200))*math.Pow(1.25, float64(n))) * time.Millisecond
		kill := time.AfterFunc(limit, func() { c.Process.Kill() })
		err := c.Wait()
		kill.Stop()
		if err == nil {
			t.Logf("it was killed %d times", n)
			break
		}
	}
	done := newTrainer(t, base, train, val, o)
	if !done.at.Finished || !slices.Equal(done.values(), whole.values()) {
		t.Error("the result is another one")
	}
}

// TestEarlyStop holds that a training that gets worse ends, with the parameters that were best.
func TestEarlyStop(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	base := fixture.GGUF(t, fixture.Options{})
	train, val := randomExamples(r, 400, 20, 20), randomExamples(r, 400, 20, 20, 20) // nothing in common
	for _, folder := range []string{"", t.TempDir()} {
		tr := newTrainer(t, base, train, val, Options{Rate: 2e-2, Epochs: 50, Batch: 2, Patience: 3, Folder: folder})
		list := run(t, tr)
		if len(list) == tr.Steps() {
			t.Fatal("it went on to its end")
		}
		best := math.Inf(1)
		for _, p := range list {
			best = min(best, p.EvalLoss)
		}
		var p Progress
		tr.at.Evaluated, tr.at.Best = 0, 0
		if err := tr.evaluate(t.Context(), &p); err != nil {
			t.Fatal(err)
		}
		if p.EvalLoss != best {
			t.Errorf("the parameters give %v, the best were %v", p.EvalLoss, best)
		}
	}
}

func TestRefuses(t *testing.T) {
	base := fixture.GGUF(t, fixture.Options{})
	good := repeated(rand.New(rand.NewPCG(1, 1)), 3)
	lora := func(l LoRA) Options { return Options{LoRA: &l} }
	for name, c := range map[string]struct {
		examples []Example
		o        Options
		want     error
	}{
		"no examples":        {nil, Options{}, ErrExamples},
		"nothing to learn":   {[]Example{{Tokens: good[0].Tokens, Target: make([]bool, len(good[0].Tokens))}}, Options{}, ErrExamples},
		"one token":          {[]Example{{Tokens: good[0].Tokens[:1], Target: []bool{true}}}, Options{}, ErrExamples},
		"too few marks":      {[]Example{{Tokens: good[0].Tokens, Target: []bool{false, true}}}, Options{}, ErrExamples},
		"no such token":      {[]Example{{Tokens: []tokenizer.ID{1, 5000}, Target: []bool{false, true}}}, Options{}, ErrExamples},
		"negative token":     {[]Example{{Tokens: []tokenizer.ID{-1, 5}, Target: []bool{false, true}}}, Options{}, ErrExamples},
		"rank":               {good, lora(LoRA{Rank: 0, Alpha: 1}), ErrOptions},
		"alpha":              {good, lora(LoRA{Rank: 1}), ErrOptions},
		"dropout":            {good, lora(LoRA{Rank: 1, Alpha: 1, Dropout: 1}), ErrOptions},
		"target":             {good, lora(LoRA{Rank: 1, Alpha: 1, Targets: []string{"attn_x"}}), ErrOptions},
		"rate":               {good, Options{Rate: float32(math.NaN())}, ErrOptions},
		"adapter of nothing": {good, Options{LoRA: &LoRA{Rank: 1, Alpha: 1}, Scratch: true}, ErrOptions},
	} {
		if _, err := New(t.Context(), base, c.examples, nil, c.o); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	dir := t.TempDir()
	o := Options{Folder: dir, SaveEvery: -1, LoRA: &LoRA{Rank: 1, Alpha: 1}}
	run(t, newTrainer(t, base, good, nil, o))
	o.Seed = 5
	if _, err := New(t.Context(), base, good, nil, o); !errors.Is(err, ErrOther) {
		t.Errorf("with the state of another training: %v", err)
	}
	diverging := newTrainer(t, base, good, nil, Options{Rate: 1, Clip: -1, Epochs: 200})
	diverging.m.params[0].Value = slices.Repeat([]float32{float32(math.NaN())}, len(diverging.m.params[0].Value))
	for _, err := range diverging.Run(t.Context()) {
		if !errors.Is(err, ErrDiverged) {
			t.Errorf("of weights that are no numbers: %v", err)
		}
		break
	}
}
