#pragma once
/* AES-128 in counter mode, which keystore files keep their key in. It hides
 * and does not authenticate: whoever uses it checks a MAC first.
 *
 * Source   FIPS 197; SP 800-38A, 6.5, the counter being all of the block.
 */
#include "base/bytes.h"

/* Encrypting and decrypting are the same. Writes in.len bytes; out may be
 * where in is. */
void aes128_ctr(uint8_t *out, const uint8_t key[16], const uint8_t counter[16],
                bytes in);
