package kernels

import "fmt"

// Operand is a matrix that a [GEMM] multiplies with or writes to. It refers to memory that stays its owner's.
type Operand struct {
	rows, cols int // as they lie in memory
	transposed bool
	rounds     bool      // see Rounded
	x          []float32 // element (i, j) at i·stride + j
	stride     int
	weights    Matrix // if x is nil
}

// Dense makes an operand of rows of cols floats, of which the first elements are stride apart. It panics if x is too
// short for it.
func Dense(x []float32, rows, cols, stride int) Operand {
	if rows < 0 || cols < 0 || stride < cols || rows > 0 && (len(x) < cols || rows > 1 && stride > (len(x)-cols)/(rows-1)) {
		panic(fmt.Sprintf("kernels: %d × %d elements, rows %d apart, of %d floats", rows, cols, stride, len(x)))
	}
	if x == nil {
		x = []float32{}
	}
	return Operand{rows: rows, cols: cols, x: x, stride: stride}
}

// Weights makes an operand of weights of any type, which are decoded while they are read. It can only be the factor
// on the right.
func Weights(m Matrix) Operand { return Operand{rows: m.Rows, cols: m.Cols, weights: m} }

// T returns the transposed matrix.
func (o Operand) T() Operand {
	o.transposed = !o.transposed
	return o
}

// Rounded lets a product with the matrix round both factors to bfloat16, to nearest even, where the processor multiplies
// those faster ([Kernels.MultipliesBF16]). Sums are float32 as ever.
func (o Operand) Rounded() Operand {
	o.rounds = true
	return o
}

// MultipliesBF16 reports whether products of [Operand.Rounded] are made of bfloat16. Elsewhere they are those of float32.
func (k Kernels) MultipliesBF16() bool { return k.native != nil && k.bfloat16 }

func (o Operand) shape() (rows, cols int) {
	if o.transposed {
		return o.cols, o.rows
	}
	return o.rows, o.cols
}

// GEMM multiplies matrices of float32, as training does: with weights W whose rows make one output each, a linear layer
// is Y = X·Wᵀ, the gradient of its inputs dX = dY·W and that of its weights dW += dYᵀ·X. It keeps its working memory
// from call to call and has one user at a time.
//
// Both factors are packed first, A in panels of some rows and B in panels of some columns, so that the loop that
// multiplies reads them from one end to the other, and then tiles of C are computed by all threads (Goto & van de
// Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 2008).
//
// An element is summed by blocks of 4,096 terms. The reference adds the terms of a block in float64, in ascending order,
// and rounds their sum once. The C kernels split a block in parts of 256, add the terms of a part in ascending order in
// float32, every product unrounded, and then the sums of the parts in ascending order: they agree in every bit. Where one
// factor is thin, like those of an adapter, the other one is used only a few times, and each thread packs what it needs.
//
// Factors that are rounded to bfloat16 are packed as pairs of terms that follow each other. One instruction multiplies two
// pairs and adds both products, so a part has twice as many terms.
type GEMM struct {
	k     Kernels
	pool  *Pool
	left  packing
	right packing
	late  *packing // that of left and right which is packed part by part where it is multiplied, if one is
	c     Operand
	add   bool
	bf16  bool // both factors are packed as pairs

	tileRows, tileCols int // what a kernel computes at a time
	unitRows, unitCols int // what a thread does
	scratch            []gemmScratch
}

// gemmScratch is a worker's: weights as their file has them, since C must not read the file, and decoded, and a part of a
// factor that is packed late.
type gemmScratch struct {
	stored          []byte
	decoded, packed []float32
}

const (
	gemmDepth  = 4096    // terms of a block; a multiple of every type's block size
	gemmPart   = 256     // terms of a part, or pairs, DEPTH in gemm.h
	gemmFloats = 1 << 21 // of each factor in a block
	gemmThin   = 32      // rows or columns that are so few that packing the other factor costs as much as multiplying
	packCols   = 256     // columns that are packed at a time, a multiple of every type's block size too
	packRows   = 32
)

// GEMMBytes is about what a GEMM takes of memory, once it has multiplied large matrices.
const GEMMBytes = 2 * 4 * gemmFloats

// NewGEMM makes a GEMM whose work is shared over the pool.
func NewGEMM(k Kernels, pool *Pool) *GEMM {
	g := &GEMM{k: k, pool: pool, tileRows: 1, tileCols: referenceCols, scratch: make([]gemmScratch, pool.Threads())}
	if k.native != nil {
		g.tileRows, g.tileCols = k.native.gemmTile()
	}
	g.left.width, g.right.width = g.tileRows, g.tileCols
	return g
}

// Mul sets c = a·b. It panics if sizes do not fit. c must not share memory with a and b.
func (g *GEMM) Mul(c, a, b Operand) { g.multiply(c, a, b, false) }

// Add sets c += a·b, likewise.
func (g *GEMM) Add(c, a, b Operand) { g.multiply(c, a, b, true) }

func (g *GEMM) multiply(c, a, b Operand, add bool) {
	m, k := a.shape()
	inner, n := b.shape()
	if k != inner || m != c.rows || n != c.cols || c.transposed || c.x == nil || a.x == nil {
		panic(fmt.Sprintf("kernels: a product of %d × %d and %d × %d into %d × %d", m, k, inner, n, c.rows, c.cols))
	}
	if k == 0 && !add {
		for i := range m {
			clear(c.x[i*c.stride:][:n])
		}
	}
	g.c, g.add = c, add
	g.bf16 = (a.rounds || b.rounds) && g.k.MultipliesBF16()
	g.left.terms, g.right.terms = 1, 1
	if g.bf16 {
		g.left.terms, g.right.terms = 2, 2
	}
	g.left.of, g.left.across = a, a.transposed
	g.right.of, g.right.across = b, !b.transposed
	for p := 0; p < k; p += gemmDepth {
		depth := min(k-p, gemmDepth)
		most := max(gemmFloats/depth/packCols, 1) * packCols
		for j := 0; j < n; j += most {
			for i := 0; i < m; i += most {
				g.left.take(i, min(m-i, most), p, depth, j > 0 && m <= most)
				g.right.take(j, min(n-j, most), p, depth, i > 0)
				g.block()
			}
		}
		g.add = true
	}
	g.c, g.left.of, g.right.of = Operand{}, Operand{}, Operand{}
}

// block packs what is not packed yet of a block, and multiplies it.
func (g *GEMM) block() {
	g.late = nil
	switch {
	case g.k.native == nil:
	case g.right.n <= gemmThin:
		g.late = &g.left
	case g.left.n <= gemmThin && g.right.of.x != nil: // parts of weights would have to be whole blocks
		g.late = &g.right
	}
	if g.late != nil {
		g.late.done = true
	}
	for i := range g.scratch {
		s := &g.scratch[i]
		if g.right.of.x == nil && s.decoded == nil {
			s.stored, s.decoded = make([]byte, 4*packRows*packCols), make([]float32, packRows*packCols)
		}
		if g.late != nil && s.packed == nil {
			s.packed = alignedFloats(packCols * gemmPart)
		}
	}
	g.left.reserve()
	g.right.reserve()
	units := g.left.units() + g.right.units()
	g.pool.Run(units, max(1, min(16, units/(8*g.pool.Threads()))), (*gemmPack)(g))
	g.divide()
	g.pool.Run(g.rowUnits()*g.colUnits(), 1, (*gemmTiles)(g))
}

// divide chooses what a thread does at a time: as much as fits the second cache, or less where that made too few units.
func (g *GEMM) divide() {
	few := 8 * g.pool.Threads()
	g.unitRows, g.unitCols = roundUp(96, g.tileRows), packCols
	switch g.late {
	case nil:
	case &g.left:
		g.unitRows, g.unitCols = packCols/g.tileRows*g.tileRows, roundUp(g.right.n, g.tileCols)
	case &g.right:
		g.unitRows = roundUp(g.left.n, g.tileRows)
	}
	for g.rowUnits()*g.colUnits() < few {
		switch {
		case g.late != &g.left && (g.unitCols > 4*g.tileCols || g.unitRows == g.tileRows && g.unitCols > g.tileCols):
			g.unitCols = roundUp(g.unitCols/2, g.tileCols)
		case g.late != &g.right && g.unitRows > g.tileRows:
			g.unitRows = roundUp(g.unitRows/2, g.tileRows)
		default:
			return
		}
	}
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

func (g *GEMM) rowUnits() int { return (g.left.n + g.unitRows - 1) / g.unitRows }
func (g *GEMM) colUnits() int { return (g.right.n + g.unitCols - 1) / g.unitCols }

// packing is one factor's part of a block: the rows or columns [first, first+n) of the product, and the terms [from,
// from+depth).
type packing struct {
	of     Operand
	across bool // its rows are terms, else they are rows or columns of the product
	width  int  // of a panel
	terms  int  // in a float of it: 1, or 2 in bfloat16

	first, n, from, depth int
	done                  bool
	panels                []float32 // [n/width][lanes][width], with zeros where n ends within a panel, and depth within a pair
}

func (p *packing) take(first, n, from, depth int, done bool) {
	p.first, p.n, p.from, p.depth, p.done = first, n, from, depth, done
}

// lanes is the depth in floats of a panel.
func (p *packing) lanes() int { return (p.depth + p.terms - 1) / p.terms }

// reserve makes room for the panels, unless there is nothing to pack.
func (p *packing) reserve() {
	if need := roundUp(p.n, p.width) * p.lanes(); !p.done && len(p.panels) < need {
		p.panels = alignedFloats(need)
	}
}

func alignedFloats(n int) []float32 {
	x := make([]float32, n+16)
	return x[alignment(x)/4:][:n]
}

// unit returns how many rows and columns of the operand are packed at a time.
func (p *packing) unit() (rows, cols int) {
	if p.across {
		return packRows, packCols / p.width * p.width
	}
	return p.width, packCols
}

// size returns how many there are.
func (p *packing) size() (rows, cols int) {
	if p.across {
		return p.depth, p.n
	}
	return p.n, p.depth
}

func (p *packing) units() int {
	if p.done {
		return 0
	}
	rows, cols := p.size()
	h, w := p.unit()
	return (rows + h - 1) / h * ((cols + w - 1) / w)
}

// pack packs one unit.
func (p *packing) pack(k Kernels, unit int, scratch *gemmScratch) {
	rows, cols := p.size()
	h, w := p.unit()
	wide := (cols + w - 1) / w
	row, col := unit/wide*h, unit%wide*w
	h, w = min(h, rows-row), min(w, cols-col)
	i, j, at := p.first+row, p.from+col, row*p.lanes()+col/p.terms*p.width
	if p.across {
		i, j, at = p.from+row, p.first+col, col*p.lanes()+row/p.terms*p.width
	}
	x, stride := scratch.decoded, w
	if p.of.x != nil {
		x, stride = p.of.x[i*p.of.stride+j:], p.of.stride
	} else {
		t := p.of.weights.Type
		size := t.RowBytes(w)
		for r := range h {
			copy(scratch.stored[r*size:][:size], p.of.weights.Row(i + r)[t.RowBytes(j):])
		}
		k.decode(t, x[:h*w], scratch.stored[:h*size])
	}
	if k.native != nil {
		k.native.gemmPack(p.terms == 2, p.panels[at:], p.width, p.lanes(), p.across, x, stride, h, w)
		return
	}
	for r := range h {
		for c, v := range x[r*stride:][:w] {
			if p.across {
				p.panels[at+c/p.width*p.width*p.depth+r*p.width+c%p.width] = v
			} else {
				p.panels[at+c*p.width+r] = v
			}
		}
	}
}

// gemmPack is the task of packing the units of both factors, gemmTiles that of multiplying.
type (
	gemmPack  GEMM
	gemmTiles GEMM
)

// Do implements Task.
func (g *gemmPack) Do(worker, lo, hi int) {
	left := g.left.units()
	for u := lo; u < hi; u++ {
		if u < left {
			g.left.pack(g.k, u, &g.scratch[worker])
		} else {
			g.right.pack(g.k, u-left, &g.scratch[worker])
		}
	}
}

// Do implements Task. Units that follow each other have the same columns, of which the panels stay in the second cache.
func (g *gemmTiles) Do(worker, lo, hi int) {
	tall := (*GEMM)(g).rowUnits()
	for u := lo; u < hi; u++ {
		i, j := u%tall*g.unitRows, u/tall*g.unitCols
		m, n, depth := min(g.left.n-i, g.unitRows), min(g.right.n-j, g.unitCols), g.left.lanes()
		c := g.c.x[(g.left.first+i)*g.c.stride+g.right.first+j:]
		switch {
		case g.k.native == nil:
			referenceGEMM(c, g.c.stride, g.left.panels[i*depth:], g.right.panels[j*depth:], m, n, depth, g.add)
		case g.late != nil:
			g.thin(c, i, j, m, n, &g.scratch[worker])
		default:
			g.k.native.gemm(g.bf16, c, g.c.stride, g.left.panels[i*depth:], g.right.panels[j*depth:], m, n, depth, g.add)
		}
	}
}

// thin packs the factor that is packed late by parts of its terms and multiplies each with the panels of the other one.
func (g *gemmTiles) thin(c []float32, i, j, m, n int, scratch *gemmScratch) {
	for p := 0; p < g.late.lanes(); p += gemmPart {
		part := *g.late
		part.from, part.depth, part.done, part.panels = part.from+p*part.terms, min(part.depth-p*part.terms, gemmPart*part.terms), false, scratch.packed
		add := g.add || p > 0
		if g.late == &g.left {
			part.first, part.n = part.first+i, m
		} else {
			part.first, part.n = part.first+j, n
		}
		for u := range part.units() {
			part.pack(g.k, u, scratch)
		}
		if g.late == &g.left {
			for t := 0; t < n; t += g.tileCols {
				panel := g.right.panels[(j+t)*g.right.lanes()+p*g.tileCols:]
				g.k.native.gemm(g.bf16, c[t:], g.c.stride, part.panels, panel, m, min(n-t, g.tileCols), part.lanes(), add)
			}
		} else {
			for t := 0; t < m; t += g.tileRows {
				panel := g.left.panels[(i+t)*g.left.lanes()+p*g.tileRows:]
				g.k.native.gemm(g.bf16, c[t*g.c.stride:], g.c.stride, panel, part.panels, min(m-t, g.tileRows), n, part.lanes(), add)
			}
		}
	}
}

const referenceCols = 16

// referenceGEMM is what the kernels do: c [m][n] from a [m][k] and panels b [n/16][k][16].
func referenceGEMM(c []float32, stride int, a, b []float32, m, n, k int, add bool) {
	for i := range m {
		for j := 0; j < n; j += referenceCols {
			var sums [referenceCols]float64
			panel := b[j*k:]
			for p, v := range a[i*k:][:k] {
				for t, w := range panel[p*referenceCols:][:referenceCols] {
					sums[t] += float64(v) * float64(w)
				}
			}
			row := c[i*stride+j:]
			for t, v := range sums[:min(n-j, referenceCols)] {
				if add {
					row[t] += float32(v)
				} else {
					row[t] = float32(v)
				}
			}
		}
	}
}
