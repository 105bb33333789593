#include "state/account.h"

#include <string.h>

/* The bytes of a number without its leading zeros. */
static size_t number_len(u256 value)
{
    for (size_t limb = 4; limb-- > 0;)
        if (value.limb[limb])
            return limb * 8 +
                   (71 - (size_t)__builtin_clzll(value.limb[limb])) / 8;
    return 0;
}

static uint8_t *put_number(uint8_t *at, u256 value)
{
    uint8_t be[32];
    size_t len = number_len(value);
    if (len != 1 || value.limb[0] >= 0x80)
        *at++ = (uint8_t)(0x80 + len);
    u256_store_be(be, value);
    memcpy(at, be + 32 - len, len);
    return at + len;
}

static uint8_t *put_hash(uint8_t *at, const hash32 *hash)
{
    *at++ = 0xa0;
    memcpy(at, hash->at, sizeof hash->at);
    return at + sizeof hash->at;
}

size_t account_write_rlp(uint8_t out[ACCOUNT_RLP_MAX], uint64_t nonce,
                         u256 balance, const hash32 *storage_root,
                         const hash32 *code_hash)
{
    uint8_t *at = out + 2; /* the two hashes make it a list above 55 bytes */
    at = put_number(at, u256_from(nonce));
    at = put_number(at, balance);
    at = put_hash(at, storage_root);
    at = put_hash(at, code_hash);
    out[0] = 0xf8;
    out[1] = (uint8_t)(at - out - 2);
    return (size_t)(at - out);
}

size_t slot_write_rlp(uint8_t out[SLOT_RLP_MAX], u256 value)
{
    return (size_t)(put_number(out, value) - out);
}
