#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this processor has the instructions that the functions below are made of.
bool varve_sha256_has_lanes(void);

/// The compression function of SHA-256 (FIPS 180-4, 6.2.2) over two independent messages at once.
///
/// @param first,second   eight words of state each, changed in place
/// @param a,b            `blocks` whole blocks of 64 bytes of each message, at any alignment; may be the same
void varve_sha256_two_lanes(uint32_t first[8], const uint8_t *a, uint32_t second[8], const uint8_t *b, size_t blocks);

/// The same over one message.
void varve_sha256_one_lane(uint32_t state[8], const uint8_t *bytes, size_t blocks);
