#include "rpc/call_trace.h"

#include "evm/evm.h"
#include "rpc/fault_text.h"
#include "rpc/revert.h"

const char *call_frame_kind_text(enum call_frame_kind kind)
{
    static const char *const texts[] = {
        [FRAME_CALL] = "CALL",
        [FRAME_CALLCODE] = "CALLCODE",
        [FRAME_DELEGATECALL] = "DELEGATECALL",
        [FRAME_STATICCALL] = "STATICCALL",
        [FRAME_CREATE] = "CREATE",
        [FRAME_CREATE2] = "CREATE2",
        [FRAME_SELFDESTRUCT] = "SELFDESTRUCT",
    };
    return texts[kind];
}

static enum call_frame_kind kind_of(enum evm_kind kind)
{
    static const enum call_frame_kind kinds[] = {
        [EVM_CALL] = FRAME_CALL,
        [EVM_CALLCODE] = FRAME_CALLCODE,
        [EVM_DELEGATECALL] = FRAME_DELEGATECALL,
        [EVM_STATICCALL] = FRAME_STATICCALL,
        [EVM_CREATE] = FRAME_CREATE,
        [EVM_CREATE2] = FRAME_CREATE2,
    };
    return kinds[kind];
}

static bool creates(enum call_frame_kind kind)
{
    return kind == FRAME_CREATE || kind == FRAME_CREATE2;
}

static struct call_trace *trace_of(struct evm_tracer *tracer)
{
    return (struct call_trace *)(void *)tracer;
}

static void append(struct call_frame *parent, struct call_frame *frame)
{
    frame->parent = parent;
    if (!parent)
        return;
    frame->previous = parent->last_call;
    if (parent->last_call)
        parent->last_call->next = frame;
    else
        parent->calls = frame;
    parent->last_call = frame;
    frame->position = parent->call_count++;
}

static struct call_frame *new_frame(struct call_trace *trace)
{
    static const uint8_t none[sizeof(struct call_frame)];
    bytes room = tx_tracer_keep(&trace->tracer, bytes_of(none, sizeof none));
    return room.len ? (struct call_frame *)(void *)(uintptr_t)room.at : NULL;
}

static void fill_frame(struct call_trace *trace, struct call_frame *frame,
                       const struct evm_message *message)
{
    bool delegates = message->kind == EVM_DELEGATECALL;
    frame->kind = kind_of(message->kind);
    frame->from = delegates ? message->target : message->caller;
    frame->to = creates(frame->kind) ? message->target : message->code_of;
    frame->has_to = true;
    frame->has_value = message->kind != EVM_STATICCALL;
    frame->value = message->value;
    frame->gas = message->depth || trace->options.plain_root
                     ? (uint64_t)message->gas
                     : trace->tracer.traced.tx->gas_limit;
    frame->input = tx_tracer_keep(&trace->tracer, message->input);
    frame->is_precompile = !creates(frame->kind) &&
                           evm_is_precompile(trace->tracer.traced.rules,
                                             &message->code_of);
}

static void on_enter(struct evm_tracer *tracer,
                     const struct evm_message *message)
{
    struct call_trace *trace = trace_of(tracer);
    trace->depth = message->depth;
    trace->marks[message->depth] = trace->log_index;
    if (trace->tracer.failure || (trace->options.only_top && message->depth))
        return;
    struct call_frame *frame = new_frame(trace);
    if (!frame)
        return;
    fill_frame(trace, frame, message);
    append(trace->open, frame);
    if (!trace->root)
        trace->root = frame;
    trace->open = frame;
}

static void fail_frame(struct call_trace *trace, struct call_frame *frame,
                       const struct evm_message *message,
                       const struct evm_result *result)
{
    struct arena *arena = trace->tracer.traced.arena;
    if (creates(frame->kind))
        frame->has_to = false;
    if (result->status == EVM_REVERTED) {
        frame->error = "execution reverted";
        frame->is_reverted = true;
        frame->output = tx_tracer_keep(&trace->tracer, result->output);
        frame->revert_reason = revert_reason(arena, result->output);
        return;
    }
    frame->error = trace->has_fault
                       ? trace->fault
                       : fault_text_of_message(arena, message, result);
}

/* Takes the last call of a frame off it. */
static void drop_last(struct call_frame *parent)
{
    struct call_frame *before = parent->last_call->previous;
    if (before)
        before->next = NULL;
    else
        parent->calls = NULL;
    parent->last_call = before;
    parent->call_count--;
}

static void close_frame(struct call_trace *trace,
                        const struct evm_message *message,
                        const struct evm_result *result)
{
    struct call_frame *frame = trace->open;
    frame->gas_used = (uint64_t)(message->gas - result->gas_left);
    if (result->status == EVM_STOPPED)
        frame->output = tx_tracer_keep(&trace->tracer, result->output);
    else
        fail_frame(trace, frame, message, result);
    trace->open = frame->parent;
    if (trace->options.drop_precompiles && frame->parent &&
        frame->is_precompile &&
        (frame->kind == FRAME_CALL || frame->kind == FRAME_STATICCALL))
        drop_last(frame->parent);
}

static void on_leave(struct evm_tracer *tracer,
                     const struct evm_message *message,
                     const struct evm_result *result)
{
    struct call_trace *trace = trace_of(tracer);
    if (result->status != EVM_STOPPED)
        trace->log_index = trace->marks[message->depth];
    bool is_shown = !trace->options.only_top || message->depth == 0;
    if (is_shown && trace->open && !trace->tracer.failure)
        close_frame(trace, message, result);
    trace->has_fault = false;
    trace->depth = message->depth - 1;
}

static void on_fault(struct evm_tracer *tracer, const struct evm_step *step,
                     enum evm_exception why)
{
    struct call_trace *trace = trace_of(tracer);
    const struct traced *traced = &trace->tracer.traced;
    trace->has_fault = true;
    trace->fault = fault_text_of_step(traced->arena, traced->rules, step, why);
}

static void on_log(struct evm_tracer *tracer, const struct evm_log *log)
{
    static const uint8_t none[sizeof(struct call_frame_log)];
    struct call_trace *trace = trace_of(tracer);
    uint64_t index = trace->log_index++;
    if (!trace->open || trace->tracer.failure ||
        (trace->options.only_top && trace->depth))
        return;
    bytes room = tx_tracer_keep(&trace->tracer, bytes_of(none, sizeof none));
    if (!room.len)
        return;
    struct call_frame_log *entry = (void *)(uintptr_t)room.at;
    struct call_frame *frame = trace->open;
    entry->emitter = *log->emitter;
    entry->topic_count = log->topic_count;
    memcpy(entry->topics, log->topics, log->topic_count * sizeof(hash32));
    entry->data = tx_tracer_keep(&trace->tracer, log->data);
    entry->index = index;
    entry->position = frame->call_count;
    if (frame->last_log)
        frame->last_log->next = entry;
    else
        frame->logs = entry;
    frame->last_log = entry;
}

static void on_selfdestruct(struct evm_tracer *tracer, const address *who,
                            const address *heir, const u256 *balance)
{
    struct call_trace *trace = trace_of(tracer);
    if (!trace->open || trace->tracer.failure || trace->options.only_top)
        return;
    struct call_frame *frame = new_frame(trace);
    if (!frame)
        return;
    frame->kind = FRAME_SELFDESTRUCT;
    frame->from = *who;
    frame->to = *heir;
    frame->has_to = frame->has_value = true;
    frame->value = *balance;
    append(trace->open, frame);
}

void call_trace_init(struct call_trace *trace,
                     const struct call_trace_options *options)
{
    trace->options = *options;
    trace->tracer.evm = (struct evm_tracer){
        .enter = on_enter,
        .leave = on_leave,
        .fault = on_fault,
        .selfdestruct = on_selfdestruct,
        .log = options->with_log ? on_log : NULL,
    };
}

void call_trace_begin(struct call_trace *trace)
{
    trace->log_index = trace->tracer.traced.first_log;
}

struct call_frame *call_frame_next(const struct call_frame *frame)
{
    if (frame->calls)
        return frame->calls;
    while (frame && !frame->next)
        frame = frame->parent;
    return frame ? frame->next : NULL;
}

/* What failed has left no logs, nor have its calls. */
static void clear_void_logs(struct call_frame *root)
{
    for (struct call_frame *frame = root; frame;
         frame = call_frame_next(frame)) {
        frame->is_void = frame->error ||
                         (frame->parent && frame->parent->is_void);
        if (frame->is_void)
            frame->logs = NULL;
    }
}

void call_trace_end(struct call_trace *trace, const struct execution *execution)
{
    if (!trace->root)
        return;
    if (!trace->options.plain_root)
        trace->root->gas_used = execution->gas_used;
    clear_void_logs(trace->root);
}

struct visiting {
    struct call_trace trace; /* first */
    struct call_visitor *visitor;
};

static void on_visit_begin(struct tx_tracer *tracer,
                           const struct traced *traced)
{
    (void)traced;
    call_trace_begin((struct call_trace *)(void *)tracer);
}

static void on_visit_end(struct tx_tracer *tracer,
                         const struct execution *execution)
{
    struct visiting *visiting = (struct visiting *)(void *)tracer;
    call_trace_end(&visiting->trace, execution);
    if (visiting->trace.root)
        visiting->visitor->visit(visiting->visitor, &tracer->traced,
                                 visiting->trace.root);
}

static const struct tx_tracer_ops visit_ops = {.begin = on_visit_begin,
                                               .end = on_visit_end};

struct tx_tracer *call_visit_new(struct arena *arena,
                                 const struct call_trace_options *options,
                                 struct call_visitor *visitor)
{
    struct visiting *visiting = ARENA_NEW(arena, struct visiting);
    call_trace_init(&visiting->trace, options);
    visiting->trace.tracer.ops = &visit_ops;
    visiting->visitor = visitor;
    return &visiting->trace.tracer;
}
