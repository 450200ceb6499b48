// What is done element by element, for the vectors of avx2.h or neon.h.

TARGET void NAME(quantize)(const float *x, int64_t n, int8_t *q, float *scale, float *sum, float *halves)
{
	enum { STEPS = BLOCK / LANES };
	for (int64_t b = 0; b < n / BLOCK; b++, x += BLOCK, q += BLOCK) {
		vf v[STEPS];
		vi most = {0}, total[2] = {{0}, {0}};
		UNROLL for (int i = 0; i < STEPS; i++) {
			v[i] = load(x + i * LANES);
			most = larger_int(most, (vi)v[i] & 0x7FFFFFFF); // magnitudes are ordered as their bits are, NaN last
		}
		const int32_t bits = largest_int(most);
		float largest;
		__builtin_memcpy(&largest, &bits, 4);
		const int any = largest > TINY;
		const float d = any ? largest / 127 : 0;
		const vf inverse = splat(any ? 127 / largest : 0);
		UNROLL for (int i = 0; i < STEPS; i++) {
			vi r = rounded(v[i] * inverse);
			if (!any)
				r = (vi){0};
			keep_bytes(q + i * LANES, r);
			total[i / (STEPS / 2)] += r;
		}
		const int first = sum_int(total[0]), second = sum_int(total[1]);
		scale[b] = d;
		sum[b] = d * (float)(first + second);
		halves[2 * b] = d * (float)first;
		halves[2 * b + 1] = d * (float)second;
	}
}

INLINE void normed(const int add, float *dst, const float *x, const float *gain, int64_t n, float eps)
{
	vd a = zero_double(), b = zero_double();
	int64_t i = 0;
	for (; i + 2 * LANES <= n; i += 2 * LANES) {
		a = add_squares(a, load(x + i));
		b = add_squares(b, load(x + i + LANES));
	}
	double squares = sum_double(a) + sum_double(b);
	for (; i < n; i++)
		squares += (double)x[i] * x[i];
	const vf scale = splat((float)(1 / __builtin_sqrt(squares / (double)n + eps)));
	for (i = 0; i < n; i += LANES) {
		vf v = some(x + i, n - i) * scale * some(gain + i, n - i);
		if (add)
			v = some(dst + i, n - i) + v;
		keep_some(dst + i, v, n - i);
	}
}

TARGET void NAME(norm)(float *dst, const float *x, const float *gain, int64_t n, float eps) { normed(0, dst, x, gain, n, eps); }
TARGET void NAME(add_norm)(float *dst, const float *x, const float *gain, int64_t n, float eps) { normed(1, dst, x, gain, n, eps); }

// gelu uses tanh(u) = 1 - 2/(e^2u + 1), so that x/2 · (1 + tanh(u)) = x / (1 + e^-2u); the exponential is taken of
// -|2u|, where it cannot overflow.
INLINE vf gelu(vf x)
{
	const vf u2 = fused(x * x * x, splat(0.044715f), x) * 1.5957691216f; // 2·√(2/π)
	const vf e = ex((vf)((vi)u2 | INT32_MIN));
	const vf top = choose(u2 < splat(0), e, splat(1));
	return x * top / (1 + e);
}

TARGET void NAME(gate)(float *x, const float *up, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES)
		keep_some(x + i, gelu(some(x + i, n - i)) * some(up + i, n - i), n - i);
}

TARGET void NAME(rotate)(float *x, const float *cos, const float *sin, int64_t half)
{
	for (int64_t i = 0; i < half; i += LANES) {
		const int64_t n = half - i;
		const vf u = some(x + i, n), v = some(x + half + i, n), c = some(cos + i, n), s = some(sin + i, n);
		keep_some(x + i, fused(u, c, -(v * s)), n);
		keep_some(x + half + i, fused(v, c, u * s), n);
	}
}
