/* 4byteTracer: how often each function selector was called, with how many
 * bytes of arguments.
 *
 * Source  geth: eth/tracers/native/4byte.go. */
#include <inttypes.h>
#include <stdio.h>

#include "base/map.h"
#include "evm/evm.h"
#include "rpc/tracers.h"

struct four_byte_tracer {
    struct tx_tracer tracer; /* first */
    struct map counts;       /* selector ‖ length -> how often */
};

static struct four_byte_tracer *tracer_of(void *tracer)
{
    return tracer;
}

/* Calls alone, for creations have no selector, and none to precompiles. */
static void on_enter(struct evm_tracer *tracer,
                     const struct evm_message *message)
{
    struct four_byte_tracer *four = tracer_of(tracer);
    enum evm_rules rules = four->tracer.traced.rules;
    uint8_t key[12];
    if (message->input.len < 4 || message->kind == EVM_CREATE ||
        message->kind == EVM_CREATE2 || four->tracer.failure ||
        evm_is_precompile(rules, &message->code_of))
        return;
    memcpy(key, message->input.at, 4);
    store_be64(key + 4, message->input.len - 4);
    uint64_t *count = map_put(&four->counts, key, NULL);
    ++*count;
    if ((size_t)four->counts.len * four->counts.entry_len >
        TRACE_KEPT_BYTES_MAX)
        tx_tracer_overflow(&four->tracer);
}

static void on_end(struct tx_tracer *tracer, const struct execution *execution)
{
    struct map *counts = &tracer_of(tracer)->counts;
    struct json_writer *out = tracer->traced.out;
    (void)execution;
    json_begin_object(out);
    MAP_FOR_EACH (i, counts) {
        char name[40];
        const uint8_t *key = map_key_at(counts, i);
        snprintf(name, sizeof name, "0x%08" PRIx32 "-%" PRIu64, load_be32(key),
                 load_be64(key + 4));
        json_key(out, name);
        json_put_u64(out, *(uint64_t *)map_value_at(counts, i));
    }
    json_end_object(out);
}

static void on_fini(struct tx_tracer *tracer)
{
    map_fini(&tracer_of(tracer)->counts);
}

static const struct tx_tracer_ops ops = {.end = on_end, .fini = on_fini};

loft_err four_byte_tracer_new(struct arena *arena, struct tx_tracer **out,
                              const struct json *config)
{
    (void)config;
    struct four_byte_tracer *made = ARENA_NEW(arena, struct four_byte_tracer);
    made->tracer.evm.enter = on_enter;
    made->tracer.ops = &ops;
    map_init(&made->counts, 12, sizeof(uint64_t));
    *out = &made->tracer;
    return LOFT_OK;
}
