package kernels

import (
	"context"
	"fmt"
	"slices"
	"unsafe"
)

// Packed is a matrix arranged for the kernels that compute with it. The reference reads it as its file has it.
type Packed struct {
	m        Matrix
	k        Kernels
	arranged Type   // how quants and scales lie: the type of m, or highPlane
	quants   []byte // see layout.go; nil for the reference
	scales   []byte
}

// PackedSize returns the bytes that Pack needs for m, 0 for kernels that read it as it is.
func (k Kernels) PackedSize(m Matrix) int {
	a, ok := arrangements[m.Type]
	if k.native == nil || !ok {
		return 0
	}
	quants, scales := a.sizes(m)
	return quants + scales
}

// Pack arranges m, which must have passed NewMatrix, in memory of PackedSize bytes, which it keeps. m.Data stays in
// use for Row and for types that only the reference computes. When ctx ends the work does too, and the result must
// not be used.
func (k Kernels) Pack(ctx context.Context, m Matrix, memory []byte, pool *Pool) Packed {
	p := k.Arranged(m, memory)
	if p.quants == nil {
		return p
	}
	a := arrangements[m.Type]
	clear(memory)
	n := panels(m.Rows)
	quants, scales := len(p.quants)/n, len(p.scales)/n
	pool.Run(n, 16, Range(func(lo, hi int) {
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			a.packPanel(p.quants[i*quants:][:quants], p.scales[i*scales:][:scales], m, i)
		}
	}))
	return p
}

// Arranged is Pack for memory that holds m in its arrangement already.
func (k Kernels) Arranged(m Matrix, memory []byte) Packed {
	p := Packed{m: m, k: k, arranged: m.Type}
	if size := k.PackedSize(m); size > 0 {
		quants, _ := arrangements[m.Type].sizes(m)
		p.quants, p.scales = memory[:quants:quants], memory[quants:size:size]
	}
	return p
}

// Rows returns the number of outputs.
func (p *Packed) Rows() int { return p.m.Rows }

// Cols returns the number of inputs.
func (p *Packed) Cols() int { return p.m.Cols }

// Type returns the storage type of the weights.
func (p *Packed) Type() Type { return p.m.Type }

// Row decodes row i into dst [Cols].
func (p *Packed) Row(dst []float32, i int) { Decode(p.m.Type, dst, p.m.Row(i)) }

// Multiplier multiplies matrices with the same activations. It keeps its working memory from call to call and has
// one user at a time.
type Multiplier struct {
	Stop context.Context // if set, products that are not begun when it ends are left out

	pool     *Pool
	x        *Activations
	products []Product
	gated    *Activations // of MulGated
	units    int          // panels of all products; of MulGated pairs of panels
	scratch  [][]byte     // of each worker
	row      [][]float32
}

// Product is one matrix and where its product with the activations goes: Dst is [n][Rows].
type Product struct {
	W   *Packed
	Dst []float32
}

// NewMultiplier makes a multiplier whose work is shared over the pool.
func NewMultiplier(pool *Pool) *Multiplier {
	return &Multiplier{pool: pool, scratch: make([][]byte, pool.Threads()), row: make([][]float32, pool.Threads())}
}

// Mul sets Dst[i] = W·x[i] of every product for all rows i of x, which must be quantized. By the reference
// kernels an element is DotF32 of the decoded row and x[i], bit for bit. It panics if sizes do not fit.
func (m *Multiplier) Mul(x *Activations, products ...Product) {
	m.prepare(x, products...)
	m.pool.Stream(m.units, m.grain(), m)
}

// MulGated sets dst to GELU(gate·x) ⊙ (up·x), rounded, for all rows of x: the first half of a feed-forward network with a
// gated linear unit (GEGLU, Shazeer, arXiv 2002.05202). What is gated is still in the caches then. scratch has as many
// elements as dst.
func (m *Multiplier) MulGated(x *Activations, gate, up *Packed, dst *Activations, scratch []float32) {
	m.prepare(x, Product{gate, dst.X}, Product{up, scratch})
	if dst.cols != gate.m.Rows || dst.cols != up.m.Rows || dst.n != x.n {
		panic(fmt.Sprintf("kernels: %d × %d activations for %d and %d gated rows", dst.n, dst.cols, gate.m.Rows, up.m.Rows))
	}
	m.gated = dst
	m.units /= 2
	m.pool.Stream(m.units, m.grain(), m)
}

// prepare makes m the task of computing the products.
func (m *Multiplier) prepare(x *Activations, products ...Product) {
	m.x, m.products, m.gated, m.units = x, append(m.products[:0], products...), nil, 0
	need := 0
	for _, p := range products {
		if p.W.m.Cols != x.cols || len(p.Dst) < x.n*p.W.m.Rows {
			panic(fmt.Sprintf("kernels: a product of %d × %d weights with %d × %d activations into %d", p.W.m.Rows, p.W.m.Cols, x.n, x.cols, len(p.Dst)))
		}
		m.units += panels(p.W.m.Rows)
		if p.W.quants != nil {
			need = max(need, p.W.k.native.mulScratch(x.cols, x.n))
		}
	}
	for i := range m.scratch {
		if len(m.scratch[i]) < need {
			m.scratch[i] = aligned(need)
		}
		if len(m.row[i]) < x.cols {
			m.row[i] = make([]float32, x.cols)
		}
	}
}

// grain returns how many panels a thread takes at least at a time: an even number, because kernels take two at once.
func (m *Multiplier) grain() int { return max(2, m.units/(16*m.pool.Threads())&^1) }

// chunk is how many panels are multiplied between two looks at Stop.
func (m *Multiplier) chunk() int { return max(2, maxWork/(panelRows*m.x.cols*(m.x.n+4))&^1) }

// maxWork is how many multiplications a thread does between two looks at Stop: some tens of milliseconds of the reference
// kernels.
const maxWork = 1 << 26

// Do implements Task.
func (m *Multiplier) Do(worker, lo, hi int) {
	if m.gated != nil {
		m.doGated(worker, lo, hi)
		return
	}
	for _, p := range m.products {
		n := panels(p.W.m.Rows)
		for from, to := max(lo, 0), min(hi, n); from < to; from += m.chunk() {
			if m.Stop != nil && m.Stop.Err() != nil {
				return
			}
			m.panels(worker, p, from, min(from+m.chunk(), to))
		}
		lo, hi = lo-n, hi-n
	}
}

// doGated computes the panels [lo, hi) of both products, an even number unless the last ones are among them, so that
// whole blocks are rounded.
func (m *Multiplier) doGated(worker, lo, hi int) {
	for from := lo; from < hi; from += m.chunk() {
		if m.Stop != nil && m.Stop.Err() != nil {
			return
		}
		to := min(from+m.chunk(), hi)
		gate, up := m.products[0], m.products[1]
		m.panels(worker, gate, from, to)
		m.panels(worker, up, from, to)
		gate.W.k.Gate(m.gated, up.Dst, from*panelRows, min(to*panelRows, m.gated.cols))
	}
}

func (m *Multiplier) panels(worker int, p Product, lo, hi int) {
	if p.W.quants != nil {
		p.W.k.native.mul(p.W, m.x, p.Dst, lo, hi, m.scratch[worker])
		return
	}
	w, rows := m.row[worker][:p.W.m.Cols], p.W.m.Rows
	for r := lo * panelRows; r < min(hi*panelRows, rows); r++ {
		p.W.Row(w, r)
		for i := range m.x.n {
			p.Dst[i*rows+r] = DotF32(w, m.x.Row(i))
		}
	}
}

// aligned returns n bytes that begin at a multiple of 64, as vector instructions like it.
func aligned(n int) []byte {
	b := make([]byte, n+63)
	return slices.Clip(b[alignment(b):][:n])
}

// alignment returns the bytes from the beginning of s to the next multiple of 64.
func alignment[T any](s []T) int { return int(-uintptr(unsafe.Pointer(unsafe.SliceData(s))) & 63) }
