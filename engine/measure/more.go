package measure

import (
	"context"
	"slices"
	"time"

	"lamplight/engine"
)

// more measures what was asked for beside prefill and decode.
func (b *bench) more(ctx context.Context, o Options, r *Result) (err error) {
	if o.Sessions > 0 {
		r.Sessions = o.Sessions
		if r.TogetherTokensPerSecond, err = b.together(ctx, o); err != nil {
			return err
		}
	}
	if o.Edit {
		if r.EditTokensPerSecond, err = b.edit(ctx, o, false); err != nil {
			return err
		}
		if r.PlainTokensPerSecond, err = b.edit(ctx, o, true); err != nil {
			return err
		}
	}
	if o.Roofline {
		limits, err := b.model.Roofline()
		if err != nil {
			return err
		}
		r.ReadBytesPerSecond, r.Int8MACsPerSecond = limits.ReadBytes, limits.Int8MACs
		if limits.ReadBytes > 0 {
			info := b.model.Info()
			r.DecodeOfBandwidth = float64(info.Bytes) * r.DecodeTokensPerSecond / limits.ReadBytes
			r.PrefillOfPeak = float64(info.LayerParameters) * r.PrefillTokensPerSecond / limits.Int8MACs
		}
	}
	return nil
}

// together returns the rate at which all sessions together write their answers: the median of the repetitions.
func (b *bench) together(ctx context.Context, o Options) (float64, error) {
	const prompt = 16 // tokens; their reading is not measured
	var rates []float64
	for range o.Repeat {
		var requests []engine.Request
		for i := range o.Sessions {
			s, err := b.model.NewSession(engine.SessionOptions{ContextLength: prompt + o.Decode + 1})
			if err != nil {
				return 0, err
			}
			defer s.Close()
			// Another token for each, so that the answers differ; what they say is given, so that none ends early.
			text := append(slices.Clone(b.prompt[:min(prompt, len(b.prompt))]), b.prompt[i%len(b.prompt)])
			options := engine.GenerateOptions{Sampling: b.model.Sampling(), NoLookup: true, Teacher: randomText(b.model, o.Decode+1, uint64(i+1))}
			requests = append(requests, engine.Request{Session: s, Prompt: text, Options: options})
		}
		n, start := 0, time.Time{}
		for _, err := range b.model.GenerateAll(ctx, requests...) {
			if err != nil {
				return 0, err
			}
			if n++; n == o.Sessions {
				start = time.Now()
			}
		}
		rates = append(rates, float64(n-o.Sessions)/time.Since(start).Seconds())
	}
	return median(rates), nil
}

// edit returns the rate at which a text of 400 tokens, about 300 words, is repeated with three of them changed. The
// answer is given, so that a model with random weights can be measured too.
func (b *bench) edit(ctx context.Context, o Options, plain bool) (float64, error) {
	const length = 400
	prompt := randomPrompt(b.model, length)
	answer := slices.Clone(prompt[1:])
	for i, id := range randomText(b.model, 3, 99) {
		answer[(2*i+1)*length/6] = id
	}
	s, err := b.model.NewSession(engine.SessionOptions{ContextLength: 2 * length})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	var rates []float64
	for range o.Repeat {
		s.Reset()
		n, start := 0, time.Time{}
		for _, err := range s.Generate(ctx, prompt, engine.GenerateOptions{Sampling: b.model.Sampling(), NoLookup: plain, Teacher: answer}) {
			if err != nil {
				return 0, err
			}
			if n++; n == 1 {
				start = time.Now()
			}
		}
		rates = append(rates, float64(n-1)/time.Since(start).Seconds())
	}
	return median(rates), nil
}
