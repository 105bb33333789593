/* Keeping history short. */
#include "chain/chain_core.h"

static loft_err read_steps(struct store_txn *txn, uint64_t number,
                           uint64_t *wanted, uint64_t *is)
{
    TRY(block_store_state(txn, wanted, number));
    return state_history_from(txn, is);
}

/* The step that history may begin with, and where it does begin. */
static loft_err look(struct chain *chain, uint64_t number, uint64_t *wanted,
                     uint64_t *is)
{
    struct store_txn *txn;
    if (chain->is_grouping)
        return read_steps(chain->txn, number, wanted, is);
    TRY(store_begin_read(chain->store, &txn));
    loft_err err = read_steps(txn, number, wanted, is);
    store_abort(txn);
    return err;
}

static loft_err prune(struct chain *chain, uint64_t from, uint64_t to,
                      bool *done)
{
    uint64_t is;
    TRY(state_prune(chain->txn, to, done));
    TRY(state_history_from(chain->txn, &is));
    return block_store_pack(chain->txn, from + 1, is);
}

loft_err chain_prune(struct chain *chain, uint64_t keep_blocks, bool *done)
{
    uint64_t head = chain->head.number, wanted, is;
    *done = true;
    if (head < chain->first || head - chain->first <= keep_blocks)
        return LOFT_OK;
    TRY(look(chain, head - keep_blocks, &wanted, &is));
    if (wanted < is || wanted - is < CHAIN_PRUNE_STEPS)
        return LOFT_OK;
    TRY(chain_begin(chain));
    return chain_finish(chain, prune(chain, is, wanted, done));
}
