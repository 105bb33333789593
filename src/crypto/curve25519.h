#pragma once
/* Key agreement and signatures on Curve25519: X25519 and Ed25519.
 *
 * Source   RFC 7748, RFC 8032; libsodium does the arithmetic.
 * Threads  any; the library is made ready before main().
 * Trust    constant-time in keys and seeds. Public keys and signatures may be
 *          anyone's: points of small order are refused.
 */
#include <stdbool.h>

#include "base/bytes.h"
#include "crypto/secret.h"

/* Any 32 bytes are a key: X25519 clamps them itself. */
void x25519_public(uint8_t out[32], const secret32 *key);

/* LOFT_ERR_REFUSED: the shared secret is zero, since `theirs` is a point of
 * small order; *shared is wiped then. The top bit of `theirs` is ignored, and
 * a coordinate at or above the prime is reduced, as RFC 7748 (5) says. */
MUST_USE loft_err x25519(secret32 *shared, const secret32 *key,
                         const uint8_t theirs[32]);

void ed25519_public(uint8_t out[32], const secret32 *seed);
void ed25519_sign(uint8_t out[64], bytes message, const secret32 *seed);

/* False also for a scalar at or above the group's order and for a key or a
 * nonce point that is of small order or not in its one encoding. */
bool ed25519_verify(const uint8_t signature[64], bytes message,
                    const uint8_t key[32]);
