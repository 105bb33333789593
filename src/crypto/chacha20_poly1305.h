#pragma once
/* Authenticated encryption with ChaCha20 and Poly1305.
 *
 * Source   RFC 8439; libsodium does the arithmetic.
 * Threads  any; the library is made ready before main().
 * Trust    constant-time in key and plaintext. A nonce serves one message of
 *          a key: the caller counts.
 */
#include <stdbool.h>

#include "base/bytes.h"
#include "crypto/secret.h"

#define CHACHA20_POLY1305_TAG_BYTES 16
#define CHACHA20_POLY1305_NONCE_BYTES 12

/* Writes plain.len + CHACHA20_POLY1305_TAG_BYTES bytes; `out` may be
 * plain.at. `data` is authenticated, not encrypted. */
void chacha20_poly1305_seal(uint8_t *out, const secret32 *key,
                            const uint8_t nonce[CHACHA20_POLY1305_NONCE_BYTES],
                            bytes data, bytes plain);

/* Writes sealed.len - CHACHA20_POLY1305_TAG_BYTES bytes; `out` may be
 * sealed.at. False: shorter than a tag, or not what was sealed; no byte of
 * the plaintext is written then. */
MUST_USE bool
chacha20_poly1305_open(uint8_t *out, const secret32 *key,
                       const uint8_t nonce[CHACHA20_POLY1305_NONCE_BYTES],
                       bytes data, bytes sealed);
