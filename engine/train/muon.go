package train

import (
	"math"

	"lamplight/kernels"
)

// Muon (Jordan et al., kellerjordan.github.io/posts/muon) changes a matrix by its momentum with all singular values made
// about 1: directions that few examples ask for count as much as those that all do. Products of matrices do that, five times
// X = a·X + (b·X·Xᵀ + c·(X·Xᵀ)²)·X, with which singular values from 0.01 to 1 come to lie between 0.7 and 1.2.
const (
	muonMomentum = 0.95
	muonTimes    = 5
	muonA        = 3.4445
	muonB        = -4.7750
	muonC        = 2.0315
)

// muon has the working memory of steps: n is the shorter side of a matrix.
type muon struct {
	rate   float32   // as a part of AdamW's; 0: there is none
	gram   []float32 // [n][n] X·Xᵀ, or Xᵀ·X where X is tall
	square []float32 // [n][n]
	out    []float32 // [rows][cols]
}

// takes reports whether p is changed by Muon: the matrices between the embedding and the head are.
func (u *muon) takes(p *Param) bool {
	return u.rate > 0 && p.Rows > 1 && p.Name != embeddingName && p.Name != outputName
}

// muonStep changes p by its gradient times s.Scale. Of AdamW's settings it uses the rate and the decay; p.v is memory.
func (m *model) muonStep(s kernels.AdamW, p *Param) {
	x := p.v
	m.pool.Share(len(x), func(lo, hi int) {
		for i, g := range p.Grad[lo:hi] {
			g *= (1 - muonMomentum) * s.Scale
			at := lo + i
			p.m[at] = muonMomentum*p.m[at] + g
			x[at] = muonMomentum*p.m[at] + g // looks a step ahead, as Nesterov does
		}
	})
	m.orthogonalize(x, p.Rows, p.Cols)
	rate := s.Rate * m.muon.rate
	by := rate * float32(math.Sqrt(max(1, float64(p.Rows)/float64(p.Cols))))
	m.pool.Share(len(x), func(lo, hi int) {
		for i, v := range x[lo:hi] {
			p.Value[lo+i] -= by*v + rate*s.Decay*p.Value[lo+i]
		}
	})
}

// orthogonalize makes the singular values of x [rows][cols] about 1.
func (m *model) orthogonalize(x []float32, rows, cols int) {
	u, n := &m.muon, min(rows, cols)
	gram, square, out := grown(&u.gram, n*n), grown(&u.square, n*n), grown(&u.out, rows*cols)
	scale(x, float32(1/(math.Sqrt(m.squares(x))+1e-12)))
	X, G := dense(x, rows, cols), dense(gram, n, n)
	for range muonTimes {
		if rows > cols {
			m.gemm.Mul(G, X.T(), X)
		} else {
			m.gemm.Mul(G, X, X.T())
		}
		m.gemm.Mul(dense(square, n, n), G, G)
		for i, v := range square {
			gram[i] = muonB*gram[i] + muonC*v
		}
		if rows > cols {
			m.gemm.Mul(dense(out, rows, cols), X, G)
		} else {
			m.gemm.Mul(dense(out, rows, cols), G, X)
		}
		for i, v := range out {
			x[i] = muonA*x[i] + v
		}
	}
}
