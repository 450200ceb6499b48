package jobs

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// busyPoll is how often a job that gives way to an answer looks whether it may go on.
const busyPoll = 50 * time.Millisecond

// Run does the jobs, one at a time, until ctx ends, and returns its error. A job that is running then begins anew with
// the next Run. Only one Run may be in progress.
func (q *Queue) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		q.mu.Lock()
		q.wake.Broadcast()
		q.mu.Unlock()
	})
	defer stop()
	for {
		job, jobCtx := q.take(ctx)
		if job == nil {
			return ctx.Err()
		}
		result, err := q.do(jobCtx, job)
		q.end(ctx, job.ID, result, err)
	}
}

// take waits for a job that may run and marks it as running. It returns nil when ctx has ended.
func (q *Queue) take(ctx context.Context) (*Job, context.Context) {
	q.mu.Lock()
	for ctx.Err() == nil && q.waiting() == nil {
		q.wake.Wait()
	}
	if ctx.Err() != nil {
		q.mu.Unlock()
		return nil, nil
	}
	j := q.waiting()
	jobCtx, cancel := context.WithCancelCause(ctx)
	j.State, q.current, q.cancel = Running, j.ID, cancel
	taken := *j
	q.mu.Unlock()
	q.changed() // that it runs is not kept: after the end of the program it waits
	return &taken, jobCtx
}

func (q *Queue) waiting() *Job {
	for _, j := range q.jobs {
		if j.State == Waiting {
			return j
		}
	}
	return nil
}

// end notes how a job ended.
func (q *Queue) end(ctx context.Context, id int64, result string, err error) {
	_ = os.RemoveAll(q.workFolder(id)) // what stays is swept by the next Open
	_ = q.change(func() error {        // what cannot be kept holds until the program ends
		q.cancel(nil)
		q.current, q.cancel = 0, nil
		j := q.find(id)
		if j == nil { // it was cancelled
			return nil
		}
		j.Step, j.Steps, j.StepsTotal = "", 0, 0
		if err != nil && ctx.Err() != nil { // interrupted
			if j.State == Running {
				j.State = Waiting
			}
			return nil
		}
		j.Ended = time.Now().UTC().Truncate(time.Second)
		if err != nil {
			j.State, j.Failure = Failed, failureOf(err)
			return nil
		}
		j.State, j.Result = Done, result
		if j.Kind == Quantize {
			_, _ = q.add(Spec{Kind: Receipt, Model: result, Base: j.Model, Text: j.Text}) // where too many wait there is none
		}
		return nil
	})
}

func (q *Queue) workFolder(id int64) string {
	return filepath.Join(q.dir, workName, strconv.FormatInt(id, 10))
}

// step notes how far the running job is, and waits as long as it should not go on. Its error ends the job.
func (q *Queue) step(ctx context.Context, id int64, what string, done, total int64) error {
	q.mu.Lock()
	j := q.find(id)
	if j != nil {
		j.Step, j.Steps, j.StepsTotal = what, done, total
	}
	paused := j != nil && j.State == Paused
	q.mu.Unlock()
	q.changed()
	if paused {
		q.waitWhilePaused(ctx, id)
	}
	for ctx.Err() == nil && q.o.Busy != nil && q.o.Busy() {
		select {
		case <-ctx.Done():
		case <-time.After(busyPoll):
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

func (q *Queue) waitWhilePaused(ctx context.Context, id int64) {
	stop := context.AfterFunc(ctx, func() {
		q.mu.Lock()
		q.wake.Broadcast()
		q.mu.Unlock()
	})
	defer stop()
	q.mu.Lock()
	defer q.mu.Unlock()
	for ctx.Err() == nil {
		if j := q.find(id); j == nil || j.State != Paused {
			return
		}
		q.wake.Wait()
	}
}
