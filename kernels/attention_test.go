package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func normals(r *rand.Rand, n int, size float32) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = size * float32(r.NormFloat64())
	}
	return x
}

// naiveAttend is softmax(K·q)ᵀ·V in float64 over positions [first, position].
func naiveAttend(q []float32, keys, values [][]float32, first, position int) []float64 {
	half := func(x float32) float64 { return float64(F16ToF32(F32ToF16(x))) }
	weights := make([]float64, position+1-first)
	for i := range weights {
		for j, v := range q {
			weights[i] += half(keys[first+i][j]) * float64(v)
		}
	}
	highest, sum := slices.Max(weights), 0.0
	for i := range weights {
		weights[i] = math.Exp(weights[i] - highest)
		sum += weights[i]
	}
	out := make([]float64, len(q))
	for i, w := range weights {
		for j := range out {
			out[j] += w / sum * half(values[first+i][j])
		}
	}
	return out
}

// TestAttend holds every kind of kernels against float64, in a cache that holds everything and in a ring, and that
// what a query gets does not depend on the queries beside it.
func TestAttend(t *testing.T) {
	const positions, heads, n = 150, 3, 7
	windows := []int{1, 2, 17, 64, positions}
	if testing.Short() {
		windows = []int{2, 64}
	}
	for _, k := range Available() {
		for _, dim := range []int{16, 24, 32, 96, 256} {
			r := rand.New(rand.NewPCG(1, uint64(dim)))
			var keys, values [][]float32
			for range positions {
				keys, values = append(keys, normals(r, dim, 1)), append(values, normals(r, dim, 1))
			}
			queries := normals(r, positions*heads*dim, float32(1/math.Sqrt(float64(dim))))
			for _, window := range windows {
				for _, exact := range []bool{true, false} {
					t.Run(fmt.Sprintf("%s/dim %d/window %d/exact %v", k.Name, dim, window, exact), func(t *testing.T) {
						cache := NewCache(Slots(min(positions, window+n+CacheTile)), dim)
						scratch := make([]float32, k.AttendScratch(dim, n, heads, positions))
						for first := 0; first+n <= positions; first += n {
							for p := first; p < first+n; p++ {
								k.Put(&cache, p, keys[p], values[p])
							}
							q := Queries{Q: queries[first*heads*dim:], Out: make([]float32, n*heads*dim), N: n, Heads: heads, Stride: heads * dim, First: first, Window: window}
							k.Attend(&cache, &q, exact, scratch)
							for i := range n {
								p := first + i
								one := Queries{Q: q.Q[i*heads*dim:], Out: make([]float32, heads*dim), N: 1, Heads: heads, Stride: heads * dim, First: p, Window: window}
								k.Attend(&cache, &one, exact, scratch)
								if !slices.Equal(one.Out, q.Out[i*heads*dim:][:heads*dim]) {
									t.Fatalf("position %d gets something else alone", p)
								}
								for h := range heads {
									at := (i*heads + h) * dim
									checkAttention(t, k, exact, q.Out[at:][:dim], naiveAttend(q.Q[at:][:dim], keys, values, max(0, p+1-window), p))
								}
							}
						}
					})
				}
			}
		}
	}
}

// checkAttention allows float32 its rounding, and bfloat16 what 8 bits of q, k, p and v can do to values near 1.
func checkAttention(t *testing.T, k Kernels, exact bool, got []float32, want []float64) {
	t.Helper()
	bound := 2e-5
	if !exact && k.bfloat16 {
		bound = 0.05
	}
	for j := range want {
		if math.Abs(float64(got[j])-want[j]) > bound {
			t.Fatalf("element %d is %v, want %v ± %v", j, got[j], want[j], bound)
		}
	}
}

func BenchmarkAttend(b *testing.B) {
	const dim, heads, window = 256, 4, 512
	r := rand.New(rand.NewPCG(1, 2))
	for _, k := range Available() {
		for _, n := range []int{1, 12} {
			b.Run(fmt.Sprintf("%s/n=%d", k.Name, n), func(b *testing.B) {
				cache := NewCache(Slots(window+n+CacheTile), dim)
				for p := range window + n {
					k.Put(&cache, p, normals(r, dim, 1), normals(r, dim, 1))
				}
				q := Queries{Q: normals(r, n*heads*dim, 0.06), Out: make([]float32, n*heads*dim), N: n, Heads: heads, Stride: heads * dim, First: window, Window: window}
				scratch := make([]float32, k.AttendScratch(dim, n, heads, window))
				for b.Loop() {
					k.Attend(&cache, &q, false, scratch)
				}
				b.ReportMetric(2*float64(n*heads*window*dim)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
			})
		}
	}
}
