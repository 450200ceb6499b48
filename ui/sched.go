package ui

import (
	"context"
	"sync"
	"time"

	"fyne.io/fyne/v2"
)

// Scheduler runs functions on the goroutine of the user interface, in order.
type Scheduler interface {
	Do(f func())
}

// fyneScheduler is the window's own loop. Nothing else in the program calls fyne.Do, so that tests can put a
// queue in its place.
type fyneScheduler struct{}

func (fyneScheduler) Do(f func()) { fyne.Do(f) }

// do runs f on the interface's goroutine, unless the window has closed by then. Whatever comes late, a timer
// or the end of some work, is harmless that way.
func (w *Window) do(f func()) {
	w.sched.Do(func() {
		if w.ctx.Err() == nil {
			f()
		}
	})
}

// work runs f in a goroutine of the window's, unless the window has closed. f must return soon after its
// context ends.
func (w *Window) work(f func(ctx context.Context)) {
	if w.ctx.Err() == nil {
		w.workers.Go(func() { f(w.ctx) })
	}
}

// inOrder is work that changes something on the disk: one change after the other, in the order of the calls.
// What was ordered before the window closed is still done.
func (w *Window) inOrder(f func()) {
	before, done := w.changes, make(chan struct{})
	w.changes = done
	w.work(func(context.Context) {
		defer close(done)
		if before != nil {
			<-before
		}
		f()
	})
}

// frame is the least time between two updates of one thing: 30 a second look continuous.
const frame = 33 * time.Millisecond

// coalescer turns any number of calls into at most one run of f per frame.
type coalescer struct {
	do func(func()) // runs a function on the interface's goroutine
	f  func()

	mu      sync.Mutex
	waiting bool
}

// touch makes f run on the interface's goroutine, a frame from now at the latest.
func (c *coalescer) touch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting {
		return
	}
	c.waiting = true
	time.AfterFunc(frame, func() {
		c.do(func() {
			c.mu.Lock()
			c.waiting = false
			c.mu.Unlock()
			c.f()
		})
	})
}
