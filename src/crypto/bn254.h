#pragma once
/* The arithmetic of precompiles 0x06, 0x07 and 0x08 over byte strings: points
 * and pairings on the curve BN254 (alt_bn128).
 *
 * Source   EIP-196, EIP-197. A coordinate is 32 bytes, big endian, below the
 *          field's modulus; one in the quadratic field has its imaginary part
 *          first; infinity is all zeros.
 * Trust    any bytes are safe. Times depend on them: public data only.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

#define BN254_G1_BYTES 64
#define BN254_G2_BYTES 128
#define BN254_PAIR_BYTES (BN254_G1_BYTES + BN254_G2_BYTES)

/* All return false where the input is no point of the group it should be in,
 * and leave their output as it was. */

/* The sum of two points. */
MUST_USE bool bn254_add(uint8_t out[BN254_G1_BYTES],
                        const uint8_t in[2 * BN254_G1_BYTES]);

/* A point times a scalar of 32 bytes, any. */
MUST_USE bool bn254_mul(uint8_t out[BN254_G1_BYTES],
                        const uint8_t in[BN254_G1_BYTES + 32]);

/* Whether the product of the pairings of `count` pairs of points is one. */
MUST_USE bool bn254_pairing_check(bool *is_one, const uint8_t *in,
                                  size_t count);
