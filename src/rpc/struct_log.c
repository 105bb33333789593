/* The default tracer: the machine before every instruction. Entries go to the
 * answer as they happen, nothing is collected but what storage held.
 *
 * Source  geth: eth/tracers/logger/logger.go (structLogLegacy). */
#include <stdlib.h>

#include "base/hex.h"
#include "base/map.h"
#include "evm/evm.h"
#include "evm/instructions.h"
#include "rpc/fault_text.h"
#include "rpc/prestate.h"
#include "rpc/tracers.h"

struct struct_log {
    struct tx_tracer tracer; /* first */
    bool skip_stack, skip_storage, with_memory, with_return_data;
    uint64_t limit;   /* bytes of entries, 0: none but the answer's */
    size_t start;     /* where entries begin in the text */
    struct map slots; /* address ‖ key -> seen_slot */
    bool has_failed;
    bytes output;
};

static struct struct_log *log_of(void *tracer)
{
    return tracer;
}

static void put_u64(struct json_writer *out, const char *key, uint64_t value)
{
    json_key(out, key);
    json_put_u64(out, value);
}

static void put_stack(struct json_writer *out, const struct evm_step *step)
{
    json_key(out, "stack");
    json_begin_array(out);
    for (unsigned i = 0; i < step->stack_len; i++)
        json_put_quantity_u256(out, step->stack[i]);
    json_end_array(out);
}

static void put_memory(struct json_writer *out, bytes memory)
{
    json_key(out, "memory");
    json_begin_array(out);
    for (size_t at = 0; at < memory.len; at += 32)
        json_put_data(out, bytes_of(memory.at + at, 32));
    json_end_array(out);
}

/* What was read and written of a contract's storage so far. */
static void put_slots(struct json_writer *out, const struct struct_log *log,
                      const address *who)
{
    json_key(out, "storage");
    json_begin_object(out);
    MAP_FOR_EACH (i, &log->slots) {
        const struct seen_slot *slot = map_value_at(&log->slots, i);
        if (!address_equal(&slot->who, who))
            continue;
        char name[2 + 2 * sizeof(hash32)];
        hash32 key = u256_to_hash(slot->key), value = u256_to_hash(slot->value);
        memcpy(name, "0x", 2);
        hex_write(name + 2, bytes_hash(&key));
        json_key_bytes(out, bytes_of(name, sizeof name));
        json_put_hash(out, &value);
    }
    json_end_object(out);
}

static void note_slot(struct struct_log *log, const address *who, u256 key,
                      u256 value)
{
    uint8_t name[52];
    memcpy(name, who->at, 20);
    u256_store_be(name + 20, key);
    struct seen_slot *slot = map_put(&log->slots, name, NULL);
    *slot = (struct seen_slot){*who, key, value};
}

static void put_storage(struct struct_log *log, const struct evm_step *step)
{
    const u256 *top = step->stack + step->stack_len - 1;
    const address *who = &step->message->target;
    if (step->opcode == OP_SLOAD && step->stack_len >= 1)
        note_slot(log, who, top[0],
                  overlay_peek(log->tracer.traced.overlay, who, &top[0]));
    else if (step->opcode == OP_SSTORE && step->stack_len >= 2)
        note_slot(log, who, top[0], top[-1]);
    else
        return;
    put_slots(log->tracer.traced.out, log, who);
}

static bool is_full(struct struct_log *log)
{
    size_t len = log->tracer.traced.out->out->len;
    if (len > TRACE_BYTES_MAX)
        tx_tracer_overflow(&log->tracer);
    return log->tracer.failure || (log->limit && len - log->start > log->limit);
}

static bool is_call(uint8_t opcode)
{
    return opcode == OP_CALL || opcode == OP_CALLCODE ||
           opcode == OP_DELEGATECALL || opcode == OP_STATICCALL;
}

static void put_head(struct struct_log *log, const struct evm_step *step)
{
    struct arena *arena = log->tracer.traced.arena;
    struct json_writer *out = log->tracer.traced.out;
    struct arena_mark mark = arena_mark(arena);
    int64_t given = is_call(step->opcode) ? step->gas_given : 0;
    put_u64(out, "pc", step->pc);
    json_key(out, "op");
    json_put_text(out, opcode_text(arena, step->opcode));
    put_u64(out, "gas", (uint64_t)step->gas);
    put_u64(out, "gasCost", (uint64_t)(step->gas_cost + given));
    put_u64(out, "depth", (uint64_t)step->depth + 1);
    /* geth runs what is undefined, and fails only then. */
    if (step->blocked != EVM_NONE &&
        step->blocked != EVM_UNDEFINED_INSTRUCTION) {
        json_key(out, "error");
        json_put_text(out, fault_text_of_step(arena, log->tracer.traced.rules,
                                              step, step->blocked));
    }
    arena_rewind(arena, mark);
}

static void on_step(struct evm_tracer *tracer, const struct evm_step *step)
{
    struct struct_log *log = log_of(tracer);
    struct json_writer *out = log->tracer.traced.out;
    if (is_full(log))
        return;
    json_begin_object(out);
    put_head(log, step);
    if (!log->skip_stack)
        put_stack(out, step);
    if (log->with_return_data && step->return_data.len) {
        json_key(out, "returnData");
        json_put_data(out, step->return_data);
    }
    if (log->with_memory && step->memory.len)
        put_memory(out, step->memory);
    if (!log->skip_storage)
        put_storage(log, step);
    if (step->refund)
        put_u64(out, "refund", (uint64_t)step->refund);
    json_end_object(out);
}

static void on_leave(struct evm_tracer *tracer,
                     const struct evm_message *message,
                     const struct evm_result *result)
{
    struct struct_log *log = log_of(tracer);
    if (message->depth)
        return;
    log->has_failed = result->status != EVM_STOPPED;
    log->output = tx_tracer_keep(&log->tracer, result->output);
}

static void on_begin(struct tx_tracer *tracer, const struct traced *traced)
{
    struct struct_log *log = log_of(tracer);
    json_begin_object(traced->out);
    json_key(traced->out, "structLogs");
    json_begin_array(traced->out);
    log->start = traced->out->out->len;
}

static void on_end(struct tx_tracer *tracer, const struct execution *execution)
{
    struct struct_log *log = log_of(tracer);
    struct json_writer *out = tracer->traced.out;
    json_end_array(out);
    put_u64(out, "gas", execution->gas_used);
    json_key(out, "failed");
    json_put_bool(out, log->has_failed);
    json_key(out, "returnValue");
    json_put_data(out, log->output);
    json_end_object(out);
}

static void on_fini(struct tx_tracer *tracer)
{
    map_fini(&log_of(tracer)->slots);
}

static const struct tx_tracer_ops ops = {
    .begin = on_begin, .end = on_end, .fini = on_fini};

static loft_err read_config(struct struct_log *log, const struct json *config)
{
    TRY(tracer_option(&log->skip_stack, config, "disableStack"));
    TRY(tracer_option(&log->skip_storage, config, "disableStorage"));
    TRY(tracer_option(&log->with_memory, config, "enableMemory"));
    TRY(tracer_option(&log->with_return_data, config, "enableReturnData"));
    if (json_absent(json_get(config, "limit")))
        return LOFT_OK;
    return json_get_u64(&log->limit, config, "limit");
}

loft_err struct_log_new(struct arena *arena, struct tx_tracer **out,
                        const struct json *config)
{
    struct struct_log *log = ARENA_NEW(arena, struct struct_log);
    TRY(read_config(log, config));
    log->tracer.evm = (struct evm_tracer){.step = on_step, .leave = on_leave};
    log->tracer.ops = &ops;
    map_init(&log->slots, 52, sizeof(struct seen_slot));
    *out = &log->tracer;
    return LOFT_OK;
}
