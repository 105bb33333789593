#include "rpc/test/traced_program.h"

const address TRACED_SELF = {{[0] = 0x5e, [19] = 0x1f}};
const address TRACED_CALLER = {{[0] = 0xca, [19] = 0x11}};
const address TRACED_OTHER = {{[0] = 0x07, [19] = 0x08}};

static void fill(struct overlay *overlay, bytes code)
{
    u256 ether = u256_from(UINT64_C(1000000000000000000));
    overlay_begin(overlay, (struct overlay_rules){0});
    overlay_set_balance(overlay, &TRACED_CALLER, ether);
    overlay_set_balance(overlay, &TRACED_SELF, u256_from(1000));
    overlay_set_code(overlay, &TRACED_SELF, code);
    overlay_set_code(overlay, &TRACED_OTHER, code);
    overlay_end(overlay);
}

struct execution traced_program_run(struct arena *arena, struct buffer *out,
                                    struct tx_tracer *tracer,
                                    enum chain_fork fork, bytes code,
                                    uint64_t gas)
{
    struct chain_config config;
    struct block_context context;
    struct json_writer writer = {out, false};
    const struct header header = {.number = 1, .gas_limit = gas};
    const struct transaction tx = {.gas_limit = gas, .to = TRACED_SELF};
    const struct execution_options options = {
        .skip_fees = true, .tracer = tracer ? &tracer->evm : NULL};
    chain_config_all(&config, fork, 1);
    block_context_init(&context, &config, fork, &header);
    struct overlay *overlay = overlay_new(&STATE_NOWHERE);
    struct executor *executor = executor_new();
    fill(overlay, code);
    const struct traced traced = {.arena = arena,
                                  .overlay = overlay,
                                  .context = &context,
                                  .rules = fork_rules(fork),
                                  .tx = &tx,
                                  .from = &TRACED_CALLER,
                                  .out = &writer};
    if (tracer)
        tx_tracer_begin(tracer, &traced);
    struct execution execution = execute_transaction(
        executor, overlay, &context, &tx, &TRACED_CALLER, &options);
    if (tracer && !tracer->failure)
        tx_tracer_end(tracer, &execution);
    tx_tracer_fini(tracer);
    execution.output = BYTES_EMPTY;
    executor_free(executor);
    overlay_free(overlay);
    return execution;
}
