package tuning

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"lamplight/engine"
	"lamplight/internal/race"
	"lamplight/library"
	"lamplight/privacy/vault"
)

// bench is a tuner with what it needs.
type bench struct {
	*Tuner
	t     *testing.T
	lib   *library.Library
	model library.Model
	vault *vault.Vault
	dir   string
	news  chan struct{}
	busy  atomic.Bool
	on    atomic.Bool // battery
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, vault: openVault(t), dir: t.TempDir(), news: make(chan struct{}, 1)}
	b.lib, b.model = newLibrary(t)
	b.restart()
	return b
}

// restart makes another tuner, as the next start of the program does.
func (b *bench) restart() {
	b.Tuner = New(Options{
		Library: b.lib, Folder: filepath.Join(b.dir, "tuning"), Threads: 2,
		Busy: b.busy.Load, Battery: func() (bool, bool) { return b.on.Load(), true },
		Lend: func(ctx context.Context, id string, f Borrower) error {
			m, err := b.lib.Get(id)
			if err != nil {
				return err
			}
			model, err := engine.Load(ctx, m.Path, engine.LoadOptions{Threads: 2})
			if err != nil {
				return err
			}
			defer model.Close()
			return f(model, func() bool { return false })
		},
		Changed: func() {
			select {
			case b.news <- struct{}{}:
			default:
			}
		},
	})
}

// begin begins a training of n examples.
func (b *bench) begin(n int) {
	b.t.Helper()
	l := Lesson{Sources: []Source{read(b.t, write(b.t, "examples.jsonl", n))}}
	if err := b.SetLesson(b.t.Context(), b.vault, l); err != nil {
		b.t.Fatal(err)
	}
	if err := b.Begin(b.t.Context(), b.vault, openBase(b.t, b.model), Settings{Rank: 2, Epochs: 2, Seed: 3}); err != nil {
		b.t.Fatal(err)
	}
}

// until waits until f holds of the status.
func (b *bench) until(what string, f func(Status) bool) {
	b.t.Helper()
	timeout := time.After(2 * time.Minute) // a slow machine makes a test slow, not red
	for !f(b.Status()) {
		select {
		case <-b.news:
		case <-timeout:
			b.t.Fatalf("waited too long for %s: %+v", what, b.Status())
		case <-b.t.Context().Done():
			b.t.Fatalf("%s: %+v", what, b.Status())
		}
	}
}

// start runs the training; the channel has its end.
func (b *bench) start(ctx context.Context) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx, b.vault) }()
	return ended
}

func (b *bench) stored() []string {
	b.t.Helper()
	items, err := b.vault.Items(b.t.Context(), vault.Tuning)
	if err != nil {
		b.t.Fatal(err)
	}
	var names []string
	for _, i := range items {
		names = append(names, i.Name)
	}
	return names
}

func (b *bench) wantNoFolder() {
	b.t.Helper()
	if _, err := os.Stat(filepath.Join(b.dir, "tuning")); !errors.Is(err, os.ErrNotExist) {
		b.t.Errorf("the folder is there: %v", err)
	}
}

func TestTrainAndKeep(t *testing.T) {
	b := newBench(t)
	if err := b.Begin(t.Context(), b.vault, openBase(t, b.model), Settings{}); !errors.Is(err, ErrNoExamples) {
		t.Error(err)
	}
	if err := b.Run(t.Context(), b.vault); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	b.begin(22)
	if err := b.SetLesson(t.Context(), b.vault, Lesson{}); !errors.Is(err, ErrRunning) {
		t.Error(err)
	}
	if _, err := b.Keep(t.Context(), b.vault, "x"); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	if err := <-b.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := b.Status()
	r := s.Record
	if s.Phase != Done || s.Step != 10 || s.Steps != 10 || !s.Power || !r.Done || r.Before.Of != 2 || r.After.Of != 2 || len(r.Samples) != 2 {
		t.Errorf("%+v", s)
	}
	held := 0
	for _, p := range r.Curve {
		if p.Held {
			held++
		}
	}
	if held != 2 || len(r.Curve) != 12 || r.Curve[0].Loss <= r.Curve[10].Loss {
		t.Errorf("%+v", r.Curve)
	}
	if a := r.Samples[0]; a.Asked == "" || a.Expected == "" || a.Before == "" || a.After == "" {
		t.Errorf("%+v", a)
	}
	b.restart() // the decision may come later
	if err := b.Load(t.Context(), b.vault); err != nil {
		t.Fatal(err)
	}
	if s := b.Status(); s.Phase != Done || len(s.Record.Curve) != 12 || b.Lesson().Rows() != 22 {
		t.Errorf("%+v", s)
	}
	kept, err := b.Keep(t.Context(), b.vault, "My letters")
	if err != nil {
		t.Fatal(err)
	}
	list, err := b.lib.AdaptersFor(b.model)
	if err != nil || len(list) != 1 || list[0].ID != kept.ID {
		t.Fatalf("%+v, %v", list, err)
	}
	if c := list[0].Card; c.Name != "My letters" || c.Base != "Tiny" || c.BaseSHA256 != b.model.Digest() || !c.Trained {
		t.Errorf("%+v", c)
	}
	b.wantNoFolder()
	if got := b.stored(); !slices.Equal(got, []string{"examples"}) || b.Status().Phase != Idle {
		t.Errorf("%v", got)
	}
}

func TestMerge(t *testing.T) {
	race.Skip(t)
	b := newBench(t)
	b.begin(8)
	if err := <-b.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	m, err := b.Merge(t.Context(), b.vault, "Mine")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.lib.Get(m.ID); err != nil || got.Card.Name != "Mine" || got.Card.Linked || got.Card.Source != b.model.Path || got.ID == b.model.ID {
		t.Errorf("%+v, %v", got.Card, err)
	}
	b.wantNoFolder()
}

// A training that is interrupted, once by the end of the program and once by a lock, comes to the same adapter.
func TestInterrupted(t *testing.T) {
	whole := newBench(t)
	whole.begin(22)
	if err := <-whole.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(whole.adapterPath())
	if err != nil {
		t.Fatal(err)
	}

	b := newBench(t)
	b.begin(22)
	ctx, cancel := context.WithCancel(t.Context())
	ended := b.start(ctx)
	b.until("some steps", func(s Status) bool { return s.Step >= 3 })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	info, err := os.Stat(b.statePath())
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("%v, %v", info, err)
	}
	b.restart()
	if err := b.Load(t.Context(), b.vault); err != nil {
		t.Fatal(err)
	}
	if s := b.Status(); s.Phase != Waiting || s.Step < 3 || s.Steps != 10 || len(s.Record.Samples) != 2 {
		t.Errorf("%+v", s)
	}
	before := b.Status().Step
	ended = b.start(t.Context())
	b.until("more steps", func(s Status) bool { return s.Step > before+1 })
	b.Drop()
	<-ended
	if s := b.Status(); s.Phase != Idle || b.Lesson().Rows() != 0 || len(s.Record.Samples) != 0 {
		t.Errorf("after a lock: %+v", s)
	}
	if err := b.Load(t.Context(), b.vault); err != nil {
		t.Fatal(err)
	}
	if err := <-b.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(b.adapterPath())
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %d wanted, %v", len(got), len(want), err)
	}
	steps := map[int]bool{}
	for _, p := range b.Status().Record.Curve {
		if !p.Held && steps[p.Step] {
			t.Errorf("step %d is there twice", p.Step)
		}
		steps[p.Step] = true
	}
}

// What a training rests for.
func TestRests(t *testing.T) {
	b := newBench(t)
	b.begin(22)
	b.Pause()
	ended := b.start(t.Context())
	b.until("a pause", func(s Status) bool { return s.Phase == Asking && s.Rests == ByUser })
	b.busy.Store(true)
	b.Resume()
	b.until("an answer", func(s Status) bool { return s.Rests == Answer })
	b.busy.Store(false)
	b.until("a step", func(s Status) bool { return s.Rests == None && s.Step > 0 })
	b.Pause()
	b.until("another pause", func(s Status) bool { return s.Rests == ByUser })
	b.on.Store(true)
	b.looked = b.looked.Add(-lookAtBattery) // it rests: nobody else looks
	b.Resume()
	b.until("the battery", func(s Status) bool { return s.Rests == Battery })
	if err := b.Discard(t.Context(), b.vault); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	b.wantNoFolder()
	if s := b.Status(); s.Phase != Idle || s.Steps != 0 {
		t.Errorf("%+v", s)
	}
	if got := b.stored(); !slices.Equal(got, []string{"examples"}) {
		t.Errorf("%v", got)
	}
	if err := b.Discard(t.Context(), b.vault); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
}

// What is left of other trainings, or missing of this one.
func TestLoad(t *testing.T) {
	race.Skip(t)
	b := newBench(t)
	rest := filepath.Join(b.dir, "tuning", "state", "checkpoint.gguf")
	leave := func() {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(rest), 0o700), os.WriteFile(rest, []byte("half"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	leave()
	if err := b.Load(t.Context(), b.vault); err != nil {
		t.Fatal(err)
	}
	b.wantNoFolder()

	b.begin(8)
	leave() // damaged: the training begins anew
	if err := <-b.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(b.adapterPath()); err != nil {
		t.Fatal(err)
	}
	b.restart()
	if err := b.Load(t.Context(), b.vault); err != nil {
		t.Fatal(err)
	}
	if s := b.Status(); s.Phase != Idle || b.Lesson().Rows() != 8 || !slices.Equal(b.stored(), []string{"examples"}) {
		t.Errorf("%+v, %v", s, b.stored())
	}

	b.begin(8)
	if err := b.lib.Remove(b.model.ID); err != nil {
		t.Fatal(err)
	}
	if err := <-b.start(t.Context()); !errors.Is(err, library.ErrNotFound) || b.Status().Phase != Failed || !errors.Is(b.Status().Err, library.ErrNotFound) {
		t.Errorf("%v, %+v", err, b.Status())
	}
}
