#include "crypto/hd_key.h"

#include <secp256k1.h>

#include "base/assert.h"
#include "base/memory.h"
#include "crypto/kdf.h"
#include "crypto/secp256k1_context.h"

static loft_err bad_key(void)
{
    return err_say(LOFT_ERR_REFUSED, "a derived key is not below the order");
}

loft_err hd_key_init(struct hd_key *out, bytes seed)
{
    uint8_t mac[64];
    hmac_sha512(mac, bytes_str("Bitcoin seed"), seed);
    memcpy(out->key.at, mac, 32);
    memcpy(out->chain.at, mac + 32, 32);
    memory_wipe(mac, sizeof mac);
    if (!secp256k1_ec_seckey_verify(secp256k1_context_static, out->key.at))
        return bad_key();
    return LOFT_OK;
}

void hd_key_fini(struct hd_key *key)
{
    secret_fini(&key->key);
    secret_fini(&key->chain);
}

/* What a child is made from: the private key where it is hardened, else the
 * public one. */
static void write_origin(uint8_t out[33], const secret32 *key, bool hardened)
{
    secp256k1_pubkey point;
    size_t len = 33;
    out[0] = 0;
    memcpy(out + 1, key->at, 32);
    if (hardened)
        return;
    ASSERT(secp256k1_ec_pubkey_create(secp256k1_signing_context(), &point,
                                      key->at));
    secp256k1_ec_pubkey_serialize(secp256k1_context_static, out, &len, &point,
                                  SECP256K1_EC_COMPRESSED);
}

loft_err hd_key_descend(struct hd_key *key, uint32_t index)
{
    uint8_t data[37], mac[64];
    write_origin(data, &key->key, index & HD_KEY_HARDENED);
    store_be32(data + 33, index);
    hmac_sha512(mac, bytes_of(key->chain.at, 32), bytes_of(data, sizeof data));
    bool good = secp256k1_ec_seckey_tweak_add(secp256k1_context_static,
                                              key->key.at, mac);
    memcpy(key->chain.at, mac + 32, 32);
    memory_wipe(data, sizeof data);
    memory_wipe(mac, sizeof mac);
    return good ? LOFT_OK : bad_key();
}

loft_err hd_key_account(secret32 *out, bytes seed, uint32_t index)
{
    struct hd_key key;
    const uint32_t path[] = {HD_KEY_HARDENED | 44, HD_KEY_HARDENED | 60,
                             HD_KEY_HARDENED, 0, index};
    ASSERT(index < HD_KEY_HARDENED);
    loft_err err = hd_key_init(&key, seed);
    for (size_t i = 0; err == LOFT_OK && i < ARRAY_LEN(path); i++)
        err = hd_key_descend(&key, path[i]);
    if (err == LOFT_OK)
        *out = key.key;
    hd_key_fini(&key);
    return err;
}
