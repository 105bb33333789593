#pragma once
/* Calls about blocks that are before the chain's base: the node that has them
 * is asked, with the call as it came, and its answer is passed on.
 *
 * What a call is about is read from its parameters' names: "block" by number
 * or tag, "blockHash" and "transactionHash". Of the base itself the state is
 * here, and all else there.
 *
 * Threads  forward_call() waits for the other node: a worker's.
 */
#include "rpc/rpc.h"

enum forward {
    FORWARD_NEVER,
    FORWARD_AT_ONCE,
    FORWARD_IF_MISSING, /* where the answer is null, or a failure */
};

/* The parameters were read. */
enum forward forward_of(struct rpc_call *call, const struct rpc_method *method);

/* Whether a result, as it is written, says that there is no such thing. */
bool forward_is_missing(bytes result);

/* Writes the other node's result; false: its failure, or ours. */
bool forward_call(struct rpc_call *call, const struct rpc_method *method);

/* Writes the logs of blocks up to the base's that match the filter, which is
 * the call's first parameter, as elements of an array that is open. */
bool forward_logs(struct rpc_call *call, uint64_t from, uint64_t to);
