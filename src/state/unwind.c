/* Undoing a block: its old records are put back as they were. */
#include <string.h>

#include "base/vec.h"
#include "state/flat.h"
#include "state/state.h"

struct old_record {
    enum flat_kind kind;
    bytes key, raw;
};

struct unwinding {
    struct store_txn *txn;
    struct arena arena;
    uint64_t number;
    VEC(struct old_record) records; /* slots by storage id, then accounts */
    struct leaf_change *changes;
    hash32 root; /* of the trie that was put back last */
};

static loft_err collect(struct unwinding *work)
{
    struct store_cursor *cursor;
    uint8_t room[CHANGED_KEY_MAX];
    bytes key, raw;
    store_be64(room, work->number);
    TRY(store_cursor_open(&cursor, work->txn, STORE_BLOCK));
    loft_err err = store_seek(cursor, &key, &raw, bytes_of(room, 8));
    for (; err == LOFT_OK && key.len > 9 && load_be64(key.at) == work->number &&
           key.at[8] <= FLAT_ACCOUNT;
         err = store_next(cursor, &key, &raw)) {
        bytes own = arena_copy(&work->arena, key);
        struct old_record old = {own.at[8] ? FLAT_ACCOUNT : FLAT_SLOT,
                                 bytes_of(own.at + 9, own.len - 9),
                                 arena_copy(&work->arena, raw)};
        if (old.key.len != (old.kind == FLAT_SLOT ? 40 : 32))
            err = err_say(LOFT_ERR_CORRUPT, "a key in history is damaged");
        VEC_PUSH(&work->records, old);
    }
    store_cursor_close(cursor);
    return err == LOFT_ERR_NOT_FOUND ? LOFT_OK : err;
}

/* An old form with what only its successor says: whose the record is. */
static loft_err restore(uint8_t room[ACCOUNT_RECORD_MAX], bytes *out,
                        const struct old_record *old, bytes now)
{
    struct account_record account, new_account;
    struct slot_record slot, new_slot;
    size_t len;
    if (old->kind == FLAT_ACCOUNT) {
        TRY(account_record_read(&account, old->raw));
        TRY(account_record_read(&new_account, now));
        account.has_address = new_account.has_address;
        account.who = new_account.who;
        len = account_record_write(room, &account);
    } else {
        TRY(slot_record_read(&slot, old->raw));
        TRY(slot_record_read(&new_slot, now));
        slot.has_key = new_slot.has_key;
        slot.key = new_slot.key;
        len = slot_record_write(room, &slot);
    }
    *out = bytes_of(room, len);
    return LOFT_OK;
}

static bool is_leaf(enum flat_kind kind, bytes raw)
{
    uint8_t room[RECORD_LEAF_MAX];
    return flat_leaf(room, kind, raw) > 0;
}

static loft_err put_back(struct unwinding *work, int *delta,
                         const struct old_record *old)
{
    uint8_t key_room[CHANGED_KEY_MAX], room[ACCOUNT_RECORD_MAX];
    enum store_table table = old->kind == FLAT_ACCOUNT ? STORE_ACCOUNT
                                                       : STORE_STORAGE;
    bytes now, record;
    loft_err err = store_get(work->txn, &now, table, old->key);
    if (err != LOFT_ERR_NOT_FOUND)
        TRY(err);
    *delta = (int)is_leaf(old->kind, old->raw) - (int)is_leaf(old->kind, now);
    if (old->raw.len) {
        TRY(restore(room, &record, old, now));
        TRY(store_put(work->txn, table, old->key, record));
    } else
        TRY(store_delete(work->txn, table, old->key));
    return store_delete(
        work->txn, STORE_BLOCK,
        changed_key(key_room, work->number, old->kind, old->key));
}

/* The records of one trie, from `at` on. */
static loft_err put_back_trie(struct unwinding *work, uint64_t id, size_t at,
                              size_t count)
{
    struct flat_leaves leaves;
    for (size_t i = 0; i < count; i++) {
        const struct old_record *old = &work->records.at[at + i];
        work->changes[i].key = old->key.at + (id ? 8 : 0);
        TRY(put_back(work, &work->changes[i].delta, old));
    }
    TRY(flat_leaves_open(&leaves, work->txn, id));
    struct disk_trie trie = {work->txn, id, &leaves.source};
    loft_err err = disk_trie_update(&trie, &work->root, work->changes, count);
    flat_leaves_close(&leaves);
    return err;
}

static uint64_t trie_of(const struct old_record *old)
{
    return old->kind == FLAT_SLOT ? load_be64(old->key.at) : 0;
}

static loft_err put_back_all(struct unwinding *work)
{
    size_t len = work->records.len;
    work->changes = ARENA_ARRAY(&work->arena, struct leaf_change, len);
    for (size_t at = 0, end; at < len; at = end) {
        uint64_t id = trie_of(&work->records.at[at]);
        for (end = at + 1; end < len && trie_of(&work->records.at[end]) == id;)
            end++;
        TRY(put_back_trie(work, id, at, end - at));
    }
    return LOFT_OK;
}

static loft_err unwind(struct unwinding *work, struct state_meta *meta)
{
    TRY(collect(work));
    work->root = meta->root;
    TRY(put_back_all(work));
    meta->root = work->root;
    meta->number--;
    return state_meta_write(work->txn, meta);
}

loft_err state_unwind(struct state *state, struct store_txn *txn,
                      uint64_t number, hash32 *root)
{
    (void)state;
    struct state_meta meta;
    TRY(state_meta_read(&meta, txn));
    if (meta.is_new || number != meta.number)
        return err_say(LOFT_ERR_USAGE, "block %llu is not the newest",
                       (unsigned long long)number);
    if (number <= meta.history_from)
        return err_say(LOFT_ERR_NOT_FOUND, "block %llu has no history",
                       (unsigned long long)number);
    struct unwinding work = {.txn = txn, .number = number};
    arena_init(&work.arena);
    loft_err err = unwind(&work, &meta);
    *root = meta.root;
    VEC_FREE(&work.records);
    arena_fini(&work.arena);
    return err;
}
