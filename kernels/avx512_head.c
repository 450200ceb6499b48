#if defined(__x86_64__)

#include "avx512.h"

// avx512_low computes what the lower bits of a row contribute: Σ_b d_b · scale_b · Σ(l - 3.5)·q, for the row at w that
// lies as in head.go. Two blocks at a time: lanes 0 to 7 of the sum belong to even blocks, the others to odd ones.
TARGET float avx512_low(const uint8_t *w, int64_t cols, const int8_t *q, const float *scale, const float *sum)
{
	const int64_t blocks = cols / BLOCK;
	const __m512i lanes = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
	const __m512i spread = _mm512_setr_epi64(0, 0, 0, 0, 1, 1, 1, 1), shift = _mm512_setr_epi64(0, 2, 4, 6, 0, 2, 4, 6);
	__m512 acc = _mm512_setzero_ps(), centre = _mm512_setzero_ps();
	for (int64_t b = 0; b < blocks; b += 16) {
		const int64_t n = blocks - b < 16 ? blocks - b : 16;
		const __mmask16 m = (__mmask16)((1u << n) - 1);
		__m512 d = _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(m, w + 12 * blocks + 2 * b));
		centre = _mm512_fmadd_ps(d, _mm512_maskz_loadu_ps(m, sum + b), centre);
		d = _mm512_mul_ps(d, _mm512_maskz_loadu_ps(m, scale + b));
		for (int64_t i = 0; i < n; i += 2) {
			const int two = i + 1 < n;
			const __m128i crumbs = _mm_maskz_loadu_epi64(two ? 3 : 1, w + 8 * (b + i));
			const __m128i bits = _mm_maskz_loadu_epi32(two ? 3 : 1, w + 8 * blocks + 4 * (b + i));
			__m512i v = _mm512_srlv_epi64(_mm512_permutexvar_epi64(spread, _mm512_castsi128_si512(crumbs)), shift);
			v = _mm512_and_si512(v, _mm512_set1_epi8(3));
			v = _mm512_mask_add_epi8(v, _cvtu64_mask64((uint64_t)_mm_cvtsi128_si64(bits)), v, _mm512_set1_epi8(4));
			const __m512i x = _mm512_maskz_loadu_epi64(two ? 0xFF : 0x0F, q + BLOCK * (b + i));
			const __m512 s = _mm512_cvtepi32_ps(_mm512_dpbusd_epi32(_mm512_setzero_si512(), v, x));
			acc = _mm512_fmadd_ps(s, _mm512_permutexvar_ps(_mm512_add_epi32(lanes, _mm512_set1_epi32((int)i)), d), acc);
		}
	}
	return _mm512_reduce_add_ps(acc) - 3.5f * _mm512_reduce_add_ps(centre);
}

INLINE __m512 elements(const int type, const uint8_t *p)
{
	switch (type) {
	case T_F16: return halves(p);
	case T_BF16: return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)), 16));
	}
	return _mm512_loadu_ps(p);
}

INLINE float dot_of(const int type, const uint8_t *row, const float *x, int64_t n)
{
	__m512 acc[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
	for (int64_t i = 0; i < n; i += 32)
#pragma GCC unroll 2
		for (int j = 0; j < 2; j++)
			acc[j] = _mm512_fmadd_ps(elements(type, row + (i + 16 * j) * (type == T_F32 ? 4 : 2)), _mm512_loadu_ps(x + i + 16 * j), acc[j]);
	return _mm512_reduce_add_ps(_mm512_add_ps(acc[0], acc[1]));
}

TARGET float avx512_dot(int32_t type, const uint8_t *row, const float *x, int64_t n)
{
	switch (type) {
	case T_F16: return dot_of(T_F16, row, x, n);
	case T_BF16: return dot_of(T_BF16, row, x, n);
	}
	return dot_of(T_F32, row, x, n);
}

// avx512_peak multiplies and adds from registers only, as often as the processor can.
TARGET int64_t avx512_peak(int64_t rounds, int32_t *result)
{
	enum { CHAINS = 16 };
	const __m512i w = _mm512_set1_epi32(result[0]), x = _mm512_set1_epi32(result[0] + 1);
	__m512i acc[CHAINS];
#pragma GCC unroll 16
	for (int c = 0; c < CHAINS; c++)
		acc[c] = _mm512_set1_epi32(c);
	for (int64_t i = 0; i < rounds; i++)
#pragma GCC unroll 16
		for (int c = 0; c < CHAINS; c++)
			acc[c] = _mm512_dpbusd_epi32(acc[c], w, x);
#pragma GCC unroll 16
	for (int c = 1; c < CHAINS; c++)
		acc[0] = _mm512_add_epi32(acc[0], acc[c]);
	result[0] = _mm512_reduce_add_epi32(acc[0]);
	return rounds * CHAINS * 64;
}

#endif
