#pragma once
/* 1 / a modulo a prime, under prime_field.h: by the binary form of Euclid's
 * algorithm, 31 of its steps at a time on numbers of 64 bits.
 *
 * Source   Pornin, "Optimized Binary GCD for Modular Inversion" (2020),
 *          algorithm 2.
 * Limits   as crypto/montgomery.h.
 * Trust    no branch and no address depends on a number.
 */
#include <stdint.h>

struct prime_field;

/* Of a in Montgomery's form, in that form; zero for zero. out may be a. */
void modular_inverse(const struct prime_field *f, uint64_t *out,
                     const uint64_t *a);
