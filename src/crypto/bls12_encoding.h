#pragma once
/* Points of BLS12-381 as bytes.
 *
 * Source   EIP-2537: 64 bytes a number, 16 zeros first; x then y, c0 then c1.
 *          ZCash's compressed form, as the consensus specifications use it:
 *          48 bytes a number, c1 then c0, three flags in the first bits.
 * Trust    anything may come in; what is not the one encoding of a point of
 *          the curve is refused. Infinity is a point.
 */
#include "base/attributes.h"
#include "crypto/bls12_types.h"

#define EIP2537_FP_LEN 64
#define EIP2537_G1_LEN 128
#define EIP2537_G2_LEN 256
#define G1_COMPRESSED_LEN 48
#define G2_COMPRESSED_LEN 96

MUST_USE bool fp_load_eip2537(fp *out, const uint8_t at[EIP2537_FP_LEN]);
MUST_USE bool fp2_load_eip2537(fp2 *out, const uint8_t at[2 * EIP2537_FP_LEN]);

/* On the curve; whether in the subgroup is not looked at. */
MUST_USE bool g1_load_eip2537(g1_affine *out, const uint8_t at[EIP2537_G1_LEN]);
MUST_USE bool g2_load_eip2537(g2_affine *out, const uint8_t at[EIP2537_G2_LEN]);
void g1_store_eip2537(uint8_t at[EIP2537_G1_LEN], const g1_affine *point);
void g2_store_eip2537(uint8_t at[EIP2537_G2_LEN], const g2_affine *point);

/* In the subgroup. */
MUST_USE bool g1_load_compressed(g1_affine *out,
                                 const uint8_t at[G1_COMPRESSED_LEN]);
MUST_USE bool g2_load_compressed(g2_affine *out,
                                 const uint8_t at[G2_COMPRESSED_LEN]);
void g1_store_compressed(uint8_t at[G1_COMPRESSED_LEN], const g1_affine *point);
void g2_store_compressed(uint8_t at[G2_COMPRESSED_LEN], const g2_affine *point);
