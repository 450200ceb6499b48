// Vectors of AVX-512 for gemm.h and grad.h, of functions that may have a TARGET and a NAME of their own.
#ifndef LAMPLIGHT_AVX512_FLOATS_H
#define LAMPLIGHT_AVX512_FLOATS_H

#include "native.h"

#include <immintrin.h>

#ifndef TARGET
#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma")))
#define NAME(f) avx512_##f
#endif
#define INLINE static inline __attribute__((always_inline)) TARGET

enum { LANES = 16 };

typedef __m512 vf;

INLINE vf splat(float x) { return _mm512_set1_ps(x); }
INLINE vf load(const float *p) { return _mm512_loadu_ps(p); }
INLINE vf halves(const void *p) { return _mm512_cvtph_ps(_mm256_loadu_si256(p)); }
INLINE void keep(float *p, vf x) { _mm512_storeu_ps(p, x); }
INLINE vf fused(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); } // a·b + c, rounded once

INLINE __mmask16 first(int64_t n) { return n >= LANES ? 0xFFFF : (__mmask16)((1u << n) - 1); }
INLINE vf some(const float *p, int64_t n) { return _mm512_maskz_loadu_ps(first(n), p); }
INLINE void keep_some(float *p, vf x, int64_t n) { _mm512_mask_storeu_ps(p, first(n), x); }

#endif
