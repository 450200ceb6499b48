// What the matrix products of AVX-512 and what looks at single rows of a head share.
#ifndef LAMPLIGHT_AVX512_H
#define LAMPLIGHT_AVX512_H

#include "native.h"

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,f16c,fma")))
#define INLINE static inline __attribute__((always_inline)) TARGET

INLINE __m512i load(const void *p) { return _mm512_loadu_si512(p); }

INLINE __m512 halves(const void *p) { return _mm512_cvtph_ps(_mm256_loadu_si256(p)); }

#endif
