#if defined(__x86_64__)

// Matrix products with AVX-VNNI; everything else is that of AVX2. Tests run them on processors with AVX512-VNNI too,
// see LAMPLIGHT_EVEX in native.h.

#if defined(LAMPLIGHT_EVEX)
#define TARGET __attribute__((target("avx2,fma,f16c,avx512vl,avx512vnni")))
#define DPBUSD _mm256_dpbusd_epi32
#else
#define TARGET __attribute__((target("avx2,fma,f16c,avxvnni")))
#define DPBUSD _mm256_dpbusd_avx_epi32
#endif

#include "avx2.h"

#define NAME(f) avxvnni_##f

typedef vi narrow;

enum { SPLIT = 0, SIGNED = 0, WIDE = 3, LONG = 6 };

INLINE int steps(const int type) { return 4; } // two chains hide the latency of a product

INLINE narrow dot(narrow acc, vb w, const int8_t *q, const int k) { return (vi)DPBUSD((__m256i)acc, (__m256i)w, four(q + 4 * k)); }

INLINE vi widen(narrow a, const int plane) { return a; }

#include "mul.h"

#endif
