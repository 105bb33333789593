#pragma once
/* What a transaction changed, account by account: "stateDiff" of the trace_
 * methods.
 *
 * Source  OpenEthereum's JSON-RPC documentation, module trace.
 */
#include "rpc/prestate.h"

/* An object, from the overlay as the transaction left it. */
void state_diff_put(struct json_writer *out, const struct prestate *prestate);
