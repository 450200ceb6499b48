#include "native.h"

#include <string.h>

// Matrix products, what looks through logits, and the rest. Those of one kind may go with others of another.
#define DECLARE_MUL(isa) \
	void isa##_mul(const lamp_matrix *, const lamp_rows *, float *, int64_t, int64_t, uint8_t *); \
	float isa##_low(const uint8_t *, int64_t, const int8_t *, const float *, const float *); \
	float isa##_dot(int32_t, const uint8_t *, const float *, int64_t); \
	int64_t isa##_peak(int64_t, int32_t *);
#define DECLARE_REST(isa) \
	void isa##_quantize(const float *, int64_t, int8_t *, float *, float *, float *); \
	void isa##_attend(const lamp_cache *, const lamp_queries *, uint8_t *); \
	void isa##_put(const lamp_cache *, int64_t, const float *, const float *); \
	void isa##_norm(float *, const float *, const float *, int64_t, float); \
	void isa##_add_norm(float *, const float *, const float *, int64_t, float); \
	void isa##_gate(float *, const float *, int64_t); \
	void isa##_rotate(float *, const float *, const float *, int64_t); \
	void isa##_gemm(float *, int64_t, const float *, const float *, int64_t, int64_t, int64_t, int32_t); \
	void isa##_gemm_pack(float *, int64_t, int64_t, int32_t, const float *, int64_t, int64_t, int64_t); \
	extern const int32_t isa##_gemm_tile[2]; \
	int64_t isa##_gemm_peak(int64_t, float *); \
	float isa##_greatest(const float *, int64_t); \
	float isa##_exp_sum(float *, int64_t, float); \
	void isa##_geglu(float *, const float *, const float *, int64_t); \
	void isa##_geglu_grad(float *, float *, const float *, int64_t); \
	void isa##_reduce(const uint8_t *, int32_t, int64_t, const float *, int64_t, int64_t, int64_t, float *, int64_t); \
	void isa##_expand(const uint8_t *, int32_t, const float *, int64_t, int64_t, float *, int64_t, int64_t, int64_t); \
	void isa##_norm_grad(float *, const float *, const float *, const float *, int64_t, float, int32_t); \
	void isa##_adamw(const lamp_adamw *, float *, const float *, float *, float *, int64_t);
#define DECLARE_MORE(isa) \
	void isa##_bf16_gemm(float *, int64_t, const float *, const float *, int64_t, int64_t, int64_t, int32_t); \
	void isa##_bf16_gemm_pack(float *, int64_t, int64_t, int32_t, const float *, int64_t, int64_t, int64_t); \
	int64_t isa##_bf16_gemm_peak(int64_t, float *); \
	int32_t isa##_decode(int32_t, float *, const uint8_t *, int64_t);
#define MORE(isa) isa##_bf16_gemm, isa##_bf16_gemm_pack, isa##_bf16_gemm_peak, isa##_decode
#define NO_MORE NULL, NULL, NULL, NULL
#define DECLARE_LOOK(isa) \
	int64_t isa##_scan(const float *, int64_t, float, int32_t, int32_t *); \
	int64_t isa##_reach(const float *, const float *, const float *, int64_t, float, float, float, int32_t, int32_t *); \
	void isa##_peaks(const float *, int64_t, int64_t, int32_t *); \
	int64_t isa##_highest(const float *, int64_t);
#define KERNELS(mul, rest, look, ...) \
	{mul##_mul, mul##_low, mul##_dot, mul##_peak, rest##_quantize, rest##_attend, rest##_put, rest##_norm, rest##_add_norm, rest##_gate, rest##_rotate, look##_scan, look##_reach, look##_peaks, look##_highest, \
		rest##_gemm, rest##_gemm_pack, rest##_gemm_tile, rest##_gemm_peak, \
		rest##_greatest, rest##_exp_sum, rest##_geglu, rest##_geglu_grad, rest##_reduce, rest##_expand, rest##_norm_grad, rest##_adamw, __VA_ARGS__}

typedef struct {
	const char *name;
	lamp_kernels kernels;
} named;

#if defined(__x86_64__)
DECLARE_MUL(avx512)
DECLARE_MUL(avxvnni)
DECLARE_MUL(avx2)
DECLARE_REST(avx512)
DECLARE_MORE(avx512)
DECLARE_REST(avx2)
DECLARE_LOOK(avx2)
static const named all[] = {{"avx512", KERNELS(avx512, avx512, avx2, MORE(avx512))}, {"avxvnni", KERNELS(avxvnni, avx2, avx2, NO_MORE)},
	{"avx2", KERNELS(avx2, avx2, avx2, NO_MORE)}};
#elif defined(__aarch64__)
DECLARE_MUL(neon)
DECLARE_REST(neon)
DECLARE_LOOK(neon)
static const named all[] = {{"neon", KERNELS(neon, neon, neon, NO_MORE)}};
#endif

const lamp_kernels *lamp_find(const char *name)
{
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(name, all[i].name) == 0)
			return &all[i].kernels;
	return NULL;
}

// What Go calls: flat arguments, since a struct with Go's pointers must not be handed to C.

void lamp_mul(const lamp_kernels *k, const uint8_t *quants, const uint8_t *scales, int32_t type, int32_t rows, int32_t cols,
	const float *x, const int8_t *q, const float *scale, const float *sum, const float *halves, int64_t n,
	float *dst, int64_t first, int64_t last, uint8_t *scratch)
{
	const lamp_matrix w = {quants, scales, type, rows, cols};
	const lamp_rows a = {x, q, scale, sum, halves, n};
	k->mul(&w, &a, dst, first, last, scratch);
}

void lamp_attend(const lamp_kernels *k, uint8_t *keys, uint8_t *values, uint16_t *key_scales, uint16_t *value_scales, int64_t slots, int64_t dim,
	const float *q, float *out, int64_t n, int64_t heads, int64_t stride, int64_t first, int64_t window, int32_t exact, uint8_t *scratch)
{
	const lamp_cache c = {keys, values, key_scales, value_scales, slots, dim};
	const lamp_queries s = {q, out, n, heads, stride, first, window, exact};
	k->attend(&c, &s, scratch);
}

void lamp_quantize(const lamp_kernels *k, const float *x, int64_t n, int8_t *q, float *scale, float *sum, float *halves)
{
	k->quantize(x, n, q, scale, sum, halves);
}

void lamp_low(const lamp_kernels *k, const uint8_t *rows, int64_t bytes, int64_t cols, const int8_t *q, const float *scale, const float *sum,
	const int32_t *ids, int64_t n, float *dst)
{
	const int64_t ahead = 8; // rows lie far apart; the second cache waits for more of them at a time than the first
	for (int64_t i = 0; i < n; i++) {
		if (i + ahead < n)
			for (int64_t at = 0; at < bytes; at += 64)
				__builtin_prefetch(rows + ids[i + ahead] * bytes + at, 0, 2);
		dst[i] += k->low(rows + ids[i] * bytes, cols, q, scale, sum);
	}
}

void lamp_dots(const lamp_kernels *k, const uint8_t *w, int32_t type, int64_t bytes, const float *x, int64_t cols, int64_t n, float *dst)
{
	for (int64_t i = 0; i < n; i++)
		dst[i] = k->dot(type, w + i * bytes, x, cols);
}

int64_t lamp_scan(const lamp_kernels *k, const float *x, int64_t n, float floor, int32_t first, int32_t *ids) { return k->scan(x, n, floor, first, ids); }
int64_t lamp_reach(const lamp_kernels *k, const float *x, const float *residual, const float *size, int64_t n, float norm, float gap, float floor, int32_t first, int32_t *ids)
{
	return k->reach(x, residual, size, n, norm, gap, floor, first, ids);
}
void lamp_peaks(const lamp_kernels *k, const float *x, int64_t n, int64_t group, int32_t *dst) { k->peaks(x, n, group, dst); }

int64_t lamp_highest(const lamp_kernels *k, const float *x, int64_t n) { return k->highest(x, n); }
void lamp_put(const lamp_kernels *k, uint8_t *keys, uint8_t *values, uint16_t *key_scales, uint16_t *value_scales, int64_t slots, int64_t dim, int64_t slot, const float *key, const float *value)
{
	const lamp_cache c = {keys, values, key_scales, value_scales, slots, dim};
	k->put(&c, slot, key, value);
}

void lamp_norm(const lamp_kernels *k, float *dst, const float *x, const float *gain, int64_t n, float eps) { k->norm(dst, x, gain, n, eps); }
void lamp_add_norm(const lamp_kernels *k, float *dst, const float *x, const float *gain, int64_t n, float eps) { k->add_norm(dst, x, gain, n, eps); }

void lamp_gate(const lamp_kernels *k, float *x, const float *up, int64_t rows, int64_t stride, int64_t n, int8_t *q, float *scale, float *sum, float *halves)
{
	for (int64_t i = 0; i < rows; i++, x += stride, up += stride) {
		k->gate(x, up, n);
		if (q == NULL)
			continue;
		k->quantize(x, n, q, scale, sum, halves);
		q += stride;
		scale += stride / BLOCK;
		sum += stride / BLOCK;
		halves += stride / BLOCK * 2;
	}
}

void lamp_rotate(const lamp_kernels *k, float *x, const float *cos, const float *sin, int64_t half) { k->rotate(x, cos, sin, half); }

void lamp_gemm(const lamp_kernels *k, int32_t bf16, float *c, int64_t stride, const float *a, const float *b, int64_t m, int64_t n, int64_t depth, int32_t add)
{
	(bf16 ? k->bf16_gemm : k->gemm)(c, stride, a, b, m, n, depth, add);
}

void lamp_gemm_pack(const lamp_kernels *k, int32_t bf16, float *dst, int64_t width, int64_t depth, int32_t across, const float *x, int64_t stride, int64_t rows, int64_t cols)
{
	(bf16 ? k->bf16_gemm_pack : k->gemm_pack)(dst, width, depth, across, x, stride, rows, cols);
}

int32_t lamp_decode(const lamp_kernels *k, int32_t type, float *dst, const uint8_t *src, int64_t n)
{
	return k->decode == NULL ? 0 : k->decode(type, dst, src, n);
}

float lamp_greatest(const lamp_kernels *k, const float *x, int64_t n) { return k->greatest(x, n); }
float lamp_exp_sum(const lamp_kernels *k, float *x, int64_t n, float top) { return k->exp_sum(x, n, top); }
void lamp_geglu(const lamp_kernels *k, float *dst, const float *gate, const float *up, int64_t n) { k->geglu(dst, gate, up, n); }
void lamp_geglu_grad(const lamp_kernels *k, float *gate, float *up, const float *dy, int64_t n) { k->geglu_grad(gate, up, dy, n); }

void lamp_reduce(const lamp_kernels *k, const uint8_t *a, int32_t half, int64_t rank, const float *x, int64_t stride, int64_t n, int64_t rows, float *h, int64_t apart)
{
	k->reduce(a, half, rank, x, stride, n, rows, h, apart);
}

void lamp_expand(const lamp_kernels *k, const uint8_t *b, int32_t half, const float *h, int64_t apart, int64_t rank, float *y, int64_t stride, int64_t n, int64_t rows)
{
	k->expand(b, half, h, apart, rank, y, stride, n, rows);
}

void lamp_norm_grad(const lamp_kernels *k, float *dst, const float *x, const float *gain, const float *dy, int64_t n, float eps, int32_t add)
{
	k->norm_grad(dst, x, gain, dy, n, eps, add);
}

void lamp_adamw_step(const lamp_kernels *k, float rate, float beta1, float beta2, float epsilon, float decay, float correct1, float correct2, float scale,
	float *p, const float *g, float *m, float *v, int64_t n)
{
	const lamp_adamw a = {rate, beta1, beta2, epsilon, decay, correct1, correct2, scale};
	k->adamw(&a, p, g, m, v, n);
}

int64_t lamp_gemm_peak(const lamp_kernels *k, int32_t bf16, int64_t rounds, float *result) { return (bf16 ? k->bf16_gemm_peak : k->gemm_peak)(rounds, result); }
int64_t lamp_peak(const lamp_kernels *k, int64_t rounds, int32_t *result) { return k->peak(rounds, result); }

int64_t lamp_read(const uint8_t *p, int64_t n)
{
	uint64_t sum[32] = {0};
	for (int64_t i = 0; i + 256 <= n; i += 256)
		for (int j = 0; j < 32; j++) {
			uint64_t v;
			__builtin_memcpy(&v, p + i + 8 * j, 8);
			sum[j] += v;
		}
	for (int j = 1; j < 32; j++)
		sum[0] += sum[j];
	return (int64_t)sum[0];
}
