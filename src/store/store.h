#pragma once
/* Tables of byte keys and values on disk, sorted by key, over LMDB.
 *
 * One writer at a time and any number of readers; a reader sees the store as
 * it was when it began and waits for nobody.
 *
 * Lifetime  a value points into the file's memory map: good until its
 *           transaction ends or, in a write transaction, writes again.
 * Threads   share struct store; keep a transaction on the thread that began
 *           it, and keep reads short: they hold freed pages back.
 * Limits    keys of 1 to 511 bytes, values below 4 GiB, bytes_max on disk,
 *           STORE_READERS_MAX transactions that read at the same time.
 * Errors    LOFT_ERR_IO, _FULL, _CORRUPT everywhere; others where named. A
 *           full disk is LOFT_ERR_FULL; where the disk's bound is a resource
 *           limit, the program ignores SIGXFSZ.
 */
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "store/tables.h"

#define STORE_READERS_MAX 512

struct redo_limits;
struct store;
struct store_txn;
struct store_cursor;

/* When a commit is on disk. A crash before loses whole commits from the end,
 * never a part of one; none of them where the process alone has ended. */
enum store_durability {
    STORE_DURABLE, /* after store_sync(), and on its way from the commit on */
    STORE_GROUP,   /* after store_sync(), which many commits may share */
    STORE_DEV,     /* some time: no crash of the machine is provided for */
};

struct store_options {
    enum store_durability durability;
    uint64_t bytes_max; /* the file grows up to here, 0: what the disk has */
    const struct redo_limits *redo; /* of the redo log; NULL: REDO_LIMITS */
};

/* Opens the store in the folder `dir`, making an empty one if there is none.
 * LOFT_ERR_BUSY: another process has it open. LOFT_ERR_CORRUPT: the file is
 * torn or not ours. */
MUST_USE loft_err store_open(struct store **out, const char *dir,
                             const struct store_options *options);
void store_close(struct store *store); /* NULL is fine */

/* LOFT_ERR_LIMIT: as many are reading as may. */
MUST_USE loft_err store_begin_read(struct store *store, struct store_txn **out);
MUST_USE loft_err store_begin_write(struct store *store,
                                    struct store_txn **out);

/* Ends txn, whatever it returns. On an error nothing of it was kept. */
MUST_USE loft_err store_commit(struct store_txn *txn);
void store_abort(struct store_txn *txn); /* NULL is fine */

/* Makes all earlier commits durable. */
MUST_USE loft_err store_sync(struct store *store);

/* LOFT_ERR_NOT_FOUND leaves *value empty and says no sentence. */
MUST_USE loft_err store_get(struct store_txn *txn, bytes *value,
                            enum store_table table, bytes key);
MUST_USE loft_err store_put(struct store_txn *txn, enum store_table table,
                            bytes key, bytes value);

/* As store_put(), and cheaper where key is above all keys of the table. */
MUST_USE loft_err store_append(struct store_txn *txn, enum store_table table,
                               bytes key, bytes value);

/* A key that is not there is fine. */
MUST_USE loft_err store_delete(struct store_txn *txn, enum store_table table,
                               bytes key);

/* Writes the store, as one moment finds it, to a new file `data.mdb` of another
 * folder, and syncs it; others read and write meanwhile. */
MUST_USE loft_err store_copy(struct store *store, int fd);

/* The number of entries. */
MUST_USE loft_err store_count(struct store_txn *txn, uint64_t *out,
                              enum store_table table);

/* Walks a table in order. The cursor ends before its transaction. */
MUST_USE loft_err store_cursor_open(struct store_cursor **out,
                                    struct store_txn *txn,
                                    enum store_table table);
void store_cursor_close(struct store_cursor *cursor); /* NULL is fine */

/* The first entry whose key is not below `from`; LOFT_ERR_NOT_FOUND: none. */
MUST_USE loft_err store_seek(struct store_cursor *cursor, bytes *key,
                             bytes *value, bytes from);
MUST_USE loft_err store_next(struct store_cursor *cursor, bytes *key,
                             bytes *value);
MUST_USE loft_err store_last(struct store_cursor *cursor, bytes *key,
                             bytes *value);

/* The very entry; LOFT_ERR_NOT_FOUND as store_get(). */
MUST_USE loft_err store_find(struct store_cursor *cursor, bytes *value,
                             bytes key);

/* As store_put(), and cheaper where the cursor is near the key. */
MUST_USE loft_err store_cursor_put(struct store_cursor *cursor, bytes key,
                                   bytes value);
