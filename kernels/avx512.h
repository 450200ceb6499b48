// What the matrix products of AVX-512 and what looks at single rows of a head share.
#ifndef LAMPLIGHT_AVX512_H
#define LAMPLIGHT_AVX512_H

#include "native.h"

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,f16c,fma")))
#define INLINE static inline __attribute__((always_inline)) TARGET

INLINE __m512i load(const void *p) { return _mm512_loadu_si512(p); }

INLINE __m512 halves(const void *p) { return _mm512_cvtph_ps(_mm256_loadu_si256(p)); }

// floats returns column col of the 16 rows of a panel of floats.
INLINE __m512 floats(const int type, const uint8_t *panel, int64_t col)
{
	switch (type) {
	case T_F16: return halves(panel + 32 * col);
	case T_BF16: return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(panel + 32 * col))), 16));
	}
	return _mm512_loadu_ps(panel + 64 * col);
}

#endif
