package tuning

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"lamplight/engine"
	"lamplight/engine/adapter"
	"lamplight/library"
)

// Phase is how far a training is.
type Phase uint8

// The phases.
const (
	Idle     Phase = iota
	Asking         // the questions that were held back are answered by the model as it is
	Training       //
	Trying         // the same questions are answered by what was learnt
	Waiting        // it was interrupted by the end of the program or a lock, and goes on with Run
	Done           // it waits for Keep or Discard
	Failed         // it goes on with Run, or not at all
)

// Reason is why a training that is under way does not advance.
type Reason uint8

// The reasons.
const (
	None    Reason = iota
	ByUser         // Pause
	Battery        // the computer runs on its battery
	Answer         // an answer is being written
	Reading        // the model and the examples are being read
)

// Status is what is to be shown of a training.
type Status struct {
	Phase  Phase
	Rests  Reason
	Record Record // as far as it is
	Err    error  // of Failed

	Step, Steps, Epoch int
	TokensPerSecond    float64       // while it computes
	Left               time.Duration // without rests; 0: not known yet
	Asked, Questions   int           // of Asking and Trying
	Power              bool          // false: whether the computer runs on its battery is not known
}

// Options are what a Tuner needs of the rest of the program.
type Options struct {
	Library *library.Library
	Lend    Lend
	Busy    func() bool                          // an answer is being written
	Battery func() (on, known bool)              // OnBattery
	Folder  string                               // of its own, for the state of the training and what it has come to
	Threads int                                  // 0: all
	Changed func()                               // is called after every change, from any goroutine, and must return at once
	Now     func() time.Time                     // nil: time.Now
	Rest    func(time.Duration) <-chan time.Time // nil: time.After
}

// Tuner has the one training that there may be. Its methods may be called from several goroutines.
type Tuner struct {
	o Options

	mu     sync.Mutex
	lesson Lesson
	status Status
	paused bool
	stop   context.CancelCauseFunc // of Run, nil while it does not run
	ended  chan struct{}           // closed when Run has returned
	wake   chan struct{}           // closed when something has changed that Run may wait for
	looked time.Time               // at the battery
	on     bool                    // it was in use then
	rested time.Duration           // of the run
}

// errCancelled is why the context of a run ends that the user has cancelled.
var errCancelled = errors.New("the training was cancelled")

// New makes a tuner without a training. Load reads what is kept of one.
func New(o Options) *Tuner {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rest == nil {
		o.Rest = time.After
	}
	if o.Battery == nil {
		o.Battery = OnBattery
	}
	return &Tuner{o: o, wake: make(chan struct{})}
}

// Status returns what is to be shown.
func (t *Tuner) Status() Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.status
	s.Record.Curve, s.Record.Samples = slices.Clone(s.Record.Curve), slices.Clone(s.Record.Samples)
	return s
}

// Lesson returns what is, or is to be, learnt.
func (t *Tuner) Lesson() Lesson {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lesson
}

// SetLesson changes what is to be learnt, while nothing is.
func (t *Tuner) SetLesson(ctx context.Context, s Store, l Lesson) error {
	t.mu.Lock()
	if t.status.Phase != Idle {
		t.mu.Unlock()
		return ErrRunning
	}
	t.lesson = l
	t.mu.Unlock()
	t.changed()
	return SaveLesson(ctx, s, l)
}

// Load reads what the store has: a lesson, and a training that was interrupted or waits for a decision. What is left of other
// trainings in the folder is removed.
func (t *Tuner) Load(ctx context.Context, s Store) error {
	l, r, err := load(ctx, s)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.changed()
	defer t.mu.Unlock()
	if t.status.Phase != Idle || len(t.lesson.Sources) > 0 {
		return nil // it began before the store was open
	}
	t.lesson, t.status = l, Status{}
	if r == nil {
		return t.clear()
	}
	t.status.Record = *r
	switch _, err := os.Stat(t.adapterPath()); {
	case r.Done && err == nil:
		t.status.Phase = Done
	case r.Done: // what it had come to is gone
		t.status = Status{}
		return errors.Join(forget(ctx, s, recordName), t.clear())
	default:
		t.status.Phase = Waiting
		t.resumed()
	}
	return nil
}

// resumed sets what a training that goes on has done already.
func (t *Tuner) resumed() {
	t.status.Steps = t.status.Record.Steps
	for _, p := range t.status.Record.Curve {
		t.status.Step = max(t.status.Step, p.Step)
	}
}

// Drop forgets everything that is in memory: the store is being locked. A training is interrupted, and its state is in the
// folder when Drop returns.
func (t *Tuner) Drop() {
	t.interrupt(context.Canceled)
	t.mu.Lock()
	t.lesson, t.status, t.paused = Lesson{}, Status{}, false
	t.mu.Unlock()
	t.changed()
}

// interrupt ends Run and waits for that.
func (t *Tuner) interrupt(why error) {
	t.mu.Lock()
	stop, ended := t.stop, t.ended
	t.mu.Unlock()
	if stop != nil {
		stop(why)
		<-ended
	}
}

// Begin makes a training of the lesson, which Run then does.
func (t *Tuner) Begin(ctx context.Context, s Store, b *Base, set Settings) error {
	t.mu.Lock()
	if t.status.Phase != Idle {
		t.mu.Unlock()
		return ErrRunning
	}
	if t.lesson.Rows() == 0 {
		t.mu.Unlock()
		return ErrNoExamples
	}
	r := Record{Model: b.ID, Name: b.Name, SHA256: b.SHA256, Settings: set, Began: t.o.Now()}
	err := t.clear()
	if err == nil {
		t.status, t.paused = Status{Phase: Waiting, Record: r}, false
	}
	t.mu.Unlock()
	if err == nil {
		err = save(ctx, s, recordName, r)
	}
	t.changed()
	return err
}

// Pause lets the training rest until Resume. What it has in memory stays there.
func (t *Tuner) Pause() { t.setPaused(true) }

// Resume lets it go on.
func (t *Tuner) Resume() { t.setPaused(false) }

func (t *Tuner) setPaused(paused bool) {
	t.mu.Lock()
	t.paused = paused
	t.mu.Unlock()
	t.changed()
}

// Paused reports whether the user has paused it.
func (t *Tuner) Paused() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.paused
}

// changed tells everybody.
func (t *Tuner) changed() {
	t.mu.Lock()
	close(t.wake)
	t.wake = make(chan struct{})
	t.mu.Unlock()
	if t.o.Changed != nil {
		t.o.Changed()
	}
}

// set changes the status.
func (t *Tuner) set(f func(*Status)) {
	t.mu.Lock()
	f(&t.status)
	t.mu.Unlock()
	t.changed()
}

// How often is looked whether there is still a reason to rest.
const (
	lookAtBattery = 5 * time.Second
	lookAtAnswer  = 100 * time.Millisecond
)

// reason says why the training must rest now, and when to ask again.
func (t *Tuner) reason() (Reason, time.Duration) {
	t.mu.Lock()
	paused := t.paused
	t.mu.Unlock()
	if paused {
		return ByUser, lookAtBattery
	}
	if t.o.Busy != nil && t.o.Busy() {
		return Answer, lookAtAnswer
	}
	if now := t.o.Now(); t.looked.IsZero() || now.Sub(t.looked) >= lookAtBattery {
		t.looked = now
		var known bool
		t.on, known = t.o.Battery()
		t.set(func(s *Status) { s.Power = known })
	}
	if t.on {
		return Battery, lookAtBattery
	}
	return None, 0
}

// wait rests for as long as there is a reason.
func (t *Tuner) wait(ctx context.Context) error {
	for {
		t.mu.Lock()
		wake := t.wake
		t.mu.Unlock()
		why, next := t.reason()
		t.mu.Lock()
		news := t.status.Rests != why
		t.status.Rests = why
		t.mu.Unlock()
		if news {
			t.changed()
		}
		if why == None {
			return ctx.Err()
		}
		began := t.o.Now()
		if !news { // or else wake has been used
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-wake:
			case <-t.o.Rest(next):
			}
		}
		t.rested += t.o.Now().Sub(began)
	}
}

func (t *Tuner) adapterPath() string { return filepath.Join(t.o.Folder, "adapter.gguf") }
func (t *Tuner) statePath() string   { return filepath.Join(t.o.Folder, "state") }

// clear removes everything from the folder, and the folder.
func (t *Tuner) clear() error {
	if err := os.RemoveAll(t.o.Folder); err != nil {
		return fmt.Errorf("tuning: %w", err)
	}
	return nil
}

// lend has the model answer the questions of q, whenever it can be had, with an adapter or, for nil, as it is.
func (t *Tuner) lend(ctx context.Context, id string, q *quiz, a *adapter.Adapter) error {
	for {
		if err := t.wait(ctx); err != nil {
			return err
		}
		err := t.o.Lend(ctx, id, func(m *engine.Model, wanted func() bool) error {
			var o engine.SessionOptions
			if a != nil {
				applied, err := m.Adapt(a)
				if err != nil {
					return err
				}
				o.Adapters = []engine.Applied{{Adapter: applied, Strength: 1}}
			}
			s, err := m.NewSession(o)
			if err != nil {
				return err
			}
			defer s.Close()
			return q.ask(ctx, m, s, func() bool { return wanted() || t.Paused() }, func(n int) { t.set(func(s *Status) { s.Rests, s.Asked = None, n }) })
		})
		if !errors.Is(err, errWanted) {
			return err
		}
	}
}
