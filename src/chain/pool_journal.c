#include "chain/pool_journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/vec.h"
#include "crypto/keccak.h"

struct pool_journal {
    struct pool *pool;
    struct map kept;  /* hash32 -> uint64_t: its row, of all on disk */
    struct map fresh; /* hash32: in the pool and not on disk */
    struct map gone;  /* hash32: of those kept, what the pool has no more */
    uint64_t next_row;
    bool has_told;       /* of changes, since it was last to save */
    struct buffer value; /* room for a row */
    void (*changed)(void *context);
    void *context;
};

static void changed(struct pool_journal *journal)
{
    if (!journal->has_told)
        journal->changed(journal->context);
    journal->has_told = true;
}

static void came(void *context, const struct pool_entry *entry)
{
    struct pool_journal *journal = context;
    if (map_get(&journal->kept, &entry->hash)) {
        map_remove(&journal->gone, &entry->hash);
        return;
    }
    map_put(&journal->fresh, &entry->hash, NULL);
    changed(journal);
}

static void went(void *context, const struct pool_entry *entry)
{
    struct pool_journal *journal = context;
    if (map_remove(&journal->fresh, &entry->hash) ||
        !map_get(&journal->kept, &entry->hash))
        return;
    map_put(&journal->gone, &entry->hash, NULL);
    changed(journal);
}

struct pool_journal *pool_journal_new(struct pool *pool,
                                      void (*on_change)(void *context),
                                      void *context)
{
    struct pool_journal *journal = MEMORY_NEW(struct pool_journal);
    journal->pool = pool;
    journal->changed = on_change;
    journal->context = context;
    map_init(&journal->kept, sizeof(hash32), sizeof(uint64_t));
    map_init(&journal->fresh, sizeof(hash32), 0);
    map_init(&journal->gone, sizeof(hash32), 0);
    pool_watch(pool, (struct pool_watcher){came, went, journal});
    return journal;
}

void pool_journal_free(struct pool_journal *journal)
{
    if (!journal)
        return;
    pool_watch(journal->pool, (struct pool_watcher){0});
    map_fini(&journal->kept);
    map_fini(&journal->fresh);
    map_fini(&journal->gone);
    buffer_free(&journal->value);
    free(journal);
}

bool pool_journal_is_due(const struct pool_journal *journal)
{
    return journal->has_told && (journal->fresh.len || journal->gone.len);
}

struct row_key {
    uint8_t at[8];
};

static struct row_key key_of(uint64_t row)
{
    struct row_key key;
    store_be64(key.at, row);
    return key;
}

static loft_err put_row(struct pool_journal *journal, struct store_txn *txn,
                        uint64_t row, const hash32 *hash)
{
    const struct pool_entry *entry = pool_find(journal->pool, hash);
    struct row_key key = key_of(row);
    journal->value.len = 0;
    buffer_put(&journal->value, entry->sender.at, sizeof entry->sender.at);
    buffer_put_bytes(&journal->value, entry->raw);
    return store_append(txn, STORE_POOL, bytes_of(key.at, sizeof key.at),
                        buffer_bytes(&journal->value));
}

/* Of what is not kept there is no row. */
static loft_err delete_row(const struct pool_journal *journal,
                           struct store_txn *txn, const hash32 *hash)
{
    const uint64_t *row = map_get(&journal->kept, hash);
    if (!row)
        return LOFT_OK;
    struct row_key key = key_of(*row);
    return store_delete(txn, STORE_POOL, bytes_of(key.at, sizeof key.at));
}

static loft_err write_changes(struct pool_journal *journal,
                              struct store_txn *txn)
{
    MAP_FOR_EACH (i, &journal->gone)
        TRY(delete_row(journal, txn, map_key_at(&journal->gone, i)));
    MAP_FOR_EACH (i, &journal->fresh)
        TRY(put_row(journal, txn, journal->next_row + i,
                    map_key_at(&journal->fresh, i)));
    return LOFT_OK;
}

static loft_err commit_changes(struct pool_journal *journal,
                               struct store *store)
{
    struct store_txn *txn;
    TRY(store_begin_write(store, &txn));
    loft_err err = write_changes(journal, txn);
    if (err == LOFT_OK)
        return store_commit(txn);
    store_abort(txn);
    return err;
}

/* The disk is as the pool is. */
static void saved(struct pool_journal *journal)
{
    MAP_FOR_EACH (i, &journal->gone)
        map_remove(&journal->kept, map_key_at(&journal->gone, i));
    MAP_FOR_EACH (i, &journal->fresh)
        *(uint64_t *)map_put(&journal->kept, map_key_at(&journal->fresh, i),
                             NULL) = journal->next_row++;
    map_clear(&journal->gone);
    map_clear(&journal->fresh);
}

static void drop_fresh(struct pool_journal *journal)
{
    while (journal->fresh.len) {
        hash32 hash = *(const hash32 *)map_key_at(&journal->fresh, 0);
        pool_remove(journal->pool, &hash);
    }
}

loft_err pool_journal_save(struct pool_journal *journal, struct store *store)
{
    bool is_due = pool_journal_is_due(journal);
    journal->has_told = false;
    if (!is_due)
        return LOFT_OK;
    loft_err err = commit_changes(journal, store);
    if (err == LOFT_OK)
        saved(journal);
    else
        drop_fresh(journal);
    return err;
}

loft_err pool_journal_mine(struct pool_journal *journal, struct store_txn *txn,
                           const hash32 *hash)
{
    return delete_row(journal, txn, hash);
}

void pool_journal_mined(struct pool_journal *journal, const hash32 *hash)
{
    map_remove(&journal->kept, hash);
}

/* False: it is none. */
static bool read_row(struct arena *arena, struct pool_entry *out, bytes value)
{
    if (value.len < sizeof out->sender.at)
        return false;
    memcpy(out->sender.at, value.at, sizeof out->sender.at);
    out->raw = bytes_of(value.at + sizeof out->sender.at,
                        value.len - sizeof out->sender.at);
    out->hash = keccak256(out->raw);
    return transaction_decode(arena, &out->tx, out->raw) == LOFT_OK;
}

static loft_err load_row(struct pool_journal *journal, bytes key, bytes value,
                         pool_journal_admit *admit, void *context)
{
    struct arena arena;
    struct pool_entry entry = {0};
    if (key.len != sizeof(struct row_key))
        return err_say(LOFT_ERR_CORRUPT, "a pool row's key has %zu bytes",
                       key.len);
    arena_init(&arena);
    bool good = read_row(&arena, &entry, value);
    uint64_t row = load_be64(key.at);
    *(uint64_t *)map_put(&journal->kept, &entry.hash, NULL) = row;
    journal->next_row = row + 1;
    if (!good)
        log_error("pool_row_damaged", "row=%llu", (unsigned long long)row);
    if (!good || !admit(context, &entry)) {
        map_put(&journal->gone, &entry.hash, NULL);
        changed(journal);
    }
    arena_fini(&arena);
    return LOFT_OK;
}

loft_err pool_journal_load(struct pool_journal *journal, struct store *store,
                           pool_journal_admit *admit, void *context)
{
    struct store_txn *txn;
    struct store_cursor *cursor = NULL;
    bytes key, value;
    TRY(store_begin_read(store, &txn));
    loft_err err = store_cursor_open(&cursor, txn, STORE_POOL);
    if (err == LOFT_OK)
        err = store_seek(cursor, &key, &value, (bytes){0});
    while (err == LOFT_OK) {
        err = load_row(journal, key, value, admit, context);
        if (err == LOFT_OK)
            err = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    store_abort(txn);
    return err == LOFT_ERR_NOT_FOUND ? LOFT_OK : err;
}
