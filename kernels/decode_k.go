package kernels

import "encoding/binary"

// superBlock is the number of elements in a block of the K types.
const superBlock = 256

// unpackScales reads the 6-bit scales and mins of the eight groups of a Q4_K or Q5_K block from its 12
// bytes. Groups 0-3 have whole bytes' low six bits; the others take four bits from bytes 8-11 and two from
// the upper ends of bytes 0-7.
func unpackScales(s []byte) (scale, minimum [8]uint8) {
	s = s[:12]
	for j := range 4 {
		scale[j], minimum[j] = s[j]&63, s[j+4]&63
		scale[j+4] = s[j+8]&15 | s[j]>>6<<4
		minimum[j+4] = s[j+8]>>4 | s[j+4]>>6<<4
	}
	return scale, minimum
}

// packScales is the reverse of unpackScales.
func packScales(s []byte, scale, minimum [8]uint8) {
	for j := range 4 {
		s[j] = scale[j]&63 | scale[j+4]>>4<<6
		s[j+4] = minimum[j]&63 | minimum[j+4]>>4<<6
		s[j+8] = scale[j+4]&15 | minimum[j+4]&15<<4
	}
}

// decodeQ4_K: d:f16, dmin:f16, scales[12], q[128]; 32 bytes hold one group in their low nibbles and the
// next in their high ones; x = d·scale·q - dmin·min.
func decodeQ4_K(dst []float32, src []byte) {
	for ; len(dst) >= superBlock; dst, src = dst[superBlock:], src[144:] {
		d, dmin, q := half(src), half(src[2:]), src[16:144]
		scale, minimum := unpackScales(src[4:16])
		for g := 0; g < 8; g += 2 {
			d0, m0 := d*float32(scale[g]), dmin*float32(minimum[g])
			d1, m1 := d*float32(scale[g+1]), dmin*float32(minimum[g+1])
			lo, hi := dst[32*g:][:32], dst[32*g+32:][:32]
			for j, b := range q[16*g:][:32] {
				lo[j] = d0*float32(b&15) - m0
				hi[j] = d1*float32(b>>4) - m1
			}
		}
	}
}

// decodeQ5_K: as Q4_K, with h[32] before the quants: bit g of h[j] is the fifth bit of element j of group g.
func decodeQ5_K(dst []float32, src []byte) {
	for ; len(dst) >= superBlock; dst, src = dst[superBlock:], src[176:] {
		d, dmin, h, q := half(src), half(src[2:]), src[16:48], src[48:176]
		scale, minimum := unpackScales(src[4:16])
		for g := 0; g < 8; g += 2 {
			d0, m0 := d*float32(scale[g]), dmin*float32(minimum[g])
			d1, m1 := d*float32(scale[g+1]), dmin*float32(minimum[g+1])
			lo, hi := dst[32*g:][:32], dst[32*g+32:][:32]
			for j, b := range q[16*g:][:32] {
				lo[j] = d0*float32(b&15|h[j]>>g&1<<4) - m0
				hi[j] = d1*float32(b>>4|h[j]>>(g+1)&1<<4) - m1
			}
		}
	}
}

// decodeQ6_K: ql[128], qh[64], scales[16]:i8, d:f16. Each half of 128 elements has four runs of 32: runs 0
// and 1 in the low nibbles of 64 bytes of ql, runs 2 and 3 in the high ones, with two more bits each from
// 32 bytes of qh; x = d·scale·(q-32), a scale for 16 elements.
func decodeQ6_K(dst []float32, src []byte) {
	for ; len(dst) >= superBlock; dst, src = dst[superBlock:], src[210:] {
		d := half(src[208:])
		for n := range 2 {
			ql, qh, scales := src[64*n:][:64], src[128+32*n:][:32], src[192+8*n:][:8]
			for k := range 4 {
				x, low, shift := dst[128*n+32*k:][:32], ql[32*(k&1):][:32], k>>1*4
				for j := range x {
					q := low[j]>>shift&15 | qh[j]>>(2*k)&3<<4
					x[j] = d * float32(int8(scales[2*k+j/16])) * float32(int(q)-32)
				}
			}
		}
	}
}

// decodeQ2_K: scales[16], q[64], d:f16, dmin:f16. Each half of 128 elements has four runs of 32 in the bit
// pairs of 32 bytes; a scale byte holds the 4-bit scale and min of 16 elements; x = d·scale·q - dmin·min.
func decodeQ2_K(dst []float32, src []byte) {
	for ; len(dst) >= superBlock; dst, src = dst[superBlock:], src[84:] {
		d, dmin := half(src[80:]), half(src[82:])
		for n := range 2 {
			q, scales := src[16+32*n:][:32], src[8*n:][:8]
			for k := range 4 {
				x := dst[128*n+32*k:][:32]
				for j := range x {
					s := scales[2*k+j/16]
					x[j] = d*float32(s&15)*float32(q[j]>>(2*k)&3) - dmin*float32(s>>4)
				}
			}
		}
	}
}

// decodeQ3_K: hmask[32], q[64], scales[12], d:f16. Elements walk as in Q2_K; a clear bit of hmask takes 4
// from the two-bit quant; x = d·(scale-32)·q with 6-bit scales, a scale for 16 elements.
func decodeQ3_K(dst []float32, src []byte) {
	for ; len(dst) >= superBlock; dst, src = dst[superBlock:], src[110:] {
		hmask, d, scales := src[:32], half(src[108:]), unpackScalesQ3(src[96:108])
		for n := range 2 {
			q := src[32+32*n:][:32]
			for k := range 4 {
				x := dst[128*n+32*k:][:32]
				for j := range x {
					v := int(q[j]>>(2*k)&3) - 4 + int(hmask[j]>>(4*n+k)&1)<<2
					x[j] = d * float32(scales[8*n+2*k+j/16]) * float32(v)
				}
			}
		}
	}
}

// unpackScalesQ3 reads the sixteen 6-bit scales of a Q3_K block, less 32: four low bits from the nibbles of
// bytes 0-7, two high bits from bytes 8-11.
func unpackScalesQ3(s []byte) (scale [16]int8) {
	high := binary.LittleEndian.Uint32(s[8:])
	for g := range scale {
		low := s[g&7] >> (g >> 3 * 4) & 15
		top := byte(high>>(8*(g&3)+2*(g>>2))) & 3
		scale[g] = int8(low|top<<4) - 32
	}
	return scale
}
