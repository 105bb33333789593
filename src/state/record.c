#include "state/record.h"

#include <string.h>

#include "base/assert.h"
#include "crypto/keccak.h"

/* An account: flags; its address, where they say so; nonce and balance, what
 * the flags announce, and the versions. A slot: value; its key, where the
 * value's length has KEY_FOLLOWS on top; versions. Numbers are in base 128,
 * low digits first; amounts are big endian after a byte with their length. */
enum {
    EXISTS = 1,
    HAS_CODE = 2,
    HAS_STORAGE = 4,
    HAS_ADDRESS = 8,
    IS_DETACHED = 16
};
enum { KEY_FOLLOWS = 0x80 };

void versions_add(struct versions *versions, uint64_t block)
{
    versions->count++;
    /* Prefixes that ended in the ones which the carry has cleared. */
    versions->len -= (unsigned)__builtin_ctzll(versions->count);
    ASSERT(versions->len < VERSIONS_MAX);
    versions->blocks[versions->len++] = block;
}

bool versions_after(const struct versions *versions, uint64_t *out,
                    uint64_t block)
{
    for (unsigned i = 0; i < versions->len; i++) {
        if (versions->blocks[i] > block) {
            *out = versions->blocks[i];
            return true;
        }
    }
    return false;
}

static uint8_t *put_number(uint8_t *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

static uint8_t *put_amount(uint8_t *at, u256 value)
{
    uint8_t be[32];
    size_t skip = 0;
    u256_store_be(be, value);
    while (skip < 32 && be[skip] == 0)
        skip++;
    *at++ = (uint8_t)(32 - skip);
    memcpy(at, be + skip, 32 - skip);
    return at + 32 - skip;
}

static uint8_t *put_hash(uint8_t *at, const hash32 *hash)
{
    memcpy(at, hash->at, sizeof hash->at);
    return at + sizeof hash->at;
}

static uint8_t *put_versions(uint8_t *at, const struct versions *versions)
{
    uint64_t before = 0;
    if (versions->count == 0)
        return at;
    at = put_number(at, versions->count);
    for (unsigned i = 0; i < versions->len; i++) {
        at = put_number(at, versions->blocks[i] - before);
        before = versions->blocks[i];
    }
    return at;
}

static uint8_t account_flags(const struct account_record *record)
{
    uint8_t flags = record->has_address ? HAS_ADDRESS : 0;
    if (!record->exists)
        return flags;
    flags |= EXISTS;
    if (!hash32_equal(&record->code_hash, &KECCAK_EMPTY))
        flags |= HAS_CODE;
    if (record->storage_id)
        flags |= HAS_STORAGE;
    if (record->is_detached)
        flags |= IS_DETACHED;
    return flags;
}

static uint8_t *put_account(uint8_t *at, uint8_t flags,
                            const struct account_record *record)
{
    at = put_number(at, record->nonce);
    at = put_amount(at, record->balance);
    if (flags & HAS_CODE)
        at = put_hash(at, &record->code_hash);
    if (flags & HAS_STORAGE) {
        store_be64(at, record->storage_id);
        at = put_hash(at + 8, &record->storage_root);
    }
    return at;
}

size_t account_record_write(uint8_t out[ACCOUNT_RECORD_MAX],
                            const struct account_record *record)
{
    uint8_t *at = out, flags = account_flags(record);
    *at++ = flags;
    if (flags & HAS_ADDRESS) {
        memcpy(at, record->who.at, sizeof record->who.at);
        at += sizeof record->who.at;
    }
    if (flags & EXISTS)
        at = put_account(at, flags, record);
    return (size_t)(put_versions(at, &record->versions) - out);
}

size_t slot_record_write(uint8_t out[SLOT_RECORD_MAX],
                         const struct slot_record *record)
{
    uint8_t *at = put_amount(out, record->value);
    if (record->has_key) {
        out[0] |= KEY_FOLLOWS;
        at = put_amount(at, record->key);
    }
    return (size_t)(put_versions(at, &record->versions) - out);
}

/* Readers take from the front of *rest; false: there is too little. */

static bool take_number(uint64_t *out, bytes *rest)
{
    *out = 0;
    for (unsigned i = 0; i < 10 && i < rest->len; i++) {
        *out |= (uint64_t)(rest->at[i] & 0x7f) << (7 * i);
        if (rest->at[i] < 0x80) {
            *rest = bytes_of(rest->at + i + 1, rest->len - i - 1);
            return true;
        }
    }
    return false;
}

static bool take(bytes *out, bytes *rest, size_t len)
{
    if (rest->len < len)
        return false;
    *out = bytes_of(rest->at, len);
    *rest = bytes_of(rest->at + len, rest->len - len);
    return true;
}

static bool take_digits(bytes *out, bytes *rest)
{
    bytes len;
    return take(&len, rest, 1) && len.at[0] <= 32 && take(out, rest, len.at[0]);
}

static bool take_amount(u256 *out, bytes *rest)
{
    bytes digits;
    if (!take_digits(&digits, rest))
        return false;
    *out = u256_load_short(digits);
    return true;
}

/* A slot's value, and whether its key follows. */
static bool take_value(bytes *out, bool *key_follows, bytes *rest)
{
    bytes first;
    if (!take(&first, rest, 1))
        return false;
    uint8_t len = first.at[0] & (uint8_t)~KEY_FOLLOWS;
    *key_follows = first.at[0] & KEY_FOLLOWS;
    return len <= 32 && take(out, rest, len);
}

static bool take_hash(hash32 *out, bytes *rest)
{
    bytes hash;
    if (!take(&hash, rest, sizeof out->at))
        return false;
    memcpy(out->at, hash.at, sizeof out->at);
    return true;
}

static bool take_versions(struct versions *out, bytes rest)
{
    uint64_t before = 0, step;
    out->count = 0;
    out->len = 0;
    if (rest.len == 0)
        return true;
    if (!take_number(&out->count, &rest))
        return false;
    out->len = (unsigned)__builtin_popcountll(out->count);
    for (unsigned i = 0; i < out->len; i++) {
        if (!take_number(&step, &rest))
            return false;
        before = out->blocks[i] = before + step;
    }
    return rest.len == 0;
}

static bool take_address(struct account_record *out, uint8_t flags, bytes *rest)
{
    bytes who;
    out->has_address = flags & HAS_ADDRESS;
    if (!out->has_address)
        return true;
    if (!take(&who, rest, sizeof out->who.at))
        return false;
    memcpy(out->who.at, who.at, sizeof out->who.at);
    return true;
}

static bool take_account(struct account_record *out, uint8_t flags, bytes *rest)
{
    bytes id;
    out->exists = flags & EXISTS;
    if (!out->exists)
        return true;
    out->is_detached = flags & IS_DETACHED;
    if (!take_number(&out->nonce, rest) || !take_amount(&out->balance, rest))
        return false;
    if (flags & HAS_CODE && !take_hash(&out->code_hash, rest))
        return false;
    if (flags & HAS_STORAGE) {
        if (!take(&id, rest, 8) || !take_hash(&out->storage_root, rest))
            return false;
        out->storage_id = load_be64(id.at);
    }
    return true;
}

static void account_clear(struct account_record *out)
{
    out->exists = false;
    out->has_address = false;
    out->nonce = 0;
    out->balance = U256_ZERO;
    out->code_hash = KECCAK_EMPTY;
    out->storage_id = 0;
    out->storage_root = KECCAK_EMPTY_TRIE;
    out->is_detached = false;
    out->versions.count = 0;
    out->versions.len = 0;
}

loft_err account_record_read(struct account_record *out, bytes raw)
{
    account_clear(out);
    if (raw.len == 0)
        return LOFT_OK;
    uint8_t flags = raw.at[0];
    bytes rest = bytes_of(raw.at + 1, raw.len - 1);
    if (!take_address(out, flags, &rest) || !take_account(out, flags, &rest) ||
        !take_versions(&out->versions, rest))
        return err_say(LOFT_ERR_CORRUPT, "an account's record is damaged");
    return LOFT_OK;
}

loft_err slot_record_read(struct slot_record *out, bytes raw)
{
    bytes value;
    out->value = U256_ZERO;
    out->has_key = false;
    out->versions.count = 0;
    out->versions.len = 0;
    if (raw.len == 0)
        return LOFT_OK;
    if (!take_value(&value, &out->has_key, &raw) ||
        (out->has_key && !take_amount(&out->key, &raw)) ||
        !take_versions(&out->versions, raw))
        return err_say(LOFT_ERR_CORRUPT, "a slot's record is damaged");
    out->value = u256_load_short(value);
    return LOFT_OK;
}

static uint8_t *put_string(uint8_t *at, bytes digits)
{
    if (digits.len != 1 || digits.at[0] >= 0x80)
        *at++ = (uint8_t)(0x80 + digits.len);
    if (digits.len)
        memcpy(at, digits.at, digits.len);
    return at + digits.len;
}

static uint8_t *put_nonce(uint8_t *at, uint64_t nonce)
{
    uint8_t be[8];
    unsigned skip = nonce ? (unsigned)__builtin_clzll(nonce) / 8 : 8;
    store_be64(be, nonce);
    return put_string(at, bytes_of(be + skip, 8 - skip));
}

size_t account_record_leaf(uint8_t out[RECORD_LEAF_MAX], bytes raw)
{
    uint8_t *at = out + 2; /* the two hashes make it a list above 55 bytes */
    uint64_t nonce;
    bytes balance, id, code_hash = bytes_hash(&KECCAK_EMPTY);
    bytes storage_root = bytes_hash(&KECCAK_EMPTY_TRIE);
    if (raw.len == 0 || !(raw.at[0] & EXISTS))
        return 0;
    size_t head = raw.at[0] & HAS_ADDRESS ? 1 + sizeof(address) : 1;
    if (raw.len < head)
        return 0;
    bytes rest = bytes_of(raw.at + head, raw.len - head);
    if (!take_number(&nonce, &rest) || !take_digits(&balance, &rest))
        return 0;
    if (raw.at[0] & HAS_CODE && !take(&code_hash, &rest, 32))
        return 0;
    if (raw.at[0] & HAS_STORAGE &&
        (!take(&id, &rest, 8) || !take(&storage_root, &rest, 32)))
        return 0;
    at = put_nonce(at, nonce);
    at = put_string(at, balance);
    *at = 0xa0;
    memcpy(at + 1, storage_root.at, 32);
    at[33] = 0xa0;
    memcpy(at + 34, code_hash.at, 32);
    at += 66;
    out[0] = 0xf8;
    out[1] = (uint8_t)(at - out - 2);
    return (size_t)(at - out);
}

size_t slot_record_leaf(uint8_t out[RECORD_LEAF_MAX], bytes raw)
{
    bytes value;
    bool key_follows;
    if (!take_value(&value, &key_follows, &raw) || value.len == 0)
        return 0;
    return (size_t)(put_string(out, value) - out);
}

struct state_account account_of_record(const struct account_record *record)
{
    return (struct state_account){
        .exists = record->exists,
        .nonce = record->nonce,
        .balance = record->balance,
        .code_hash = record->code_hash,
        .has_storage = !hash32_equal(&record->storage_root, &KECCAK_EMPTY_TRIE),
    };
}
