#include "state/past.h"

#include <stdlib.h>
#include <string.h>

#include "state/flat.h"
#include "state/state.h"

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

void past_init(struct past *past, struct store_txn *txn, uint64_t id)
{
    *past = (struct past){.txn = txn, .id = id};
    arena_init(&past->arena);
    map_init(&past->seen, sizeof(hash32), sizeof(size_t));
}

void past_fini(struct past *past)
{
    map_fini(&past->seen);
    VEC_FREE(&past->leaves);
    VEC_FREE(&past->changes);
    arena_fini(&past->arena);
}

static enum flat_kind kind_of(const struct past *past)
{
    return past->id ? FLAT_SLOT : FLAT_ACCOUNT;
}

static loft_err is_today(struct past *past, bool *out, const hash32 *hash)
{
    uint8_t room[RECORD_LEAF_MAX], key_room[FLAT_KEY_MAX];
    bytes record, key = past->id ? flat_slot_key(key_room, past->id, hash)
                                 : bytes_hash(hash);
    loft_err err = store_get(past->txn, &record,
                             past->id ? STORE_STORAGE : STORE_ACCOUNT, key);
    *out = err == LOFT_OK && flat_leaf(room, kind_of(past), record) > 0;
    return err == LOFT_ERR_NOT_FOUND ? LOFT_OK : err;
}

static loft_err add(struct past *past, size_t *at, const hash32 *key,
                    bytes value)
{
    bool is;
    TRY(is_today(past, &is, key));
    const uint8_t *own = arena_copy(&past->arena, bytes_hash(key)).at;
    struct past_leaf leaf = {own, arena_copy(&past->arena, value)};
    struct leaf_change change = {own, (int)(value.len > 0) - (int)is};
    *at = past->leaves.len;
    VEC_PUSH(&past->leaves, leaf);
    VEC_PUSH(&past->changes, change);
    return LOFT_OK;
}

/* The first time that a key appears after the block, its record is that of
 * the block. */
static loft_err add_past(struct past *past, const hash32 *key, bytes record)
{
    uint8_t room[RECORD_LEAF_MAX];
    bool is_new;
    size_t *at = map_put(&past->seen, key, &is_new);
    if (!is_new)
        return LOFT_OK;
    return add(past, at, key,
               bytes_of(room, flat_leaf(room, kind_of(past), record)));
}

loft_err past_put(struct past *past, const hash32 *key, bytes value)
{
    bool is_new;
    size_t *at = map_put(&past->seen, key, &is_new);
    if (is_new)
        return add(past, at, key, value);
    struct past_leaf *leaf = &past->leaves.at[*at];
    past->changes.at[*at].delta += (int)(value.len > 0) -
                                   (int)(leaf->value.len > 0);
    leaf->value = arena_copy(&past->arena, value);
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
        hash32 hash;
        memcpy(hash.at, key.at + key.len - 32, sizeof hash.at);
        TRY(add_past(past, &hash, record));
        err = store_next(cursor, &key, &record);
    }
    return err == LOFT_ERR_NOT_FOUND ? LOFT_OK : err;
}

loft_err past_gather(struct past *past, uint64_t number, uint64_t blocks_max)
{
    struct state_meta meta;
    struct store_cursor *cursor;
    loft_err err = LOFT_OK;
    TRY(state_meta_read(&meta, past->txn));
    if (number >= meta.number)
        return LOFT_OK;
    if (meta.number - number > blocks_max)
        return err_say(LOFT_ERR_LIMIT,
                       "roots and proofs reach %llu blocks back here, not to "
                       "block %llu",
                       (unsigned long long)blocks_max,
                       (unsigned long long)number);
    TRY(store_cursor_open(&cursor, past->txn, STORE_BLOCK));
    for (uint64_t block = number + 1; block <= meta.number && err == LOFT_OK;
         block++)
        err = add_block(past, cursor, block);
    store_cursor_close(cursor);
    return err;
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

static void sort(struct past *past, const hash32 *key)
{
    if (!map_get(&past->seen, key))
        VEC_PUSH(&past->changes, ((struct leaf_change){key->at, 0}));
    if (past->leaves.len)
        qsort(past->leaves.at, past->leaves.len, sizeof *past->leaves.at,
              compare_past);
    qsort(past->changes.at, past->changes.len, sizeof *past->changes.at,
          compare_changes);
}

loft_err past_prove(struct arena *arena, struct past *past, hash32 *root,
                    struct disk_trie_proof *proof, const hash32 *key)
{
    struct past_leaves leaves = {0};
    *proof = (struct disk_trie_proof){0};
    sort(past, key);
    leaves.past = past->leaves.at;
    leaves.count = past->leaves.len;
    leaves.source = (struct leaf_source){&leaves, seek, next};
    TRY(flat_leaves_open(&leaves.flat, past->txn, past->id));
    arena_init(&leaves.today_arena);
    struct disk_trie trie = {past->txn, past->id, &leaves.source};
    loft_err err = disk_trie_prove(arena, &trie, root, proof, bytes_hash(key),
                                   past->changes.at, past->changes.len);
    flat_leaves_close(&leaves.flat);
    arena_fini(&leaves.today_arena);
    return err;
}
