#pragma once
/* Montgomery multiplication under prime_field.h, in the forms that processors
 * run best, for moduli of 4 and of 6 limbs.
 *
 * With R = 2^(64 * limbs), reducing x gives x / R mod p. A number y is kept as
 * y * R, so that reducing the product of two gives the product's own form.
 *
 * Source   Montgomery 1985; Koc, Acar, Kaliski 1996 for the order of the work.
 * Units    limbs of 64 bits, lowest first.
 * Limits   p is odd and leaves the highest bit of its highest limb free, so
 *          that sums of two reduced numbers need no further limb.
 * Trust    no branch and no address depends on a number. The forms named mulx
 *          need BMI2: ask base/cpu.h first.
 */
#include <stdbool.h>
#include <stdint.h>

struct prime_field;

/* out = a * b / R mod p, reduced, for a < p and b < R. out may be a or b. */
typedef void montgomery_mul(const struct prime_field *f, uint64_t *out,
                            const uint64_t *a, const uint64_t *b);
/* wide = a * b, twice as many limbs; wide is neither a nor b. */
typedef void montgomery_wide(uint64_t *wide, const uint64_t *a,
                             const uint64_t *b);
/* out = wide / R mod p, reduced, for wide < p * R. */
typedef void montgomery_reduce(const struct prime_field *f, uint64_t *out,
                               const uint64_t *wide);

montgomery_mul montgomery_mul_4_portable, montgomery_mul_4_mulx;
montgomery_mul montgomery_mul_6_portable, montgomery_mul_6_mulx;
montgomery_wide montgomery_wide_4_portable, montgomery_wide_4_mulx;
montgomery_wide montgomery_wide_6_portable, montgomery_wide_6_mulx;
montgomery_reduce montgomery_reduce_4_portable, montgomery_reduce_4_mulx;
montgomery_reduce montgomery_reduce_6_portable, montgomery_reduce_6_mulx;

/* Which forms prime_field.h takes: set before main() where the processor can,
 * written later only by tests that compare them. */
extern bool montgomery_use_mulx;
