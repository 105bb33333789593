#pragma once
/* Every table of the store: its name on disk, and what its keys and values
 * are. Sorted by key, as bytes. The number is part of no file: names are.
 *
 * A commit writes each page that has changed, with those above it in its table.
 * So what a block leaves behind goes to the end of one table, BLOCK: the
 * records that it changed, as they were (parts 0 and 1, state/flat.h), and the
 * block itself (parts 2 to 5, chain/block_store.h). META has no name: it is the
 * table where the roots of the others stand, which every commit writes. */

#define STORE_TABLES(X)                                                  \
    X(META, NULL)         /* word -> value: format version, head, … */ \
    X(ACCOUNT, "account") /* keccak(address) -> state/record.h */        \
    X(STORAGE, "storage") /* storage id ‖ keccak(slot) -> record */    \
    X(CODE, "code")       /* keccak(code) -> code */                     \
    X(TRIE, "trie")       /* trie id ‖ … -> state/disk_trie.h */     \
    X(BLOCK, "block")     /* number ‖ part ‖ … */                  \
    X(HASH, "hash")       /* a hash's front ‖ number ‖ … */        \
    X(POOL, "pool")       /* what waits to be mined: chain/pool_journal.h */

enum store_table {
#define X(name, text) STORE_##name,
    STORE_TABLES(X)
#undef X
        STORE_TABLE_COUNT
};
