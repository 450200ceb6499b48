package ui

import (
	"context"
	"path/filepath"

	"fyne.io/fyne/v2/lang"

	"lamplight/library"
	"lamplight/library/jobs"
)

// background is the queue of what takes minutes, and what the window knows of it.
type background struct {
	w      *Window
	queue  *jobs.Queue // nil: its folder cannot be used
	err    error       // why not
	list   []jobs.Job  // as they were shown last
	panel  *jobsPanel
	update coalescer
}

// jobsFolder is the name of the queue's folder, which is beside the library's: a result is moved from one to the other.
const jobsFolder = "jobs"

// newBackground opens the queue. What has gone well before the window was there has been seen: it is forgotten.
func newBackground(w *Window) *background {
	b := &background{w: w}
	b.panel = newJobsPanel(b)
	b.update = coalescer{do: w.do, f: b.show}
	b.queue, b.err = jobs.Open(filepath.Join(filepath.Dir(filepath.Clean(w.Models)), jobsFolder), w.Library,
		jobs.Options{Threads: w.Settings.Threads, Busy: w.runner.Busy, Changed: b.update.touch})
	if b.err != nil {
		w.Log.Error("the queue of jobs cannot be opened", "error", b.err)
		return b
	}
	for _, j := range b.queue.List() {
		if j.State == jobs.Done {
			_ = b.queue.Cancel(j.ID) // it is shown until it is closed, then
		}
	}
	b.list = b.queue.List()
	b.panel.show(b.list)
	return b
}

// start does the jobs, those that were interrupted too.
func (b *background) start() {
	if b.queue != nil {
		b.w.watchers.Go(func() { _ = b.queue.Run(b.w.ctx) }) // it fails when the window closes
	}
}

// add puts a job at the end of the queue and shows it.
func (b *background) add(s jobs.Spec) {
	if b.queue == nil {
		b.w.complain(message{lang.L("Work in the background is not possible now: its folder cannot be used. The folder may be read-only, or the disk full."), copyDetails}, b.err)
		return
	}
	b.do("added", func() error {
		_, err := b.queue.Add(s)
		return err
	})
	b.w.show(modelsPage)
}

// do changes the queue.
func (b *background) do(what string, f func() error) {
	b.w.inOrder(func() {
		if err := f(); err != nil {
			b.w.do(func() {
				b.w.Log.Warn("a job was not "+what, "error", err)
				b.w.complain(explainChange(err), err)
			})
		}
	})
}

// show brings the queue as it is now before the user.
func (b *background) show() {
	before := map[int64]jobs.State{}
	for _, j := range b.list {
		before[j.ID] = j.State
	}
	b.list = b.queue.List()
	b.panel.show(b.list)
	for _, j := range b.list {
		if state, known := before[j.ID]; !known || state != j.State {
			b.changed(j)
		}
	}
}

// working reports whether something is being done, or would be if nobody had paused it.
func (b *background) working() bool {
	for _, j := range b.list {
		if j.State == jobs.Running {
			return true
		}
	}
	return false
}

// percent is how far what is being done is.
func (b *background) percent() int {
	for _, j := range b.list {
		if j.State == jobs.Running {
			return int(percent(j))
		}
	}
	return 0
}

// changed says what came of a job. Where the panel is seen it says so already.
func (b *background) changed(j jobs.Job) {
	w := b.w
	switch j.State {
	case jobs.Done:
		w.Log.Info("job done", "kind", string(j.Kind))
		w.work(func(context.Context) {
			s, err := w.readShelf()
			w.do(func() {
				w.showShelf(s, err)
				b.panel.show(b.list)
				if w.current != modelsPage {
					text, action, f := b.outcome(j)
					w.mentionInPrivate(text, action, f)
				}
			})
		})
	case jobs.Failed:
		w.Log.Warn("job failed", "kind", string(j.Kind), "cause", j.Failure.Cause) // the text has paths of the user's
		if w.current != modelsPage {
			w.mentionInPrivate(b.title(j)+": "+explainJob(j).text, lang.L("Models"), func() { w.show(modelsPage) })
		}
	}
}

// model returns a model of the library as it was read last.
func (s shelf) model(id string) (library.Model, bool) {
	for _, m := range s.models {
		if m.ID == id {
			return m, true
		}
	}
	return library.Model{}, false
}

// nameOf is the name of a model, or its ID when it is no longer there.
func (w *Window) nameOf(id string) string {
	if m, ok := w.shelf.model(id); ok {
		return m.Card.Name
	}
	return id
}
