package engine

import (
	"errors"
	"fmt"
	"slices"

	"lamplight/engine/sample"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

// generation is an answer that is being written: what it needs computed next, and what it makes of the result.
// While it is decoding, text is one token longer than what the cache holds.
type generation struct {
	s       *Session
	index   int // of the request
	o       GenerateOptions
	sampler *sample.Sampler
	text    []tokenizer.ID // prompt and answer, which penalties and drafts look back on
	prompt  int            // tokens of the prompt
	answer  int            // tokens of the answer
	drafts  drafter

	// One round.
	guess []tokenizer.ID // drafted tokens behind the last one of text
	asks  int            // how many of the last rows need logits; 0 in the middle of a prompt
	read  bool           // rows of the prompt were computed
	fresh []tokenizer.ID // tokens sampled and not yet handed out
	end   error          // what ends the answer after these

	logits []float32           // [V], when the sampler wants all of them
	top    []kernels.Candidate // else the likeliest
}

// errDone ends a generation that is complete. It never leaves the package.
var errDone = errors.New("the answer is complete")

// start checks the prompt and the options and keeps what the cache holds of the prompt. The session must be
// acquired.
func (s *Session) start(prompt []tokenizer.ID, o GenerateOptions) (*generation, error) {
	if err := s.check(prompt); err != nil {
		return nil, err
	}
	o.Sampling.Exempt = append(slices.Clone(o.Sampling.Exempt), s.m.stop...)
	sampler, err := sample.New(o.Sampling)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	g := &generation{s: s, o: o, sampler: sampler, prompt: len(prompt)}
	g.text = append(make([]tokenizer.ID, 0, s.context+maxAsked), prompt...)
	g.drafts.reset()
	s.keepPrefix(prompt)
	g.progress()
	return g, nil
}

// progress tells how much of the prompt is read.
func (g *generation) progress() {
	if g.o.Prefill != nil {
		g.o.Prefill(min(len(g.s.ids), g.prompt), g.prompt)
	}
}

// next returns the tokens that must be computed next, at most room of them, of which at most asks may need logits.
// The result is valid until text changes.
func (g *generation) next(room, asks int) []tokenizer.ID {
	g.guess, g.asks = g.guess[:0], 1
	from := len(g.s.ids)
	if g.read = from < g.prompt; g.read {
		to := min(g.prompt, from+room)
		if to < g.prompt {
			g.asks = 0
		}
		return g.text[from:to]
	}
	room = min(room, asks, g.s.context-from)
	if g.o.MaxTokens > 0 {
		room = min(room, g.o.MaxTokens-g.answer)
	}
	if !g.o.NoLookup {
		g.guess = g.drafts.propose(g.guess, g.text, room-1)
	}
	g.asks += len(g.guess)
	return append(g.text[from:len(g.text):cap(g.text)], g.guess...)
}

// sampleAll samples the token after the row of pass p that was asked for as the asked-th, and one more for every
// draft that turns out right. The cache forgets what was drafted wrong.
func (g *generation) sampleAll(p *pass, asked int) {
	right := len(g.s.ids) - len(g.guess) // positions of the cache that hold the text
	if g.read {
		g.s.turnEnds()
	}
	g.fresh, g.end = g.fresh[:0], nil
	for i := 0; ; i++ {
		id, err := g.sample(p, asked+i)
		if g.o.Teacher != nil && err == nil {
			id = g.o.Teacher[g.answer]
		}
		switch {
		case err != nil:
			g.end = fmt.Errorf("engine: %w", err)
		case slices.Contains(g.s.m.stop, id):
			g.end = errDone
		default:
			g.text = append(g.text, id)
			g.fresh = append(g.fresh, id)
			if g.answer++; g.answer == g.o.MaxTokens || g.answer == len(g.o.Teacher) {
				g.end = errDone // the last token is read with the next prompt
			}
		}
		if g.end != nil || i == len(g.guess) || id != g.guess[i] {
			break
		}
		right++
	}
	if !g.o.NoLookup && !g.read {
		g.drafts.learn(len(g.guess), right-len(g.s.ids)+len(g.guess))
	}
	g.s.ids = g.s.ids[:right]
	if g.end == nil && right == g.s.context {
		g.end = fmt.Errorf("engine: %d tokens: %w", g.s.context, ErrContextFull)
	}
	if g.end != nil {
		g.s.turnEnds()
	}
}

// enough returns how many of the likeliest tokens sample wants of a row at most, 0 for all.
func (g *generation) enough() int {
	k := g.sampler.Enough(g.text)
	if k > 0 {
		k += len(g.guess) // tokens that may be penalized by then
	}
	return k
}

// sample picks the token after a row that was asked for. Few samplers need all logits.
func (g *generation) sample(p *pass, i int) (tokenizer.ID, error) {
	if k := g.sampler.Enough(g.text); k > 0 {
		g.top = p.top(g.top[:0], i, k)
		return g.sampler.Pick(g.top)
	}
	m := g.s.m
	if g.logits == nil {
		g.logits = make([]float32, m.cfg.Vocab)
	}
	p.logits(g.logits, i)
	return g.sampler.Next(m.silence(g.logits), g.text)
}

// deliver hands out what a round has made. It returns nil when the answer goes on, errDone when it is complete,
// errStopped when the consumer has had enough.
func (g *generation) deliver(yield func(Step, error) bool) error {
	if g.read {
		g.progress()
	}
	if g.asks == 0 {
		return nil
	}
	for _, id := range g.fresh {
		if !yield(Step{Token{ID: id}, g.index}, nil) {
			return errStopped
		}
	}
	return g.end
}
