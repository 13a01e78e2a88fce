#if defined(__aarch64__)
#define VECTOR_BYTES 16
#include "ChunkerLevels.h"

#include "CandidateScan.inc.h"

varve_candidates varve_find_candidates_neon(const varve_stage1 *stage1, const uint8_t *start, size_t count) {
    return find_candidates(stage1, start, count);
}
#endif
