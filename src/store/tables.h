#pragma once
/* Every table of the store: its name on disk, and what its keys and values
 * are. Sorted by key, as bytes. The number is part of no file: names are. */

#define STORE_TABLES(X)                                                      \
    X(META, "meta")           /* word -> value: format version, head, … */ \
    X(ACCOUNT, "account")     /* keccak(address) -> state/account.h */       \
    X(STORAGE, "storage")     /* storage id ‖ keccak(slot) -> value */     \
    X(CODE, "code")           /* keccak(code) -> code */                     \
    X(TRIE, "trie")           /* path -> branch node, state/trie.c */        \
    X(PREIMAGE, "preimage")   /* keccak(key) -> address or slot */           \
    X(CHANGED, "changed")     /* block ‖ key -> the record before it */    \
    X(HEADER, "header")       /* block hash -> header in RLP, and sums */    \
    X(BODY, "body")           /* block hash -> transactions, … in RLP */   \
    X(RECEIPTS, "receipts")   /* block hash -> receipts in RLP */            \
    X(CANONICAL, "canonical") /* number -> block hash */                     \
    X(TRANSACTION, "transaction") /* hash -> number ‖ index */

enum store_table {
#define X(name, text) STORE_##name,
    STORE_TABLES(X)
#undef X
        STORE_TABLE_COUNT
};
