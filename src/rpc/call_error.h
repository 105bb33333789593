#pragma once
/* How simulations say that a call failed, or could not be made.
 *
 * Source  execution-apis, eth_simulateV1: error codes; geth for the texts.
 */
#include "chain/executor.h"
#include "rpc/rpc.h"

/* The code for a transaction that no block can have. */
int simulated_verdict_code(enum transaction_verdict verdict);

/* "error" of a call that failed, into an object that is open. fault: why;
 * NULL: it reverted, with this output. */
void put_call_error(struct rpc_call *call, const char *fault, bytes output,
                    bool is_capped);
