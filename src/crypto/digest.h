#pragma once
/* The other hash functions of the EVM's precompiles, of transactions, and of
 * WebSocket's handshake.
 *
 * Source   FIPS 180-4; RIPEMD-160 (Dobbertin, Bosselaers, Preneel 1996);
 *          RFC 7693 for BLAKE2b's F, as EIP-152 exposes it.
 */
#include "base/bytes.h"

hash32 sha256(bytes data);

/* Broken for signatures; a handshake needs no more. */
void sha1(uint8_t out[20], bytes data);

void ripemd160(uint8_t out[20], bytes data);

/* BLAKE2b's compression: rounds over state h, block m, offset t. All words as
 * integers; the caller reads them little endian. */
void blake2b_f(uint64_t h[8], uint32_t rounds, const uint64_t m[16],
               const uint64_t t[2], bool final);
