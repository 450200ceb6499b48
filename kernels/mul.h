// Matrix products for the vectors of avx2.h or neon.h. A panel's 16 rows are VECTORS vectors of floats or of int32;
// vector s of 64 bytes in a tile is as many vectors of bytes. The including file says how bytes are multiplied:
//
//	dot           adds the products of vector k of a tile and columns 4k to 4k+3 of an activation row to a narrow
//	steps(type)   how often it can do that before they must be widened to int32; divides 4 for Q6_K, else 8
//	widen         does so; sums of the upper nibbles are 16 times as much
//	SPLIT         whether Q8_0 is multiplied nibble by nibble, because bytes would be too large for dot
//	SIGNED        whether Q8_0 is multiplied as signed bytes
//	WIDE, LONG    activation rows that mul_wide and mul_floats take at a time

enum { VECTORS = PANEL / LANES, FEW = 3 };

// Bytes of a tile, and of the scales of a row of blocks.
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

INLINE int64_t scale_bytes(const int type, int64_t blocks)
{
	switch (type) {
	case T_Q4_K: return blocks / 8 * 320;
	case T_Q6_K: return blocks / 8 * 288;
	}
	return blocks * 32;
}

// What to take from the quants that unpack returns.
INLINE float offset(const int type)
{
	switch (type) {
	case T_Q4_0: return 8;
	case T_Q5_0: return 16;
	case T_Q6_K: return 32;
	case T_Q8_0: return SIGNED ? 0 : 128;
	case T_HIGH: return 15.5625f; // 124.5/8
	}
	return 0;
}

// Parts of a block that have a scale of their own, and planes that its quants are multiplied in.
INLINE int parts(const int type) { return type == T_Q6_K ? 2 : 1; }
INLINE int planes(const int type) { return SPLIT && type == T_Q8_0 ? 2 : 1; }

INLINE vb plane_of(const int type, const int plane, vb quants)
{
	if (planes(type) == 1)
		return quants;
	return plane ? high_bits(quants) : low_bits(quants);
}

// unpack makes bytes of the quants of vector h of the rows of a tile.
INLINE void unpack(const int type, const uint8_t *t, const int h, vb w[8])
{
	const uint8_t *v = t + h * 4 * LANES;
	if (type == T_Q8_0) {
		UNROLL for (int s = 0; s < 8; s++)
			w[s] = SIGNED ? load_bytes(v + 64 * s) ^ 128 : load_bytes(v + 64 * s);
		return;
	}
	if (type == T_Q5_0 || type == T_HIGH) {
		UNROLL for (int s = 0; s < 5; s++)
			w[s] = load_bytes(v + 64 * s);
		w[5] = (shifted(w[0], 5) & 7) | (shifted(w[3], 2) & 24);
		w[6] = (shifted(w[1], 5) & 7) | (shifted(w[4], 2) & 24);
		w[7] = (shifted(w[2], 5) & 7) | (shifted(w[3], 4) & 8) | (shifted(w[4], 3) & 16);
		UNROLL for (int s = 0; s < 5; s++)
			w[s] &= 31;
		return;
	}
	UNROLL for (int s = 0; s < 4; s++) {
		const vb both = load_bytes(v + 64 * s);
		w[s] = low_bits(both);
		w[s + 4] = high_bits(both);
	}
	if (type == T_Q6_K) {
		UNROLL for (int s = 0; s < 8; s++)
			w[s] |= crumbs(load_bytes(v + 256 + 64 * (s / 4)), s % 4);
	}
}

// scales of vector h of the rows of a block: of all its columns and, for Q4_K, the minimum, or of each half.
typedef struct {
	vf d, second;
} scales;

INLINE scales unpack_scales(const int type, const uint8_t *p, int64_t b, const int h)
{
	if (type == T_Q4_K) {
		const uint8_t *super = p + b / 8 * 320 + h * LANES * 2, *s = p + b / 8 * 320 + 64 + b % 8 * 32 + h * LANES;
		return (scales){halves(super) * bytes(s), halves(super + 32) * bytes(s + 16)};
	}
	if (type == T_Q6_K) {
		const uint8_t *super = p + b / 8 * 288 + h * LANES * 2, *s = p + b / 8 * 288 + 32 + b % 8 * 32 + h * LANES;
		const vf d = halves(super);
		return (scales){d * signed_bytes(s), d * signed_bytes(s + 16)};
	}
	return (scales){.d = halves(p + 32 * b + h * LANES * 2)};
}

// fill_bias sets what offset puts into a sum: -offset · scale · Σq for every block, or half block, of the
// activations. For Q4_K it is scale · Σq, which the minimum is multiplied with.
INLINE void fill_bias(const int type, const lamp_rows *x, int64_t cols, float *bias)
{
	const float *sum = parts(type) == 2 ? x->halves : x->sum;
	const int64_t n = x->n * cols / BLOCK * parts(type);
	const float factor = type == T_Q4_K ? 1 : -offset(type);
	for (int64_t i = 0; i < n; i++)
		bias[i] = factor * sum[i];
}

// accumulate adds the integer sum of a part of a block to acc. The order of these operations defines the result;
// every path below goes through here, and there is no product that a compiler could fuse with a sum.
INLINE vf accumulate(const int type, vf acc, vi sum, scales s, const int part, const float *scale, const float *bias, int64_t at)
{
	const vf dx = splat(scale[at]), b = splat(bias[at * parts(type) + part]);
	if (type == T_Q4_K)
		return fused(-s.second, b, fused(floats(sum) * dx, s.d, acc));
	return fused(fused(floats(sum), dx, b), part ? s.second : s.d, acc);
}

// products returns the integer sum of a part of a block for one activation row.
INLINE vi products(const int type, const vb w[8], const int8_t *q, const int part)
{
	const int n = steps(type), length = 8 / parts(type);
	vi sum = {0};
	UNROLL for (int plane = 0; plane < planes(type); plane++) {
		UNROLL for (int g = part * length; g < (part + 1) * length; g += n) {
			narrow a = {0};
			UNROLL for (int k = 0; k < n; k++)
				a = dot(a, plane_of(type, plane, w[g + k]), q, g + k);
			sum += widen(a, plane);
		}
	}
	return sum;
}

// mul_few multiplies C ≤ FEW activation rows from i on; tiles are unpacked in registers.
INLINE void mul_few(const int type, const int C, const lamp_matrix *w, const lamp_rows *x, const float *bias, int64_t i, float *dst, int64_t first, int64_t last)
{
	const int64_t cols = w->cols, blocks = cols / BLOCK;
	for (int64_t p = first; p < last; p++) {
		const uint8_t *t = w->quants + p * blocks * tile_bytes(type);
		const uint8_t *s = w->scales + p * scale_bytes(type, blocks);
		vf acc[VECTORS][FEW];
		UNROLL for (int h = 0; h < VECTORS; h++)
			UNROLL for (int c = 0; c < C; c++)
				acc[h][c] = splat(0);
		for (int64_t b = 0; b < blocks; b++, t += tile_bytes(type)) {
			UNROLL for (int l = 0; l < tile_bytes(type); l += 64)
				__builtin_prefetch(t + 4096 + l);
			const int8_t *q = x->q + i * cols + b * BLOCK;
			UNROLL for (int h = 0; h < VECTORS; h++) {
				vb v[8];
				unpack(type, t, h, v);
				const scales d = unpack_scales(type, s, b, h);
				q = again(q);
				UNROLL for (int c = 0; c < C; c++)
					UNROLL for (int part = 0; part < parts(type); part++) {
						const vi sum = products(type, v, q + c * cols, part);
						acc[h][c] = accumulate(type, acc[h][c], sum, d, part, x->scale, bias, (i + c) * blocks + b);
					}
			}
		}
		UNROLL for (int c = 0; c < C; c++)
			UNROLL for (int h = 0; h < VECTORS; h++)
				keep_some(dst + (i + c) * w->rows + p * PANEL + h * LANES, acc[h][c], w->rows - p * PANEL - h * LANES);
	}
}

// An expanded panel in scratch: bytes [blocks][planes][TILE], then floats [2][blocks][16]: the scales, and those of the
// second halves or the minima.
INLINE void expand(const int type, const lamp_matrix *w, int64_t p, uint8_t *out)
{
	const int64_t blocks = w->cols / BLOCK;
	const uint8_t *t = w->quants + p * blocks * tile_bytes(type);
	const uint8_t *s = w->scales + p * scale_bytes(type, blocks);
	float *to = (float *)(out + planes(type) * blocks * TILE);
	for (int64_t b = 0; b < blocks; b++, t += tile_bytes(type), out += planes(type) * TILE)
		UNROLL for (int h = 0; h < VECTORS; h++) {
			vb v[8];
			unpack(type, t, h, v);
			UNROLL for (int plane = 0; plane < planes(type); plane++)
				UNROLL for (int k = 0; k < 8; k++)
					keep(out + plane * TILE + k * 64 + h * LANES * 4, (vf)plane_of(type, plane, v[k]));
			const scales d = unpack_scales(type, s, b, h);
			keep(to + PANEL * b + h * LANES, d.d);
			if (type == T_Q6_K || type == T_Q4_K)
				keep(to + PANEL * (blocks + b) + h * LANES, d.second);
		}
}

// mul_wide multiplies C ≤ WIDE activation rows from i on with an expanded panel. Everything that is indexed by row and
// column must be unrolled: what stays an array is kept in memory, which costs a third of the speed.
INLINE void mul_wide(const int type, const int C, const uint8_t *panel, const lamp_matrix *w, const lamp_rows *x, const float *bias, int64_t i, float *dst, int64_t p)
{
	const int64_t cols = w->cols, blocks = cols / BLOCK;
	const int n = steps(type), length = 8 / parts(type);
	const float *s = (const float *)(panel + planes(type) * blocks * TILE);
	const int8_t *q = x->q + i * cols;
	const float *scale = x->scale + i * blocks;
	bias += i * blocks * parts(type);
	vf acc[VECTORS][WIDE];
	UNROLL for (int h = 0; h < VECTORS; h++)
		UNROLL for (int c = 0; c < C; c++)
			acc[h][c] = splat(0);
	for (int64_t b = 0; b < blocks; b++, q += BLOCK, s += PANEL, panel += planes(type) * TILE)
		UNROLL for (int part = 0; part < parts(type); part++) {
			vi sum[VECTORS][WIDE];
			UNROLL for (int g = 0; g < length * planes(type); g += n) {
				narrow a[VECTORS][WIDE];
				if (planes(type) == 2)
					q = again(q);
				UNROLL for (int h = 0; h < VECTORS; h++)
					UNROLL for (int c = 0; c < C; c++)
						a[h][c] = (narrow){0};
				UNROLL for (int k = g; k < g + n; k++)
					UNROLL for (int h = 0; h < VECTORS; h++) {
						const vb v = load_bytes(panel + (part * length + k) * 64 + h * LANES * 4);
						UNROLL for (int c = 0; c < C; c++)
							a[h][c] = dot(a[h][c], v, q + c * cols, (part * length + k) % 8);
					}
				UNROLL for (int h = 0; h < VECTORS; h++)
					UNROLL for (int c = 0; c < C; c++)
						sum[h][c] = g ? sum[h][c] + widen(a[h][c], g / 8) : widen(a[h][c], 0);
			}
			UNROLL for (int h = 0; h < VECTORS; h++) {
				scales d = {.d = load(s + h * LANES)};
				if (type == T_Q6_K || type == T_Q4_K)
					d.second = load(s + PANEL * blocks + h * LANES);
				UNROLL for (int c = 0; c < C; c++)
					acc[h][c] = accumulate(type, acc[h][c], sum[h][c], d, part, scale, bias, c * blocks + b);
			}
		}
	UNROLL for (int c = 0; c < C; c++)
		UNROLL for (int h = 0; h < VECTORS; h++)
			keep_some(dst + (i + c) * w->rows + p * PANEL + h * LANES, acc[h][c], w->rows - p * PANEL - h * LANES);
}

// mul_many multiplies all activation rows: a panel at a time is expanded to bytes in scratch, then meets every WIDE
// activation rows.
INLINE void mul_many(const int type, const lamp_matrix *w, const lamp_rows *x, const float *bias, float *dst, int64_t first, int64_t last, uint8_t *scratch)
{
	for (int64_t p = first; p < last; p++) {
		int64_t i = 0;
		expand(type, w, p, scratch);
		for (; i + WIDE <= x->n; i += WIDE)
			mul_wide(type, WIDE, scratch, w, x, bias, i, dst, p);
		for (; i + 2 <= x->n; i += 2)
			mul_wide(type, 2, scratch, w, x, bias, i, dst, p);
		if (i < x->n)
			mul_wide(type, 1, scratch, w, x, bias, i, dst, p);
	}
}

INLINE void mul_quants(const int type, const lamp_matrix *w, const lamp_rows *x, float *dst, int64_t first, int64_t last, uint8_t *scratch)
{
	float *bias = (float *)scratch;
	fill_bias(type, x, w->cols, bias);
	switch (x->n) {
	case 1: mul_few(type, 1, w, x, bias, 0, dst, first, last); return;
	case 2: mul_few(type, 2, w, x, bias, 0, dst, first, last); return;
	case 3: mul_few(type, 3, w, x, bias, 0, dst, first, last); return;
	}
	mul_many(type, w, x, bias, dst, first, last, scratch + lamp_bias_bytes(w->cols, x->n));
}

// ---- weights that are floats: [panels][cols][16]; the sum of a row runs over its columns in order

INLINE vf elements(const int type, const uint8_t *p)
{
	switch (type) {
	case T_F16: return halves(p);
	case T_BF16: return bfloats(p);
	}
	return load(p);
}

// mul_floats multiplies C activation rows from i on with R panels from p on.
INLINE void mul_floats(const int type, const int R, const int C, const lamp_matrix *w, const lamp_rows *x, int64_t i, float *dst, int64_t p)
{
	enum { MOST = 4 * VECTORS };
	const int64_t cols = w->cols, size = type == T_F32 ? 4 : 2, bytes = cols * PANEL * size;
	const uint8_t *panel = w->quants + p * bytes;
	const float *v = x->x + i * cols;
	vf acc[MOST][LONG];
	UNROLL for (int h = 0; h < R * VECTORS; h++)
		UNROLL for (int c = 0; c < C; c++)
			acc[h][c] = splat(0);
	for (int64_t k = 0; k < cols; k++, panel += PANEL * size)
		UNROLL for (int r = 0; r < R; r++) {
			vf row[VECTORS];
			UNROLL for (int h = 0; h < VECTORS; h++)
				row[h] = elements(type, panel + r * bytes + h * LANES * size);
			UNROLL for (int c = 0; c < C; c++) {
				const vf b = splat(v[c * cols + k]);
				UNROLL for (int h = 0; h < VECTORS; h++)
					acc[r * VECTORS + h][c] = fused(row[h], b, acc[r * VECTORS + h][c]);
			}
		}
	UNROLL for (int c = 0; c < C; c++)
		UNROLL for (int h = 0; h < R * VECTORS; h++)
			keep_some(dst + (i + c) * w->rows + p * PANEL + h * LANES, acc[h][c], w->rows - p * PANEL - h * LANES);
}

// mul_some_floats multiplies all activation rows, C of them, with R panels at a time: the sums must fit into the
// registers, and several chains of them hide the latency of an addition.
INLINE void mul_some_floats(const int type, const int R, const int C, const lamp_matrix *w, const lamp_rows *x, float *dst, int64_t first, int64_t last)
{
	int64_t p = first;
	for (; p + R <= last; p += R)
		mul_floats(type, R, C, w, x, 0, dst, p);
	for (; p < last; p++)
		mul_floats(type, 1, C, w, x, 0, dst, p);
}

INLINE void mul_all_floats(const int type, const lamp_matrix *w, const lamp_rows *x, float *dst, int64_t first, int64_t last)
{
	switch (x->n) {
	case 1: mul_some_floats(type, 4, 1, w, x, dst, first, last); return;
	case 2: mul_some_floats(type, 2, 2, w, x, dst, first, last); return;
	case 3: mul_some_floats(type, 2, 3, w, x, dst, first, last); return;
	case 4: mul_some_floats(type, 1, 4, w, x, dst, first, last); return;
	case 5: mul_some_floats(type, 1, 5, w, x, dst, first, last); return;
	}
	for (int64_t p = first; p < last; p++) {
		int64_t i = 0;
		for (; i + LONG <= x->n; i += LONG)
			mul_floats(type, 1, LONG, w, x, i, dst, p);
		for (; i + 2 <= x->n; i += 2)
			mul_floats(type, 1, 2, w, x, i, dst, p);
		if (i < x->n)
			mul_floats(type, 1, 1, w, x, i, dst, p);
	}
}

// ---- one function for each type

#define QUANTS(F) F(T_Q4_0) F(T_Q5_0) F(T_Q8_0) F(T_Q4_K) F(T_Q6_K) F(T_HIGH)
#define FLOATS(F) F(T_F32) F(T_F16) F(T_BF16)

#define DEFINE_QUANTS(type) \
	static TARGET void mul_##type(const lamp_matrix *w, const lamp_rows *x, float *dst, int64_t first, int64_t last, uint8_t *scratch) \
	{ \
		mul_quants(type, w, x, dst, first, last, scratch); \
	}
QUANTS(DEFINE_QUANTS)

#define DEFINE_FLOATS(type) \
	static TARGET void mul_##type(const lamp_matrix *w, const lamp_rows *x, float *dst, int64_t first, int64_t last, uint8_t *scratch) \
	{ \
		mul_all_floats(type, w, x, dst, first, last); \
	}
FLOATS(DEFINE_FLOATS)

void NAME(mul)(const lamp_matrix *w, const lamp_rows *x, float *dst, int64_t first, int64_t last, uint8_t *scratch)
{
	switch (w->type) {
#define CASE(type) \
	case type: mul_##type(w, x, dst, first, last, scratch); return;
		QUANTS(CASE) FLOATS(CASE)
	}
}

// low computes what the lower bits of a row contribute: Σ_b d_b · scale_b · Σ(l - 3.5)·q, for the row at w that lies as
// in head.go. Blocks are added in turn to two vectors of sums: with n of them no number goes through more than n + 8
// roundings.
TARGET float NAME(low)(const uint8_t *w, int64_t cols, const int8_t *q, const float *scale, const float *sums)
{
	const int64_t blocks = cols / BLOCK;
	vf even = splat(0), odd = splat(0), centre = splat(0);
	for (int64_t b = 0; b < blocks; b += LANES) {
		const int64_t n = blocks - b < LANES ? blocks - b : LANES;
		uint16_t half[LANES] = {0};
		float factor[LANES];
		__builtin_memcpy(half, w + 12 * blocks + 2 * b, 2 * n);
		const vf d = halves(half);
		centre = fused(d, some(sums + b, n), centre);
		keep(factor, d * some(scale + b, n));
		for (int64_t j = 0; j < n; j += 2) {
			const uint8_t *crumbs = w + 8 * (b + j), *bits = w + 8 * blocks + 4 * (b + j);
			const int8_t *x = q + BLOCK * (b + j);
			even = fused(floats(low_products(crumbs, bits, x)), splat(factor[j]), even);
			if (j + 1 < n)
				odd = fused(floats(low_products(crumbs + 8, bits + 4, x + BLOCK)), splat(factor[j + 1]), odd);
		}
	}
	return sum(even + odd) - 3.5f * sum(centre);
}

INLINE float dot_of(const int type, const uint8_t *row, const float *x, int64_t n)
{
	vf acc[4] = {splat(0), splat(0), splat(0), splat(0)};
	for (int64_t i = 0; i < n; i += 4 * LANES)
		UNROLL for (int j = 0; j < 4; j++)
			acc[j] = fused(elements(type, row + (i + j * LANES) * (type == T_F32 ? 4 : 2)), load(x + i + j * LANES), acc[j]);
	return sum((acc[0] + acc[1]) + (acc[2] + acc[3]));
}

TARGET float NAME(dot)(int32_t type, const uint8_t *row, const float *x, int64_t n)
{
	switch (type) {
	case T_F16: return dot_of(T_F16, row, x, n);
	case T_BF16: return dot_of(T_BF16, row, x, n);
	}
	return dot_of(T_F32, row, x, n);
}

// peak multiplies and adds from registers only, as often as the processor can.
TARGET int64_t NAME(peak)(int64_t rounds, int32_t *result)
{
	enum { CHAINS = 12 };
	int8_t q[BLOCK];
	__builtin_memset(q, result[0], sizeof q);
	vb w = load_bytes(q);
	narrow acc[CHAINS];
	UNROLL for (int c = 0; c < CHAINS; c++)
		acc[c] = (narrow){(int8_t)c};
	for (int64_t i = 0; i < rounds; i++)
		UNROLL for (int c = 0; c < CHAINS; c++) {
			HIDE(w); // or the products are computed once and only added
			acc[c] = dot(acc[c], w, q, 0);
		}
	vi sum = {0};
	UNROLL for (int c = 0; c < CHAINS; c++)
		sum += widen(acc[c], 0);
	result[0] = sum_int(sum);
	return rounds * CHAINS * LANES * 4;
}
