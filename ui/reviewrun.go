package ui

import (
	"context"
	"errors"
	"sync"

	"lamplight/assistant/writing"
	"lamplight/ui/buffer"
)

// reviewRun is the work on passages.
type reviewRun struct {
	stop   context.CancelFunc
	text   string // that it works on
	update coalescer

	mu     sync.Mutex // guards what the worker tells
	step   writing.Step
	coming string // of a continuation
}

// run works on what was not worked on yet.
func (r *review) run() {
	if r.running != nil || r.complete {
		return
	}
	r.renew()
	ctx, cancel := context.WithCancel(r.h.w.ctx)
	run := &reviewRun{stop: cancel, text: r.text.Text()}
	run.update = coalescer{do: r.h.w.do, f: func() { r.h.progressed(r) }}
	r.running, r.err, r.moved = run, nil, 0
	job := writing.Job{Action: r.action, Asked: r.asked, Text: run.text, Part: writing.Part(r.part), Seed: r.seed, Params: r.h.sampling(), Adapt: r.h.w.runner.Adapt(r.action.Adapters)}
	for _, d := range r.done {
		job.Done = append(job.Done, writing.Part(d))
	}
	r.save()
	r.h.w.work(func(context.Context) {
		defer cancel()
		var err error
		for step, e := range writing.Run(ctx, r.h.w.runner.Borrow, job) {
			if err = e; err != nil {
				break
			}
			run.told(step)
			if step.Result != nil {
				r.h.w.do(func() { r.took(run, *step.Result) })
			}
		}
		r.h.w.do(func() { r.ended(run, err) })
	})
	r.h.show()
}

// told notes how far the work is.
func (run *reviewRun) told(step writing.Step) {
	run.mu.Lock()
	run.step = step
	run.coming += step.Added
	run.mu.Unlock()
	run.update.touch()
}

// progress is how far the work is, and what has come of a continuation.
func (run *reviewRun) progress() (done, total int, coming string) {
	run.mu.Lock()
	defer run.mu.Unlock()
	return run.step.Done, run.step.Total, run.coming
}

// cancel ends the work. What has come stays.
func (r *review) cancel() {
	if r.running != nil {
		r.running.stop()
	}
}

// took puts what is proposed for a passage into the text, unless the passage is no longer what the model has read.
func (r *review) took(run *reviewRun, res writing.Result) {
	if r.running != run {
		return
	}
	old := run.text[res.Part.Start:res.Part.End]
	now := r.since.Now(buffer.Range(res.Part))
	if at := (buffer.Range{Start: now.Start, End: now.Start + len(old)}); r.text.Slice(at) != old {
		r.moved++
		return
	}
	r.done = append(r.done, buffer.Range(res.Part))
	switch {
	case res.Cut:
		r.cut++
	case r.action.Does == writing.Continues:
		r.add(r.continuation(run.text, res))
	default:
		var list []*suggestion
		for i, c := range res.Changes {
			p := &suggestion{place: buffer.Range{Start: c.Start, End: c.End}}
			p.Old, p.New, p.Touched = run.text[c.Start:c.End], c.New, res.Touched[i]
			p.Passage, p.At = old, c.Start-res.Part.Start
			list = append(list, p)
		}
		r.add(list...)
	}
	r.save()
	r.h.show()
}

// ended shows what became of the work.
func (r *review) ended(run *reviewRun, err error) {
	if r.running != run {
		return
	}
	r.running = nil
	r.complete = err == nil && r.moved == 0
	if !errors.Is(err, context.Canceled) {
		r.err = err
	}
	r.h.w.Log.Info("writing action ended", "action", r.logName(), "passages", len(r.done), "proposals", len(r.list), "complete", r.complete)
	if r.err != nil {
		r.h.w.Log.Warn("a writing action failed", "error", err)
	}
	if len(r.list) == 0 && (r.complete && r.cut == 0 || len(r.done) == 0) {
		r.nothing()
		return
	}
	r.save()
	r.h.show()
}

// logName is the name of the action for the log, which gets no name that the user has given.
func (r *review) logName() string {
	if r.h.builtIn(r.action) {
		return r.action.ID
	}
	return "own"
}
