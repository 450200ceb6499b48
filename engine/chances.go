package engine

import (
	"context"
	"iter"
	"slices"

	"lamplight/engine/internal/container"
	"lamplight/engine/sample"
	"lamplight/tokenizer"
)

// Chance is how likely the model found a token of a text, by the softmax of all logits, and what it found likeliest
// in its place.
type Chance struct {
	P      float32
	Others []sample.Likely // the likeliest first
}

// chanceRows is how many positions of a text are looked at in one pass: all their logits are there at once.
const chanceRows = 16

// Chances reads an answer after its prompt and yields, for each of its tokens, how likely the model found it and the n
// likeliest others that can be sampled and do not end the answer. A position's logits do not depend on how it came to
// be computed, so these are the probabilities that the answer was sampled from before the settings of the sampler
// changed them. As with Generate, the longest prefix of the prompt that the KV cache holds is not read again, and what
// was read stays there.
func (s *Session) Chances(ctx context.Context, prompt, answer []tokenizer.ID, n int) iter.Seq2[Chance, error] {
	return func(yield func(Chance, error) bool) {
		if err := s.acquire(); err != nil {
			yield(Chance{}, err)
			return
		}
		defer s.release()
		if err := s.check(prompt); err != nil {
			yield(Chance{}, err)
			return
		}
		text := slices.Concat(prompt, answer)
		if err := s.check(text[:max(len(text)-1, 1)]); err != nil { // nothing follows the last token
			yield(Chance{}, err)
			return
		}
		s.keepPrefix(prompt)
		logits := make([]float32, s.m.cfg.Vocab)
		for len(s.ids) < len(text)-1 {
			chances, err := s.chances(ctx, logits, text, len(prompt), n)
			if err != nil {
				yield(Chance{}, err)
				return
			}
			for _, c := range chances {
				if !yield(c, nil) {
					return
				}
			}
		}
		s.turnEnds()
	}
}

// chances computes the next positions of text and returns the chances of the tokens of the answer that follow them.
func (s *Session) chances(ctx context.Context, logits []float32, text []tokenizer.ID, prompt, n int) ([]Chance, error) {
	m, from := s.m, len(s.ids)
	asks := from >= prompt-1
	to := min(from+min(chanceRows, m.cfg.ContextLength), len(text)-1)
	switch {
	case !asks:
		to = min(from+min(maxBatch, m.cfg.ContextLength), prompt-1)
	case from < prompt: // a pass of its own, as the end of the prompt is marked
		to = prompt
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var chances []Chance
	err := container.Guard(func() error {
		if err := m.forward(ctx, []span{{s: s, ids: text[from:to], position: from}}); err != nil || !asks {
			return err
		}
		rows := make([]int, to-from)
		for i := range rows {
			rows[i] = i
		}
		if err := m.pass.ask(0, rows...); err != nil {
			return err
		}
		for i := range rows {
			if err := ctx.Err(); err != nil {
				return err
			}
			m.pass.logits(logits, i)
			id := text[from+i+1]
			p, others, err := sample.Chance(logits, id, n, m.unsaid)
			if err != nil {
				return err
			}
			chances = append(chances, Chance{P: p, Others: others})
		}
		return nil
	})
	if err != nil {
		return nil, m.failed(ctx, err)
	}
	if to == prompt {
		s.turnEnds()
	}
	return chances, ctx.Err()
}

// unsaid reports whether a token is never part of an answer.
func (m *Model) unsaid(id tokenizer.ID) bool {
	return int(id) >= m.tok.Size() || m.muted.Has(int(id)) || slices.Contains(m.stop, id)
}
