#if defined(__aarch64__)

#include "neon.h"

#define NAME(f) neon_##f

typedef vi narrow;

enum { SPLIT = 0, SIGNED = 1, WIDE = 3, LONG = 6 };

INLINE int steps(const int type) { return type == T_Q6_K ? 4 : 8; }

// dot takes quants as signed bytes: all are below 128 but those of Q8_0, which are signed.
INLINE narrow dot(narrow acc, vb w, const int8_t *q, const int k)
{
	const int8x16_t quants = vreinterpretq_s8_u8(w), x = vld1q_s8(q + k / 4 * 16);
	switch (k % 4) {
	case 0: return vdotq_laneq_s32(acc, quants, x, 0);
	case 1: return vdotq_laneq_s32(acc, quants, x, 1);
	case 2: return vdotq_laneq_s32(acc, quants, x, 2);
	}
	return vdotq_laneq_s32(acc, quants, x, 3);
}

INLINE vi widen(narrow a, const int plane) { return a; }

#include "mul.h"
#include "rows.h"
#include "attend.h"
#include "look.h"

enum { TILE_ROWS = 6, TILE_COLS = 16 };

#include "gemm.h"
#include "grad.h"
#include "lowrank.h"

#endif
