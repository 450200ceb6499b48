package tuning

import (
	"context"
	"errors"
	"os"
	"time"

	"lamplight/engine"
	"lamplight/engine/adapter"
	"lamplight/engine/train"
	"lamplight/kernels"
)

// Run does the training that was begun, or goes on with one that was interrupted: the model's answers first, the training, the
// answers after it. It returns nil when that is done, and after Discard; the error of the context when that ends, whereupon the
// training can go on; and what went wrong otherwise. What has to be kept is in the store.
func (t *Tuner) Run(ctx context.Context, s Store) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	ended := make(chan struct{})
	defer close(ended)
	t.mu.Lock()
	phase := t.status.Phase
	if t.stop != nil || phase != Waiting && phase != Failed {
		t.mu.Unlock()
		return ErrNone
	}
	t.stop, t.ended = stop, ended
	t.status.Phase, t.status.Rests, t.status.Err, t.rested = Asking, Reading, nil, 0
	lesson := t.lesson
	t.mu.Unlock()
	t.changed()

	engine.Yield() // for the rest of this goroutine's life
	err := t.run(ctx, s, lesson)
	if err == nil {
		err = save(ctx, s, recordName, t.Status().Record)
	}
	t.mu.Lock()
	t.stop = nil
	switch {
	case errors.Is(context.Cause(ctx), errCancelled):
		err = nil
	case err == nil:
		t.status.Phase = Done
	case ctx.Err() != nil:
		t.status.Phase = Waiting
	default:
		t.status.Phase, t.status.Err = Failed, err
	}
	t.status.Rests = None
	t.mu.Unlock()
	t.changed()
	return err
}

func (t *Tuner) run(ctx context.Context, s Store, l Lesson) error {
	r := t.Status().Record
	m, err := t.o.Library.Get(r.Model)
	if err != nil {
		return err
	}
	b, err := OpenBase(m)
	if err != nil {
		return err
	}
	p, err := Prepare(b, l, r.Settings)
	if err != nil {
		return err
	}
	q := p.quiz()
	if len(r.Samples) == 0 {
		t.set(func(s *Status) { s.Rests, s.Questions, s.Asked = None, len(q.asked), 0 })
		if err := t.lend(ctx, r.Model, q, nil); err != nil {
			return err
		}
		t.set(func(s *Status) {
			s.Record.Before, s.Record.Samples = q.score(b), q.samples(b)
			for i := range s.Record.Samples {
				s.Record.Samples[i].Before = q.answers[i]
			}
		})
		if err := save(ctx, s, recordName, t.Status().Record); err != nil {
			return err
		}
	}
	if _, err := os.Stat(t.adapterPath()); err != nil {
		if err := t.train(ctx, s, p); err != nil {
			return err
		}
	}
	q.answers = nil
	t.set(func(s *Status) { s.Phase, s.Rests, s.Questions, s.Asked = Trying, Reading, len(q.asked), 0 })
	if err := t.try(ctx, r.Model, q); err != nil {
		return err
	}
	t.set(func(s *Status) {
		s.Record.After, s.Record.Done = q.score(b), true
		for i := range s.Record.Samples[:min(len(s.Record.Samples), len(q.answers))] {
			s.Record.Samples[i].After = q.answers[i]
		}
	})
	return nil
}

// saveEvery is how often the state of a training is written.
const saveEvery = 30 * time.Second

// train does the steps, from where the folder says that the training is, and writes the adapter.
func (t *Tuner) train(ctx context.Context, s Store, p *Prepared) error {
	t.set(func(s *Status) { s.Phase, s.Rests = Training, Reading })
	o := p.options()
	o.Folder, o.Threads, o.Wait, o.SaveEvery = t.statePath(), t.o.Threads, t.wait, saveEvery
	if err := os.MkdirAll(t.o.Folder, 0o700); err != nil {
		return err
	}
	tr, err := train.New(ctx, p.Base.Path, p.train, p.held, o)
	if errors.Is(err, train.ErrOther) || errors.Is(err, train.ErrCheckpoint) { // nothing that could be gone on with
		if err := train.Forget(o.Folder); err != nil {
			return err
		}
		tr, err = train.New(ctx, p.Base.Path, p.train, p.held, o)
	}
	if err != nil {
		return err
	}
	defer tr.Close()
	t.set(func(s *Status) {
		s.Rests, s.Step, s.Steps, s.Record.Steps = None, tr.Step(), tr.Steps(), tr.Steps()
		for len(s.Record.Curve) > 0 && s.Record.Curve[len(s.Record.Curve)-1].Step > tr.Step() {
			s.Record.Curve = s.Record.Curve[:len(s.Record.Curve)-1]
		}
	})
	pace := pace{}
	last, rested, saved := t.o.Now(), t.rested, t.o.Now()
	for step, err := range tr.Run(ctx) {
		if err != nil {
			return errors.Join(err, t.keepCurve(s))
		}
		now := t.o.Now()
		took := now.Sub(last) - (t.rested - rested)
		last, rested = now, t.rested
		left, speed := pace.left(took, step)
		t.set(func(s *Status) { s.add(step, left, speed) })
		if step.Best || now.Sub(saved) > saveEvery {
			saved = now
			if err := save(ctx, s, recordName, t.Status().Record); err != nil {
				return err
			}
		}
		if err := t.wait(ctx); err != nil {
			return errors.Join(err, t.keepCurve(s))
		}
	}
	if err := tr.Adapter().WriteGGUF(ctx, t.adapterPath(), kernels.F16); err != nil {
		return err
	}
	return train.Forget(o.Folder)
}

// keepCurve has the store keep how far a training is that ends, whatever has ended it.
func (t *Tuner) keepCurve(s Store) error {
	return save(context.Background(), s, recordName, t.Status().Record)
}

// add takes what is known after a step.
func (s *Status) add(p train.Progress, left time.Duration, speed float64) {
	s.Step, s.Steps, s.Epoch, s.Left, s.TokensPerSecond = p.Step, p.Steps, p.Epoch, left, speed
	if p.Loss == p.Loss { // a number
		s.Record.Curve = append(s.Record.Curve, Point{p.Step, p.Loss, false})
	}
	if p.EvalLoss == p.EvalLoss {
		s.Record.Curve = append(s.Record.Curve, Point{p.Step, p.EvalLoss, true})
	}
}

// pace knows how long steps take.
type pace struct{ step, tokens float64 } // seconds of a step, tokens of a second; means in which the latest count most

// left takes a step, and says how long the others will take, and how many tokens are learnt in a second.
func (p *pace) left(took time.Duration, step train.Progress) (time.Duration, float64) {
	const memory = 0.9
	seconds := took.Seconds()
	if seconds > 0 {
		speed := float64(step.Tokens) / seconds
		if p.step == 0 {
			p.step, p.tokens = seconds, speed
		}
		p.step, p.tokens = memory*p.step+(1-memory)*seconds, memory*p.tokens+(1-memory)*speed
	}
	return time.Duration(float64(step.Steps-step.Step) * p.step * float64(time.Second)), p.tokens
}

// try has the model answer the questions with what was learnt.
func (t *Tuner) try(ctx context.Context, id string, q *quiz) error {
	a, err := adapter.Open(t.adapterPath())
	if err != nil {
		return err
	}
	return t.lend(ctx, id, q, a)
}
