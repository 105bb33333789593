#include "rpc/transfer_log.h"

#include "rpc/fault_text.h"

/* keccak256("Transfer(address,address,uint256)") */
static const hash32 TRANSFER = {
    {0xdd, 0xf2, 0x52, 0xad, 0x1b, 0xe2, 0xc8, 0x9b, 0x69, 0xc2, 0xb0,
     0x68, 0xfc, 0x37, 0x8d, 0xaa, 0x95, 0x2b, 0xa7, 0xf1, 0x63, 0xc4,
     0xa1, 0x16, 0x28, 0xf5, 0x5a, 0x4d, 0xf5, 0x23, 0xb3, 0xef}};
static const address ETHER = {{0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee,
                               0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee,
                               0xee, 0xee, 0xee, 0xee, 0xee, 0xee}};

static struct transfer_log *log_of(struct evm_tracer *tracer)
{
    return (struct transfer_log *)(void *)tracer;
}

static void add(struct transfer_log *log, const address *emitter,
                const hash32 *topics, size_t topic_count, bytes data)
{
    bytes kept = arena_copy(log->arena,
                            bytes_of(topics, topic_count * sizeof *topics));
    struct traced_log one = {
        .entry = {.emitter = *emitter,
                  .topics = (const hash32 *)(const void *)kept.at,
                  .topic_count = topic_count,
                  .data = arena_copy(log->arena, data)},
        .index = log->next_index++,
    };
    VEC_PUSH(&log->logs, one);
}

static void add_transfer(struct transfer_log *log, const address *from,
                         const address *to, const u256 *value)
{
    if (!log->shows_transfers || u256_is_zero(*value))
        return;
    hash32 amount = u256_to_hash(*value);
    hash32 topics[3] = {TRANSFER, u256_to_hash(u256_from_address(from)),
                        u256_to_hash(u256_from_address(to))};
    add(log, &ETHER, topics, ARRAY_LEN(topics), bytes_hash(&amount));
}

static void on_enter(struct evm_tracer *tracer,
                     const struct evm_message *message)
{
    struct transfer_log *log = log_of(tracer);
    VEC_PUSH(&log->frames, log->logs.len);
    if (message->kind != EVM_DELEGATECALL && message->kind != EVM_CALLCODE)
        add_transfer(log, &message->caller, &message->target, &message->value);
}

static void on_leave(struct evm_tracer *tracer,
                     const struct evm_message *message,
                     const struct evm_result *result)
{
    struct transfer_log *log = log_of(tracer);
    size_t before = log->frames.at[--log->frames.len];
    if (result->status != EVM_STOPPED)
        log->logs.len = before;
    if (result->status == EVM_EXCEPTION && message->depth == 0 && !log->fault)
        log->fault = fault_text_of_message(log->arena, message, result);
}

static void on_fault(struct evm_tracer *tracer, const struct evm_step *step,
                     enum evm_exception why)
{
    struct transfer_log *log = log_of(tracer);
    if (step->depth == 0)
        log->fault = fault_text_of_step(log->arena, log->rules, step, why);
}

static void on_log(struct evm_tracer *tracer, const struct evm_log *entry)
{
    add(log_of(tracer), entry->emitter, entry->topics, entry->topic_count,
        entry->data);
}

static void on_selfdestruct(struct evm_tracer *tracer, const address *who,
                            const address *heir, const u256 *balance)
{
    add_transfer(log_of(tracer), who, heir, balance);
}

void transfer_log_init(struct transfer_log *log, struct arena *arena,
                       enum evm_rules rules, bool shows_transfers)
{
    *log = (struct transfer_log){
        .tracer = {.enter = on_enter,
                   .leave = on_leave,
                   .fault = on_fault,
                   .log = on_log,
                   .selfdestruct = on_selfdestruct},
        .arena = arena,
        .rules = rules,
        .shows_transfers = shows_transfers,
    };
}

void transfer_log_fini(struct transfer_log *log)
{
    VEC_FREE(&log->logs);
    VEC_FREE(&log->frames);
}

void transfer_log_reset(struct transfer_log *log)
{
    log->logs.len = 0;
    log->frames.len = 0;
    log->fault = NULL;
}
