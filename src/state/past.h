#pragma once
/* A trie of the state as it was after a block, or as it would be after some
 * changes to that: computed from the records of today over other leaves, which
 * differ in the keys that history or the caller names. For the state's own
 * files.
 *
 * Lifetime  between init and fini the transaction is only read.
 */
#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "state/disk_trie.h"
#include "store/store.h"

/* A leaf as it was; an empty value: it was not there. */
struct past_leaf {
    const uint8_t *key;
    bytes value;
};

struct past {
    struct arena arena;
    struct store_txn *txn;
    uint64_t id;     /* of the trie: 0 for the accounts */
    struct map seen; /* hash -> position in both lists */
    VEC(struct past_leaf) leaves;
    VEC(struct leaf_change) changes;
};

void past_init(struct past *past, struct store_txn *txn, uint64_t id);
void past_fini(struct past *past);

/* Goes back to block `number`; STATE_NEWEST stays where it is.
 * LOFT_ERR_LIMIT: further than blocks_max. */
MUST_USE loft_err past_gather(struct past *past, uint64_t number,
                              uint64_t blocks_max);

/* Gives the key this leaf instead; an empty value: none. The value is
 * copied. */
MUST_USE loft_err past_put(struct past *past, const hash32 *key, bytes value);

/* The root, and the nodes on the way to `key`, in the arena. The last call on
 * a past. */
MUST_USE loft_err past_prove(struct arena *arena, struct past *past,
                             hash32 *root, struct disk_trie_proof *proof,
                             const hash32 *key);
