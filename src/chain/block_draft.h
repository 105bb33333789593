#pragma once
/* A block that is executed and sealed but not kept: a simulated one, the
 * pending one, a payload for others. Its state is an overlay over a view.
 *
 *     fill in run.executor, run.overlay, run.arena, state and block.header
 *     block_draft_init(&draft, config, fork);
 *     set run.context.block_hash and .chain, and what else differs
 *     block_draft_begin(&draft, count);
 *     block_draft_add(&draft, tx, raw, sender, NULL) for each;
 *     block_draft_end(&draft, &verdict);
 *     block_draft_fini(&draft);
 *
 * Several drafts on one overlay follow each other.
 *
 * Lifetime  what comes out lives in run.arena; the raw transactions where the
 *           caller has them.
 */
#include "chain/block_executor.h"
#include "state/state.h"

struct block_draft {
    struct block_run run;
    struct state_view *state; /* which the overlay reads */
    struct block block;       /* withdrawals are the caller's to set */
    struct buffer scratch;
};

void block_draft_init(struct block_draft *draft,
                      const struct chain_config *config, enum chain_fork fork);
MUST_USE loft_err block_draft_begin(struct block_draft *draft,
                                    size_t count_max);
/* On a verdict other than TX_OK nothing has changed. */
enum transaction_verdict block_draft_add(struct block_draft *draft,
                                         const struct transaction *tx,
                                         bytes raw, const address *sender,
                                         struct evm_tracer *tracer);
/* Fills in roots, sums and the hash. On a verdict other than BLOCK_OK the
 * block is none, and err_sentence() says why. */
MUST_USE loft_err block_draft_end(struct block_draft *draft,
                                  enum block_verdict *verdict);
void block_draft_fini(struct block_draft *draft);
