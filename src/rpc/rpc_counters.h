#pragma once
/* How often each method was called, how often it failed, and how long it ran:
 * for whoever watches the node.
 *
 * Units    nanoseconds, of the clock on the wall, inside the method: a block
 *          that a reply waits for is not in it.
 * Threads  any may count and read.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rpc_counter {
    const char *name; /* of the method */
    atomic_uint_fast64_t calls, failures, nanoseconds;
};

struct rpc_method;

struct rpc_counters {
    const struct rpc_method *methods;
    size_t count;
    struct rpc_counter *at;       /* one a method, in their order */
    atomic_uint_fast64_t unknown; /* calls of methods that there are not */
};

void rpc_counters_init(struct rpc_counters *counters,
                       const struct rpc_method *methods, size_t count);
void rpc_counters_fini(struct rpc_counters *counters);

/* For a call that has ended; began_ns is what rpc_counters_now() was before
 * it. */
uint64_t rpc_counters_now(void);
void rpc_counters_add(struct rpc_counters *counters,
                      const struct rpc_method *method, uint64_t began_ns,
                      bool failed);
void rpc_counters_add_unknown(struct rpc_counters *counters);
