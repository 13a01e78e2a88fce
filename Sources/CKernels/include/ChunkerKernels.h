#pragma once
// The chunker in vectors (format-spec/chunker.md). What each function computes is defined there; here is who may be
// asked for it.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The sets of vector instructions that there are kernels for.
typedef enum varve_kernel {
    varve_kernel_ssse3,
    varve_kernel_avx2,
    varve_kernel_avx512,
    varve_kernel_neon,
} varve_kernel;

/// Whether the kernel is part of this build, and the CPU and the operating system have what it needs. The functions
/// below may be called with such kernels only; others end the program.
bool varve_kernel_is_available(varve_kernel kernel);

/// What stage 1 works with. F at or above the threshold makes a candidate.
typedef struct varve_stage1 {
    uint16_t a0, a1, c1, c2, c3, threshold;
} varve_stage1;

enum {
    /// How many bytes before the first position are read at most.
    varve_candidate_lead = 192,
};

/// The first candidates among some positions.
typedef struct varve_candidates {
    /// How far the first of 64 positions lies behind the start.
    size_t distance;
    /// A bit for each of these positions, the first the lowest; 0 where there are no candidates at all.
    uint64_t bits;
} varve_candidates;

/// Stage 1: looks for candidates among the `count` positions from `start` on, up to the first 64 positions that have any.
/// `count` is at least 1. Where there are none the distance is `count`.
///
/// Read is from start - varve_candidate_lead to start + count - 1 (exclusive).
varve_candidates varve_find_candidates(
    varve_kernel kernel, const varve_stage1 *stage1, const void *start, size_t count);
