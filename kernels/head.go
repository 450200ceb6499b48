package kernels

import (
	"context"
	"encoding/binary"
	"math"
)

// Head is an output layer that is asked for the most likely tokens rather than for all logits. It is most of a
// small model: 262,144 rows of 640 weights, of which a sampler looks at 64.
//
// A Q8_0 matrix is stored in two planes, together without loss: w = d·(8·u + l - 128), u the upper five and l the lower
// three bits of the quant plus 128. With the rounded activations x̂, the logit of a row is
//
//	L = E + R,  E = Σ d·(8·u - 124.5)·x̂,  R = Σ d·(l - 3.5)·x̂
//
// The first pass reads the upper plane of every row and computes E. By Cauchy and Schwarz |R| ≤ ‖r‖·‖x̂‖, where
// r = (d·(l - 3.5)) is known when the row is packed and ‖r‖ is stored, rounded up. Let T be the lowest exact logit of
// any k rows, here the k best of 2·k rows with large E. Then the k-th largest logit is at least T, and a row with
// E + ‖r‖·‖x̂‖ < T cannot be among the k largest; the logits of all other rows are completed from the lower plane.
// The result is the same k rows with the same logits as if every row were completed.
//
// Of random weights, the worst there is, the bound lets pass 0.8 % of the rows for the top 64. With four bits in the
// upper plane it would be 10 %, and their completion would take longer than the first pass saves.
//
// That holds for the numbers computed in float32 as well, not only for the exact ones. L is computed as the rounded
// sum fl(E + R) of the computed E and R, and rounding is monotonic: R ≤ B implies fl(E + R) ≤ fl(E + B), which is
// what is compared with T. What is left to show is |R| ≤ B for the computed R. It is a sum of the products
// d·scale·Σl·q, of which 16 lanes are added one after the other and then together, less 3.5 times the sum of
// d·scale·Σq. With n blocks no number goes through more than n + 8 roundings, so R is off by at most
// (n+8)·2⁻²⁴ · Σ_b |d|·scale·(7+3.5)·Σ|q|, up to terms of second order. In a block Σ|q|·scale ≤ √32·‖x̂_b‖, and since
// |l - 3.5| ≥ 1/2, ‖r_b‖ ≥ |d|·√32/2; so the last sum is at most 10.5·2·Σ‖r_b‖·‖x̂_b‖ ≤ 21·‖r‖·‖x̂‖. Hence
// B = ‖r‖·‖x̂‖·(1 + 22·(n+8)·2⁻²⁴), the 22 leaving room for the terms of second order.
//
// A matrix of floats keeps its rows as they are and has a sketch beside them, ŵ = d·(8·u - 124.5), which takes the place
// of the upper plane; see sketch.go.
type Head struct {
	w        Packed // all of it, for types and kernels that have no first pass
	high     Packed // u
	low      []byte // [rows] l and d: [cols/32][8] bytes, [cols/32] u32, [cols/32] halves, up to a multiple of 8
	residual []byte // [rows] float32 ‖r‖, rounded up
	size     []byte // [rows] float32 ‖w‖, rounded up, of a sketch
}

// highPlane is the arrangement of the upper five bits of Q8_0: tiles and scales as for Q5_0. No file has it.
const highPlane Type = 200

const (
	highTile  = 320 // bytes of a tile
	highScale = 32  // bytes of its scales
)

// lowBytes returns the bytes of a row of the lower plane. Byte i of a block's eight has the lower two bits of l for
// columns i, 8+i, 16+i and 24+i; the bits of its u32 are the third ones, in the order of the columns.
func lowBytes(cols int) int { return (cols/tileCols*14 + 7) / 8 * 8 }

// HeadSize returns the bytes that PackHead needs for m.
func (k Kernels) HeadSize(m Matrix) int {
	if !k.planes(m) {
		return k.PackedSize(m)
	}
	n := panels(m.Rows) * (m.Cols / tileCols) * (highTile + highScale)
	if m.Type == Q8_0 {
		return n + m.Rows*(lowBytes(m.Cols)+4)
	}
	return n + m.Rows*8
}

// planes reports whether a head of m has a first pass that reads less than all of it.
func (k Kernels) planes(m Matrix) bool {
	return k.native != nil && (m.Type == Q8_0 || m.Type.BlockSize() == 1 && m.Cols%tileCols == 0)
}

// PackHead arranges m as an output layer in memory of HeadSize bytes, which it keeps. m.Data stays in use for types other
// than Q8_0. When ctx ends the work does too, and the result must not be used.
func (k Kernels) PackHead(ctx context.Context, m Matrix, memory []byte, pool *Pool) Head {
	if !k.planes(m) {
		return Head{w: k.Pack(ctx, m, memory, pool)}
	}
	h := k.ArrangedHead(m, memory)
	clear(memory)
	n := panels(m.Rows)
	quants, scales := len(h.high.quants)/n, len(h.high.scales)/n
	pack := h.packPlanes
	if h.size != nil {
		pack = h.packSketch
	}
	pool.Run(n, 16, Range(func(lo, hi int) {
		for p := lo; p < hi && ctx.Err() == nil; p++ {
			pack(h.high.quants[p*quants:][:quants], h.high.scales[p*scales:][:scales], p)
		}
	}))
	return h
}

// ArrangedHead is PackHead for memory that holds m in its arrangement already.
func (k Kernels) ArrangedHead(m Matrix, memory []byte) Head {
	if !k.planes(m) {
		return Head{w: k.Arranged(m, memory)}
	}
	h := Head{high: Packed{m: m, k: k, arranged: highPlane}}
	take := func(n int) []byte {
		part := memory[:n:n]
		memory = memory[n:]
		return part
	}
	n := panels(m.Rows) * (m.Cols / tileCols)
	h.high.quants, h.high.scales = take(n*highTile), take(n*highScale)
	if m.Type == Q8_0 {
		h.low = take(m.Rows * lowBytes(m.Cols))
	} else {
		h.size = take(m.Rows * 4)
	}
	h.residual = take(m.Rows * 4)
	return h
}

func (h *Head) packPlanes(quants, scales []byte, panel int) {
	m, blocks := h.high.m, h.high.m.Cols/tileCols
	for r := range rowsOf(m, panel) {
		id := panel*panelRows + r
		row, low := m.Row(id), h.low[id*lowBytes(m.Cols):][:lowBytes(m.Cols)]
		squares := 0.0
		for b := range blocks {
			src := row[34*b:][:34]
			var upper [tileCols]uint8
			var third uint32
			sum := 0
			for i, v := range src[2:] {
				v += 128
				upper[i] = v >> 3
				low[8*b+i%8] |= v & 3 << (i / 8 * 2)
				third |= uint32(v>>2&1) << i
				c := 2*int(v&7) - 7
				sum += c * c
			}
			fiveBits(quants[highTile*b:][:highTile], r, &upper)
			copy(scales[highScale*b+2*r:], src[:2])
			binary.LittleEndian.PutUint32(low[8*blocks+4*b:], third)
			copy(low[12*blocks+2*b:], src[:2])
			d := float64(half(src))
			squares += d * d * float64(sum) / 4
		}
		putNorm(h.residual[4*id:], squares)
	}
}

// putNorm writes a norm, the root of a sum of squares, rounded up.
func putNorm(dst []byte, squares float64) {
	norm := math.Nextafter32(float32(math.Sqrt(squares)*(1+1e-12)), float32(math.Inf(1)))
	binary.LittleEndian.PutUint32(dst, math.Float32bits(norm))
}

// planes reports whether there is a first pass that reads less than all of the head.
func (h *Head) planes() bool { return h.residual != nil }

// native returns the C kernels that compute the head, nil for the reference.
func (h *Head) native() *native {
	if h.planes() {
		return h.high.k.native
	}
	return h.w.k.native
}

// Rows returns the number of tokens.
func (h *Head) Rows() int { return h.matrix().Rows }

func (h *Head) matrix() Matrix {
	if h.planes() {
		return h.high.m
	}
	return h.w.m
}

// Row decodes the weights of a token into dst [Cols], as the file has them.
func (h *Head) Row(dst []float32, id int) {
	if h.low == nil {
		m := h.matrix()
		Decode(m.Type, dst, m.Row(id))
		return
	}
	cols := h.high.m.Cols
	blocks := cols / tileCols
	tiles := h.high.quants[id/panelRows*blocks*highTile:]
	low := h.low[id*lowBytes(cols):][:14*blocks]
	r := id % panelRows
	for b := range blocks {
		d := half(low[12*blocks+2*b:])
		third := binary.LittleEndian.Uint32(low[8*blocks+4*b:])
		x := dst[tileCols*b:][:tileCols]
		for i, u := range fromFiveBits(tiles[highTile*b:], r) {
			l := low[8*b+i%8]>>(i/8*2)&3 | uint8(third>>i&1)<<2
			x[i] = d * float32(int(u<<3|l)-128)
		}
	}
}
