// The tile of gemm.h with AVX-512.

#define HIDE(v) __asm__("" : "+v"(v))

// 28 sums, two vectors of B and one element of A: 31 of the 32 registers.
enum { TILE_ROWS = 14, TILE_COLS = 32 };

// zip_low takes the elements of the lower halves in turn, zip_high those of the upper halves.
INLINE vf zip_low(vf a, vf b) { return _mm512_permutex2var_ps(a, _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), b); }
INLINE vf zip_high(vf a, vf b) { return _mm512_permutex2var_ps(a, _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), b); }
