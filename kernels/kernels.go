// Package kernels holds what a language model's time goes into: quantized weights and the loops over them.
//
// Weights are stored in blocks: 32 or 256 elements share a scale and sometimes a minimum, and each element
// has a few bits of its own. [Decode] defines the value of every bit; [Encode] makes blocks from floats; a
// [Multiplier] multiplies matrices of blocks with activations, their rows spread over a [Pool]; a [Head] finds
// the most likely tokens without computing every logit; [Kernels.Attend] is attention over a KV [Cache].
//
// What is in plain Go is the reference: activations stay in float32 and sums run in one documented order.
// C kernels (native*.go, *.c) take their place where the processor has the instructions. They arrange the
// weights for their registers (layout.go), round activations to int8 by blocks of 32 for weights that are
// quantized themselves, and are compared with the reference within stated bounds.
//
// For every choice of kernels the result of a row does not depend on how many rows are computed at once, on the
// number of threads or on what ran before.
package kernels

import "math"

// DotF32 returns a·b for vectors of the same length. Element i goes to partial sum i mod 8, and the partial
// sums are added pairwise: the order is fixed and its rounding error grows with len/8 instead of len.
func DotF32(a, b []float32) float32 {
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for len(a) >= 8 && len(b) >= 8 {
		x, y := a[:8], b[:8]
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
		s4 += x[4] * y[4]
		s5 += x[5] * y[5]
		s6 += x[6] * y[6]
		s7 += x[7] * y[7]
		a, b = a[8:], b[8:]
	}
	for i, v := range a {
		s0 += v * b[i]
	}
	return ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7))
}

// Dot returns row·x, where row holds len(x) elements of type t. It is the definition that Packed.Mul and
// every faster kernel is held against.
func Dot(t Type, row []byte, x []float32) float32 {
	w := make([]float32, len(x))
	Decode(t, w, row)
	return DotF32(w, x)
}

// RMSNorm sets dst = x / √(mean(x²) + eps) ⊙ gain (Zhang & Sennrich, arXiv 1910.07467). The mean is taken in
// float64. dst may be x.
func RMSNorm(dst, x, gain []float32, eps float32) {
	scale := normScale(x, eps)
	for i, v := range x {
		dst[i] = v * scale * gain[i]
	}
}

func normScale(x []float32, eps float32) float32 {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return float32(1 / math.Sqrt(sum/float64(len(x))+float64(eps)))
}

// GELU is the Gaussian error linear unit in its tanh form (Hendrycks & Gimpel, arXiv 1606.08415):
// x/2 · (1 + tanh(√(2/π) · (x + 0.044715·x³))).
func GELU(x float32) float32 {
	z := float64(x)
	return float32(0.5 * z * (1 + math.Tanh(math.Sqrt2/math.SqrtPi*(z+0.044715*z*z*z))))
}
