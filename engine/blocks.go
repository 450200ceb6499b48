package engine

import (
	"math"

	"lamplight/kernels"
)

// This file holds the element-wise stages of the forward pass, spread over the pool by rows of the batch.

// angles fills row i of the rotation tables for a position: local layers turn by their own base, global
// ones by theirs and its linear scaling.
func (s *Session) angles(i, position int) {
	half := s.m.cfg.HeadDim / 2
	for kind, rope := range s.ropes {
		rope.Angles(s.scratch.cos[kind][i*half:][:half], s.scratch.sin[kind][i*half:][:half], position)
	}
}

// norm sets each row of dst to RMSNorm(row of x); rows are width wide.
func (s *Session) norm(dst, x, gain []float32, width int) {
	s.m.pool.Run(len(x)/width, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			kernels.RMSNorm(dst[i*width:][:width], x[i*width:][:width], gain, s.m.cfg.RMSEpsilon)
		}
	})
}

// addNormed adds RMSNorm(row of h) to each row of the residual stream x [n][E].
func (s *Session) addNormed(x, h, gain []float32) {
	width := s.m.cfg.Hidden
	s.m.pool.Run(len(x)/width, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := h[i*width:][:width]
			kernels.RMSNorm(row, row, gain, s.m.cfg.RMSEpsilon)
			kernels.Add(x[i*width:][:width], row)
		}
	})
}

// positionHeads norms every query and key head over its D elements, rotates it by its position and scales
// the queries.
func (s *Session) positionHeads(w *layer, l, n int) {
	c, b := s.m.cfg, s.scratch
	kind := 0
	if c.Global[l] {
		kind = 1
	}
	half := c.HeadDim / 2
	s.m.pool.Run(n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			cos, sin := b.cos[kind][i*half:][:half], b.sin[kind][i*half:][:half]
			for j := range c.Heads {
				q := b.q[(i*c.Heads+j)*c.HeadDim:][:c.HeadDim]
				kernels.RMSNorm(q, q, w.qNorm, c.RMSEpsilon)
				kernels.Rotate(q, cos, sin)
				for t := range q {
					q[t] *= c.QueryScale
				}
			}
			for j := range c.KVHeads {
				k := b.k[(i*c.KVHeads+j)*c.HeadDim:][:c.HeadDim]
				kernels.RMSNorm(k, k, w.kNorm, c.RMSEpsilon)
				kernels.Rotate(k, cos, sin)
			}
		}
	})
}

// attend fills scratch.att: query head j reads KV head j/(H/Hk) (grouped-query attention, arXiv
// 2305.13245).
func (s *Session) attend(cache *kvLayer, position, n int) {
	c, b := s.m.cfg, s.scratch
	group := c.Heads / c.KVHeads
	s.m.pool.Run(n*c.Heads, func(lo, hi int) {
		scores := b.scores.Get().(*[]float32)
		defer b.scores.Put(scores)
		for t := lo; t < hi; t++ {
			i, kv := t/c.Heads, t%c.Heads/group
			at := t * c.HeadDim
			kernels.Attend(b.att[at:][:c.HeadDim], b.q[at:][:c.HeadDim], cache.k[kv], cache.v[kv], cache.visible(position+i), *scores)
		}
	})
}

// gated replaces scratch.gate by GELU(gate) ⊙ up.
func (s *Session) gated(n int) {
	f := s.m.cfg.FeedForward
	gate, up := s.scratch.gate[:n*f], s.scratch.up[:n*f]
	s.m.pool.Run(n*f, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			gate[i] = kernels.GELU(gate[i]) * up[i]
		}
	})
}

// softcap bends logits into (-limit, limit): limit·tanh(x/limit) (Gemma 2, arXiv 2408.00118).
func softcap(x []float32, limit float32) {
	for i, v := range x {
		x[i] = limit * float32(math.Tanh(float64(v/limit)))
	}
}
