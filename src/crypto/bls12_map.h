#pragma once
/* From messages and field elements to points of BLS12-381.
 *
 * Source   RFC 9380: suites BLS12381G1_XMD:SHA-256_SSWU_ and
 *          BLS12381G2_XMD:SHA-256_SSWU_, NU and RO.
 * Trust    messages are public: time depends on them.
 */
#include "crypto/bls12_types.h"

/* map_to_curve and clear_cofactor: a point of the subgroup. */
void g1_map(g1 *out, const fp *u);
void g2_map(g2 *out, const fp2 *u);

/* hash_to_curve, uniform over the subgroup; and encode_to_curve, which costs
 * half and is not. dst: the protocol's tag, of at least one byte. */
void g1_hash(g1 *out, bytes message, bytes dst);
void g2_hash(g2 *out, bytes message, bytes dst);
void g1_encode(g1 *out, bytes message, bytes dst);
void g2_encode(g2 *out, bytes message, bytes dst);
