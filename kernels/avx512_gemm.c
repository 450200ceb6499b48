#if defined(__x86_64__)

#include "native.h"

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma")))
#define INLINE static inline __attribute__((always_inline)) TARGET
#define NAME(f) avx512_##f
#define HIDE(v) __asm__("" : "+v"(v))

// 28 sums, two vectors of B and one element of A: 31 of the 32 registers.
enum { LANES = 16, TILE_ROWS = 14, TILE_COLS = 32 };

typedef __m512 vf;

INLINE vf splat(float x) { return _mm512_set1_ps(x); }
INLINE vf load(const float *p) { return _mm512_loadu_ps(p); }
INLINE void keep(float *p, vf x) { _mm512_storeu_ps(p, x); }
INLINE vf fused(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); } // a·b + c, rounded once

INLINE __mmask16 first(int64_t n) { return n >= LANES ? 0xFFFF : (__mmask16)((1u << n) - 1); }
INLINE vf some(const float *p, int64_t n) { return _mm512_maskz_loadu_ps(first(n), p); }
INLINE void keep_some(float *p, vf x, int64_t n) { _mm512_mask_storeu_ps(p, first(n), x); }

// zip_low takes the elements of the lower halves in turn, zip_high those of the upper halves.
INLINE vf zip_low(vf a, vf b) { return _mm512_permutex2var_ps(a, _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), b); }
INLINE vf zip_high(vf a, vf b) { return _mm512_permutex2var_ps(a, _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), b); }

#include "gemm.h"

#endif
