// For the files that define INLINE, static functions for AVX-512.
// ex returns e^x for x ≤ 0, with a relative error below 2^-22: e^x = 2^n · e^r, |r| ≤ ln(2)/2, e^r by its Taylor
// polynomial of degree 7.
INLINE __m512 ex(__m512 x)
{
	x = _mm512_max_ps(_mm512_set1_ps(-104), x); // which is the second one if it is not a number
	const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), 8);
	__m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
	r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
	__m512 y = _mm512_set1_ps(1.0f / 5040);
	y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1.0f / 720));
	y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1.0f / 120));
	y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1.0f / 24));
	y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1.0f / 6));
	y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(0.5f));
	y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1));
	y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1));
	return _mm512_scalef_ps(y, n);
}
