/* Carrying an overlay's changes into the tables.
 *
 * A block's changes go in sorted by hash, one cursor a table: storage first,
 * contract by contract in the order of storage ids, because an account's
 * record holds its storage root; then the accounts; then their trie. So the
 * old records, which go to the BLOCK table, come in the order of its keys
 * and are appended. */
#include "state/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/vec.h"
#include "crypto/keccak.h"
#include "state/flat.h"
#include "state/record.h"

struct state {
    struct state_options options;
};

struct slot_work {
    hash32 hash;
    hash32 slot; /* big endian */
    u256 is;
};

struct account_work {
    hash32 hash;
    address who;
    bool exists, is_cleared, is_new, has_new_code;
    struct state_account is;
    bytes code;
    struct slot_work *slots;
    size_t slot_count;
    uint64_t storage_id;
    hash32 storage_root;
};

struct work {
    const struct state_options *options;
    struct store_txn *txn;
    struct arena arena;
    struct state_meta meta;
    uint64_t number;
    bool keeps_history;
    VEC(struct account_work *) accounts, contracts;
    size_t slot_count;
    struct leaf_change *changes; /* room for one trie's */
    size_t change_count;
};

loft_err state_open(struct state **out, struct store *store,
                    const struct state_options *options)
{
    struct store_txn *txn;
    struct state_meta meta;
    *out = NULL;
    TRY(store_begin_read(store, &txn));
    loft_err err = state_meta_read(&meta, txn);
    store_abort(txn);
    if (err != LOFT_OK)
        return err;
    *out = MEMORY_NEW(struct state);
    **out = (struct state){*options};
    return LOFT_OK;
}

void state_close(struct state *state)
{
    free(state);
}

/* Gathering and sorting. */

static void gather(void *context, const struct overlay_change *change)
{
    struct work *work = context;
    struct account_work *account = ARENA_NEW(&work->arena, struct account_work);
    account->who = change->who;
    account->exists = change->exists;
    account->is_cleared = change->storage_cleared;
    account->is_new = !change->existed;
    account->is = change->is;
    account->has_new_code = change->exists &&
                            !hash32_equal(&change->was.code_hash,
                                          &change->is.code_hash);
    account->code = change->code;
    account->slot_count = change->slot_count;
    account->slots = ARENA_ARRAY(&work->arena, struct slot_work,
                                 change->slot_count);
    for (size_t i = 0; i < change->slot_count; i++) {
        account->slots[i].slot = u256_to_hash(change->slots[i].key);
        account->slots[i].is = change->slots[i].is;
    }
    work->slot_count += change->slot_count;
    VEC_PUSH(&work->accounts, account);
    if (change->slot_count || change->storage_cleared)
        VEC_PUSH(&work->contracts, account);
}

static void hash_accounts(struct work *work)
{
    size_t count = work->accounts.len;
    bytes *inputs = ARENA_ARRAY(&work->arena, bytes, count);
    hash32 *hashes = ARENA_ARRAY(&work->arena, hash32, count);
    for (size_t i = 0; i < count; i++)
        inputs[i] = bytes_address(&work->accounts.at[i]->who);
    keccak256_many(hashes, inputs, count);
    for (size_t i = 0; i < count; i++)
        work->accounts.at[i]->hash = hashes[i];
}

static void hash_slots(struct work *work)
{
    bytes *inputs = ARENA_ARRAY(&work->arena, bytes, work->slot_count);
    hash32 *hashes = ARENA_ARRAY(&work->arena, hash32, work->slot_count);
    size_t count = 0;
    VEC_FOR_EACH (at, &work->contracts)
        for (size_t i = 0; i < (*at)->slot_count; i++)
            inputs[count++] = bytes_hash(&(*at)->slots[i].slot);
    keccak256_many(hashes, inputs, count);
    count = 0;
    VEC_FOR_EACH (at, &work->contracts)
        for (size_t i = 0; i < (*at)->slot_count; i++)
            (*at)->slots[i].hash = hashes[count++];
}

static int compare_accounts(const void *a, const void *b)
{
    const struct account_work *const *left = a, *const *right = b;
    return memcmp((*left)->hash.at, (*right)->hash.at, sizeof(hash32));
}

static int compare_slots(const void *a, const void *b)
{
    const struct slot_work *left = a, *right = b;
    return memcmp(left->hash.at, right->hash.at, sizeof(hash32));
}

static int compare_ids(const void *a, const void *b)
{
    const struct account_work *const *left = a, *const *right = b;
    return ((*left)->storage_id > (*right)->storage_id) -
           ((*left)->storage_id < (*right)->storage_id);
}

static void sort(struct work *work)
{
    hash_accounts(work);
    hash_slots(work);
    if (work->accounts.len)
        qsort(work->accounts.at, work->accounts.len, sizeof(void *),
              compare_accounts);
    VEC_FOR_EACH (at, &work->contracts)
        if ((*at)->slot_count)
            qsort((*at)->slots, (*at)->slot_count, sizeof(struct slot_work),
                  compare_slots);
    size_t most = work->accounts.len > work->slot_count ? work->accounts.len
                                                        : work->slot_count;
    work->changes = ARENA_ARRAY(&work->arena, struct leaf_change, most);
}

/* Records. */

/* An old record goes to history, once a block; *versions is its successor's.
 */
static loft_err remember(struct work *work, struct versions *versions,
                         enum flat_kind kind, bytes key, bytes old)
{
    uint8_t room[CHANGED_KEY_MAX];
    if (!work->keeps_history) {
        versions->count = versions->len = 0;
        return LOFT_OK;
    }
    if (versions->len && versions->blocks[versions->len - 1] == work->number)
        return LOFT_OK;
    versions_add(versions, work->number);
    return store_append(work->txn, STORE_BLOCK,
                        changed_key(room, work->number, kind, key), old);
}

static loft_err find(struct store_cursor *cursor, bytes *record, bytes key)
{
    loft_err err = store_find(cursor, record, key);
    return err == LOFT_ERR_NOT_FOUND ? LOFT_OK : err;
}

static void note_change(struct work *work, const hash32 *hash, int delta)
{
    work->changes[work->change_count++] = (struct leaf_change){hash->at, delta};
}

static loft_err remember_slot(struct work *work, struct versions *versions,
                              bytes key, bytes raw, struct slot_record old)
{
    uint8_t room[SLOT_RECORD_MAX];
    old.has_key = false;
    return remember(
        work, versions, FLAT_SLOT, key,
        bytes_of(room, raw.len ? slot_record_write(room, &old) : 0));
}

/* A record that there is none of stands for zero, or for what the base has. */
static bool is_unknown(const struct work *work, bytes record)
{
    return work->options->is_over_base && record.len == 0;
}

static loft_err write_slot(struct work *work, struct store_cursor *cursor,
                           uint64_t id, const struct slot_work *slot)
{
    uint8_t key_room[FLAT_KEY_MAX], room[SLOT_RECORD_MAX];
    bytes key = flat_slot_key(key_room, id, &slot->hash), raw;
    struct slot_record old, new;
    TRY(find(cursor, &raw, key));
    TRY(slot_record_read(&old, raw));
    if (u256_equal(old.value, slot->is) && !is_unknown(work, raw))
        return LOFT_OK;
    new = old;
    new.value = slot->is;
    note_change(work, &slot->hash,
                (int)u256_is_zero(old.value) - (int)u256_is_zero(new.value));
    TRY(remember_slot(work, &new.versions, key, raw, old));
    if (u256_is_zero(new.value) && new.versions.count == 0)
        return store_delete(work->txn, STORE_STORAGE, key);
    if (work->options->keep_preimages) {
        new.has_key = true;
        new.key = u256_from_hash(&slot->slot);
    }
    size_t len = slot_record_write(room, &new);
    return store_cursor_put(cursor, key, bytes_of(room, len));
}

static loft_err update_trie(struct work *work, uint64_t id, hash32 *root)
{
    struct flat_leaves leaves;
    TRY(flat_leaves_open(&leaves, work->txn, id));
    struct disk_trie trie = {work->txn, id, &leaves.source};
    loft_err err = disk_trie_update(&trie, root, work->changes,
                                    work->change_count);
    flat_leaves_close(&leaves);
    return err;
}

static bool sets_any(const struct work *work,
                     const struct account_work *account)
{
    if (work->options->is_over_base)
        return account->slot_count; /* zero, too, differs from the base */
    for (size_t i = 0; i < account->slot_count; i++)
        if (!u256_is_zero(account->slots[i].is))
            return true;
    return false;
}

/* Which storage id a contract's slots go under: a new one where there was no
 * storage, or where it is cleared; the old slots stay for history. */
static loft_err choose_storage(struct work *work, struct account_work *account)
{
    bytes raw;
    struct account_record old;
    loft_err err = store_get(work->txn, &raw, STORE_ACCOUNT,
                             bytes_hash(&account->hash));
    if (err != LOFT_ERR_NOT_FOUND)
        TRY(err);
    TRY(account_record_read(&old, raw));
    account->storage_id = account->is_cleared ? 0 : old.storage_id;
    account->storage_root = account->is_cleared ? KECCAK_EMPTY_TRIE
                                                : old.storage_root;
    if (account->storage_id == 0 && sets_any(work, account))
        account->storage_id = work->meta.next_storage_id++;
    return LOFT_OK;
}

static loft_err write_contract(struct work *work, struct store_cursor *cursor,
                               struct account_work *account)
{
    uint64_t id = account->storage_id;
    work->change_count = 0;
    for (size_t i = 0; i < account->slot_count; i++)
        TRY(write_slot(work, cursor, id, &account->slots[i]));
    if (work->change_count)
        TRY(update_trie(work, id, &account->storage_root));
    if (hash32_equal(&account->storage_root, &KECCAK_EMPTY_TRIE) &&
        !work->options->is_over_base)
        account->storage_id = 0;
    return LOFT_OK;
}

static loft_err write_storage(struct work *work)
{
    struct store_cursor *cursor;
    loft_err err = LOFT_OK;
    VEC_FOR_EACH (at, &work->contracts)
        TRY(choose_storage(work, *at));
    if (work->slot_count == 0)
        return LOFT_OK;
    qsort(work->contracts.at, work->contracts.len, sizeof(void *), compare_ids);
    TRY(store_cursor_open(&cursor, work->txn, STORE_STORAGE));
    VEC_FOR_EACH (at, &work->contracts)
        if (err == LOFT_OK && (*at)->storage_id)
            err = write_contract(work, cursor, *at);
    store_cursor_close(cursor);
    return err;
}

static bool same_account(const struct account_record *a,
                         const struct account_record *b)
{
    return a->exists == b->exists && a->nonce == b->nonce &&
           u256_equal(a->balance, b->balance) &&
           a->storage_id == b->storage_id && a->is_detached == b->is_detached &&
           hash32_equal(&a->code_hash, &b->code_hash) &&
           hash32_equal(&a->storage_root, &b->storage_root);
}

/* The account as it is now, apart from its versions. */
static void set_account(struct account_record *record,
                        const struct account_work *account)
{
    record->exists = account->exists;
    record->nonce = account->is.nonce;
    record->balance = account->is.balance;
    record->code_hash = account->is.code_hash;
    if (account->slot_count || account->is_cleared) {
        record->storage_id = account->storage_id;
        record->storage_root = account->storage_root;
    }
    if (!account->exists) {
        record->storage_id = 0;
        record->storage_root = KECCAK_EMPTY_TRIE;
        record->is_detached = false;
    }
}

static loft_err keep_code(struct work *work, const struct account_work *account)
{
    bytes there;
    if (!account->has_new_code || account->code.len == 0)
        return LOFT_OK;
    bytes key = bytes_hash(&account->is.code_hash);
    loft_err err = store_get(work->txn, &there, STORE_CODE, key);
    return err == LOFT_ERR_NOT_FOUND
               ? store_put(work->txn, STORE_CODE, key, account->code)
               : err;
}

static loft_err remember_account(struct work *work, struct versions *versions,
                                 bytes key, bytes raw,
                                 struct account_record old)
{
    uint8_t room[ACCOUNT_RECORD_MAX];
    old.has_address = false;
    return remember(
        work, versions, FLAT_ACCOUNT, key,
        bytes_of(room, raw.len ? account_record_write(room, &old) : 0));
}

static loft_err write_account(struct work *work, struct store_cursor *cursor,
                              const struct account_work *account)
{
    uint8_t room[ACCOUNT_RECORD_MAX];
    bytes key = bytes_hash(&account->hash), raw;
    struct account_record old, new;
    TRY(find(cursor, &raw, key));
    TRY(account_record_read(&old, raw));
    new = old;
    set_account(&new, account);
    if (work->options->is_over_base && new.exists)
        new.is_detached |= account->is_cleared || account->is_new;
    if (same_account(&old, &new) && !is_unknown(work, raw))
        return LOFT_OK;
    TRY(keep_code(work, account));
    note_change(work, &account->hash, (int)new.exists - (int)old.exists);
    TRY(remember_account(work, &new.versions, key, raw, old));
    if (!new.exists &&new.versions.count == 0)
        return store_delete(work->txn, STORE_ACCOUNT, key);
    if (work->options->keep_preimages) {
        new.has_address = true;
        new.who = account->who;
    }
    size_t len = account_record_write(room, &new);
    return store_cursor_put(cursor, key, bytes_of(room, len));
}

static loft_err write_accounts(struct work *work)
{
    struct store_cursor *cursor;
    loft_err err = LOFT_OK;
    work->change_count = 0;
    TRY(store_cursor_open(&cursor, work->txn, STORE_ACCOUNT));
    VEC_FOR_EACH (at, &work->accounts)
        if (err == LOFT_OK)
            err = write_account(work, cursor, *at);
    store_cursor_close(cursor);
    return err;
}

/* The first block has no past to keep: what it makes was always there. */
static loft_err begin_block(struct work *work)
{
    TRY(state_meta_read(&work->meta, work->txn));
    if (!work->meta.is_new && work->number < work->meta.number)
        return err_say(LOFT_ERR_USAGE,
                       "block %llu is older than the state's, %llu",
                       (unsigned long long)work->number,
                       (unsigned long long)work->meta.number);
    if (work->meta.is_new || !work->options->keep_history)
        work->meta.history_from = work->number;
    work->meta.number = work->number;
    work->keeps_history = work->number > work->meta.history_from;
    return LOFT_OK;
}

static loft_err apply(struct work *work)
{
    sort(work);
    TRY(write_storage(work));
    TRY(write_accounts(work));
    if (work->change_count)
        TRY(update_trie(work, 0, &work->meta.root));
    return state_meta_write(work->txn, &work->meta);
}

loft_err state_apply(struct state *state, struct store_txn *txn,
                     const struct overlay *overlay, uint64_t number,
                     hash32 *root)
{
    struct work work = {
        .options = &state->options, .txn = txn, .number = number};
    TRY(overlay_error(overlay));
    TRY(begin_block(&work));
    arena_init(&work.arena);
    overlay_changes(overlay, gather, &work);
    loft_err err = apply(&work);
    *root = work.meta.root;
    VEC_FREE(&work.accounts);
    VEC_FREE(&work.contracts);
    arena_fini(&work.arena);
    return err;
}

loft_err state_newest(struct store_txn *txn, uint64_t *number)
{
    struct state_meta meta;
    TRY(state_meta_read(&meta, txn));
    *number = meta.number;
    return LOFT_OK;
}

loft_err state_root(struct store_txn *txn, hash32 *root)
{
    struct state_meta meta;
    TRY(state_meta_read(&meta, txn));
    *root = meta.root;
    return LOFT_OK;
}
