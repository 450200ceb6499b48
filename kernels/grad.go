package kernels

import "math"

// What training needs beside products of matrices, each with its definition in Go. The C kernels are in grad.h.

// Largest returns the largest element of x, which is not empty.
func (k Kernels) Largest(x []float32) float32 {
	if k.native != nil {
		return k.native.largest(x)
	}
	top := x[0]
	for _, v := range x {
		top = max(top, v)
	}
	return top
}

// ExpSum replaces the elements of x by e^(x - top) and returns their sum. top is not below any of them.
func (k Kernels) ExpSum(x []float32, top float32) float32 {
	if k.native != nil {
		return k.native.expSum(x, top)
	}
	var sum float64
	for i, v := range x {
		x[i] = float32(math.Exp(float64(v - top)))
		sum += float64(x[i])
	}
	return float32(sum)
}

// GEGLU sets dst = GELU(gate) ⊙ up, see [GELU].
func (k Kernels) GEGLU(dst, gate, up []float32) {
	if k.native != nil {
		k.native.geglu(dst, gate[:len(dst)], up[:len(dst)])
		return
	}
	for i, z := range gate[:len(dst)] {
		dst[i] = GELU(z) * up[i]
	}
}

// GEGLUGrad takes the gradient dy of GELU(gate) ⊙ up and replaces gate and up by theirs.
func (k Kernels) GEGLUGrad(gate, up, dy []float32) {
	if k.native != nil {
		k.native.gegluGrad(gate[:len(dy)], up[:len(dy)], dy)
		return
	}
	for i, d := range dy {
		z := gate[i]
		gate[i] = d * up[i] * GELUGrad(z)
		up[i] = d * GELU(z)
	}
}

// GELUGrad is the derivative of [GELU]: with u = √(2/π)·(x + a·x³) and t = tanh u it is
// (1 + t)/2 + x/2 · (1 - t²)·√(2/π)·(1 + 3a·x²), a = 0.044715.
func GELUGrad(x float32) float32 {
	const root = math.Sqrt2 / math.SqrtPi
	z := float64(x)
	t := math.Tanh(root * (z + 0.044715*z*z*z))
	return float32(0.5*(1+t) + 0.5*z*(1-t*t)*root*(1+3*0.044715*z*z))
}

// NormGrad takes the gradient dy of [RMSNorm] and sets dst to that of x: with σ = 1/√(mean(x²) + eps),
//
//	dst = σ·gain ⊙ dy - x · σ³/n · Σ x·gain·dy
//
// dst may be dy.
func (k Kernels) NormGrad(dst, x, gain, dy []float32, eps float32) {
	k.normGrad(dst, x, gain, dy, eps, false)
}

// AddNormGrad adds that to dst instead.
func (k Kernels) AddNormGrad(dst, x, gain, dy []float32, eps float32) {
	k.normGrad(dst, x, gain, dy, eps, true)
}

func (k Kernels) normGrad(dst, x, gain, dy []float32, eps float32, add bool) {
	dst, gain, dy = dst[:len(x)], gain[:len(x)], dy[:len(x)]
	if k.native != nil {
		k.native.normGrad(dst, x, gain, dy, eps, add)
		return
	}
	var squares, dot float64
	for i, v := range x {
		squares += float64(v) * float64(v)
		dot += float64(v) * float64(gain[i]) * float64(dy[i])
	}
	n := float64(len(x))
	scale := 1 / math.Sqrt(squares/n+float64(eps))
	back := scale * scale * scale / n * dot
	for i, v := range x {
		d := float32(scale*float64(gain[i])*float64(dy[i]) - float64(v)*back)
		if add {
			d += dst[i]
		}
		dst[i] = d
	}
}

// AdamW is one step of Adam with decoupled weight decay (Loshchilov & Hutter, arXiv 1711.05101) over parameters with
// the same settings.
type AdamW struct {
	Rate, Beta1, Beta2, Epsilon, Decay float32
	Correct1, Correct2                 float32 // 1/(1-β1^t), 1/(1-β2^t) in step t, counted from 1
	Scale                              float32 // of the gradients, for clipping
}

// Step changes the parameters p and the moments m and v of their gradients g:
//
//	m = β1·m + (1-β1)·g,  v = β2·v + (1-β2)·g²,  p -= rate · (m·correct1 / (√(v·correct2) + ε) + decay·p)
func (k Kernels) Step(s AdamW, p, g, m, v []float32) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	if k.native != nil {
		k.native.adamw(s, p, g, m, v)
		return
	}
	for i, x := range g {
		x *= s.Scale
		m[i] = s.Beta1*m[i] + (1-s.Beta1)*x
		v[i] = s.Beta2*v[i] + (1-s.Beta2)*x*x
		root := float32(math.Sqrt(float64(v[i] * s.Correct2)))
		p[i] -= s.Rate * (m[i]*s.Correct1/(root+s.Epsilon) + s.Decay*p[i])
	}
}
