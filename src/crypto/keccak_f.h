#pragma once
/* The permutation Keccak-f[1600] under keccak.c, in the forms that processors
 * run best: one state at a time, or several side by side.
 *
 * Source   The Keccak reference 3.0, section 1.2.
 * Units    lane (x, y) is word 5 * y + x of a state.
 * Trust    a form with a processor's name in it needs that processor: ask
 *          base/cpu.h first.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/bytes.h"

#define KECCAK_ROUNDS 24
#define KECCAK_LANES 25

/* Bytes of input that one permutation takes in: (1600 - 2 * 256) / 8. */
#define KECCAK_RATE 136

extern const uint64_t keccak_round_constant[KECCAK_ROUNDS];

void keccak_f(uint64_t state[KECCAK_LANES]);

/* Takes in the rest of an input and returns its Keccak-256. */
hash32 keccak256_finish(uint64_t state[KECCAK_LANES], bytes rest);

/* How far rho turns each lane left: here, so that turns are constants. */
static const uint8_t keccak_turn[KECCAK_LANES] = {
    0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
    25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14,
};

#define KECCAK_WIDE_MAX 8
#define KECCAK_RATE_LANES (KECCAK_RATE / 8)

/* Several states side by side: lane i of state j is word width * i + j. Zeroes
 * the states whose word of `keep` is zero and keeps those where it is all
 * ones, adds a block to each, laid out likewise, and permutes. */
typedef void keccak_wide_step(uint64_t *states, const uint64_t *blocks,
                              const uint64_t *keep);

keccak_wide_step keccak_avx512_step;   /* 8 side by side */
keccak_wide_step keccak_avx512vl_step; /* 4 */
keccak_wide_step keccak_avx2_step;     /* 4 */

struct keccak_width {
    const char *name;
    size_t lanes; /* states side by side */
    size_t least; /* inputs at hand from which on a wide step pays */
    keccak_wide_step *step;
};

/* The forms that this processor has; returns how many. */
#define KECCAK_WIDTHS_MAX 3
size_t keccak_widths(const struct keccak_width *out[KECCAK_WIDTHS_MAX]);

/* keccak256_many() by one of the forms. */
void keccak256_many_by(const struct keccak_width *width, hash32 *out,
                       const bytes *data, size_t count);
