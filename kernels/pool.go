package kernels

import (
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Task is a loop whose parts can run at the same time. Do computes the indices [lo, hi); worker, below
// Pool.Threads, names the thread, so that a task can keep memory for each.
type Task interface {
	Do(worker, lo, hi int)
}

// Pool is a fixed set of threads that share loops. A token takes some hundred short loops, so workers that
// have run out of work watch for more for a while before they sleep; an idle pool uses no CPU.
type Pool struct {
	mu      sync.Mutex // one Run at a time
	workers []chan struct{}
	parked  []atomic.Bool
	ended   sync.WaitGroup
	closing atomic.Bool

	// The loop. Its fields are written by Run while no worker reads them: state is even then, and odd while
	// the loop is open; it grows by one each time. A worker counts itself in before it looks.
	state  atomic.Uint64
	inside atomic.Int32
	task   Task
	n      int
	grain  int  // indices of a part
	long   bool // parts are longer than that at first
	next   atomic.Int64
	failed atomic.Pointer[any] // what a part panicked with, the first one
}

// spins is how often a worker looks for the next loop before it sleeps: some tenths of a millisecond, longer than
// what lies between two loops of an answer, of which sampling a token is the longest. Waking a thread takes as long
// as a dozen loops.
const spins = 200_000

// NewPool makes a pool of threads ≥ 1 threads; the goroutine that calls Run is one of them. Close ends the
// others.
func NewPool(threads int) *Pool {
	p := &Pool{}
	threads = max(threads, 1)
	p.parked = make([]atomic.Bool, threads-1)
	for i := range threads - 1 {
		wake := make(chan struct{}, 1)
		p.workers = append(p.workers, wake)
		p.ended.Go(func() { p.work(i, wake) })
	}
	return p
}

// Threads returns the number of threads, the caller's included.
func (p *Pool) Threads() int { return len(p.workers) + 1 }

// work is a worker's life.
func (p *Pool) work(i int, wake <-chan struct{}) {
	// Weights are mapped files: one that is cut short while it is read faults, and the caller of Run must
	// get that as a panic it can recover from.
	debug.SetPanicOnFault(true)
	Yield()
	seen := uint64(0)
	for {
		for look := 0; p.state.Load() == seen || p.state.Load()&1 == 0; look++ {
			if p.closing.Load() {
				return
			}
			if look < spins {
				continue
			}
			p.parked[i].Store(true)
			if s := p.state.Load(); s == seen || s&1 == 0 {
				if !p.closing.Load() {
					<-wake
				}
			}
			p.parked[i].Store(false)
			look = 0
		}
		p.inside.Add(1)
		if s := p.state.Load(); s&1 == 1 && s != seen {
			seen = s
			p.parts(i + 1)
		}
		p.inside.Add(-1)
	}
}

// parts computes parts of the open loop until none is left.
func (p *Pool) parts(worker int) {
	defer func() {
		if r := recover(); r != nil {
			kept := r // of which the address is taken: it must not cost memory where nothing has failed
			p.failed.CompareAndSwap(nil, &kept)
			p.next.Store(int64(p.n)) // nobody needs the rest
		}
	}()
	for {
		lo := int(p.next.Load())
		if lo >= p.n {
			return
		}
		size := p.grain
		if p.long { // three quarters of this thread's share of what is left
			size = max(size, (p.n-lo)*3/(4*p.Threads())/size*size)
		}
		if hi := min(lo+size, p.n); p.next.CompareAndSwap(int64(lo), int64(hi)) {
			p.task.Do(worker, lo, hi)
		}
	}
}

// Run computes the task for [0, n) in parts of grain indices, the last one perhaps smaller, and returns when
// all are done. Which thread gets which part is left to chance, so a task's result must not depend on it. A
// panic in the task reaches the caller. Calls from several goroutines take turns; a task must not call Run.
func (p *Pool) Run(n, grain int, t Task) { p.run(n, grain, false, t) }

// Stream is Run for a task that reads memory from one end to the other: the first parts are long, because reading is
// fast only once it is under way, and the last ones have grain indices, so that all threads end together.
func (p *Pool) Stream(n, grain int, t Task) { p.run(n, grain, true, t) }

func (p *Pool) run(n, grain int, long bool, t Task) {
	if n <= 0 {
		return
	}
	grain = max(grain, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if n <= grain || len(p.workers) == 0 {
		t.Do(0, 0, n)
		return
	}
	p.task, p.n, p.grain, p.long = t, n, grain, long
	p.next.Store(0)
	p.state.Add(1)
	for i := range p.workers {
		if p.parked[i].Load() {
			select {
			case p.workers[i] <- struct{}{}:
			default: // it has been woken and is on its way
			}
		}
	}
	p.parts(0)
	p.state.Add(1)
	for wait := 0; p.inside.Load() > 0; wait++ {
		if wait > spins {
			runtime.Gosched()
		}
	}
	p.task = nil
	if failed := p.failed.Swap(nil); failed != nil {
		panic(*failed)
	}
}

// Range is a Task made of a function of consecutive indices.
type Range func(lo, hi int)

// Do implements Task.
func (f Range) Do(_, lo, hi int) { f(lo, hi) }

// Share calls f on at most one range for each thread, which together cover [0, n).
func (p *Pool) Share(n int, f func(lo, hi int)) {
	p.Run(n, (n+p.Threads()-1)/p.Threads(), Range(f))
}

// Close ends the workers. The pool must not be used after it.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closing.Store(true)
	for _, wake := range p.workers {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	p.ended.Wait()
}
