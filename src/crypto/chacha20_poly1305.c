#include "crypto/chacha20_poly1305.h"

#include <sodium.h>

#include "base/assert.h"

/* Lets the library choose its code for this processor, before any thread. */
__attribute__((constructor)) static void make_ready(void)
{
    ASSERT(sodium_init() >= 0);
}

void chacha20_poly1305_seal(uint8_t *out, const secret32 *key,
                            const uint8_t nonce[CHACHA20_POLY1305_NONCE_BYTES],
                            bytes data, bytes plain)
{
    ASSERT(crypto_aead_chacha20poly1305_ietf_encrypt(
               out, NULL, plain.at, plain.len, data.at, data.len, NULL, nonce,
               key->at) == 0);
}

bool chacha20_poly1305_open(uint8_t *out, const secret32 *key,
                            const uint8_t nonce[CHACHA20_POLY1305_NONCE_BYTES],
                            bytes data, bytes sealed)
{
    /* The library checks the tag before it decrypts. */
    return sealed.len >= CHACHA20_POLY1305_TAG_BYTES &&
           crypto_aead_chacha20poly1305_ietf_decrypt(
               out, NULL, NULL, sealed.at, sealed.len, data.at, data.len, nonce,
               key->at) == 0;
}
