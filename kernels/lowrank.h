// The second half of a change of low rank, for the vectors of avx2.h, neon.h or avx512_grad.c: see lowrank.go.

INLINE void expand_panels(const int half, const uint8_t *b, const float *h, int64_t rank, float *y, int64_t n)
{
	enum { STEPS = PANEL / LANES };
	const int64_t size = half ? 2 : 4;
	for (int64_t i = 0; i < n; i += PANEL) {
		vf acc[STEPS];
		UNROLL for (int s = 0; s < STEPS; s++)
			acc[s] = n - i > s * LANES ? some(y + i + s * LANES, n - i - s * LANES) : splat(0);
		for (int64_t r = 0; r < rank; r++, b += PANEL * size) {
			const vf v = splat(h[r]);
			UNROLL for (int s = 0; s < STEPS; s++)
				acc[s] = fused(half ? halves(b + s * LANES * 2) : load((const float *)b + s * LANES), v, acc[s]);
		}
		UNROLL for (int s = 0; s < STEPS; s++)
			keep_some(y + i + s * LANES, acc[s], n - i - s * LANES);
	}
}

TARGET void NAME(expand)(const uint8_t *b, int32_t half, const float *h, int64_t rank, float *y, int64_t n)
{
	if (half)
		expand_panels(1, b, h, rank, y, n);
	else
		expand_panels(0, b, h, rank, y, n);
}
