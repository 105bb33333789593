#pragma once
/* Keccak-256 as Ethereum uses it: the original padding, not SHA-3's.
 *
 * Source   Keccak reference 3.0; FIPS 202 differs in the padding byte.
 * Threads  any.
 */
#include "base/bytes.h"

hash32 keccak256(bytes data);

/* Hashes many inputs, several side by side where the processor can. */
void keccak256_many(hash32 *out, const bytes *data, size_t count);

/* keccak256 of no bytes, and of RLP's empty string: the code hash of an
 * account without code and the root of an empty trie. */
extern const hash32 KECCAK_EMPTY;
extern const hash32 KECCAK_EMPTY_TRIE;
