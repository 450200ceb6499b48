package kernels

import (
	"encoding/binary"
	"math"
)

// A sketch is what a head of floats is looked through by: five bits for a weight instead of sixteen or thirty-two. With
// the rounded activations x̂, and r = w - ŵ,
//
//	w·x = ŵ·x̂ + r·x̂ + w·(x - x̂) ≤ ŵ·x̂ + ‖r‖·‖x̂‖ + ‖w‖·‖x - x̂‖
//
// which takes the place of E + ‖r‖·‖x̂‖ in the argument of [Head]; logits are computed from the rows as they are.
//
// What is left to show is that the numbers computed in float32 keep to that. A logit is a sum of products in at least
// four lanes, so it is off by at most (cols/4 + 8)·2⁻²⁴·Σ|w|·|x| ≤ (cols/4 + 8)·2⁻²⁴·‖w‖·‖x‖. E is a sum of n blocks,
// each of them d·(scale·Σu·q - 15.5625·scale·Σq), with u ≤ 31; so 8·E is off by at most
// (n+8)·2⁻²⁴ · Σ_b |d|·8·(31+15.5625)·scale·Σ|q|, where Σ|q|·scale ≤ √32·‖x̂_b‖ as above, and |d| ≤ ‖w_b‖/124 because
// d is a 124th of the largest weight, rounded down: by at most (n+8)·2⁻²⁴·17·‖w‖·‖x̂‖. Adding the bound to it rounds
// three times numbers that are not larger than 3·‖w‖·‖x̂‖. All of that is in the factor of ‖w‖:
//
//	gap = ‖x - x̂‖ + ((n+9)·18·‖x̂‖ + (cols/4 + 8)·‖x‖)·2⁻²⁴
//
// A row that has infinities or NaN has an infinite norm and is never left out.

// packSketch makes the sketch of a panel and the norms of its rows.
func (h *Head) packSketch(quants, scales []byte, panel int) {
	m, blocks := h.high.m, h.high.m.Cols/tileCols
	row := make([]float32, m.Cols)
	for r := range rowsOf(m, panel) {
		id := panel*panelRows + r
		Decode(m.Type, row, m.Row(id))
		size, residual := 0.0, 0.0
		for b := range blocks {
			w := row[tileCols*b:][:tileCols]
			d := sketchScale(w)
			var codes [tileCols]uint8
			for i, v := range w {
				c := 0.0
				if d > 0 {
					c = min(31, max(0, math.Round((float64(v)/d+124.5)/8)))
				}
				codes[i] = uint8(c)
				e := float64(v) - d*(8*c-124.5)
				size += float64(v) * float64(v)
				residual += e * e
			}
			fiveBits(quants[highTile*b:][:highTile], r, &codes)
			binary.LittleEndian.PutUint16(scales[highScale*b+2*r:], F32ToF16(float32(d)))
		}
		if math.IsNaN(size) || math.IsInf(size, 0) {
			size, residual = math.Inf(1), math.Inf(1)
		}
		putNorm(h.size[4*id:], size)
		putNorm(h.residual[4*id:], residual)
	}
}

// sketchScale returns the largest half that is not above a 124th of the largest weight of a block, 0 for a block that
// has weights that are not finite.
func sketchScale(w []float32) float64 {
	largest := float32(0)
	for _, v := range w {
		if v != v || math.IsInf(float64(v), 0) {
			return 0
		}
		largest = max(largest, abs(v))
	}
	const most = 65504 // of a half
	exact := min(float64(largest)/124, most)
	bits := F32ToF16(float32(exact))
	if float64(F16ToF32(bits)) > exact {
		bits-- // of a positive half: the next one below
	}
	return float64(F16ToF32(bits))
}

// dots sets w.logits to the products of x with the rows w.ids of m. They are copied first: m may be a mapped file that is
// cut short at any time, which Go survives and C does not.
func (w *looking) dots(n *native, m Matrix, x []float32) {
	const most = 64 // rows at a time
	size := m.Type.RowBytes(m.Cols)
	w.rows = resized(w.rows, most*size)
	for from := 0; from < len(w.ids); from += most {
		ids := w.ids[from:min(from+most, len(w.ids))]
		for j, id := range ids {
			copy(w.rows[j*size:][:size], m.Row(int(id)))
		}
		n.dots(m.Type, w.rows, x, w.logits[from:][:len(ids)])
	}
}

// gap returns the factor of ‖w‖ in the bound for row i, see above; norm is ‖x̂‖.
func (a *Asker) gap(i int, norm float64) float32 {
	cols, blocks := a.x.cols, a.x.cols/tileCols
	x, q, scale := a.x.Row(i), a.x.q[i*cols:][:cols], a.x.scale[i*blocks:][:blocks]
	size, off := 0.0, 0.0
	for j, v := range x {
		e := float64(v) - float64(scale[j/tileCols])*float64(q[j])
		size += float64(v) * float64(v)
		off += e * e
	}
	gap := math.Sqrt(off) + (float64(blocks+9)*18*norm+float64(cols/4+8)*math.Sqrt(size))*0x1p-24
	return math.Nextafter32(float32(gap*(1+1e-6)), float32(math.Inf(1)))
}
