package kernels

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Encode quantizes src to dst. len(src) is a multiple of the block size and len(dst) == t.RowBytes(len(src)).
// It fails for a type that has no quantizer. The arithmetic is float32 and follows the reference quantizers of
// the GGUF format without importance matrix, so that a file made here equals one made there.
func Encode(t Type, dst []byte, src []float32) error {
	if !t.Encodes() {
		return fmt.Errorf("kernels: %s: no quantizer", t)
	}
	if len(src)%t.BlockSize() != 0 || len(dst) != t.RowBytes(len(src)) {
		return fmt.Errorf("kernels: %s: %d elements do not fill %d bytes", t, len(src), len(dst))
	}
	layouts[t].encode(dst, src)
	return nil
}

func putHalf(dst []byte, x float32) { binary.LittleEndian.PutUint16(dst, F32ToF16(x)) }

func encodeF32(dst []byte, src []float32) {
	for i, x := range src {
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(x))
	}
}

func encodeF16(dst []byte, src []float32) {
	for i, x := range src {
		putHalf(dst[2*i:], x)
	}
}

func encodeBF16(dst []byte, src []float32) {
	for i, x := range src {
		binary.LittleEndian.PutUint16(dst[2*i:], F32ToBF16(x))
	}
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// ratio returns a/b, and 0 for b = 0.
func ratio(a, b float32) float32 {
	if b == 0 {
		return 0
	}
	return a / b
}

// extreme returns the element of largest magnitude with its sign, the first of equals.
func extreme(x []float32) float32 {
	var largest, m float32
	for _, v := range x {
		if a := abs(v); a > largest {
			largest, m = a, v
		}
	}
	return m
}

func bounds(x []float32) (lowest, highest float32) {
	lowest, highest = x[0], x[0]
	for _, v := range x[1:] {
		lowest, highest = min(lowest, v), max(highest, v)
	}
	return lowest, highest
}

// fused returns a·b+c rounded once, as the reference quantizers do where the processor can. Rounding the
// product too would put ties elsewhere, and weights from bfloat16 have many.
func fused(a, b, c float32) float32 { return float32(math.FMA(float64(a), float64(b), float64(c))) }

// truncated returns x towards zero, within [0, highest]. NaN becomes 0.
func truncated(x float32, highest int) uint8 {
	if !(x > 0) {
		return 0
	}
	return uint8(min(x, float32(highest)))
}

// encodeQ8_0: d = max|x|/127, q = x/d rounded half away from zero.
func encodeQ8_0(dst []byte, src []float32) {
	for ; len(src) >= 32; src, dst = src[32:], dst[34:] {
		d := abs(extreme(src[:32])) / 127
		id := ratio(1, d)
		putHalf(dst, d)
		for j, x := range src[:32] {
			dst[2+j] = byte(roundAway(x * id))
		}
	}
}

// roundAway rounds to the nearest integer, ties away from zero; NaN becomes 0.
func roundAway(x float32) int {
	if x != x {
		return 0
	}
	return int(math.Round(float64(x)))
}

// encodeQ4_0: the element of largest magnitude becomes exactly -8·d, so d has the opposite of its sign.
func encodeQ4_0(dst []byte, src []float32) {
	for ; len(src) >= 32; src, dst = src[32:], dst[18:] {
		d := extreme(src[:32]) / -8
		id := ratio(1, d)
		putHalf(dst, d)
		for j := range 16 {
			lo, hi := truncated(fused(src[j], id, 8.5), 15), truncated(fused(src[j+16], id, 8.5), 15)
			dst[2+j] = lo | hi<<4
		}
	}
}

// encodeQ4_1: d spans lowest to highest in 15 steps.
func encodeQ4_1(dst []byte, src []float32) {
	for ; len(src) >= 32; src, dst = src[32:], dst[20:] {
		lowest, highest := bounds(src[:32])
		d := (highest - lowest) / 15
		id := ratio(1, d)
		putHalf(dst, d)
		putHalf(dst[2:], lowest)
		for j := range 16 {
			lo, hi := truncated(fused(src[j]-lowest, id, 0.5), 15), truncated(fused(src[j+16]-lowest, id, 0.5), 15)
			dst[4+j] = lo | hi<<4
		}
	}
}

// encodeQ5_0 is encodeQ4_0 with a fifth bit.
func encodeQ5_0(dst []byte, src []float32) {
	for ; len(src) >= 32; src, dst = src[32:], dst[22:] {
		d := extreme(src[:32]) / -16
		id := ratio(1, d)
		putHalf(dst, d)
		put5(dst[2:], func(j int) uint8 { return truncated(fused(src[j], id, 16.5), 31) })
	}
}

// encodeQ5_1 is encodeQ4_1 with a fifth bit.
func encodeQ5_1(dst []byte, src []float32) {
	for ; len(src) >= 32; src, dst = src[32:], dst[24:] {
		lowest, highest := bounds(src[:32])
		d := (highest - lowest) / 31
		id := ratio(1, d)
		putHalf(dst, d)
		putHalf(dst[2:], lowest)
		put5(dst[4:], func(j int) uint8 { return truncated(fused(src[j]-lowest, id, 0.5), 31) })
	}
}

// put5 stores 32 five-bit quants: their fifth bits as a u32, then the nibbles.
func put5(dst []byte, quant func(j int) uint8) {
	var high uint32
	for j := range 16 {
		lo, hi := quant(j), quant(j+16)
		dst[4+j] = lo&15 | hi<<4
		high |= uint32(lo>>4)<<j | uint32(hi>>4)<<(j+16)
	}
	binary.LittleEndian.PutUint32(dst, high)
}
