package writing

import (
	"context"
	"errors"
	"iter"

	"lamplight/assistant/review"
	"lamplight/engine"
	"lamplight/engine/chat"
	"lamplight/engine/sample"
	"lamplight/tokenizer"
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
	var open []*engine.Session
	defer func() {
		for _, s := range open {
			s.Close()
		}
	}()
	for len(w.rest) > 0 {
		asked, length, err := w.ask(m)
		if err != nil {
			return err
		}
		if len(open) > 0 && open[0].ContextLength() < length { // all have the same length
			for _, s := range open {
				s.Close()
			}
			open = nil
		}
		for len(open) < len(asked) {
			s, err := m.NewSession(engine.SessionOptions{ContextLength: length})
			if err != nil {
				return err
			}
			open = append(open, s)
		}
		if err := w.wave(ctx, m, open, asked); err != nil {
			return err
		}
		w.rest = w.rest[len(asked):]
		if wanted() {
			return nil
		}
	}
	return nil
}

// question is a passage as the model is asked about it.
type question struct {
	Passage
	prompt  []tokenizer.ID
	longest int // tokens of the answer
}

// ask lays out the next passages, as many as may be worked on together, and says how long the context of each must be.
func (w *work) ask(m *engine.Model) (asked []question, length int, err error) {
	tok, limit := m.Tokenizer(), min(m.Info().ContextLength, maxContext)
	for _, p := range w.rest {
		segments, err := m.Chat().Render(w.job.Action.Prompt(p, w.job.Asked), true)
		if err != nil {
			return nil, 0, err
		}
		q := question{Passage: p, prompt: chat.Encode(tok, segments)}
		q.longest = min(w.job.Action.longest(len(tok.Encode(p.Text))), limit/2)
		need := len(q.prompt) + q.longest
		if need > limit {
			return nil, 0, ErrTooLong
		}
		need = (need + 255) / 256 * 256
		next := max(length, need)
		if n := len(asked); n == together || n > 0 && m.SessionBytes(engine.SessionOptions{ContextLength: next})*int64(n+1) > sessionBytes {
			break
		}
		asked, length = append(asked, q), next
	}
	return asked, min(length, limit), nil
}

// maxContext is the longest context that is used, in tokens.
const maxContext = 8192

// wave answers some questions together.
func (w *work) wave(ctx context.Context, m *engine.Model, sessions []*engine.Session, asked []question) error {
	params := w.job.Params
	if !w.job.Action.Creative {
		params = sample.Params{}
	}
	params.Seed = w.job.Seed
	requests := make([]engine.Request, len(asked))
	replies := make([]reply, len(asked))
	var ended []int // replies that are complete and were not told yet
	for i, q := range asked {
		replies[i].decoder = tokenizer.NewDecoder(m.Tokenizer())
		requests[i] = engine.Request{Session: sessions[i], Prompt: q.prompt, Options: engine.GenerateOptions{
			MaxTokens: q.longest, Sampling: params, Ended: func() { ended = append(ended, i) }}}
	}
	tell := func() bool {
		for ; len(ended) > 0; ended = ended[1:] {
			if !w.tell(asked[ended[0]], &replies[ended[0]]) {
				return false
			}
		}
		return true
	}
	for step, err := range m.GenerateAll(ctx, requests...) {
		if err != nil && !errors.Is(err, engine.ErrContextFull) {
			return err
		}
		if !tell() {
			return errLeft
		}
		r := &replies[step.Request]
		if err != nil {
			r.full = true
			ended = append(ended, step.Request)
			continue
		}
		text := r.decoder.Push(step.ID)
		r.text += text
		r.tokens++
		w.step.Tokens++
		if w.job.Action.Does != Edits {
			w.step.Added = text
		}
		if !w.send() {
			return errLeft
		}
	}
	if !tell() {
		return errLeft
	}
	return nil
}

// tell hands out a passage that is complete.
func (w *work) tell(q question, r *reply) bool {
	text := r.decoder.Flush()
	r.text += text
	if w.job.Action.Does != Edits {
		w.step.Added = text
	}
	w.step.Done++
	w.step.Result = w.result(q, r)
	return w.send()
}

// reply is an answer that is being written.
type reply struct {
	decoder *tokenizer.Decoder
	text    string
	tokens  int
	full    bool // there was no room for more
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
