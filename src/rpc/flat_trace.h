#pragma once
/* The tree of messages laid out flat, each with its way from the root: the
 * shape of OpenEthereum's trace_ methods and of geth's flatCallTracer.
 *
 * Source  geth: eth/tracers/native/call_flat.go; OpenEthereum's JSON-RPC
 *         documentation, module trace.
 */
#include "rpc/call_trace.h"

struct flat_trace_options {
    bool convert_errors;   /* to OpenEthereum's words */
    bool with_place;       /* block and transaction in every element */
    bool is_open_ethereum; /* where geth's tracer differs: a result of null
                              where there is none by nature, and one word for
                              all failures of precompiles */
};

/* As OpenEthereum has them, of transactions that are in a block. */
extern const struct flat_trace_options OPEN_ETHEREUM_TRACES;
extern const struct call_trace_options OPEN_ETHEREUM_CALLS;

/* What of the block and transaction goes into each element. */
struct flat_place {
    const hash32 *block_hash, *transaction_hash; /* NULL: null */
    uint64_t block_number, position;
};

/* One frame as an object. */
void flat_trace_put_frame(struct json_writer *out,
                          const struct call_frame *frame,
                          const struct flat_place *place,
                          const struct flat_trace_options *options);

/* The whole tree as the elements of an array that is open. */
void flat_trace_put(struct json_writer *out, const struct call_frame *root,
                    const struct flat_place *place,
                    const struct flat_trace_options *options);

/* The place of a transaction that is in a block. */
struct flat_place flat_place_of(const struct traced *traced);
