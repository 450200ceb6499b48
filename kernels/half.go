package kernels

import "math"

// halves maps every IEEE 754 binary16 pattern to its value: 256 KB that stay in the second-level cache, in
// exchange for a conversion without branches.
var halves = func() *[1 << 16]float32 {
	t := new([1 << 16]float32)
	for h := range t {
		t[h] = f16ToF32(uint16(h))
	}
	return t
}()

// F16ToF32 returns the value of an IEEE 754 binary16 pattern, exactly.
func F16ToF32(h uint16) float32 { return halves[h] }

func f16ToF32(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exponent, mantissa := uint32(h>>10&31), uint32(h&1023)
	switch exponent {
	case 0: // zero and subnormals: mantissa · 2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(mantissa)/(1<<24)))
	case 31:
		return math.Float32frombits(sign | 0xFF<<23 | mantissa<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | mantissa<<13)
}

// F32ToF16 rounds to the nearest IEEE 754 binary16, ties to even; what is too large becomes infinite and a
// NaN stays one.
func F32ToF16(f float32) uint16 {
	bits := math.Float32bits(f)
	sign := uint16(bits >> 16 & 0x8000)
	bits &= 0x7FFFFFFF
	switch {
	case bits > 0xFF<<23:
		return sign | 0x7E00
	case bits >= (127+16)<<23: // 65,536 and more
		return sign | 0x7C00
	case bits < (127-14)<<23: // below 2^-14: a multiple of 2^-24, which adding 1/2 rounds to
		const half = 126 << 23
		return sign | uint16(math.Float32bits(math.Float32frombits(bits)+0.5)-half)
	}
	bits -= 112 << 23
	bits += 0xFFF + bits>>13&1 // may carry into the exponent, and from 65,504 to infinity, as it should
	return sign | uint16(bits>>13)
}

// BF16ToF32 returns the value of a bfloat16 pattern: the upper half of a float32.
func BF16ToF32(b uint16) float32 { return math.Float32frombits(uint32(b) << 16) }

// F32ToBF16 rounds to the nearest bfloat16, ties to even; a NaN stays a quiet one.
func F32ToBF16(f float32) uint16 {
	bits := math.Float32bits(f)
	if bits&0x7FFFFFFF > 0xFF<<23 {
		return uint16(bits>>16) | 0x40
	}
	return uint16((bits + 0x7FFF + bits>>16&1) >> 16)
}
