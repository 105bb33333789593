/* Any bytes as code, under every tracer: each run comes to what an unwatched
 * one comes to, each result is JSON, and instructions say of gas what was
 * used.
 *
 * The first byte says which fork's rules. */
#include "base/assert.h"
#include "codec/json.h"
#include "rpc/full_trace.h"
#include "rpc/test/traced_program.h"
#include "rpc/tracers.h"

#define GAS 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct arena arena;

static const struct {
    const char *name, *config;
} tracers[] = {
    {"", "{\"enableMemory\":true,\"enableReturnData\":true}"},
    {"", "{\"disableStack\":true,\"disableStorage\":true,\"limit\":1000}"},
    {"callTracer", "{\"withLog\":true}"},
    {"callTracer", "{\"onlyTopCall\":true,\"withLog\":true}"},
    {"flatCallTracer", "{}"},
    {"prestateTracer", "{}"},
    {"prestateTracer", "{\"diffMode\":true}"},
    {"4byteTracer", "{}"},
    {"muxTracer",
     "{\"callTracer\":{},\"prestateTracer\":{},\"noopTracer\":{}}"},
    {"full", "{}"},
};

static struct tx_tracer *make(size_t at)
{
    const struct json *config = NULL;
    struct tx_tracer *tracer = NULL;
    bytes name = bytes_str(tracers[at].name);
    loft_err code = json_parse(&config, &arena, bytes_str(tracers[at].config),
                               &JSON_FROM_PEER);
    ASSERT(code == LOFT_OK);
    if (bytes_equal(name, bytes_str("full")))
        return full_trace_new(
            &arena, &(struct full_trace_kinds){true, true, true}, false);
    code = name.len ? tx_tracer_by_name(&arena, &tracer, name, config)
                    : struct_log_new(&arena, &tracer, config);
    ASSERT(code == LOFT_OK);
    return tracer;
}

static uint64_t number(const struct json *object, const char *key)
{
    uint64_t value = 0;
    loft_err code = json_get_u64(&value, object, key);
    ASSERT(code == LOFT_OK);
    return value;
}

/* Gas falls, within a frame, by what each instruction cost. */
static void check_steps(const struct json *result, uint64_t used)
{
    const struct json *logs = json_get(result, "structLogs");
    ASSERT(number(result, "gas") == used);
    for (size_t i = 0; i + 1 < json_len(logs); i++) {
        const struct json *at = json_at(logs, i), *next = json_at(logs, i + 1);
        bytes op;
        loft_err code = json_get_string(&op, at, "op");
        ASSERT(code == LOFT_OK);
        bool is_call = op.len >= 4 &&
                       (memmem(op.at, op.len, "CALL", 4) ||
                        memmem(op.at, op.len, "CREATE", 6)) &&
                       !memmem(op.at, op.len, "CALLD", 5) &&
                       !memmem(op.at, op.len, "CALLER", 6) &&
                       !memmem(op.at, op.len, "CALLVALUE", 9);
        if (is_call || number(at, "depth") != number(next, "depth"))
            continue;
        ASSERT(number(at, "gas") - number(at, "gasCost") ==
               number(next, "gas"));
    }
}

static void check(size_t at, enum chain_fork fork, bytes code,
                  const struct execution *plain)
{
    struct buffer out = {0};
    const struct json *result = NULL;
    struct tx_tracer *tracer = make(at);
    struct execution traced = traced_program_run(&arena, &out, tracer, fork,
                                                 code, GAS);
    ASSERT(traced.verdict == plain->verdict);
    ASSERT(traced.status == plain->status);
    ASSERT(traced.why == plain->why);
    ASSERT(traced.gas_used == plain->gas_used);
    if (!tracer->failure && traced.verdict == TX_OK) {
        loft_err err = json_parse(&result, &arena, buffer_bytes(&out),
                                  &JSON_FROM_FILE);
        ASSERT(err == LOFT_OK || err == LOFT_ERR_LIMIT);
        if (err == LOFT_OK && !*tracers[at].name)
            check_steps(result, plain->gas_used);
    }
    buffer_free(&out);
    arena_reset(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool is_ready;
    if (!is_ready)
        arena_init(&arena);
    is_ready = true;
    if (len == 0)
        return 0;
    enum chain_fork fork = (enum chain_fork)(data[0] % FORK_COUNT);
    bytes code = bytes_of(data + 1, len - 1);
    struct execution plain = traced_program_run(&arena, NULL, NULL, fork, code,
                                                GAS);
    for (size_t i = 0; i < ARRAY_LEN(tracers); i++)
        check(i, fork, code, &plain);
    return 0;
}
