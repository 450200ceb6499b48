package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"lamplight/engine/internal/container"
	"lamplight/engine/sample"
	"lamplight/tokenizer"
)

// errStopped ends a loop whose consumer has had enough. It never leaves the package.
var errStopped = errors.New("stopped by the consumer")

// GenerateOptions says how an answer is generated.
type GenerateOptions struct {
	MaxTokens int // 0: as many as the context has room for
	Sampling  sample.Params
	NoLookup  bool // never guess ahead from what was said before; the answer is the same either way
	// Teacher, if set, is what the answer says: its tokens take the place of those that are sampled, at the same cost.
	// The answer ends with it. It is for measuring.
	Teacher []tokenizer.ID
	// Prefill, if set, is told how many of the prompt's tokens are in the cache, first with those found
	// there.
	Prefill func(done, total int)
	// Ended, if set, is called when the answer is complete, before anything else of its sequence is yielded.
	Ended func()
}

// Token is one step of an answer.
type Token struct {
	ID tokenizer.ID
}

// Generate reads the prompt and yields the answer's tokens as they are sampled. The longest prefix of the
// prompt that the KV cache holds is not read again. The sequence ends without an error at a stop token,
// which is not yielded, or after MaxTokens; with ErrContextFull when no position is left; with ctx.Err()
// within one token of a cancellation. What was generated stays in the cache for the next prompt.
func (s *Session) Generate(ctx context.Context, prompt []tokenizer.ID, o GenerateOptions) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		for t, err := range s.m.GenerateAll(ctx, Request{s, prompt, o}) {
			if !yield(t.Token, err) {
				return
			}
		}
	}
}

// Request is a prompt to be answered in a session.
type Request struct {
	Session *Session
	Prompt  []tokenizer.ID
	Options GenerateOptions
}

// Step is a token of one of several answers.
type Step struct {
	Token
	Request int // index of the request
}

// GenerateAll answers several requests, each in a session of its own. They advance together and share every
// pass over the weights, so that eight answers take little longer than two. Each answer is the one that Generate
// gives. An answer ends without a sign when it is complete; an error is about one request and ends its answer
// only, except for ctx.Err(), which ends the sequence.
func (m *Model) GenerateAll(ctx context.Context, requests ...Request) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		b := together{m: m, yield: yield}
		defer b.end()
		for i, r := range requests {
			if !b.add(i, r) {
				return
			}
		}
		for len(b.running) > 0 {
			if err := b.round(ctx); err != nil {
				if err != errStopped {
					yield(Step{Request: b.running[0].index}, err)
				}
				return
			}
		}
	}
}

// together is a set of generations that advance together.
type together struct {
	m       *Model
	yield   func(Step, error) bool
	running []*generation
	spans   []span
}

// add begins to answer a request. It reports whether the consumer wants more.
func (b *together) add(i int, r Request) bool {
	fail := func(err error) bool { return b.yield(Step{Request: i}, err) }
	if r.Session.m != b.m {
		return fail(fmt.Errorf("engine: the session is one of another model"))
	}
	if err := r.Session.acquire(); err != nil {
		return fail(err)
	}
	g, err := r.Session.start(r.Prompt, r.Options)
	if err != nil {
		r.Session.release()
		return fail(err)
	}
	g.index = i
	b.running = append(b.running, g)
	return true
}

func (b *together) end() {
	for _, g := range b.running {
		g.s.release()
	}
}

// round computes one pass for as many generations as it has room for and hands their tokens out. Those that are
// complete leave; those that did not fit come first in the next round. Whenever the consumer is called, running has
// all whose sessions are held.
func (b *together) round(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	fitted := b.gather()
	if err := b.m.compute(ctx, b.spans, b.running[:fitted]); err != nil {
		return err
	}
	last := len(b.running) - 1
	for range fitted {
		g := b.running[0]
		copy(b.running, b.running[1:])
		b.running[last] = g
		err := g.deliver(b.yield)
		if err == nil {
			continue
		}
		if err == errStopped {
			return err
		}
		b.running, last = b.running[:last], last-1
		g.s.release()
		if err == errDone && g.o.Ended != nil {
			g.o.Ended()
		}
		if err != errDone && !b.yield(Step{Request: g.index}, err) {
			return errStopped
		}
	}
	return nil
}

// gather lists what the next pass computes and returns how many generations take part.
func (b *together) gather() (fitted int) {
	b.spans = b.spans[:0]
	room, asks := min(maxBatch, b.m.cfg.ContextLength), maxAsked
	for _, g := range b.running {
		if room == 0 || asks == 0 {
			break
		}
		ids := g.next(room, asks)
		b.spans = append(b.spans, span{s: g.s, ids: ids, position: len(g.s.ids)})
		room -= len(ids)
		asks -= g.asks
		fitted++
	}
	return fitted
}

// compute runs the forward pass over the spans of the generations and samples their next tokens.
func (m *Model) compute(ctx context.Context, spans []span, running []*generation) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := container.Guard(func() error {
		if err := m.forward(ctx, spans); err != nil {
			return err
		}
		rows, k := m.pass.rows[:0], 0
		for i, g := range running {
			end := m.pass.spans[i].row + len(spans[i].ids)
			for row := end - g.asks; row < end; row++ {
				rows = append(rows, row)
			}
			if g.asks > 0 {
				k = max(k, g.enough())
			}
		}
		if m.pass.rows = rows; len(rows) == 0 {
			return nil
		}
		return m.pass.ask(k, rows...)
	})
	if err != nil {
		return m.failed(ctx, err)
	}
	asked := 0
	for _, g := range running {
		if g.asks > 0 {
			g.sampleAll(m.pass, asked)
		}
		asked += g.asks
	}
	return ctx.Err()
}

// forward computes the spans and enters them into their sessions' caches. The caller holds m.mu.
func (m *Model) forward(ctx context.Context, spans []span) error {
	for _, s := range spans {
		s.s.preserve(s.position + len(s.ids))
	}
	if err := m.pass.forward(ctx, spans); err != nil {
		return err
	}
	for _, s := range spans {
		s.s.ids = append(s.s.ids, s.ids...)
	}
	return nil
}

// failed names the model in an error that is about its files.
func (m *Model) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("engine: %s: %w", m.info.Name, err)
}

// silence mutes the tokens that a model must never say and drops the rows that no piece of the vocabulary stands
// for.
func (m *Model) silence(logits []float32) []float32 {
	logits = logits[:min(len(logits), m.tok.Size())]
	for id := range logits {
		if m.muted.Has(id) {
			logits[id] = float32(math.Inf(-1))
		}
	}
	return logits
}
