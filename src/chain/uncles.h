#pragma once
/* Whether a block's uncles may be there.
 *
 * Source  Yellow Paper 11.1; geth where the paper is silent.
 */
#include "chain/executor.h"
#include "store/store.h"

#define UNCLES_MAX 2
#define UNCLE_GENERATIONS                              \
    7 /* ancestors that may be an uncle's parent, from \
         the block's parent on; that one itself not */

/* The ancestors are read from the store, which must hold the parent.
 * *verdict counts if the result is LOFT_OK. */
MUST_USE loft_err uncles_validate(enum block_verdict *verdict,
                                  struct store_txn *txn,
                                  const struct chain_config *config,
                                  const struct block *block);
