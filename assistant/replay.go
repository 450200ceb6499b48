package assistant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"lamplight/engine"
	"lamplight/engine/adapter"
	"lamplight/library"
	"lamplight/tokenizer"
)

// ErrReceipt is returned when an answer cannot be made once more, because how it came about was not written down.
var ErrReceipt = errors.New("the answer has no receipt")

// Replayed is what came of making an answer once more.
type Replayed struct {
	Same    bool // token by token, as far as the answer went
	First   int  // without Same: the first token that is another, or is only in one of the answers
	Text    string
	Changed []Difference // what is not as it was, also when the answer is the same
}

// Difference is something that is not as it was when an answer was written.
type Difference struct {
	What    Circumstance
	Was, Is string // "" is not known
}

// Circumstance is something that an answer may depend on.
type Circumstance string

// The circumstances that are compared. The number of threads should change nothing.
const (
	ModelFile    Circumstance = "model file"    // by its SHA-256
	AdapterFiles Circumstance = "adapters"      // those that are not to be had, by name
	PromptTokens Circumstance = "prompt tokens" // by their SHA-256
	Build        Circumstance = "build"
	Kernels      Circumstance = "kernels"
	Threads      Circumstance = "threads"
)

// Replay makes the answer at turn once more, from the prompt that it had and with everything that its receipt says, and
// compares. The conversation stays as it is. progress, if not nil, is told how many tokens there are, and how many the
// answer has. It waits until nobody else works with the model. The error is [ErrReceipt] when there is nothing to go by,
// ctx.Err() after a cancellation.
func (c *Conversation) Replay(ctx context.Context, turn int, progress func(done, total int)) (Replayed, error) {
	past, err := c.past(turn)
	if err != nil {
		return Replayed{}, fmt.Errorf("assistant: %w: %w", ErrReceipt, err)
	}
	r := c.runner
	if err := r.acquire(ctx); err != nil {
		return Replayed{}, err
	}
	defer r.release()
	l, err := r.loadModel(ctx, past.receipt.Model)
	if err != nil {
		return Replayed{}, err
	}
	prompt, changed, err := c.again(l, past)
	if err != nil {
		return Replayed{}, err
	}
	session, done, err := l.sessionOf(past.receipt.Context)
	if err != nil {
		return Replayed{}, err
	}
	defer done()
	if n := len(prompt) + len(past.ids); n > session.ContextLength()+1 { // one token is not read any more
		return Replayed{}, fmt.Errorf("assistant: %d tokens, the context has %d: %w", n, session.ContextLength(), engine.ErrContextFull)
	}
	ids, err := past.replay(ctx, r, l, session, prompt, progress)
	if err != nil {
		return Replayed{}, err
	}
	result := Replayed{Same: slices.Equal(ids, past.ids), Text: l.model.Tokenizer().Decode(ids), Changed: changed}
	for !result.Same && result.First < min(len(ids), len(past.ids)) && ids[result.First] == past.ids[result.First] {
		result.First++
	}
	return result, nil
}

// again returns the prompt of a past answer, and what is not as it was.
func (c *Conversation) again(l *loaded, p past) (prompt []tokenizer.ID, changed []Difference, err error) {
	if prompt, err = c.promptOf(l, p); err != nil {
		return nil, nil, err
	}
	full := slices.Concat(prompt, p.ids[:p.receipt.Given])
	now := c.runner.receipt(l, full, p.receipt.Sampling)
	_, _, missing, err := c.runner.adapt(l, p.adapters())
	if err != nil {
		return nil, nil, err
	}
	for _, d := range []Difference{
		{AdapterFiles, usesText(missing), ""}, {ModelFile, p.receipt.SHA256, now.SHA256}, {PromptTokens, p.receipt.PromptSHA256, now.PromptSHA256}, {Build, p.receipt.Build, now.Build},
		{Kernels, p.receipt.Kernels, now.Kernels}, {Threads, strconv.Itoa(p.receipt.Threads), strconv.Itoa(now.Threads)},
	} {
		if d.Was != d.Is {
			changed = append(changed, d)
		}
	}
	return prompt, changed, nil
}

// promptOf lays out what the model saw before a past answer.
func (c *Conversation) promptOf(l *loaded, p past) ([]tokenizer.ID, error) {
	var seen []Turn
	for i, t := range p.turns {
		if !slices.Contains(p.receipt.Unseen, i) {
			seen = append(seen, t)
		}
	}
	return l.reader.render(p.receipt.System, seen)
}

// errEnough ends a replay that has come as far as the answer. It never leaves the package.
var errEnough = errors.New("as far as the answer")

// part is what was written of an answer at one go.
type part struct {
	*Receipt
	end int // tokens of the answer when it ended
}

// parts returns how an answer was written that was gone on with, the first part first. Those of another model are left
// out with everything before them: their tokens are taken as given.
func (p *past) parts() []part {
	parts := []part{{&p.receipt, len(p.ids)}}
	for r := &p.receipt; r.Before != nil && r.Before.Model == r.Model && r.Before.Given >= 0 && r.Before.Given <= r.Given; r = r.Before {
		parts = append(parts, part{r.Before, r.Given})
	}
	slices.Reverse(parts)
	return parts
}

// adapters are those of all parts of a past answer.
func (p *past) adapters() (all []adapter.Use) {
	for _, part := range p.parts() {
		all = append(all, part.Adapters...)
	}
	return library.CleanUses(all)
}

// replay writes the answer once more, each part as its receipt says, until one becomes another.
func (p *past) replay(ctx context.Context, r *Runner, l *loaded, session *engine.Session, prompt []tokenizer.ID, progress func(done, total int)) ([]tokenizer.ID, error) {
	parts := p.parts()
	ids := p.ids[:parts[0].Given]
	for i, part := range parts {
		if _, _, err := r.wear(l, session, part.Adapters); err != nil {
			return nil, err
		}
		broken := i < len(parts)-1 || p.state != Complete && p.state != Full && p.state != Looped // it might have gone on
		w := writer{session: session, tok: l.model.Tokenizer(), prompt: slices.Concat(prompt, ids), given: ids, options: engine.GenerateOptions{Sampling: part.Sampling}}
		w.emit = func(step) error {
			if progress != nil {
				progress(min(len(w.ids), len(p.ids)), len(p.ids))
			}
			if w.loops >= part.Loops && (len(w.ids) > part.end || len(w.ids) == part.end && broken) {
				return errEnough
			}
			return nil
		}
		err := w.run(ctx)
		if err != nil && !errors.Is(err, errEnough) && !errors.Is(err, ErrLoop) && !errors.Is(err, engine.ErrContextFull) {
			return nil, err
		}
		if ids = w.ids; !slices.Equal(ids, p.ids[:part.end]) {
			break
		}
	}
	return ids, nil
}

// sessionOf returns a session of this length: the one that is there, whose KV cache may have the beginning of what is
// read, or one that done closes.
func (l *loaded) sessionOf(length int) (s *engine.Session, done func(), err error) {
	length = min(max(length, 1), l.model.Info().ContextLength)
	if l.session.ContextLength() == length {
		return l.session, func() {}, nil
	}
	if s, err = l.model.NewSession(engine.SessionOptions{ContextLength: length}); err != nil {
		return nil, nil, err
	}
	return s, func() { s.Close() }, nil
}
