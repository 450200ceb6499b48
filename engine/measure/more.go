package measure

import (
	"context"
	"slices"
	"time"

	"lamplight/engine"
	"lamplight/tokenizer"
)

// more measures what was asked for beside prefill and decode.
func (b *bench) more(ctx context.Context, o Options) error {
	var applied []engine.Applied
	if o.Adapt != nil {
		var err error
		if applied, err = o.Adapt(b.model); err != nil {
			return err
		}
	}
	for range o.Repeat {
		if o.Adapt != nil {
			if err := b.besideAdapted(ctx, o, applied); err != nil {
				return err
			}
		}
		if o.Sessions > 0 {
			one, err := b.decodeTogether(ctx, 1)
			if err != nil {
				return err
			}
			all, err := b.decodeTogether(ctx, o.Sessions)
			if err != nil {
				return err
			}
			b.together, b.ofOne = append(b.together, all), append(b.ofOne, all/one)
		}
		if o.Edit {
			plain, err := b.edit(ctx, true)
			if err != nil {
				return err
			}
			edit, err := b.edit(ctx, false)
			if err != nil {
				return err
			}
			b.edits, b.ofPlain = append(b.edits, edit), append(b.ofPlain, edit/plain)
		}
	}
	return nil
}

// decodeTogether returns the rate at which so many sessions together write their answers. The reading of their prompts
// is not measured.
func (b *bench) decodeTogether(ctx context.Context, sessions int) (float64, error) {
	const prompt = 64
	var requests []engine.Request
	for i := range sessions {
		s, err := b.model.NewSession(engine.SessionOptions{ContextLength: prompt + b.decode + 2, CacheType: b.cacheType})
		if err != nil {
			return 0, err
		}
		defer s.Close()
		// Another text for each, and given answers, so that none ends early.
		text := randomText(b.model, prompt, uint64(1000+i))
		requests = append(requests, engine.Request{Session: s, Prompt: text, Options: b.given(randomText(b.model, b.decode+1, uint64(i+1)))})
	}
	n, start := 0, time.Time{}
	for _, err := range b.model.GenerateAll(ctx, requests...) {
		if err != nil {
			return 0, err
		}
		if n++; n == sessions {
			start = time.Now()
		}
	}
	return float64(n-sessions) / time.Since(start).Seconds(), nil
}

// besideAdapted measures one answer without adapters and one with them.
func (b *bench) besideAdapted(ctx context.Context, o Options, applied []engine.Applied) error {
	plain, err := b.run(ctx)
	if err != nil {
		return err
	}
	with, err := b.model.NewSession(engine.SessionOptions{ContextLength: len(b.prompt) + b.decode, CacheType: b.cacheType, Adapters: applied})
	if err != nil {
		return err
	}
	defer with.Close()
	other := *b
	other.session = with
	t, err := other.run(ctx)
	if err != nil {
		return err
	}
	b.adapted = append(b.adapted, float64(o.Decode)/t.decode.Seconds())
	b.adaptedOf = append(b.adaptedOf, plain.decode.Seconds()/t.decode.Seconds())
	b.adaptedRead = append(b.adaptedRead, plain.prefill.Seconds()/t.prefill.Seconds())
	return nil
}

// given returns options for an answer that is known, so that a model with random weights can be measured too.
func (b *bench) given(answer []tokenizer.ID) engine.GenerateOptions {
	return engine.GenerateOptions{Sampling: b.model.Sampling(), NoLookup: true, Teacher: answer}
}

// edit returns the rate at which a text of 400 tokens, about 300 words, is repeated with three of them changed.
func (b *bench) edit(ctx context.Context, plain bool) (float64, error) {
	const length = 400
	prompt := randomPrompt(b.model, length)
	answer := slices.Clone(prompt[1:])
	for i, id := range randomText(b.model, 3, 99) {
		answer[(2*i+1)*length/6] = id
	}
	s, err := b.model.NewSession(engine.SessionOptions{ContextLength: 2 * length, CacheType: b.cacheType})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	o := b.given(answer)
	o.NoLookup = plain
	n, start := 0, time.Time{}
	for _, err := range s.Generate(ctx, prompt, o) {
		if err != nil {
			return 0, err
		}
		if n++; n == 1 {
			start = time.Now()
		}
	}
	return float64(n-1) / time.Since(start).Seconds(), nil
}
