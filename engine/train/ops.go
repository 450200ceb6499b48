package train

import (
	"math/rand/v2"

	"lamplight/kernels"
)

// Operations over the rows of a batch, each with its gradient beside it. dX is the gradient of the loss by X. Rows are
// shared over the pool; what is summed over rows is summed in parts of fixed size, so that the number of threads changes
// nothing.

// ---- y = W·x + s·B·(A·x)

// linear sets y [T][out] of x [T][in]. pass is nil outside of training: then nothing drops out.
func (s *state) linear(y []float32, l *linear, x []float32) {
	g, t := s.m.gemm, s.t
	g.Mul(dense(y, t, l.out), dense(x, t, l.in), l.weights().T())
	if l.a == nil {
		return
	}
	h := s.reduced(l, s.dropped(l, x))
	g.Add(dense(y, t, l.out), dense(h, t, l.rank()), dense(l.b.Value, l.out, l.rank()).T())
}

// reduced returns H = s·X·Aᵀ [T][r], valid until the next call.
func (s *state) reduced(l *linear, x []float32) []float32 {
	h := s.low[0][:s.t*l.rank()]
	s.m.gemm.Mul(dense(h, s.t, l.rank()), dense(x, s.t, l.in), dense(l.a.Value, l.rank(), l.in).T())
	scale(h, l.scale)
	return h
}

func scale(x []float32, by float32) {
	for i := range x {
		x[i] *= by
	}
}

// dropped returns x as A sees it: in training some elements are 0 and the others larger to make up for it. What
// drops out depends on the layer, the batch and the row only, so that it is the same when it is computed again.
func (s *state) dropped(l *linear, x []float32) []float32 {
	if l.dropout == 0 || !s.training {
		return x
	}
	y := s.wide[:s.t*l.in]
	s.rows(func(i int) {
		row := y[i*l.in:][:l.in]
		copy(row, x[i*l.in:][:l.in])
		s.dropRow(l, row, i)
	})
	return y
}

func (s *state) dropRow(l *linear, row []float32, i int) {
	r := rand.NewPCG(s.m.seed^s.batch.id*0x9E3779B97F4A7C15, l.id<<32|uint64(i))
	limit, keep := uint32(float64(l.dropout)*(1<<32)), 1/(1-l.dropout)
	for j := 0; j < len(row); j += 2 {
		v := r.Uint64()
		for k := j; k < min(j+2, len(row)); k, v = k+1, v>>32 {
			if uint32(v) < limit {
				row[k] = 0
			} else {
				row[k] *= keep
			}
		}
	}
}

// linearGrad adds the gradients of the parameters and sets dx, or adds to it. dx is nil where nobody asks for it.
//
//	dW += dYᵀ·X   dB += s·dYᵀ·H   dH = s·dY·B   dA += dHᵀ·X   dX = dY·W + dH·A
func (s *state) linearGrad(dx []float32, l *linear, dy, x []float32, add bool) {
	g, t := s.m.gemm, s.t
	out := dense(dy, t, l.out)
	if dx != nil {
		if add {
			g.Add(dense(dx, t, l.in), out, l.weights())
		} else {
			g.Mul(dense(dx, t, l.in), out, l.weights())
		}
	}
	if l.w != nil {
		g.Add(dense(l.w.Grad, l.out, l.in), out.T(), dense(x, t, l.in))
	}
	if l.a == nil {
		return
	}
	r := l.rank()
	seen := s.dropped(l, x)
	g.Add(dense(l.b.Grad, l.out, r), out.T(), dense(s.reduced(l, seen), t, r))
	dh := s.low[1][:t*r]
	g.Mul(dense(dh, t, r), out, dense(l.b.Value, l.out, r))
	scale(dh, l.scale)
	g.Add(dense(l.a.Grad, r, l.in), dense(dh, t, r).T(), dense(seen, t, l.in))
	if dx == nil {
		return
	}
	if l.dropout == 0 || !s.training {
		g.Add(dense(dx, t, l.in), dense(dh, t, r), dense(l.a.Value, r, l.in))
		return
	}
	through := s.wide[:t*l.in]
	g.Mul(dense(through, t, l.in), dense(dh, t, r), dense(l.a.Value, r, l.in))
	s.rows(func(i int) {
		row := through[i*l.in:][:l.in]
		s.dropRow(l, row, i)
		accumulate(dx[i*l.in:][:l.in], row)
	})
}

func accumulate(dst, x []float32) {
	for i, v := range x {
		dst[i] += v
	}
}

// ---- y = x/√(mean(x²) + ε) ⊙ gain

// norm sets y [n][width] of x, or adds to it.
func (s *state) norm(y []float32, g *gain, x []float32, add bool) {
	n := len(g.g)
	s.share(len(x)/n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			if add {
				s.m.k.AddNorm(y[i*n:][:n], x[i*n:][:n], g.g, s.m.cfg.RMSEpsilon)
			} else {
				s.m.k.Norm(y[i*n:][:n], x[i*n:][:n], g.g, s.m.cfg.RMSEpsilon)
			}
		}
	})
}

// normGrad sets dx, or adds to it; dx may be dy if it is set. The gradient of the gain is added where it is trained.
func (s *state) normGrad(dx []float32, g *gain, x, dy []float32, add bool) {
	n := len(g.g)
	s.gainGrad(g, x, dy)
	s.share(len(x)/n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			if add {
				s.m.k.AddNormGrad(dx[i*n:][:n], x[i*n:][:n], g.g, dy[i*n:][:n], s.m.cfg.RMSEpsilon)
			} else {
				s.m.k.NormGrad(dx[i*n:][:n], x[i*n:][:n], g.g, dy[i*n:][:n], s.m.cfg.RMSEpsilon)
			}
		}
	})
}

// gainRows are the rows whose sum is one part of the gradient of a gain.
const gainRows = 64

// gainGrad adds Σ dy ⊙ x/√(mean(x²) + ε) to the gradient of the gain.
func (s *state) gainGrad(g *gain, x, dy []float32) {
	if g.p == nil {
		return
	}
	n := len(g.g)
	rows := len(x) / n
	parts := (rows + gainRows - 1) / gainRows
	sums := make([]float32, parts*n)
	s.m.pool.Run(parts, 1, kernels.Range(func(lo, hi int) {
		for p := lo; p < hi; p++ {
			for i := p * gainRows; i < min((p+1)*gainRows, rows); i++ {
				s.m.k.AddNorm(sums[p*n:][:n], x[i*n:][:n], dy[i*n:][:n], s.m.cfg.RMSEpsilon) // dy in the place of the gain
			}
		}
	}))
	for p := range parts {
		accumulate(g.p.Grad, sums[p*n:][:n])
	}
}

// ---- GELU(gate) ⊙ up

func (s *state) geglu(y, gate, up []float32) {
	n := s.m.cfg.FeedForward
	s.rows(func(i int) { s.m.k.GEGLU(y[i*n:][:n], gate[i*n:][:n], up[i*n:][:n]) })
}

// gegluGrad replaces gate and up by their gradients.
func (s *state) gegluGrad(gate, up, dy []float32) {
	n := s.m.cfg.FeedForward
	s.rows(func(i int) { s.m.k.GEGLUGrad(gate[i*n:][:n], up[i*n:][:n], dy[i*n:][:n]) })
}

// rows calls f for every row of the batch.
func (s *state) rows(f func(i int)) {
	s.share(s.t, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			f(i)
		}
	})
}

func (s *state) share(n int, f func(lo, hi int)) {
	s.m.pool.Run(n, max(1, min(16, n/(4*s.m.pool.Threads()))), kernels.Range(f))
}
