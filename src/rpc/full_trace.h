#pragma once
/* What the trace_ methods say of one execution: its output, the messages, what
 * it changed, and every instruction, as far as they are asked for.
 *
 * Source  OpenEthereum's JSON-RPC documentation, module trace.
 */
#include "codec/json.h"
#include "rpc/rpc.h"
#include "rpc/tx_tracer.h"

struct full_trace_kinds {
    bool trace, state_diff, vm_trace;
};

/* Reads ["trace", "stateDiff", "vmTrace"], which is, or is in, parameter
 * `at`. */
bool rpc_read_trace_kinds(struct rpc_call *call, struct full_trace_kinds *out,
                          const struct json *value, unsigned at);

/* A tracer that writes an object. with_hash: and the transaction's hash. */
struct tx_tracer *full_trace_new(struct arena *arena,
                                 const struct full_trace_kinds *kinds,
                                 bool with_hash);
