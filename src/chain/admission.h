#pragma once
/* Whether a transaction may be part of a block where it stands, and what its
 * sender pays in advance.
 *
 * Reads the overlay and changes nothing in it. The checks come in geth's
 * order, so that a transaction with several faults gets the same answer.
 */
#include "chain/executor.h"

struct admission {
    u256 gas_price; /* effective, wei a gas */
    u256 purchase;  /* wei taken before execution: gas and blob gas */
    struct intrinsic_gas intrinsic;
    uint64_t blob_gas;
    bool is_free; /* a simulated call that names no fees: none are due, and
                     the code sees a base fee of 0 */
    bool is_blob_free;
};

enum transaction_verdict
transaction_admit(struct admission *out, struct overlay *overlay,
                  const struct block_context *context,
                  const struct transaction *tx, const address *sender,
                  const struct execution_options *options);
