#include "codec/keystore.h"

#include <stdio.h>

#include "base/hex.h"
#include "base/memory.h"
#include "codec/json.h"
#include "codec/json_writer.h"
#include "crypto/aes.h"
#include "crypto/ecdsa.h"
#include "crypto/keccak.h"

enum { KEY_LEN = 32, IV_LEN = 16, DERIVED_LEN = 32 };

/* What the password gives: the first half encrypts, the second proves. Only
 * these bytes are used, however many a file asks for. */
struct derived {
    uint8_t at[KDF_OUTPUT_BYTES_MAX];
};

struct box {
    uint8_t ciphertext[KEY_LEN], iv[IV_LEN];
    secret32 mac;
    const struct json *kdf_params;
    const char *kdf;
};

/* Hexadecimal digits without 0x, as this format has them. */
static loft_err get_hex(void *out, size_t len, const struct json *object,
                        const char *key)
{
    bytes text;
    TRY(json_get_string(&text, object, key));
    loft_err err = hex_read_exact(out, len, text);
    return err == LOFT_OK ? err : err_in(err, "%s", key);
}

static loft_err expect_text(const struct json *object, const char *key,
                            const char *wanted)
{
    bytes text;
    TRY(json_get_string(&text, object, key));
    if (!bytes_equal(text, bytes_str(wanted)))
        return err_say(LOFT_ERR_FORMAT, "%s: is not %s", key, wanted);
    return LOFT_OK;
}

/* Some wallets write "Crypto". */
static const struct json *crypto_of(const struct json *root)
{
    const struct json *crypto = json_get(root, "crypto");
    return crypto ? crypto : json_get(root, "Crypto");
}

static loft_err read_box(struct box *out, const struct json *root)
{
    uint64_t version;
    const struct json *crypto = crypto_of(root);
    TRY(json_get_u64(&version, root, "version"));
    if (version != 3)
        return err_say(LOFT_ERR_FORMAT, "version: is not 3");
    TRY(expect_text(crypto, "cipher", "aes-128-ctr"));
    TRY(get_hex(out->ciphertext, KEY_LEN, crypto, "ciphertext"));
    TRY(get_hex(out->iv, IV_LEN, json_get(crypto, "cipherparams"), "iv"));
    TRY(get_hex(out->mac.at, sizeof out->mac.at, crypto, "mac"));
    TRY(json_get_text(&out->kdf, crypto, "kdf"));
    out->kdf_params = json_get(crypto, "kdfparams");
    return LOFT_OK;
}

static loft_err get_u32(uint32_t *out, const struct json *object,
                        const char *key)
{
    uint64_t wide;
    TRY(json_get_u64(&wide, object, key));
    if (wide > UINT32_MAX)
        return err_say(LOFT_ERR_LIMIT, "%s: a number of more than 32 bits",
                       key);
    *out = (uint32_t)wide;
    return LOFT_OK;
}

static loft_err derive_scrypt(struct derived *out, size_t len, bytes password,
                              bytes salt, const struct json *params)
{
    struct kdf_scrypt scrypt;
    TRY(json_get_u64(&scrypt.cost, params, "n"));
    TRY(get_u32(&scrypt.block, params, "r"));
    TRY(get_u32(&scrypt.lanes, params, "p"));
    return kdf_scrypt(out->at, len, password, salt, &scrypt);
}

static loft_err derive_pbkdf2(struct derived *out, size_t len, bytes password,
                              bytes salt, const struct json *params)
{
    uint32_t rounds;
    TRY(expect_text(params, "prf", "hmac-sha256"));
    TRY(get_u32(&rounds, params, "c"));
    return kdf_pbkdf2_sha256(out->at, len, password, salt, rounds);
}

static loft_err derive(struct derived *out, struct arena *arena,
                       const struct box *box, bytes password)
{
    uint32_t len;
    bytes text, salt;
    TRY(get_u32(&len, box->kdf_params, "dklen"));
    if (len < DERIVED_LEN || len > KDF_OUTPUT_BYTES_MAX)
        return err_say(LOFT_ERR_LIMIT, "dklen: is not from %d to %d",
                       DERIVED_LEN, KDF_OUTPUT_BYTES_MAX);
    TRY(json_get_string(&text, box->kdf_params, "salt"));
    TRY(hex_read(arena, &salt, text));
    if (strcmp(box->kdf, "scrypt") == 0)
        return derive_scrypt(out, len, password, salt, box->kdf_params);
    if (strcmp(box->kdf, "pbkdf2") == 0)
        return derive_pbkdf2(out, len, password, salt, box->kdf_params);
    return err_say(LOFT_ERR_FORMAT, "kdf: is neither scrypt nor pbkdf2");
}

static secret32 mac_of(const struct derived *derived,
                       const uint8_t ciphertext[KEY_LEN])
{
    uint8_t input[16 + KEY_LEN];
    secret32 mac;
    memcpy(input, derived->at + 16, 16);
    memcpy(input + 16, ciphertext, KEY_LEN);
    hash32 hash = keccak256(bytes_of(input, sizeof input));
    memcpy(mac.at, hash.at, sizeof mac.at);
    memory_wipe(input, sizeof input);
    return mac;
}

static loft_err open_box(secret32 *out, const struct box *box,
                         const struct derived *derived)
{
    secret32 mac = mac_of(derived, box->ciphertext);
    if (!secret_equal(&mac, &box->mac))
        return err_say(LOFT_ERR_REFUSED, "the keystore's password is wrong");
    aes128_ctr(out->at, derived->at, box->iv,
               bytes_of(box->ciphertext, KEY_LEN));
    return LOFT_OK;
}

/* The address that a file names is a promise that its MAC does not cover. */
static loft_err check_address(const struct json *root, const secret32 *key)
{
    address who, named;
    loft_err err = ecdsa_address(&who, key);
    if (err != LOFT_OK)
        return err_say(LOFT_ERR_FORMAT, "the keystore holds no private key");
    if (json_absent(json_get(root, "address")))
        return LOFT_OK;
    TRY(get_hex(named.at, sizeof named.at, root, "address"));
    if (!address_equal(&who, &named))
        return err_say(LOFT_ERR_CORRUPT,
                       "the keystore's key is not that of its address");
    return LOFT_OK;
}

static loft_err read_key(secret32 *out, struct arena *arena,
                         struct derived *derived, bytes text, bytes password)
{
    static const struct json_limits limits = {
        .bytes_max = KEYSTORE_BYTES_MAX, .values_max = 1000, .depth_max = 8};
    const struct json *root;
    struct box box;
    TRY(json_parse(&root, arena, text, &limits));
    TRY(read_box(&box, root));
    TRY(derive(derived, arena, &box, password));
    TRY(open_box(out, &box, derived));
    return check_address(root, out);
}

loft_err keystore_read(secret32 *out, bytes text, bytes password)
{
    struct arena arena;
    struct derived derived;
    arena_init(&arena);
    loft_err err = read_key(out, &arena, &derived, text, password);
    if (err != LOFT_OK)
        secret_fini(out);
    memory_wipe(&derived, sizeof derived);
    arena_fini(&arena);
    return err;
}

void keystore_lock_init(struct keystore_lock *lock)
{
    *lock = (struct keystore_lock){
        .scrypt = {.cost = 1 << 18, .block = 8, .lanes = 1},
    };
    random_bytes(lock->salt, sizeof lock->salt);
    random_bytes(lock->iv, sizeof lock->iv);
    random_bytes(lock->id, sizeof lock->id);
}

static void put_hex(struct json_writer *json, const char *key, const void *at,
                    size_t len)
{
    char digits[2 * KEY_LEN];
    hex_write(digits, bytes_of(at, len));
    json_key(json, key);
    json_put_string(json, bytes_of(digits, 2 * len));
}

static void put_number(struct json_writer *json, const char *key,
                       uint64_t value)
{
    json_key(json, key);
    json_put_u64(json, value);
}

static void put_text(struct json_writer *json, const char *key,
                     const char *text)
{
    json_key(json, key);
    json_put_text(json, text);
}

static void put_kdf(struct json_writer *json, const struct keystore_lock *lock)
{
    put_text(json, "kdf", lock->is_pbkdf2 ? "pbkdf2" : "scrypt");
    json_key(json, "kdfparams");
    json_begin_object(json);
    put_number(json, "dklen", DERIVED_LEN);
    if (lock->is_pbkdf2) {
        put_number(json, "c", lock->rounds);
        put_text(json, "prf", "hmac-sha256");
    } else {
        put_number(json, "n", lock->scrypt.cost);
        put_number(json, "r", lock->scrypt.block);
        put_number(json, "p", lock->scrypt.lanes);
    }
    put_hex(json, "salt", lock->salt, sizeof lock->salt);
    json_end_object(json);
}

static void put_crypto(struct json_writer *json, const struct box *box,
                       const struct keystore_lock *lock)
{
    json_key(json, "crypto");
    json_begin_object(json);
    put_text(json, "cipher", "aes-128-ctr");
    put_hex(json, "ciphertext", box->ciphertext, KEY_LEN);
    json_key(json, "cipherparams");
    json_begin_object(json);
    put_hex(json, "iv", lock->iv, IV_LEN);
    json_end_object(json);
    put_kdf(json, lock);
    put_hex(json, "mac", box->mac.at, sizeof box->mac.at);
    json_end_object(json);
}

/* RFC 9562: a random identifier is of version 4 and variant 2. */
static void put_id(struct json_writer *json, const uint8_t id[16])
{
    char text[37];
    uint8_t uuid[16];
    memcpy(uuid, id, 16);
    uuid[6] = (uuid[6] & 0x0f) | 0x40;
    uuid[8] = (uuid[8] & 0x3f) | 0x80;
    snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%04x%08x", load_be32(uuid),
             load_be16(uuid + 4), load_be16(uuid + 6), load_be16(uuid + 8),
             load_be16(uuid + 10), load_be32(uuid + 12));
    put_text(json, "id", text);
}

static loft_err derive_for(struct derived *out, bytes password,
                           const struct keystore_lock *lock)
{
    bytes salt = bytes_of(lock->salt, sizeof lock->salt);
    if (lock->is_pbkdf2)
        return kdf_pbkdf2_sha256(out->at, DERIVED_LEN, password, salt,
                                 lock->rounds);
    return kdf_scrypt(out->at, DERIVED_LEN, password, salt, &lock->scrypt);
}

static loft_err fill_box(struct box *box, const secret32 *key, bytes password,
                         const struct keystore_lock *lock)
{
    struct derived derived;
    loft_err err = derive_for(&derived, password, lock);
    if (err == LOFT_OK) {
        aes128_ctr(box->ciphertext, derived.at, lock->iv,
                   bytes_of(key->at, KEY_LEN));
        box->mac = mac_of(&derived, box->ciphertext);
    }
    memory_wipe(&derived, sizeof derived);
    return err;
}

loft_err keystore_write(struct buffer *out, const secret32 *key, bytes password,
                        const struct keystore_lock *lock)
{
    address who;
    struct box box = {0};
    TRY(ecdsa_address(&who, key));
    TRY(fill_box(&box, key, password, lock));
    struct json_writer json = {out, false};
    json_begin_object(&json);
    put_hex(&json, "address", who.at, sizeof who.at);
    put_crypto(&json, &box, lock);
    put_id(&json, lock->id);
    put_number(&json, "version", 3);
    json_end_object(&json);
    return LOFT_OK;
}
