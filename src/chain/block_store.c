#include "chain/block_store.h"

#include <stdlib.h>

#include "base/memory.h"
#include "chain/receipt_pack.h"
#include "codec/rlp.h"
#include "crypto/keccak.h"

#define HEAD_BYTES 40
#define CANONICAL_BYTES_MAX (32 + 8)
#define BLOCK_KEY_BYTES 41
#define HASH_PREFIX_BYTES 8
#define HASH_BLOCK_BYTES (HASH_PREFIX_BYTES + 8)
#define HASH_TRANSACTION_BYTES (HASH_PREFIX_BYTES + 8 + 4)

/* What is kept of a block, in the order in which it is written; parts 0 and 1
 * are the state's. */
enum block_part {
    PART_HEADER = 2,
    PART_BODY = 3,
    PART_RECEIPTS = 4,
    PART_CANONICAL = 5, /* its key has no hash */
};

struct block_key {
    uint8_t at[BLOCK_KEY_BYTES];
};

static struct block_key block_key(const struct block_id *id,
                                  enum block_part part)
{
    struct block_key key;
    store_be64(key.at, id->number);
    key.at[8] = (uint8_t)part;
    memcpy(key.at + 9, id->hash.at, sizeof id->hash.at);
    return key;
}

static bytes key_bytes(const struct block_key *key)
{
    return bytes_of(key->at, key->at[8] == PART_CANONICAL ? 9 : sizeof key->at);
}

static loft_err get_part(struct store_txn *txn, bytes *out,
                         const struct block_id *id, enum block_part part)
{
    struct block_key key = block_key(id, part);
    return store_get(txn, out, STORE_BLOCK, key_bytes(&key));
}

static loft_err put_part(struct store_txn *txn, const struct block_id *id,
                         enum block_part part, bytes value)
{
    struct block_key key = block_key(id, part);
    return store_append(txn, STORE_BLOCK, key_bytes(&key), value);
}

static loft_err corrupt(const char *what)
{
    return err_say(LOFT_ERR_CORRUPT, "the store's %s is not well-formed", what);
}

/* What was written here must read back: any failure is damage. */
static loft_err as_stored(loft_err err, const char *what)
{
    return err == LOFT_OK ? LOFT_OK : corrupt(what);
}

static bytes head_key(void)
{
    return bytes_str("head");
}

loft_err block_store_head(struct store_txn *txn, struct block_id *out)
{
    bytes value;
    TRY(store_get(txn, &value, STORE_META, head_key()));
    if (value.len != HEAD_BYTES)
        return corrupt("head");
    out->number = load_be64(value.at);
    memcpy(out->hash.at, value.at + 8, sizeof out->hash.at);
    return LOFT_OK;
}

loft_err block_store_set_head(struct store_txn *txn, const struct block_id *id)
{
    uint8_t value[HEAD_BYTES];
    store_be64(value, id->number);
    memcpy(value + 8, id->hash.at, sizeof id->hash.at);
    return store_put(txn, STORE_META, head_key(),
                     bytes_of(value, sizeof value));
}

/* Of a transaction; the front of it is a block's. */
struct hash_key {
    _Alignas(8) uint8_t at[HASH_TRANSACTION_BYTES];
};

static struct hash_key hash_key(const hash32 *hash, uint64_t number,
                                uint32_t index)
{
    struct hash_key key;
    memcpy(key.at, hash->at, HASH_PREFIX_BYTES);
    store_be64(key.at + HASH_PREFIX_BYTES, number);
    store_be32(key.at + HASH_BLOCK_BYTES, index);
    return key;
}

/* Goes on from an entry, if it is one, to the first of those that begin as the
 * hash does and have a key of that length. */
static loft_err settle_hash(struct store_cursor *cursor, bytes *key,
                            const hash32 *hash, size_t len, loft_err err)
{
    bytes nothing;
    for (; err == LOFT_OK; err = store_next(cursor, key, &nothing)) {
        if (key->len != HASH_BLOCK_BYTES && key->len != HASH_TRANSACTION_BYTES)
            return corrupt("index of hashes");
        if (memcmp(key->at, hash->at, HASH_PREFIX_BYTES) != 0)
            return LOFT_ERR_NOT_FOUND;
        if (key->len == len)
            return LOFT_OK;
    }
    return err;
}

static loft_err first_of_hash(struct store_cursor *cursor, bytes *key,
                              const hash32 *hash, size_t len)
{
    bytes nothing;
    loft_err err = store_seek(cursor, key, &nothing,
                              bytes_of(hash->at, HASH_PREFIX_BYTES));
    return settle_hash(cursor, key, hash, len, err);
}

static loft_err next_of_hash(struct store_cursor *cursor, bytes *key,
                             const hash32 *hash, size_t len)
{
    bytes nothing;
    loft_err err = store_next(cursor, key, &nothing);
    return settle_hash(cursor, key, hash, len, err);
}

static loft_err find_block(struct store_cursor *cursor, struct store_txn *txn,
                           struct block_id *out, const hash32 *hash)
{
    bytes key, header;
    loft_err err = first_of_hash(cursor, &key, hash, HASH_BLOCK_BYTES);
    while (err == LOFT_OK) {
        *out = (struct block_id){load_be64(key.at + HASH_PREFIX_BYTES), *hash};
        err = get_part(txn, &header, out, PART_HEADER);
        if (err != LOFT_ERR_NOT_FOUND)
            return err;
        err = next_of_hash(cursor, &key, hash, HASH_BLOCK_BYTES);
    }
    return err;
}

loft_err block_store_find(struct store_txn *txn, struct block_id *out,
                          const hash32 *hash)
{
    struct store_cursor *cursor;
    TRY(store_cursor_open(&cursor, txn, STORE_HASH));
    loft_err err = find_block(cursor, txn, out, hash);
    store_cursor_close(cursor);
    return err;
}

static loft_err get_canonical(struct store_txn *txn, bytes *value,
                              uint64_t number)
{
    const struct block_id id = {.number = number};
    TRY(get_part(txn, value, &id, PART_CANONICAL));
    if (value->len != sizeof(hash32) && value->len != CANONICAL_BYTES_MAX)
        return corrupt("hash of a block");
    return LOFT_OK;
}

loft_err block_store_canonical(struct store_txn *txn, hash32 *hash,
                               uint64_t number)
{
    bytes value;
    TRY(get_canonical(txn, &value, number));
    memcpy(hash->at, value.at, sizeof hash->at);
    return LOFT_OK;
}

loft_err block_store_state(struct store_txn *txn, uint64_t *state,
                           uint64_t number)
{
    bytes value;
    TRY(get_canonical(txn, &value, number));
    *state = value.len == CANONICAL_BYTES_MAX
                 ? load_be64(value.at + sizeof(hash32))
                 : number;
    return LOFT_OK;
}

static loft_err put_canonical(struct store_txn *txn, const struct block_id *id,
                              uint64_t state)
{
    uint8_t value[CANONICAL_BYTES_MAX];
    memcpy(value, id->hash.at, sizeof id->hash.at);
    store_be64(value + sizeof id->hash.at, state);
    size_t len = state == id->number ? sizeof id->hash.at : sizeof value;
    return put_part(txn, id, PART_CANONICAL, bytes_of(value, len));
}

loft_err block_store_header(struct store_txn *txn, struct stored_header *out,
                            const struct block_id *id)
{
    bytes value;
    TRY(get_part(txn, &value, id, PART_HEADER));
    TRY(as_stored(rlp_read_u256(&out->total_difficulty, &value), "header"));
    out->rlp = value;
    return LOFT_OK;
}

loft_err block_store_read_header(struct store_txn *txn, struct header *out,
                                 u256 *total_difficulty,
                                 const struct block_id *id)
{
    struct stored_header stored;
    TRY(block_store_header(txn, &stored, id));
    *total_difficulty = stored.total_difficulty;
    return as_stored(header_decode(out, &stored.rlp), "header");
}

loft_err block_store_read_block(struct store_txn *txn, struct arena *arena,
                                struct block *out, const struct block_id *id)
{
    struct stored_header header;
    bytes body;
    TRY(block_store_header(txn, &header, id));
    TRY(get_part(txn, &body, id, PART_BODY));

    struct buffer head = {0};
    rlp_put_list_header(&head, header.rlp.len + body.len);
    size_t len = head.len + header.rlp.len + body.len;
    uint8_t *whole = ARENA_ARRAY(arena, uint8_t, len);
    memcpy(whole, head.at, head.len);
    memcpy(whole + head.len, header.rlp.at, header.rlp.len);
    memcpy(whole + head.len + header.rlp.len, body.at, body.len);
    buffer_free(&head);
    bytes rest = bytes_of(whole, len);
    return as_stored(block_decode_known(arena, out, &rest, &id->hash), "block");
}

loft_err block_store_put(struct store_txn *txn, const struct block_id *id,
                         const struct stored_header *header, bytes body)
{
    struct hash_key key = hash_key(&id->hash, id->number, 0);
    struct buffer record = {0};
    rlp_put_u256(&record, header->total_difficulty);
    buffer_put_bytes(&record, header->rlp);
    loft_err err = put_part(txn, id, PART_HEADER, buffer_bytes(&record));
    buffer_free(&record);
    TRY(err);
    TRY(put_part(txn, id, PART_BODY, body));
    return store_put(txn, STORE_HASH, bytes_of(key.at, HASH_BLOCK_BYTES),
                     BYTES_EMPTY);
}

/* Transactions. */

static int compare_keys(const void *a, const void *b)
{
    uint64_t left = load_be64(a), right = load_be64(b);
    if (LIKELY(left != right))
        return left < right ? -1 : 1;
    return memcmp(a, b, HASH_TRANSACTION_BYTES);
}

/* Sorted, so that neighbours in the table are written one after the other.
 * Freed by the caller. */
static struct hash_key *transaction_keys(const struct block_id *id,
                                         const hash32 *hashes, size_t count)
{
    struct hash_key *keys = memory_alloc(count * sizeof *keys);
    for (size_t i = 0; i < count; i++)
        keys[i] = hash_key(&hashes[i], id->number, (uint32_t)i);
    qsort(keys, count, sizeof *keys, compare_keys);
    return keys;
}

static loft_err put_keys(struct store_txn *txn, const struct hash_key *keys,
                         size_t count)
{
    struct store_cursor *cursor;
    TRY(store_cursor_open(&cursor, txn, STORE_HASH));
    loft_err err = LOFT_OK;
    for (size_t i = 0; i < count && err == LOFT_OK; i++)
        err = store_cursor_put(
            cursor, bytes_of(keys[i].at, HASH_TRANSACTION_BYTES), BYTES_EMPTY);
    store_cursor_close(cursor);
    return err;
}

static loft_err delete_keys(struct store_txn *txn, const struct hash_key *keys,
                            size_t count)
{
    for (size_t i = 0; i < count; i++)
        TRY(store_delete(txn, STORE_HASH,
                         bytes_of(keys[i].at, HASH_TRANSACTION_BYTES)));
    return LOFT_OK;
}

loft_err block_store_adopt(struct store_txn *txn, const struct block_id *id,
                           uint64_t state, const hash32 *transactions,
                           size_t count)
{
    TRY(put_canonical(txn, id, state));
    if (!count)
        return LOFT_OK;
    struct hash_key *keys = transaction_keys(id, transactions, count);
    loft_err err = put_keys(txn, keys, count);
    free(keys);
    return err;
}

loft_err block_store_abandon(struct store_txn *txn, const struct block_id *id,
                             const hash32 *transactions, size_t count)
{
    struct block_key key = block_key(id, PART_CANONICAL);
    TRY(store_delete(txn, STORE_BLOCK, key_bytes(&key)));
    if (!count)
        return LOFT_OK;
    struct hash_key *keys = transaction_keys(id, transactions, count);
    loft_err err = delete_keys(txn, keys, count);
    free(keys);
    return err;
}

static loft_err read_raw_transaction(bytes *out, bytes body, uint32_t index)
{
    bool is_list;
    bytes items, whole, payload;
    TRY(rlp_read_list(&items, &body));
    for (uint32_t i = 0; i < index; i++)
        TRY(rlp_read_raw(&whole, &items));
    bytes again = items;
    TRY(rlp_read_raw(&whole, &items));
    TRY(rlp_read_item(&payload, &is_list, &again));
    *out = is_list ? whole : payload;
    return LOFT_OK;
}

static loft_err raw_transaction(struct store_txn *txn, bytes *out,
                                const struct block_id *id, uint32_t index)
{
    bytes body;
    TRY(get_part(txn, &body, id, PART_BODY));
    return as_stored(read_raw_transaction(out, body, index), "block");
}

/* Does the entry's transaction have that hash? */
static loft_err is_transaction(struct store_txn *txn, bool *out,
                               const hash32 *hash, uint64_t number,
                               uint32_t index)
{
    static const char WHAT[] = "place of a transaction";
    struct block_id id = {.number = number};
    bytes raw;
    TRY(as_stored(block_store_canonical(txn, &id.hash, number), WHAT));
    TRY(as_stored(raw_transaction(txn, &raw, &id, index), WHAT));
    hash32 found = keccak256(raw);
    *out = hash32_equal(&found, hash);
    return LOFT_OK;
}

static loft_err find_among(struct store_cursor *cursor, struct store_txn *txn,
                           uint64_t *number, uint32_t *index,
                           const hash32 *hash)
{
    bytes key;
    bool is_it;
    loft_err err = first_of_hash(cursor, &key, hash, HASH_TRANSACTION_BYTES);
    while (err == LOFT_OK) {
        *number = load_be64(key.at + HASH_PREFIX_BYTES);
        *index = load_be32(key.at + HASH_BLOCK_BYTES);
        TRY(is_transaction(txn, &is_it, hash, *number, *index));
        if (is_it)
            return LOFT_OK;
        err = next_of_hash(cursor, &key, hash, HASH_TRANSACTION_BYTES);
    }
    return err;
}

loft_err block_store_find_transaction(struct store_txn *txn, uint64_t *number,
                                      uint32_t *index, const hash32 *hash)
{
    struct store_cursor *cursor;
    TRY(store_cursor_open(&cursor, txn, STORE_HASH));
    loft_err err = find_among(cursor, txn, number, index, hash);
    store_cursor_close(cursor);
    return err;
}

/* Receipts. */

loft_err block_store_put_receipts(struct store_txn *txn,
                                  const struct block_id *id,
                                  const bytes *encoded, size_t count)
{
    struct buffer record = {0};
    loft_err err = receipts_pack(&record, encoded, count);
    if (err == LOFT_OK)
        err = put_part(txn, id, PART_RECEIPTS, buffer_bytes(&record));
    buffer_free(&record);
    return err;
}

loft_err block_store_read_receipts(struct store_txn *txn, struct arena *arena,
                                   const struct receipt **out, size_t *count,
                                   const struct block_id *id)
{
    bytes record;
    TRY(get_part(txn, &record, id, PART_RECEIPTS));
    return as_stored(receipts_unpack(arena, out, count, record), "receipts");
}
