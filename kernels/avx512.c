#if defined(__x86_64__)

#include "avx512.h"

// ---- tiles: 16 rows × 32 columns as eight vectors of bytes; vector s holds columns 4s to 4s+3 of every row

// either takes the bits of a where those of mask are set, else those of b.
INLINE __m512i either(__m512i mask, __m512i a, __m512i b) { return _mm512_ternarylogic_epi32(mask, a, b, 0xCA); }

// unpack turns a tile into unsigned bytes.
INLINE void unpack(const int type, const uint8_t *t, __m512i w[8])
{
	const __m512i low = _mm512_set1_epi8(15);
	if (type == T_Q8_0) {
#pragma GCC unroll 8
		for (int s = 0; s < 8; s++)
			w[s] = load(t + 64 * s);
		return;
	}
	if (type == T_Q5_0 || type == T_HIGH) {
		const __m512i five = _mm512_set1_epi8(31), three = _mm512_set1_epi8(7);
#pragma GCC unroll 5
		for (int s = 0; s < 5; s++)
			w[s] = load(t + 64 * s);
		w[5] = either(three, _mm512_srli_epi16(w[0], 5), _mm512_srli_epi16(w[3], 2));
		w[6] = either(three, _mm512_srli_epi16(w[1], 5), _mm512_srli_epi16(w[4], 2));
		w[7] = either(three, _mm512_srli_epi16(w[2], 5), _mm512_srli_epi16(w[3], 4));
		w[7] = either(low, w[7], _mm512_srli_epi16(w[4], 3));
#pragma GCC unroll 8
		for (int s = 0; s < 8; s++)
			w[s] = _mm512_and_si512(w[s], five);
		return;
	}
#pragma GCC unroll 4
	for (int s = 0; s < 4; s++) {
		__m512i v = load(t + 64 * s);
		w[s] = _mm512_and_si512(v, low);
		w[s + 4] = _mm512_and_si512(_mm512_srli_epi16(v, 4), low);
	}
	if (type == T_Q6_K) {
		const __m512i high = _mm512_set1_epi8(0x30);
#pragma GCC unroll 2
		for (int h = 0; h < 2; h++) {
			__m512i v = load(t + 256 + 64 * h);
			w[4 * h] = _mm512_or_si512(w[4 * h], _mm512_and_si512(_mm512_slli_epi16(v, 4), high));
			w[4 * h + 1] = _mm512_or_si512(w[4 * h + 1], _mm512_and_si512(_mm512_slli_epi16(v, 2), high));
			w[4 * h + 2] = _mm512_or_si512(w[4 * h + 2], _mm512_and_si512(v, high));
			w[4 * h + 3] = _mm512_or_si512(w[4 * h + 3], _mm512_and_si512(_mm512_srli_epi16(v, 2), high));
		}
	}
}

// Bytes of a tile, of the scales of a block (or super-block), and what to take from an unsigned quant.
INLINE int tile_bytes(const int type)
{
	switch (type) {
	case T_Q8_0: return 512;
	case T_Q5_0:
	case T_HIGH: return 320;
	case T_Q6_K: return 384;
	}
	return 256;
}

INLINE float offset(const int type)
{
	switch (type) {
	case T_Q4_0: return 8;
	case T_Q5_0: return 16;
	case T_Q6_K: return 32;
	case T_Q8_0: return 128;
	case T_HIGH: return 15.5625f; // 124.5/8
	}
	return 0;
}

INLINE __m512 bytes(const void *p) { return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(p))); }
INLINE __m512 signed_bytes(const void *p) { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(p))); }

// scales of block b of a panel whose scales begin at p: d[0] of all columns, or d[0] and d[1] of the halves of
// the block, and for Q4_K the minimum.
INLINE void unpack_scales(const int type, const uint8_t *p, int64_t b, __m512 d[2], __m512 *min)
{
	if (type == T_Q4_K) {
		const uint8_t *super = p + b / 8 * 320;
		const uint8_t *s = super + 64 + b % 8 * 32;
		d[0] = _mm512_mul_ps(halves(super), bytes(s));
		*min = _mm512_mul_ps(halves(super + 32), bytes(s + 16));
	} else if (type == T_Q6_K) {
		const uint8_t *super = p + b / 8 * 288;
		const uint8_t *s = super + 32 + b % 8 * 32;
		d[0] = _mm512_mul_ps(halves(super), signed_bytes(s));
		d[1] = _mm512_mul_ps(halves(super), signed_bytes(s + 16));
	} else {
		d[0] = halves(p + 32 * b);
	}
}

INLINE int64_t scale_bytes(const int type, int64_t blocks)
{
	switch (type) {
	case T_Q4_K: return blocks / 8 * 320;
	case T_Q6_K: return blocks / 8 * 288;
	}
	return blocks * 32;
}

INLINE __m512i four(const int8_t *x)
{
	int32_t v;
	__builtin_memcpy(&v, x, 4);
	return _mm512_set1_epi32(v);
}

// bias is what the unsigned form of the quants puts into a sum: -offset · scale · Σq for every block, or half
// block, of the activations. For Q4_K it is scale · Σq, which the minimum is multiplied with.
static TARGET void fill_bias(const int type, const lamp_rows *x, int64_t cols, float *bias)
{
	const float *sum = type == T_Q6_K ? x->halves : x->sum;
	const int64_t n = x->n * cols / (type == T_Q6_K ? BLOCK / 2 : BLOCK);
	const float factor = type == T_Q4_K ? 1 : -offset(type);
	for (int64_t i = 0; i < n; i++)
		bias[i] = factor * sum[i];
}

// accumulate adds the contribution of a block of the activations to acc, given the integer sums over the first
// and the second half of its columns. The order of these operations defines the result; every path below goes
// through here.
INLINE __m512 accumulate(const int type, __m512 acc, __m512i first, __m512i second, const __m512 d[2], __m512 min,
	float scale, float bias, float second_bias)
{
	const __m512 dx = _mm512_set1_ps(scale);
	if (type == T_Q6_K) {
		__m512 a = _mm512_fmadd_ps(_mm512_cvtepi32_ps(first), dx, _mm512_set1_ps(bias));
		__m512 b = _mm512_fmadd_ps(_mm512_cvtepi32_ps(second), dx, _mm512_set1_ps(second_bias));
		return _mm512_fmadd_ps(b, d[1], _mm512_fmadd_ps(a, d[0], acc));
	}
	const __m512 sum = _mm512_cvtepi32_ps(first), b = _mm512_set1_ps(bias);
	if (type == T_Q4_K)
		return _mm512_fnmadd_ps(min, b, _mm512_fmadd_ps(_mm512_mul_ps(sum, dx), d[0], acc));
	return _mm512_fmadd_ps(_mm512_fmadd_ps(sum, dx, b), d[0], acc);
}

INLINE void store(float *dst, __m512 v, int64_t rows_left)
{
	if (rows_left >= PANEL)
		_mm512_storeu_ps(dst, v);
	else
		_mm512_mask_storeu_ps(dst, (__mmask16)((1u << rows_left) - 1), v);
}

enum { FEW = 8, WIDE = 6, MANY = 96 }; // activation rows that mul_few and mul_wide take at a time, and from which on mul_wide is faster

// A block of up to FEW activation rows, in one place for mul_few.
typedef struct {
	int8_t q[FEW][BLOCK];
	float scale[FEW], bias[2][FEW];
} few_rows;

// gather collects the blocks of C rows from i on, and what the unsigned form of the quants puts into their sums; see
// fill_bias.
INLINE void gather(const int type, const int C, const lamp_rows *x, int64_t cols, int64_t i, few_rows *out)
{
	const int parts = type == T_Q6_K ? 2 : 1;
	const float *sum = parts == 2 ? x->halves : x->sum;
	const float factor = type == T_Q4_K ? 1 : -offset(type);
	for (int64_t b = 0; b < cols / BLOCK; b++)
		for (int c = 0; c < C; c++) {
			const int64_t at = (i + c) * (cols / BLOCK) + b;
			__builtin_memcpy(out[b].q[c], x->q + at * BLOCK, BLOCK);
			out[b].scale[c] = x->scale[at];
			for (int h = 0; h < parts; h++)
				out[b].bias[h][c] = factor * sum[at * parts + h];
		}
}

// mul_few multiplies C ≤ FEW activation rows from i on; tiles are unpacked in registers.
INLINE void mul_few(const int type, const int C, const lamp_matrix *w, const lamp_rows *x, int64_t i, float *dst, int64_t first, int64_t last, few_rows *a)
{
	const int64_t cols = w->cols, blocks = cols / BLOCK;
	const int64_t panel_quants = blocks * tile_bytes(type), panel_scales = scale_bytes(type, blocks);
	const int chains = C < 4 || type == T_Q6_K ? 2 : 1; // so many for a row hide the latency of a product
	gather(type, C, x, cols, i, a);
	for (int64_t p = first; p < last; p++) {
		const uint8_t *t = w->quants + p * panel_quants;
		const uint8_t *s = w->scales + p * panel_scales;
		__m512 acc[FEW];
#pragma GCC unroll 8
		for (int c = 0; c < C; c++)
			acc[c] = _mm512_setzero_ps();
		for (int64_t b = 0; b < blocks; b++, t += tile_bytes(type)) {
			const few_rows *r = a + b;
			__m512i v[8], sum[2][FEW];
			__m512 d[2], min = _mm512_setzero_ps();
			for (int l = 0; l < tile_bytes(type); l += 64)
				_mm_prefetch((const char *)t + 4096 + l, _MM_HINT_T0);
			unpack(type, t, v);
#pragma GCC unroll 8
			for (int c = 0; c < C; c++)
				sum[0][c] = sum[1][c] = _mm512_setzero_si512();
#pragma GCC unroll 8
			for (int k = 0; k < 8; k++)
#pragma GCC unroll 8
				for (int c = 0; c < C; c++)
					__asm__("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(sum[k / 4 % chains][c]) : "v"(v[k]), "m"(*(const int32_t *)(r->q[c] + 4 * k)));
			unpack_scales(type, s, b, d, &min);
#pragma GCC unroll 8
			for (int c = 0; c < C; c++) {
				if (chains == 2 && type != T_Q6_K)
					sum[0][c] = _mm512_add_epi32(sum[0][c], sum[1][c]);
				acc[c] = accumulate(type, acc[c], sum[0][c], sum[1][c], d, min, r->scale[c], r->bias[0][c], r->bias[1][c]);
			}
		}
#pragma GCC unroll 8
		for (int c = 0; c < C; c++)
			store(dst + (i + c) * w->rows + p * PANEL, acc[c], w->rows - p * PANEL);
	}
}

// An expanded panel in scratch: bytes [blocks][TILE], then floats [2][blocks][16]: the scales, and those of the
// second halves or the minima.
INLINE int64_t expanded(int64_t blocks) { return blocks * (TILE + 2 * 4 * PANEL); }

INLINE void expand(const int type, const lamp_matrix *w, int64_t p, uint8_t *out)
{
	const int64_t blocks = w->cols / BLOCK;
	const uint8_t *t = w->quants + p * blocks * tile_bytes(type);
	const uint8_t *s = w->scales + p * scale_bytes(type, blocks);
	float *scales = (float *)(out + blocks * TILE);
	for (int64_t b = 0; b < blocks; b++, t += tile_bytes(type), out += TILE) {
		__m512i v[8];
		__m512 d[2], min;
		unpack(type, t, v);
#pragma GCC unroll 8
		for (int k = 0; k < 8; k++)
			_mm512_storeu_si512(out + 64 * k, v[k]);
		unpack_scales(type, s, b, d, &min);
		_mm512_storeu_ps(scales + PANEL * b, d[0]);
		if (type == T_Q6_K || type == T_Q4_K)
			_mm512_storeu_ps(scales + PANEL * (blocks + b), type == T_Q6_K ? d[1] : min);
	}
}

// mul_wide multiplies C activation rows from i on with two expanded panels. Everything that is indexed by row and
// column must be unrolled: what stays an array is kept in memory, which costs a third of the speed.
INLINE void mul_wide(const int type, const int C, const uint8_t *const panel[2], const lamp_matrix *w, const lamp_rows *x, const float *bias, int64_t i, float *dst, int64_t p)
{
	const int64_t cols = w->cols, blocks = cols / BLOCK;
	const float *scales[2] = {(const float *)(panel[0] + blocks * TILE), (const float *)(panel[1] + blocks * TILE)};
	const int8_t *q = x->q + i * cols;
	const float *scale = x->scale + i * blocks;
	bias += i * blocks * (type == T_Q6_K ? 2 : 1);
	__m512 acc[2][WIDE];
#pragma GCC unroll 8
	for (int c = 0; c < C; c++)
		acc[0][c] = acc[1][c] = _mm512_setzero_ps();
	for (int64_t b = 0; b < blocks; b++) {
		__m512i first[2][WIDE], second[2][WIDE];
#pragma GCC unroll 8
		for (int c = 0; c < C; c++)
			first[0][c] = first[1][c] = second[0][c] = second[1][c] = _mm512_setzero_si512();
#pragma GCC unroll 8
		for (int k = 0; k < 8; k++) {
			const __m512i w0 = load(panel[0] + b * TILE + 64 * k), w1 = load(panel[1] + b * TILE + 64 * k);
#pragma GCC unroll 8
			for (int c = 0; c < C; c++) {
				const __m512i v = four(q + c * cols + b * BLOCK + 4 * k);
				if (type == T_Q6_K && k >= 4) {
					second[0][c] = _mm512_dpbusd_epi32(second[0][c], w0, v);
					second[1][c] = _mm512_dpbusd_epi32(second[1][c], w1, v);
				} else {
					first[0][c] = _mm512_dpbusd_epi32(first[0][c], w0, v);
					first[1][c] = _mm512_dpbusd_epi32(first[1][c], w1, v);
				}
			}
		}
#pragma GCC unroll 2
		for (int r = 0; r < 2; r++) {
			const float *s = scales[r] + PANEL * b;
			__m512 d[2], min;
			d[0] = _mm512_loadu_ps(s);
			d[1] = min = _mm512_loadu_ps(s + PANEL * blocks);
#pragma GCC unroll 8
			for (int c = 0; c < C; c++)
				{
				const int64_t at = c * blocks + b;
				if (type == T_Q6_K)
					acc[r][c] = accumulate(type, acc[r][c], first[r][c], second[r][c], d, min, scale[at], bias[2 * at], bias[2 * at + 1]);
				else
					acc[r][c] = accumulate(type, acc[r][c], first[r][c], second[r][c], d, min, scale[at], bias[at], 0);
			}
		}
	}
#pragma GCC unroll 2
	for (int r = 0; r < 2; r++) {
		const int64_t row = (p + r) * PANEL;
		if (row < w->rows)
#pragma GCC unroll 8
			for (int c = 0; c < C; c++)
				store(dst + (i + c) * w->rows + row, acc[r][c], w->rows - row);
	}
}

// mul_many multiplies all activation rows: two panels at a time are expanded to bytes in scratch, then meet
// every six activation rows.
INLINE void mul_many(const int type, const lamp_matrix *w, const lamp_rows *x, const float *bias, float *dst, int64_t first, int64_t last, uint8_t *scratch)
{
	const int64_t blocks = w->cols / BLOCK;
	const uint8_t *const panel[2] = {scratch, scratch + expanded(blocks)};
	for (int64_t p = first; p < last; p += 2) {
		const int two = p + 1 < last;
		expand(type, w, p, scratch);
		if (two)
			expand(type, w, p + 1, scratch + expanded(blocks));
		const uint8_t *const pair[2] = {panel[0], panel[two]};
		int64_t i = 0;
		if (two) {
			for (; i + WIDE <= x->n; i += WIDE)
				mul_wide(type, WIDE, pair, w, x, bias, i, dst, p);
		}
		for (; i < x->n; i++)
			mul_wide(type, 1, pair, w, x, bias, i, dst, p);
	}
}

// ---- one function for each type

#define QUANTS(F) F(T_Q4_0) F(T_Q5_0) F(T_Q8_0) F(T_Q4_K) F(T_Q6_K) F(T_HIGH)

#define FEW_CASE(type, C) \
	case C: mul_few(type, C, w, x, i, dst, first, last, (few_rows *)scratch); break;

#define DEFINE_QUANTS(type) \
	static TARGET void mul_##type(const lamp_matrix *w, const lamp_rows *x, float *dst, int64_t first, int64_t last, uint8_t *scratch) \
	{ \
		if (x->n >= MANY) { \
			float *bias = (float *)scratch; \
			fill_bias(type, x, w->cols, bias); \
			mul_many(type, w, x, bias, dst, first, last, scratch + lamp_bias_bytes(w->cols, x->n)); \
			return; \
		} \
		const int64_t most = type == T_Q6_K ? FEW / 2 : FEW; /* for which there are registers */ \
		for (int64_t i = 0; i < x->n; i += most) \
			switch (x->n - i < most ? x->n - i : most) { \
				FEW_CASE(type, 1) FEW_CASE(type, 2) FEW_CASE(type, 3) FEW_CASE(type, 4) \
				FEW_CASE(type, 5) FEW_CASE(type, 6) FEW_CASE(type, 7) FEW_CASE(type, 8) \
			} \
	}
QUANTS(DEFINE_QUANTS)

// Floats are multiplied as by AVX2: longer vectors gain nothing there.
void avx2_mul(const lamp_matrix *w, const lamp_rows *x, float *dst, int64_t first, int64_t last, uint8_t *scratch);

void avx512_mul(const lamp_matrix *w, const lamp_rows *x, float *dst, int64_t first, int64_t last, uint8_t *scratch)
{
	switch (w->type) {
#define CASE(type) \
	case type: mul_##type(w, x, dst, first, last, scratch); return;
		QUANTS(CASE)
	default: avx2_mul(w, x, dst, first, last, scratch);
	}
}

#endif
