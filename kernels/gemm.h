// Products of float32 matrices, for the vectors of avx2.h, neon.h or avx512_gemm.c: see gemm.go. A tile of C,
// TILE_ROWS × TILE_COLS, stays in registers while what is summed over passes by: of A a panel of TILE_ROWS rows, of
// B one of TILE_COLS columns, both packed so that they are read from one end to the other. A lane has one term, or,
// with avx512_bf16.c, a pair of TERMS that were rounded.

#if !defined(TERMS)
#define TERMS 1
#define multiplied fused
INLINE vf along(const float *x, int64_t n) { return some(x, n); }
INLINE vf down(const float *x, int64_t stride, int64_t n, int64_t k) { return some(x, n); }
#endif

enum {
	TILE_VECTORS = TILE_COLS / LANES,
	DEPTH = 256, // lanes that are summed in registers: the panels of a tile are then in the first cache
};

// tile computes R rows and V vectors of a tile from a [k][TILE_ROWS] and b [k][TILE_COLS]; m and n, which may be
// larger, say how many rows and columns C has from here on.
INLINE void tile(const int R, const int V, float *c, int64_t stride, const float *a, const float *b, int64_t m, int64_t n, int64_t k, int add)
{
	vf acc[TILE_ROWS][TILE_VECTORS];
	UNROLL for (int i = 0; i < R; i++) {
		__builtin_prefetch(c + i * stride, 1);
		UNROLL for (int v = 0; v < V; v++)
			acc[i][v] = splat(0);
	}
	for (int64_t p = 0; p < k; p++, a += TILE_ROWS, b += TILE_COLS) {
		vf w[TILE_VECTORS];
		UNROLL for (int v = 0; v < V; v++)
			w[v] = load(b + v * LANES);
		UNROLL for (int i = 0; i < R; i++) {
			const vf x = splat(a[i]);
			UNROLL for (int v = 0; v < V; v++)
				acc[i][v] = multiplied(x, w[v], acc[i][v]);
		}
	}
	if (m >= R && n >= V * LANES) {
		UNROLL for (int i = 0; i < R; i++, c += stride)
			UNROLL for (int v = 0; v < V; v++)
				if (add)
					keep(c + v * LANES, load(c + v * LANES) + acc[i][v]);
				else
					keep(c + v * LANES, acc[i][v]);
		return;
	}
	float edge[TILE_ROWS][TILE_COLS];
	UNROLL for (int i = 0; i < R; i++)
		UNROLL for (int v = 0; v < V; v++)
			keep(edge[i] + v * LANES, acc[i][v]);
	for (int64_t i = 0; i < m && i < R; i++, c += stride)
		for (int64_t j = 0; j < n && j < V * LANES; j++)
			c[j] = add ? c[j] + edge[i][j] : edge[i][j];
}

// rows_of chooses how many rows are computed: a matrix may have no more than the rank of an adapter.
INLINE void rows_of(const int V, float *c, int64_t stride, const float *a, const float *b, int64_t m, int64_t n, int64_t k, int add)
{
	if (m <= 4)
		tile(4, V, c, stride, a, b, m, n, k, add);
	else if (TILE_ROWS > 8 && m <= 8)
		tile(TILE_ROWS > 8 ? 8 : TILE_ROWS, V, c, stride, a, b, m, n, k, add);
	else
		tile(TILE_ROWS, V, c, stride, a, b, m, n, k, add);
}

TARGET void NAME(gemm)(float *c, int64_t stride, const float *a, const float *b, int64_t m, int64_t n, int64_t k, int32_t add)
{
	for (int64_t p = 0; p < k; p += DEPTH) {
		const int64_t depth = k - p < DEPTH ? k - p : DEPTH;
		for (int64_t i = 0; i < m; i += TILE_ROWS)
			for (int64_t j = 0; j < n; j += TILE_COLS) {
				float *at = c + i * stride + j;
				const float *x = a + i * k + p * TILE_ROWS, *w = b + j * k + p * TILE_COLS;
				if (n - j <= TILE_COLS / 2)
					rows_of(TILE_VECTORS / 2, at, stride, x, w, m - i, n - j, depth, add || p > 0);
				else
					rows_of(TILE_VECTORS, at, stride, x, w, m - i, n - j, depth, add || p > 0);
			}
	}
}

// transpose exchanges rows and columns: every step deals the vectors of both halves as cards are shuffled.
INLINE void transpose(vf x[LANES])
{
	UNROLL for (int step = 1; step < LANES; step *= 2) {
		vf t[LANES];
		UNROLL for (int i = 0; i < LANES / 2; i++) {
			t[2 * i] = zip_low(x[i], x[i + LANES / 2]);
			t[2 * i + 1] = zip_high(x[i], x[i + LANES / 2]);
		}
		UNROLL for (int i = 0; i < LANES; i++)
			x[i] = t[i];
	}
}

// weave makes dst [k/TERMS][width] of n ≤ width rows of k elements, with zeros for the rows that are missing.
INLINE void weave(const int width, float *dst, const float *x, int64_t stride, int64_t n, int64_t k)
{
	UNROLL for (int g = 0; g < width; g += LANES)
		for (int64_t p = 0; p < k; p += LANES * TERMS) {
			vf t[LANES];
			UNROLL for (int i = 0; i < LANES; i++)
				t[i] = g + i < width && g + i < n ? along(x + (g + i) * stride + p, k - p) : splat(0);
			transpose(t);
			UNROLL for (int i = 0; i < LANES; i++)
				if (i * TERMS < k - p)
					keep_some(dst + (p / TERMS + i) * width + g, t[i], width - g);
		}
}

// lay makes panels dst [k/TERMS][width], depth · width apart, of k rows of n elements, with zeros after them.
INLINE void lay(const int width, float *dst, int64_t depth, const float *x, int64_t stride, int64_t n, int64_t k)
{
	for (int64_t j = 0; j < n; j += width, dst += depth * width)
		for (int64_t p = 0; p < k; p += TERMS)
			UNROLL for (int v = 0; v < width; v += LANES)
				keep_some(dst + p / TERMS * width + v, j + v < n ? down(x + p * stride + j + v, stride, n - j - v, k - p) : splat(0), width - v);
}

TARGET void NAME(gemm_pack)(float *dst, int64_t width, int64_t depth, int32_t across, const float *x, int64_t stride, int64_t rows, int64_t cols)
{
	if (across && width == TILE_ROWS)
		lay(TILE_ROWS, dst, depth, x, stride, cols, rows);
	else if (across)
		lay(TILE_COLS, dst, depth, x, stride, cols, rows);
	else if (width == TILE_ROWS)
		weave(TILE_ROWS, dst, x, stride, rows, cols);
	else
		weave(TILE_COLS, dst, x, stride, rows, cols);
}

const int32_t NAME(gemm_tile)[2] = {TILE_ROWS, TILE_COLS};

// gemm_peak multiplies and adds from registers only, as often as the processor can.
TARGET int64_t NAME(gemm_peak)(int64_t rounds, float *result)
{
	enum { CHAINS = 12 };
	vf x = splat(result[0]), acc[CHAINS], sum = splat(0);
	UNROLL for (int c = 0; c < CHAINS; c++)
		acc[c] = splat((float)c);
	for (int64_t i = 0; i < rounds; i++)
		UNROLL for (int c = 0; c < CHAINS; c++) {
			HIDE(x); // or the products are computed once and only added
			acc[c] = multiplied(x, x, acc[c]);
		}
	UNROLL for (int c = 0; c < CHAINS; c++)
		sum += acc[c];
	keep_some(result, sum, 1);
	return rounds * CHAINS * LANES * TERMS;
}
