/* Walks over the flat tables: the newest records say what there is and whose it
 * is, and the view what it was at its block. */
#include <string.h>

#include "crypto/keccak.h"
#include "state/flat.h"
#include "state/view.h"

static loft_err visit_account(struct state_view *view, bytes key, bytes raw,
                              state_visit_account *visit, void *context)
{
    struct account_record newest, record;
    hash32 hash;
    if (key.len != sizeof hash.at)
        return err_say(LOFT_ERR_CORRUPT, "a key of %zu bytes", key.len);
    memcpy(hash.at, key.at, sizeof hash.at);
    TRY(account_record_read(&newest, raw));
    TRY(view_account(view, &record, &raw, &hash));
    if (!record.exists)
        return LOFT_OK;
    struct state_account account = account_of_record(&record);
    return visit(context, &hash, newest.has_address ? &newest.who : NULL,
                 &account);
}

loft_err state_each_account(struct state_view *view, const hash32 *from,
                            state_visit_account *visit, void *context)
{
    struct store_cursor *cursor;
    bytes key, raw;
    TRY(store_cursor_open(&cursor, view->txn, STORE_ACCOUNT));
    loft_err err = store_seek(cursor, &key, &raw, bytes_hash(from));
    while (err == LOFT_OK) {
        err = visit_account(view, key, raw, visit, context);
        if (err == LOFT_OK)
            err = store_next(cursor, &key, &raw);
    }
    store_cursor_close(cursor);
    return err == LOFT_ERR_NOT_FOUND ? LOFT_OK : err;
}

static loft_err visit_slot(struct state_view *view, bytes key, bytes raw,
                           state_visit_slot *visit, void *context)
{
    struct slot_record newest, record;
    hash32 hash;
    memcpy(hash.at, key.at + 8, sizeof hash.at);
    TRY(slot_record_read(&newest, raw));
    TRY(view_slot(view, &record, &raw, load_be64(key.at), &hash));
    if (u256_is_zero(record.value))
        return LOFT_OK;
    return visit(context, &hash, newest.has_key ? &newest.key : NULL,
                 record.value);
}

static loft_err each_slot(struct state_view *view, uint64_t storage_id,
                          const hash32 *from, state_visit_slot *visit,
                          void *context)
{
    struct store_cursor *cursor;
    uint8_t room[FLAT_KEY_MAX];
    bytes key, raw;
    TRY(store_cursor_open(&cursor, view->txn, STORE_STORAGE));
    loft_err err = store_seek(cursor, &key, &raw,
                              flat_slot_key(room, storage_id, from));
    while (err == LOFT_OK && key.len == FLAT_KEY_MAX &&
           load_be64(key.at) == storage_id) {
        err = visit_slot(view, key, raw, visit, context);
        if (err == LOFT_OK)
            err = store_next(cursor, &key, &raw);
    }
    store_cursor_close(cursor);
    return err == LOFT_ERR_NOT_FOUND ? LOFT_OK : err;
}

loft_err state_each_slot(struct state_view *view, const address *who,
                         const hash32 *from, state_visit_slot *visit,
                         void *context)
{
    struct account_record account;
    bytes raw;
    hash32 hash = keccak256(bytes_address(who));
    TRY(view_account(view, &account, &raw, &hash));
    if (account.storage_id == 0)
        return LOFT_OK;
    return each_slot(view, account.storage_id, from, visit, context);
}
