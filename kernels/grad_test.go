package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// near reports whether a number is within a relative bound of the other, or within it of size.
func near(got, want, size float32, bound float64) bool {
	return math.Abs(float64(got)-float64(want)) <= bound*max(math.Abs(float64(want)), math.Abs(float64(size)))
}

// TestGELUGrad holds the derivative against differences of the function, and against values that were computed by hand.
func TestGELUGrad(t *testing.T) {
	for x, want := range map[float32]float32{1: 1.0829641, -1: -0.0829641, 0: 0.5} {
		if got := GELUGrad(x); !near(got, want, 0, 1e-6) {
			t.Errorf("GELU'(%v) = %v, want %v", x, got, want)
		}
	}
	exact := func(z float64) float64 {
		return 0.5 * z * (1 + math.Tanh(math.Sqrt2/math.SqrtPi*(z+0.044715*z*z*z)))
	}
	for z := -6.0; z <= 6; z += 0.37 {
		const h = 1e-5
		want := (exact(z+h) - exact(z-h)) / (2 * h)
		if got := float64(GELUGrad(float32(z))); math.Abs(got-want) > 1e-6 {
			t.Errorf("GELU'(%v) = %v, differences give %v", z, got, want)
		}
	}
}

// TestNormGradReference holds the reference against differences of the norm in float64.
func TestNormGradReference(t *testing.T) {
	const n, eps = 24, 1e-6
	r := rand.New(rand.NewPCG(1, 2))
	x, gain, dy := normals(r, n, 1), normals(r, n, 1), normals(r, n, 1)
	loss := func(at int, by float64) (sum float64) {
		var squares float64
		v := func(i int) float64 {
			if i == at {
				return float64(x[i]) + by
			}
			return float64(x[i])
		}
		for i := range n {
			squares += v(i) * v(i)
		}
		for i := range n {
			sum += v(i) / math.Sqrt(squares/n+eps) * float64(gain[i]) * float64(dy[i])
		}
		return sum
	}
	got := make([]float32, n)
	Reference().NormGrad(got, x, gain, dy, eps)
	for i := range n {
		const h = 1e-5
		if want := (loss(i, h) - loss(i, -h)) / (2 * h); math.Abs(float64(got[i])-want) > 1e-6 {
			t.Errorf("element %d is %v, differences give %v", i, got[i], want)
		}
	}
}

func TestNormGrad(t *testing.T) {
	natives(t, func(t *testing.T, k Kernels, r *rand.Rand, n, offset int) {
		x, gain, dy, sum := normals(r, n, 3), normals(r, n, 1), normals(r, n, 1), normals(r, n, 1)
		want := make([]float32, n)
		Reference().NormGrad(want, x, gain, dy, 1e-6)
		dst, added, in := guardedOf(make([]float32, n), offset), guardedOf(sum, offset), guardedOf(dy, offset)
		k.NormGrad(dst.x, x, gain, dy, 1e-6)
		k.AddNormGrad(added.x, x, gain, dy, 1e-6)
		k.NormGrad(in.x, x, gain, in.x, 1e-6)
		dst.check(t, offset)
		added.check(t, offset)
		in.check(t, offset)
		if !slices.Equal(in.x, dst.x) {
			t.Fatal("in place it is another result")
		}
		for i, v := range want {
			if !near(dst.x[i], v, 1, 4e-6) || !near(added.x[i], sum[i]+v, 1, 4e-6) {
				t.Fatalf("%d elements: element %d is %v and, added to %v, %v, want %v", n, i, dst.x[i], sum[i], added.x[i], v)
			}
		}
	})
}

func TestExpSum(t *testing.T) {
	natives(t, func(t *testing.T, k Kernels, r *rand.Rand, n, offset int) {
		x := normals(r, n, 8)
		x[r.IntN(n)] = -1e30 // as good as never
		top := Reference().Largest(x)
		if got := k.Largest(x); got != top || top != slices.Max(x) {
			t.Fatalf("%d elements: the largest is %v, want %v", n, got, slices.Max(x))
		}
		g, want := guardedOf(x, offset), slices.Clone(x)
		sum, exact := k.ExpSum(g.x, top), Reference().ExpSum(want, top)
		g.check(t, offset)
		if !near(sum, exact, 0, 2e-6) {
			t.Fatalf("%d elements: the sum is %v, want %v", n, sum, exact)
		}
		for i, v := range want {
			if !near(g.x[i], v, 1e-30, 1e-6) {
				t.Fatalf("%d elements: e^(%v - %v) is %v, want %v", n, x[i], top, g.x[i], v)
			}
		}
	})
}

func TestGEGLU(t *testing.T) {
	natives(t, func(t *testing.T, k Kernels, r *rand.Rand, n, offset int) {
		gate, up, dy := normals(r, n, 3), normals(r, n, 1), normals(r, n, 1)
		want, y := make([]float32, n), guardedOf(make([]float32, n), offset)
		Reference().GEGLU(want, gate, up)
		k.GEGLU(y.x, gate, up)
		y.check(t, offset)
		dGate, dUp := slices.Clone(gate), slices.Clone(up)
		Reference().GEGLUGrad(dGate, dUp, dy)
		a, b := guardedOf(gate, offset), guardedOf(up, offset/2)
		k.GEGLUGrad(a.x, b.x, dy)
		a.check(t, offset)
		b.check(t, offset/2)
		for i := range n {
			size := max(1, abs(gate[i])) * max(1, abs(up[i])) * max(1, abs(dy[i]))
			if !near(y.x[i], want[i], size, 1e-6) || !near(a.x[i], dGate[i], size, 2e-6) || !near(b.x[i], dUp[i], size, 2e-6) {
				t.Fatalf("%d elements: %v with %v, gradient %v: %v, %v and %v, want %v, %v and %v", n, gate[i], up[i], dy[i], y.x[i], a.x[i], b.x[i], want[i], dGate[i], dUp[i])
			}
		}
	})
}

func TestAdamW(t *testing.T) {
	natives(t, func(t *testing.T, k Kernels, r *rand.Rand, n, offset int) {
		s := AdamW{Rate: 0.01, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, Decay: 0.1, Correct1: 1 / (1 - 0.9), Correct2: 1 / (1 - 0.999), Scale: 0.5}
		start := normals(r, n, 1)
		p, m, v := slices.Clone(start), make([]float32, n), make([]float32, n)
		g, gm, gv := guardedOf(start, offset), guardedOf(m, offset), guardedOf(v, offset/2)
		for range 3 {
			grad := normals(r, n, 1)
			Reference().Step(s, p, grad, m, v)
			k.Step(s, g.x, grad, gm.x, gv.x)
			for i := range n {
				if !near(g.x[i], p[i], 1, 1e-6) || !near(gm.x[i], m[i], 1, 1e-6) || !near(gv.x[i], v[i], 1e-3, 1e-5) {
					t.Fatalf("%d elements: element %d is %v with %v and %v, want %v with %v and %v", n, i, g.x[i], gm.x[i], gv.x[i], p[i], m[i], v[i])
				}
			}
		}
		g.check(t, offset)
		gm.check(t, offset)
		gv.check(t, offset/2)
	})
}
