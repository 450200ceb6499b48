#if defined(__x86_64__)

#include "avx512_floats.h"

// The types that models are trained in most, decoded as decode.go says, so that packing them takes little beside the
// products in bfloat16.

// scale_of repeats the IEEE half before a block.
INLINE vf scale_of(const uint8_t *block)
{
	uint16_t d;
	__builtin_memcpy(&d, block, 2);
	return _mm512_cvtph_ps(_mm256_set1_epi16((short)d));
}

INLINE void q8_0(float *dst, const uint8_t *src, int64_t n)
{
	for (; n >= BLOCK; n -= BLOCK, src += 34, dst += BLOCK) {
		const vf d = scale_of(src);
		UNROLL for (int i = 0; i < BLOCK; i += LANES)
			keep(dst + i, d * _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(src + 2 + i)))));
	}
}

INLINE void q4_0(float *dst, const uint8_t *src, int64_t n)
{
	for (; n >= BLOCK; n -= BLOCK, src += 18, dst += BLOCK) {
		const vf d = scale_of(src);
		const __m512i q = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(src + 2))), eight = _mm512_set1_epi32(8);
		keep(dst, d * _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_and_si512(q, _mm512_set1_epi32(15)), eight)));
		keep(dst + LANES, d * _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_srli_epi32(q, 4), eight)));
	}
}

INLINE void bf16(float *dst, const uint8_t *src, int64_t n)
{
	for (; n > 0; n -= LANES, src += 2 * LANES, dst += LANES) {
		const __m256i words = _mm256_maskz_loadu_epi16(first(n), src);
		keep_some(dst, (vf)_mm512_slli_epi32(_mm512_cvtepu16_epi32(words), 16), n);
	}
}

TARGET int32_t NAME(decode)(int32_t type, float *dst, const uint8_t *src, int64_t n)
{
	switch (type) {
	case T_Q8_0:
		q8_0(dst, src, n);
		return 1;
	case T_Q4_0:
		q4_0(dst, src, n);
		return 1;
	case T_BF16:
		bf16(dst, src, n);
		return 1;
	}
	return 0;
}

#endif
