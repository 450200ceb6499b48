package ui

import (
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

// frame is the least time between two updates of one thing: 30 a second look continuous.
const frame = 33 * time.Millisecond

// coalescer turns any number of calls into at most one run of f per frame.
type coalescer struct {
	sched Scheduler
	f     func()

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
		c.sched.Do(func() {
			c.mu.Lock()
			c.waiting = false
			c.mu.Unlock()
			c.f()
		})
	})
}
