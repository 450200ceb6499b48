package kernels

import "math"

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
// bfloat16 before they multiply them, which costs less than rounding activations to int8 does, and queries that meet
// keys in Q8_0 to 16 bits for every 32 elements.
//
// What a query gets depends on the keys and values that it sees only, not on the queries beside it nor on where in
// the ring they lie, as long as the values beside those that it sees are finite.
func (k Kernels) Attend(c *Cache, q *Queries, exact bool, scratch []float32) {
	if k.native != nil && c.Dim%tileCols == 0 {
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
		c.addValue((first+i)%c.Slots, s, dst)
	}
}

// dotKey returns the product of the key in a slot with q, in four partial sums.
func (c *Cache) dotKey(slot int, q []float32) float32 {
	var s [4]float32
	if c.Type == Q8_0 {
		for i, v := range q {
			s[i%4] += F16ToF32(c.KScales[c.keyScale(slot, i)]) * float32(c.K8[c.key(slot, i)]) * v
		}
	} else {
		for i, v := range q {
			s[i%4] += F16ToF32(c.K[c.key(slot, i)]) * v
		}
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

// addValue adds the value in a slot, times p, to dst.
func (c *Cache) addValue(slot int, p float32, dst []float32) {
	if c.Type == Q8_0 {
		for i := range dst {
			dst[i] += p * (F16ToF32(c.VScales[c.valueScale(slot, i)]) * float32(c.V8[c.value(slot, i)]))
		}
		return
	}
	for i := range dst {
		dst[i] += p * F16ToF32(c.V[c.value(slot, i)])
	}
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
