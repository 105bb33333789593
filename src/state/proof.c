/* Proofs at the newest block, and at older ones: there the trie is computed
 * from the records of today over leaves of then, which differ in the keys that
 * history names. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/vec.h"
#include "crypto/keccak.h"
#include "state/flat.h"
#include "state/view.h"

/* A leaf as it was; an empty value: it was not there. */
struct past_leaf {
    const uint8_t *key;
    bytes value;
};

/* Today's leaves with those of then in their places. */
struct past_leaves {
    struct leaf_source source;
    struct flat_leaves flat;
    struct arena today_arena;
    struct node_leaf today; /* the next of flat, in today_arena */
    bool has_today, gave_today;
    const struct past_leaf *past;
    size_t at, count;
};

static loft_err got_today(struct past_leaves *leaves, loft_err err)
{
    leaves->has_today = err == LOFT_OK;
    return err == LOFT_ERR_NOT_FOUND ? LOFT_OK : err;
}

static loft_err advance_today(struct past_leaves *leaves)
{
    arena_reset(&leaves->today_arena);
    return got_today(leaves,
                     leaves->flat.source.next(&leaves->flat, &leaves->today,
                                              &leaves->today_arena));
}

static struct node_leaf copy_leaf(struct arena *arena, bytes key, bytes value)
{
    return (struct node_leaf){arena_copy(arena, key), arena_copy(arena, value)};
}

static loft_err settle(struct past_leaves *leaves, struct node_leaf *out,
                       struct arena *arena)
{
    leaves->gave_today = false;
    while (leaves->at < leaves->count) {
        const struct past_leaf *past = &leaves->past[leaves->at];
        int order = leaves->has_today
                        ? memcmp(past->key, leaves->today.key.at, 32)
                        : -1;
        if (order > 0)
            break;
        leaves->at++;
        if (order == 0)
            TRY(advance_today(leaves));
        if (past->value.len == 0)
            continue;
        *out = copy_leaf(arena, bytes_of(past->key, 32), past->value);
        return LOFT_OK;
    }
    if (!leaves->has_today)
        return LOFT_ERR_NOT_FOUND;
    *out = copy_leaf(arena, leaves->today.key, leaves->today.value);
    leaves->gave_today = true;
    return LOFT_OK;
}

static loft_err seek(void *context, struct node_leaf *out, struct arena *arena,
                     bytes from)
{
    struct past_leaves *leaves = context;
    arena_reset(&leaves->today_arena);
    TRY(got_today(leaves,
                  leaves->flat.source.seek(&leaves->flat, &leaves->today,
                                           &leaves->today_arena, from)));
    leaves->at = 0;
    for (size_t high = leaves->count; leaves->at < high;) {
        size_t middle = (leaves->at + high) / 2;
        if (memcmp(leaves->past[middle].key, from.at, 32) < 0)
            leaves->at = middle + 1;
        else
            high = middle;
    }
    return settle(leaves, out, arena);
}

static loft_err next(void *context, struct node_leaf *out, struct arena *arena)
{
    struct past_leaves *leaves = context;
    if (leaves->gave_today)
        TRY(advance_today(leaves));
    return settle(leaves, out, arena);
}

/* What a proof needs to know of the past of one trie. */
struct past {
    struct arena arena;
    struct store_txn *txn;
    uint64_t id;
    struct map seen; /* hash -> nothing */
    VEC(struct past_leaf) leaves;
    VEC(struct leaf_change) changes;
};

static enum flat_kind kind_of(const struct past *past)
{
    return past->id ? FLAT_SLOT : FLAT_ACCOUNT;
}

static loft_err is_today(struct past *past, bool *out, bytes key)
{
    uint8_t room[RECORD_LEAF_MAX];
    bytes record;
    loft_err err = store_get(past->txn, &record,
                             past->id ? STORE_STORAGE : STORE_ACCOUNT, key);
    *out = err == LOFT_OK && flat_leaf(room, kind_of(past), record) > 0;
    return err == LOFT_ERR_NOT_FOUND ? LOFT_OK : err;
}

/* The first time that a key appears after the block, its record is that of
 * the block. */
static loft_err add_past(struct past *past, bytes key, bytes record)
{
    uint8_t room[RECORD_LEAF_MAX];
    bytes hash = bytes_of(key.at + key.len - 32, 32);
    bool is_new, is;
    map_put(&past->seen, hash.at, &is_new);
    if (!is_new)
        return LOFT_OK;
    bytes value = bytes_of(room, flat_leaf(room, kind_of(past), record));
    TRY(is_today(past, &is, key));
    const uint8_t *own = arena_copy(&past->arena, hash).at;
    struct past_leaf leaf = {own, arena_copy(&past->arena, value)};
    VEC_PUSH(&past->leaves, leaf);
    struct leaf_change change = {own, (int)(value.len > 0) - (int)is};
    VEC_PUSH(&past->changes, change);
    return LOFT_OK;
}

static loft_err add_block(struct past *past, struct store_cursor *cursor,
                          uint64_t block)
{
    uint8_t room[CHANGED_KEY_MAX], id[8];
    store_be64(id, past->id);
    bytes prefix = changed_key(room, block, kind_of(past),
                               past->id ? bytes_of(id, 8) : BYTES_EMPTY);
    bytes key, record;
    loft_err err = store_seek(cursor, &key, &record, prefix);
    while (err == LOFT_OK && key.len == 9 + 32 + (past->id ? 8u : 0u) &&
           memcmp(key.at, prefix.at, prefix.len) == 0) {
        TRY(add_past(past, bytes_of(key.at + 9, key.len - 9), record));
        err = store_next(cursor, &key, &record);
    }
    return err == LOFT_ERR_NOT_FOUND ? LOFT_OK : err;
}

static int compare_past(const void *a, const void *b)
{
    const struct past_leaf *left = a, *right = b;
    return memcmp(left->key, right->key, 32);
}

static int compare_changes(const void *a, const void *b)
{
    const struct leaf_change *left = a, *right = b;
    return memcmp(left->key, right->key, 32);
}

static loft_err gather_past(struct past *past, const struct state_view *view)
{
    struct state_meta meta;
    struct store_cursor *cursor;
    loft_err err = LOFT_OK;
    TRY(state_meta_read(&meta, past->txn));
    if (view->number >= meta.number)
        return LOFT_OK;
    if (meta.number - view->number > STATE_PROOF_BLOCKS_MAX)
        return err_say(
            LOFT_ERR_LIMIT, "proofs reach %d blocks back, not to block %llu",
            STATE_PROOF_BLOCKS_MAX, (unsigned long long)view->number);
    TRY(store_cursor_open(&cursor, past->txn, STORE_CHANGED));
    for (uint64_t block = view->number + 1;
         block <= meta.number && err == LOFT_OK; block++)
        err = add_block(past, cursor, block);
    store_cursor_close(cursor);
    if (past->leaves.len)
        qsort(past->leaves.at, past->leaves.len, sizeof *past->leaves.at,
              compare_past);
    return err;
}

static loft_err prove_in(struct arena *arena, struct past *past, hash32 *root,
                         struct state_proof *proof, const hash32 *key)
{
    bool is_new;
    struct past_leaves leaves = {.past = past->leaves.at,
                                 .count = past->leaves.len};
    struct disk_trie_proof nodes = {0};
    leaves.source = (struct leaf_source){&leaves, seek, next};
    map_put(&past->seen, key->at, &is_new);
    if (is_new)
        VEC_PUSH(&past->changes, ((struct leaf_change){key->at, 0}));
    qsort(past->changes.at, past->changes.len, sizeof *past->changes.at,
          compare_changes);
    TRY(flat_leaves_open(&leaves.flat, past->txn, past->id));
    arena_init(&leaves.today_arena);
    struct disk_trie trie = {past->txn, past->id, &leaves.source};
    loft_err err = disk_trie_prove(arena, &trie, root, &nodes, bytes_hash(key),
                                   past->changes.at, past->changes.len);
    flat_leaves_close(&leaves.flat);
    arena_fini(&leaves.today_arena);
    *proof = (struct state_proof){nodes.nodes, nodes.count};
    return err;
}

static loft_err prove(struct arena *arena, const struct state_view *view,
                      uint64_t id, struct state_proof *proof, const hash32 *key)
{
    struct past past = {.txn = view->txn, .id = id};
    hash32 root;
    arena_init(&past.arena);
    map_init(&past.seen, sizeof(hash32), 0);
    loft_err err = gather_past(&past, view);
    if (err == LOFT_OK)
        err = prove_in(arena, &past, &root, proof, key);
    map_fini(&past.seen);
    VEC_FREE(&past.leaves);
    VEC_FREE(&past.changes);
    arena_fini(&past.arena);
    return err;
}

loft_err state_prove_account(struct arena *arena, struct state_view *view,
                             const address *who, hash32 *storage_root,
                             struct state_proof *proof)
{
    struct account_record record;
    bytes raw;
    hash32 key = keccak256(bytes_address(who));
    *proof = (struct state_proof){0};
    TRY(view_account(view, &record, &raw, &key));
    *storage_root = record.storage_root;
    return prove(arena, view, 0, proof, &key);
}

loft_err state_prove_slot(struct arena *arena, struct state_view *view,
                          const address *who, const u256 *slot,
                          struct state_proof *proof)
{
    struct account_record record;
    bytes raw;
    hash32 who_key = keccak256(bytes_address(who));
    hash32 slot_be = u256_to_hash(*slot), key = keccak256(bytes_hash(&slot_be));
    *proof = (struct state_proof){0};
    TRY(view_account(view, &record, &raw, &who_key));
    if (record.storage_id == 0)
        return LOFT_OK; /* the empty trie has no nodes */
    return prove(arena, view, record.storage_id, proof, &key);
}
