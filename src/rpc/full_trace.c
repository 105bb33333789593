#include "rpc/full_trace.h"

#include "evm/evm.h"
#include "rpc/flat_trace.h"
#include "rpc/params.h"
#include "rpc/state_diff.h"
#include "rpc/vm_trace.h"

struct full_trace {
    struct call_trace calls; /* first; sees the others' hooks called */
    struct evm_tracer own;   /* what the calls' hooks are */
    struct full_trace_kinds kinds;
    bool with_hash;
    struct prestate prestate;
    struct vm_trace vm;
    bytes output;
};

static struct full_trace *full_of(void *tracer)
{
    return tracer;
}

static void on_step(struct evm_tracer *tracer, const struct evm_step *step)
{
    struct full_trace *full = full_of(tracer);
    if (full->kinds.state_diff)
        prestate_step(&full->prestate, step);
    if (full->kinds.vm_trace)
        vm_trace_step(&full->vm, step);
}

static void on_fault(struct evm_tracer *tracer, const struct evm_step *step,
                     enum evm_exception why)
{
    struct full_trace *full = full_of(tracer);
    full->own.fault(tracer, step, why);
    if (full->kinds.vm_trace)
        vm_trace_fault(&full->vm);
}

static void on_enter(struct evm_tracer *tracer,
                     const struct evm_message *message)
{
    struct full_trace *full = full_of(tracer);
    full->own.enter(tracer, message);
    if (full->kinds.vm_trace)
        vm_trace_enter(&full->vm, message);
}

static void on_leave(struct evm_tracer *tracer,
                     const struct evm_message *message,
                     const struct evm_result *result)
{
    struct full_trace *full = full_of(tracer);
    full->own.leave(tracer, message, result);
    if (full->kinds.vm_trace)
        vm_trace_leave(&full->vm, result);
    if (message->depth == 0)
        full->output = tx_tracer_keep(&full->calls.tracer, result->output);
}

static void on_begin(struct tx_tracer *tracer, const struct traced *traced)
{
    struct full_trace *full = full_of(tracer);
    (void)traced;
    call_trace_begin(&full->calls);
    if (full->kinds.state_diff)
        prestate_begin(&full->prestate);
}

static void put_trace(struct full_trace *full)
{
    static const struct flat_trace_options options = {.convert_errors = true,
                                                      .is_open_ethereum = true};
    struct json_writer *out = full->calls.tracer.traced.out;
    json_key(out, "trace");
    json_begin_array(out);
    if (full->kinds.trace)
        flat_trace_put(out, full->calls.root, NULL, &options);
    json_end_array(out);
}

static void on_end(struct tx_tracer *tracer, const struct execution *execution)
{
    struct full_trace *full = full_of(tracer);
    struct json_writer *out = tracer->traced.out;
    call_trace_end(&full->calls, execution);
    json_begin_object(out);
    json_key(out, "output");
    json_put_data(out, full->output);
    json_key(out, "stateDiff");
    if (full->kinds.state_diff)
        state_diff_put(out, &full->prestate);
    else
        json_put_null(out);
    put_trace(full);
    json_key(out, "vmTrace");
    if (full->kinds.vm_trace)
        vm_trace_put(out, &full->vm);
    else
        json_put_null(out);
    if (full->with_hash) {
        json_key(out, "transactionHash");
        json_put_hash(out, tracer->traced.hash);
    }
    json_end_object(out);
}

static void on_fini(struct tx_tracer *tracer)
{
    prestate_fini(&full_of(tracer)->prestate);
}

static const struct tx_tracer_ops ops = {
    .begin = on_begin, .end = on_end, .fini = on_fini};

struct tx_tracer *full_trace_new(struct arena *arena,
                                 const struct full_trace_kinds *kinds,
                                 bool with_hash)
{
    struct full_trace *full = ARENA_NEW(arena, struct full_trace);
    struct tx_tracer *tracer = &full->calls.tracer;
    call_trace_init(&full->calls, &OPEN_ETHEREUM_CALLS);
    full->own = tracer->evm;
    tracer->evm.enter = on_enter;
    tracer->evm.leave = on_leave;
    tracer->evm.fault = on_fault;
    if (kinds->state_diff || kinds->vm_trace)
        tracer->evm.step = on_step;
    tracer->ops = &ops;
    full->kinds = *kinds;
    full->with_hash = with_hash;
    full->vm.tracer = tracer;
    prestate_init(&full->prestate, tracer);
    return tracer;
}

bool rpc_read_trace_kinds(struct rpc_call *call, struct full_trace_kinds *out,
                          const struct json *value, unsigned at)
{
    *out = (struct full_trace_kinds){0};
    for (size_t i = 0; i < json_len(value); i++) {
        bytes name;
        if (json_read_string(&name, json_at(value, i)) != LOFT_OK)
            return rpc_param_wrong(call, at);
        if (bytes_equal(name, bytes_str("trace")))
            out->trace = true;
        else if (bytes_equal(name, bytes_str("stateDiff")))
            out->state_diff = true;
        else if (bytes_equal(name, bytes_str("vmTrace")))
            out->vm_trace = true;
        else
            return rpc_fail(call, RPC_INVALID_PARAMS,
                            "invalid argument %u: a trace type is \"trace\", "
                            "\"stateDiff\" or \"vmTrace\"",
                            at);
    }
    return json_kind(value) == JSON_IS_ARRAY ||
           rpc_fail(call, RPC_INVALID_PARAMS,
                    "invalid argument %u: trace types are %s, not an array", at,
                    json_kind_name(value));
}
