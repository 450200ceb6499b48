#if defined(__x86_64__)

// gemm.h with pairs of terms in bfloat16, of which one instruction multiplies twice as many as floats and adds them up in
// float32. What is rounded to bfloat16 and too small for a normal number is zero.

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma")))
#define NAME(f) avx512_bf16_##f

#include "avx512_floats.h"

#include "avx512_tile.h"

#define TERMS 2

// multiplied adds the products of both pairs of every lane to c.
INLINE vf multiplied(vf a, vf b, vf c)
{
#if defined(__clang__)
	HIDE(a); // clang 16 fails where it sees that bfloat16 pairs are made of others
#endif
	return _mm512_dpbf16_ps(c, (__m512bh)a, (__m512bh)b);
}

// along rounds up to n elements that follow each other to pairs, with zeros after them.
INLINE vf along(const float *x, int64_t n)
{
	return (vf)_mm512_cvtne2ps_pbh(n > LANES ? some(x + LANES, n - LANES) : splat(0), some(x, n));
}

// down makes pairs of up to n columns of two rows, of which the second one is missing where k is 1.
INLINE vf down(const float *x, int64_t stride, int64_t n, int64_t k)
{
	const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(k > 1 ? some(x + stride, n) : splat(0), some(x, n));
	const __m512i turns = _mm512_setr_epi32(0x100000, 0x110001, 0x120002, 0x130003, 0x140004, 0x150005, 0x160006, 0x170007,
		0x180008, 0x190009, 0x1A000A, 0x1B000B, 0x1C000C, 0x1D000D, 0x1E000E, 0x1F000F);
	return (vf)_mm512_permutexvar_epi16(turns, both);
}

#include "gemm.h"

#endif
