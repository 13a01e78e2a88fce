#pragma once
// The kernels by level, each in its own file. Only ChunkerKernels.c calls them.
#include "ChunkerKernels.h"

#define VARVE_DECLARE_LEVEL(level) \
    varve_candidates varve_find_candidates_##level(const varve_stage1 *stage1, const uint8_t *start, size_t count);

VARVE_DECLARE_LEVEL(ssse3)
VARVE_DECLARE_LEVEL(avx2)
VARVE_DECLARE_LEVEL(avx512)
VARVE_DECLARE_LEVEL(neon)
