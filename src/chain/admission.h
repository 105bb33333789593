#pragma once
/* Whether a transaction may be part of a block where it stands, and what its
 * sender pays in advance.
 *
 * Reads the overlay and changes nothing in it. The checks come in geth's
 * order, so that a transaction with several faults gets the same answer.
 */
#include "chain/executor.h"

#define BLOBS_PER_TRANSACTION_MAX 6             /* EIP-7594 */
#define TRANSACTION_GAS_MAX (UINT64_C(1) << 24) /* EIP-7825 */
#define INITCODE_BYTES_MAX 49152                /* EIP-3860 */
#define BLOB_HASH_VERSION_KZG 0x01              /* EIP-4844 */

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
