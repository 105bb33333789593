#include "rpc/rpc_counters.h"

#include <stdlib.h>
#include <time.h>

#include "base/assert.h"
#include "base/memory.h"
#include "rpc/rpc.h"

void rpc_counters_init(struct rpc_counters *counters,
                       const struct rpc_method *methods, size_t count)
{
    counters->methods = methods;
    counters->count = count;
    counters->at = memory_zalloc(count * sizeof *counters->at);
    for (size_t i = 0; i < count; i++)
        counters->at[i].name = methods[i].name;
    atomic_init(&counters->unknown, 0);
}

void rpc_counters_fini(struct rpc_counters *counters)
{
    free(counters->at);
    *counters = (struct rpc_counters){0};
}

uint64_t rpc_counters_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void add(atomic_uint_fast64_t *counter, uint64_t more)
{
    atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

void rpc_counters_add_unknown(struct rpc_counters *counters)
{
    add(&counters->unknown, 1);
}

void rpc_counters_add(struct rpc_counters *counters,
                      const struct rpc_method *method, uint64_t began_ns,
                      bool failed)
{
    size_t place = (size_t)(method - counters->methods);
    ASSERT(place < counters->count);
    struct rpc_counter *counter = &counters->at[place];
    add(&counter->calls, 1);
    add(&counter->nanoseconds, rpc_counters_now() - began_ns);
    if (failed)
        add(&counter->failures, 1);
}
