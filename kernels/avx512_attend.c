#if defined(__x86_64__)

#include "native.h"

#include <immintrin.h>

// Attention over a cache of halves or of quants, in three steps for a group of query rows: scores, softmax, weighted
// sum. Keys are taken in tiles of 16 slots in the order of their positions, so what a row computes does not depend on the
// rows beside it nor on where in the ring its keys lie: tiles that a row does not see add exactly nothing.
//
// A step of a product takes a pair of elements: two keys, or two dimensions. In bfloat16 a pair is one lane of
// vdpbf16ps; in float32 it is two lanes, whose sums are added at the end. Queries that meet quants are rounded to 16
// bits instead, by blocks, and a pair is one lane of vpdpwssd: keys need no conversion but to int16, and the sums of a
// block are exact.

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512bf16,f16c,fma")))
#define INLINE static inline __attribute__((always_inline)) TARGET

#include "avx512_exp.h"

INLINE __m512 widen(const uint16_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }

INLINE __m512 bf(__m512i x) { return _mm512_castsi512_ps(x); }

enum { ROWS = 6, CHUNK = 64, FEW = 16 }; // rows of a product; slots whose values are converted at a time, for more rows and for few

// product adds Σ_j vectors[j]·rows[j] to acc: at each of the steps two vectors meet a pair from each of R ≤ ROWS
// rows. stride is the distance of the vectors of two steps, width that of two rows, in bytes.
INLINE void product(const int exact, const int R, const uint8_t *v, int64_t stride, const uint8_t *rows, int64_t width, int64_t steps, __m512 acc[2][ROWS])
{
	for (int64_t j = 0; j < steps; j++, v += stride) {
		const __m512i a = _mm512_loadu_si512(v), b = _mm512_loadu_si512(v + 64);
#pragma GCC unroll 8
		for (int r = 0; r < R; r++) {
			if (exact) {
				const __m512 pair = _mm512_castpd_ps(_mm512_set1_pd(((const double *)(rows + r * width))[j]));
				acc[0][r] = _mm512_fmadd_ps(bf(a), pair, acc[0][r]);
				acc[1][r] = _mm512_fmadd_ps(bf(b), pair, acc[1][r]);
			} else {
				__m512i pair = _mm512_set1_epi32(((const int32_t *)(rows + r * width))[j]);
#if defined(__clang__)
				__asm__("" : "+v"(pair)); // clang 16 fails where it sees that bfloat16 pairs are made of integers
#endif
				acc[0][r] = _mm512_dpbf16_ps(acc[0][r], (__m512bh)a, (__m512bh)pair);
				acc[1][r] = _mm512_dpbf16_ps(acc[1][r], (__m512bh)b, (__m512bh)pair);
			}
		}
	}
}

// keep_pairs stores 32 elements as 16 pairs of bfloat16, or as floats.
INLINE void keep_pairs(const int exact, __m512 a, __m512 b, uint8_t *to)
{
	if (exact) {
		_mm512_storeu_ps(to, a);
		_mm512_storeu_ps(to + 64, b);
	} else {
		_mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(b, a));
	}
}

// convert converts 32 halves.
INLINE void convert(const int exact, const uint16_t *from, uint8_t *to) { keep_pairs(exact, widen(from), widen(from + 16), to); }

INLINE __m512 bytes(const uint8_t *p) { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p))); }

// convert_keys converts a tile of quants to pairs that lie apart bytes from each other. With the scale of a key each is
// exact as a float.
INLINE void convert_keys(const int exact, const uint8_t *from, const uint16_t *scales, int64_t dim, uint8_t *to, int64_t apart)
{
	const __m512i low = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7), high = _mm512_add_epi32(low, _mm512_set1_epi32(8));
	for (int64_t d = 0; d < dim; d += BLOCK, scales += 16) {
		const __m512 s = widen(scales), a = _mm512_permutexvar_ps(low, s), b = _mm512_permutexvar_ps(high, s);
		for (int64_t j = 0; j < BLOCK / 2; j++, from += 32, to += apart)
			keep_pairs(exact, _mm512_mul_ps(bytes(from), a), _mm512_mul_ps(bytes(from + 16), b), to);
	}
}

// convert_values converts the values of two slots.
INLINE void convert_values(const int exact, const uint8_t *from, const uint16_t *scales, int64_t dim, uint8_t *to)
{
	const int64_t size = exact ? 4 : 2;
	for (int64_t d = 0; d < dim; d += BLOCK, scales += 2) {
		const __m512 s = _mm512_castpd_ps(_mm512_broadcastsd_pd(_mm_castps_pd(_mm_cvtph_ps(_mm_loadu_si32(scales)))));
		UNROLL for (int j = 0; j < 2; j++, from += 32, to += 32 * size)
			keep_pairs(exact, _mm512_mul_ps(bytes(from), s), _mm512_mul_ps(bytes(from + 16), s), to);
	}
}

// paired adds the two lanes of each pair: 16 sums from two vectors.
INLINE __m512 paired(__m512 a, __m512 b)
{
	const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
	return _mm512_add_ps(_mm512_permutex2var_ps(a, even, b), _mm512_permutex2var_ps(a, _mm512_or_si512(even, _mm512_set1_epi32(1)), b));
}

// work is the memory of one call and what it is about.
typedef struct {
	int64_t rows, dim, begin, tiles; // tiles of 16 keys from position begin on
	int64_t pair;                    // bytes of a pair
	uint8_t *q;                      // [rows][dim/2] pairs
	float *q_scales;                 // [rows][dim/32] if the pairs are of int16
	float *scores;                   // [rows][16·tiles], later the pairs of probabilities, from the start of each row
	float *sums;                     // [rows]
	uint8_t *part;                   // two tiles of keys, or a chunk of values, converted
	float *acc;                      // [dim/16 or dim/8][rows][16]
} work;

// scores of R rows from r on against two tiles, or one and its upper half.
INLINE void score(const int exact, const int R, const work *w, int64_t r, int64_t tile, int two)
{
	__m512 acc[2][ROWS];
#pragma GCC unroll 8
	for (int i = 0; i < R; i++)
		acc[0][i] = acc[1][i] = _mm512_setzero_ps();
	product(exact, R, w->part, 128, w->q + r * w->dim / 2 * w->pair, w->dim / 2 * w->pair, w->dim / 2, acc);
#pragma GCC unroll 8
	for (int i = 0; i < R; i++) {
		float *to = w->scores + ((r + i) * w->tiles + tile) * 16;
		if (exact) {
			_mm512_storeu_ps(to, paired(acc[0][i], acc[1][i]));
		} else {
			_mm512_storeu_ps(to, acc[0][i]);
			if (two)
				_mm512_storeu_ps(to + 16, acc[1][i]);
		}
	}
}

// score_quants computes the scores of R rows from r on against two tiles of quants.
INLINE void score_quants(const int R, const work *w, int64_t r, int64_t tile, const uint8_t *const k[2], const uint16_t *const scales[2], int two)
{
	const int64_t blocks = w->dim / BLOCK;
	__m512 total[2][ROWS];
	UNROLL for (int i = 0; i < R; i++)
		total[0][i] = total[1][i] = _mm512_setzero_ps();
	for (int64_t b = 0; b < blocks; b++) {
		const int32_t *q = (const int32_t *)w->q + r * w->dim / 2 + b * BLOCK / 2;
		__m512i acc[2][ROWS];
		UNROLL for (int i = 0; i < R; i++)
			acc[0][i] = acc[1][i] = _mm512_setzero_si512();
		for (int64_t j = 0; j < BLOCK / 2; j++) {
			const int64_t at = b * BLOCK * 16 + j * 32;
			const __m512i x = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(k[0] + at)));
			const __m512i y = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(k[1] + at)));
			UNROLL for (int i = 0; i < R; i++) {
				const __m512i pair = _mm512_set1_epi32(q[i * w->dim / 2 + j]);
				acc[0][i] = _mm512_dpwssd_epi32(acc[0][i], x, pair);
				acc[1][i] = _mm512_dpwssd_epi32(acc[1][i], y, pair);
			}
		}
		const __m512 s = widen(scales[0] + b * 16), t = widen(scales[1] + b * 16);
		UNROLL for (int i = 0; i < R; i++) {
			const __m512 scale = _mm512_set1_ps(w->q_scales[(r + i) * blocks + b]);
			total[0][i] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc[0][i]), _mm512_mul_ps(s, scale), total[0][i]);
			total[1][i] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc[1][i]), _mm512_mul_ps(t, scale), total[1][i]);
		}
	}
	UNROLL for (int i = 0; i < R; i++) {
		float *to = w->scores + ((r + i) * w->tiles + tile) * 16;
		_mm512_storeu_ps(to, total[0][i]);
		if (two)
			_mm512_storeu_ps(to + 16, total[1][i]);
	}
}

// EACH_ROWS calls f(R, r) for groups of R rows from r on that make up all rows.
#define EACH_ROWS(w, f) \
	do { \
		int64_t r = 0; \
		for (; r + ROWS <= (w)->rows; r += ROWS) \
			f(ROWS, r); \
		for (; r + 2 <= (w)->rows; r += 2) \
			f(2, r); \
		for (; r < (w)->rows; r++) \
			f(1, r); \
	} while (0)

INLINE void all_scores(const int exact, const int quants, const lamp_cache *c, const work *w)
{
	const int64_t step = exact ? 1 : 2;
	for (int64_t t = 0; t < w->tiles; t += step) {
		const int two = !exact && t + 1 < w->tiles;
		const uint8_t *k[2];
		const uint16_t *scales[2];
		for (int part = 0; part < 2; part++) {
			const int64_t slot = (w->begin + (t + part * two) * 16) % c->slots;
			k[part] = c->k + slot * w->dim * (quants ? 1 : 2);
			scales[part] = quants ? c->k_scales + slot * w->dim / BLOCK : NULL;
		}
		if (quants && !exact) {
#define SCORE(R, r) score_quants(R, w, r, t, k, scales, two)
			EACH_ROWS(w, SCORE);
#undef SCORE
			continue;
		}
		for (int part = 0; part <= two; part++) {
			uint8_t *to = w->part + part * 64;
			if (quants)
				convert_keys(exact, k[part], scales[part], w->dim, to, 128);
			else
				for (int64_t j = 0; j < w->dim / 2; j++)
					convert(exact, (const uint16_t *)k[part] + j * 32, to + j * 128);
		}
#define SCORE(R, r) score(exact, R, w, r, t, two)
		EACH_ROWS(w, SCORE);
#undef SCORE
	}
}

// softmax turns the scores of a row that sees the positions [from, to] into probabilities without their common
// factor, which is one over the sum that it keeps.
INLINE void softmax(const int exact, const work *w, int64_t r, int64_t from, int64_t to)
{
	float *s = w->scores + r * w->tiles * 16;
	uint16_t *narrow = (uint16_t *)s;
	from -= w->begin;
	to -= w->begin;
	const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	__m512 highest = _mm512_set1_ps(-__builtin_inff()), sum = _mm512_setzero_ps();
#define SEEN(t) (_mm512_cmpge_epi32_mask(_mm512_add_epi32(lane, _mm512_set1_epi32(16 * (t))), _mm512_set1_epi32(from)) & \
	_mm512_cmple_epi32_mask(_mm512_add_epi32(lane, _mm512_set1_epi32(16 * (t))), _mm512_set1_epi32(to)))
	for (int64_t t = from / 16; t <= to / 16; t++)
		highest = _mm512_mask_max_ps(highest, SEEN(t), highest, _mm512_loadu_ps(s + 16 * t));
	highest = _mm512_set1_ps(_mm512_reduce_max_ps(highest));
	for (int64_t t = 0; t < w->tiles; t++) {
		__m512 p = _mm512_setzero_ps();
		if (t >= from / 16 && t <= to / 16)
			p = _mm512_maskz_mov_ps(SEEN(t), ex(_mm512_sub_ps(_mm512_loadu_ps(s + 16 * t), highest)));
		sum = _mm512_add_ps(sum, p);
		if (exact)
			_mm512_storeu_ps(s + 16 * t, p);
		else
			_mm256_storeu_si256((__m256i *)(narrow + 16 * t), (__m256i)_mm512_cvtneps_pbh(p));
	}
	w->sums[r] = _mm512_reduce_add_ps(sum);
}

// weigh adds the values of converted pairs [0, pairs) of the chunk to vectors d and d+1 of R rows.
INLINE void weigh(const int exact, const int R, const work *w, int64_t r, int64_t d, int64_t at, int64_t pairs)
{
	const int64_t vectors = w->dim * w->pair / 64;
	const int64_t width = w->tiles * 16 * 4;
	float *mem = w->acc + (d * w->rows + r) * 16;
	__m512 acc[2][ROWS];
#pragma GCC unroll 8
	for (int i = 0; i < R; i++) {
		acc[0][i] = _mm512_loadu_ps(mem + i * 16);
		acc[1][i] = _mm512_loadu_ps(mem + (w->rows + i) * 16);
	}
	product(exact, R, w->part + d * 64, vectors * 64, (uint8_t *)w->scores + r * width + at * w->pair, width, pairs, acc);
#pragma GCC unroll 8
	for (int i = 0; i < R; i++) {
		_mm512_storeu_ps(mem + i * 16, acc[0][i]);
		_mm512_storeu_ps(mem + (w->rows + i) * 16, acc[1][i]);
	}
}

INLINE void all_values(const int exact, const int quants, const lamp_cache *c, const work *w)
{
	const int64_t vectors = w->dim * w->pair / 64, keys = w->tiles * 16;
	for (int64_t i = 0; i < vectors * w->rows * 16; i += 16)
		_mm512_storeu_ps(w->acc + i, _mm512_setzero_ps());
	const int64_t most = w->rows > ROWS ? CHUNK : FEW; // what is converted for few rows must not drive out what they read next
	for (int64_t at = 0; at < keys; at += most) {
		const int64_t n = keys - at < most ? keys - at : most;
		for (int64_t k = 0; k < n; k += 2) {
			const int64_t slot = (w->begin + at + k) % c->slots;
			uint8_t *to = w->part + k / 2 * w->dim * w->pair;
			if (quants)
				convert_values(exact, c->v + slot * w->dim, c->v_scales + slot * w->dim / BLOCK, w->dim, to);
			else
				for (int64_t i = 0; i < w->dim / 16; i++)
					convert(exact, (const uint16_t *)c->v + slot * w->dim + i * 32, to + i * 16 * w->pair);
		}
		for (int64_t d = 0; d < vectors; d += 2) {
#define WEIGH(R, r) weigh(exact, R, w, r, d, at / 2, n / 2)
			EACH_ROWS(w, WEIGH);
		}
	}
}

INLINE void finish(const int exact, const lamp_queries *q, const work *w)
{
	for (int64_t r = 0; r < w->rows; r++) {
		float *out = q->out + r / q->heads * q->stride + r % q->heads * w->dim;
		const __m512 scale = _mm512_set1_ps(1 / w->sums[r]);
		for (int64_t d = 0; d < w->dim / 16; d++) {
			__m512 v;
			if (exact)
				v = paired(_mm512_loadu_ps(w->acc + (2 * d * w->rows + r) * 16), _mm512_loadu_ps(w->acc + ((2 * d + 1) * w->rows + r) * 16));
			else
				v = _mm512_loadu_ps(w->acc + (d * w->rows + r) * 16);
			_mm512_storeu_ps(out + 16 * d, _mm512_mul_ps(v, scale));
		}
	}
}

// keep_query stores a row as floats, as bfloat16, or as int16 with the scales of its blocks.
INLINE void keep_query(const int exact, const int quants, const float *from, int64_t dim, uint8_t *to, float *scales)
{
	for (int64_t d = 0; d < dim; d += BLOCK) {
		const __m512 a = _mm512_loadu_ps(from + d), b = _mm512_loadu_ps(from + d + 16);
		if (exact || !quants) {
			keep_pairs(exact, a, b, to + d * (exact ? 4 : 2));
			continue;
		}
		// magnitudes are ordered as their bits are, NaN last
		const int32_t bits = _mm512_reduce_max_epi32(_mm512_max_epi32(_mm512_castps_si512(_mm512_abs_ps(a)), _mm512_castps_si512(_mm512_abs_ps(b))));
		float largest;
		__builtin_memcpy(&largest, &bits, 4);
		const int none = largest <= TINY;
		const __m512 inverse = _mm512_set1_ps(none ? 0 : 32767 / largest);
		scales[d / BLOCK] = none ? 0 : largest / 32767;
		_mm256_storeu_si256((__m256i *)(to + d * 2), _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32(_mm512_mul_ps(a, inverse))));
		_mm256_storeu_si256((__m256i *)(to + d * 2 + 32), _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32(_mm512_mul_ps(b, inverse))));
	}
}

INLINE void attend(const int exact, const int quants, const lamp_cache *c, const lamp_queries *q, uint8_t *scratch)
{
	work w = {.rows = q->n * q->heads, .dim = c->dim, .pair = exact ? 8 : 4};
	const int64_t oldest = q->first + 1 - q->window, blocks = w.dim / BLOCK;
	w.begin = oldest > 0 ? oldest / 16 * 16 : 0;
	w.tiles = (q->first + q->n - w.begin + 15) / 16;
	w.q = scratch;
	w.q_scales = (float *)(w.q + w.rows * w.dim * 2); // the other half of the room for floats
	w.part = w.q + w.rows * w.dim * 4;
	w.acc = (float *)(w.part + CHUNK / 2 * w.dim * w.pair);
	w.sums = w.acc + w.rows * w.dim * w.pair / 4;
	w.scores = w.sums + (w.rows + 15) / 16 * 16;
	for (int64_t r = 0; r < w.rows; r++)
		keep_query(exact, quants, q->q + r / q->heads * q->stride + r % q->heads * w.dim, w.dim, w.q + r * w.dim / 2 * w.pair, w.q_scales + r * blocks);
	all_scores(exact, quants, c, &w);
	for (int64_t r = 0; r < w.rows; r++) {
		const int64_t p = q->first + r / q->heads;
		softmax(exact, &w, r, p + 1 > q->window ? p + 1 - q->window : 0, p);
	}
	all_values(exact, quants, c, &w);
	finish(exact, q, &w);
}

TARGET void avx512_attend(const lamp_cache *c, const lamp_queries *q, uint8_t *scratch)
{
	const int quants = c->k_scales != NULL;
	if (q->exact && quants)
		attend(1, 1, c, q, scratch);
	else if (q->exact)
		attend(1, 0, c, q, scratch);
	else if (quants)
		attend(0, 1, c, q, scratch);
	else
		attend(0, 0, c, q, scratch);
}

void avx2_put(const lamp_cache *, int64_t slot, const float *key, const float *value);

// avx512_put writes the pairs of a key 16 slots apart, and every second half of a pair of values: positions that
// share a pair may be stored at the same time. Quants are made by AVX2: what they cost is not worth more code.
TARGET void avx512_put(const lamp_cache *c, int64_t slot, const float *key, const float *value)
{
	if (c->k_scales) {
		avx2_put(c, slot, key, value);
		return;
	}
	uint16_t *k = (uint16_t *)c->k + (slot / 16 * c->dim / 2 * 16 + slot % 16) * 2, *v = (uint16_t *)c->v + (slot / 2 * c->dim) * 2;
	for (int64_t i = 0; i < c->dim; i += 16) {
		uint32_t pairs[8];
		_mm256_storeu_si256((__m256i *)pairs, _mm512_cvtps_ph(_mm512_loadu_ps(key + i), _MM_FROUND_TO_NEAREST_INT));
		for (int64_t j = 0; j < 8; j++)
			__builtin_memcpy(k + (i / 2 + j) * 32, &pairs[j], 4);
		__m512i wide = _mm512_cvtepu16_epi32(_mm512_cvtps_ph(_mm512_loadu_ps(value + i), _MM_FROUND_TO_NEAREST_INT));
		if (slot % 2)
			wide = _mm512_slli_epi32(wide, 16);
		_mm512_mask_storeu_epi16(v + i * 2, slot % 2 ? 0xAAAAAAAA : 0x55555555, wide);
	}
}

#endif
