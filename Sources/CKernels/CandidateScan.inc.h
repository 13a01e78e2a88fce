// Stage 1 of the chunker in vectors of VECTOR_BYTES bytes (16, 32 or 64), as the static function find_candidates. A
// kernel's file defines VECTOR_BYTES and includes this where its instructions are allowed.
//
// Even and odd positions go separately: then w of successive positions of one kind is just successive numbers in
// memory, and A(q - 4), B(q - 8), D(q - 16) are A, B, D moved up by 2, 4 and 8 numbers, with numbers of the step before.
// Vectors of 16 and 64 bytes hold positions of one kind. Those of 32 hold eight even ones in the lower half and eight odd
// ones in the upper half, because AVX2 moves numbers well within halves only.

#if VECTOR_BYTES == 32
#define HALVES 1
#else
#define HALVES 0
#endif

enum {
    LANES = VECTOR_BYTES / 2,
    /// Vectors in a step.
    TRACKS = HALVES ? 1 : 2,
    /// Positions in a step.
    STEP = TRACKS * LANES,
    /// Positions that are tested together.
    GROUP = 64,
    /// Steps whose instructions are mixed, so that neighbours do not wait for each other; limited by the registers.
    STEPS_AT_ONCE = VECTOR_BYTES == 32 ? 4 : VECTOR_BYTES == 16 ? 2 : 1,
    /// F looks back to A(q - 28): a scan starts so many positions early.
    WARM_UP = STEP < 32 ? 32 : STEP,
    /// q = e - 4.
    DISTANCE_TO_END = 4,
};
// The last group may lie before the start for all but one position, and half a vector before that is read in vain.
_Static_assert(GROUP - 1 + DISTANCE_TO_END + WARM_UP + 16 <= varve_candidate_lead, "the lead is too short");

typedef uint16_t words __attribute__((vector_size(VECTOR_BYTES)));
typedef uint16_t words_in_memory __attribute__((vector_size(VECTOR_BYTES), aligned(1), may_alias));

#define INLINE static inline __attribute__((always_inline))

#if HALVES

typedef uint16_t half __attribute__((vector_size(16)));
typedef uint16_t half_in_memory __attribute__((vector_size(16), aligned(1), may_alias));

#define UP_1 7, 16, 17, 18, 19, 20, 21, 22, 15, 24, 25, 26, 27, 28, 29, 30
#define UP_2 6, 7, 16, 17, 18, 19, 20, 21, 14, 15, 24, 25, 26, 27, 28, 29
#define UP_4 4, 5, 6, 7, 16, 17, 18, 19, 12, 13, 14, 15, 24, 25, 26, 27
#define UP_8 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15

INLINE words w(const uint8_t *q) {
    half even = *(const half_in_memory *)q;
    // Read with the 16 bytes before it, which is cheaper than to move it into the upper half.
    words odd = *(const words_in_memory *)(q - 15);
    words even_below = __builtin_shufflevector(even, even, 0, 1, 2, 3, 4, 5, 6, 7, -1, -1, -1, -1, -1, -1, -1, -1);
    return __builtin_shufflevector(even_below, odd, 0, 1, 2, 3, 4, 5, 6, 7, 24, 25, 26, 27, 28, 29, 30, 31);
}

#else

#define RUN_8(i) (i), (i) + 1, (i) + 2, (i) + 3, (i) + 4, (i) + 5, (i) + 6, (i) + 7
#if VECTOR_BYTES == 16
#define RUN RUN_8
#else
#define RUN(i) RUN_8(i), RUN_8((i) + 8), RUN_8((i) + 16), RUN_8((i) + 24)
#endif
#define UP_2 RUN(LANES - 2)
#define UP_4 RUN(LANES - 4)
#define UP_8 RUN(LANES - 8)

INLINE words w(const uint8_t *q) { return *(const words_in_memory *)q; }

#endif

typedef struct multiplier_vectors {
    words a0, a1, c1, c2, c3;
} multiplier_vectors;

INLINE multiplier_vectors multipliers_of(const varve_stage1 *stage1) {
    words zero = {0};
    return (multiplier_vectors){
        zero + stage1->a0, zero + stage1->a1, zero + stage1->c1, zero + stage1->c2, zero + stage1->c3,
    };
}

/// What is carried from one round to the next: the last vectors of the positions of one kind.
typedef struct carried {
    words w, a, b, d;
} carried;

/// Goes on by `steps` steps for the positions of one kind, and sets F of them.
INLINE void advance(carried *last, const uint8_t *q, int steps, const multiplier_vectors *m, words *f) {
    words x[GROUP / STEP], y[GROUP / STEP];
#define EACH_STEP _Pragma("clang loop unroll(full)") for (int i = 0; i < steps; i++)
#if !HALVES
    EACH_STEP y[i] = m->a0 * w(q + i * STEP) + m->a1 * w(q + i * STEP + 2);
#else
    // To put halves together twice would cost more than to move numbers up.
    EACH_STEP x[i] = w(q + i * STEP + 2);
    EACH_STEP y[i] = m->a1 * x[i] + m->a0 * __builtin_shufflevector(i == 0 ? last->w : x[i - 1], x[i], UP_1);
    last->w = x[steps - 1];
#endif
    EACH_STEP x[i] = y[i] + m->c1 * __builtin_shufflevector(i == 0 ? last->a : y[i - 1], y[i], UP_2);
    last->a = y[steps - 1];
    EACH_STEP y[i] = x[i] + m->c2 * __builtin_shufflevector(i == 0 ? last->b : x[i - 1], x[i], UP_4);
    last->b = x[steps - 1];
    EACH_STEP f[i] = y[i] + m->c3 * __builtin_shufflevector(i == 0 ? last->d : y[i - 1], y[i], UP_8);
    last->d = y[steps - 1];
}

/// One bit for each position of a step, the first the lowest: whether it is a candidate.
INLINE uint64_t candidate_bits(const words *f, words threshold) {
#if HALVES
    typedef int8_t signed_bytes __attribute__((vector_size(16)));
    typedef bool bits __attribute__((ext_vector_type(16)));
    words hits = (words)(f[0] >= threshold);
    half even = __builtin_shufflevector(hits, hits, 0, 1, 2, 3, 4, 5, 6, 7);
    half odd = __builtin_shufflevector(hits, hits, 8, 9, 10, 11, 12, 13, 14, 15);
    signed_bytes in_order = (signed_bytes)((even & 0x00ff) | (odd & 0xff00));
    return __builtin_bit_cast(uint16_t, __builtin_convertvector(in_order < 0, bits));
#else
    typedef int8_t signed_bytes __attribute__((vector_size(VECTOR_BYTES)));
    typedef bool bits __attribute__((ext_vector_type(VECTOR_BYTES)));
    words even = (words)(f[0] >= threshold), odd = (words)(f[1] >= threshold);
    signed_bytes in_order = (signed_bytes)((even & 0x00ff) | (odd & 0xff00));
#if VECTOR_BYTES == 16
    return __builtin_bit_cast(uint16_t, __builtin_convertvector(in_order < 0, bits));
#else
    return __builtin_bit_cast(uint64_t, __builtin_convertvector(in_order < 0, bits));
#endif
#endif
}

INLINE void warm_up(carried *tracks, const uint8_t *q, const multiplier_vectors *m) {
    words unused[1];
    for (int early = -WARM_UP; early < 0; early += STEP) {
        for (int track = 0; track < TRACKS; track++) advance(&tracks[track], q + early + track, 1, m, unused);
    }
}

/// The candidates of the group that begins with `q`. Asked of groups that have some: to look again is cheaper than to
/// keep every F at hand.
static __attribute__((noinline)) uint64_t group_bits(const varve_stage1 *stage1, const uint8_t *q) {
    multiplier_vectors m = multipliers_of(stage1);
    words threshold = (words){0} + stage1->threshold;
    carried tracks[TRACKS] = {0};
    warm_up(tracks, q, &m);
    uint64_t bits = 0;
    for (int first = 0; first < GROUP; first += STEP) {
        words f[TRACKS];
        for (int track = 0; track < TRACKS; track++) advance(&tracks[track], q + first + track, 1, &m, &f[track]);
        bits |= candidate_bits(f, threshold) << first;
    }
    return bits;
}

/// Looks for candidates in `count` positions, which are whole groups.
INLINE varve_candidates scan(const varve_stage1 *stage1, const uint8_t *start, size_t count) {
    multiplier_vectors m = multipliers_of(stage1);
    words threshold = (words){0} + stage1->threshold;
    carried tracks[TRACKS] = {0};
    const uint8_t *q = start - DISTANCE_TO_END;
    warm_up(tracks, q, &m);
    for (size_t distance = 0; distance < count; distance += GROUP, q += GROUP) {
        words largest = {0};
#pragma clang loop unroll(full)
        for (int first = 0; first < GROUP; first += STEPS_AT_ONCE * STEP) {
#pragma clang loop unroll(full)
            for (int track = 0; track < TRACKS; track++) {
                words f[STEPS_AT_ONCE];
                advance(&tracks[track], q + first + track, STEPS_AT_ONCE, &m, f);
#pragma clang loop unroll(full)
                for (int i = 0; i < STEPS_AT_ONCE; i++) largest = __builtin_elementwise_max(largest, f[i]);
            }
        }
        if (__builtin_expect(__builtin_reduce_or((words)(largest >= threshold)) != 0, 0)) {
            return (varve_candidates){distance, group_bits(stage1, q)};
        }
    }
    return (varve_candidates){count, 0};
}

static varve_candidates find_candidates(const varve_stage1 *stage1, const uint8_t *start, size_t count) {
    size_t whole = count / GROUP * GROUP;
    varve_candidates found = scan(stage1, start, whole);
    if (found.bits != 0 || whole == count) return found;
    // The last group ends where the positions end and has some of them again, lest it read behind them.
    found = scan(stage1, start + count - GROUP, GROUP);
    found.bits >>= GROUP - (count - whole);
    found.distance = found.bits != 0 ? whole : count;
    return found;
}
