// Stage 2 of the chunker, SipHash-2-4 (Aumasson and Bernstein, 2012) of several windows at once, for vectors of
// VECTOR_BYTES bytes (16, 32 or 64), as the static function hash_windows.

enum {
    WINDOW = 64,
    NUMBERS = VECTOR_BYTES / 8,
    /// The steps of one hash wait for each other, so that several vectors of them are mixed.
    VECTORS = 2,
    /// Windows that are hashed together.
    TOGETHER = VECTORS * NUMBERS,
};
_Static_assert(TOGETHER <= varve_window_batch, "a batch is at least one round");

typedef uint64_t numbers __attribute__((vector_size(VECTOR_BYTES)));

#define ROTATED(x, by) ((x) << (by) | (x) >> (64 - (by)))

/// The state of NUMBERS hashes.
typedef struct hash_state {
    numbers v0, v1, v2, v3;
} hash_state;

INLINE void sip_round(hash_state *s) {
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = ROTATED(s->v1, 13) ^ s->v0;
    s->v3 = ROTATED(s->v3, 16) ^ s->v2;
    s->v0 = ROTATED(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = ROTATED(s->v1, 17) ^ s->v2;
    s->v3 = ROTATED(s->v3, 21) ^ s->v0;
    s->v2 = ROTATED(s->v2, 32);
}

#define EACH_VECTOR _Pragma("clang loop unroll(full)") for (int i = 0; i < VECTORS; i++)

INLINE void absorb(hash_state state[VECTORS], const numbers words[VECTORS]) {
    EACH_VECTOR state[i].v3 ^= words[i];
    for (int round = 0; round < 2; round++) EACH_VECTOR sip_round(&state[i]);
    EACH_VECTOR state[i].v0 ^= words[i];
}

/// The number at `offset` of each of NUMBERS windows.
INLINE numbers load_numbers(const uint8_t *const windows[NUMBERS], size_t offset) {
    uint64_t loaded[NUMBERS];
#pragma clang loop unroll(full)
    for (int i = 0; i < NUMBERS; i++) __builtin_memcpy(&loaded[i], windows[i] + offset, sizeof(uint64_t));
    numbers result;
    __builtin_memcpy(&result, loaded, sizeof(result));
    return result;
}

static void hash_windows(uint64_t k0, uint64_t k1, const uint8_t *const *ends, size_t count, uint64_t *values) {
    numbers zero = {0};
    for (size_t done = 0; done < count; done += TOGETHER) {
        const uint8_t *windows[TOGETHER];
        // Places that are left over hash the last window again.
#pragma clang loop unroll(full)
        for (size_t i = 0; i < TOGETHER; i++) windows[i] = ends[done + i < count ? done + i : count - 1] - WINDOW;
        hash_state state[VECTORS];
        EACH_VECTOR {
            state[i].v0 = zero + (k0 ^ 0x736f6d6570736575);
            state[i].v1 = zero + (k1 ^ 0x646f72616e646f6d);
            state[i].v2 = zero + (k0 ^ 0x6c7967656e657261);
            state[i].v3 = zero + (k1 ^ 0x7465646279746573);
        }
        numbers message[VECTORS];
        for (size_t offset = 0; offset < WINDOW; offset += sizeof(uint64_t)) {
            EACH_VECTOR message[i] = load_numbers(windows + i * NUMBERS, offset);
            absorb(state, message);
        }
        EACH_VECTOR message[i] = zero + ((uint64_t)WINDOW << 56);
        absorb(state, message);
        EACH_VECTOR state[i].v2 ^= 0xff;
        for (int round = 0; round < 4; round++) EACH_VECTOR sip_round(&state[i]);
        EACH_VECTOR message[i] = state[i].v0 ^ state[i].v1 ^ state[i].v2 ^ state[i].v3;
        size_t left = count - done < TOGETHER ? count - done : TOGETHER;
        __builtin_memcpy(values + done, message, left * sizeof(uint64_t));
    }
}
