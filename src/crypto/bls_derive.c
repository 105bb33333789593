#include "crypto/bls_derive.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "crypto/bls_signature.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"
#include "crypto/prime_field.h"

#define WIDE_BYTES 48 /* the specification's L */
#define PART_BYTES 16
#define LAMPORT_KEYS 255
#define PURPOSE 12381 /* EIP-2334: of this curve */
#define COIN 3600     /* of the consensus layer */

/* The number modulo the order: three digits to the base 2^128. */
static void reduce(secret32 *out, const uint8_t wide[WIDE_BYTES])
{
    const struct prime_field *f = &BLS12_381_FR;
    const uint8_t base_bytes[32] = {[32 - PART_BYTES - 1] = 1};
    uint8_t digit[32] = {0};
    fp256 base, part, sum = fp256_zero();
    bool below = fp256_from_bytes(f, &base, base_bytes);
    for (int i = 0; i < WIDE_BYTES; i += PART_BYTES) {
        memcpy(digit + 32 - PART_BYTES, wide + i, PART_BYTES);
        below &= fp256_from_bytes(f, &part, digit);
        fp256_mul(f, &sum, &sum, &base);
        fp256_add(f, &sum, &sum, &part);
    }
    secret_reveal(&below, sizeof below);
    ASSERT(below);
    fp256_to_bytes(f, out->at, &sum);
    memory_wipe(digit, sizeof digit);
    memory_wipe(&part, sizeof part);
    memory_wipe(&sum, sizeof sum);
}

/* HKDF_mod_r: material is followed by I2OSP(0, 1). */
static void hash_to_key(secret32 *out, bytes material)
{
    static const uint8_t info[2] = {0, WIDE_BYTES};
    uint8_t wide[WIDE_BYTES];
    secret32 pseudorandom;
    hash32 salt = sha256(bytes_str("BLS-SIG-KEYGEN-SALT-"));
    for (;;) {
        hkdf_sha256_extract(&pseudorandom, bytes_hash(&salt), material);
        hkdf_sha256_expand(wide, sizeof wide, &pseudorandom,
                           bytes_of(info, sizeof info));
        reduce(out, wide);
        if (bls_secret_is_valid(out))
            break;
        salt = sha256(bytes_hash(&salt));
    }
    secret_fini(&pseudorandom);
    memory_wipe(wide, sizeof wide);
}

loft_err bls_derive_master(secret32 *out, bytes seed)
{
    if (seed.len < BLS_SEED_BYTES_MIN)
        return err_say(LOFT_ERR_REFUSED, "a seed of %zu bytes, not of %d",
                       seed.len, BLS_SEED_BYTES_MIN);
    uint8_t *material = memory_alloc(seed.len + 1);
    memcpy(material, seed.at, seed.len);
    material[seed.len] = 0;
    hash_to_key(out, bytes_of(material, seed.len + 1));
    memory_wipe(material, seed.len + 1);
    free(material);
    return LOFT_OK;
}

/* Writes the hashes of one half of a Lamport key pair's secrets. */
static void lamport_half(uint8_t out[LAMPORT_KEYS][32], const secret32 *key,
                         uint32_t index)
{
    uint8_t secrets[LAMPORT_KEYS][32], salt[4];
    secret32 pseudorandom;
    store_be32(salt, index);
    hkdf_sha256_extract(&pseudorandom, bytes_of(salt, sizeof salt),
                        bytes_of(key->at, sizeof key->at));
    hkdf_sha256_expand(secrets[0], sizeof secrets, &pseudorandom, BYTES_EMPTY);
    for (unsigned i = 0; i < LAMPORT_KEYS; i++) {
        hash32 hash = sha256(bytes_of(secrets[i], sizeof secrets[i]));
        memcpy(out[i], hash.at, sizeof hash.at);
    }
    secret_fini(&pseudorandom);
    memory_wipe(secrets, sizeof secrets);
}

void bls_derive_child(secret32 *key, uint32_t index)
{
    uint8_t halves[2][LAMPORT_KEYS][32], material[33] = {0};
    secret32 flipped;
    for (size_t i = 0; i < sizeof flipped.at; i++)
        flipped.at[i] = (uint8_t)~key->at[i];
    lamport_half(halves[0], key, index);
    lamport_half(halves[1], &flipped, index);
    hash32 compressed = sha256(bytes_of(halves, sizeof halves));
    memcpy(material, compressed.at, sizeof compressed.at);
    hash_to_key(key, bytes_of(material, sizeof material));
    secret_fini(&flipped);
    memory_wipe(halves, sizeof halves);
    memory_wipe(material, sizeof material);
    memory_wipe(&compressed, sizeof compressed);
}

loft_err bls_derive_validator(secret32 *withdrawal, secret32 *signing,
                              bytes seed, uint32_t index)
{
    const uint32_t path[] = {PURPOSE, COIN, index, 0};
    TRY(bls_derive_master(withdrawal, seed));
    for (size_t i = 0; i < ARRAY_LEN(path); i++)
        bls_derive_child(withdrawal, path[i]);
    *signing = *withdrawal;
    bls_derive_child(signing, 0);
    return LOFT_OK;
}
