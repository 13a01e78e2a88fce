// SHA-256 with the SHA extensions of x86. Their two instructions for rounds and schedule wait for each other within one
// message, so that a second message fits in between for nearly nothing.
#include "include/SHA256Kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

bool varve_sha256_has_lanes(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3)) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

#define SHA_TARGET __attribute__((target("sha,sse4.1,ssse3")))
#define INLINE SHA_TARGET static inline __attribute__((always_inline))

// FIPS 180-4, 4.2.2.
static const uint32_t constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

// The instructions want the words a, b, e, f in one register and c, d, g, h in the other, highest first.
typedef struct {
    __m128i abef, cdgh;
} State;

INLINE State load_state(const uint32_t words[8]) {
    __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)words), 0xb1);
    __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(words + 4)), 0x1b);
    return (State){_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xf0)};
}

INLINE void store_state(uint32_t words[8], State state) {
    __m128i feba = _mm_shuffle_epi32(state.abef, 0x1b);
    __m128i dchg = _mm_shuffle_epi32(state.cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)words, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(words + 4), _mm_alignr_epi8(dchg, feba, 8));
}

// Four rounds with `message` as their part of the schedule.
INLINE void four_rounds(State *state, __m128i message, int round) {
    __m128i words = _mm_add_epi32(message, _mm_load_si128((const __m128i *)(constants + round)));
    state->cdgh = _mm_sha256rnds2_epu32(state->cdgh, state->abef, words);
    state->abef = _mm_sha256rnds2_epu32(state->abef, state->cdgh, _mm_shuffle_epi32(words, 0x0e));
}

// The four words of the schedule that follow the sixteen given ones.
INLINE __m128i next_words(__m128i w0, __m128i w4, __m128i w8, __m128i w12) {
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w4), _mm_alignr_epi8(w12, w8, 4));
    return _mm_sha256msg2_epu32(sum, w12);
}

INLINE __m128i load_words(const uint8_t *bytes) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)bytes), big_endian);
}

// One block of each of `lanes` messages. With a constant number of lanes all loops are unrolled.
INLINE void compress(State *states, const uint8_t *const *bytes, int lanes) {
    State before[2];
    __m128i words[2][4];
    for (int lane = 0; lane < lanes; lane++) {
        before[lane] = states[lane];
        for (int part = 0; part < 4; part++) words[lane][part] = load_words(bytes[lane] + 16 * part);
    }
#pragma clang loop unroll(full)
    for (int step = 0; step < 16; step++) {
        for (int lane = 0; lane < lanes; lane++) {
            __m128i *w = words[lane];
            four_rounds(&states[lane], w[step & 3], 4 * step);
            if (step < 12) {
                w[step & 3] = next_words(w[step & 3], w[(step + 1) & 3], w[(step + 2) & 3], w[(step + 3) & 3]);
            }
        }
    }
    for (int lane = 0; lane < lanes; lane++) {
        states[lane].abef = _mm_add_epi32(states[lane].abef, before[lane].abef);
        states[lane].cdgh = _mm_add_epi32(states[lane].cdgh, before[lane].cdgh);
    }
}

SHA_TARGET void varve_sha256_two_lanes(
    uint32_t first[8], const uint8_t *a, uint32_t second[8], const uint8_t *b, size_t blocks) {
    State states[2] = {load_state(first), load_state(second)};
    for (; blocks > 0; blocks--, a += 64, b += 64) compress(states, (const uint8_t *[]){a, b}, 2);
    store_state(first, states[0]);
    store_state(second, states[1]);
}

SHA_TARGET void varve_sha256_one_lane(uint32_t state[8], const uint8_t *bytes, size_t blocks) {
    State states[1] = {load_state(state)};
    for (; blocks > 0; blocks--, bytes += 64) compress(states, (const uint8_t *[]){bytes}, 1);
    store_state(state, states[0]);
}

#else

bool varve_sha256_has_lanes(void) { return false; }

// Never called, since there are no lanes.
void varve_sha256_two_lanes(uint32_t first[8], const uint8_t *a, uint32_t second[8], const uint8_t *b, size_t blocks) {}
void varve_sha256_one_lane(uint32_t state[8], const uint8_t *bytes, size_t blocks) {}

#endif
