package train

import (
	"lamplight/kernels"
)

// Attention by blocks of positions: what is in memory at a time are the scores of one block, [blockRows·H/Hk][keys],
// where keys are the positions that any row of the block sees.

// blockRows are the positions of a block.
const blockRows = 64

// window returns the rows [lo, t] that row t sees in layer i: of its own example, and in a local layer only the last ones.
func (s *state) window(i, t int) (lo int) {
	lo = s.batch.start[t]
	if !s.m.cfg.Global[i] {
		lo = max(lo, t-s.m.cfg.Window+1)
	}
	return lo
}

// blocks calls f for every KV head and block of rows [from, to), whose rows see the keys [lo, to).
func (s *state) blocks(i int, f func(kv, from, to, lo int)) {
	for kv := range s.m.cfg.KVHeads {
		for from := 0; from < s.t; from += blockRows {
			to := min(from+blockRows, s.t)
			lo := from
			for t := from; t < to; t++ {
				lo = min(lo, s.window(i, t))
			}
			f(kv, from, to, lo)
		}
	}
}

// attend computes att = softmax(q·kᵀ)·v [T][H·D], where a group of query heads shares a KV head (arXiv 2305.13245).
func (s *state) attend(i int, a *activations) {
	c := s.m.cfg
	d, g := c.HeadDim, c.Heads/c.KVHeads
	out := s.grouped[0]
	s.blocks(i, func(kv, from, to, lo int) {
		rows, keys := (to-from)*g, to-lo
		p := s.probabilities(i, a, kv, from, to, lo)
		s.m.gemm.Mul(dense(out[s.group(from, kv*g):], rows, d), dense(p, rows, keys), s.keys(a.v, kv, lo, to))
	})
	s.rows(func(t int) {
		for j := range c.Heads {
			copy(a.att[(t*c.Heads+j)*d:][:d], out[s.group(t, j):])
		}
	})
}

// keys is the matrix [to-lo][D] of a KV head's keys or values x [T][Hk·D], or of their gradients.
func (s *state) keys(x []float32, kv, lo, to int) kernels.Operand {
	c := s.m.cfg
	width := c.KVHeads * c.HeadDim
	return kernels.Dense(x[lo*width+kv*c.HeadDim:], to-lo, c.HeadDim, width)
}

// probabilities returns P = softmax(q·kᵀ) [(to-from)·g][to-lo] of a block, zero where a row does not see a key. It is valid
// until the next call.
func (s *state) probabilities(i int, a *activations, kv, from, to, lo int) []float32 {
	c := s.m.cfg
	g := c.Heads / c.KVHeads
	rows, keys := (to-from)*g, to-lo
	p := grown(&s.scores[0], rows*keys)
	s.m.gemm.Mul(dense(p, rows, keys), dense(a.q[s.group(from, kv*g):], rows, c.HeadDim), s.keys(a.k, kv, lo, to).T())
	s.share(rows, func(first, end int) {
		for r := first; r < end; r++ {
			t := from + r/g
			row := p[r*keys:][:keys]
			seen := row[s.window(i, t)-lo : t+1-lo]
			scale(seen, 1/s.m.k.ExpSum(seen, s.m.k.Largest(seen)))
			clear(row[:s.window(i, t)-lo])
			clear(row[t+1-lo:])
		}
	})
	return p
}

// attendGrad takes the gradient of att [T][H·D] and sets those of q, which goes to grouped[1], of k and of v.
//
//	dV = Pᵀ·dO   dP = dO·Vᵀ   dS = P ⊙ (dP - Σ dP⊙P)   dQ = dS·K   dK = dSᵀ·Q
func (s *state) attendGrad(i int, a *activations, datt []float32) {
	c, gemm := s.m.cfg, s.m.gemm
	d, g := c.HeadDim, c.Heads/c.KVHeads
	dout, dq := s.grouped[0], s.grouped[1]
	s.rows(func(t int) {
		for j := range c.Heads {
			copy(dout[s.group(t, j):][:d], datt[(t*c.Heads+j)*d:])
		}
	})
	n := s.t * c.KVHeads * d
	clear(s.dk[:n])
	clear(s.dv[:n])
	s.blocks(i, func(kv, from, to, lo int) {
		rows, keys := (to-from)*g, to-lo
		at := s.group(from, kv*g)
		p := s.probabilities(i, a, kv, from, to, lo)
		ds := grown(&s.scores[1], rows*keys)
		do := dense(dout[at:], rows, d)
		gemm.Add(s.keys(s.dv, kv, lo, to), dense(p, rows, keys).T(), do)
		gemm.Mul(dense(ds, rows, keys), do, s.keys(a.v, kv, lo, to).T())
		s.share(rows, func(first, end int) {
			for r := first; r < end; r++ {
				softmaxGrad(ds[r*keys:][:keys], p[r*keys:][:keys])
			}
		})
		gemm.Mul(dense(dq[at:], rows, d), dense(ds, rows, keys), s.keys(a.k, kv, lo, to))
		gemm.Add(s.keys(s.dk, kv, lo, to), dense(ds, rows, keys).T(), dense(a.q[at:], rows, d))
	})
}

// softmaxGrad replaces the gradient dp of the probabilities p by that of the scores.
func softmaxGrad(dp, p []float32) {
	dot := kernels.DotF32(dp, p)
	for i, v := range p {
		dp[i] = v * (dp[i] - dot)
	}
}

// grown returns the first n elements of *x, which is made longer when it is too short.
func grown(x *[]float32, n int) []float32 {
	if len(*x) < n {
		*x = make([]float32, n)
	}
	return (*x)[:n]
}
