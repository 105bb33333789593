#pragma once
/* ECDSA on secp256k1 for those who know the signer's public key: keys of 33
 * bytes, signatures in DER, as Bitcoin and libp2p write them.
 *
 * Source   SEC 1; BIP-62 for strict DER and low s.
 * Threads  any.
 * Trust    signing is constant-time in the key.
 */
#include <stdbool.h>

#include "base/bytes.h"
#include "crypto/secret.h"

#define ECDSA_KEY_BYTES 33
#define ECDSA_DER_BYTES_MAX 72

/* The public key, compressed. LOFT_ERR_REFUSED: zero or not below the order. */
MUST_USE loft_err ecdsa_public_key(uint8_t out[ECDSA_KEY_BYTES],
                                   const secret32 *key);

/* Whether the bytes are a point of the curve in its compressed form. */
bool ecdsa_key_is_valid(const uint8_t key[ECDSA_KEY_BYTES]);

/* Deterministic nonces (RFC 6979), low s. Errors as ecdsa_public_key(). */
MUST_USE loft_err ecdsa_sign_der(uint8_t out[ECDSA_DER_BYTES_MAX], size_t *len,
                                 const hash32 *digest, const secret32 *key);

/* False also for a signature that is not in its one DER form, or has a high
 * s. */
bool ecdsa_verify_der(bytes signature, const hash32 *digest,
                      const uint8_t key[ECDSA_KEY_BYTES]);
