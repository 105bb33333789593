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
    X(HEADER, "header")       /* the chain's: chain/block_store.h */         \
    X(BODY, "body")           /* number ‖ hash -> the block's RLP */       \
    X(RECEIPTS, "receipts")   /* number ‖ hash -> receipts */              \
    X(NUMBER, "number")       /* block hash -> number */                     \
    X(CANONICAL, "canonical") /* number -> block hash */                     \
    X(TRANSACTION, "transaction") /* its hash's front ‖ number ‖ index */

enum store_table {
#define X(name, text) STORE_##name,
    STORE_TABLES(X)
#undef X
        STORE_TABLE_COUNT
};
