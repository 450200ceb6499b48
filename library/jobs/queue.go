package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"lamplight/library"
)

// Errors that a caller decides on.
var (
	ErrNoJob    = errors.New("there is no such job")
	ErrFull     = errors.New("too many jobs are waiting")
	ErrLongText = errors.New("the text is longer than 4 MiB")
)

// errCancelled is why the context of a job ends that the user has cancelled.
var errCancelled = errors.New("the job was cancelled")

// Queue is a list of jobs and what does them. Its methods may be called from several goroutines.
type Queue struct {
	dir string
	lib *library.Library
	o   Options

	mu      sync.Mutex
	next    int64
	jobs    []*Job
	cancel  context.CancelCauseFunc // of the job that is running or paused midway
	current int64                   // its ID, 0: none
	wake    *sync.Cond              // a state has changed
}

// Open opens the queue in dir, which it creates when necessary, and clears away what interrupted jobs have left. No
// other Queue may use dir meanwhile. A damaged jobs.json is set aside as jobs.json.damaged.
func Open(dir string, lib *library.Library, o Options) (*Queue, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = sweep(dir)
	}
	var d document
	if err == nil {
		d, err = load(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	q := &Queue{dir: dir, lib: lib, o: o, next: d.Next}
	q.wake = sync.NewCond(&q.mu)
	for i := range d.Jobs {
		q.jobs = append(q.jobs, &d.Jobs[i])
	}
	return q, nil
}

// List returns the jobs in the order in which they were added.
func (q *Queue) List() []Job {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := make([]Job, len(q.jobs))
	for i, j := range q.jobs {
		list[i] = *j
	}
	return list
}

// Add puts a job at the end of the queue. It fails with ErrFull, for a Spec that cannot be done, and when the queue
// cannot be written; then there is no job.
func (q *Queue) Add(s Spec) (id int64, err error) {
	if err := s.check(); err != nil {
		return 0, fmt.Errorf("jobs: add: %w", err)
	}
	err = q.change(func() error {
		id, err = q.add(s)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("jobs: add: %w", err)
	}
	return id, nil
}

// add appends a job. The queue is locked.
func (q *Queue) add(s Spec) (int64, error) {
	unended := 0
	for _, j := range q.jobs {
		if !j.ended() {
			unended++
		}
	}
	if unended >= maxJobs || q.next > maxJobID {
		return 0, ErrFull
	}
	j := &Job{ID: q.next, Spec: s, State: Waiting, Added: time.Now().UTC().Truncate(time.Second)}
	q.next++
	q.jobs = append(q.jobs, j)
	return j.ID, nil
}

// Pause stops a job at its next chunk, or keeps one from beginning. It does nothing to one that has ended.
func (q *Queue) Pause(id int64) error {
	return q.each("pause", id, func(j *Job) {
		if !j.ended() {
			j.State = Paused
		}
	})
}

// Resume lets a paused job go on, and one that has failed begin anew.
func (q *Queue) Resume(id int64) error {
	return q.each("resume", id, func(j *Job) {
		switch {
		case j.State == Paused && j.ID == q.current:
			j.State = Running
		case j.State == Paused, j.State == Failed:
			j.State, j.Failure, j.Ended = Waiting, nil, time.Time{}
		}
	})
}

// Cancel ends a job that has not ended and forgets it, or forgets one that has: a failure stays in the list until then.
// Nothing is left of what it had done.
func (q *Queue) Cancel(id int64) error {
	return q.each("cancel", id, func(j *Job) {
		q.jobs = slices.DeleteFunc(q.jobs, func(other *Job) bool { return other == j })
		if j.ID == q.current {
			q.cancel(errCancelled)
		}
	})
}

// each changes one job.
func (q *Queue) each(what string, id int64, f func(*Job)) error {
	err := q.change(func() error {
		j := q.find(id)
		if j == nil {
			return ErrNoJob
		}
		f(j)
		return nil
	})
	if err != nil {
		return fmt.Errorf("jobs: %s job %d: %w", what, id, err)
	}
	return nil
}

func (q *Queue) find(id int64) *Job {
	for _, j := range q.jobs {
		if j.ID == id {
			return j
		}
	}
	return nil
}

// change runs f with the queue locked, and keeps what it has changed. Where the disk refuses, the change holds until
// the program ends, but for a job that was added.
func (q *Queue) change(f func() error) error {
	q.mu.Lock()
	count := len(q.jobs)
	err := f()
	if err == nil {
		q.forget()
		if err = save(q.dir, q.document()); err != nil && len(q.jobs) > count {
			q.jobs = q.jobs[:count]
		}
	}
	q.wake.Broadcast()
	q.mu.Unlock()
	q.changed()
	return err
}

func (q *Queue) changed() {
	if q.o.Changed != nil {
		q.o.Changed()
	}
}

// forget drops the oldest of the jobs that have ended when there are many.
func (q *Queue) forget() {
	ended := 0
	for _, j := range q.jobs {
		if j.ended() {
			ended++
		}
	}
	q.jobs = slices.DeleteFunc(q.jobs, func(j *Job) bool {
		if ended > keptJobs && j.ended() {
			ended--
			return true
		}
		return false
	})
}

func (q *Queue) document() document {
	d := document{Next: q.next, Jobs: make([]Job, len(q.jobs))}
	for i, j := range q.jobs {
		d.Jobs[i] = *j
	}
	return d
}
