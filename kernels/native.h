// Interface between package kernels and its C kernels. The layout of a packed matrix is in layout.go.
#ifndef LAMPLIGHT_NATIVE_H
#define LAMPLIGHT_NATIVE_H

#include <stddef.h>
#include <stdint.h>

enum {
	PANEL = 16, // rows that are interleaved
	BLOCK = 32, // columns that share an activation scale
	TILE = PANEL * BLOCK,
};

// Before a loop that must not be one when the program runs.
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

// Whether AVX-VNNI is compiled to the instructions of AVX512-VNNI with 256 bits, for tests on processors that have
// only those: CGO_CFLAGS=-DLAMPLIGHT_EVEX go test ./kernels
enum {
#if defined(LAMPLIGHT_EVEX)
	LAMP_EVEX = 1,
#else
	LAMP_EVEX = 0,
#endif
};

// Blocks of activations that are smaller in magnitude than TINY are zero.
#define TINY 1e-30f

// Storage types of packed quants; the values are those of Type in type.go.
enum { T_F32 = 0, T_F16 = 1, T_Q4_0 = 2, T_Q5_0 = 6, T_Q8_0 = 8, T_Q4_K = 12, T_Q6_K = 14, T_BF16 = 30, T_HIGH = 200 };

// A weight matrix in panels of 16 rows.
typedef struct {
	const uint8_t *quants; // [panels][cols/32] tiles
	const uint8_t *scales; // [panels][cols/32 or cols/256] groups
	int32_t type;
	int32_t rows, cols;
} lamp_matrix;

// n activation rows, as int8 in blocks of 32 for quantized weights, as floats for the others.
typedef struct {
	const float *x;      // [n][cols]
	const int8_t *q;     // [n][cols]
	const float *scale;  // [n][cols/32]
	const float *sum;    // [n][cols/32]    scale · Σq
	const float *halves; // [n][cols/32][2] the same of each half block
	int64_t n;
} lamp_rows;

// One KV head of one layer: slots is a multiple of 16, dim of 32. Element (slot, i) is
// k[((slot/16 · dim/2 + i/2) · 16 + slot%16) · 2 + i%2] and v[(slot/2 · dim + i) · 2 + slot%2], IEEE halves, or bytes
// if there are scales: pairs that are multiplied together lie together. The scale of block i/32, an IEEE half, is
// k_scales[(slot/16 · dim/32 + i/32) · 16 + slot%16] and v_scales[(slot/2 · dim/32 + i/32) · 2 + slot%2].
typedef struct {
	uint8_t *k, *v;
	uint16_t *k_scales, *v_scales; // NULL for halves
	int64_t slots, dim;
} lamp_cache;

// Queries of n consecutive positions, heads of each that share the KV head: element d of head h at position
// first+i is q[i·stride + h·dim + d], out likewise. The query at position p sees the positions above p-window.
typedef struct {
	const float *q;
	float *out;
	int64_t n, heads, stride, first, window;
	int32_t exact; // all arithmetic in float32; else products may be rounded to bfloat16
} lamp_queries;

// The settings of AdamW, as in grad.go.
typedef struct {
	float rate, beta1, beta2, epsilon, decay, correct1, correct2, scale;
} lamp_adamw;

typedef struct {
	// mul computes dst[i·rows + r] = W[r]·x[i] for the rows of panels [first, last). scratch is aligned to 64 and
	// has lamp_mul_scratch(cols, n) bytes.
	void (*mul)(const lamp_matrix *w, const lamp_rows *x, float *dst, int64_t first, int64_t last, uint8_t *scratch);
	// low computes what the lower bits of a row of a head in two planes contribute to its logit; see head.go.
	float (*low)(const uint8_t *w, int64_t cols, const int8_t *q, const float *scale, const float *sum);
	// dot multiplies a row of n elements, a multiple of 32, of a type that is floats.
	float (*dot)(int32_t type, const uint8_t *row, const float *x, int64_t n);
	// peak does rounds of integer products as mul's, from registers, and returns how many multiply-adds they were. What
	// they add up to goes to result, which gives the operands too, so that nobody can leave them out.
	int64_t (*peak)(int64_t rounds, int32_t *result);
	// quantize rounds n elements, a multiple of 32, to int8 by blocks of 32.
	void (*quantize)(const float *x, int64_t n, int8_t *q, float *scale, float *sum, float *halves);
	// attend computes softmax(q·kᵀ)·v. scratch has lamp_attend_scratch bytes.
	void (*attend)(const lamp_cache *c, const lamp_queries *q, uint8_t *scratch);
	// put stores key and value [dim] in a slot.
	void (*put)(const lamp_cache *c, int64_t slot, const float *key, const float *value);
	// norm: dst = x / √(mean(x²) + eps) · gain; dst may be x.
	void (*norm)(float *dst, const float *x, const float *gain, int64_t n, float eps);
	// add_norm adds that to dst instead.
	void (*add_norm)(float *dst, const float *x, const float *gain, int64_t n, float eps);
	// gate: x = GELU(x) · up, GELU in its tanh form.
	void (*gate)(float *x, const float *up, int64_t n);
	// rotate turns the pairs (x[i], x[i+half]).
	void (*rotate)(float *x, const float *cos, const float *sin, int64_t half);
	// scan writes the indices, first added, of the elements that are not below floor to ids [n] and returns how many
	// there are. reach does the same for 8·x + residual·norm + size·gap.
	int64_t (*scan)(const float *x, int64_t n, float floor, int32_t first, int32_t *ids);
	int64_t (*reach)(const float *x, const float *residual, const float *size, int64_t n, float norm, float gap, float floor, int32_t first, int32_t *ids);
	// peaks writes the largest element of every group to dst, as an integer; highest returns the index of the largest.
	void (*peaks)(const float *x, int64_t n, int64_t group, int32_t *dst);
	int64_t (*highest)(const float *x, int64_t n);
	// gemm: C = A·B, or C += A·B, of panels [m/tile[0]][k][tile[0]] of A and [n/tile[1]][k][tile[1]] of B. Rows of C are
	// stride apart.
	void (*gemm)(float *c, int64_t stride, const float *a, const float *b, int64_t m, int64_t n, int64_t k, int32_t add);
	// gemm_pack packs rows of cols floats, stride apart, in panels of one of the widths in gemm_tile: element (p, i) of a
	// panel is dst[p·width + i]. The rows are either the i of one panel, or, across, the p of panels depth · width apart.
	void (*gemm_pack)(float *dst, int64_t width, int64_t depth, int32_t across, const float *x, int64_t stride, int64_t rows, int64_t cols);
	const int32_t *gemm_tile;
	// gemm_peak is peak for floats.
	int64_t (*gemm_peak)(int64_t rounds, float *result);
	// greatest returns the largest of n ≥ 1 elements. exp_sum: x = e^(x - top), and returns the sum.
	float (*greatest)(const float *x, int64_t n);
	float (*exp_sum)(float *x, int64_t n, float top);
	// geglu: dst = GELU(gate) · up. geglu_grad replaces gate and up by their gradients, given dy.
	void (*geglu)(float *dst, const float *gate, const float *up, int64_t n);
	void (*geglu_grad)(float *gate, float *up, const float *dy, int64_t n);
	// reduce sets h to the products of A, [rank][n] floats or halves, with each of the rows of x. expand adds to n outputs of y,
	// in panels of 16, those of B, [panels][rank][16] floats or halves, with h. Rows of x and y are stride apart, of h apart.
	void (*reduce)(const uint8_t *a, int32_t half, int64_t rank, const float *x, int64_t stride, int64_t n, int64_t rows, float *h, int64_t apart);
	void (*expand)(const uint8_t *b, int32_t half, const float *h, int64_t apart, int64_t rank, float *y, int64_t stride, int64_t n, int64_t rows);
	// norm_grad sets dst to the gradient of norm's x, or adds that; dst may be dy.
	void (*norm_grad)(float *dst, const float *x, const float *gain, const float *dy, int64_t n, float eps, int32_t add);
	// adamw changes the parameters p and the moments m and v of their gradients g.
	void (*adamw)(const lamp_adamw *a, float *p, const float *g, float *m, float *v, int64_t n);
	// bf16_gemm and its companions are gemm, gemm_pack and gemm_peak with both factors rounded to bfloat16, to nearest even: a
	// float of a panel is then a pair of terms that follow each other, the last one perhaps with a zero. k and depth count
	// pairs. NULL where there are none; where there are, not every processor that has the rest has them.
	void (*bf16_gemm)(float *c, int64_t stride, const float *a, const float *b, int64_t m, int64_t n, int64_t k, int32_t add);
	void (*bf16_gemm_pack)(float *dst, int64_t width, int64_t depth, int32_t across, const float *x, int64_t stride, int64_t rows, int64_t cols);
	int64_t (*bf16_gemm_peak)(int64_t rounds, float *result);
	// decode writes the n elements of whole blocks as floats and returns 1, or 0 for a type it has not. NULL: it has none.
	int32_t (*decode)(int32_t type, float *dst, const uint8_t *src, int64_t n);
} lamp_kernels;

// Bytes of the scratch of mul: a bias for every half block of the activations, two expanded panels
// or one of two planes.
static inline int64_t lamp_bias_bytes(int64_t cols, int64_t n) { return (n * cols / 4 + 63) / 64 * 64; }
static inline int64_t lamp_mul_scratch(int64_t cols, int64_t n) { return lamp_bias_bytes(cols, n) + 2 * cols / BLOCK * (TILE + 8 * PANEL); }

// Bytes of the scratch of attend for n queries of so many heads that see at most keys positions each.
static inline int64_t lamp_attend_scratch(int64_t dim, int64_t n, int64_t heads, int64_t keys)
{
	const int64_t rows = n * heads, tiles = (keys + n) / 16 + 2;
	return rows * dim * 4 + 256 * dim + rows * dim * 8 + (rows + 16) * 4 + rows * tiles * 64;
}

const lamp_kernels *lamp_find(const char *name); // NULL when this build or processor type has no such kernels

void lamp_mul(const lamp_kernels *, const uint8_t *quants, const uint8_t *scales, int32_t type, int32_t rows, int32_t cols,
	const float *x, const int8_t *q, const float *scale, const float *sum, const float *halves, int64_t n,
	float *dst, int64_t first, int64_t last, uint8_t *scratch);
void lamp_attend(const lamp_kernels *, uint8_t *keys, uint8_t *values, uint16_t *key_scales, uint16_t *value_scales, int64_t slots, int64_t dim,
	const float *q, float *out, int64_t n, int64_t heads, int64_t stride, int64_t first, int64_t window, int32_t exact, uint8_t *scratch);
void lamp_quantize(const lamp_kernels *, const float *x, int64_t n, int8_t *q, float *scale, float *sum, float *halves);
// lamp_low adds what the low plane contributes to the logits of n rows.
void lamp_low(const lamp_kernels *, const uint8_t *rows, int64_t bytes, int64_t cols, const int8_t *q, const float *scale, const float *sum,
	const int32_t *ids, int64_t n, float *dst);
// lamp_dots multiplies n rows of w with x [cols].
void lamp_dots(const lamp_kernels *, const uint8_t *w, int32_t type, int64_t bytes, const float *x, int64_t cols, int64_t n, float *dst);
int64_t lamp_peak(const lamp_kernels *, int64_t rounds, int32_t *result);
int64_t lamp_read(const uint8_t *, int64_t n); // the sum of n bytes, by words of eight, as fast as memory gives them
int64_t lamp_scan(const lamp_kernels *, const float *x, int64_t n, float floor, int32_t first, int32_t *ids);
int64_t lamp_reach(const lamp_kernels *, const float *x, const float *residual, const float *size, int64_t n, float norm, float gap, float floor, int32_t first, int32_t *ids);
void lamp_peaks(const lamp_kernels *, const float *x, int64_t n, int64_t group, int32_t *dst);
int64_t lamp_highest(const lamp_kernels *, const float *x, int64_t n);
void lamp_put(const lamp_kernels *, uint8_t *keys, uint8_t *values, uint16_t *key_scales, uint16_t *value_scales, int64_t slots, int64_t dim, int64_t slot, const float *key, const float *value);
void lamp_norm(const lamp_kernels *, float *dst, const float *x, const float *gain, int64_t n, float eps);
void lamp_add_norm(const lamp_kernels *, float *dst, const float *x, const float *gain, int64_t n, float eps);
// lamp_gate gates n elements of rows that are stride apart and, unless q is NULL, rounds them.
void lamp_gate(const lamp_kernels *, float *x, const float *up, int64_t rows, int64_t stride, int64_t n, int8_t *q, float *scale, float *sum, float *halves);
void lamp_gemm(const lamp_kernels *, int32_t bf16, float *c, int64_t stride, const float *a, const float *b, int64_t m, int64_t n, int64_t k, int32_t add);
void lamp_gemm_pack(const lamp_kernels *, int32_t bf16, float *dst, int64_t width, int64_t depth, int32_t across, const float *x, int64_t stride, int64_t rows, int64_t cols);
int64_t lamp_gemm_peak(const lamp_kernels *, int32_t bf16, int64_t rounds, float *result);
int32_t lamp_decode(const lamp_kernels *, int32_t type, float *dst, const uint8_t *src, int64_t n);
float lamp_greatest(const lamp_kernels *, const float *x, int64_t n);
float lamp_exp_sum(const lamp_kernels *, float *x, int64_t n, float top);
void lamp_geglu(const lamp_kernels *, float *dst, const float *gate, const float *up, int64_t n);
void lamp_geglu_grad(const lamp_kernels *, float *gate, float *up, const float *dy, int64_t n);
void lamp_reduce(const lamp_kernels *, const uint8_t *a, int32_t half, int64_t rank, const float *x, int64_t stride, int64_t n, int64_t rows, float *h, int64_t apart);
void lamp_expand(const lamp_kernels *, const uint8_t *b, int32_t half, const float *h, int64_t apart, int64_t rank, float *y, int64_t stride, int64_t n, int64_t rows);
void lamp_norm_grad(const lamp_kernels *, float *dst, const float *x, const float *gain, const float *dy, int64_t n, float eps, int32_t add);
void lamp_adamw_step(const lamp_kernels *, float rate, float beta1, float beta2, float epsilon, float decay, float correct1, float correct2, float scale,
	float *p, const float *g, float *m, float *v, int64_t n);
void lamp_rotate(const lamp_kernels *, float *x, const float *cos, const float *sin, int64_t half);

#endif
