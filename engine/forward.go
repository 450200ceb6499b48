package engine

import (
	"context"
	"sync"

	"lamplight/kernels"
	"lamplight/tokenizer"
)

// maxBatch is how many positions one pass over the weights computes. A weight row is decoded once for all
// of them.
const maxBatch = 128

// Rings must hold a whole window besides the batch being written into them.
const _ = uint(ringSlack - maxBatch)

// scratch holds the activations of one batch of up to maxBatch positions (n below).
type scratch struct {
	x        []float32    // [n][E] residual stream
	h        []float32    // [n][E] normed input of a block, later its output
	q        []float32    // [n][H·D]
	k, v     []float32    // [n][Hk·D]
	att      []float32    // [n][H·D] attention output, heads side by side
	gate, up []float32    // [n][F]
	cos, sin [2][]float32 // [n][D/2] rotation of local (0) and global (1) layers
	scores   sync.Pool    // *[]float32 [context], one per worker
}

func newScratch(m *Model, context int) *scratch {
	c := m.cfg
	n := min(maxBatch, context)
	f := func(width int) []float32 { return make([]float32, n*width) }
	s := &scratch{
		x: f(c.Hidden), h: f(c.Hidden),
		q: f(c.Heads * c.HeadDim), k: f(c.KVHeads * c.HeadDim), v: f(c.KVHeads * c.HeadDim), att: f(c.Heads * c.HeadDim),
		gate: f(c.FeedForward), up: f(c.FeedForward),
	}
	for kind := range s.cos {
		s.cos[kind], s.sin[kind] = f(c.HeadDim/2), f(c.HeadDim/2)
	}
	s.scores.New = func() any {
		b := make([]float32, context)
		return &b
	}
	return s
}

// forward runs the decoder over ids, which stand at positions [position, position+len(ids)), writes their
// keys and values into the cache and leaves the residual stream in scratch.x [n][E]. Positions before are
// in the cache already. When ctx ends, what is under way stops within maxWork and the result is its error;
// the cache then holds nothing wrong that a later call does not overwrite.
//
// Gemma 3 technical report (arXiv 2503.19786): norms before and after each block, queries and keys normed
// per head, five sliding-window layers for each global one.
func (s *Session) forward(ctx context.Context, ids []tokenizer.ID, position int) error {
	m, c, b := s.m, s.m.cfg, s.scratch
	n := len(ids)
	x, h := b.x[:n*c.Hidden], b.h[:n*c.Hidden]

	// ---- embedding, scaled
	for i, id := range ids {
		row := x[i*c.Hidden:][:c.Hidden]
		m.w.embed.Row(row, int(id))
		for j := range row {
			row[j] *= c.EmbeddingScale
		}
		s.angles(i, position+i)
	}

	for l := range m.w.layers {
		if err := ctx.Err(); err != nil {
			return err
		}
		w, cache := &m.w.layers[l], &s.cache.layers[l]

		// ---- attention
		s.norm(h, x, w.attnNorm, c.Hidden)
		s.mul(ctx, b.q, &w.q, h, n)
		s.mul(ctx, b.k, &w.k, h, n)
		s.mul(ctx, b.v, &w.v, h, n)
		s.positionHeads(w, l, n)
		for i := range n {
			width := c.KVHeads * c.HeadDim
			cache.put(position+i, b.k[i*width:][:width], b.v[i*width:][:width])
		}
		s.attend(ctx, cache, position, n)
		s.mul(ctx, h, &w.o, b.att, n)
		s.addNormed(x, h, w.postAttnNorm)

		if err := ctx.Err(); err != nil {
			return err
		}

		// ---- feed-forward: down(GELU(gate·h) ⊙ up·h)
		s.norm(h, x, w.ffnNorm, c.Hidden)
		s.mul(ctx, b.gate, &w.gate, h, n)
		s.mul(ctx, b.up, &w.up, h, n)
		s.gated(n)
		s.mul(ctx, h, &w.down, b.gate, n)
		s.addNormed(x, h, w.postFFNNorm)
	}
	return ctx.Err()
}

// logits computes the output head for row i of the batch that forward has left behind: dst [V].
func (s *Session) logits(ctx context.Context, dst []float32, i int) error {
	c := s.m.cfg
	y := s.scratch.h[:c.Hidden]
	kernels.RMSNorm(y, s.scratch.x[i*c.Hidden:][:c.Hidden], s.m.w.outputNorm, c.RMSEpsilon)
	s.mul(ctx, dst, &s.m.w.head, y, 1)
	if c.FinalSoftcap > 0 {
		softcap(dst, c.FinalSoftcap)
	}
	return ctx.Err()
}
