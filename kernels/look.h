// What looks through the logits of all tokens. The loops are plain C: the vectors are the compiler's, for the target of
// the including file.

enum { LOOK = 32 }; // elements that are looked at together, because few are what is sought

// ordered makes integers of floats, of which the order is the same: -0 is below 0, NaN at the ends.
INLINE int32_t ordered(const float *x)
{
	int32_t v;
	__builtin_memcpy(&v, x, 4);
	return v ^ (v >> 31 & 0x7FFFFFFF);
}

// reaches reports whether 8·x + residual·norm + size·gap, or x where residual is NULL, is not below floor.
INLINE int reaches(const float *x, const float *residual, const float *size, float norm, float gap, float floor, int64_t i)
{
	return !((residual ? 8 * x[i] + residual[i] * norm + size[i] * gap : x[i]) < floor);
}

INLINE int64_t seek(const float *x, const float *residual, const float *size, int64_t n, float norm, float gap, float floor, int32_t first, int32_t *ids)
{
	int64_t found = 0, i = 0;
	for (; i + LOOK <= n; i += LOOK) {
		int some = 0;
		for (int j = 0; j < LOOK; j++)
			some |= reaches(x, residual, size, norm, gap, floor, i + j);
		for (int j = 0; some && j < LOOK; j++) {
			ids[found] = first + (int32_t)(i + j);
			found += reaches(x, residual, size, norm, gap, floor, i + j);
		}
	}
	for (; i < n; i++) {
		ids[found] = first + (int32_t)i;
		found += reaches(x, residual, size, norm, gap, floor, i);
	}
	return found;
}

TARGET int64_t NAME(scan)(const float *x, int64_t n, float floor, int32_t first, int32_t *ids) { return seek(x, NULL, NULL, n, 0, 0, floor, first, ids); }

TARGET int64_t NAME(reach)(const float *x, const float *residual, const float *size, int64_t n, float norm, float gap, float floor, int32_t first, int32_t *ids)
{
	return seek(x, residual, size, n, norm, gap, floor, first, ids);
}

TARGET void NAME(peaks)(const float *x, int64_t n, int64_t group, int32_t *dst)
{
	for (int64_t i = 0; i < n; i += group, dst++) {
		const int64_t end = i + group < n ? i + group : n;
		int32_t most = INT32_MIN;
		for (int64_t j = i; j < end; j++) {
			const int32_t v = ordered(x + j);
			most = v > most ? v : most;
		}
		*dst = most;
	}
}

TARGET int64_t NAME(highest)(const float *x, int64_t n)
{
	int64_t at = 0;
	int32_t most;
	NAME(peaks)(x, n, n, &most);
	while (ordered(x + at) != most)
		at++;
	return at;
}
