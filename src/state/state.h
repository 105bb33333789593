#pragma once
/* The world state on disk: flat tables of accounts and storage, which are the
 * truth; beside them a trie of branch nodes, so that a block's root costs work
 * in proportion to what it changed; and a history, so that any past block can
 * be read and the newest ones undone.
 *
 * Each step of the state has a number, one more than the step before. A step
 * is a block, or a change outside of blocks (chain_amend()), so that a chain
 * says which step a block is.
 *
 * All calls take the transaction of the block they belong to: what they write
 * is there whole or not at all.
 *
 * Nothing is kept in memory from block to block: the store's map is the cache,
 * and a transaction that is given up takes with it all that was written.
 *
 * Threads  those of the store's transactions; each reader has a struct
 *          state_view of its own.
 */
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "state/overlay.h"
#include "state/source.h"
#include "state/trie.h"
#include "store/store.h"

struct state;

struct state_options {
    bool keep_preimages; /* records say whose they are */
    bool keep_history;   /* past blocks can be read and undone; without it,
                            storage that is cleared still takes its room */
    bool is_over_base;   /* see state_view.base; needs the history */
};

MUST_USE loft_err state_open(struct state **out, struct store *store,
                             const struct state_options *options);
void state_close(struct state *state); /* NULL is fine */

/* Carries an overlay's changes into the tables as part of block `number`, and
 * says the new root. Several calls for one block add up (before Byzantium
 * each transaction has a root of its own); the overlay is reset in between,
 * for what it was read from has moved on. The first block applied to an empty
 * state has no history: it cannot be undone.
 * LOFT_ERR_USAGE: the number is below the newest one's. */
MUST_USE loft_err state_apply(struct state *state, struct store_txn *txn,
                              const struct overlay *overlay, uint64_t number,
                              hash32 *root);

/* The number of the newest step. */
MUST_USE loft_err state_newest(struct store_txn *txn, uint64_t *number);

/* Undoes block `number`. LOFT_ERR_USAGE: it is not the newest one.
 * LOFT_ERR_NOT_FOUND: its history was not kept. */
MUST_USE loft_err state_unwind(struct state *state, struct store_txn *txn,
                               uint64_t number, hash32 *root);

/* The oldest step that can be read and gone back to. */
MUST_USE loft_err state_history_from(struct store_txn *txn, uint64_t *number);

/* Makes history begin at step `from`, or at the newest one where that is
 * older: what was before it can be read no more. Does so much of it that a
 * transaction stays short, and says whether that was all. Storage that was
 * cleared still takes its room. */
#define STATE_PRUNE_WORK_MAX 4096 /* old records and steps */
MUST_USE loft_err state_prune(struct store_txn *txn, uint64_t from, bool *done);

/* The root as the trie table has it, and computed anew from the flat tables
 * alone, which takes time in proportion to the state. */
MUST_USE loft_err state_root(struct store_txn *txn, hash32 *root);
MUST_USE loft_err state_recompute_root(struct store_txn *txn, hash32 *root);

/* A source that reads the tables inside txn: as they are, or as they were
 * after block `number`. Made anew once txn has written to the state. */
struct state_view {
    struct state_source source;
    struct store_txn *txn;
    uint64_t number; /* STATE_NEWEST, or a past block */
    /* NULL, or another state, which never changes: what the tables hold are
     * the differences from it, and all that they say nothing of is read
     * there. The root is that of the differences alone. Set after init. */
    struct state_source *base;
    bool has_last; /* of the account that was read last: */
    address last;
    uint64_t last_storage_id;
    bool last_in_base; /* slots without a record are the base's */
};
#define STATE_NEWEST UINT64_MAX

/* LOFT_ERR_NOT_FOUND: history does not reach back to there. */
MUST_USE loft_err state_view_init(struct state_view *view,
                                  struct store_txn *txn, uint64_t number);

/* eth_getProof: the nodes from the root down to the account, and to slots in
 * its storage, at the view's block; all in the arena. LOFT_ERR_LIMIT: a past
 * block further back than STATE_PROOF_BLOCKS_MAX. */
#define STATE_PROOF_BLOCKS_MAX 128
struct state_proof {
    const bytes *nodes;
    size_t count;
};
MUST_USE loft_err state_prove_account(struct arena *arena,
                                      struct state_view *view,
                                      const address *who, hash32 *storage_root,
                                      struct state_proof *proof);
MUST_USE loft_err state_prove_slot(struct arena *arena, struct state_view *view,
                                   const address *who, const u256 *key,
                                   struct state_proof *proof);

/* The root of an account's storage at the view's block; over a base, that of
 * the differences. */
MUST_USE loft_err state_storage_root(struct state_view *view, hash32 *root,
                                     const address *who);

/* The root of the state that the view shows with the overlay's changes made to
 * it; nothing is written. LOFT_ERR_LIMIT: a past block further back than
 * STATE_ROOT_BLOCKS_MAX. */
#define STATE_ROOT_BLOCKS_MAX 8192
MUST_USE loft_err state_root_after(struct state_view *view,
                                   const struct overlay *overlay, hash32 *root);

/* Every account, or every slot of one that is not zero, at the view's block, in
 * the order of their hashes and from `from` on. The address and the key are
 * NULL where they were not kept. Stops at the first error of a visit, which it
 * returns. */
typedef loft_err state_visit_account(void *context, const hash32 *hash,
                                     const address *who,
                                     const struct state_account *account);
MUST_USE loft_err state_each_account(struct state_view *view,
                                     const hash32 *from,
                                     state_visit_account *visit, void *context);

typedef loft_err state_visit_slot(void *context, const hash32 *hash,
                                  const u256 *key, u256 value);
MUST_USE loft_err state_each_slot(struct state_view *view, const address *who,
                                  const hash32 *from, state_visit_slot *visit,
                                  void *context);
