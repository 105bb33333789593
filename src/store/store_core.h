#pragma once
/* The store's inside, for its own files. */
#include <lmdb.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/vec.h"
#include "store/growth.h"
#include "store/redo.h"
#include "store/store.h"

struct store {
    MDB_env *env;
    _Atomic(struct store_txn *) spare; /* a reader that rests, or NULL */
    struct growth growth;
    struct redo_limits limits;
    struct redo *redo; /* NULL: commits need not be durable */
    int lock;
    atomic_uint readers;
    MDB_dbi tables[STORE_TABLE_COUNT];
    enum store_durability durability;
    struct buffer record; /* of the write transaction; its room stays */
};

struct store_txn {
    MDB_txn *txn;
    struct store *store;
    uint64_t bytes;        /* of the entries written */
    struct buffer *record; /* what is written goes there, too; or NULL */
    loft_err failed;       /* of the first write that failed */
    bool writes;
};

/* What LMDB's or the system's code means, with a sentence. */
loft_err store_failure(int code, const char *what);
