package measure

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"lamplight/engine"
)

// CompareOptions says how two models are compared.
type CompareOptions struct {
	TextOptions
	Speed bool // measure tokens per second as well
}

// Comparison says what a model loses and wins against the base that it was made from. Both have read the same text,
// see TextOptions, and their predictions were compared at the tokens that count.
type Comparison struct {
	Tokens int `json:"tokens"` // that counted
	Chunk  int `json:"chunk"`  // tokens
	Chunks int `json:"chunks"`

	MeanKL  float64 `json:"mean_kl"`         // Kullback-Leibler divergence from the base's prediction, nats
	TailKL  float64 `json:"kl_99_9"`         // 99.9 % of the positions are at or below it
	MaxKL   float64 `json:"max_kl"`          // the largest
	SameTop float64 `json:"top_1_agreement"` // 0 … 1, how often both find the same token the likeliest

	Model   Compared `json:"model"`
	Base    Compared `json:"base"`
	Kernels string   `json:"kernels"`
	Threads int      `json:"threads"`
}

// Compared is what a Comparison says of each model. The rates are 0 where they were not measured.
type Compared struct {
	Score
	PrefillTokensPerSecond float64 `json:"prefill_tokens_per_second,omitempty"` // see Result
	DecodeTokensPerSecond  float64 `json:"decode_tokens_per_second,omitempty"`
}

// Compare holds the model at path against the one at base, both of which are in memory at the same time.
func Compare(ctx context.Context, path, base, text string, o CompareOptions) (Comparison, error) {
	q, err := openReader(ctx, path, text, o.TextOptions)
	if err != nil {
		return Comparison{}, err
	}
	defer q.close()
	p, err := openReader(ctx, base, text, o.TextOptions)
	if err != nil {
		return Comparison{}, err
	}
	defer p.close()
	return compareReaders(ctx, p, q, o)
}

func compareReaders(ctx context.Context, p, q *reader, o CompareOptions) (Comparison, error) {
	if !slices.Equal(p.ids, q.ids) || p.model.Info().Vocabulary != q.model.Info().Vocabulary {
		return Comparison{}, fmt.Errorf("measure: %w", ErrVocabulary)
	}
	size, count, err := chunks(o.TextOptions, p, q)
	if err != nil {
		return Comparison{}, err
	}
	var d Divergence
	for c := range count {
		if err := compareChunk(ctx, &d, p, q, c*size, size, count*size, o.TextOptions); err != nil {
			return Comparison{}, err
		}
	}
	info := q.model.Info()
	r := Comparison{
		Tokens: d.Positions, Chunk: size, Chunks: count,
		MeanKL: d.Mean(), TailKL: d.Quantile(0.999), MaxKL: d.Max, SameTop: d.Agreement(),
		Model: Compared{Score: q.score()}, Base: Compared{Score: p.score()},
		Kernels: info.Kernels, Threads: info.Threads,
	}
	if !o.Speed {
		return r, nil
	}
	return r, compareSpeed(ctx, p, q, &r, o.TextOptions, count*size)
}

// compareChunk reads a chunk of total tokens with both models, position by position.
func compareChunk(ctx context.Context, d *Divergence, p, q *reader, start, size, total int, o TextOptions) error {
	next, stop := iter.Pull2(q.rows(ctx, start, size))
	defer stop()
	i := 0
	for rowP, err := range p.rows(ctx, start, size) {
		if err != nil {
			return err
		}
		rowQ, err, _ := next()
		if err != nil {
			return err
		}
		if counts(i, size) {
			zp, zq, token := logSumExp(rowP), logSumExp(rowQ), p.ids[start+i+1]
			if err := p.add(rowP, token, zp); err != nil {
				return err
			}
			if err := q.add(rowQ, token, zq); err != nil {
				return err
			}
			d.add(rowP, rowQ, divergenceOf(rowP, rowQ, zp, zq))
		}
		i++
		if err := o.step(start+i, total); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// How the speed of two models is compared: both in turn, so many times after once that does not count.
const (
	speedPrompt = 128
	speedDecode = 32
	speedRuns   = 3
)

// compareSpeed takes the medians of runs that the two models make in turn, because the speed of a machine changes
// from second to second.
func compareSpeed(ctx context.Context, p, q *reader, r *Comparison, o TextOptions, total int) error {
	both := []struct {
		reader *reader
		result *Compared
		bench  bench
	}{{reader: q, result: &r.Model}, {reader: p, result: &r.Base}}
	for i := range both {
		m := both[i].reader.model
		length := m.Info().ContextLength
		prompt, decode := min(speedPrompt, length/2), min(speedDecode, length/4)
		if prompt < 1 || decode < 1 {
			return nil // no speed of a model with so short a context
		}
		s, err := m.NewSession(engine.SessionOptions{ContextLength: prompt + decode})
		if err != nil {
			return err
		}
		defer s.Close()
		both[i].bench = bench{model: m, session: s, prompt: randomPrompt(m, prompt), decode: decode}
	}
	for run := range speedRuns + 1 {
		for i := range both {
			b := &both[i].bench
			t, err := b.run(ctx)
			if err != nil {
				return err
			}
			if run > 0 {
				b.prefills = append(b.prefills, float64(len(b.prompt))/t.prefill.Seconds())
				b.decodes = append(b.decodes, float64(b.decode)/t.decode.Seconds())
			}
			if err := o.step(total, total); err != nil {
				return err
			}
		}
	}
	for i := range both {
		both[i].result.PrefillTokensPerSecond = finite(median(both[i].bench.prefills))
		both[i].result.DecodeTokensPerSecond = finite(median(both[i].bench.decodes))
	}
	return nil
}

// finite makes 0, not measured, of a rate that a clock without resolution gives.
func finite(x float64) float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return 0
	}
	return x
}
