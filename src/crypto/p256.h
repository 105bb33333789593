#pragma once
/* ECDSA verification on P-256 (secp256r1), for precompile 0x100.
 *
 * Source   FIPS 186-5; EIP-7951.
 */
#include <stdbool.h>

#include "base/bytes.h"

/* r, s, x, y: 32 bytes each, big endian. False on anything out of range, a
 * point that is not on the curve or at infinity, or a wrong signature. */
bool p256_verify(const uint8_t digest[32], const uint8_t r[32],
                 const uint8_t s[32], const uint8_t x[32], const uint8_t y[32]);
