package assistant

import (
	"context"
	"errors"
	"slices"
	"time"

	"lamplight/engine"
	"lamplight/engine/measure"
	"lamplight/tokenizer"
)

// revise changes the answer that is being written.
func (c *Conversation) revise(s step) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := &c.turns[len(c.turns)-1]
	last.Text = last.Text[:len(last.Text)-s.back] + s.text
	if s.drop > 0 { // who has a copy of the turn keeps what it has
		last.ids = slices.Clone(last.ids[:len(last.ids)-s.drop])
	}
	last.ids = append(last.ids, s.ids...)
	last.changed = true
}

// count notes what answers, and how much it reads.
func (a *answer) count(l *loaded, prompt []tokenizer.ID) {
	info := l.model.Info()
	a.stats.Model, a.stats.Kernels, a.stats.Threads = l.id, info.Kernels, info.Threads
	a.stats.Prompt, a.stats.ContextLength = len(prompt), l.session.ContextLength()
}

// generate writes the answer that follows the prompt and the tokens of the answer that are given. It keeps the receipt
// with the answer: first what is known before, then what it cost.
func (a *answer) generate(ctx context.Context, l *loaded, prompt []tokenizer.ID, options engine.GenerateOptions) error {
	card := l.card
	if m, err := a.c.runner.lib.Get(l.id); err == nil { // what it is used with may have changed since it was loaded
		card = m.Card
	}
	used, _, err := a.c.runner.wear(l, l.session, a.c.chosen().adapters(card))
	if err != nil {
		return err
	}
	prompt = slices.Concat(prompt, a.given)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	meter, start := measure.Start(), time.Now()
	written := start
	options.Prefill = func(done, total int) {
		if a.send(Piece{Stage: Reading, Read: done, Prompt: total}) != nil {
			cancel()
		}
		a.stats.ReadSeconds = time.Since(start).Seconds()
		written = time.Now()
	}
	receipt := a.c.receipt(l, prompt, len(a.given), options.Sampling)
	receipt.Adapters = used
	a.c.setReceipt(receipt)
	w := writer{session: l.session, tok: l.model.Tokenizer(), prompt: prompt, given: a.given, options: options}
	w.emit = func(s step) error {
		a.c.revise(s)
		a.stats.Answer = len(w.ids) - len(w.given)
		a.stats.AnswerSeconds = time.Since(written).Seconds()
		if a.left {
			return errLeft
		}
		return a.send(Piece{Stage: Answering, Text: s.text, Back: s.back})
	}
	err = w.run(ctx)
	cost := meter.Cost()
	a.stats.CPUSeconds, a.stats.Joules, a.stats.JoulesMeasured = cost.CPUSeconds, cost.Joules, cost.Measured
	a.c.setReceipt(receipt.with(a.stats, w.loops))
	return err
}

// writer makes an answer of a prompt. It takes back what goes round in a circle.
type writer struct {
	session *engine.Session
	tok     tokenizer.Tokenizer
	prompt  []tokenizer.ID // ends with given
	given   []tokenizer.ID // tokens of the answer that were there before
	options engine.GenerateOptions
	emit    func(step) error

	ids     []tokenizer.ID // of the answer
	bytes   int            // of their text, without the half of a character at its end
	decoder *tokenizer.Decoder
	guard   *loops
	loops   int // times that the answer was taken back
}

// step is a change of an answer: first its end goes, then something is added.
type step struct {
	drop, back int            // tokens and bytes that go
	ids        []tokenizer.ID // that are added
	text       string
}

// run writes the answer. When it is caught in a loop it goes back to where the loop began and on from there with other
// parameters; when it is caught again, it goes back and ends with ErrLoop.
func (w *writer) run(ctx context.Context) error {
	w.reset(w.given)
	defer func() {
		if rest := w.decoder.Flush(); rest != "" {
			_ = w.emit(step{text: rest}) // who has left does not want it
		}
	}()
	for {
		err := w.write(ctx)
		if !errors.Is(err, ErrLoop) {
			return err
		}
		if w.loops++; w.loops == 2 {
			return err
		}
		w.options.Sampling, w.options.Prefill = otherwise(w.options.Sampling), nil
	}
}

// reset begins anew after these tokens of the answer, at least those given.
func (w *writer) reset(ids []tokenizer.ID) {
	w.ids, w.bytes = slices.Clone(ids), 0
	w.decoder, w.guard = tokenizer.NewDecoder(w.tok), &loops{}
	for _, id := range ids {
		w.bytes += len(w.decoder.Push(id))
		w.guard.add(id)
	}
}

// write goes on with the answer until it ends, or a loop is noticed and taken back.
func (w *writer) write(ctx context.Context) error {
	options := w.options
	if written := len(w.ids) - len(w.given); options.MaxTokens > 0 {
		if options.MaxTokens -= written; options.MaxTokens <= 0 {
			return nil
		}
	}
	for token, err := range w.session.Generate(ctx, slices.Concat(w.prompt, w.ids[len(w.given):]), options) {
		if err != nil {
			return err
		}
		text := w.decoder.Push(token.ID)
		w.ids, w.bytes = append(w.ids, token.ID), w.bytes+len(text)
		w.guard.add(token.ID)
		if err := w.emit(step{ids: []tokenizer.ID{token.ID}, text: text}); err != nil {
			return err
		}
		if once, ok := w.guard.cycle(w.tok); ok {
			return w.takeBack(max(once, len(w.given)))
		}
	}
	return nil
}

// takeBack shortens the answer to n tokens.
func (w *writer) takeBack(n int) error {
	s := step{drop: len(w.ids) - n, back: w.bytes}
	w.reset(w.ids[:n])
	s.back -= w.bytes // decoding is done token by token, so what is left is a beginning of what there was
	if err := w.emit(s); err != nil {
		return err
	}
	return ErrLoop
}
