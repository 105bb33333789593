#pragma once
/* KZG commitments to polynomials over the scalars of BLS12-381, as blobs use
 * them: is p(z) = y for the polynomial p that was committed to?
 *
 * Source   EIP-4844; consensus-specs, deneb/polynomial-commitments.md:
 *          verify_kzg_proof.
 * Trust    every argument is foreign.
 */
#include "base/attributes.h"
#include "crypto/bls12_encoding.h"

#define KZG_SCALAR_LEN 32

/* z and y big endian. False as well where an argument is malformed: a scalar
 * that is not below the order, a point not of the subgroup. */
MUST_USE bool kzg_verify_proof(const uint8_t commitment[G1_COMPRESSED_LEN],
                               const uint8_t z[KZG_SCALAR_LEN],
                               const uint8_t y[KZG_SCALAR_LEN],
                               const uint8_t proof[G1_COMPRESSED_LEN]);
