#pragma once
/* The options object of debug_trace… methods.
 *
 * Source  geth: TraceConfig and TraceCallConfig in eth/tracers/api.go.
 * Limits  a timeout is read and kept within the node's own, which ends every
 *         call that takes too long.
 */
#include "codec/json.h"
#include "rpc/rpc.h"
#include "rpc/tracers.h"

struct trace_options {
    const struct json *config; /* the object; NULL: none */
    bytes tracer;              /* empty: the instructions */
    const struct json *tracer_config;
};

/* Reads parameter `at`. */
bool rpc_param_trace_options(struct rpc_call *call, struct trace_options *out,
                             unsigned at);

/* The tracer that they ask for, in the arena. */
bool trace_options_new_tracer(struct rpc_call *call, struct arena *arena,
                              struct tx_tracer **out,
                              const struct trace_options *options);
