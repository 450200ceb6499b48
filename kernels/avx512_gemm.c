#if defined(__x86_64__)

#include "avx512_floats.h"

#include "avx512_tile.h"

#include "gemm.h"

#endif
