#include "rpc/flat_trace.h"

#include "rpc/tracers.h"

/* geth's words, or how they begin, and OpenEthereum's. */
static const char *parity_error(const char *error)
{
    static const struct {
        const char *geth, *parity;
        bool begins;
    } words[] = {
        {"contract creation code storage out of gas", "Out of gas", false},
        {"out of gas", "Out of gas", false},
        {"gas uint64 overflow", "Out of gas", false},
        {"max code size exceeded", "Out of gas", true},
        {"invalid jump destination", "Bad jump destination", false},
        {"execution reverted", "Reverted", false},
        {"return data out of bounds", "Out of bounds", false},
        {"stack limit reached 1024 (1023)", "Out of stack", false},
        {"precompiled failed", "Built-in failed", false},
        {"invalid input length", "Built-in failed", false},
        {"out of gas:", "Out of gas", true},
        {"invalid opcode:", "Bad instruction", true},
        {"stack underflow", "Stack underflow", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        size_t len = strlen(words[i].geth);
        if (words[i].begins ? strncmp(error, words[i].geth, len) == 0
                            : strcmp(error, words[i].geth) == 0)
            return words[i].parity;
    }
    return error;
}

static void put_address(struct json_writer *out, const char *key,
                        const address *who)
{
    json_key(out, key);
    json_put_address(out, who);
}

static void put_data(struct json_writer *out, const char *key, bytes data)
{
    json_key(out, key);
    json_put_data(out, data);
}

static void put_quantity(struct json_writer *out, const char *key,
                         uint64_t value)
{
    json_key(out, key);
    json_put_quantity(out, value);
}

static void put_wei(struct json_writer *out, const char *key, u256 value)
{
    json_key(out, key);
    json_put_quantity_u256(out, value);
}

static void put_text(struct json_writer *out, const char *key, const char *text)
{
    json_key(out, key);
    json_put_text(out, text);
}

static bool creates(const struct call_frame *frame)
{
    return frame->kind == FRAME_CREATE || frame->kind == FRAME_CREATE2;
}

static void put_call(struct json_writer *out, const struct call_frame *frame)
{
    static const char *const types[] = {
        [FRAME_CALL] = "call",
        [FRAME_CALLCODE] = "callcode",
        [FRAME_DELEGATECALL] = "delegatecall",
        [FRAME_STATICCALL] = "staticcall",
    };
    put_text(out, "callType", types[frame->kind]);
    put_address(out, "from", &frame->from);
    put_quantity(out, "gas", frame->gas);
    put_data(out, "input", frame->input);
    put_address(out, "to", &frame->to);
    put_wei(out, "value", frame->value);
}

static void put_create(struct json_writer *out, const struct call_frame *frame)
{
    put_text(out, "creationMethod",
             frame->kind == FRAME_CREATE ? "create" : "create2");
    put_address(out, "from", &frame->from);
    put_quantity(out, "gas", frame->gas);
    put_data(out, "init", frame->input);
    put_wei(out, "value", frame->value);
}

static void put_selfdestruct(struct json_writer *out,
                             const struct call_frame *frame)
{
    put_address(out, "address", &frame->from);
    put_wei(out, "balance", frame->value);
    put_address(out, "refundAddress", &frame->to);
}

static void put_action(struct json_writer *out, const struct call_frame *frame)
{
    json_key(out, "action");
    json_begin_object(out);
    if (frame->kind == FRAME_SELFDESTRUCT)
        put_selfdestruct(out, frame);
    else if (creates(frame))
        put_create(out, frame);
    else
        put_call(out, frame);
    json_end_object(out);
}

/* What a revert says is worth showing; other failures have no result. */
static void put_result(struct json_writer *out, const struct call_frame *frame)
{
    json_key(out, "result");
    json_begin_object(out);
    if (creates(frame)) {
        if (frame->has_to)
            put_address(out, "address", &frame->to);
        put_data(out, "code", frame->output);
    }
    put_quantity(out, "gasUsed", frame->gas_used);
    if (!creates(frame))
        put_data(out, "output", frame->output);
    json_end_object(out);
}

/* Where each frame on the way from the root is among its siblings. */
static void put_address_of(struct json_writer *out,
                           const struct call_frame *frame)
{
    uint64_t way[EVM_DEPTH_MAX + 3];
    unsigned len = 0;
    for (const struct call_frame *at = frame; at->parent; at = at->parent)
        way[len++] = at->position;
    json_key(out, "traceAddress");
    json_begin_array(out);
    while (len)
        json_put_u64(out, way[--len]);
    json_end_array(out);
}

static void put_hash(struct json_writer *out, const char *key,
                     const hash32 *hash)
{
    json_key(out, key);
    if (hash)
        json_put_hash(out, hash);
    else
        json_put_null(out);
}

static const char *error_of(const struct call_frame *frame,
                            const struct flat_trace_options *options)
{
    const char *error = options->convert_errors ? parity_error(frame->error)
                                                : frame->error;
    bool is_own = options->is_open_ethereum && frame->is_precompile &&
                  strcmp(error, "Out of gas") != 0;
    return is_own ? "Built-in failed" : error;
}

void flat_trace_put_frame(struct json_writer *out,
                          const struct call_frame *frame,
                          const struct flat_place *place,
                          const struct flat_trace_options *options)
{
    json_begin_object(out);
    put_action(out, frame);
    if (options->with_place) {
        put_hash(out, "blockHash", place->block_hash);
        json_key(out, "blockNumber");
        json_put_u64(out, place->block_number);
    }
    if (frame->error)
        put_text(out, "error", error_of(frame, options));
    if (frame->kind != FRAME_SELFDESTRUCT) {
        if (!frame->error || frame->is_reverted)
            put_result(out, frame);
    } else if (options->is_open_ethereum) {
        json_key(out, "result");
        json_put_null(out);
    }
    json_key(out, "subtraces");
    json_put_u64(out, frame->call_count);
    put_address_of(out, frame);
    if (options->with_place) {
        put_hash(out, "transactionHash", place->transaction_hash);
        json_key(out, "transactionPosition");
        json_put_u64(out, place->position);
    }
    put_text(out, "type",
             frame->kind == FRAME_SELFDESTRUCT ? "suicide"
             : creates(frame)                  ? "create"
                                               : "call");
    json_end_object(out);
}

void flat_trace_put(struct json_writer *out, const struct call_frame *root,
                    const struct flat_place *place,
                    const struct flat_trace_options *options)
{
    for (const struct call_frame *frame = root; frame;
         frame = call_frame_next(frame))
        flat_trace_put_frame(out, frame, place, options);
}

const struct flat_trace_options OPEN_ETHEREUM_TRACES = {
    .convert_errors = true, .with_place = true, .is_open_ethereum = true};
const struct call_trace_options OPEN_ETHEREUM_CALLS = {.drop_precompiles = true,
                                                       .plain_root = true};

struct flat_place flat_place_of(const struct traced *traced)
{
    return (struct flat_place){
        .block_hash = traced->block_hash,
        .transaction_hash = traced->hash,
        .block_number = traced->block_hash ? traced->context->environment.number
                                           : 0,
        .position = traced->index,
    };
}

struct flat_call_tracer {
    struct call_trace trace; /* first */
    struct flat_trace_options options;
};

static void on_begin(struct tx_tracer *tracer, const struct traced *traced)
{
    (void)traced;
    call_trace_begin((struct call_trace *)(void *)tracer);
}

static void on_end(struct tx_tracer *tracer, const struct execution *execution)
{
    struct flat_call_tracer *flat = (struct flat_call_tracer *)(void *)tracer;
    const struct traced *traced = &tracer->traced;
    const struct flat_place place = flat_place_of(traced);
    call_trace_end(&flat->trace, execution);
    json_begin_array(traced->out);
    flat_trace_put(traced->out, flat->trace.root, &place, &flat->options);
    json_end_array(traced->out);
}

static const struct tx_tracer_ops ops = {.begin = on_begin, .end = on_end};

loft_err flat_call_tracer_new(struct arena *arena, struct tx_tracer **out,
                              const struct json *config)
{
    bool keep_precompiles, convert_errors;
    TRY(tracer_option(&keep_precompiles, config, "includePrecompiles"));
    TRY(tracer_option(&convert_errors, config, "convertParityErrors"));
    struct flat_call_tracer *flat = ARENA_NEW(arena, struct flat_call_tracer);
    flat->options = (struct flat_trace_options){
        .convert_errors = convert_errors, .with_place = true};
    call_trace_init(&flat->trace, &(struct call_trace_options){
                                      .drop_precompiles = !keep_precompiles});
    flat->trace.tracer.ops = &ops;
    *out = &flat->trace.tracer;
    return LOFT_OK;
}
