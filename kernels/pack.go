package kernels

import "sync"

// Packed is a matrix arranged for the kernels that compute with it. The reference kernels read it as its
// file has it.
type Packed struct {
	m Matrix
}

// Pack arranges m, which must have passed NewMatrix, for the kernels of f. The result refers to m.Data.
func Pack(m Matrix, _ Features) Packed { return Packed{m} }

// Type returns the storage type of the weights.
func (p *Packed) Type() Type { return p.m.Type }

// Rows returns the number of outputs.
func (p *Packed) Rows() int { return p.m.Rows }

// Cols returns the number of inputs.
func (p *Packed) Cols() int { return p.m.Cols }

// Row decodes row i into dst [Cols].
func (p *Packed) Row(dst []float32, i int) { Decode(p.m.Type, dst, p.m.Row(i)) }

// rowBuffers holds decoded rows, *[]float32, one per worker that is computing.
var rowBuffers = sync.Pool{New: func() any { return new([]float32) }}

// Mul sets dst = W·x for n activation rows: x is [n][Cols], dst [n][Rows]. Each weight row is decoded once
// for all n. dst[i] is DotF32(row, x[i]), bit for bit, whatever n and the number of threads.
func (p *Packed) Mul(dst, x []float32, n int, pool *Pool) { p.MulRows(dst, x, n, 0, p.m.Rows, pool) }

// MulRows does the part of Mul that the rows [lo, hi) of W make, for callers that look up in between.
func (p *Packed) MulRows(dst, x []float32, n, lo, hi int, pool *Pool) {
	rows, cols := p.m.Rows, p.m.Cols
	pool.Run(hi-lo, func(from, to int) {
		buffer := rowBuffers.Get().(*[]float32)
		defer rowBuffers.Put(buffer)
		if cap(*buffer) < cols {
			*buffer = make([]float32, cols)
		}
		w := (*buffer)[:cols]
		for r := lo + from; r < lo+to; r++ {
			p.Row(w, r)
			for i := range n {
				dst[i*rows+r] = DotF32(w, x[i*cols:][:cols])
			}
		}
	})
}
