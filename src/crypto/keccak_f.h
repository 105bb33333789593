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
