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

// stored returns what a cache makes of a key or a value.
func stored(t Type, x []float32) []float32 {
	b, y := make([]byte, t.RowBytes(len(x))), make([]float32, len(x))
	if err := Encode(t, b, x); err != nil {
		panic(err)
	}
	Decode(t, y, b)
	return y
}

// naiveAttend is softmax(K·q)ᵀ·V in float64 over positions [first, position].
func naiveAttend(q []float32, keys, values [][]float32, first, position int) []float64 {
	weights := make([]float64, position+1-first)
	for i := range weights {
		for j, v := range q {
			weights[i] += float64(keys[first+i][j]) * float64(v)
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
			out[j] += w / sum * float64(values[first+i][j])
		}
	}
	return out
}

// TestAttend holds every kind of kernels against float64, in a cache that holds everything and in a ring, and that
// what a query gets does not depend on the queries beside it.
func TestAttend(t *testing.T) {
	for _, k := range Available() {
		for _, dim := range []int{16, 24, 32, 96, 256} {
			for _, kind := range []Type{F16, Q8_0} {
				if CheckCache(kind, dim) != nil {
					continue
				}
				a := newAttention(kind, dim)
				for _, window := range attentionWindows() {
					for _, exact := range []bool{true, false} {
						t.Run(fmt.Sprintf("%s/%s/dim %d/window %d/exact %v", k.Name, kind, dim, window, exact), func(t *testing.T) { a.check(t, k, window, exact) })
					}
				}
			}
		}
	}
}

const attentionPositions = 150

func attentionWindows() []int {
	if testing.Short() {
		return []int{2, 64}
	}
	return []int{1, 2, 17, 64, attentionPositions}
}

// attention is a text of random keys, values and queries.
type attention struct {
	kind         Type
	dim          int
	keys, values [][]float32
	seen         [2][][]float32 // keys and values as they are in a cache
	queries      []float32
}

const attentionHeads = 3

func newAttention(kind Type, dim int) attention {
	a := attention{kind: kind, dim: dim}
	r := rand.New(rand.NewPCG(1, uint64(dim)))
	for p := range attentionPositions {
		a.keys, a.values = append(a.keys, normals(r, dim, 1)), append(a.values, normals(r, dim, 1))
		a.seen[0], a.seen[1] = append(a.seen[0], stored(kind, a.keys[p])), append(a.seen[1], stored(kind, a.values[p]))
	}
	a.queries = normals(r, attentionPositions*attentionHeads*dim, float32(1/math.Sqrt(float64(dim))))
	return a
}

func (a *attention) check(t *testing.T, k Kernels, window int, exact bool) {
	const heads, n = attentionHeads, 7
	dim := a.dim
	cache := NewCache(a.kind, Slots(min(attentionPositions, window+n+CacheTile)), dim)
	scratch := make([]float32, k.AttendScratch(dim, n, heads, attentionPositions))
	for first := 0; first+n <= attentionPositions; first += n {
		for p := first; p < first+n; p++ {
			k.Put(&cache, p, a.keys[p], a.values[p])
		}
		q := Queries{Q: a.queries[first*heads*dim:], Out: make([]float32, n*heads*dim), N: n, Heads: heads, Stride: heads * dim, First: first, Window: window}
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
				checkAttention(t, k, exact, q.Out[at:][:dim], naiveAttend(q.Q[at:][:dim], a.seen[0], a.seen[1], max(0, p+1-window), p))
			}
		}
	}
}

// attentionBound allows float32 its rounding, and bfloat16 what 8 bits of q, k, p and v can do to values near 1.
func attentionBound(k Kernels, exact bool) float64 {
	if !exact && k.bfloat16 {
		return 0.05
	}
	return 2e-5
}

func checkAttention(t *testing.T, k Kernels, exact bool, got []float32, want []float64) {
	t.Helper()
	bound := attentionBound(k, exact)
	for j := range want {
		if math.Abs(float64(got[j])-want[j]) > bound {
			t.Fatalf("element %d is %v, want %v ± %v", j, got[j], want[j], bound)
		}
	}
}

// BenchmarkAttend attends with keys and values that are in the processor's caches, and with so many layers in turn that
// they come from memory, as they do when a token is decoded.
func BenchmarkAttend(b *testing.B) {
	const dim, heads, window = 256, 4, 512
	r := rand.New(rand.NewPCG(1, 2))
	for _, k := range Available() {
		for _, v := range []struct{ n, heads, layers int }{{1, heads, 1}, {12, heads, 1}, {1, heads / 2, 160}} {
			for _, kind := range []Type{F16, Q8_0} {
				b.Run(fmt.Sprintf("%s/n=%d,heads=%d,layers=%d/%s", k.Name, v.n, v.heads, v.layers, kind), func(b *testing.B) {
					caches := make([]Cache, v.layers)
					for i := range caches {
						caches[i] = NewCache(kind, Slots(window+v.n+CacheTile), dim)
						for p := range window + v.n {
							k.Put(&caches[i], p, normals(r, dim, 1), normals(r, dim, 1))
						}
					}
					q := Queries{Q: normals(r, v.n*v.heads*dim, 0.06), Out: make([]float32, v.n*v.heads*dim), N: v.n, Heads: v.heads, Stride: v.heads * dim, First: window, Window: window}
					scratch := make([]float32, k.AttendScratch(dim, v.n, v.heads, window))
					layer := 0
					for b.Loop() {
						k.Attend(&caches[layer], &q, false, scratch)
						layer = (layer + 1) % v.layers
					}
					b.ReportMetric(2*float64(v.n*v.heads*window*dim)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
				})
			}
		}
	}
}
