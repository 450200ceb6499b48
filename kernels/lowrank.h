// The halves of a change of low rank, for the vectors of avx2.h, neon.h or avx512_grad.c: see lowrank.go. Several rows are
// computed at once, as the factors are read and widened for all of them; what comes of a row does not depend on how many.

enum { BESIDE = LANES == 16 ? 4 : 2 };

INLINE vf factor(const int half, const uint8_t *p, int64_t i) { return half ? halves(p + i * 2) : load((const float *)p + i); }

// reduce_rows multiplies one row of A with C rows of x.
INLINE void reduce_rows(const int half, const int C, const uint8_t *a, const float *x, int64_t stride, int64_t n, float *h, int64_t apart)
{
	enum { CHAINS = 4 };
	vf acc[BESIDE][CHAINS];
	UNROLL for (int c = 0; c < C; c++)
		UNROLL for (int j = 0; j < CHAINS; j++)
			acc[c][j] = splat(0);
	int64_t i = 0;
	for (; i + CHAINS * LANES <= n; i += CHAINS * LANES)
		UNROLL for (int j = 0; j < CHAINS; j++) {
			const vf w = factor(half, a, i + j * LANES);
			UNROLL for (int c = 0; c < C; c++)
				acc[c][j] = fused(w, load(x + c * stride + i + j * LANES), acc[c][j]);
		}
	float rest[CHAINS * LANES] = {0};
	for (int64_t k = i; k < n; k++) {
		if (half) {
			uint8_t two[2 * LANES] = {0};
			float wide[LANES];
			__builtin_memcpy(two, a + k * 2, 2);
			keep(wide, halves(two));
			rest[k - i] = wide[0];
		} else {
			__builtin_memcpy(&rest[k - i], a + k * 4, 4);
		}
	}
	UNROLL for (int c = 0; c < C; c++) {
		for (int64_t k = i; k < n; k += LANES)
			acc[c][0] = fused(load(rest + (k - i)), some(x + c * stride + k, n - k), acc[c][0]);
		h[c * apart] = sum((acc[c][0] + acc[c][1]) + (acc[c][2] + acc[c][3]));
	}
}

INLINE void reduce_all(const int half, const uint8_t *a, int64_t rank, const float *x, int64_t stride, int64_t n, int64_t rows, float *h, int64_t apart)
{
	const int64_t bytes = n * (half ? 2 : 4);
	int64_t i = 0;
	for (; i + BESIDE <= rows; i += BESIDE)
		for (int64_t r = 0; r < rank; r++)
			reduce_rows(half, BESIDE, a + r * bytes, x + i * stride, stride, n, h + i * apart + r, apart);
	for (; i < rows; i++)
		for (int64_t r = 0; r < rank; r++)
			reduce_rows(half, 1, a + r * bytes, x + i * stride, stride, n, h + i * apart + r, apart);
}

TARGET void NAME(reduce)(const uint8_t *a, int32_t half, int64_t rank, const float *x, int64_t stride, int64_t n, int64_t rows, float *h, int64_t apart)
{
	if (half)
		reduce_all(1, a, rank, x, stride, n, rows, h, apart);
	else
		reduce_all(0, a, rank, x, stride, n, rows, h, apart);
}

// expand_rows adds one panel of B times C rows of h to n ≤ PANEL outputs.
INLINE void expand_rows(const int half, const int C, const uint8_t *b, const float *h, int64_t apart, int64_t rank, float *y, int64_t stride, int64_t n)
{
	enum { STEPS = PANEL / LANES };
	vf acc[BESIDE][STEPS];
	UNROLL for (int c = 0; c < C; c++)
		UNROLL for (int s = 0; s < STEPS; s++)
			acc[c][s] = n == PANEL ? load(y + c * stride + s * LANES) : n > s * LANES ? some(y + c * stride + s * LANES, n - s * LANES) : splat(0);
	for (int64_t r = 0; r < rank; r++)
		UNROLL for (int s = 0; s < STEPS; s++) {
			const vf w = factor(half, b, r * PANEL + s * LANES);
			UNROLL for (int c = 0; c < C; c++)
				acc[c][s] = fused(w, splat(h[c * apart + r]), acc[c][s]);
		}
	if (n == PANEL) {
		UNROLL for (int c = 0; c < C; c++)
			UNROLL for (int s = 0; s < STEPS; s++)
				keep(y + c * stride + s * LANES, acc[c][s]);
		return;
	}
	for (int c = 0; c < C; c++) {
		float part[PANEL];
		UNROLL for (int s = 0; s < STEPS; s++)
			keep(part + s * LANES, acc[c][s]);
		__builtin_memcpy(y + c * stride, part, n * 4);
	}
}

INLINE void expand_all(const int half, const uint8_t *b, const float *h, int64_t apart, int64_t rank, float *y, int64_t stride, int64_t n, int64_t rows)
{
	const int64_t bytes = rank * PANEL * (half ? 2 : 4);
	int64_t i = 0;
	for (; i + BESIDE <= rows; i += BESIDE)
		for (int64_t o = 0; o < n; o += PANEL)
			expand_rows(half, BESIDE, b + o / PANEL * bytes, h + i * apart, apart, rank, y + i * stride + o, stride, n - o < PANEL ? n - o : PANEL);
	for (; i < rows; i++)
		for (int64_t o = 0; o < n; o += PANEL)
			expand_rows(half, 1, b + o / PANEL * bytes, h + i * apart, apart, rank, y + i * stride + o, stride, n - o < PANEL ? n - o : PANEL);
}

TARGET void NAME(expand)(const uint8_t *b, int32_t half, const float *h, int64_t apart, int64_t rank, float *y, int64_t stride, int64_t n, int64_t rows)
{
	if (half)
		expand_all(1, b, h, apart, rank, y, stride, n, rows);
	else
		expand_all(0, b, h, apart, rank, y, stride, n, rows);
}
