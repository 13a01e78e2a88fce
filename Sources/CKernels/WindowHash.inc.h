// Stage 2 of the chunker, SipHash-2-4 (Aumasson and Bernstein, 2012) of several windows at once, for vectors of
// VECTOR_BYTES bytes (16, 32 or 64), as the static function hash_windows. It comes behind CandidateScan.inc.h.

enum {
    WINDOW = 64,
    NUMBERS = VECTOR_BYTES / 8,
    /// Windows that are hashed together. The steps of one hash wait for each other, so that two vectors of hashes are
    /// mixed; one more hash, in a number's registers, uses units that vectors leave idle.
    TOGETHER = 2 * NUMBERS + 1,
};

typedef uint64_t numbers __attribute__((vector_size(VECTOR_BYTES)));

typedef struct vector_hash {
    numbers v0, v1, v2, v3;
} vector_hash;

typedef struct scalar_hash {
    uint64_t v0, v1, v2, v3;
} scalar_hash;

typedef struct hashes {
    vector_hash a, b;
    scalar_hash c;
} hashes;

/// A number of each window.
typedef struct hash_words {
    numbers a, b;
    uint64_t c;
} hash_words;

#define ROTATED(x, by) ((x) << (by) | (x) >> (64 - (by)))
#define SIP_ROUND(s) \
    do { \
        (s).v0 += (s).v1; \
        (s).v2 += (s).v3; \
        (s).v1 = ROTATED((s).v1, 13) ^ (s).v0; \
        (s).v3 = ROTATED((s).v3, 16) ^ (s).v2; \
        (s).v0 = ROTATED((s).v0, 32); \
        (s).v2 += (s).v1; \
        (s).v0 += (s).v3; \
        (s).v1 = ROTATED((s).v1, 17) ^ (s).v2; \
        (s).v3 = ROTATED((s).v3, 21) ^ (s).v0; \
        (s).v2 = ROTATED((s).v2, 32); \
    } while (0)

INLINE void sip_rounds(hashes *h, int rounds) {
#pragma clang loop unroll(full)
    for (int round = 0; round < rounds; round++) {
        SIP_ROUND(h->a);
        SIP_ROUND(h->b);
        SIP_ROUND(h->c);
    }
}

INLINE void absorb(hashes *h, hash_words words) {
    h->a.v3 ^= words.a;
    h->b.v3 ^= words.b;
    h->c.v3 ^= words.c;
    sip_rounds(h, 2);
    h->a.v0 ^= words.a;
    h->b.v0 ^= words.b;
    h->c.v0 ^= words.c;
}

/// The numbers at `offset` of TOGETHER windows.
INLINE hash_words load_words(const uint8_t *const *windows, size_t offset) {
    uint64_t loaded[TOGETHER];
#pragma clang loop unroll(full)
    for (int i = 0; i < TOGETHER; i++) __builtin_memcpy(&loaded[i], windows[i] + offset, sizeof(uint64_t));
    hash_words words;
    __builtin_memcpy(&words.a, loaded, sizeof(words.a));
    __builtin_memcpy(&words.b, loaded + NUMBERS, sizeof(words.b));
    words.c = loaded[2 * NUMBERS];
    return words;
}

static void hash_windows(uint64_t k0, uint64_t k1, const uint8_t *const *ends, size_t count, uint64_t *values) {
    numbers zero = {0};
    scalar_hash initial = {
        k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573,
    };
    vector_hash initials = {zero + initial.v0, zero + initial.v1, zero + initial.v2, zero + initial.v3};
    uint64_t length = (uint64_t)WINDOW << 56;
    for (size_t done = 0; done < count; done += TOGETHER) {
        const uint8_t *windows[TOGETHER];
        // Places that are left over hash the last window again.
#pragma clang loop unroll(full)
        for (size_t i = 0; i < TOGETHER; i++) windows[i] = ends[done + i < count ? done + i : count - 1] - WINDOW;
        hashes h = {initials, initials, initial};
        for (size_t offset = 0; offset < WINDOW; offset += sizeof(uint64_t)) absorb(&h, load_words(windows, offset));
        absorb(&h, (hash_words){zero + length, zero + length, length});
        h.a.v2 ^= 0xff;
        h.b.v2 ^= 0xff;
        h.c.v2 ^= 0xff;
        sip_rounds(&h, 4);
        numbers vectors[2] = {h.a.v0 ^ h.a.v1 ^ h.a.v2 ^ h.a.v3, h.b.v0 ^ h.b.v1 ^ h.b.v2 ^ h.b.v3};
        size_t left = count - done;
        __builtin_memcpy(values + done, vectors, (left < 2 * NUMBERS ? left : 2 * NUMBERS) * sizeof(uint64_t));
        if (left > 2 * NUMBERS) values[done + 2 * NUMBERS] = h.c.v0 ^ h.c.v1 ^ h.c.v2 ^ h.c.v3;
    }
}
