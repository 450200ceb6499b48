package kernels

import "fmt"

// Matrix is a weight matrix as its file holds it: rows of cols elements, one after the other. A linear layer
// computes y = W·x, so a row makes one output.
type Matrix struct {
	Type       Type
	Rows, Cols int
	Data       []byte // Rows · Type.RowBytes(Cols)
}

// NewMatrix checks that the type can be computed with and that the sizes fit together.
func NewMatrix(t Type, rows, cols int, data []byte) (Matrix, error) {
	if !t.Computes() {
		return Matrix{}, fmt.Errorf("kernels: %s: no kernel for this type", t)
	}
	if rows < 1 || cols < 1 || cols%t.BlockSize() != 0 {
		return Matrix{}, fmt.Errorf("kernels: %s: %d rows of %d elements: rows are made of blocks of %d", t, rows, cols, t.BlockSize())
	}
	if len(data)/rows != t.RowBytes(cols) || len(data)%rows != 0 {
		return Matrix{}, fmt.Errorf("kernels: %s: %d bytes do not make %d rows of %d elements", t, len(data), rows, cols)
	}
	return Matrix{t, rows, cols, data}, nil
}

// Row returns the bytes of row i.
func (m Matrix) Row(i int) []byte {
	n := m.Type.RowBytes(m.Cols)
	return m.Data[i*n:][:n]
}

// Part returns the n rows from row i on.
func (m Matrix) Part(i, n int) Matrix {
	size := m.Type.RowBytes(m.Cols)
	return Matrix{m.Type, n, m.Cols, m.Data[i*size:][:n*size]}
}
