// What training does element by element, for the vectors of avx2.h, neon.h or avx512_grad.c: see grad.go.

TARGET float NAME(greatest)(const float *x, int64_t n)
{
	vf top = splat(x[0]);
	int64_t i = 0;
	for (; i + LANES <= n; i += LANES)
		top = larger(top, load(x + i));
	float most = largest(top);
	for (; i < n; i++)
		most = x[i] > most ? x[i] : most;
	return most;
}

TARGET float NAME(exp_sum)(float *x, int64_t n, float top)
{
	vf a = splat(0), b = splat(0);
	const vf t = splat(top);
	int64_t i = 0;
	for (; i + 2 * LANES <= n; i += 2 * LANES) {
		const vf u = ex(load(x + i) - t), v = ex(load(x + i + LANES) - t);
		keep(x + i, u);
		keep(x + i + LANES, v);
		a += u;
		b += v;
	}
	float total = sum(a + b);
	for (; i < n; i += LANES) {
		keep_some(x + i, ex(some(x + i, n - i) - t), n - i);
		total += sum(some(x + i, n - i));
	}
	return total;
}

// logistic returns 1/(1 + e^-u2) and what is left of it to 1, where u2 = 2·√(2/π)·(z + 0.044715·z³): GELU(z) is z times the
// first. The exponential is taken of -|u2|, where it cannot overflow.
INLINE vf logistic(vf z, vf *rest)
{
	const vf u2 = fused(z * z * z, splat(0.044715f), z) * splat(1.5957691216f);
	const vf e = ex((vf)((vi)u2 | INT32_MIN)), part = splat(1) / (splat(1) + e);
	const vi negative = u2 < splat(0);
	*rest = choose(negative, splat(1), e) * part;
	return choose(negative, e, splat(1)) * part;
}

TARGET void NAME(geglu)(float *dst, const float *gate, const float *up, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES) {
		vf rest;
		const vf z = some(gate + i, n - i);
		keep_some(dst + i, z * logistic(z, &rest) * some(up + i, n - i), n - i);
	}
}

TARGET void NAME(geglu_grad)(float *gate, float *up, const float *dy, int64_t n)
{
	for (int64_t i = 0; i < n; i += LANES) {
		vf rest;
		const vf z = some(gate + i, n - i), d = some(dy + i, n - i), s = logistic(z, &rest);
		const vf slope = fused(z * z, splat(1.5957691216f * 3 * 0.044715f), splat(1.5957691216f)); // of u2
		keep_some(gate + i, d * some(up + i, n - i) * fused(z * s * rest, slope, s), n - i);
		keep_some(up + i, d * z * s, n - i);
	}
}

TARGET void NAME(norm_grad)(float *dst, const float *x, const float *gain, const float *dy, int64_t n, float eps, int32_t add)
{
	vf squares = splat(0), dot = splat(0);
	for (int64_t i = 0; i < n; i += LANES) {
		const vf v = some(x + i, n - i);
		squares = fused(v, v, squares);
		dot = fused(v, some(gain + i, n - i) * some(dy + i, n - i), dot);
	}
	const double scale = 1 / __builtin_sqrt((double)sum(squares) / (double)n + eps);
	const vf s = splat((float)scale), back = splat((float)(-scale * scale * scale / (double)n * (double)sum(dot)));
	for (int64_t i = 0; i < n; i += LANES) {
		vf d = fused(some(x + i, n - i), back, s * some(gain + i, n - i) * some(dy + i, n - i));
		if (add)
			d += some(dst + i, n - i);
		keep_some(dst + i, d, n - i);
	}
}

TARGET void NAME(adamw)(const lamp_adamw *a, float *p, const float *g, float *m, float *v, int64_t n)
{
	const vf b1 = splat(a->beta1), b2 = splat(a->beta2), rest1 = splat(1 - a->beta1), rest2 = splat(1 - a->beta2);
	for (int64_t i = 0; i < n; i += LANES) {
		const int64_t left = n - i;
		const vf x = some(g + i, left) * splat(a->scale), old = some(p + i, left);
		const vf first = b1 * some(m + i, left) + rest1 * x, second = b2 * some(v + i, left) + rest2 * x * x;
		keep_some(m + i, first, left);
		keep_some(v + i, second, left);
		const vf step = first * splat(a->correct1) / (root(second * splat(a->correct2)) + splat(a->epsilon));
		keep_some(p + i, old - splat(a->rate) * (step + splat(a->decay) * old), left);
	}
}
