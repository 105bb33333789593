#pragma once
/* ECDSA on secp256k1 as Ethereum uses it: deterministic nonces (RFC 6979),
 * low s, and the parity of the nonce's point to recover the signer with.
 *
 * Source   SEC 1, SEC 2; Yellow Paper appendix F; EIP-2 for low s.
 * Threads  any; the library's context is made before main().
 * Trust    signing is constant-time in the key.
 */
#include <stdbool.h>

#include "base/bytes.h"
#include "base/u256.h"
#include "crypto/secret.h"

struct ecdsa_signature {
    u256 r, s;
    uint8_t parity; /* 0 or 1 */
};

/* The order of the group; half of it bounds a low s. */
extern const u256 ECDSA_ORDER;
extern const u256 ECDSA_HALF_ORDER;

/* The address that signed digest. False: r or s out of range, or no such
 * point. A high s is accepted: whoever forbids it checks before. */
bool ecdsa_recover(address *signer, const hash32 *digest,
                   const struct ecdsa_signature *signature);

/* LOFT_ERR_REFUSED: the key is zero or not below the order. */
MUST_USE loft_err ecdsa_sign(struct ecdsa_signature *out, const hash32 *digest,
                             const secret32 *key);

/* The address of a key. LOFT_ERR_REFUSED as above. */
MUST_USE loft_err ecdsa_address(address *out, const secret32 *key);
