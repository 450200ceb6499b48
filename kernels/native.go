//go:build cgo && (amd64 || arm64)

package kernels

// #cgo CFLAGS: -O3 -Wall -Wno-psabi -Wno-pass-failed
// #cgo LDFLAGS: -lm
// #cgo noescape lamp_mul
// #cgo nocallback lamp_mul
// #cgo noescape lamp_attend
// #cgo nocallback lamp_attend
// #cgo noescape lamp_quantize
// #cgo nocallback lamp_quantize
// #cgo noescape lamp_low
// #cgo nocallback lamp_low
// #cgo noescape lamp_dots
// #cgo noescape lamp_expand
// #cgo noescape lamp_reduce
// #cgo nocallback lamp_dots
// #cgo nocallback lamp_expand
// #cgo nocallback lamp_reduce
// #cgo noescape lamp_peak
// #cgo nocallback lamp_peak
// #cgo noescape lamp_read
// #cgo nocallback lamp_read
// #cgo noescape lamp_scan
// #cgo nocallback lamp_scan
// #cgo noescape lamp_reach
// #cgo nocallback lamp_reach
// #cgo noescape lamp_peaks
// #cgo nocallback lamp_peaks
// #cgo noescape lamp_highest
// #cgo nocallback lamp_highest
// #cgo noescape lamp_put
// #cgo nocallback lamp_put
// #cgo noescape lamp_norm
// #cgo nocallback lamp_norm
// #cgo noescape lamp_add_norm
// #cgo nocallback lamp_add_norm
// #cgo noescape lamp_gate
// #cgo nocallback lamp_gate
// #cgo noescape lamp_rotate
// #cgo nocallback lamp_rotate
// #cgo noescape lamp_gemm
// #cgo nocallback lamp_gemm
// #cgo noescape lamp_gemm_pack
// #cgo nocallback lamp_gemm_pack
// #cgo noescape lamp_gemm_peak
// #cgo nocallback lamp_gemm_peak
// #cgo noescape lamp_decode
// #cgo nocallback lamp_decode
// #cgo noescape lamp_greatest
// #cgo nocallback lamp_greatest
// #cgo noescape lamp_exp_sum
// #cgo nocallback lamp_exp_sum
// #cgo noescape lamp_geglu
// #cgo nocallback lamp_geglu
// #cgo noescape lamp_geglu_grad
// #cgo nocallback lamp_geglu_grad
// #cgo noescape lamp_norm_grad
// #cgo nocallback lamp_norm_grad
// #cgo noescape lamp_adamw_step
// #cgo nocallback lamp_adamw_step
// #include <stdlib.h>
// #include "native.h"
import "C"

import (
	"slices"
	"unsafe"
)

// evex says that AVX-VNNI was compiled to other instructions, see native.h.
const evex = C.LAMP_EVEX != 0

// native is a set of C kernels. Its methods check nothing: their callers in this package do.
type native struct{ k *C.lamp_kernels }

// findNative returns the C kernels called name, nil if this build has none.
func findNative(name string) *native {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	if k := C.lamp_find(s); k != nil {
		return &native{k}
	}
	return nil
}

func bytesAt(b []byte) *C.uint8_t     { return (*C.uint8_t)(unsafe.SliceData(b)) }
func floatsAt(f []float32) *C.float   { return (*C.float)(unsafe.SliceData(f)) }
func intsAt(q []int8) *C.int8_t       { return (*C.int8_t)(unsafe.SliceData(q)) }
func halvesAt(h []uint16) *C.uint16_t { return (*C.uint16_t)(unsafe.SliceData(h)) }

func (n *native) mulScratch(cols, rows int) int {
	return int(C.lamp_mul_scratch(C.int64_t(cols), C.int64_t(rows)))
}

// mul computes the rows of panels [first, last) for all activation rows.
func (n *native) mul(w *Packed, x *Activations, dst []float32, first, last int, scratch []byte) {
	C.lamp_mul(n.k, bytesAt(w.quants), bytesAt(w.scales), C.int32_t(w.arranged), C.int32_t(w.m.Rows), C.int32_t(w.m.Cols),
		floatsAt(x.X), intsAt(x.q), floatsAt(x.scale), floatsAt(x.sum), floatsAt(x.halves), C.int64_t(x.n),
		floatsAt(dst), C.int64_t(first), C.int64_t(last), bytesAt(scratch))
}

func (n *native) quantize(x []float32, q []int8, scale, sum, halves []float32) {
	C.lamp_quantize(n.k, floatsAt(x), C.int64_t(len(x)), intsAt(q), floatsAt(scale), floatsAt(sum), floatsAt(halves))
}

// low adds what the low plane contributes to the logits of the rows ids for activation row i.
func (n *native) low(rows []byte, rowBytes int, x *Activations, i int, ids []int32, dst []float32) {
	if len(ids) == 0 {
		return
	}
	blocks := x.cols / tileCols
	C.lamp_low(n.k, bytesAt(rows), C.int64_t(rowBytes), C.int64_t(x.cols), intsAt(x.q[i*x.cols:]), floatsAt(x.scale[i*blocks:]), floatsAt(x.sum[i*blocks:]),
		(*C.int32_t)(unsafe.SliceData(ids)), C.int64_t(len(ids)), floatsAt(dst))
}

// dots sets dst to the products of len(dst) rows of floats with x.
func (n *native) dots(t Type, rows []byte, x, dst []float32) {
	C.lamp_dots(n.k, bytesAt(rows), C.int32_t(t), C.int64_t(t.RowBytes(len(x))), floatsAt(x), C.int64_t(len(x)), C.int64_t(len(dst)), floatsAt(dst))
}

// scan appends to ids[:0] the indices, from first on, of the elements of x that are not below floor.
func (n *native) scan(x []float32, floor float32, first int, ids []int32) []int32 {
	ids = slices.Grow(ids[:0], len(x))
	return ids[:C.lamp_scan(n.k, floatsAt(x), C.int64_t(len(x)), C.float(floor), C.int32_t(first), (*C.int32_t)(unsafe.SliceData(ids)))]
}

// reach does the same for 8·x + residual·norm + size·gap; residual and size have a little-endian float32 for every
// element.
func (n *native) reach(x []float32, residual, size []byte, b bound, floor float32, first int, ids []int32) []int32 {
	ids = slices.Grow(ids[:0], len(x))
	return ids[:C.lamp_reach(n.k, floatsAt(x), (*C.float)(unsafe.Pointer(unsafe.SliceData(residual))), (*C.float)(unsafe.Pointer(unsafe.SliceData(size))), C.int64_t(len(x)), C.float(b.norm), C.float(b.gap), C.float(floor), C.int32_t(first), (*C.int32_t)(unsafe.SliceData(ids)))]
}

// peaks writes the largest element of every group of x to dst: as an integer, of which the order is that of the floats,
// NaN at the ends.
func (n *native) peaks(x []float32, group int, dst []int32) {
	C.lamp_peaks(n.k, floatsAt(x), C.int64_t(len(x)), C.int64_t(group), (*C.int32_t)(unsafe.SliceData(dst)))
}

// highest returns the index of the largest element of x in that order.
func (n *native) highest(x []float32) int {
	return int(C.lamp_highest(n.k, floatsAt(x), C.int64_t(len(x))))
}

func (n *native) attendScratch(dim, rows, heads, keys int) int {
	return int(C.lamp_attend_scratch(C.int64_t(dim), C.int64_t(rows), C.int64_t(heads), C.int64_t(keys)))
}

func (n *native) attend(c *Cache, q *Queries, exact bool, scratch []float32) {
	e := C.int32_t(0)
	if exact {
		e = 1
	}
	keys, values, keyScales, valueScales := cacheAt(c)
	C.lamp_attend(n.k, keys, values, keyScales, valueScales, C.int64_t(c.Slots), C.int64_t(c.Dim),
		floatsAt(q.Q), floatsAt(q.Out), C.int64_t(q.N), C.int64_t(q.Heads), C.int64_t(q.Stride), C.int64_t(q.First), C.int64_t(q.Window), e, (*C.uint8_t)(unsafe.Pointer(alignedAt(scratch))))
}

func (n *native) put(c *Cache, slot int, key, value []float32) {
	keys, values, keyScales, valueScales := cacheAt(c)
	C.lamp_put(n.k, keys, values, keyScales, valueScales, C.int64_t(c.Slots), C.int64_t(c.Dim), C.int64_t(slot), floatsAt(key), floatsAt(value))
}

// cacheAt returns where keys and values are, halves or quants, and the scales of quants.
func cacheAt(c *Cache) (keys, values *C.uint8_t, keyScales, valueScales *C.uint16_t) {
	if c.Type == Q8_0 {
		return (*C.uint8_t)(unsafe.Pointer(intsAt(c.K8))), (*C.uint8_t)(unsafe.Pointer(intsAt(c.V8))), halvesAt(c.KScales), halvesAt(c.VScales)
	}
	return (*C.uint8_t)(unsafe.Pointer(halvesAt(c.K))), (*C.uint8_t)(unsafe.Pointer(halvesAt(c.V))), nil, nil
}

func (n *native) norm(dst, x, gain []float32, eps float32) {
	C.lamp_norm(n.k, floatsAt(dst), floatsAt(x), floatsAt(gain), C.int64_t(len(x)), C.float(eps))
}

func (n *native) addNorm(dst, x, gain []float32, eps float32) {
	C.lamp_add_norm(n.k, floatsAt(dst), floatsAt(x), floatsAt(gain), C.int64_t(len(x)), C.float(eps))
}

// gate gates the columns [from, to) of all rows of x, and rounds them if it can be rounded; up lies as x.
func (n *native) gate(x *Activations, up []float32, from, to int) {
	var q *C.int8_t
	var scale, sum, halves *C.float
	if x.cols%tileCols == 0 {
		b := from / tileCols
		q, scale, sum, halves = intsAt(x.q[from:]), floatsAt(x.scale[b:]), floatsAt(x.sum[b:]), floatsAt(x.halves[2*b:])
	}
	C.lamp_gate(n.k, floatsAt(x.X[from:]), floatsAt(up[from:]), C.int64_t(x.n), C.int64_t(x.cols), C.int64_t(to-from), q, scale, sum, halves)
}

func (n *native) rotate(x, cos, sin []float32) {
	C.lamp_rotate(n.k, floatsAt(x), floatsAt(cos), floatsAt(sin), C.int64_t(len(x)/2))
}

// gemmTile returns the rows and columns of what gemm computes at a time, the widths of the panels of its factors.
func (n *native) gemmTile() (rows, cols int) {
	t := unsafe.Slice(n.k.gemm_tile, 2)
	return int(t[0]), int(t[1])
}

// gemm multiplies packed factors; c is where the product goes or is added. With bf16 the panels have pairs, which depth
// counts then.
func (n *native) gemm(bf16 bool, c []float32, stride int, a, b []float32, rows, cols, depth int, add bool) {
	C.lamp_gemm(n.k, flag(bf16), floatsAt(c), C.int64_t(stride), floatsAt(a), floatsAt(b), C.int64_t(rows), C.int64_t(cols), C.int64_t(depth), flag(add))
}

func (n *native) gemmPack(bf16 bool, dst []float32, width, depth int, across bool, x []float32, stride, rows, cols int) {
	C.lamp_gemm_pack(n.k, flag(bf16), floatsAt(dst), C.int64_t(width), C.int64_t(depth), flag(across), floatsAt(x), C.int64_t(stride), C.int64_t(rows), C.int64_t(cols))
}

// decode reports whether it has decoded src, or is not made for the type.
func (n *native) decode(t Type, dst []float32, src []byte) bool {
	return C.lamp_decode(n.k, C.int32_t(t), floatsAt(dst), bytesAt(src), C.int64_t(len(dst))) != 0
}

// gemmPeak does rounds of float products from registers and returns how many multiply-adds they were.
func (n *native) gemmPeak(bf16 bool, rounds int) int {
	var result C.float
	return int(C.lamp_gemm_peak(n.k, flag(bf16), C.int64_t(rounds), &result))
}

func (n *native) largest(x []float32) float32 {
	return float32(C.lamp_greatest(n.k, floatsAt(x), C.int64_t(len(x))))
}

func (n *native) expSum(x []float32, top float32) float32 {
	return float32(C.lamp_exp_sum(n.k, floatsAt(x), C.int64_t(len(x)), C.float(top)))
}

func (n *native) geglu(dst, gate, up []float32) {
	C.lamp_geglu(n.k, floatsAt(dst), floatsAt(gate), floatsAt(up), C.int64_t(len(dst)))
}

func (n *native) gegluGrad(gate, up, dy []float32) {
	C.lamp_geglu_grad(n.k, floatsAt(gate), floatsAt(up), floatsAt(dy), C.int64_t(len(dy)))
}

// reduce sets rows of h, apart from each other, to what the rows of a make of those of x.
func (n *native) reduce(a []byte, half bool, rank int, x []float32, stride, cols, rows int, h []float32, apart int) {
	C.lamp_reduce(n.k, bytesAt(a), flag(half), C.int64_t(rank), floatsAt(x), C.int64_t(stride), C.int64_t(cols), C.int64_t(rows), floatsAt(h), C.int64_t(apart))
}

// expand adds to rows of y, stride apart, what the panels of b make of those of h.
func (n *native) expand(b []byte, half bool, h []float32, apart, rank int, y []float32, stride, outputs, rows int) {
	C.lamp_expand(n.k, bytesAt(b), flag(half), floatsAt(h), C.int64_t(apart), C.int64_t(rank), floatsAt(y), C.int64_t(stride), C.int64_t(outputs), C.int64_t(rows))
}

func (n *native) normGrad(dst, x, gain, dy []float32, eps float32, add bool) {
	C.lamp_norm_grad(n.k, floatsAt(dst), floatsAt(x), floatsAt(gain), floatsAt(dy), C.int64_t(len(x)), C.float(eps), flag(add))
}

func (n *native) adamw(s AdamW, p, g, m, v []float32) {
	C.lamp_adamw_step(n.k, C.float(s.Rate), C.float(s.Beta1), C.float(s.Beta2), C.float(s.Epsilon), C.float(s.Decay), C.float(s.Correct1), C.float(s.Correct2), C.float(s.Scale),
		floatsAt(p), floatsAt(g), floatsAt(m), floatsAt(v), C.int64_t(len(p)))
}

func flag(b bool) C.int32_t {
	if b {
		return 1
	}
	return 0
}

// alignedAt returns the first address in f that is a multiple of 64.
func alignedAt(f []float32) *float32 { return &f[alignment(f)/4] }

// peak does rounds of products from registers and returns how many multiply-adds they were.
func (n *native) peak(rounds int) int {
	var result C.int32_t
	return int(C.lamp_peak(n.k, C.int64_t(rounds), &result))
}

// read reads b once.
func (n *native) read(b []byte) { C.lamp_read(bytesAt(b), C.int64_t(len(b))) }
