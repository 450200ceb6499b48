package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// hard are numbers that are hard to round.
var hard = []float32{0, float32(math.Copysign(0, -1)), 65504, 65519, 65520, -1e6, infinity, -infinity, nan, 6e-8, 2.9e-8, 3.1e-8, -6.1e-5, 1 + 0x1p-11, 1 + 3*0x1p-11, 1e-40, 1e9, math.MaxFloat32}

func TestCheckCache(t *testing.T) {
	for _, tt := range []struct {
		kind Type
		dim  int
		ok   bool
	}{{F16, 24, true}, {F16, 256, true}, {Q8_0, 32, true}, {Q8_0, 256, true}, {Q8_0, 80, false}, {Q8_0, 16, false}, {Q4_0, 256, false}, {F32, 256, false}, {200, 256, false}} {
		if err := CheckCache(tt.kind, tt.dim); (err == nil) != tt.ok {
			t.Errorf("%v, %d: %v", tt.kind, tt.dim, err)
		}
	}
}

// A guardedCache lies at odd addresses, as far as its elements allow, between elements that nobody may write to.
type guardedCache struct {
	Cache
	halves [4][]uint16 // all of K, V, KScales, VScales
	quants [2][]int8   // all of K8, V8
}

func newGuardedCache(kind Type, slots, dim, offset int, r *rand.Rand) *guardedCache {
	g := &guardedCache{Cache: NewCache(kind, slots, dim)}
	for i, part := range []*[]uint16{&g.K, &g.V, &g.KScales, &g.VScales} {
		g.halves[i] = make([]uint16, len(*part)+2*guard)
		for j := range g.halves[i] {
			g.halves[i][j] = uint16(r.UintN(0x7C00)) // of a finite number
		}
		*part = g.halves[i][guard-offset:][:len(*part):len(*part)]
	}
	for i, part := range []*[]int8{&g.K8, &g.V8} {
		g.quants[i] = make([]int8, len(*part)+2*guard)
		for j := range g.quants[i] {
			g.quants[i][j] = int8(r.Int())
		}
		*part = g.quants[i][guard-offset:][:len(*part):len(*part)]
	}
	return g
}

// like returns a copy.
func (g *guardedCache) like() *guardedCache {
	c := *g
	for i, part := range []*[]uint16{&c.K, &c.V, &c.KScales, &c.VScales} {
		at, n := guard, len(*part)
		for at > 0 && n > 0 && &g.halves[i][at] != &(*part)[0] {
			at--
		}
		c.halves[i] = slices.Clone(g.halves[i])
		*part = c.halves[i][at:][:n:n]
	}
	for i, part := range []*[]int8{&c.K8, &c.V8} {
		at, n := guard, len(*part)
		for at > 0 && n > 0 && &g.quants[i][at] != &(*part)[0] {
			at--
		}
		c.quants[i] = slices.Clone(g.quants[i])
		*part = c.quants[i][at:][:n:n]
	}
	return &c
}

func (g *guardedCache) equal(o *guardedCache) bool {
	return slices.EqualFunc(g.halves[:], o.halves[:], slices.Equal) && slices.EqualFunc(g.quants[:], o.quants[:], slices.Equal)
}

// TestPut holds that every kind of kernels stores the same bits, for numbers of all kinds, and nothing beside them.
func TestPut(t *testing.T) {
	natives(t, func(t *testing.T, k Kernels, r *rand.Rand, n, offset int) {
		if n > 8 {
			return
		}
		dim, slots := 32*n, 48
		for _, kind := range []Type{F16, Q8_0} {
			got := newGuardedCache(kind, slots, dim, offset, r)
			want := got.like()
			for i := range 40 {
				position := r.IntN(3 * slots)
				size := float32(math.Pow(10, float64(r.IntN(30)-20)))
				key, value := normals(r, dim, size), normals(r, dim, 100)
				if i%2 == 0 {
					for _, x := range hard {
						key[r.IntN(dim)], value[r.IntN(dim)] = x, x
					}
				} else { // ties, of scale 1
					for i := range key {
						key[i] = float32(r.IntN(253))/2 - 63
					}
					key[0] = 127
				}
				k.Put(&got.Cache, position, key, value)
				Reference().Put(&want.Cache, position, key, value)
				if !got.equal(want) {
					t.Fatalf("%s, dim %d, position %d: the cache is another one", kind, dim, position)
				}
			}
		}
	})
}

// TestPutQ8_0 holds that the reference keeps what Encode makes of keys and values.
func TestPutQ8_0(t *testing.T) {
	const dim, slots = 64, 32
	r := rand.New(rand.NewPCG(3, 4))
	c := NewCache(Q8_0, slots, dim)
	if got, want := c.Bytes(), slots*dim*2*34/32; got != want {
		t.Errorf("%d bytes, want %d", got, want)
	}
	key, value := normals(r, dim, 1), normals(r, dim, 1e-3)
	key[5], value[40], value[41] = nan, 0, -7
	Reference().Put(&c, slots+17, key, value)
	wantKey, wantValue := stored(Q8_0, key), stored(Q8_0, value)
	for i := range dim {
		k := F16ToF32(c.KScales[c.keyScale(17, i)]) * float32(c.K8[c.key(17, i)])
		v := F16ToF32(c.VScales[c.valueScale(17, i)]) * float32(c.V8[c.value(17, i)])
		if k != wantKey[i] || v != wantValue[i] {
			t.Fatalf("element %d is %v and %v, want %v and %v", i, k, v, wantKey[i], wantValue[i])
		}
	}
}

// TestEachTile holds that the runs are all memory of the tiles, each byte once, also where the ring wraps.
func TestEachTile(t *testing.T) {
	for _, kind := range []Type{F16, Q8_0} {
		c, total := NewCache(kind, 48, 64), 0
		c.EachTile(20, 68, func(run []byte) { // tiles 1, 2, 0, 1
			total += len(run)
			for i := range run {
				run[i]++
			}
		})
		if want := c.Bytes() / 3 * 4; total != want {
			t.Errorf("%s: %d bytes, want %d", kind, total, want)
		}
		var seen [4]int
		c.EachTile(0, 48, func(run []byte) {
			for _, b := range run {
				seen[b]++
			}
		})
		if seen[1] != c.Bytes()/3*2 || seen[2] != c.Bytes()/3 {
			t.Errorf("%s: %d bytes once, %d twice", kind, seen[1], seen[2])
		}
	}
}

// TestAttendHard holds every kind of kernels against the reference with keys, values and queries of all sizes, among them
// zeros, infinities and not a number, in rings that wrap and that lie at odd addresses.
func TestAttendHard(t *testing.T) {
	const heads, n, slots, window = 3, 5, 64, 30
	blocks := map[string]func(r *rand.Rand, x []float32){
		"zeros":    func(r *rand.Rand, x []float32) { clear(x) },
		"tiny":     func(r *rand.Rand, x []float32) { copy(x, normals(r, len(x), 1e-12)) },
		"small":    func(r *rand.Rand, x []float32) { copy(x, normals(r, len(x), 1e-4)) },
		"one":      func(r *rand.Rand, x []float32) { x[r.IntN(len(x))] = 60 },
		"infinite": func(r *rand.Rand, x []float32) { x[r.IntN(len(x))] = infinity },
		"nan":      func(r *rand.Rand, x []float32) { x[r.IntN(len(x))] = nan },
	}
	natives(t, func(t *testing.T, k Kernels, r *rand.Rand, blocksOfHead, offset int) {
		if blocksOfHead > 4 {
			return
		}
		dim := 32 * blocksOfHead
		scratch := make([]float32, k.AttendScratch(dim, n, heads, slots))
		for name, spoil := range blocks {
			for _, kind := range []Type{F16, Q8_0} {
				for _, exact := range []bool{true, false} {
					what := fmt.Sprintf("%s/dim %d/%s/exact %v", kind, dim, name, exact)
					c := newGuardedCache(kind, slots, dim, offset, r)
					first := slots + r.IntN(slots)
					spoilt := first - r.IntN(window-n+1) // seen by all
					seen := r.IntN(2) == 0
					if !seen { // by all: then it is the key, since unseen values must be finite
						spoilt = first + n - 1 - r.IntN(slots)
					}
					for p := first + n - slots; p < first+n; p++ {
						key, value := normals(r, dim, 1), normals(r, dim, 1)
						if p == spoilt || name != "infinite" && name != "nan" && r.IntN(3) == 0 {
							at := r.IntN(blocksOfHead) * 32
							spoil(r, key[at:][:32])
							if seen || name != "infinite" && name != "nan" {
								spoil(r, value[at:][:32])
							}
						}
						k.Put(&c.Cache, p, key, value)
					}
					before := c.like()
					in, out := guardedOf(normals(r, n*heads*dim, float32(1/math.Sqrt(float64(dim)))), offset), guardedOf(make([]float32, n*heads*dim), offset)
					if !seen && (name == "infinite" || name == "nan") {
						spoil(r, in.x[r.IntN(n*heads)*dim:][:dim])
					}
					q := Queries{Q: in.x, Out: out.x, N: n, Heads: heads, Stride: heads * dim, First: first, Window: window}
					k.Attend(&c.Cache, &q, exact, scratch)
					out.check(t, offset)
					if !c.equal(before) {
						t.Fatalf("%s: the cache was written", what)
					}
					want := q
					want.Out = make([]float32, len(q.Out))
					Reference().Attend(&c.Cache, &want, exact, make([]float32, window))
					compareAttention(t, what, k, exact, q.Out, want.Out)
				}
			}
		}
	})
}

// compareAttention allows what checkAttention does, relative to the largest element.
func compareAttention(t *testing.T, what string, k Kernels, exact bool, got, want []float32) {
	t.Helper()
	largest := float32(1)
	for _, v := range want {
		if finite(v) {
			largest = max(largest, abs(v))
		}
	}
	for i, v := range got {
		if finite(v) != finite(want[i]) {
			t.Fatalf("%s: element %d is %v, want %v", what, i, v, want[i])
		}
		if bound := attentionBound(k, exact) * float64(largest); finite(v) && math.Abs(float64(v-want[i])) > bound {
			t.Fatalf("%s: element %d is %v, want %v ± %v", what, i, v, want[i], bound)
		}
	}
}

func finite(x float32) bool { return x-x == 0 }
