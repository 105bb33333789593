#include "state/flat.h"

#include <string.h>

#include "base/assert.h"
#include "crypto/keccak.h"

bytes flat_slot_key(uint8_t room[FLAT_KEY_MAX], uint64_t id,
                    const hash32 *slot_hash)
{
    store_be64(room, id);
    memcpy(room + 8, slot_hash->at, sizeof slot_hash->at);
    return bytes_of(room, 40);
}

bytes changed_key(uint8_t room[CHANGED_KEY_MAX], uint64_t step,
                  enum flat_kind kind, bytes key)
{
    ASSERT(key.len <= FLAT_KEY_MAX);
    store_be64(room, step);
    room[8] = (uint8_t)kind;
    if (key.len)
        memcpy(room + 9, key.at, key.len);
    return bytes_of(room, 9 + key.len);
}

static const char META_KEY[] = "state";
enum { META_BYTES = 8 + 32 + 8 + 8 };

loft_err state_meta_read(struct state_meta *out, struct store_txn *txn)
{
    bytes raw;
    *out = (struct state_meta){
        .is_new = true, .root = KECCAK_EMPTY_TRIE, .next_storage_id = 1};
    loft_err err = store_get(txn, &raw, STORE_META, bytes_str(META_KEY));
    if (err == LOFT_ERR_NOT_FOUND)
        return LOFT_OK;
    TRY(err);
    if (raw.len != META_BYTES)
        return err_say(LOFT_ERR_CORRUPT, "the state's entry is damaged");
    out->is_new = false;
    out->number = load_be64(raw.at);
    memcpy(out->root.at, raw.at + 8, sizeof out->root.at);
    out->next_storage_id = load_be64(raw.at + 40);
    out->history_from = load_be64(raw.at + 48);
    return LOFT_OK;
}

loft_err state_meta_write(struct store_txn *txn, const struct state_meta *meta)
{
    uint8_t raw[META_BYTES];
    store_be64(raw, meta->number);
    memcpy(raw + 8, meta->root.at, sizeof meta->root.at);
    store_be64(raw + 40, meta->next_storage_id);
    store_be64(raw + 48, meta->history_from);
    return store_put(txn, STORE_META, bytes_str(META_KEY),
                     bytes_of(raw, sizeof raw));
}

size_t flat_leaf(uint8_t out[RECORD_LEAF_MAX], enum flat_kind kind,
                 bytes record)
{
    return kind == FLAT_ACCOUNT ? account_record_leaf(out, record)
                                : slot_record_leaf(out, record);
}

/* Goes on from an entry to the first one that is a leaf of this trie. */
static loft_err settle(struct flat_leaves *leaves, struct node_leaf *out,
                       struct arena *arena, bytes key, bytes record,
                       loft_err err)
{
    size_t prefix = leaves->id ? 8 : 0, len;
    enum flat_kind kind = leaves->id ? FLAT_SLOT : FLAT_ACCOUNT;
    uint8_t *value = arena_alloc(arena, RECORD_LEAF_MAX);
    for (;; err = store_next(leaves->cursor, &key, &record)) {
        TRY(err);
        if (key.len != prefix + 32)
            return err_say(LOFT_ERR_CORRUPT, "a key of %zu bytes", key.len);
        if (prefix && load_be64(key.at) != leaves->id)
            return LOFT_ERR_NOT_FOUND;
        len = flat_leaf(value, kind, record);
        if (len)
            break;
    }
    *out = (struct node_leaf){arena_copy(arena, bytes_of(key.at + prefix, 32)),
                              bytes_of(value, len)};
    return LOFT_OK;
}

static loft_err seek(void *context, struct node_leaf *out, struct arena *arena,
                     bytes from)
{
    struct flat_leaves *leaves = context;
    uint8_t room[FLAT_KEY_MAX];
    bytes key = from, record;
    if (leaves->id) {
        store_be64(room, leaves->id);
        memcpy(room + 8, from.at, 32);
        key = bytes_of(room, 40);
    }
    loft_err err = store_seek(leaves->cursor, &key, &record, key);
    return settle(leaves, out, arena, key, record, err);
}

static loft_err next(void *context, struct node_leaf *out, struct arena *arena)
{
    struct flat_leaves *leaves = context;
    bytes key, record;
    loft_err err = store_next(leaves->cursor, &key, &record);
    return settle(leaves, out, arena, key, record, err);
}

loft_err flat_leaves_open(struct flat_leaves *leaves, struct store_txn *txn,
                          uint64_t id)
{
    leaves->source = (struct leaf_source){leaves, seek, next};
    leaves->id = id;
    return store_cursor_open(&leaves->cursor, txn,
                             id ? STORE_STORAGE : STORE_ACCOUNT);
}

void flat_leaves_close(struct flat_leaves *leaves)
{
    store_cursor_close(leaves->cursor);
}
