package kernels

import "math"

// roundEven rounds to the nearest integer, ties to even, for |x| ≤ 2^22: adding 1.5·2^23 leaves no bits
// below one in the sum. It is the rounding of the K quantizers.
func roundEven(x float32) int {
	return int(math.Float32bits(x+12582912)&0x7FFFFF) - 0x400000
}

// quantized is roundEven within [lowest, highest]; NaN becomes lowest.
func quantized(x float32, lowest, highest int) int {
	if !(x > float32(lowest)) {
		return lowest
	}
	if x >= float32(highest) {
		return highest
	}
	return roundEven(x)
}

// search says how the scale and min of a group are looked for: the scales tried are
// (levels + from + step·i) / range for i in [0, steps].
type search struct {
	levels     int // the largest quant
	from, step float32
	steps      int
}

var (
	searchQ4 = search{levels: 15, from: -1, step: 0.1, steps: 20}
	searchQ5 = search{levels: 31, from: -0.5, step: 0.1, steps: 15}
)

// scaleAndMin finds scale and minimum ≥ 0 and quants q with x ≈ scale·q - minimum that minimize the squared
// error weighted by w: a scan over scales with a weighted least-squares fit for each.
func (s search) scaleAndMin(x, w []float32, q []uint8) (scale, minimum float32) {
	lowest, highest := bounds(x)
	lowest = min(lowest, 0)
	var sumW, sumX float32
	for i, v := range x {
		sumW += w[i]
		sumX += w[i] * v
	}
	if highest == lowest {
		clear(q)
		return 0, -lowest
	}
	spread := highest - lowest
	inv := float32(s.levels) / spread
	scale = 1 / inv
	var best float32
	for i, v := range x {
		q[i] = uint8(quantized(inv*(v-lowest), 0, s.levels))
		e := scale*float32(q[i]) + lowest - v
		best += w[i] * e * e
	}
	var try [32]uint8
	for step := range s.steps + 1 {
		inv := (s.from + s.step*float32(step) + float32(s.levels)) / (highest - lowest)
		var sumQ, sumQQ, sumXQ float32
		for i, v := range x {
			l := uint8(quantized(inv*(v-lowest), 0, s.levels))
			try[i] = l
			lf := float32(l)
			sumQ += w[i] * lf
			sumQQ += w[i] * lf * lf
			sumXQ += w[i] * lf * v
		}
		d := sumW*sumQQ - sumQ*sumQ
		if !(d > 0) {
			continue
		}
		sc, m := (sumW*sumXQ-sumX*sumQ)/d, (sumQQ*sumX-sumQ*sumXQ)/d
		if m > 0 {
			sc, m = sumXQ/sumQQ, 0
		}
		var e float32
		for i, v := range x {
			diff := sc*float32(try[i]) + m - v
			e += w[i] * diff * diff
		}
		if e < best {
			copy(q, try[:len(x)])
			best, scale, lowest = e, sc, m
		}
	}
	return scale, -lowest
}

// groups quantizes a super-block of 256 elements in eight groups: 6-bit scales and mins, the two factors d
// and dmin that they multiply, and the quants for the values as stored.
func (s search) groups(x []float32, q *[superBlock]uint8) (d, dmin float32, scale, minimum [8]uint8) {
	var scales, mins [8]float32
	var weight [32]float32
	for g := range 8 {
		v := x[32*g:][:32]
		var sum float32
		for _, e := range v {
			sum += e * e
		}
		rms := float32(math.Sqrt(float64(sum / 32)))
		for i, e := range v {
			weight[i] = rms + abs(e)
		}
		scales[g], mins[g] = s.scaleAndMin(v, weight[:], q[32*g:][:32])
	}
	maxScale, maxMin := max(0, largest(scales[:])), max(0, largest(mins[:]))
	invScale, invMin := ratio(63, maxScale), ratio(63, maxMin)
	for g := range 8 {
		scale[g] = uint8(quantized(invScale*scales[g], 0, 63))
		minimum[g] = uint8(quantized(invMin*mins[g], 0, 63))
	}
	d, dmin = F16ToF32(F32ToF16(maxScale/63)), F16ToF32(F32ToF16(maxMin/63))
	for g := range 8 {
		step, m := d*float32(scale[g]), dmin*float32(minimum[g])
		if step == 0 {
			continue
		}
		for i, v := range x[32*g:][:32] {
			q[32*g+i] = uint8(quantized((v+m)/step, 0, s.levels))
		}
	}
	return d, dmin, scale, minimum
}

func largest(x []float32) float32 {
	m := x[0]
	for _, v := range x[1:] {
		m = max(m, v)
	}
	return m
}

func encodeQ4_K(dst []byte, src []float32) {
	var q [superBlock]uint8
	for ; len(src) >= superBlock; src, dst = src[superBlock:], dst[144:] {
		d, dmin, scale, minimum := searchQ4.groups(src[:superBlock], &q)
		putHalf(dst, d)
		putHalf(dst[2:], dmin)
		packScales(dst[4:16], scale, minimum)
		for g := 0; g < 8; g += 2 {
			for j := range 32 {
				dst[16+16*g+j] = q[32*g+j] | q[32*g+32+j]<<4
			}
		}
	}
}

func encodeQ5_K(dst []byte, src []float32) {
	var q [superBlock]uint8
	for ; len(src) >= superBlock; src, dst = src[superBlock:], dst[176:] {
		d, dmin, scale, minimum := searchQ5.groups(src[:superBlock], &q)
		putHalf(dst, d)
		putHalf(dst[2:], dmin)
		packScales(dst[4:16], scale, minimum)
		high := dst[16:48]
		clear(high)
		for g := 0; g < 8; g += 2 {
			for j := range 32 {
				lo, hi := q[32*g+j], q[32*g+32+j]
				dst[48+16*g+j] = lo&15 | hi&15<<4
				high[j] |= lo>>4<<g | hi>>4<<(g+1)
			}
		}
	}
}

// symmetricScale finds the scale s with x ≈ s·q, q in [-levels, levels-1], that minimizes the squared error
// weighted by x².
func symmetricScale(x []float32, levels int) float32 {
	m := extreme(x)
	if abs(m) < 1e-15 {
		return 0
	}
	fit := func(inv float32) (sumXQ, sumQQ float32) {
		for _, v := range x {
			q := float32(quantized(inv*v, -levels, levels-1))
			sumXQ += v * v * v * q
			sumQQ += v * v * q * q
		}
		return sumXQ, sumQQ
	}
	var scale, best float32
	sumXQ, sumQQ := fit(-float32(levels) / m)
	if sumQQ > 0 {
		scale = sumXQ / sumQQ
	}
	best = scale * sumXQ
	for i := -9; i <= 9; i++ {
		if i == 0 {
			continue
		}
		sumXQ, sumQQ := fit(-(float32(levels) + 0.1*float32(i)) / m)
		if sumQQ > 0 && sumXQ*sumXQ > best*sumQQ {
			scale = sumXQ / sumQQ
			best = scale * sumXQ
		}
	}
	return scale
}

func encodeQ6_K(dst []byte, src []float32) {
	for ; len(src) >= superBlock; src, dst = src[superBlock:], dst[210:] {
		var scales [16]float32
		for g := range scales {
			scales[g] = symmetricScale(src[16*g:][:16], 32)
		}
		clear(dst[:210])
		m := extreme(scales[:])
		if abs(m) < 1e-15 {
			continue
		}
		inv := -128 / m
		putHalf(dst[208:], 1/inv)
		d := half(dst[208:])
		var q [superBlock]uint8
		for g, s := range scales {
			sc := min(127, roundEven(inv*s))
			dst[192+g] = byte(int8(sc))
			step := d * float32(sc)
			for i, v := range src[16*g:][:16] {
				if step != 0 {
					q[16*g+i] = uint8(quantized(v/step, -32, 31) + 32)
				} else {
					q[16*g+i] = 32
				}
			}
		}
		layQ6(dst, &q)
	}
}

// layQ6 lays 256 six-bit quants out as decodeQ6_K reads them.
func layQ6(dst []byte, q *[superBlock]uint8) {
	for n := range 2 {
		ql, qh := dst[64*n:][:64], dst[128+32*n:][:32]
		for k := range 4 {
			low, shift := ql[32*(k&1):][:32], k>>1*4
			for j, v := range q[128*n+32*k:][:32] {
				low[j] |= v & 15 << shift
				qh[j] |= v >> 4 << (2 * k)
			}
		}
	}
}
