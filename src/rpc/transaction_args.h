#pragma once
/* The object by which eth_call, eth_estimateGas and eth_sendTransaction
 * describe a transaction.
 *
 * Source    execution-apis, GenericTransaction; geth's checks and texts.
 * Lifetime  what is read lives in the call's arena.
 */
#include "chain/transaction.h"
#include "rpc/rpc.h"

struct transaction_args {
    struct transaction tx; /* what was given, zeros for the rest */
    address from;          /* zero where it is left out */
    bool has_gas, has_gas_price, has_max_fee, has_priority_fee, has_nonce,
        has_blob_fee, has_from;
};

/* Reads parameter `at`, and gives the transaction the type that its fields ask
 * for. */
bool rpc_param_transaction(struct rpc_call *call, struct transaction_args *out,
                           unsigned at);
/* The same of an object that parameter `at` holds. */
bool rpc_read_transaction(struct rpc_call *call, struct transaction_args *out,
                          const struct json *object, unsigned at);
