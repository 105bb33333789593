#pragma once
/* The messages of a transaction as a tree, as geth's callTracer sees them:
 * calls, creations and self-destructions, with their logs. What callTracer,
 * flatCallTracer, the trace_ and the ots_ methods show is made from it.
 *
 * Source  geth: eth/tracers/native/call.go.
 */
#include "rpc/tx_tracer.h"

enum call_frame_kind {
    FRAME_CALL,
    FRAME_CALLCODE,
    FRAME_DELEGATECALL,
    FRAME_STATICCALL,
    FRAME_CREATE,
    FRAME_CREATE2,
    FRAME_SELFDESTRUCT,
};

/* "DELEGATECALL" */
const char *call_frame_kind_text(enum call_frame_kind kind);

struct call_frame_log {
    address emitter;
    unsigned topic_count;
    hash32 topics[4];
    bytes data;
    uint64_t index;    /* in the block */
    uint64_t position; /* calls of the same frame before it */
    struct call_frame_log *next;
};

struct call_frame {
    enum call_frame_kind kind;
    address from, to;
    bool has_to, has_value;
    u256 value;
    uint64_t gas, gas_used;
    bytes input, output;
    const char *error; /* NULL: none */
    bool is_reverted;  /* the error is a revert */
    bool is_precompile;
    const char *revert_reason; /* NULL: none */
    struct call_frame_log *logs, *last_log;
    struct call_frame *parent, *calls, *last_call, *next, *previous;
    uint64_t call_count;
    uint64_t position; /* among its parent's calls */
    bool is_void;      /* it failed, or one around it did */
};

struct call_trace_options {
    bool only_top;
    bool with_log;
    bool drop_precompiles; /* calls and static calls to them */
    bool plain_root; /* its gas is the message's, as OpenEthereum has it; not
                        the transaction's */
};

struct call_trace {
    struct tx_tracer tracer; /* first */
    struct call_trace_options options;
    struct call_frame *root, *open; /* NULL before and after the run */
    int depth;
    bool has_fault; /* of the frame that ends next */
    const char *fault;
    uint64_t log_index;
    /* By depth: the log_index that a failure goes back to. */
    uint64_t marks[EVM_DEPTH_MAX + 2];
};

/* The next frame of a walk through the tree, each before its calls; NULL after
 * the last. */
struct call_frame *call_frame_next(const struct call_frame *frame);

/* Sets the hooks; the caller sets tracer.ops, whose begin and end call these
 * two. */
void call_trace_init(struct call_trace *trace,
                     const struct call_trace_options *options);
void call_trace_begin(struct call_trace *trace);
void call_trace_end(struct call_trace *trace,
                    const struct execution *execution);

/* Who is shown the tree of a transaction when it has ended. */
struct call_visitor {
    void (*visit)(struct call_visitor *, const struct traced *,
                  const struct call_frame *root);
};

/* A tracer that shows it and writes nothing. The tree has a root. */
struct tx_tracer *call_visit_new(struct arena *arena,
                                 const struct call_trace_options *options,
                                 struct call_visitor *visitor);
