package kernels

import (
	"encoding/binary"
	"math"
)

// Decode writes the elements of src to dst as float32, exactly as the format defines them. len(dst) is a
// multiple of the block size and len(src) == t.RowBytes(len(dst)). The type must compute.
//
// Block layouts: the GGUF format's quantization types. In the 32-element types the byte j of the
// quants holds element j in its low nibble and element j+16 in its high nibble.
func Decode(t Type, dst []float32, src []byte) { layouts[t].decode(dst, src) }

// decode is Decode, by C for the types that it has. src must not be a mapped file.
func (k Kernels) decode(t Type, dst []float32, src []byte) {
	if k.native == nil || !k.native.decode(t, dst, src) {
		Decode(t, dst, src)
	}
}

func half(b []byte) float32 { return halves[binary.LittleEndian.Uint16(b)] }

func decodeF32(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

func decodeF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = half(src[2*i:])
	}
}

func decodeBF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = BF16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

// decodeQ8_0: d:f16, q[32]:i8; x = d·q.
func decodeQ8_0(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[34:] {
		d, q, x := half(src), src[2:34], dst[:32]
		for j := range x {
			x[j] = d * float32(int8(q[j]))
		}
	}
}

// decodeQ4_0: d:f16, q[16]; x = d·(q-8).
func decodeQ4_0(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[18:] {
		d, q := half(src), src[2:18]
		lo, hi := dst[:16], dst[16:32]
		for j, b := range q {
			lo[j] = d * float32(int(b&15)-8)
			hi[j] = d * float32(int(b>>4)-8)
		}
	}
}

// decodeQ4_1: d:f16, m:f16, q[16]; x = d·q + m.
func decodeQ4_1(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[20:] {
		d, m, q := half(src), half(src[2:]), src[4:20]
		lo, hi := dst[:16], dst[16:32]
		for j, b := range q {
			lo[j] = d*float32(b&15) + m
			hi[j] = d*float32(b>>4) + m
		}
	}
}

// decodeQ5_0: d:f16, h:u32, q[16]; bit j of h is the fifth bit of element j; x = d·(q-16).
func decodeQ5_0(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[22:] {
		d, h, q := half(src), binary.LittleEndian.Uint32(src[2:]), src[6:22]
		lo, hi := dst[:16], dst[16:32]
		for j, b := range q {
			lo[j] = d * float32(int(uint32(b&15)|h>>j&1<<4)-16)
			hi[j] = d * float32(int(uint32(b>>4)|h>>(j+16)&1<<4)-16)
		}
	}
}

// decodeQ5_1: d:f16, m:f16, h:u32, q[16]; x = d·q + m.
func decodeQ5_1(dst []float32, src []byte) {
	for ; len(dst) >= 32; dst, src = dst[32:], src[24:] {
		d, m, h, q := half(src), half(src[2:]), binary.LittleEndian.Uint32(src[4:]), src[8:24]
		lo, hi := dst[:16], dst[16:32]
		for j, b := range q {
			lo[j] = d*float32(uint32(b&15)|h>>j&1<<4) + m
			hi[j] = d*float32(uint32(b>>4)|h>>(j+16)&1<<4) + m
		}
	}
}
