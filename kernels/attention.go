package kernels

import "math"

// CacheTile is the number of positions whose keys lie together, and whose values do. The slots of a cache are a
// multiple of it.
const CacheTile = 16

// Cache holds keys and values of one KV head of one layer in IEEE halves. Position p is in slot p mod Slots: a
// cache with fewer slots than positions is a ring. Pairs that attention multiplies together lie together: two
// dimensions of a key, two positions of a value.
//
//	K: element i of slot s at ((s/16·Dim/2 + i/2)·16 + s mod 16)·2 + i mod 2
//	V: element i of slot s at (s/2·Dim + i)·2 + s mod 2
type Cache struct {
	K, V       []uint16
	Slots, Dim int
}

// Slots returns how many slots a cache needs for so many positions at a time.
func Slots(positions int) int { return (positions + CacheTile - 1) / CacheTile * CacheTile }

// NewCache makes an empty cache; slots is a multiple of 16, dim an even number.
func NewCache(slots, dim int) Cache {
	return Cache{make([]uint16, slots*dim), make([]uint16, slots*dim), slots, dim}
}

func (c *Cache) key(slot, i int) int {
	return ((slot/CacheTile*c.Dim/2+i/2)*CacheTile+slot%CacheTile)*2 + i%2
}

func (c *Cache) value(slot, i int) int { return (slot/2*c.Dim+i)*2 + slot%2 }

// Put stores key and value [Dim] of a position. Different positions may be stored at the same time.
func (k Kernels) Put(c *Cache, position int, key, value []float32) {
	slot := position % c.Slots
	if k.native != nil && c.Dim%(2*CacheTile) == 0 {
		k.native.put(c, slot, key[:c.Dim], value[:c.Dim])
		return
	}
	for i := range c.Dim {
		c.K[c.key(slot, i)] = F32ToF16(key[i])
		c.V[c.value(slot, i)] = F32ToF16(value[i])
	}
}

// EachTile calls f with the keys and then with the values [CacheTile·Dim] of every tile that has a position in
// [first, end).
func (c *Cache) EachTile(first, end int, f func(run []uint16)) {
	size := CacheTile * c.Dim
	for p := first / CacheTile * CacheTile; p < end; p += CacheTile {
		at := p % c.Slots / CacheTile * size
		f(c.K[at:][:size])
		f(c.V[at:][:size])
	}
}

// Queries are the queries of N consecutive positions from First on, Heads of each, that share a KV head. Element
// d of head h at position First+i is Q[i·Stride + h·Dim + d], already scaled; Out likewise. A query sees its own
// position and the Window-1 before it.
type Queries struct {
	Q, Out                          []float32
	N, Heads, Stride, First, Window int
}

// AttendScratch returns the floats of working memory that Attend needs for n positions of so many heads that see at
// most window positions each.
func (k Kernels) AttendScratch(dim, n, heads, window int) int {
	if k.native == nil {
		return window
	}
	return k.native.attendScratch(dim, n, heads, window)/4 + 16
}

// Attend computes causal attention, Out = softmax(K·q)ᵀ·V for every query (Vaswani et al., arXiv 1706.03762). exact
// asks for float32 arithmetic throughout; otherwise kernels may round queries, keys, probabilities and values to
// bfloat16 before they multiply them, which costs less than rounding activations to int8 does.
//
// What a query gets depends on the keys and values that it sees only, not on the queries beside it nor on where in
// the ring they lie.
func (k Kernels) Attend(c *Cache, q *Queries, exact bool, scratch []float32) {
	if k.native != nil && c.Dim%(2*CacheTile) == 0 {
		k.native.attend(c, q, exact || !k.bfloat16, scratch)
		return
	}
	for i := range q.N {
		for h := range q.Heads {
			at := i*q.Stride + h*c.Dim
			attendOne(c, q.Out[at:][:c.Dim], q.Q[at:][:c.Dim], q.First+i, q.Window, scratch)
		}
	}
}

// attendOne is the definition: the sums run over positions in ascending order.
func attendOne(c *Cache, dst, q []float32, position, window int, scores []float32) {
	first := max(0, position+1-window)
	scores = scores[:position+1-first]
	for i := range scores {
		scores[i] = c.dotKey((first+i)%c.Slots, q)
	}
	Softmax(scores)
	clear(dst)
	for i, s := range scores {
		slot := (first + i) % c.Slots
		for d := range dst {
			dst[d] += s * F16ToF32(c.V[c.value(slot, d)])
		}
	}
}

// dotKey returns the product of the key in a slot with q, in four partial sums.
func (c *Cache) dotKey(slot int, q []float32) float32 {
	var s [4]float32
	for i, v := range q {
		s[i%4] += F16ToF32(c.K[c.key(slot, i)]) * v
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

// Softmax replaces x by exp(x - max x), normalized to sum 1 in float64. x is not empty.
func Softmax(x []float32) {
	highest := largest(x)
	var sum float64
	for i, v := range x {
		e := math.Exp(float64(v - highest))
		x[i] = float32(e)
		sum += e
	}
	scale := float32(1 / sum)
	for i := range x {
		x[i] *= scale
	}
}
