#if defined(__x86_64__)

#include "native.h"

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,fma")))
#define INLINE static inline __attribute__((always_inline)) TARGET

#include "avx512_exp.h"

TARGET void avx512_quantize(const float *x, int64_t n, int8_t *q, float *scale, float *sum, float *halves)
{
	for (int64_t b = 0; b < n / BLOCK; b++, x += BLOCK, q += BLOCK) {
		const __m512 lo = _mm512_loadu_ps(x), hi = _mm512_loadu_ps(x + 16);
		// magnitudes are ordered as their bits are, NaN last
		const int32_t bits = _mm512_reduce_max_epi32(_mm512_max_epi32(_mm512_castps_si512(_mm512_abs_ps(lo)), _mm512_castps_si512(_mm512_abs_ps(hi))));
		float largest;
		__builtin_memcpy(&largest, &bits, 4);
		const int any = largest > TINY;
		const float d = any ? largest / 127 : 0;
		const __m512 inverse = _mm512_set1_ps(any ? 127 / largest : 0);
		const __mmask16 all = any ? 0xFFFF : 0;
		const __m512i a = _mm512_maskz_cvtps_epi32(all, _mm512_mul_ps(lo, inverse)), c = _mm512_maskz_cvtps_epi32(all, _mm512_mul_ps(hi, inverse));
		const __m256i bytes = _mm256_set_m128i(_mm512_cvtsepi32_epi8(c), _mm512_cvtsepi32_epi8(a));
		_mm256_storeu_si256((__m256i *)q, bytes);
		// The sums of the bytes, four by four, then of the halves of the block.
		__m256i fours = _mm256_dpbusd_epi32(_mm256_setzero_si256(), _mm256_set1_epi8(1), bytes);
		fours = _mm256_add_epi32(fours, _mm256_shuffle_epi32(fours, 0x4E));
		fours = _mm256_add_epi32(fours, _mm256_shuffle_epi32(fours, 0xB1));
		const int first = _mm256_cvtsi256_si32(fours), second = _mm256_extract_epi32(fours, 4);
		scale[b] = d;
		sum[b] = d * (float)(first + second);
		halves[2 * b] = d * (float)first;
		halves[2 * b + 1] = d * (float)second;
	}
}

INLINE void normed(const int add, float *dst, const float *x, const float *gain, int64_t n, float eps)
{
	__m512d a = _mm512_setzero_pd(), b = _mm512_setzero_pd();
	int64_t i = 0;
	for (; i + 16 <= n; i += 16) {
		const __m512d lo = _mm512_cvtps_pd(_mm256_loadu_ps(x + i)), hi = _mm512_cvtps_pd(_mm256_loadu_ps(x + i + 8));
		a = _mm512_fmadd_pd(lo, lo, a);
		b = _mm512_fmadd_pd(hi, hi, b);
	}
	double sum = _mm512_reduce_add_pd(_mm512_add_pd(a, b));
	for (int64_t j = i; j < n; j++)
		sum += (double)x[j] * x[j];
	const __m512 scale = _mm512_set1_ps((float)(1 / __builtin_sqrt(sum / (double)n + eps)));
	for (i = 0; i < n; i += 16) {
		const __mmask16 m = n - i >= 16 ? 0xFFFF : (__mmask16)((1u << (n - i)) - 1);
		const __m512 v = _mm512_mul_ps(_mm512_mul_ps(_mm512_maskz_loadu_ps(m, x + i), scale), _mm512_maskz_loadu_ps(m, gain + i));
		_mm512_mask_storeu_ps(dst + i, m, add ? _mm512_add_ps(_mm512_maskz_loadu_ps(m, dst + i), v) : v);
	}
}

TARGET void avx512_norm(float *dst, const float *x, const float *gain, int64_t n, float eps) { normed(0, dst, x, gain, n, eps); }
TARGET void avx512_add_norm(float *dst, const float *x, const float *gain, int64_t n, float eps) { normed(1, dst, x, gain, n, eps); }

// gelu uses tanh(u) = 1 - 2/(e^2u + 1), so that x/2 · (1 + tanh(u)) = x / (1 + e^-2u); the exponential is taken of
// -|2u|, where it cannot overflow.
INLINE __m512 gelu(__m512 x)
{
	const __m512 cubic = _mm512_fmadd_ps(_mm512_mul_ps(_mm512_mul_ps(x, x), x), _mm512_set1_ps(0.044715f), x);
	const __m512 u2 = _mm512_mul_ps(cubic, _mm512_set1_ps(1.5957691216f)); // 2·√(2/π)
	const __m512 e = ex(_mm512_sub_ps(_mm512_setzero_ps(), _mm512_abs_ps(u2)));
	const __mmask16 negative = _mm512_cmp_ps_mask(u2, _mm512_setzero_ps(), _CMP_LT_OQ);
	const __m512 top = _mm512_mask_mov_ps(_mm512_set1_ps(1), negative, e);
	return _mm512_div_ps(_mm512_mul_ps(x, top), _mm512_add_ps(_mm512_set1_ps(1), e));
}

TARGET void avx512_gate(float *x, const float *up, int64_t n)
{
	for (int64_t i = 0; i < n; i += 16) {
		const __mmask16 m = n - i >= 16 ? 0xFFFF : (__mmask16)((1u << (n - i)) - 1);
		const __m512 v = gelu(_mm512_maskz_loadu_ps(m, x + i));
		_mm512_mask_storeu_ps(x + i, m, _mm512_mul_ps(v, _mm512_maskz_loadu_ps(m, up + i)));
	}
}

TARGET void avx512_rotate(float *x, const float *cos, const float *sin, int64_t half)
{
	for (int64_t i = 0; i < half; i += 16) {
		const __mmask16 m = half - i >= 16 ? 0xFFFF : (__mmask16)((1u << (half - i)) - 1);
		const __m512 u = _mm512_maskz_loadu_ps(m, x + i), v = _mm512_maskz_loadu_ps(m, x + half + i);
		const __m512 c = _mm512_maskz_loadu_ps(m, cos + i), s = _mm512_maskz_loadu_ps(m, sin + i);
		_mm512_mask_storeu_ps(x + i, m, _mm512_fmsub_ps(u, c, _mm512_mul_ps(v, s)));
		_mm512_mask_storeu_ps(x + half + i, m, _mm512_fmadd_ps(v, c, _mm512_mul_ps(u, s)));
	}
}

#endif
