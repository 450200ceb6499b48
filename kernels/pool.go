package kernels

import (
	"runtime/debug"
	"sync"
)

// Pool is a fixed set of threads that share loops. Workers sleep between calls.
type Pool struct {
	mu      sync.Mutex // one Run at a time
	workers []chan task
	ended   sync.WaitGroup
}

// task is one worker's part of a loop.
type task struct {
	f      func(lo, hi int)
	lo, hi int
	done   *sync.WaitGroup
	failed *any // what f panicked with
}

// NewPool makes a pool of threads ≥ 1 threads; the goroutine that calls Run is one of them. Close ends the
// others.
func NewPool(threads int) *Pool {
	p := &Pool{}
	for range max(threads, 1) - 1 {
		tasks := make(chan task, 1)
		p.workers = append(p.workers, tasks)
		p.ended.Go(func() { work(tasks) })
	}
	return p
}

func work(tasks <-chan task) {
	// Weights are mapped files: one that is cut short while it is read faults, and the caller of Run must
	// get that as a panic it can recover from.
	debug.SetPanicOnFault(true)
	for t := range tasks {
		t.run()
	}
}

func (t task) run() {
	defer t.done.Done()
	defer func() { *t.failed = recover() }()
	t.f(t.lo, t.hi)
}

// Threads returns the number of threads, the caller's included.
func (p *Pool) Threads() int { return len(p.workers) + 1 }

// Run calls f on consecutive ranges that cover [0, n), at most one per thread, and returns when all have
// returned. The ranges depend on n and the number of threads only. A panic in f reaches the caller. Calls
// from several goroutines take turns; f must not call Run.
func (p *Pool) Run(n int, f func(lo, hi int)) {
	parts := min(n, p.Threads())
	if parts <= 1 {
		if n > 0 {
			f(0, n)
		}
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var done sync.WaitGroup
	failures := make([]any, parts)
	bound := func(part int) int { return n * part / parts }
	done.Add(parts)
	for i := 1; i < parts; i++ {
		p.workers[i-1] <- task{f, bound(i), bound(i + 1), &done, &failures[i]}
	}
	task{f, 0, bound(1), &done, &failures[0]}.run()
	done.Wait()
	for _, failure := range failures {
		if failure != nil {
			panic(failure)
		}
	}
}

// Close ends the workers. The pool must not be used after it.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, tasks := range p.workers {
		close(tasks)
	}
	p.workers = nil
	p.ended.Wait()
}
