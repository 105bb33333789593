#pragma once
/* Arithmetic modulo the primes that elliptic curves and zero-knowledge proofs
 * are built on: numbers of up to 256 bits in 4 limbs (fp256) and of up to 384
 * in 6 (fp384). One description as data serves each prime.
 *
 * A number lives in Montgomery's form (crypto/montgomery.h) and is reduced:
 * equal numbers have equal limbs. Bytes are the way in and out.
 *
 * Source   constants: tools/make_fields.py.
 * Limits   the prime leaves the highest bit of its highest limb free.
 * Threads  any.
 * Trust    no branch and no address depends on a number, except in functions
 *          called _vartime. The exponent of _pow and the verdict of
 *          _from_bytes are public. Operations may write over what they read.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/bytes.h"
#include "crypto/limbs_mod.h"

struct prime_field {
    uint64_t p[LIMBS_MAX];     /* the prime itself */
    uint64_t negative_inverse; /* -1/p mod 2^64 */
    unsigned limbs;            /* 4 or 6 */
    unsigned bits;             /* of p */
    unsigned two_adicity;      /* 2^two_adicity divides p - 1 */
    /* In Montgomery's form: */
    uint64_t one[LIMBS_MAX];
    uint64_t r_squared[LIMBS_MAX];     /* R: bytes come in by it */
    uint64_t generator[LIMBS_MAX];     /* of all p - 1 units */
    uint64_t root_of_unity[LIMBS_MAX]; /* order 2^two_adicity */
};

extern const struct prime_field BN254_FQ;     /* coordinates of alt_bn128 */
extern const struct prime_field BN254_FR;     /* its scalars */
extern const struct prime_field BLS12_381_FP; /* coordinates of BLS12-381 */
extern const struct prime_field BLS12_381_FR; /* its scalars */

/* Functions are the same for both widths: fp256_mul, fp384_mul. */
#define FP_LIMBS 4
#define FP fp256
#define FP_(name) fp256_##name
#include "crypto/prime_field_width.h"
#undef FP_LIMBS
#undef FP
#undef FP_
#define FP_LIMBS 6
#define FP fp384
#define FP_(name) fp384_##name
#include "crypto/prime_field_width.h"
#undef FP_LIMBS
#undef FP
#undef FP_
