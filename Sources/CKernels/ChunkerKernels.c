#include "ChunkerLevels.h"

#if defined(__x86_64__)
#define FOR_EACH_LEVEL(DO) DO(ssse3) DO(avx2) DO(avx512)
#elif defined(__aarch64__)
#define FOR_EACH_LEVEL(DO) DO(neon)
#else
#define FOR_EACH_LEVEL(DO)
#endif

bool varve_kernel_is_available(varve_kernel kernel) {
    switch (kernel) {
#if defined(__x86_64__)
    // What the compiler's library says is true only where the operating system saves the registers too.
    case varve_kernel_ssse3: return __builtin_cpu_supports("ssse3");
    case varve_kernel_avx2: return __builtin_cpu_supports("avx2");
    case varve_kernel_avx512: return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
#elif defined(__aarch64__)
    case varve_kernel_neon: return true;
#endif
    default: return false;
    }
}

varve_candidates varve_find_candidates(
    varve_kernel kernel, const varve_stage1 *stage1, const void *start, size_t count
) {
    switch (kernel) {
#define FIND(level) case varve_kernel_##level: return varve_find_candidates_##level(stage1, start, count);
        FOR_EACH_LEVEL(FIND)
    default: __builtin_trap();
    }
}
