package train

import (
	"context"

	"lamplight/kernels"
)

// forward computes the residual stream x [layers+1][T][E] of the batch. It stops between layers when ctx ends.
func (s *state) forward(ctx context.Context, b *batch) error {
	s.begin(b)
	s.embed(s.x[0][:s.t*s.m.cfg.Hidden])
	for i := range s.m.layers {
		if err := s.ready(ctx); err != nil {
			return err
		}
		s.layer(i, s.kept[i])
	}
	return ctx.Err()
}

// ready waits until the next piece of work may begin.
func (s *state) ready(ctx context.Context) error {
	if s.wait != nil {
		if err := s.wait(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// layer computes layer i from x[i] to x[i+1] and leaves in a what its gradient needs.
//
// Gemma 3 technical report (arXiv 2503.19786): norms before and after each block, queries and keys normed per head.
func (s *state) layer(i int, a *activations) {
	l, c, t := &s.m.layers[i], s.m.cfg, s.t
	e, h, kv, f := c.Hidden, c.Heads*c.HeadDim, c.KVHeads*c.HeadDim, c.FeedForward
	x, next := s.x[i][:t*e], s.x[i+1][:t*e]
	in, mid := s.in[:t*e], a.mid[:t*e]

	// ---- attention
	s.norm(in, l.attnNorm, x, false)      // [T][E]
	s.linear(a.q0[:t*h], l.q, in)         // [T][H·D]
	s.linear(a.k0[:t*kv], l.k, in)        // [T][Hk·D]
	s.linear(a.v[:t*kv], l.v, in)         // [T][Hk·D]
	s.position(i, a)                      // q [Hk][T][H/Hk][D], k [T][Hk·D]
	s.attend(i, a)                        // [T][H·D]
	s.linear(a.o[:t*e], l.o, a.att[:t*h]) // [T][E]
	copy(mid, x)
	s.norm(mid, l.postAttnNorm, a.o[:t*e], true)

	// ---- feed-forward: down(GELU(gate·h) ⊙ up·h)
	s.norm(in, l.ffnNorm, mid, false)          // [T][E]
	s.linear(a.gate[:t*f], l.gate, in)         // [T][F]
	s.linear(a.up[:t*f], l.up, in)             // [T][F]
	s.geglu(s.ff, a.gate, a.up)                // [T][F]
	s.linear(a.down[:t*e], l.down, s.ff[:t*f]) // [T][E]
	copy(next, mid)
	s.norm(next, l.postFFNNorm, a.down[:t*e], true)
}

// begin takes the batch and fills the tables of rotation: local layers turn by their own base.
func (s *state) begin(b *batch) {
	s.batch, s.t = b, len(b.input)
	half := s.m.cfg.HeadDim / 2
	s.rows(func(t int) {
		for kind, rope := range s.m.ropes {
			rope.Angles(s.cos[kind][t*half:][:half], s.sin[kind][t*half:][:half], t-b.start[t])
		}
	})
}

// embed looks the tokens up: x [T][E].
func (s *state) embed(x []float32) {
	c, l := s.m.cfg, s.m.embed
	s.rows(func(t int) {
		row, id := x[t*c.Hidden:][:c.Hidden], int(s.batch.input[t])
		if l.w != nil {
			copy(row, l.w.Value[id*c.Hidden:])
		} else {
			kernels.Decode(l.frozen.Type, row, l.frozen.Row(id))
		}
		scale(row, c.EmbeddingScale)
	})
}

// position norms every head of queries and keys, rotates it by its position and scales the queries.
func (s *state) position(i int, a *activations) {
	l, c, k := &s.m.layers[i], s.m.cfg, s.m.k
	s.rows(func(t int) {
		cos, sin := s.angles(i, t)
		for j := range c.Heads {
			q := a.q[s.group(t, j):][:c.HeadDim]
			k.Norm(q, a.q0[(t*c.Heads+j)*c.HeadDim:][:c.HeadDim], l.qNorm.g, c.RMSEpsilon)
			k.Rotate(q, cos, sin)
			scale(q, c.QueryScale)
		}
		for j := range c.KVHeads {
			at := (t*c.KVHeads + j) * c.HeadDim
			key := a.k[at:][:c.HeadDim]
			k.Norm(key, a.k0[at:][:c.HeadDim], l.kNorm.g, c.RMSEpsilon)
			k.Rotate(key, cos, sin)
		}
	})
}

// angles returns the cosines and sines [D/2] by which layer i turns the heads of row t.
func (s *state) angles(i, t int) (cos, sin []float32) {
	kind, half := 0, s.m.cfg.HeadDim/2
	if s.m.cfg.Global[i] {
		kind = 1
	}
	return s.cos[kind][t*half:][:half], s.sin[kind][t*half:][:half]
}

// group returns where query head j of row t is in [Hk][T][H/Hk][D].
func (s *state) group(t, j int) int {
	c := s.m.cfg
	g := c.Heads / c.KVHeads
	return ((j/g*s.t+t)*g + j%g) * c.HeadDim
}
