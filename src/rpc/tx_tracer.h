#pragma once
/* What watches one transaction and tells about it in JSON: the tracers that
 * debug_trace… and trace_… choose from.
 *
 * A tracer is made for one transaction (tx_tracer_new()), begins before its
 * gas is bought, hears of the run through its hooks, and writes its result at
 * the end. One that has grown too large stops listening; its `failure` then
 * says so, and what it wrote is void.
 *
 * Lifetime  a tracer and what it collects live in the arena it is given.
 * Limits    TRACE_BYTES_MAX of text that is written as it happens, and
 *           TRACE_KEPT_BYTES_MAX of what is kept until the end.
 */
#include "base/arena.h"
#include "chain/executor.h"
#include "codec/json_writer.h"
#include "evm/tracer.h"

#define TRACE_BYTES_MAX (48u << 20)
#define TRACE_KEPT_BYTES_MAX (24u << 20)

/* A transaction, and where it runs. */
struct traced {
    struct arena *arena;
    struct overlay *overlay; /* before the transaction, and in the end after */
    const struct block_context *context;
    enum evm_rules rules;
    const struct transaction *tx;
    const address *from;
    uint64_t first_log; /* logs of the block before it */
    struct json_writer *out;
    /* Of one that is in a block; NULL: it is not. */
    const hash32 *block_hash, *hash;
    uint64_t index;
};

struct tx_tracer;

struct tx_tracer_ops {
    void (*begin)(struct tx_tracer *, const struct traced *);
    /* Writes one value to traced.out. */
    void (*end)(struct tx_tracer *, const struct execution *);
    void (*fini)(struct tx_tracer *); /* may be NULL */
};

struct tx_tracer {
    struct evm_tracer evm; /* first */
    const struct tx_tracer_ops *ops;
    struct traced traced;
    const char *failure; /* static or in the arena */
};

static inline void tx_tracer_begin(struct tx_tracer *tracer,
                                   const struct traced *traced)
{
    tracer->traced = *traced;
    if (tracer->ops->begin)
        tracer->ops->begin(tracer, traced);
}

static inline void tx_tracer_end(struct tx_tracer *tracer,
                                 const struct execution *execution)
{
    tracer->ops->end(tracer, execution);
}

static inline void tx_tracer_fini(struct tx_tracer *tracer)
{
    if (tracer && tracer->ops->fini)
        tracer->ops->fini(tracer);
}

/* A copy of bytes for the tracer to keep; empty, and tracer->failure, where
 * that is more than it may. */
bytes tx_tracer_keep(struct tx_tracer *tracer, bytes from);

/* Says that the result is void for its size. */
void tx_tracer_overflow(struct tx_tracer *tracer);
