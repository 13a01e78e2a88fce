#pragma once
#include "ChunkerKernels.h"

/// As varve_find_candidates and varve_hash_windows, with vectors of 64 bytes on any CPU.
varve_candidates wide_find_candidates(const varve_stage1 *stage1, const void *start, size_t count);
void wide_hash_windows(uint64_t k0, uint64_t k1, const uint8_t *const *ends, size_t count, uint64_t *values);
