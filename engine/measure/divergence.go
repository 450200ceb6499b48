package measure

import (
	"math"
	"slices"
)

// Divergence compares two models, or a model with a reference, over the positions of a text. The zero value
// has seen no position.
type Divergence struct {
	Positions int
	Max       float64 // largest KL divergence of a position, nats
	sum       float64
	agreed    int       // positions at which both have the same most likely token
	all       []float64 // the divergence of each position
}

// Add takes one position: the logits [V] of the reference p and of the model q that is held against it.
func (d *Divergence) Add(p, q []float32) { d.add(p, q, KL(p, q)) }

// add takes one position whose divergence is known.
func (d *Divergence) add(p, q []float32, kl float64) {
	d.Positions++
	d.sum += kl
	d.all = append(d.all, kl)
	d.Max = max(d.Max, kl)
	if top(p) == top(q) {
		d.agreed++
	}
}

// Mean returns the mean KL divergence of the positions in nats, NaN when there are none.
func (d *Divergence) Mean() float64 { return d.sum / float64(d.Positions) }

// Quantile returns the smallest divergence, in nats, that so many of the positions, 0 to 1, are at or below; NaN when
// there are none.
func (d *Divergence) Quantile(share float64) float64 {
	if d.Positions == 0 {
		return math.NaN()
	}
	sorted := slices.Clone(d.all)
	slices.Sort(sorted)
	rank := int(math.Ceil(share * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Agreement returns the share of positions, 0 to 1, at which both have the same most likely token; NaN when
// there are none.
func (d *Divergence) Agreement() float64 { return float64(d.agreed) / float64(d.Positions) }

// KL returns the Kullback–Leibler divergence Σ p·ln(p/q) in nats of the distributions that two rows of
// logits stand for: what is lost when q takes the place of p. A token that p excludes, with a logit of −∞,
// counts nothing; one that only q excludes makes it +∞; NaN in either row makes it NaN. The rows must have
// the same length.
func KL(p, q []float32) float64 {
	if len(p) != len(q) {
		panic("measure: rows of different length")
	}
	return divergenceOf(p, q, logSumExp(p), logSumExp(q))
}

// divergenceOf is KL of rows whose logSumExp is known.
func divergenceOf(p, q []float32, zp, zq float64) float64 {
	var kl float64
	for i := range p {
		lp, lq := float64(p[i])-zp, float64(q[i])-zq
		if math.IsInf(lp, -1) && !math.IsNaN(lq) {
			continue
		}
		kl += math.Exp(lp) * (lp - lq)
	}
	return max(kl, 0) // rounding may leave −1e-17; max keeps NaN
}

// logSumExp returns ln Σ exp(x), with the largest element taken out so that nothing overflows.
func logSumExp(x []float32) float64 {
	m := math.Inf(-1)
	for _, v := range x {
		m = max(m, float64(v))
	}
	if math.IsInf(m, -1) || math.IsNaN(m) {
		return m
	}
	var sum float64
	for _, v := range x {
		sum += math.Exp(float64(v) - m)
	}
	return m + math.Log(sum)
}

// top returns the index of the largest logit, the lowest one of equals.
func top(x []float32) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}
