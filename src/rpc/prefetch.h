#pragma once
/* On a fork, what a call on the loop is about to read of the other node: a
 * worker fetches it first. So a node that is slow, or gone, keeps those waiting
 * who ask for what it alone has, and nobody else.
 *
 * A transaction is tried on the pending block, which reads what it will read
 * when it is mined. It may read something else then: the loop waits for that.
 *
 * Threads  the loop's.
 */
#include "rpc/rpc.h"

/* Whether a call that begins on the loop has something to fetch. */
bool prefetch_is_due(const struct rpc_call *call,
                     const struct rpc_method *method);

/* The call goes to a worker, and comes back to begin, or is answered there.
 * Returns false. */
bool prefetch(struct rpc_call *call, const struct rpc_method *method);
