package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"

	"lamplight/engine/sample"
	"lamplight/tokenizer"
)

// errStopped ends a loop whose consumer has had enough. It never leaves the package.
var errStopped = errors.New("stopped by the consumer")

// GenerateOptions says how an answer is generated.
type GenerateOptions struct {
	MaxTokens int // 0: as many as the context has room for
	Sampling  sample.Params
	// Prefill, if set, is told how many of the prompt's tokens are in the cache, first with those found
	// there.
	Prefill func(done, total int)
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
		if err := s.acquire(); err != nil {
			yield(Token{}, err)
			return
		}
		defer s.release()
		if err := s.generate(ctx, prompt, o, yield); err != nil && err != errStopped {
			yield(Token{}, err)
		}
	}
}

func (s *Session) generate(ctx context.Context, prompt []tokenizer.ID, o GenerateOptions, yield func(Token, error) bool) error {
	if err := s.check(prompt); err != nil {
		return err
	}
	o.Sampling.Exempt = append(slices.Clone(o.Sampling.Exempt), s.m.stop...)
	sampler, err := sample.New(o.Sampling)
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	logits := make([]float32, s.m.cfg.Vocab)
	if err := s.prefill(ctx, prompt, logits, o.Prefill); err != nil {
		return err
	}

	text := slices.Clone(prompt) // what the penalties look back on
	for n := 1; ; n++ {
		id, err := sampler.Next(s.candidates(logits), text)
		if err != nil {
			return fmt.Errorf("engine: %w", err)
		}
		if slices.Contains(s.m.stop, id) {
			return nil
		}
		if !yield(Token{ID: id}, nil) {
			return errStopped
		}
		if n == o.MaxTokens {
			return nil // the last token is read with the next prompt
		}
		if len(s.ids) == s.context {
			return fmt.Errorf("engine: %d tokens: %w", s.context, ErrContextFull)
		}
		text = append(text, id)
		if err := s.next(ctx, text[len(text)-1:], logits); err != nil {
			return err
		}
	}
}

// prefill brings the prompt into the cache and leaves the logits of its last position in dst [V].
func (s *Session) prefill(ctx context.Context, prompt []tokenizer.ID, dst []float32, progress func(done, total int)) error {
	done := s.keepPrefix(prompt)
	report := func() {
		if progress != nil {
			progress(done, len(prompt))
		}
	}
	report()
	return s.evaluate(ctx, prompt[done:], func(n int) error {
		done += n
		if done == len(prompt) {
			if err := s.logits(ctx, dst, n-1); err != nil {
				return err
			}
		}
		report()
		return nil
	})
}

// next evaluates the one token in ids and leaves the logits after it in dst [V].
func (s *Session) next(ctx context.Context, ids []tokenizer.ID, dst []float32) error {
	return s.evaluate(ctx, ids, func(int) error { return s.logits(ctx, dst, 0) })
}

// candidates silences the muted tokens and drops the rows that no piece of the vocabulary stands for.
func (s *Session) candidates(logits []float32) []float32 {
	for _, id := range s.m.muted {
		if int(id) < len(logits) {
			logits[id] = float32(math.Inf(-1))
		}
	}
	return logits[:min(len(logits), s.m.tok.Size())]
}
