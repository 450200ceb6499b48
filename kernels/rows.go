package kernels

import "math"

// Activations are the inputs of linear layers for a batch of positions, as floats and, for kernels that multiply
// integers, rounded to int8 by blocks of 32 columns.
type Activations struct {
	X []float32 // [n][cols]; write here, then call Quantize

	n, cols int
	q       []int8    // [n][cols] X ≈ scale·q
	scale   []float32 // [n][cols/32]
	sum     []float32 // [n][cols/32] scale·Σq
	halves  []float32 // [n][cols/32][2] the same of each half block
}

// NewActivations makes room for up to n rows of cols columns.
func NewActivations(n, cols int) *Activations {
	blocks := n * cols / tileCols
	return &Activations{
		X: make([]float32, n*cols), n: n, cols: cols,
		q: make([]int8, n*cols), scale: make([]float32, blocks), sum: make([]float32, blocks), halves: make([]float32, 2*blocks),
	}
}

// Narrow returns activations of fewer columns in the same memory, of which only one may be in use.
func (a *Activations) Narrow(cols int) *Activations {
	narrow, n := *a, len(a.X)/a.cols
	blocks := n * cols / tileCols
	narrow.X, narrow.q, narrow.cols = a.X[:n*cols], a.q[:n*cols], cols
	narrow.scale, narrow.sum, narrow.halves = a.scale[:blocks], a.sum[:blocks], a.halves[:2*blocks]
	return &narrow
}

// Use sets the number of rows that products are computed of, at most what there is room for.
func (a *Activations) Use(n int) { a.n = min(n, len(a.X)/a.cols) }

// Row returns row i of X.
func (a *Activations) Row(i int) []float32 { return a.X[i*a.cols:][:a.cols] }

// Quantize rounds the rows [lo, hi) of X for the kernels k. The reference multiplies X itself.
func (a *Activations) Quantize(k Kernels, lo, hi int) {
	if k.native == nil || a.cols%tileCols != 0 || lo >= hi {
		return
	}
	a.quantize(k, lo*a.cols, hi*a.cols)
}

// BlockColumns is how many columns of activations are rounded together.
const BlockColumns = tileCols

// QuantizeColumns rounds the columns [from, to) of row i, whole blocks.
func (a *Activations) QuantizeColumns(k Kernels, i, from, to int) {
	if k.native != nil && a.cols%tileCols == 0 {
		a.quantize(k, i*a.cols+from, i*a.cols+to)
	}
}

func (a *Activations) quantize(k Kernels, from, to int) {
	b, e := from/tileCols, to/tileCols
	k.native.quantize(a.X[from:to], a.q[from:to], a.scale[b:e], a.sum[b:e], a.halves[2*b:2*e])
}

// tiny is the magnitude below which a block of activations counts as zero.
const tiny = 1e-30

// quantizeBlock is the definition of the rounding: scale = max|x|/127, q = x·(127/max|x|) to the nearest integer,
// ties to even.
func quantizeBlock(x []float32, q []int8) (scale float32) {
	largest := float32(0)
	for _, v := range x {
		largest = max(largest, abs(v))
	}
	if !(largest > tiny) {
		clear(q)
		return 0
	}
	inverse := 127 / largest
	for i, v := range x {
		q[i] = int8(math.RoundToEven(float64(v * inverse)))
	}
	return largest / 127
}
