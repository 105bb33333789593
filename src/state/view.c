/* Reading: the newest state, or by the versions of each record an older one. */
#include "state/view.h"

#include <string.h>

#include "base/assert.h"
#include "crypto/keccak.h"
#include "state/flat.h"
#include "state/key_hashes.h"

/* The record that a key had at the view's block. A newer one names the block
 * of a change after it, under which its older form lies. */
static loft_err older(struct state_view *view, bytes *raw, enum flat_kind kind,
                      bytes key, uint64_t changed)
{
    uint8_t room[CHANGED_KEY_MAX];
    loft_err err = store_get(view->txn, raw, STORE_BLOCK,
                             changed_key(room, changed, kind, key));
    if (err != LOFT_ERR_NOT_FOUND)
        return err;
    return err_say(LOFT_ERR_CORRUPT, "history of block %llu is incomplete",
                   (unsigned long long)changed);
}

static loft_err newest(struct state_view *view, bytes *raw,
                       enum store_table table, bytes key)
{
    loft_err err = store_get(view->txn, raw, table, key);
    return err == LOFT_ERR_NOT_FOUND ? LOFT_OK : err;
}

loft_err view_account(struct state_view *view, struct account_record *out,
                      bytes *raw, const hash32 *hash)
{
    uint64_t changed;
    bytes key = bytes_hash(hash);
    TRY(newest(view, raw, STORE_ACCOUNT, key));
    TRY(account_record_read(out, *raw));
    while (versions_after(&out->versions, &changed, view->number)) {
        TRY(older(view, raw, FLAT_ACCOUNT, key, changed));
        TRY(account_record_read(out, *raw));
    }
    return LOFT_OK;
}

loft_err view_slot(struct state_view *view, struct slot_record *out, bytes *raw,
                   uint64_t storage_id, const hash32 *hash)
{
    uint64_t changed;
    uint8_t room[FLAT_KEY_MAX];
    bytes key = flat_slot_key(room, storage_id, hash);
    TRY(newest(view, raw, STORE_STORAGE, key));
    TRY(slot_record_read(out, *raw));
    while (versions_after(&out->versions, &changed, view->number)) {
        TRY(older(view, raw, FLAT_SLOT, key, changed));
        TRY(slot_record_read(out, *raw));
    }
    return LOFT_OK;
}

static struct state_view *view_of(struct state_source *source)
{
    return (struct state_view *)((uint8_t *)source -
                                 offsetof(struct state_view, source));
}

/* Slots are asked for right after their account: where its storage is, is
 * kept. *in_base: the tables say nothing of the account. */
static loft_err look_up(struct state_view *view, struct account_record *record,
                        bool *in_base, const address *who)
{
    bytes raw;
    hash32 hash = key_hash_of_account(who);
    view->has_last = false;
    TRY(view_account(view, record, &raw, &hash));
    *in_base = view->base && raw.len == 0;
    view->last = *who;
    view->last_storage_id = record->storage_id;
    view->last_in_base = *in_base ||
                         (view->base && record->exists && !record->is_detached);
    view->has_last = true;
    return LOFT_OK;
}

static loft_err read_account(struct state_source *source,
                             struct state_account *out, const address *who)
{
    struct state_view *view = view_of(source);
    struct account_record record;
    struct state_account below;
    bool in_base;
    TRY(look_up(view, &record, &in_base, who));
    if (in_base)
        return view->base->account(view->base, out, who);
    *out = account_of_record(&record);
    if (!view->last_in_base || out->has_storage)
        return LOFT_OK;
    TRY(view->base->account(view->base, &below, who));
    out->has_storage = below.has_storage;
    return LOFT_OK;
}

static loft_err read_slot(struct state_source *source, u256 *out,
                          const address *who, const u256 *key)
{
    struct state_view *view = view_of(source);
    struct account_record account;
    struct slot_record record;
    bytes raw = BYTES_EMPTY;
    bool in_base;
    *out = U256_ZERO;
    if (!view->has_last || !address_equal(&view->last, who))
        TRY(look_up(view, &account, &in_base, who));
    if (view->last_storage_id) {
        hash32 hash = key_hash_of_slot(key);
        TRY(view_slot(view, &record, &raw, view->last_storage_id, &hash));
        *out = record.value;
    }
    return raw.len == 0 && view->last_in_base
               ? view->base->slot(view->base, out, who, key)
               : LOFT_OK;
}

static loft_err read_code(struct state_source *source, struct arena *arena,
                          bytes *out, const hash32 *hash)
{
    struct state_view *view = view_of(source);
    *out = BYTES_EMPTY;
    if (hash32_equal(hash, &KECCAK_EMPTY))
        return LOFT_OK;
    loft_err err = store_get(view->txn, out, STORE_CODE, bytes_hash(hash));
    if (err == LOFT_ERR_NOT_FOUND && view->base)
        return view->base->code(view->base, arena, out, hash);
    if (err == LOFT_ERR_NOT_FOUND)
        return err_say(LOFT_ERR_CORRUPT, "the code of an account is missing");
    return err;
}

loft_err state_view_init(struct state_view *view, struct store_txn *txn,
                         uint64_t number)
{
    struct state_meta meta;
    TRY(state_meta_read(&meta, txn));
    if (number < meta.history_from)
        return err_say(LOFT_ERR_NOT_FOUND,
                       "history begins at block %llu, after block %llu",
                       (unsigned long long)meta.history_from,
                       (unsigned long long)number);
    *view = (struct state_view){
        .source = {read_account, read_slot, read_code},
        .txn = txn,
        .number = number >= meta.number ? STATE_NEWEST : number,
    };
    return LOFT_OK;
}
