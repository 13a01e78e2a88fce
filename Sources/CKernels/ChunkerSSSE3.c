#if defined(__x86_64__)
#define VECTOR_BYTES 16
#include "ChunkerLevels.h"

#pragma clang attribute push(__attribute__((target("ssse3"))), apply_to = function)
#include "CandidateScan.inc.h"

varve_candidates varve_find_candidates_ssse3(const varve_stage1 *stage1, const uint8_t *start, size_t count) {
    return find_candidates(stage1, start, count);
}
#pragma clang attribute pop
#endif
