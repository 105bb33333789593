#pragma once
/* BLS signatures with public keys in G1 and signatures in G2, as Ethereum's
 * consensus layer has them.
 *
 * Source   draft-irtf-cfrg-bls-signature-05, ciphersuite
 *          BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_.
 * Trust    bls_public_key(), bls_sign() and bls_prove() take time and touch
 *          memory without regard to the secret key. Verification and
 *          aggregation take foreign bytes: malformed ones, points outside of
 *          the subgroup and infinite keys are refused.
 *          An aggregate of one message is as good as its keys: each must have
 *          shown a proof of possession once, or one key can cancel another.
 */
#include <stddef.h>

#include "crypto/bls12_encoding.h"
#include "crypto/secret.h"

typedef struct {
    uint8_t at[G1_COMPRESSED_LEN];
} bls_key;

typedef struct {
    uint8_t at[G2_COMPRESSED_LEN];
} bls_signature;

/* Is it a key: big endian, neither 0 nor the order or above? Constant time. */
MUST_USE bool bls_secret_is_valid(const secret32 *secret);

/* These three ask for a valid secret. */
void bls_public_key(bls_key *out, const secret32 *secret);
void bls_sign(bls_signature *out, const secret32 *secret, bytes message);
/* That whoever shows the key has its secret. */
void bls_prove(bls_signature *out, const secret32 *secret);

MUST_USE bool bls_key_is_valid(const bls_key *key);
MUST_USE bool bls_verify(const bls_key *key, bytes message,
                         const bls_signature *signature);
MUST_USE bool bls_verify_proof(const bls_key *key, const bls_signature *proof);

/* The sum of signatures, of at least one. False: one is malformed. */
MUST_USE bool bls_aggregate(bls_signature *out, const bls_signature *many,
                            size_t count);

/* Did each key sign the message of the same index? */
MUST_USE bool bls_aggregate_verify(const bls_key *keys, const bytes *messages,
                                   size_t count,
                                   const bls_signature *signature);

/* Did all keys, at least one, sign one message? */
MUST_USE bool bls_fast_aggregate_verify(const bls_key *keys, size_t count,
                                        bytes message,
                                        const bls_signature *signature);
