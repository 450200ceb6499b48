package kernels

import "math"

// Rope holds the inverse frequencies of rotary position embedding (RoFormer, arXiv 2104.09864) for one
// kind of layer. Elements i and i+dim/2 of a head form a pair: the half-split ("NeoX") layout of Gemma.
type Rope struct {
	freq []float64 // [dim/2] radians per position
}

// NewRope makes the table for heads of dim elements (even): pair i turns by base^(-2i/dim)/scale radians
// per position. scale is the linear scaling factor, 1 for none.
func NewRope(dim int, base, scale float64) Rope {
	freq := make([]float64, dim/2)
	for i := range freq {
		freq[i] = math.Pow(base, -2*float64(i)/float64(dim)) / scale
	}
	return Rope{freq}
}

// Angles fills cos and sin [dim/2] for one position. The angle is computed in float64, because at position
// 32,768 a float32 angle is off by a thousandth of a radian.
func (r Rope) Angles(cos, sin []float32, position int) {
	for i, f := range r.freq {
		s, c := math.Sincos(float64(position) * f)
		cos[i], sin[i] = float32(c), float32(s)
	}
}

// Rotate turns the head x [dim] in place by the angles of its position.
func Rotate(x, cos, sin []float32) {
	half := len(x) / 2
	lo, hi := x[:half], x[half:]
	for i, u := range lo {
		v := hi[i]
		lo[i] = u*cos[i] - v*sin[i]
		hi[i] = v*cos[i] + u*sin[i]
	}
}
