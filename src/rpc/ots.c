/* ots_…: what Otterscan asks of one transaction or account.
 *
 * Source  Otterscan's docs/custom-jsonrpc.md; Erigon for the shapes. */
#include "crypto/keccak.h"
#include "rpc/call_trace.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/replay.h"
#include "rpc/rpc_host.h"

#define OTTERSCAN_API_LEVEL 8

bool ots_get_api_level(struct rpc_call *call)
{
    json_put_u64(call->out, OTTERSCAN_API_LEVEL);
    return true;
}

bool ots_has_code(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    struct rpc_block block;
    struct state_view *state;
    struct state_account account;
    address who;
    if (!rpc_param_address(call, &who, 0) || !rpc_param_block(call, &ref, 1) ||
        !rpc_find_state(call, &state, &block, &ref))
        return false;
    loft_err code = state->source.account(&state->source, &account, &who);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    json_put_bool(call->out, account.exists && !hash32_equal(&account.code_hash,
                                                             &KECCAK_EMPTY));
    return true;
}

struct writer {
    struct call_visitor visitor; /* first */
    struct json_writer *out;
};

static struct json_writer *out_of(struct call_visitor *visitor)
{
    return ((struct writer *)(void *)visitor)->out;
}

/* Shows the tree of the transaction that parameter 0 names. */
static bool visit_transaction(struct rpc_call *call,
                              void (*visit)(struct call_visitor *,
                                            const struct traced *,
                                            const struct call_frame *))
{
    static const struct call_trace_options options = {.plain_root = true};
    struct writer writer = {.visitor.visit = visit, .out = call->out};
    struct replay replay;
    struct block block;
    hash32 hash;
    size_t index = 0;
    if (!rpc_param_hash(call, &hash, 0) ||
        !replay_find(call, &block, &index, &hash))
        return false;
    bool ok = replay_begin(&replay, call, &block) &&
              replay_until(&replay, index) &&
              replay_traced(&replay, call_visit_new(&replay.work, &options,
                                                    &writer.visitor));
    replay_fini(&replay);
    return ok;
}

/* Otterscan's number for what moves ether or makes a contract; -1: neither. */
static int operation_of(const struct call_frame *frame)
{
    if (frame->kind == FRAME_SELFDESTRUCT)
        return 1;
    if (frame->kind == FRAME_CREATE)
        return 2;
    if (frame->kind == FRAME_CREATE2)
        return 3;
    return frame->kind == FRAME_CALL && !u256_is_zero(frame->value) ? 0 : -1;
}

static void put_operations(struct call_visitor *visitor,
                           const struct traced *traced,
                           const struct call_frame *root)
{
    struct json_writer *out = out_of(visitor);
    (void)traced;
    json_begin_array(out);
    for (const struct call_frame *frame = call_frame_next(root); frame;
         frame = call_frame_next(frame)) {
        int operation = operation_of(frame);
        if (operation < 0 || frame->is_void)
            continue;
        json_begin_object(out);
        json_key(out, "type");
        json_put_i64(out, operation);
        json_key(out, "from");
        json_put_address(out, &frame->from);
        json_key(out, "to");
        json_put_address(out, &frame->to);
        json_key(out, "value");
        json_put_quantity_u256(out, frame->value);
        json_end_object(out);
    }
    json_end_array(out);
}

bool ots_get_internal_operations(struct rpc_call *call)
{
    return visit_transaction(call, put_operations);
}

static void put_entry(struct json_writer *out, const struct call_frame *frame)
{
    uint64_t depth = 0;
    for (const struct call_frame *at = frame; at->parent; at = at->parent)
        depth++;
    bool has_value = frame->kind != FRAME_STATICCALL &&
                     frame->kind != FRAME_DELEGATECALL;
    json_begin_object(out);
    json_key(out, "type");
    json_put_text(out, call_frame_kind_text(frame->kind));
    json_key(out, "depth");
    json_put_u64(out, depth);
    json_key(out, "from");
    json_put_address(out, &frame->from);
    json_key(out, "to");
    json_put_address(out, &frame->to);
    json_key(out, "value");
    if (has_value)
        json_put_quantity_u256(out, frame->value);
    else
        json_put_null(out);
    json_key(out, "input");
    json_put_data(out, frame->input);
    json_key(out, "output");
    json_put_data(out, frame->output);
    json_end_object(out);
}

static void put_entries(struct call_visitor *visitor,
                        const struct traced *traced,
                        const struct call_frame *root)
{
    struct json_writer *out = out_of(visitor);
    (void)traced;
    json_begin_array(out);
    for (const struct call_frame *frame = root; frame;
         frame = call_frame_next(frame))
        put_entry(out, frame);
    json_end_array(out);
}

bool ots_trace_transaction(struct rpc_call *call)
{
    return visit_transaction(call, put_entries);
}

static void put_revert(struct call_visitor *visitor,
                       const struct traced *traced,
                       const struct call_frame *root)
{
    (void)traced;
    json_put_data(out_of(visitor),
                  root->is_reverted ? root->output : BYTES_EMPTY);
}

bool ots_get_transaction_error(struct rpc_call *call)
{
    return visit_transaction(call, put_revert);
}
