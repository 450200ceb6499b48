#if defined(__x86_64__)

#include "avx512_floats.h"

#include "avx512_exp.h"

typedef int32_t vi __attribute__((vector_size(64)));

INLINE vf larger(vf a, vf b) { return _mm512_max_ps(a, b); }
INLINE vf root(vf x) { return _mm512_sqrt_ps(x); }
INLINE float largest(vf x) { return _mm512_reduce_max_ps(x); }
INLINE float sum(vf x) { return _mm512_reduce_add_ps(x); }
INLINE vf choose(vi mask, vf yes, vf no) { return _mm512_mask_mov_ps(no, _mm512_movepi32_mask((__m512i)mask), yes); }

#include "grad.h"
#include "lowrank.h"

#endif
