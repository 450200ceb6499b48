// Vectors of AVX2, FMA and F16C for mul.h, rows.h and attend.h, which write +, -, · and / of them as C does.
#ifndef LAMPLIGHT_AVX2_H
#define LAMPLIGHT_AVX2_H

#include "native.h"

#include <immintrin.h>

#ifndef TARGET
#define TARGET __attribute__((target("avx2,fma,f16c")))
#endif
#define INLINE static inline __attribute__((always_inline)) TARGET

// HIDE makes the compiler forget what it knows of a vector.
#define HIDE(v) __asm__("" : "+x"(v))

enum { LANES = 8 };

typedef __m256 vf;
typedef int32_t vi __attribute__((vector_size(32)));
typedef uint32_t vu __attribute__((vector_size(32)));
typedef uint8_t vb __attribute__((vector_size(32)));

// ---- floats

INLINE vf splat(float x) { return _mm256_set1_ps(x); }
INLINE vf load(const void *p) { return _mm256_loadu_ps(p); }
INLINE void keep(void *p, vf x) { _mm256_storeu_ps(p, x); }
INLINE vf fused(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); } // a·b + c, rounded once

INLINE vf larger(vf a, vf b) { return _mm256_max_ps(a, b); }
INLINE vf root(vf x) { return _mm256_sqrt_ps(x); }
INLINE vi larger_int(vi a, vi b) { return (vi)_mm256_max_epi32((__m256i)a, (__m256i)b); }
INLINE vi lanes(void) { return (vi){0, 1, 2, 3, 4, 5, 6, 7}; }

INLINE vf floats(vi x) { return _mm256_cvtepi32_ps((__m256i)x); }
INLINE vi rounded(vf x) { return (vi)_mm256_cvtps_epi32(x); } // to nearest, ties to even
INLINE vf halves(const void *p) { return _mm256_cvtph_ps(_mm_loadu_si128(p)); }
INLINE void keep_halves(void *p, vf x) { _mm_storeu_si128(p, _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT)); }
INLINE vf bfloats(const void *p) { return (vf)_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128(p)), 16); }
INLINE vf bytes(const void *p) { return floats((vi)_mm256_cvtepu8_epi32(_mm_loadl_epi64(p))); }
INLINE vf signed_bytes(const void *p) { return floats((vi)_mm256_cvtepi8_epi32(_mm_loadl_epi64(p))); }

INLINE void keep_bytes(int8_t *p, vi x)
{
	const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128((__m256i)x), _mm256_extracti128_si256((__m256i)x, 1));
	_mm_storel_epi64((__m128i *)p, _mm_packs_epi16(words, words));
}

// pair repeats two floats.
INLINE vf pair(const float *p)
{
	double both;
	__builtin_memcpy(&both, p, 8);
	return _mm256_castpd_ps(_mm256_set1_pd(both));
}

// paired adds neighbours: the sums of a, then those of b.
INLINE vf paired(vf a, vf b) { return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(_mm256_hadd_ps(a, b)), 0xD8)); }

// zip_low takes the elements of the lower halves in turn, zip_high those of the upper halves.
INLINE vf zip_low(vf a, vf b) { return _mm256_permute2f128_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b), 0x20); }
INLINE vf zip_high(vf a, vf b) { return _mm256_permute2f128_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b), 0x31); }

// ---- across a vector

INLINE float sum(vf x)
{
	__m128 a = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
	a = _mm_add_ps(a, _mm_movehl_ps(a, a));
	return _mm_cvtss_f32(_mm_add_ss(a, _mm_movehdup_ps(a)));
}

INLINE float largest(vf x)
{
	__m128 a = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
	a = _mm_max_ps(a, _mm_movehl_ps(a, a));
	return _mm_cvtss_f32(_mm_max_ss(a, _mm_movehdup_ps(a)));
}

INLINE int32_t sum_int(vi x)
{
	__m128i a = _mm_add_epi32(_mm256_castsi256_si128((__m256i)x), _mm256_extracti128_si256((__m256i)x, 1));
	a = _mm_add_epi32(a, _mm_shuffle_epi32(a, 0x4E));
	return _mm_cvtsi128_si32(_mm_add_epi32(a, _mm_shuffle_epi32(a, 0xB1)));
}

INLINE int32_t largest_int(vi x)
{
	__m128i a = _mm_max_epi32(_mm256_castsi256_si128((__m256i)x), _mm256_extracti128_si256((__m256i)x, 1));
	a = _mm_max_epi32(a, _mm_shuffle_epi32(a, 0x4E));
	return _mm_cvtsi128_si32(_mm_max_epi32(a, _mm_shuffle_epi32(a, 0xB1)));
}

// ---- float64, as pairs of vectors

typedef struct {
	__m256d lo, hi;
} vd;

INLINE vd zero_double(void) { return (vd){_mm256_setzero_pd(), _mm256_setzero_pd()}; }

INLINE vd add_squares(vd a, vf x)
{
	const __m256d lo = _mm256_cvtps_pd(_mm256_castps256_ps128(x)), hi = _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1));
	return (vd){_mm256_fmadd_pd(lo, lo, a.lo), _mm256_fmadd_pd(hi, hi, a.hi)};
}

INLINE double sum_double(vd x)
{
	const __m256d s = _mm256_add_pd(x.lo, x.hi);
	const __m128d a = _mm_add_pd(_mm256_castpd256_pd128(s), _mm256_extractf128_pd(s, 1));
	return _mm_cvtsd_f64(_mm_add_sd(a, _mm_unpackhi_pd(a, a)));
}

// ---- quants

INLINE vb load_bytes(const void *p) { return (vb)_mm256_loadu_si256(p); }
INLINE vb shifted(vb x, const int n) { return (vb)_mm256_srli_epi16((__m256i)x, n); } // to the right; the upper n bits are not defined
INLINE vb low_bits(vb x) { return x & 15; }
INLINE vb high_bits(vb x) { return (vb)_mm256_srli_epi16((__m256i)x, 4) & 15; }

// crumbs returns the two bits 2·i of every byte as bits 4 and 5.
INLINE vb crumbs(vb x, const int i)
{
	const __m256i v = (__m256i)x;
	return (vb)(i < 2 ? _mm256_slli_epi16(v, 4 - 2 * i) : _mm256_srli_epi16(v, 2 * i - 4)) & 0x30;
}

// set_bits returns 255 in the bytes whose bits are set at p.
INLINE vb set_bits(const uint8_t *p)
{
	int32_t word;
	__builtin_memcpy(&word, p, 4);
	const __m256i order = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
	const __m256i bit = _mm256_set1_epi64x((int64_t)0x8040201008040201);
	const __m256i spread = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32(word), order), bit);
	return (vb)_mm256_cmpeq_epi8(spread, bit);
}

// again returns p, which the compiler does not know then: it loads from it again instead of keeping in memory what
// registers have no room for.
INLINE const int8_t *again(const int8_t *p)
{
	__asm__("" : "+r"(p));
	return p;
}

INLINE __m256i four(const int8_t *q)
{
	int32_t v;
	__builtin_memcpy(&v, q, 4);
	return _mm256_set1_epi32(v);
}

// low_products returns sums of products of 32 activations with 32 numbers of three bits: two each in eight bytes, of
// which byte i has those of columns i, 8+i, 16+i and 24+i, and one in a bit of its own.
INLINE vi low_products(const uint8_t *crumbs, const uint8_t *bits, const int8_t *q)
{
	int64_t word;
	__builtin_memcpy(&word, crumbs, 8);
	const vb two = (vb)_mm256_srlv_epi64(_mm256_set1_epi64x(word), _mm256_setr_epi64x(0, 2, 4, 6)) & 3;
	const __m256i w = (__m256i)(two | (set_bits(bits) & 4));
	return (vi)_mm256_madd_epi16(_mm256_maddubs_epi16(w, _mm256_loadu_si256((const __m256i *)q)), _mm256_set1_epi16(1));
}

#include "vectors.h"

#endif
