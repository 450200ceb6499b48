package kernels

import (
	"math"
	"math/cmplx"
	"testing"
)

// TestRope compares with the complex form: pair (i, i+dim/2) is a complex number turned by
// position·base^(-2i/dim)/scale.
func TestRope(t *testing.T) {
	const dim = 8
	for _, c := range []struct {
		base, scale float64
		position    int
	}{{1e4, 1, 0}, {1e4, 1, 1}, {1e6, 1, 511}, {1e6, 8, 131071}} {
		x := []float32{1, -2, 3, 0.5, 0.25, 4, -1, 2}
		want := make([]complex128, dim/2)
		for i := range want {
			angle := float64(c.position) * math.Pow(c.base, -2*float64(i)/dim) / c.scale
			want[i] = complex(float64(x[i]), float64(x[i+dim/2])) * cmplx.Exp(complex(0, angle))
		}
		cos, sin := make([]float32, dim/2), make([]float32, dim/2)
		NewRope(dim, c.base, c.scale).Angles(cos, sin, c.position)
		Rotate(x, cos, sin)
		for i, w := range want {
			if d := cmplx.Abs(complex(float64(x[i]), float64(x[i+dim/2])) - w); d > 1e-6 {
				t.Errorf("base %g, scale %g, position %d: pair %d is off by %g", c.base, c.scale, c.position, i, d)
			}
		}
	}
}
