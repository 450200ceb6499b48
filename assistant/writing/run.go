package writing

import (
	"context"
	"errors"
	"iter"

	"lamplight/assistant/review"
	"lamplight/engine"
	"lamplight/engine/sample"
)

// Job is a text, or a part of it, that something is to be done with.
type Job struct {
	Action Action
	Asked  string // what the user has answered, if the action asks
	Text   string
	Part   Part          // what is to be worked on; the rest is context
	Done   []Part        // what was worked on before: passages that lie in one of these are left out
	Seed   uint64        // of creative actions
	Params sample.Params // of creative actions: what the model's makers recommend, or the user has chosen

	// Adapt, if set, makes the adapters that the model has for this job, whenever it is lent.
	Adapt func(*engine.Model) ([]engine.Applied, error)
}

// Lend hands out the model for as long as f works with it. wanted says that somebody else waits: then f should return soon,
// and is called again.
type Lend func(ctx context.Context, f func(m *engine.Model, wanted func() bool) error) error

// Step is a step of a job.
type Step struct {
	Done, Total int     // passages
	Tokens      int     // that were written so far
	Added       string  // of an answer or a continuation: what has come
	Result      *Result // a passage that is complete
}

// Result is what has become of a passage.
type Result struct {
	Part    Part            // of the text
	Answer  string          // in its place
	Changes []review.Change // positions are those of the text
	Touched [][]Guarded     // for each change, what it touches though it must not
	Cut     bool            // the answer did not end: nothing is proposed
}

// together is how many passages are worked on at a time, and sessionBytes what their KV caches may take together.
const (
	together     = 8
	sessionBytes = 256 << 20
)

// ErrTooLong is returned for a text that an action takes in one piece and that does not fit into the model's context.
var ErrTooLong = errors.New("the text is too long to be taken in one piece")

// Run does a job. Passages are worked on several at a time, and their results come as they end, in any order. After a
// cancellation the sequence ends with ctx.Err(); what has come until then is complete. It must be ranged over once.
func Run(ctx context.Context, lend Lend, j Job) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		w := &work{job: j, yield: yield}
		w.rest = w.todo()
		w.step.Total = len(w.rest)
		if !w.send() {
			return
		}
		for len(w.rest) > 0 {
			if err := lend(ctx, func(m *engine.Model, wanted func() bool) error { return w.some(ctx, m, wanted) }); err != nil {
				if !w.left {
					yield(w.step, err)
				}
				return
			}
		}
	}
}

// work is a job that is being done.
type work struct {
	job   Job
	yield func(Step, error) bool
	left  bool // the consumer has broken off
	rest  []Passage
	step  Step
}

// errLeft ends the work for a consumer that has broken off. It never leaves the package.
var errLeft = errors.New("the consumer has broken off")

func (w *work) send() bool {
	if !w.yield(w.step, nil) {
		w.left = true
	}
	w.step.Added, w.step.Result = "", nil
	return !w.left
}

// todo are the passages that are still to be worked on.
func (w *work) todo() []Passage {
	j := w.job
	switch {
	case j.Action.Whole || j.Action.Does == Answers:
		return []Passage{{Part: j.Part, Text: j.Text[j.Part.Start:j.Part.End]}}
	case j.Action.Does == Continues:
		return []Passage{{Part: Part{j.Part.End, j.Part.End}, Text: lastOf(j.Text[:j.Part.End], maxContinued)}}
	}
	var rest []Passage
	for _, p := range passages(j.Text, j.Part) {
		if !covered(p.Part, j.Done) {
			rest = append(rest, p)
		}
	}
	return rest
}

// maxContinued is how much of a text is read to go on with it, in characters.
const maxContinued = 4000

func covered(p Part, done []Part) bool {
	for _, d := range done {
		if p.Start >= d.Start && p.End <= d.End {
			return true
		}
	}
	return false
}

// some works on passages until there are none left or somebody else wants the model.
func (w *work) some(ctx context.Context, m *engine.Model, wanted func() bool) error {
	d := desk{m: m}
	if w.job.Adapt != nil {
		var err error
		if d.adapters, err = w.job.Adapt(m); err != nil {
			return err
		}
	}
	defer d.close()
	for len(w.rest) > 0 {
		asked, err := d.ask(w.job.Action, w.job.Asked, w.rest)
		if errors.Is(err, ErrTooLong) && w.job.Action.Does == Answers {
			if err = w.condense(ctx, &d); err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		if err := d.answer(ctx, asked, w.sampling(), w.hear, w.tell); err != nil {
			return err
		}
		w.rest = w.rest[len(asked):]
		if wanted() {
			return nil
		}
	}
	return nil
}

// sampling is how the answers are sampled.
func (w *work) sampling() (p sample.Params) {
	if w.job.Action.Creative {
		p = w.job.Params
	}
	p.Seed = w.job.Seed
	return p
}

// hear takes what has come of an answer.
func (w *work) hear(text string, tokens int) bool {
	w.step.Tokens += tokens
	if w.job.Action.Does != Edits {
		w.step.Added += text
	}
	return w.send()
}

// tell hands out a passage that is complete.
func (w *work) tell(q question, r *reply) bool {
	w.step.Done++
	w.step.Result = w.result(q, r)
	return w.send()
}

// result compares an answer with its passage.
func (w *work) result(q question, r *reply) *Result {
	res := &Result{Part: q.Part, Answer: clean(r.text, q.Text), Cut: r.full || r.tokens >= q.longest && w.job.Action.Does == Edits}
	if res.Cut || w.job.Action.Does != Edits || res.Answer == "" {
		return res
	}
	text := w.job.Text
	for _, c := range review.Diff(q.Text, res.Answer) {
		c.Start, c.End = c.Start+q.Start, c.End+q.Start
		res.Changes = append(res.Changes, c)
	}
	res.Touched = Check(text, res.Changes, w.job.Action.Keeps)
	return res
}
