#include "crypto/curve25519.h"

#include <sodium.h>

#include "base/assert.h"
#include "base/memory.h"

/* Lets the library choose its code for this processor, before any thread. */
__attribute__((constructor)) static void make_ready(void)
{
    ASSERT(sodium_init() >= 0);
}

void x25519_public(uint8_t out[32], const secret32 *key)
{
    ASSERT(crypto_scalarmult_curve25519_base(out, key->at) == 0);
}

loft_err x25519(secret32 *shared, const secret32 *key, const uint8_t theirs[32])
{
    if (crypto_scalarmult_curve25519(shared->at, key->at, theirs) == 0)
        return LOFT_OK;
    secret_fini(shared);
    return err_say(LOFT_ERR_REFUSED, "an X25519 key of small order");
}

void ed25519_public(uint8_t out[32], const secret32 *seed)
{
    uint8_t pair[crypto_sign_ed25519_SECRETKEYBYTES];
    ASSERT(crypto_sign_ed25519_seed_keypair(out, pair, seed->at) == 0);
    memory_wipe(pair, sizeof pair);
}

void ed25519_sign(uint8_t out[64], bytes message, const secret32 *seed)
{
    uint8_t key[32], pair[crypto_sign_ed25519_SECRETKEYBYTES];
    ASSERT(crypto_sign_ed25519_seed_keypair(key, pair, seed->at) == 0);
    ASSERT(crypto_sign_ed25519_detached(out, NULL, message.at, message.len,
                                        pair) == 0);
    memory_wipe(pair, sizeof pair);
}

bool ed25519_verify(const uint8_t signature[64], bytes message,
                    const uint8_t key[32])
{
    return crypto_sign_ed25519_verify_detached(signature, message.at,
                                               message.len, key) == 0;
}
