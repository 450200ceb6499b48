// Vectors of NEON for mul.h, rows.h and attend.h, which write +, -, · and / of them as C does.
#ifndef LAMPLIGHT_NEON_H
#define LAMPLIGHT_NEON_H

#include "native.h"

#include <arm_neon.h>

#if defined(__ARM_FEATURE_DOTPROD)
#define TARGET
#else
#define TARGET __attribute__((target("arch=armv8.2-a+dotprod")))
#endif
#define INLINE static inline __attribute__((always_inline)) TARGET

// HIDE makes the compiler forget what it knows of a vector.
#define HIDE(v) __asm__("" : "+w"(v))

enum { LANES = 4 };

typedef float32x4_t vf;
typedef int32x4_t vi;
typedef uint32x4_t vu;
typedef uint8x16_t vb;

// ---- floats

INLINE vf splat(float x) { return vdupq_n_f32(x); }
INLINE vf load(const void *p) { return vreinterpretq_f32_u8(vld1q_u8(p)); }
INLINE void keep(void *p, vf x) { vst1q_u8(p, vreinterpretq_u8_f32(x)); }
INLINE vf fused(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); } // a·b + c, rounded once

INLINE vf larger(vf a, vf b) { return vmaxq_f32(a, b); }
INLINE vf root(vf x) { return vsqrtq_f32(x); }
INLINE vi larger_int(vi a, vi b) { return vmaxq_s32(a, b); }
INLINE vi lanes(void) { return (vi){0, 1, 2, 3}; }

INLINE vf floats(vi x) { return vcvtq_f32_s32(x); }
INLINE vi rounded(vf x) { return vcvtnq_s32_f32(x); } // to nearest, ties to even
INLINE vf halves(const void *p) { return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(p))); }
INLINE void keep_halves(void *p, vf x) { vst1_u8(p, vreinterpret_u8_f16(vcvt_f16_f32(x))); }
INLINE vf bfloats(const void *p) { return vreinterpretq_f32_u32(vshll_n_u16(vreinterpret_u16_u8(vld1_u8(p)), 16)); }

INLINE uint8x8_t four_bytes(const void *p)
{
	uint32_t v;
	__builtin_memcpy(&v, p, 4);
	return vreinterpret_u8_u32(vdup_n_u32(v));
}

INLINE vf bytes(const void *p) { return vcvtq_f32_u32(vmovl_u16(vget_low_u16(vmovl_u8(four_bytes(p))))); }
INLINE vf signed_bytes(const void *p) { return floats(vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u8(four_bytes(p)))))); }

INLINE void keep_bytes(int8_t *p, vi x)
{
	const int16x4_t words = vqmovn_s32(x);
	const uint32_t v = vget_lane_u32(vreinterpret_u32_s8(vqmovn_s16(vcombine_s16(words, words))), 0);
	__builtin_memcpy(p, &v, 4);
}

// pair repeats two floats.
INLINE vf pair(const float *p)
{
	uint64_t both;
	__builtin_memcpy(&both, p, 8);
	return vreinterpretq_f32_u64(vdupq_n_u64(both));
}

// paired adds neighbours: the sums of a, then those of b.
INLINE vf paired(vf a, vf b) { return vpaddq_f32(a, b); }

// zip_low takes the elements of the lower halves in turn, zip_high those of the upper halves.
INLINE vf zip_low(vf a, vf b) { return vzip1q_f32(a, b); }
INLINE vf zip_high(vf a, vf b) { return vzip2q_f32(a, b); }

// ---- across a vector

INLINE float sum(vf x) { return vaddvq_f32(x); }
INLINE float largest(vf x) { return vmaxvq_f32(x); }
INLINE int32_t sum_int(vi x) { return vaddvq_s32(x); }
INLINE int32_t largest_int(vi x) { return vmaxvq_s32(x); }

// ---- float64, as pairs of vectors

typedef struct {
	float64x2_t lo, hi;
} vd;

INLINE vd zero_double(void) { return (vd){vdupq_n_f64(0), vdupq_n_f64(0)}; }

INLINE vd add_squares(vd a, vf x)
{
	const float64x2_t lo = vcvt_f64_f32(vget_low_f32(x)), hi = vcvt_high_f64_f32(x);
	return (vd){vfmaq_f64(a.lo, lo, lo), vfmaq_f64(a.hi, hi, hi)};
}

INLINE double sum_double(vd x) { return vaddvq_f64(vaddq_f64(x.lo, x.hi)); }

// ---- quants

INLINE vb load_bytes(const void *p) { return vld1q_u8(p); }
INLINE vb shifted(vb x, const int n) { return x >> n; }
INLINE vb low_bits(vb x) { return vandq_u8(x, vdupq_n_u8(15)); }
INLINE vb high_bits(vb x) { return vshrq_n_u8(x, 4); }

// crumbs returns the two bits 2·i of every byte as bits 4 and 5.
INLINE vb crumbs(vb x, const int i)
{
	const vb mask = vdupq_n_u8(0x30);
	switch (i) {
	case 0: return vandq_u8(vshlq_n_u8(x, 4), mask);
	case 1: return vandq_u8(vshlq_n_u8(x, 2), mask);
	case 2: return vandq_u8(x, mask);
	}
	return vandq_u8(vshrq_n_u8(x, 2), mask);
}

// set_bits returns 255 in the bytes whose bits are set at p.
INLINE vb set_bits(const uint8_t *p)
{
	uint16_t word;
	__builtin_memcpy(&word, p, 2);
	const vb order = vcombine_u8(vdup_n_u8(0), vdup_n_u8(1)), bit = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201));
	const vb spread = vqtbl1q_u8(vreinterpretq_u8_u16(vdupq_n_u16(word)), order);
	return vtstq_u8(spread, bit);
}

// again returns p. There are registers enough to keep what was loaded from it.
INLINE const int8_t *again(const int8_t *p) { return p; }

// low_products returns sums of products of 32 activations with 32 numbers of three bits: two each in eight bytes, of
// which byte i has those of columns i, 8+i, 16+i and 24+i, and one in a bit of its own.
INLINE vi low_products(const uint8_t *crumbs, const uint8_t *bits, const int8_t *q)
{
	uint64_t word;
	__builtin_memcpy(&word, crumbs, 8);
	vi sum = vdupq_n_s32(0);
	UNROLL for (int h = 0; h < 2; h++) {
		const int64x2_t shift = vcombine_s64(vdup_n_s64(-4 * h), vdup_n_s64(-4 * h - 2));
		const vb two = vandq_u8(vreinterpretq_u8_u64(vshlq_u64(vdupq_n_u64(word), shift)), vdupq_n_u8(3));
		const vb w = vorrq_u8(two, vandq_u8(set_bits(bits + 2 * h), vdupq_n_u8(4)));
		sum = vdotq_s32(sum, vreinterpretq_s8_u8(w), vld1q_s8(q + 16 * h));
	}
	return sum;
}

#include "vectors.h"

#endif
