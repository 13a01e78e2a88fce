#define VECTOR_BYTES 64
#include "CWideKernel.h"

// No such vector is handed from one file to another.
#pragma clang diagnostic ignored "-Wpsabi"
#include "../../Sources/CKernels/CandidateScan.inc.h"

varve_candidates wide_find_candidates(const varve_stage1 *stage1, const void *start, size_t count) {
    return find_candidates(stage1, start, count);
}
