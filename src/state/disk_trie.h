#pragma once
/* The tries on disk: stored branches above, flat tables below.
 *
 * A subtree of more than BUCKET_LEAVES_MAX leaves is large, and its 16 children
 * are counted and their references stored in the TRIE table. A smaller subtree
 * is a bucket: nothing is stored below it, and it is rebuilt from its leaves,
 * which lie side by side in the flat table. So a change rewrites no more of the
 * table than the few records above its bucket; and the table is a function of
 * the leaves alone, whatever order they came in.
 *
 * Two levels share a record, for each record is a page that a block writes. The
 * children of a large subtree of even depth have one each: the child, and where
 * it is large too, the child's own children. To renew the subtree's reference
 * its other children are read, not written: they are neighbours in the table,
 * as are all records near the root, where every change comes by.
 *
 *   key     trie id (8 bytes; 0: the accounts) ‖ depth of the child ‖ path to
 *           it, a byte a nibble
 *   value   child ‖ where it is large: 16 bits, one for each child of it, and
 *           these children
 *   child   leaves (4 bytes) ‖ length of the reference (1) ‖ reference, of 33
 *           bytes at most
 *
 * A large subtree with a single child stands for no node: the path just goes
 * on, and the child's reference is empty. The node is then an extension, which
 * begins at the child of the nearest branch above.
 *
 * Units   depths in nibbles.
 * Errors  LOFT_ERR_CORRUPT: the table does not fit the leaves.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "state/nodes.h"
#include "store/store.h"

#define BUCKET_LEAVES_MAX 32

/* The leaves of a trie in the order of their keys. */
struct leaf_source {
    void *context;
    /* The first leaf whose key is not below `from`, and each one after it, in
     * the arena; LOFT_ERR_NOT_FOUND after the last. */
    loft_err (*seek)(void *context, struct node_leaf *out, struct arena *arena,
                     bytes from);
    loft_err (*next)(void *context, struct node_leaf *out, struct arena *arena);
};

/* A key, of 32 bytes, whose leaf is new or gone or has changed. */
struct leaf_change {
    const uint8_t *key;
    int delta; /* 1: the leaf is new; -1: it is gone; 0: it has changed */
};

struct disk_trie {
    struct store_txn *txn;
    uint64_t id;
    struct leaf_source *leaves;
};

/* Brings the records up to date with the leaves, which have changed in the
 * keys given (sorted, distinct), and says the root. */
MUST_USE loft_err disk_trie_update(const struct disk_trie *trie, hash32 *root,
                                   const struct leaf_change *changes,
                                   size_t count);

/* The same, except that nothing is written, and the nodes on the way to `key`
 * are given back, in the arena. The key is among those of the changes, with
 * delta 0 where nothing changed. */
struct disk_trie_proof {
    const bytes *nodes; /* from the root down */
    size_t count;
};
MUST_USE loft_err disk_trie_prove(struct arena *arena,
                                  const struct disk_trie *trie, hash32 *root,
                                  struct disk_trie_proof *proof, bytes key,
                                  const struct leaf_change *changes,
                                  size_t count);
