#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "store/store_core.h"

struct store_cursor {
    MDB_cursor *cursor;
    struct store_txn *txn;
    enum store_table table;
};

static MDB_val val_of(bytes from)
{
    return (MDB_val){from.len, (void *)(uintptr_t)from.at};
}

static bytes bytes_of_val(MDB_val val)
{
    return bytes_of(val.mv_data, val.mv_size);
}

static MDB_dbi table_of(const struct store_txn *txn, enum store_table table)
{
    return txn->store->tables[table];
}

/* What reading came to: entries point into the map. */
static loft_err was_read(int code, bytes *value, MDB_val data)
{
    *value = code ? BYTES_EMPTY : bytes_of_val(data);
    if (LIKELY(code == 0))
        return LOFT_OK;
    return code == MDB_NOTFOUND ? LOFT_ERR_NOT_FOUND
                                : store_failure(code, "read");
}

/* LMDB refuses a transaction after a failed write; the commit says why. */
static loft_err was_written(struct store_txn *txn, int code)
{
    if (LIKELY(code == 0))
        return LOFT_OK;
    loft_err err = store_failure(code, "write to");
    if (txn->failed == LOFT_OK)
        txn->failed = err;
    return err;
}

static MDB_val key_of(bytes key)
{
    ASSERT(key.len >= 1);
    ASSERT(key.len <= 511);
    return val_of(key);
}

loft_err store_get(struct store_txn *txn, bytes *value, enum store_table table,
                   bytes key)
{
    MDB_val at = key_of(key), data;
    int code = mdb_get(txn->txn, table_of(txn, table), &at, &data);
    return was_read(code, value, data);
}

/* For the redo log, before LMDB writes: the value may lie in a page that
 * changes then. */
static void note(struct store_txn *txn, enum redo_kind kind,
                 enum store_table table, bytes key, bytes value)
{
    ASSERT(txn->writes);
    txn->bytes += key.len + value.len;
    if (!txn->record)
        return;
    if (txn->record->len + key.len + value.len < txn->store->limits.record_max)
        redo_record_put(txn->record,
                        &(struct redo_write){kind, (uint8_t)table, key, value});
    else
        txn->record = NULL;
}

static int put(struct store_txn *txn, enum store_table table, bytes key,
               bytes value, unsigned flags)
{
    MDB_val at = key_of(key), data = val_of(value);
    return mdb_put(txn->txn, table_of(txn, table), &at, &data, flags);
}

loft_err store_put(struct store_txn *txn, enum store_table table, bytes key,
                   bytes value)
{
    note(txn, REDO_PUT, table, key, value);
    return was_written(txn, put(txn, table, key, value, 0));
}

loft_err store_append(struct store_txn *txn, enum store_table table, bytes key,
                      bytes value)
{
    note(txn, REDO_APPEND, table, key, value);
    int code = put(txn, table, key, value, MDB_APPEND);
    if (code == MDB_KEYEXIST) /* LMDB's word for: not above all others */
        code = put(txn, table, key, value, 0);
    return was_written(txn, code);
}

loft_err store_delete(struct store_txn *txn, enum store_table table, bytes key)
{
    note(txn, REDO_DELETE, table, key, BYTES_EMPTY);
    MDB_val at = key_of(key);
    int code = mdb_del(txn->txn, table_of(txn, table), &at, NULL);
    return code == MDB_NOTFOUND ? LOFT_OK : was_written(txn, code);
}

loft_err store_count(struct store_txn *txn, uint64_t *out,
                     enum store_table table)
{
    MDB_stat stat;
    int code = mdb_stat(txn->txn, table_of(txn, table), &stat);
    *out = code ? 0 : stat.ms_entries;
    return code ? store_failure(code, "read") : LOFT_OK;
}

loft_err store_cursor_open(struct store_cursor **out, struct store_txn *txn,
                           enum store_table table)
{
    MDB_cursor *cursor;
    int code = mdb_cursor_open(txn->txn, table_of(txn, table), &cursor);
    *out = NULL;
    if (code)
        return store_failure(code, "read");
    *out = MEMORY_NEW(struct store_cursor);
    **out = (struct store_cursor){cursor, txn, table};
    return LOFT_OK;
}

void store_cursor_close(struct store_cursor *cursor)
{
    if (!cursor)
        return;
    mdb_cursor_close(cursor->cursor);
    free(cursor);
}

static loft_err move(struct store_cursor *cursor, bytes *key, bytes *value,
                     bytes from, MDB_cursor_op how)
{
    MDB_val at = val_of(from), data;
    int code = mdb_cursor_get(cursor->cursor, &at, &data, how);
    *key = code ? BYTES_EMPTY : bytes_of_val(at);
    return was_read(code, value, data);
}

loft_err store_seek(struct store_cursor *cursor, bytes *key, bytes *value,
                    bytes from)
{
    ASSERT(from.len <= 511);
    return move(cursor, key, value, from, from.len ? MDB_SET_RANGE : MDB_FIRST);
}

loft_err store_next(struct store_cursor *cursor, bytes *key, bytes *value)
{
    return move(cursor, key, value, BYTES_EMPTY, MDB_NEXT);
}

loft_err store_last(struct store_cursor *cursor, bytes *key, bytes *value)
{
    return move(cursor, key, value, BYTES_EMPTY, MDB_LAST);
}

loft_err store_find(struct store_cursor *cursor, bytes *value, bytes key)
{
    MDB_val at = key_of(key), data;
    int code = mdb_cursor_get(cursor->cursor, &at, &data, MDB_SET);
    return was_read(code, value, data);
}

loft_err store_cursor_put(struct store_cursor *cursor, bytes key, bytes value)
{
    note(cursor->txn, REDO_PUT, cursor->table, key, value);
    MDB_val at = key_of(key), data = val_of(value);
    return was_written(cursor->txn,
                       mdb_cursor_put(cursor->cursor, &at, &data, 0));
}
