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

// Reduce sets the elements [lo, hi) of h [rank] to those of A·x.
func (l *LowRank) Reduce(h, x []float32, lo, hi int) {
	if lo >= hi {
		return
	}
	x = x[:l.in]
	if l.k.native != nil {
		l.k.native.dots(l.typ, l.rows[lo*l.typ.RowBytes(l.in):hi*l.typ.RowBytes(l.in)], x, h[lo:hi])
		return
	}
	for r := lo; r < hi; r++ {
		h[r] = DotF32(l.a[r*l.in:][:l.in], x)
	}
}

// Panels returns how many parts Expand has: 16 outputs each.
func (l *LowRank) Panels() int { return panels(l.out) }

// Expand adds B·h to the outputs y [out] in the panels [lo, hi). The terms of an output are added in ascending order.
func (l *LowRank) Expand(y, h []float32, lo, hi int) {
	if lo >= hi {
		return
	}
	h = h[:l.rank]
	part := y[lo*panelRows : min(hi*panelRows, l.out)]
	if l.k.native != nil {
		l.k.native.expand(l.panels[l.typ.RowBytes(lo*l.rank*panelRows):], l.typ == F16, h, part)
		return
	}
	for i := range part {
		for r, v := range l.b[(lo*panelRows+i)*l.rank:][:l.rank] {
			part[i] += v * h[r]
		}
	}
}
