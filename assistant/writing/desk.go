package writing

import (
	"context"
	"errors"

	"lamplight/engine"
	"lamplight/engine/chat"
	"lamplight/engine/sample"
	"lamplight/tokenizer"
)

// desk is a model with the sessions that are open on it, all with contexts of the same length.
type desk struct {
	m        *engine.Model
	adapters []engine.Applied // of all sessions
	open     []*engine.Session
}

func (d *desk) close() {
	for _, s := range d.open {
		s.Close()
	}
	d.open = nil
}

// question is a passage as the model is asked about it.
type question struct {
	Passage
	prompt  []tokenizer.ID
	longest int // tokens of the answer
}

// reply is an answer that is being written.
type reply struct {
	decoder *tokenizer.Decoder
	text    string
	tokens  int
	full    bool // there was no room for more
}

// maxContext is the longest context that is used, in tokens.
const maxContext = 8192

// ask lays out the first of these passages, as many as may be worked on together, and opens their sessions.
func (d *desk) ask(a Action, answer string, rest []Passage) (asked []question, err error) {
	tok, limit, length := d.m.Tokenizer(), min(d.m.Info().ContextLength, maxContext), 0
	for _, p := range rest {
		segments, err := d.m.Chat().Render(a.Prompt(p, answer), true)
		if err != nil {
			return nil, err
		}
		q := question{Passage: p, prompt: chat.Encode(tok, segments)}
		q.longest = min(a.longest(len(tok.Encode(p.Text))), limit/2)
		need := len(q.prompt) + q.longest
		if need > limit {
			if len(asked) > 0 {
				break
			}
			return nil, ErrTooLong
		}
		next := max(length, min(limit, (need+255)/256*256))
		if n := len(asked); n == together || n > 0 && d.m.SessionBytes(engine.SessionOptions{ContextLength: next})*int64(n+1) > sessionBytes {
			break
		}
		asked, length = append(asked, q), next
	}
	if len(d.open) > 0 && d.open[0].ContextLength() < length {
		d.close()
	}
	for len(d.open) < len(asked) {
		s, err := d.m.NewSession(engine.SessionOptions{ContextLength: length, Adapters: d.adapters})
		if err != nil {
			return nil, err
		}
		d.open = append(d.open, s)
	}
	return asked, nil
}

// answer answers some questions together. hear gets what is written, tell each answer when it is complete; either may end
// the work by returning false.
func (d *desk) answer(ctx context.Context, asked []question, params sample.Params, hear func(text string, tokens int) bool, tell func(question, *reply) bool) error {
	requests := make([]engine.Request, len(asked))
	replies := make([]reply, len(asked))
	var ended []int // replies that are complete and were not told yet
	for i, q := range asked {
		replies[i].decoder = tokenizer.NewDecoder(d.m.Tokenizer())
		requests[i] = engine.Request{Session: d.open[i], Prompt: q.prompt, Options: engine.GenerateOptions{
			MaxTokens: q.longest, Sampling: params, Ended: func() { ended = append(ended, i) }}}
	}
	flush := func() bool {
		for ; len(ended) > 0; ended = ended[1:] {
			r := &replies[ended[0]]
			last := r.decoder.Flush()
			if r.text += last; last != "" && !hear(last, 0) || !tell(asked[ended[0]], r) {
				return false
			}
		}
		return true
	}
	for step, err := range d.m.GenerateAll(ctx, requests...) {
		if !flush() {
			return errLeft
		}
		r := &replies[step.Request]
		switch {
		case errors.Is(err, engine.ErrContextFull):
			r.full = true
			ended = append(ended, step.Request)
			continue
		case err != nil:
			return err
		}
		text := r.decoder.Push(step.ID)
		r.text += text
		r.tokens++
		if !hear(text, 1) {
			return errLeft
		}
	}
	if !flush() {
		return errLeft
	}
	return nil
}
