#include "remote/remote_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "codec/rlp.h"
#include "crypto/keccak.h"
#include "store/store.h"

#define SLOT_KEY_BYTES (20 + 32)

struct remote_cache {
    struct store *store;
};

loft_err remote_cache_open(struct remote_cache **out, const char *dir)
{
    static const struct store_options options = {.durability = STORE_DEV};
    struct store *store;
    *out = NULL;
    TRY(store_open(&store, dir, &options));
    *out = MEMORY_NEW(struct remote_cache);
    (*out)->store = store;
    return LOFT_OK;
}

loft_err remote_cache_copy(struct remote_cache *cache, int fd)
{
    return store_copy(cache->store, fd);
}

void remote_cache_close(struct remote_cache *cache)
{
    if (!cache)
        return;
    store_close(cache->store);
    free(cache);
}

static loft_err put(struct remote_cache *cache, enum store_table table,
                    bytes key, bytes value)
{
    struct store_txn *txn;
    TRY(store_begin_write(cache->store, &txn));
    loft_err err = store_put(txn, table, key, value);
    if (err == LOFT_OK)
        return store_commit(txn);
    store_abort(txn);
    return err;
}

/* Appends the value. */
static loft_err get(struct remote_cache *cache, struct buffer *out,
                    enum store_table table, bytes key)
{
    struct store_txn *txn;
    bytes value;
    TRY(store_begin_read(cache->store, &txn));
    loft_err err = store_get(txn, &value, table, key);
    if (err == LOFT_OK)
        buffer_put_bytes(out, value);
    store_abort(txn);
    return err;
}

static loft_err corrupt(void)
{
    return err_say(LOFT_ERR_CORRUPT, "what was kept of the fork is damaged");
}

static loft_err as_kept(loft_err err)
{
    return err == LOFT_OK ? LOFT_OK : corrupt();
}

/* A value of one length. */
static loft_err get_exact(struct remote_cache *cache, void *out, size_t len,
                          enum store_table table, bytes key)
{
    struct buffer value = {0};
    loft_err err = get(cache, &value, table, key);
    if (err == LOFT_OK && value.len != len)
        err = corrupt();
    if (err == LOFT_OK)
        memcpy(out, value.at, len);
    buffer_free(&value);
    return err;
}

/* Origin. */

static bytes origin_key(void)
{
    return bytes_str("origin");
}

static loft_err read_origin(struct remote_origin *out, bytes record)
{
    if (record.len < 9)
        return corrupt();
    out->chain_id = load_be64(record.at);
    out->has_proofs = record.at[8];
    bytes rlp = bytes_of(record.at + 9, record.len - 9);
    return as_kept(header_decode(&out->header, &rlp));
}

loft_err remote_cache_origin(struct remote_cache *cache, struct arena *arena,
                             struct remote_origin *out)
{
    struct buffer record = {0};
    loft_err err = get(cache, &record, STORE_META, origin_key());
    if (err == LOFT_OK)
        err = read_origin(out, arena_copy(arena, buffer_bytes(&record)));
    buffer_free(&record);
    return err;
}

loft_err remote_cache_put_origin(struct remote_cache *cache,
                                 const struct remote_origin *origin)
{
    struct buffer record = {0};
    store_be64(buffer_extend(&record, 8), origin->chain_id);
    buffer_put_byte(&record, origin->has_proofs);
    header_encode(&record, &origin->header);
    loft_err err = put(cache, STORE_META, origin_key(), buffer_bytes(&record));
    buffer_free(&record);
    return err;
}

/* Accounts. */

static loft_err read_fields(struct remote_account *out, bytes rlp)
{
    bytes items;
    TRY(rlp_read_list(&items, &rlp));
    TRY(rlp_read_end(rlp));
    TRY(rlp_read_u64(&out->nonce, &items));
    TRY(rlp_read_u256(&out->balance, &items));
    TRY(rlp_read_exact(out->storage_root.at, 32, &items));
    TRY(rlp_read_exact(out->code_hash.at, 32, &items));
    return rlp_read_end(items);
}

loft_err remote_account_read(struct remote_account *out, bytes rlp)
{
    *out = (struct remote_account){.exists = rlp.len > 0,
                                   .storage_root = KECCAK_EMPTY_TRIE,
                                   .code_hash = KECCAK_EMPTY};
    return out->exists ? read_fields(out, rlp) : LOFT_OK;
}

loft_err remote_cache_account(struct remote_cache *cache,
                              struct remote_account *out, const address *who)
{
    struct buffer rlp = {0};
    loft_err err = get(cache, &rlp, STORE_ACCOUNT, bytes_address(who));
    if (err == LOFT_OK)
        err = as_kept(remote_account_read(out, buffer_bytes(&rlp)));
    buffer_free(&rlp);
    return err;
}

loft_err remote_cache_put_account(struct remote_cache *cache,
                                  const struct remote_account *account,
                                  const address *who)
{
    uint8_t rlp[ACCOUNT_RLP_MAX];
    size_t len = account->exists
                     ? account_write_rlp(rlp, account->nonce, account->balance,
                                         &account->storage_root,
                                         &account->code_hash)
                     : 0;
    return put(cache, STORE_ACCOUNT, bytes_address(who), bytes_of(rlp, len));
}

/* Slots. */

static bytes slot_key(uint8_t room[SLOT_KEY_BYTES], const address *who,
                      const u256 *key)
{
    memcpy(room, who->at, sizeof who->at);
    u256_store_be(room + sizeof who->at, *key);
    return bytes_of(room, SLOT_KEY_BYTES);
}

loft_err remote_cache_slot(struct remote_cache *cache, u256 *out,
                           const address *who, const u256 *key)
{
    uint8_t room[SLOT_KEY_BYTES];
    hash32 value;
    TRY(get_exact(cache, value.at, sizeof value.at, STORE_STORAGE,
                  slot_key(room, who, key)));
    *out = u256_from_hash(&value);
    return LOFT_OK;
}

loft_err remote_cache_put_slot(struct remote_cache *cache, u256 value,
                               const address *who, const u256 *key)
{
    uint8_t room[SLOT_KEY_BYTES];
    hash32 be = u256_to_hash(value);
    return put(cache, STORE_STORAGE, slot_key(room, who, key), bytes_hash(&be));
}

/* Code and hashes of blocks. */

loft_err remote_cache_code(struct remote_cache *cache, struct buffer *out,
                           const hash32 *hash)
{
    return get(cache, out, STORE_CODE, bytes_hash(hash));
}

loft_err remote_cache_put_code(struct remote_cache *cache, bytes code,
                               const hash32 *hash)
{
    return put(cache, STORE_CODE, bytes_hash(hash), code);
}

loft_err remote_cache_hash(struct remote_cache *cache, hash32 *out,
                           uint64_t number)
{
    uint8_t key[8];
    store_be64(key, number);
    return get_exact(cache, out->at, sizeof out->at, STORE_HASH,
                     bytes_of(key, sizeof key));
}

loft_err remote_cache_put_hash(struct remote_cache *cache, const hash32 *hash,
                               uint64_t number)
{
    uint8_t key[8];
    store_be64(key, number);
    return put(cache, STORE_HASH, bytes_of(key, sizeof key), bytes_hash(hash));
}
