/* muxTracer: several tracers at once, each with its config under its name, and
 * noopTracer, which tells nothing.
 *
 * Source  geth: eth/tracers/native/mux.go, noop.go. */
#include "rpc/tracers.h"

#define MUX_TRACERS_MAX 8

struct mux_tracer {
    struct tx_tracer tracer; /* first */
    struct tx_tracer *tracers[MUX_TRACERS_MAX];
    bytes names[MUX_TRACERS_MAX];
    unsigned count;
};

#define FOR_EACH_TRACER(one, mux)                       \
    for (struct tx_tracer **at_ = (mux)->tracers, *one; \
         at_ < (mux)->tracers + (mux)->count && (one = *at_, true); at_++)

static struct mux_tracer *mux_of(void *tracer)
{
    return tracer;
}

/* A hook that passes on to those that have it. */
#define PASS_ON(name, parameters, ...)             \
    static void on_##name parameters               \
    {                                              \
        FOR_EACH_TRACER(one, mux_of(tracer))       \
        if (one->evm.name)                         \
            one->evm.name(&one->evm, __VA_ARGS__); \
    }

PASS_ON(step, (struct evm_tracer * tracer, const struct evm_step *step), step)
PASS_ON(fault,
        (struct evm_tracer * tracer, const struct evm_step *step,
         enum evm_exception why),
        step, why)
PASS_ON(enter, (struct evm_tracer * tracer, const struct evm_message *message),
        message)
PASS_ON(leave,
        (struct evm_tracer * tracer, const struct evm_message *message,
         const struct evm_result *result),
        message, result)
PASS_ON(selfdestruct,
        (struct evm_tracer * tracer, const address *who, const address *heir,
         const u256 *balance),
        who, heir, balance)
PASS_ON(log, (struct evm_tracer * tracer, const struct evm_log *log), log)

static void on_begin(struct tx_tracer *tracer, const struct traced *traced)
{
    FOR_EACH_TRACER(one, mux_of(tracer))
    tx_tracer_begin(one, traced);
}

static void on_end(struct tx_tracer *tracer, const struct execution *execution)
{
    struct mux_tracer *mux = mux_of(tracer);
    struct json_writer *out = tracer->traced.out;
    json_begin_object(out);
    for (unsigned i = 0; i < mux->count; i++) {
        json_key_bytes(out, mux->names[i]);
        tx_tracer_end(mux->tracers[i], execution);
        if (mux->tracers[i]->failure)
            tracer->failure = mux->tracers[i]->failure;
    }
    json_end_object(out);
}

static void on_fini(struct tx_tracer *tracer)
{
    FOR_EACH_TRACER(one, mux_of(tracer))
    tx_tracer_fini(one);
}

static const struct tx_tracer_ops mux_ops = {
    .begin = on_begin, .end = on_end, .fini = on_fini};

/* Hooks that some tracer has: instructions are told only where one looks. */
static void set_hooks(struct mux_tracer *mux)
{
    struct evm_tracer *evm = &mux->tracer.evm;
    FOR_EACH_TRACER(one, mux)
    {
        evm->step = one->evm.step ? on_step : evm->step;
        evm->fault = one->evm.fault ? on_fault : evm->fault;
        evm->enter = one->evm.enter ? on_enter : evm->enter;
        evm->leave = one->evm.leave ? on_leave : evm->leave;
        evm->log = one->evm.log ? on_log : evm->log;
        evm->selfdestruct = one->evm.selfdestruct ? on_selfdestruct
                                                  : evm->selfdestruct;
    }
}

static loft_err add_tracer(struct arena *arena, struct mux_tracer *mux,
                           bytes name, const struct json *config)
{
    if (mux->count == MUX_TRACERS_MAX)
        return err_say(LOFT_ERR_LIMIT, "more than %d tracers in muxTracer",
                       MUX_TRACERS_MAX);
    if (bytes_equal(name, bytes_str("muxTracer")))
        return err_say(LOFT_ERR_FORMAT, "a muxTracer in a muxTracer");
    TRY(tx_tracer_by_name(arena, &mux->tracers[mux->count], name, config));
    mux->names[mux->count++] = arena_copy(arena, name);
    return LOFT_OK;
}

loft_err mux_tracer_new(struct arena *arena, struct tx_tracer **out,
                        const struct json *config)
{
    struct mux_tracer *mux = ARENA_NEW(arena, struct mux_tracer);
    mux->tracer.ops = &mux_ops;
    JSON_FOR_EACH (member, config) {
        loft_err code = add_tracer(arena, mux, member.key, member.value);
        if (code != LOFT_OK) {
            on_fini(&mux->tracer);
            return code;
        }
    }
    set_hooks(mux);
    *out = &mux->tracer;
    return LOFT_OK;
}

static void put_nothing(struct tx_tracer *tracer,
                        const struct execution *execution)
{
    (void)execution;
    json_begin_object(tracer->traced.out);
    json_end_object(tracer->traced.out);
}

static const struct tx_tracer_ops noop_ops = {.end = put_nothing};

loft_err noop_tracer_new(struct arena *arena, struct tx_tracer **out,
                         const struct json *config)
{
    (void)config;
    *out = ARENA_NEW(arena, struct tx_tracer);
    (*out)->ops = &noop_ops;
    return LOFT_OK;
}
