#pragma once
/* base ^ exponent mod modulus on numbers of any length, for precompile 0x05.
 *
 * Source   EIP-198. A modulus of zero gives zero; 0 ^ 0 is 1 mod modulus.
 * Limits   the caller bounds the lengths (EIP-7823, or gas before it).
 */
#include "base/bytes.h"

/* Writes modulus.len bytes, big endian. */
void modexp(uint8_t *out, bytes base, bytes exponent, bytes modulus);
