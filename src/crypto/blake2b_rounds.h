#pragma once
/* The rounds of BLAKE2b's compression under blake2b.c.
 *
 * Source   RFC 7693, 3.2.
 * Trust    the form with a processor's name in it needs that processor: ask
 *          base/cpu.h first.
 */
#include <stdint.h>

#define BLAKE2B_ROUND_KINDS 10

/* RFC 7693, 2.7: which word of the message each step adds. Round 10 is like
 * round 0. Here, so that compilers see constants. */
static const uint8_t blake2b_schedule[BLAKE2B_ROUND_KINDS][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

void blake2b_rounds_portable(uint64_t v[16], const uint64_t m[16],
                             uint32_t rounds);
void blake2b_rounds_avx2(uint64_t v[16], const uint64_t m[16], uint32_t rounds);
