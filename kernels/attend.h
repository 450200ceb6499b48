// Attention over a cache of halves, for the vectors of avx2.h or neon.h, in three steps for a group of query rows:
// scores, softmax, weighted sum. Keys are taken in tiles of 16 slots in the order of their positions, so what a row
// computes does not depend on the rows beside it nor on where in the ring its keys lie: tiles that a row does not see
// add exactly nothing.
//
// A step of a product takes a pair of elements, two keys or two dimensions, which are neighbouring lanes; their sums
// are added at the end. Sixteen lanes, ACROSS vectors, are computed at once.

enum { ROWS = 6, ACROSS = 16 / LANES, CHUNK = 32 }; // rows of a product; slots whose values are converted at a time

// work is the memory of one call and what it is about.
typedef struct {
	int64_t rows, dim, begin, tiles; // tiles of 16 keys from position begin on
	float *q;                        // [rows][dim]
	float *scores;                   // [rows][16·tiles], later probabilities
	float *sums;                     // [rows]
	float *part;                     // a tile of keys or a chunk of values as floats; unused if rows ≤ ROWS
	float *acc;                      // [dim/8][rows][16]
} work;

// product adds Σ_j vectors[j]·rows[j] to acc: at each of the steps sixteen lanes, halves or floats, meet a pair from
// each of R ≤ ROWS rows. stride is the distance of the lanes of two steps, width that of two rows, in elements.
INLINE void product(const int half, const int R, const void *lanes, int64_t stride, const float *rows, int64_t width, int64_t steps, vf acc[ROWS][ACROSS])
{
	const uint8_t *v = lanes;
	const int size = half ? 2 : 4;
	for (int64_t j = 0; j < steps; j++, v += stride * size) {
		vf x[ACROSS];
		UNROLL for (int a = 0; a < ACROSS; a++)
			x[a] = half ? halves(v + a * LANES * size) : load(v + a * LANES * size);
		UNROLL for (int r = 0; r < R; r++) {
			const vf y = pair(rows + r * width + 2 * j);
			UNROLL for (int a = 0; a < ACROSS; a++)
				acc[r][a] = fused(x[a], y, acc[r][a]);
		}
	}
}

// score computes the scores of R rows from r on against eight keys of a tile.
INLINE void score(const int half, const int R, const work *w, const void *keys, int64_t r, float *to)
{
	vf acc[ROWS][ACROSS];
	UNROLL for (int i = 0; i < R; i++)
		UNROLL for (int a = 0; a < ACROSS; a++)
			acc[i][a] = splat(0);
	product(half, R, keys, 32, w->q + r * w->dim, w->dim, w->dim / 2, acc);
	UNROLL for (int i = 0; i < R; i++)
		UNROLL for (int a = 0; a < ACROSS; a += 2)
			keep(to + (r + i) * w->tiles * 16 + a / 2 * LANES, paired(acc[i][a], acc[i][a + 1]));
}

// weigh adds the values of the pairs of slots to eight dimensions of R rows from r on, whose sums are at acc and whose
// probabilities begin at p.
INLINE void weigh(const int half, const int R, const work *w, const void *values, int64_t r, const float *p, int64_t pairs, float *acc)
{
	vf a[ROWS][ACROSS];
	UNROLL for (int i = 0; i < R; i++)
		UNROLL for (int k = 0; k < ACROSS; k++)
			a[i][k] = load(acc + (r + i) * 16 + k * LANES);
	product(half, R, values, w->dim * 2, p + r * w->tiles * 16, w->tiles * 16, pairs, a);
	UNROLL for (int i = 0; i < R; i++)
		UNROLL for (int k = 0; k < ACROSS; k++)
			keep(acc + (r + i) * 16 + k * LANES, a[i][k]);
}

// EACH_ROWS calls f(R, r) for groups of R rows from r on that make up all rows.
#define EACH_ROWS(w, f) \
	do { \
		int64_t r = 0; \
		for (; r + 6 <= (w)->rows; r += 6) \
			f(6, r); \
		for (; r + 4 <= (w)->rows; r += 4) \
			f(4, r); \
		for (; r + 2 <= (w)->rows; r += 2) \
			f(2, r); \
		for (; r < (w)->rows; r++) \
			f(1, r); \
	} while (0)

// widen converts n halves, a multiple of 16.
INLINE void widen_halves(const uint16_t *from, float *to, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES)
		keep(to + i, halves(from + i));
}

INLINE void all_scores(const int half, const lamp_cache *c, const work *w)
{
	for (int64_t t = 0; t < w->tiles; t++) {
		const uint16_t *k = c->k + (w->begin + t * 16) % c->slots * w->dim;
		if (!half)
			widen_halves(k, w->part, w->dim * 16);
		for (int64_t e = 0; e < 2; e++) {
			const void *keys = half ? (const void *)(k + e * 16) : w->part + e * 16;
			float *to = w->scores + t * 16 + e * 8;
#define SCORE(R, r) score(half, R, w, keys, r, to)
			EACH_ROWS(w, SCORE);
		}
	}
}

// softmax turns the scores of a row that sees the positions [from, to] into probabilities without their common
// factor, which is one over the sum that it keeps.
INLINE void softmax(const work *w, int64_t r, int64_t from, int64_t to)
{
	float *s = w->scores + r * w->tiles * 16;
	const vi first = lanes() + (int32_t)(w->begin - from), last = lanes() + (int32_t)(w->begin - to);
	const int64_t vectors = w->tiles * 16 / LANES;
	vf highest = splat(-__builtin_inff()), sums = splat(0);
	for (int64_t t = 0; t < vectors; t++) {
		const int32_t at = (int32_t)(t * LANES);
		highest = choose((first + at >= 0) & (last + at <= 0), larger(highest, load(s + at)), highest);
	}
	highest = splat(largest(highest));
	for (int64_t t = 0; t < vectors; t++) {
		const int32_t at = (int32_t)(t * LANES);
		const vf p = choose((first + at >= 0) & (last + at <= 0), ex(load(s + at) - highest), splat(0));
		sums += p;
		keep(s + at, p);
	}
	w->sums[r] = sum(sums);
}

INLINE void all_values(const int half, const lamp_cache *c, const work *w)
{
	const int64_t keys = w->tiles * 16;
	for (int64_t i = 0; i < w->dim * 2 * w->rows; i += LANES)
		keep(w->acc + i, splat(0));
	for (int64_t at = 0, n; at < keys; at += n) {
		const int64_t slot = (w->begin + at) % c->slots;
		const uint16_t *v = c->v + slot * w->dim;
		n = keys - at < CHUNK ? keys - at : CHUNK;
		if (n > c->slots - slot)
			n = c->slots - slot; // the rest is at the beginning of the ring
		if (!half)
			widen_halves(v, w->part, n * w->dim);
		for (int64_t d = 0; d < w->dim; d += 8) {
			const void *values = half ? (const void *)(v + d * 2) : w->part + d * 2;
			float *acc = w->acc + d * 2 * w->rows;
#define WEIGH(R, r) weigh(half, R, w, values, r, w->scores + at, n / 2, acc)
			EACH_ROWS(w, WEIGH);
		}
	}
}

INLINE void finish(const lamp_queries *q, const work *w)
{
	for (int64_t r = 0; r < w->rows; r++) {
		float *out = q->out + r / q->heads * q->stride + r % q->heads * w->dim;
		const vf scale = splat(1 / w->sums[r]);
		for (int64_t d = 0; d < w->dim; d += 8)
			UNROLL for (int a = 0; a < ACROSS; a += 2) {
				const float *acc = w->acc + (d * 2 * w->rows + r * 16) + a * LANES;
				keep(out + d + a / 2 * LANES, paired(load(acc), load(acc + LANES)) * scale);
			}
	}
}

TARGET void NAME(attend)(const lamp_cache *c, const lamp_queries *q, uint8_t *scratch)
{
	work w = {.rows = q->n * q->heads, .dim = c->dim};
	const int64_t oldest = q->first + 1 - q->window;
	w.begin = oldest > 0 ? oldest / 16 * 16 : 0;
	w.tiles = (q->first + q->n - w.begin + 15) / 16;
	w.q = (float *)scratch;
	w.part = w.q + w.rows * w.dim;
	w.acc = w.part + CHUNK * w.dim;
	w.sums = w.acc + w.rows * w.dim * 2;
	w.scores = w.sums + (w.rows + 15) / 16 * 16;
	for (int64_t r = 0; r < w.rows; r++)
		__builtin_memcpy(w.q + r * w.dim, q->q + r / q->heads * q->stride + r % q->heads * w.dim, w.dim * 4);
	if (w.rows <= ROWS)
		all_scores(1, c, &w);
	else
		all_scores(0, c, &w);
	for (int64_t r = 0; r < w.rows; r++) {
		const int64_t p = q->first + r / q->heads;
		softmax(&w, r, p + 1 > q->window ? p + 1 - q->window : 0, p);
	}
	if (w.rows <= ROWS)
		all_values(1, c, &w);
	else
		all_values(0, c, &w);
	finish(q, &w);
}

// put writes the pairs of a key 16 slots apart, and every second half of a pair of values: positions that share a pair
// may be stored at the same time.
TARGET void NAME(put)(const lamp_cache *c, int64_t slot, const float *key, const float *value)
{
	uint16_t *k = c->k + (slot / 16 * c->dim / 2 * 16 + slot % 16) * 2, *v = c->v + slot / 2 * c->dim * 2 + slot % 2;
	for (int64_t i = 0; i < c->dim; i += LANES) {
		uint16_t half[LANES];
		keep_halves(half, load(key + i));
		for (int64_t j = 0; j < LANES; j += 2)
			__builtin_memcpy(k + (i + j) * 16, half + j, 4);
		keep_halves(half, load(value + i));
		for (int64_t j = 0; j < LANES; j++)
			v[(i + j) * 2] = half[j];
	}
}
