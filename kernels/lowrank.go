package kernels

import "encoding/binary"

// LowRank is a change of low rank to a matrix, B·A, beside weights that stay as they are (Hu et al., arXiv 2106.09685).
// A product with it has two halves: [LowRank.Reduce] makes h = A·x of few elements, and [LowRank.Expand] adds B·h to
// what the weights made of x. Numbers are kept in half precision where that loses nothing, else as floats; what is
// computed is float32. An element does not depend on which others are computed with it.
type LowRank struct {
	k             Kernels
	rank, in, out int
	a, b          []float32 // [rank][in] and [out][rank], for the reference

	typ    Type   // of what follows, for C kernels
	rows   []byte // A [rank][in]
	panels []byte // B [out/16][rank][16], rows beyond the last are zero
}

// NewLowRank takes A [rank][in] and B [out][rank], of which it keeps a copy of its own.
func (k Kernels) NewLowRank(a, b []float32, rank, in, out int) *LowRank {
	l := &LowRank{k: k, rank: rank, in: in, out: out}
	a, b = a[:rank*in], b[:out*rank]
	if k.native == nil {
		l.a, l.b = append([]float32(nil), a...), append([]float32(nil), b...)
		return l
	}
	l.typ = F32
	if halvesHold(a) && halvesHold(b) {
		l.typ = F16
	}
	across := make([]float32, panels(out)*rank*panelRows)
	for i := range out {
		for r := range rank {
			across[(i/panelRows*rank+r)*panelRows+i%panelRows] = b[i*rank+r]
		}
	}
	l.rows, l.panels = l.encode(a), l.encode(across)
	return l
}

func halvesHold(x []float32) bool {
	for _, v := range x {
		if F16ToF32(F32ToF16(v)) != v {
			return false
		}
	}
	return true
}

func (l *LowRank) encode(x []float32) []byte {
	b := aligned(l.typ.RowBytes(len(x)))
	if l.typ == F16 {
		for i, v := range x {
			binary.LittleEndian.PutUint16(b[2*i:], F32ToF16(v))
		}
		return b
	}
	encodeF32(b, x)
	return b
}

// Rank returns how many elements lie between the halves.
func (l *LowRank) Rank() int { return l.rank }

// Bytes returns what it takes in memory.
func (l *LowRank) Bytes() int { return 4*(len(l.a)+len(l.b)) + len(l.rows) + len(l.panels) }

// Rows are activations of several positions: row i begins at X[i·Stride].
type Rows struct {
	X         []float32
	N, Stride int
}

// of returns n elements of row i from the from-th on.
func (r Rows) of(i, from, n int) []float32 { return r.X[i*r.Stride+from:][:n] }

// Reduce sets the elements [lo, hi) of every row of h to those of A·x.
func (l *LowRank) Reduce(h, x Rows, lo, hi int) {
	if lo >= hi || x.N < 1 {
		return
	}
	_, _ = h.of(x.N-1, lo, hi-lo), x.of(x.N-1, 0, l.in) // they are there
	if l.k.native != nil {
		bytes := l.typ.RowBytes(l.in)
		l.k.native.reduce(l.rows[lo*bytes:hi*bytes], l.typ == F16, hi-lo, x.X, x.Stride, l.in, x.N, h.X[lo:], h.Stride)
		return
	}
	for i := range x.N {
		for r := lo; r < hi; r++ {
			h.X[i*h.Stride+r] = DotF32(l.a[r*l.in:][:l.in], x.of(i, 0, l.in))
		}
	}
}

// Panels returns how many parts Expand has: 16 outputs each.
func (l *LowRank) Panels() int { return panels(l.out) }

// Expand adds B·h to the outputs of every row of y, in the panels [lo, hi). The terms of an output are added in ascending
// order.
func (l *LowRank) Expand(y, h Rows, lo, hi int) {
	if lo >= hi || h.N < 1 {
		return
	}
	from, n := lo*panelRows, min(hi*panelRows, l.out)-lo*panelRows
	_, _ = h.of(h.N-1, 0, l.rank), y.of(h.N-1, from, n) // they are there
	if l.k.native != nil {
		l.k.native.expand(l.panels[l.typ.RowBytes(lo*l.rank*panelRows):], l.typ == F16, h.X, h.Stride, l.rank, y.X[from:], y.Stride, n, h.N)
		return
	}
	for i := range h.N {
		part, h := y.of(i, from, n), h.of(i, 0, l.rank)
		for o := range part {
			for r, v := range l.b[(from+o)*l.rank:][:l.rank] {
				part[o] += v * h[r]
			}
		}
	}
}
