package train

import (
	"math"

	"lamplight/kernels"
)

// chunk is how many elements a thread takes at a time, and whose squares are summed together.
const chunk = 1 << 16

// gradNorm returns the length of all gradients together.
func (m *model) gradNorm() float64 {
	var total float64
	for _, p := range m.params {
		total += m.squares(p.Grad)
	}
	return math.Sqrt(total)
}

// squares returns the sum of the squares of x.
func (m *model) squares(x []float32) (total float64) {
	sums := make([]float64, (len(x)+chunk-1)/chunk)
	m.pool.Run(len(sums), 1, kernels.Range(func(lo, hi int) {
		for i := lo; i < hi; i++ {
			sums[i] = sumSquares(x[i*chunk : min((i+1)*chunk, len(x))])
		}
	}))
	for _, v := range sums {
		total += v
	}
	return total
}

// sumSquares has four sums, so that no addition waits for the one before.
func sumSquares(x []float32) float64 {
	var a, b, c, d float64
	for ; len(x) >= 4; x = x[4:] {
		p, q, r, s := float64(x[0]), float64(x[1]), float64(x[2]), float64(x[3])
		a, b, c, d = a+p*p, b+q*q, c+r*r, d+s*s
	}
	for _, v := range x {
		a += float64(v) * float64(v)
	}
	return a + b + c + d
}

// update changes the parameters by step number t, counted from 1. clip bounds the length of the gradients, which is norm;
// 0: it does not.
func (m *model) update(t int, rate, decay, clip float32, norm float64) {
	s := kernels.AdamW{
		Rate: rate, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, Scale: 1,
		Correct1: float32(1 / (1 - math.Pow(0.9, float64(t)))),
		Correct2: float32(1 / (1 - math.Pow(0.999, float64(t)))),
	}
	if clip > 0 {
		s.Scale = float32(min(1, float64(clip)/(norm+1e-6)))
	}
	for _, p := range m.params {
		if s.Decay = 0; p.decay {
			s.Decay = decay
		}
		if m.muon.takes(p) {
			m.muonStep(s, p)
			continue
		}
		m.pool.Run((len(p.Value)+chunk-1)/chunk, 1, kernels.Range(func(lo, hi int) {
			lo, hi = lo*chunk, min(hi*chunk, len(p.Value))
			m.k.Step(s, p.Value[lo:hi], p.Grad[lo:hi], p.m[lo:hi], p.v[lo:hi])
		}))
	}
}

// rate is the learning rate of step number t of n, counted from 0, as a part of the highest one: it rises in the first
// warm steps and falls along half a cosine to zero after the last one (Loshchilov & Hutter, arXiv 1608.03983).
func rate(t, n, warm int) float64 {
	if t < warm {
		return float64(t+1) / float64(warm+1)
	}
	return 0.5 * (1 + math.Cos(math.Pi*float64(t-warm)/float64(max(1, n-warm))))
}
