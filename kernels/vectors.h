// What the vectors of avx2.h and neon.h have in common.

// some loads n floats, and zeros after them where n < LANES; keep_some stores n, at most LANES, of them.
INLINE vf some(const float *p, int64_t n)
{
	float part[LANES] = {0};
	if (n >= LANES)
		return load(p);
	__builtin_memcpy(part, p, n * 4);
	return load(part);
}

INLINE void keep_some(float *p, vf x, int64_t n)
{
	float part[LANES];
	if (n >= LANES) {
		keep(p, x);
	} else if (n > 0) {
		keep(part, x);
		__builtin_memcpy(p, part, n * 4);
	}
}

INLINE vf choose(vi mask, vf yes, vf no) { return (vf)((mask & (vi)yes) | (~mask & (vi)no)); }

// ex returns e^x for x ≤ 0, with a relative error below 2^-22, and 0 below e^-87: e^x = 2^n · e^r, |r| ≤ ln(2)/2, e^r
// by its Taylor polynomial of degree 7.
INLINE vf ex(vf x)
{
	const vi n = rounded(x * 1.44269504f);
	const vf m = floats(n);
	vf r = fused(m, splat(-0.693359375f), x);
	r = fused(m, splat(2.12194440e-4f), r);
	vf y = splat(1.0f / 5040);
	y = fused(y, r, splat(1.0f / 720));
	y = fused(y, r, splat(1.0f / 120));
	y = fused(y, r, splat(1.0f / 24));
	y = fused(y, r, splat(1.0f / 6));
	y = fused(y, r, splat(0.5f));
	y = fused(y, r, splat(1));
	y = fused(y, r, splat(1));
	const vf power = (vf)(((vu)n + 127) << 23);
	return choose(x < splat(-87), splat(0), y * power);
}
