// Attention over a cache of halves or of quants, for the vectors of avx2.h or neon.h, in three steps for a group of
// query rows: scores, softmax, weighted sum. Keys are taken in tiles of 16 slots in the order of their positions, so what a row
// computes does not depend on the rows beside it nor on where in the ring its keys lie: tiles that a row does not see
// add exactly nothing.
//
// A step of a product takes a pair of elements, two keys or two dimensions, which are neighbouring lanes; their sums
// are added at the end. Sixteen lanes, ACROSS vectors, are computed at once. What a quant stands for, its scale times
// at most 127, is a float exactly, so the results are the same whether it is converted on the way or before.

enum { ROWS = 6, ACROSS = 16 / LANES, CHUNK = 32 }; // rows of a product; slots whose values are converted at a time

// work is the memory of one call and what it is about.
typedef struct {
	int64_t rows, dim, begin, tiles; // tiles of 16 keys from position begin on
	float *q;                        // [rows][dim]
	float *scores;                   // [rows][16·tiles], later probabilities
	float *sums;                     // [rows]
	float *part;                     // a tile of keys or a chunk of values as floats; unused if rows ≤ ROWS
	float *scales;                   // of a chunk of values that are quants, two and two
	float *acc;                      // [dim/8][rows][16]
} work;

// What the lanes of a product are: floats; halves; quants, whose scales are those of the lanes (keys) or those of a pair
// at each step (values).
enum { FLOATS, HALVES, KEYS, VALUES };

INLINE int64_t size_of(const int kind) { return kind == FLOATS ? 4 : kind == HALVES ? 2 : 1; }

// key_scales repeats the scales of eight keys for the lanes of their pairs.
INLINE void key_scales(const uint16_t *from, vf to[ACROSS])
{
	uint32_t twice[8];
	UNROLL for (int s = 0; s < 8; s++)
		twice[s] = from[s] * 0x10001u;
	UNROLL for (int a = 0; a < ACROSS; a++)
		to[a] = halves((const uint16_t *)twice + a * LANES);
}

// product adds Σ_j vectors[j]·rows[j] to acc: at each of the steps sixteen lanes meet a pair from each of R ≤ ROWS rows.
// stride is the distance of the lanes of two steps, width that of two rows, far that of the scales of two steps, in
// elements.
INLINE void product(const int kind, const int R, const void *lanes, int64_t stride, const void *scales, int64_t far, const float *rows, int64_t width, int64_t steps, vf acc[ROWS][ACROSS])
{
	const uint8_t *v = lanes;
	const float *pairs = scales;
	const int64_t size = size_of(kind);
	vf scale[ACROSS];
	if (kind == KEYS)
		key_scales(scales, scale);
	for (int64_t j = 0; j < steps; j++, v += stride * size) {
		if (kind == VALUES) {
			scale[0] = pair(pairs + j * far);
			UNROLL for (int a = 1; a < ACROSS; a++)
				scale[a] = scale[0];
		}
		vf x[ACROSS];
		UNROLL for (int a = 0; a < ACROSS; a++) {
			const uint8_t *at = v + a * LANES * size;
			if (kind == FLOATS)
				x[a] = load(at);
			else if (kind == HALVES)
				x[a] = halves(at);
			else
				x[a] = signed_bytes(at) * scale[a];
		}
		UNROLL for (int r = 0; r < R; r++) {
			const vf y = pair(rows + r * width + 2 * j);
			UNROLL for (int a = 0; a < ACROSS; a++)
				acc[r][a] = fused(x[a], y, acc[r][a]);
		}
	}
}

// score computes the scores of R rows from r on against eight keys of a tile.
INLINE void score(const int kind, const int R, const work *w, const uint8_t *keys, const uint16_t *scales, int64_t r, float *to)
{
	const float *q = w->q + r * w->dim;
	vf acc[ROWS][ACROSS];
	UNROLL for (int i = 0; i < R; i++)
		UNROLL for (int a = 0; a < ACROSS; a++)
			acc[i][a] = splat(0);
	if (kind == KEYS)
		for (int64_t d = 0; d < w->dim; d += BLOCK)
			product(kind, R, keys + d * 16, 32, scales + d / BLOCK * 16, 0, q + d, w->dim, BLOCK / 2, acc);
	else
		product(kind, R, keys, 32, NULL, 0, q, w->dim, w->dim / 2, acc);
	UNROLL for (int i = 0; i < R; i++)
		UNROLL for (int a = 0; a < ACROSS; a += 2)
			keep(to + (r + i) * w->tiles * 16 + a / 2 * LANES, paired(acc[i][a], acc[i][a + 1]));
}

// weigh adds the values of the pairs of slots to eight dimensions of R rows from r on, whose sums are at acc and whose
// probabilities begin at p.
INLINE void weigh(const int kind, const int R, const work *w, const void *values, const float *scales, int64_t r, const float *p, int64_t pairs, float *acc)
{
	vf a[ROWS][ACROSS];
	UNROLL for (int i = 0; i < R; i++)
		UNROLL for (int k = 0; k < ACROSS; k++)
			a[i][k] = load(acc + (r + i) * 16 + k * LANES);
	product(kind, R, values, w->dim * 2, scales, w->dim / BLOCK * 2, p + r * w->tiles * 16, w->tiles * 16, pairs, a);
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

// widen_keys converts a tile of quants.
INLINE void widen_keys(const int8_t *from, const uint16_t *scales, float *to, int64_t dim)
{
	for (int64_t d = 0; d < dim; d += BLOCK, scales += 16) {
		vf scale[2][ACROSS];
		key_scales(scales, scale[0]);
		key_scales(scales + 8, scale[1]);
		for (int64_t j = 0; j < BLOCK / 2; j++, from += 32, to += 32)
			UNROLL for (int a = 0; a < 2 * ACROSS; a++)
				keep(to + a * LANES, signed_bytes(from + a * LANES) * scale[a / ACROSS][a % ACROSS]);
	}
}

// widen_values converts pairs of quants, whose scales are floats.
INLINE void widen_values(const int8_t *from, const float *scales, float *to, int64_t blocks)
{
	for (int64_t b = 0; b < blocks; b++, scales += 2) {
		const vf scale = pair(scales);
		UNROLL for (int a = 0; a < 2 * BLOCK / LANES; a++)
			keep(to + a * LANES, signed_bytes(from + a * LANES) * scale);
		from += 2 * BLOCK;
		to += 2 * BLOCK;
	}
}

// kind is that of the cache; few rows convert it on the way, more before.
INLINE void all_scores(const int kind, const int few, const lamp_cache *c, const work *w)
{
	const int64_t size = size_of(few ? kind : FLOATS);
	for (int64_t t = 0; t < w->tiles; t++) {
		const int64_t slot = (w->begin + t * 16) % c->slots;
		const uint8_t *k = c->k + slot * w->dim * size_of(kind);
		const uint16_t *scales = kind == KEYS ? c->k_scales + slot * w->dim / BLOCK : NULL;
		if (!few && kind == KEYS)
			widen_keys((const int8_t *)k, scales, w->part, w->dim);
		else if (!few)
			widen_halves((const uint16_t *)k, w->part, w->dim * 16);
		for (int64_t e = 0; e < 2; e++) {
			const uint8_t *keys = (few ? k : (const uint8_t *)w->part) + e * 16 * size;
			float *to = w->scores + t * 16 + e * 8;
#define SCORE(R, r) score(few ? kind : FLOATS, R, w, keys, scales ? scales + e * 8 : NULL, r, to)
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

INLINE void all_values(const int kind, const int few, const lamp_cache *c, const work *w)
{
	const int64_t keys = w->tiles * 16, blocks = w->dim / BLOCK, size = size_of(few ? kind : FLOATS);
	for (int64_t i = 0; i < w->dim * 2 * w->rows; i += LANES)
		keep(w->acc + i, splat(0));
	for (int64_t at = 0, n; at < keys; at += n) {
		const int64_t slot = (w->begin + at) % c->slots;
		const uint8_t *v = c->v + slot * w->dim * size_of(kind);
		n = keys - at < CHUNK ? keys - at : CHUNK;
		if (n > c->slots - slot)
			n = c->slots - slot; // the rest is at the beginning of the ring
		if (kind == VALUES)
			widen_halves(c->v_scales + slot * blocks, w->scales, n * blocks);
		if (!few && kind == VALUES)
			for (int64_t j = 0; j < n; j += 2)
				widen_values((const int8_t *)v + j * w->dim, w->scales + j * blocks, w->part + j * w->dim, blocks);
		else if (!few)
			widen_halves((const uint16_t *)v, w->part, n * w->dim);
		for (int64_t d = 0; d < w->dim; d += 8) {
			const uint8_t *values = (few ? v : (const uint8_t *)w->part) + d * 2 * size;
			const float *scales = w->scales + d / BLOCK * 2;
			float *acc = w->acc + d * 2 * w->rows;
#define WEIGH(R, r) weigh(few ? kind : FLOATS, R, w, values, scales, r, w->scores + at, n / 2, acc)
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

// attend is told the kinds of keys and values.
INLINE void attend(const int keys, const int values, const lamp_cache *c, const lamp_queries *q, uint8_t *scratch)
{
	work w = {.rows = q->n * q->heads, .dim = c->dim};
	const int64_t oldest = q->first + 1 - q->window;
	w.begin = oldest > 0 ? oldest / 16 * 16 : 0;
	w.tiles = (q->first + q->n - w.begin + 15) / 16;
	w.q = (float *)scratch;
	w.part = w.q + w.rows * w.dim;
	w.scales = w.part + CHUNK * w.dim;
	w.acc = w.scales + CHUNK * w.dim / BLOCK;
	w.sums = w.acc + w.rows * w.dim * 2;
	w.scores = w.sums + (w.rows + 15) / 16 * 16;
	for (int64_t r = 0; r < w.rows; r++)
		__builtin_memcpy(w.q + r * w.dim, q->q + r / q->heads * q->stride + r % q->heads * w.dim, w.dim * 4);
	if (w.rows <= ROWS)
		all_scores(keys, 1, c, &w);
	else
		all_scores(keys, 0, c, &w);
	for (int64_t r = 0; r < w.rows; r++) {
		const int64_t p = q->first + r / q->heads;
		softmax(&w, r, p + 1 > q->window ? p + 1 - q->window : 0, p);
	}
	if (w.rows <= ROWS)
		all_values(values, 1, c, &w);
	else
		all_values(values, 0, c, &w);
	finish(q, &w);
}

TARGET void NAME(attend)(const lamp_cache *c, const lamp_queries *q, uint8_t *scratch)
{
	if (c->k_scales)
		attend(KEYS, VALUES, c, q, scratch);
	else
		attend(HALVES, HALVES, c, q, scratch);
}

// quantized rounds a block as Q8_0 and returns its scale, an IEEE half; where that is 0 the quants are too. Not a number
// becomes 0, also beside an infinite element.
INLINE uint16_t quantized(const float *x, int8_t *q)
{
	enum { STEPS = BLOCK / LANES };
	vf v[STEPS];
	vi most = {0};
	UNROLL for (int i = 0; i < STEPS; i++) {
		v[i] = load(x + i * LANES);
		const vi magnitude = (vi)v[i] & 0x7FFFFFFF; // ordered as the bits are, NaN last
		most = larger_int(most, magnitude & (vi)(magnitude <= 0x7F800000));
	}
	const int32_t bits = largest_int(most);
	float largest;
	__builtin_memcpy(&largest, &bits, 4);
	const float d = largest / 127;
	uint16_t half[LANES];
	keep_halves(half, splat(d));
	const vf inverse = splat(half[0] ? 1 / d : 0);
	UNROLL for (int i = 0; i < STEPS; i++) {
		vf y = v[i] * inverse;
		y = choose((vi)(y == y), y, splat(0));
		const vi whole = __builtin_convertvector(y, vi); // towards zero
		const vf rest = y - floats(whole);
		keep_bytes(q + i * LANES, whole - (vi)(rest >= 0.5f) + (vi)(rest <= -0.5f)); // a true comparison is -1
	}
	return half[0];
}

// put writes the pairs of a key 16 slots apart, and every second element of a pair of values: positions that share a
// pair may be stored at the same time.
INLINE void put_halves(const lamp_cache *c, int64_t slot, const float *key, const float *value)
{
	uint16_t *k = (uint16_t *)c->k + (slot / 16 * c->dim / 2 * 16 + slot % 16) * 2, *v = (uint16_t *)c->v + slot / 2 * c->dim * 2 + slot % 2;
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

INLINE void put_quants(const lamp_cache *c, int64_t slot, const float *key, const float *value)
{
	const int64_t blocks = c->dim / BLOCK;
	uint8_t *k = c->k + (slot / 16 * c->dim / 2 * 16 + slot % 16) * 2, *v = c->v + slot / 2 * c->dim * 2 + slot % 2;
	for (int64_t b = 0; b < blocks; b++, k += BLOCK * 16, v += BLOCK * 2) {
		int8_t q[BLOCK];
		c->k_scales[(slot / 16 * blocks + b) * 16 + slot % 16] = quantized(key + b * BLOCK, q);
		for (int64_t i = 0; i < BLOCK; i += 2)
			__builtin_memcpy(k + i * 16, q + i, 2);
		c->v_scales[(slot / 2 * blocks + b) * 2 + slot % 2] = quantized(value + b * BLOCK, q);
		for (int64_t i = 0; i < BLOCK; i++)
			v[i * 2] = (uint8_t)q[i];
	}
}

TARGET void NAME(put)(const lamp_cache *c, int64_t slot, const float *key, const float *value)
{
	if (c->k_scales)
		put_quants(c, slot, key, value);
	else
		put_halves(c, slot, key, value);
}
