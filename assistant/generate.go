package assistant

import (
	"context"
	"time"

	"lamplight/engine"
	"lamplight/tokenizer"
)

// count notes what answers, and how much it reads.
func (a *answer) count(l *loaded, prompt []tokenizer.ID) {
	info := l.model.Info()
	a.stats.Model, a.stats.Kernels, a.stats.Threads = l.id, info.Kernels, info.Threads
	a.stats.Prompt, a.stats.ContextLength = len(prompt), l.session.ContextLength()
}

func (a *answer) generate(ctx context.Context, l *loaded, prompt []tokenizer.ID, options engine.GenerateOptions) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	start := time.Now()
	written := start
	options.Prefill = func(done, total int) {
		if a.send(Piece{Stage: Reading, Read: done, Prompt: total}) != nil {
			cancel()
		}
		a.stats.ReadSeconds = time.Since(start).Seconds()
		written = time.Now()
	}
	decoder := tokenizer.NewDecoder(l.model.Tokenizer())
	defer func() {
		if text := decoder.Flush(); text != "" {
			a.c.add(text)
			if !a.left {
				a.send(Piece{Stage: Answering, Text: text})
			}
		}
	}()
	for token, err := range l.session.Generate(ctx, prompt, options) {
		if err != nil {
			return err
		}
		text := decoder.Push(token.ID)
		a.c.add(text, token.ID)
		a.stats.Answer++
		a.stats.AnswerSeconds = time.Since(written).Seconds()
		if err := a.send(Piece{Stage: Answering, Text: text}); err != nil {
			return err
		}
	}
	return nil
}
