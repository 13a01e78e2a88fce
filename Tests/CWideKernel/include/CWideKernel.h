#pragma once
#include "ChunkerKernels.h"

/// As varve_find_candidates, with vectors of 64 bytes on any CPU.
varve_candidates wide_find_candidates(const varve_stage1 *stage1, const void *start, size_t count);
