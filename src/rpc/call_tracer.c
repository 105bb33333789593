/* callTracer: the messages of a transaction as nested objects.
 *
 * Source  geth: eth/tracers/native/call.go. */
#include "rpc/call_trace.h"
#include "rpc/tracers.h"

static void put_logs(struct json_writer *out, const struct call_frame *frame)
{
    if (!frame->logs)
        return;
    json_key(out, "logs");
    json_begin_array(out);
    for (const struct call_frame_log *log = frame->logs; log; log = log->next) {
        json_begin_object(out);
        json_key(out, "address");
        json_put_address(out, &log->emitter);
        json_key(out, "topics");
        json_begin_array(out);
        for (unsigned i = 0; i < log->topic_count; i++)
            json_put_hash(out, &log->topics[i]);
        json_end_array(out);
        json_key(out, "data");
        json_put_data(out, log->data);
        json_key(out, "index");
        json_put_quantity(out, log->index);
        json_key(out, "position");
        json_put_quantity(out, log->position);
        json_end_object(out);
    }
    json_end_array(out);
}

static void put_head(struct json_writer *out, const struct call_frame *frame)
{
    json_key(out, "from");
    json_put_address(out, &frame->from);
    json_key(out, "gas");
    json_put_quantity(out, frame->gas);
    json_key(out, "gasUsed");
    json_put_quantity(out, frame->gas_used);
    if (frame->has_to) {
        json_key(out, "to");
        json_put_address(out, &frame->to);
    }
    json_key(out, "input");
    json_put_data(out, frame->input);
    if (frame->output.len) {
        json_key(out, "output");
        json_put_data(out, frame->output);
    }
}

static void put_error(struct json_writer *out, const struct call_frame *frame)
{
    if (frame->error) {
        json_key(out, "error");
        json_put_text(out, frame->error);
    }
    if (frame->revert_reason && *frame->revert_reason) {
        json_key(out, "revertReason");
        json_put_text(out, frame->revert_reason);
    }
}

static void put_tail(struct json_writer *out, const struct call_frame *frame)
{
    put_logs(out, frame);
    if (frame->has_value) {
        json_key(out, "value");
        json_put_quantity_u256(out, frame->value);
    }
    json_key(out, "type");
    json_put_text(out, call_frame_kind_text(frame->kind));
    json_end_object(out);
}

/* Ends a frame and those around it that end with it. */
static void put_ends(struct json_writer *out, const struct call_frame *frame)
{
    put_tail(out, frame);
    while (!frame->next && frame->parent) {
        frame = frame->parent;
        json_end_array(out);
        put_tail(out, frame);
    }
}

static void put_tree(struct json_writer *out, const struct call_frame *root)
{
    for (const struct call_frame *frame = root; frame;
         frame = call_frame_next(frame)) {
        json_begin_object(out);
        put_head(out, frame);
        put_error(out, frame);
        if (frame->calls) {
            json_key(out, "calls");
            json_begin_array(out);
        } else {
            put_ends(out, frame);
        }
    }
}

static void on_begin(struct tx_tracer *tracer, const struct traced *traced)
{
    (void)traced;
    call_trace_begin((struct call_trace *)(void *)tracer);
}

static void on_end(struct tx_tracer *tracer, const struct execution *execution)
{
    struct call_trace *trace = (struct call_trace *)(void *)tracer;
    call_trace_end(trace, execution);
    if (trace->root)
        put_tree(tracer->traced.out, trace->root);
    else
        json_put_null(tracer->traced.out);
}

static const struct tx_tracer_ops ops = {.begin = on_begin, .end = on_end};

loft_err call_tracer_new(struct arena *arena, struct tx_tracer **out,
                         const struct json *config)
{
    struct call_trace_options options = {0};
    TRY(tracer_option(&options.only_top, config, "onlyTopCall"));
    TRY(tracer_option(&options.with_log, config, "withLog"));
    struct call_trace *trace = ARENA_NEW(arena, struct call_trace);
    call_trace_init(trace, &options);
    trace->tracer.ops = &ops;
    *out = &trace->tracer;
    return LOFT_OK;
}
