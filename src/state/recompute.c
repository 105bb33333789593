/* The root from the flat tables alone, in one pass over the sorted leaves and
 * in memory for one path: the branches that are open. It shares no more with
 * the trie table than how a node is written, so that each can check the other.
 *
 * A leaf hangs off the deeper of two forks: the one with the leaf before it
 * and the one with the leaf after it. Once it is in place, the branches below
 * the second fork are complete. */
#include <string.h>

#include "base/arena.h"
#include "base/vec.h"
#include "crypto/keccak.h"
#include "state/flat.h"
#include "state/state.h"

enum { DEPTHS = 64 };

struct pass {
    struct node_ref refs[DEPTHS][16];
    bool is_open[DEPTHS];
    hash32 key; /* of the leaf in hand */
    uint8_t value[ACCOUNT_RLP_MAX];
    size_t value_len;
    int before; /* depth of the fork with the leaf before it; -1: none */
    struct buffer scratch;
    hash32 root;
};

/* Writes a node and says its reference. */
static struct node_ref refer(struct pass *pass, const struct node *node)
{
    struct node_ref ref = {33, {0xa0}};
    pass->scratch.len = 0;
    node_write(&pass->scratch, node);
    bytes text = buffer_bytes(&pass->scratch);
    if (text.len < 32) {
        ref.len = (uint8_t)text.len;
        memcpy(ref.at, text.at, text.len);
        return ref;
    }
    hash32 hash = keccak256(text);
    memcpy(ref.at + 1, hash.at, sizeof hash.at);
    return ref;
}

static struct node_ref branch_ref(struct pass *pass, int depth)
{
    struct node branch = {.kind = NODE_BRANCH, .refs = pass->refs[depth]};
    struct node_ref ref = refer(pass, &branch);
    memset(pass->refs[depth], 0, sizeof pass->refs[depth]);
    pass->is_open[depth] = false;
    return ref;
}

static struct node_ref extend(struct pass *pass, struct node_ref ref, int from,
                              int to)
{
    if (from == to)
        return ref;
    struct node extension = {.kind = NODE_EXTENSION,
                             .key = bytes_hash(&pass->key),
                             .depth = (uint16_t)from,
                             .path_len = (uint16_t)(to - from),
                             .refs = &ref};
    return refer(pass, &extension);
}

static struct node_ref leaf_ref(struct pass *pass, int depth)
{
    struct node leaf = {.kind = NODE_LEAF,
                        .key = bytes_hash(&pass->key),
                        .depth = (uint16_t)depth,
                        .path_len = (uint16_t)(DEPTHS - depth),
                        .value = bytes_of(pass->value, pass->value_len)};
    return refer(pass, &leaf);
}

static void hang(struct pass *pass, int fork, struct node_ref ref)
{
    pass->is_open[fork] = true;
    pass->refs[fork][key_nibble(pass->key.at, (unsigned)fork)] = ref;
}

/* Puts the leaf in hand in its place; `after` is its fork with the next one,
 * -1 where it is the last. */
static void place_leaf(struct pass *pass, int after)
{
    int fork = pass->before > after ? pass->before : after;
    if (fork < 0) {
        struct node_ref ref = leaf_ref(pass, 0);
        pass->root = node_root(&ref);
        return;
    }
    hang(pass, fork, leaf_ref(pass, fork + 1));
    while (fork > after) {
        int above = fork - 1;
        while (above > after && !pass->is_open[above])
            above--;
        struct node_ref ref = extend(pass, branch_ref(pass, fork), above + 1,
                                     fork);
        if (above < 0)
            pass->root = node_root(&ref);
        else
            hang(pass, above, ref);
        fork = above;
    }
}

static loft_err run(struct pass *pass, struct leaf_source *leaves,
                    struct arena *arena)
{
    struct node_leaf leaf;
    const hash32 lowest = {{0}};
    loft_err err = leaves->seek(leaves->context, &leaf, arena,
                                bytes_hash(&lowest));
    pass->root = KECCAK_EMPTY_TRIE;
    pass->before = -1;
    if (err != LOFT_OK)
        return err == LOFT_ERR_NOT_FOUND ? LOFT_OK : err;
    for (;;) {
        memcpy(pass->key.at, leaf.key.at, sizeof pass->key.at);
        memcpy(pass->value, leaf.value.at, leaf.value.len);
        pass->value_len = leaf.value.len;
        arena_reset(arena);
        err = leaves->next(leaves->context, &leaf, arena);
        if (err != LOFT_OK)
            break;
        int after = (int)key_common(leaf.key, bytes_hash(&pass->key));
        place_leaf(pass, after);
        pass->before = after;
    }
    if (err != LOFT_ERR_NOT_FOUND)
        return err;
    place_leaf(pass, -1);
    return LOFT_OK;
}

static loft_err root_of(struct leaf_source *leaves, hash32 *root)
{
    struct pass pass = {.before = -1};
    struct arena arena;
    arena_init(&arena);
    loft_err err = run(&pass, leaves, &arena);
    *root = pass.root;
    arena_fini(&arena);
    buffer_free(&pass.scratch);
    return err;
}

static loft_err storage_root_of(struct store_txn *txn, uint64_t id,
                                hash32 *root)
{
    struct flat_leaves leaves;
    TRY(flat_leaves_open(&leaves, txn, id));
    loft_err err = root_of(&leaves.source, root);
    flat_leaves_close(&leaves);
    return err;
}

/* Accounts whose storage root is computed, not believed. */
struct checked_accounts {
    struct leaf_source source;
    struct store_txn *txn;
    struct store_cursor *cursor;
};

static loft_err settle(struct checked_accounts *accounts, struct node_leaf *out,
                       struct arena *arena, bytes key, bytes raw, loft_err err)
{
    struct account_record record;
    for (;; err = store_next(accounts->cursor, &key, &raw)) {
        TRY(err);
        TRY(account_record_read(&record, raw));
        if (record.exists)
            break;
    }
    if (key.len != 32)
        return err_say(LOFT_ERR_CORRUPT, "a key of %zu bytes", key.len);
    if (record.storage_id)
        TRY(storage_root_of(accounts->txn, record.storage_id,
                            &record.storage_root));
    uint8_t *value = arena_alloc(arena, ACCOUNT_RLP_MAX);
    size_t len = account_write_rlp(value, record.nonce, record.balance,
                                   &record.storage_root, &record.code_hash);
    *out = (struct node_leaf){arena_copy(arena, key), bytes_of(value, len)};
    return LOFT_OK;
}

static loft_err seek_checked(void *context, struct node_leaf *out,
                             struct arena *arena, bytes from)
{
    struct checked_accounts *accounts = context;
    bytes key, raw;
    loft_err err = store_seek(accounts->cursor, &key, &raw, from);
    return settle(accounts, out, arena, key, raw, err);
}

static loft_err next_checked(void *context, struct node_leaf *out,
                             struct arena *arena)
{
    struct checked_accounts *accounts = context;
    bytes key, raw;
    loft_err err = store_next(accounts->cursor, &key, &raw);
    return settle(accounts, out, arena, key, raw, err);
}

loft_err state_recompute_root(struct store_txn *txn, hash32 *root)
{
    struct checked_accounts accounts = {.txn = txn};
    accounts.source = (struct leaf_source){&accounts, seek_checked,
                                           next_checked};
    TRY(store_cursor_open(&accounts.cursor, txn, STORE_ACCOUNT));
    loft_err err = root_of(&accounts.source, root);
    store_cursor_close(accounts.cursor);
    return err;
}
