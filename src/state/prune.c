/* Forgetting the past: the oldest steps' old records go, step by step. */
#include <string.h>

#include "state/flat.h"
#include "state/state.h"

/* The first old record of a step; LOFT_ERR_NOT_FOUND: there is none. */
static loft_err first_of_step(struct store_cursor *cursor, bytes *key,
                              uint64_t step)
{
    uint8_t room[8];
    bytes record;
    store_be64(room, step);
    TRY(store_seek(cursor, key, &record, bytes_of(room, sizeof room)));
    return key->len > 9 && load_be64(key->at) == step &&
                   key->at[8] <= FLAT_ACCOUNT
               ? LOFT_OK
               : LOFT_ERR_NOT_FOUND;
}

static loft_err forget_step(struct store_txn *txn, struct store_cursor *cursor,
                            uint64_t step, size_t *work)
{
    uint8_t room[CHANGED_KEY_MAX];
    bytes key;
    loft_err err = first_of_step(cursor, &key, step);
    for (; err == LOFT_OK; err = first_of_step(cursor, &key, step)) {
        if (key.len > sizeof room)
            return err_say(LOFT_ERR_CORRUPT, "a key in history is damaged");
        memcpy(room, key.at, key.len);
        TRY(store_delete(txn, STORE_BLOCK, bytes_of(room, key.len)));
        ++*work;
    }
    ++*work;
    return err == LOFT_ERR_NOT_FOUND ? LOFT_OK : err;
}

static loft_err forget(struct store_txn *txn, struct store_cursor *cursor,
                       struct state_meta *meta, uint64_t from)
{
    size_t work = 0;
    for (; meta->history_from < from && work < STATE_PRUNE_WORK_MAX;
         meta->history_from++)
        TRY(forget_step(txn, cursor, meta->history_from + 1, &work));
    return state_meta_write(txn, meta);
}

loft_err state_prune(struct store_txn *txn, uint64_t from, bool *done)
{
    struct state_meta meta;
    struct store_cursor *cursor;
    TRY(state_meta_read(&meta, txn));
    if (from > meta.number)
        from = meta.number;
    *done = meta.is_new || meta.history_from >= from;
    if (*done)
        return LOFT_OK;
    TRY(store_cursor_open(&cursor, txn, STORE_BLOCK));
    loft_err err = forget(txn, cursor, &meta, from);
    store_cursor_close(cursor);
    *done = meta.history_from >= from;
    return err;
}

loft_err state_history_from(struct store_txn *txn, uint64_t *number)
{
    struct state_meta meta;
    TRY(state_meta_read(&meta, txn));
    *number = meta.history_from;
    return LOFT_OK;
}
