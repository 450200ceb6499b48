package engine

import (
	"context"
	"math"

	"lamplight/kernels"
)

// This file holds the stages of the forward pass, spread over the pool by rows of a matrix or of the batch.

// maxWork is how many multiplications are done between two looks at the context: some milliseconds of the
// reference kernels on one slow core, a hundred times what handing out the work costs.
const maxWork = 1 << 24

// decodeWork is what decoding a weight costs, in multiplications.
const decodeWork = 4

// rowsAtOnce is how many rows of cols weights are multiplied with n activation rows within maxWork, at least
// one.
func rowsAtOnce(cols, n int) int { return max(1, maxWork/(cols*(n+decodeWork))) }

// mul sets dst = W·x for n activation rows. It ends early, with some of dst unset, when ctx does: the caller
// must look at ctx before it uses the result.
func (s *Session) mul(ctx context.Context, dst []float32, w *kernels.Packed, x []float32, n int) {
	step := rowsAtOnce(w.Cols(), n)
	for lo := 0; lo < w.Rows() && ctx.Err() == nil; lo += step {
		w.MulRows(dst, x, n, lo, min(lo+step, w.Rows()), s.m.pool)
	}
}

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
// 2305.13245). Like mul it ends early when ctx does.
func (s *Session) attend(ctx context.Context, cache *kvLayer, position, n int) {
	c, b := s.m.cfg, s.scratch
	group := c.Heads / c.KVHeads
	visible := min(position+n, cache.window)
	step := max(1, maxWork/(2*visible*c.Heads*c.HeadDim)) // positions
	for from := 0; from < n && ctx.Err() == nil; from += step {
		s.m.pool.Run(min(step, n-from)*c.Heads, func(lo, hi int) {
			scores := b.scores.Get().(*[]float32)
			defer b.scores.Put(scores)
			for t := from*c.Heads + lo; t < from*c.Heads+hi; t++ {
				i, kv := t/c.Heads, t%c.Heads/group
				at := t * c.HeadDim
				kernels.Attend(b.att[at:][:c.HeadDim], b.q[at:][:c.HeadDim], cache.k[kv], cache.v[kv], cache.visible(position+i), *scores)
			}
		})
	}
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
