#pragma once
/* Every table of the store: its name on disk, and what its keys and values
 * are. Sorted by key, as bytes. The number is part of no file: names are. */

#define STORE_TABLES(X)                                                  \
    X(META, "meta")       /* word -> value: format version, head, … */ \
    X(ACCOUNT, "account") /* keccak(address) -> state/record.h */        \
    X(STORAGE, "storage") /* storage id ‖ keccak(slot) -> record */    \
    X(CODE, "code")       /* keccak(code) -> code */                     \
    X(TRIE, "trie")       /* trie id ‖ path -> state/disk_trie.h */    \
    X(CHANGED, "changed") /* block ‖ key -> record before, record.h */ \
    X(BLOCK, "block")     /* number ‖ …: chain/block_store.h */      \
    X(NUMBER, "number")   /* block hash -> number */                     \
    X(TRANSACTION, "transaction") /* its hash's front ‖ number ‖ index */

enum store_table {
#define X(name, text) STORE_##name,
    STORE_TABLES(X)
#undef X
        STORE_TABLE_COUNT
};
