/* Blocks that move together once the old records between them are gone. */
#include "chain/block_store.h"

/* LMDB keeps what does not fit into a page twice apart from the others. */
#define PACKED_BYTES_MAX 1900

struct row {
    bytes key, value;
};

typedef VEC(struct row) row_list;

static loft_err collect(row_list *rows, struct arena *arena,
                        struct store_txn *txn, uint64_t from, uint64_t to)
{
    struct store_cursor *cursor;
    uint8_t lowest[8];
    bytes key, value;
    store_be64(lowest, from);
    TRY(store_cursor_open(&cursor, txn, STORE_BLOCK));
    loft_err err = store_seek(cursor, &key, &value,
                              bytes_of(lowest, sizeof lowest));
    for (; err == LOFT_OK && key.len > 8 && load_be64(key.at) <= to;
         err = store_next(cursor, &key, &value)) {
        struct row row = {arena_copy(arena, key), BYTES_EMPTY};
        if (value.len > PACKED_BYTES_MAX)
            continue;
        row.value = arena_copy(arena, value);
        VEC_PUSH(rows, row);
    }
    store_cursor_close(cursor);
    return err == LOFT_ERR_NOT_FOUND ? LOFT_OK : err;
}

/* All go before the first comes back, so that their pages are given up. */
static loft_err write_anew(const row_list *rows, struct store_txn *txn)
{
    for (size_t i = 0; i < rows->len; i++)
        TRY(store_delete(txn, STORE_BLOCK, rows->at[i].key));
    for (size_t i = 0; i < rows->len; i++)
        TRY(store_put(txn, STORE_BLOCK, rows->at[i].key, rows->at[i].value));
    return LOFT_OK;
}

loft_err block_store_pack(struct store_txn *txn, uint64_t from, uint64_t to)
{
    row_list rows = {0};
    struct arena arena;
    arena_init(&arena);
    loft_err err = collect(&rows, &arena, txn, from, to);
    if (err == LOFT_OK)
        err = write_anew(&rows, txn);
    VEC_FREE(&rows);
    arena_fini(&arena);
    return err;
}
