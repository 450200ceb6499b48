#if defined(__x86_64__)

#include "avx2.h"

#define NAME(f) avx2_##f

// Products of bytes are added in int16, 16 of them in a vector. Pairs of products of nibbles are at most
// 2·15·128 = 3,840, so that eight fit; of Q5_0 they are up to 7,936, of Q6_K up to 16,128.
typedef int16_t narrow __attribute__((vector_size(32)));

enum { SPLIT = 1, SIGNED = 0, WIDE = 3, LONG = 6 };

INLINE int steps(const int type)
{
	switch (type) {
	case T_Q5_0:
	case T_HIGH: return 4;
	case T_Q6_K: return 2;
	}
	return 8;
}

INLINE narrow dot(narrow acc, vb w, const int8_t *q, const int k)
{
	acc += (narrow)_mm256_maddubs_epi16((__m256i)w, four(q + 4 * k));
	HIDE(acc); // or the chain of sums is made a tree, for which there are not enough registers
	return acc;
}

INLINE vi widen(narrow a, const int plane) { return (vi)_mm256_madd_epi16((__m256i)a, _mm256_set1_epi16(plane ? 16 : 1)); }

#include "mul.h"
#include "rows.h"
#include "attend.h"
#include "look.h"

enum { TILE_ROWS = 6, TILE_COLS = 16 };

#include "gemm.h"
#include "grad.h"
#include "lowrank.h"

#endif
