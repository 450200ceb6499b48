package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A guarded slice has neighbours that nobody may write to, and begins at any multiple of four bytes.
type guarded struct {
	all []float32
	x   []float32
}

const guard, sentinel = 16, -12345.5

func guardedOf(x []float32, offset int) guarded {
	all := make([]float32, len(x)+2*guard)
	for i := range all {
		all[i] = sentinel
	}
	g := guarded{all, all[guard-offset:][:len(x)]}
	copy(g.x, x)
	return g
}

func (g guarded) check(t *testing.T, offset int) {
	t.Helper()
	for i, v := range g.all {
		if inside := i - guard + offset; (inside < 0 || inside >= len(g.x)) && v != sentinel {
			t.Fatalf("%d elements: element %d was written", len(g.x), inside)
		}
	}
}

// natives calls f for all kernels in C, with vectors of every length that a loop might treat in its own way, at
// every alignment.
func natives(t *testing.T, f func(t *testing.T, k Kernels, r *rand.Rand, n, offset int)) {
	lengths := []int{640, 1152, 2049}
	for n := 1; n <= 70; n++ {
		lengths = append(lengths, n)
	}
	found := false
	for _, k := range Available() {
		if k.native == nil {
			continue
		}
		found = true
		t.Run(k.Name, func(t *testing.T) {
			for _, n := range lengths {
				f(t, k, rand.New(rand.NewPCG(uint64(n), 5)), n, n%4)
			}
		})
	}
	if !found {
		t.Skip("there are no kernels in C for this processor")
	}
}

// ulp returns the distance of x from the next larger number.
func ulp(x float32) float64 {
	x = abs(x)
	return float64(math.Nextafter32(x, float32(math.Inf(1)))) - float64(x)
}

func isNaN(x float32) bool { return x != x }

var (
	nan      = float32(math.NaN())
	infinity = float32(math.Inf(1))
)

// activationBlocks are of many kinds: ties, blocks that count as zero, the largest numbers, not a number.
func activationBlocks(r *rand.Rand) map[string][]float32 {
	ties := make([]float32, tileCols)
	for i := range ties {
		ties[i] = float32(i) - 15.5
	}
	ties[7] = 127
	m := map[string][]float32{
		"normal": normals(r, tileCols, 1), "small": normals(r, tileCols, 1e-20), "large": normals(r, tileCols, 1e37),
		"ties": ties, "zero": make([]float32, tileCols), "tiny": normals(r, tileCols, 1e-31), "subnormal": normals(r, tileCols, 1e-40),
		"largest": slices.Repeat([]float32{math.MaxFloat32, -math.MaxFloat32}, tileCols/2),
		"outlier": append(normals(r, tileCols-1, 1), 1e4),
	}
	for _, at := range []int{0, 13, 31} {
		x := normals(r, tileCols, 1)
		x[at] = nan
		m[fmt.Sprintf("not a number at %d", at)] = x
	}
	return m
}

func TestQuantize(t *testing.T) {
	natives(t, func(t *testing.T, k Kernels, r *rand.Rand, n, offset int) {
		for name, block := range activationBlocks(r) {
			x := slices.Concat(normals(r, tileCols*(n%5), 1), block, normals(r, tileCols*(n%3), 1))
			g, blocks := guardedOf(x, offset), len(x)/tileCols
			q := make([]int8, len(x)+2)
			scale, sum, halves := make([]float32, blocks), make([]float32, blocks), make([]float32, 2*blocks)
			k.native.quantize(g.x, q[1:][:len(x)], scale, sum, halves)
			if q[0] != 0 || q[len(x)+1] != 0 {
				t.Fatal("a quant beside the row was written")
			}
			var want [tileCols]int8
			for b := range blocks {
				d := quantizeBlock(x[b*tileCols:][:tileCols], want[:])
				got := q[1+b*tileCols:][:tileCols]
				if scale[b] != d || !slices.Equal(got, want[:]) {
					t.Fatalf("%s: %v · %v, want %v · %v", name, scale[b], got, d, want)
				}
				first, second := 0, 0
				for i := range tileCols / 2 {
					first, second = first+int(got[i]), second+int(got[tileCols/2+i])
				}
				if sum[b] != d*float32(first+second) || halves[2*b] != d*float32(first) || halves[2*b+1] != d*float32(second) {
					t.Fatalf("%s: sums %v, %v and %v of %v and %v times %v", name, sum[b], halves[2*b], halves[2*b+1], first, second, d)
				}
			}
		}
	})
}

func TestNorm(t *testing.T) {
	natives(t, func(t *testing.T, k Kernels, r *rand.Rand, n, offset int) {
		for _, size := range []float32{1, 1e-10, 1e15, 0} {
			x, gain := normals(r, n, size), normals(r, n, 1)
			want := make([]float32, n)
			RMSNorm(want, x, gain, 1e-6)
			g, dst := guardedOf(x, offset), guardedOf(make([]float32, n), offset/2)
			k.Norm(dst.x, g.x, gain, 1e-6)
			k.Norm(g.x, g.x, gain, 1e-6)
			sum, out := normals(r, n, 1), slices.Clone(x)
			added := guardedOf(slices.Clone(sum), offset)
			k.AddNorm(added.x, out, gain, 1e-6)
			added.check(t, offset)
			for i, v := range g.x {
				if math.Abs(float64(added.x[i]-(sum[i]+v))) > ulp(abs(sum[i])+abs(v)) { // the last product may be fused with the sum
					t.Fatalf("%d elements: %v + %v is %v", n, sum[i], v, added.x[i])
				}
			}
			g.check(t, offset)
			dst.check(t, offset/2)
			if !slices.Equal(dst.x, g.x) {
				t.Fatal("in place it is another result")
			}
			for i, v := range want {
				if math.Abs(float64(g.x[i]-v)) > 2*ulp(v) {
					t.Fatalf("%d elements: element %d is %v, want %v", n, i, g.x[i], v)
				}
			}
		}
	})
}

// rowOf makes activations of one row.
func rowOf(x []float32) *Activations {
	a := NewActivations(1, len(x))
	a.X = x
	return a
}

// TestMulGated holds the fused product against its parts.
func TestMulGated(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	pool := NewPool(3)
	defer pool.Close()
	mul := NewMultiplier(pool)
	for _, k := range Available() {
		for _, c := range []struct{ n, rows, cols int }{{1, 32, 64}, {1, 2048, 320}, {5, 160, 32}, {100, 1056, 96}, {3, 40, 32}} {
			var w [2]Packed
			for i := range w {
				m := headOf(t, matrixOf(r, c.rows, c.cols))
				w[i] = k.Pack(t.Context(), m, make([]byte, k.PackedSize(m)), pool)
			}
			x, got, want := NewActivations(c.n, c.cols), NewActivations(c.n, c.rows), NewActivations(c.n, c.rows)
			copy(x.X, normals(r, len(x.X), 1))
			x.Quantize(k, 0, c.n)
			up := make([]float32, c.n*c.rows)
			mul.Mul(x, Product{&w[0], want.X}, Product{&w[1], up})
			k.Gate(want, up, 0, c.rows)
			want.Quantize(k, 0, c.n)
			mul.MulGated(x, &w[0], &w[1], got, make([]float32, c.n*c.rows))
			if !slices.Equal(got.X, want.X) || !slices.Equal(got.q, want.q) || !slices.Equal(got.scale, want.scale) || !slices.Equal(got.halves, want.halves) {
				t.Errorf("%s, %v: another result than the parts give", k.Name, c)
			}
		}
	}
}

func TestGate(t *testing.T) {
	hard := []float32{0, float32(math.Copysign(0, -1)), 1e-40, -1e-40, 4, -4, 9.5, -9.5, 80, -80, 1e4, -1e4, 1e18, -1e18, math.MaxFloat32, -math.MaxFloat32}
	natives(t, func(t *testing.T, k Kernels, r *rand.Rand, n, offset int) {
		x, up := normals(r, n, 3), normals(r, n, 1)
		for i, v := range hard {
			if at := i*n/len(hard) + i%2; n > 2*len(hard) {
				x[at], up[at] = v, 0.5
			}
		}
		g := guardedOf(x, offset)
		k.Gate(rowOf(g.x), up, 0, n)
		g.check(t, offset)
		for i, v := range x {
			want := float64(GELU(v)) * float64(up[i])
			if bound := 1e-6 * max(1, math.Abs(float64(v))) * math.Abs(float64(up[i])); math.Abs(float64(g.x[i])-want) > bound {
				t.Fatalf("%d elements: GELU(%v) · %v is %v, want %v", n, v, up[i], g.x[i], want)
			}
		}
	})
}

func TestRotate(t *testing.T) {
	natives(t, func(t *testing.T, k Kernels, r *rand.Rand, half, offset int) {
		x, cos, sin := normals(r, 2*half, 1), make([]float32, half), make([]float32, half)
		NewRope(2*half, 1e4, 1).Angles(cos, sin, 77)
		g, want := guardedOf(x, offset), slices.Clone(x)
		k.Rotate(g.x, cos, sin)
		Rotate(want, cos, sin)
		g.check(t, offset)
		for i := range want {
			c, s := cos[i%half], sin[i%half]
			if math.Abs(float64(g.x[i]-want[i])) > ulp(abs(x[i]*c)+abs(x[(i+half)%(2*half)]*s)) {
				t.Fatalf("%d pairs: element %d is %v, want %v", half, i, g.x[i], want[i])
			}
		}
	})
}

// TestNotANumber holds that what is not a number stays so, wherever it is, and that infinities do no harm.
func TestNotANumber(t *testing.T) {
	natives(t, func(t *testing.T, k Kernels, r *rand.Rand, n, _ int) {
		ones := slices.Repeat([]float32{1}, n)
		at := r.IntN(n)
		for _, bad := range []float32{nan, infinity, -infinity} {
			x := normals(r, n, 1)
			x[at] = bad
			gated, normed := slices.Clone(x), slices.Clone(x)
			k.Gate(rowOf(gated), ones, 0, n)
			k.Norm(normed, normed, ones, 1e-6)
			if isNaN(bad) && (!isNaN(gated[at]) || !isNaN(normed[at])) {
				t.Fatalf("NaN became %v and %v", gated[at], normed[at])
			}
			if bad == infinity && gated[at] != infinity {
				t.Fatalf("GELU(∞) = %v", gated[at])
			}
		}
		if n > 4 {
			return
		}
		const dim, heads = 32, 2
		for _, bad := range []float32{nan, infinity, -infinity} {
			block := normals(r, tileCols, 1)
			block[r.IntN(tileCols)] = bad
			k.native.quantize(block, make([]int8, tileCols), make([]float32, 1), make([]float32, 1), make([]float32, 2))
			for _, exact := range []bool{true, false} {
				cache := NewCache(F16, 16, dim)
				for p := range n {
					k.Put(&cache, p, normals(r, dim, 1), normals(r, dim, 1))
				}
				q := Queries{Q: normals(r, heads*dim, 1), Out: make([]float32, heads*dim), N: 1, Heads: heads, Stride: heads * dim, First: n - 1, Window: 16}
				scratch := make([]float32, k.AttendScratch(dim, 1, heads, 16))
				q.Q[r.IntN(dim)] = bad
				k.Attend(&cache, &q, exact, scratch)
				if !isNaN(q.Out[0]) || isNaN(q.Out[dim]) {
					t.Fatalf("a head asked %v and got %v, the other one got %v", bad, q.Out[0], q.Out[dim])
				}
				k.Put(&cache, r.IntN(n), slices.Repeat([]float32{bad}, dim), make([]float32, dim))
				k.Attend(&cache, &q, exact, scratch)
				if isNaN(bad) && !isNaN(q.Out[dim]) {
					t.Fatalf("a key is %v and the answer %v", bad, q.Out[dim])
				}
			}
		}
	})
}
