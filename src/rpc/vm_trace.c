#include "rpc/vm_trace.h"

#include "evm/evm.h"
#include "evm/instructions.h"
#include "rpc/fault_text.h"

struct vm_op {
    uint64_t pc;
    uint8_t opcode;
    bool is_done;       /* it has run, and what follows is known */
    int64_t cost, used; /* gas; used is what was left afterwards */
    bytes pushed;       /* of u256 */
    bool has_store;
    u256 key, value;
    bool has_memory;
    uint64_t memory_at, memory_len;
    bytes memory;
    struct vm_frame *sub;
    struct vm_op *next;
};

struct vm_frame {
    bytes code;
    struct vm_op *ops, *last;
    struct vm_frame *parent;
};

static void *keep_new(struct vm_trace *trace, const void *zeros, size_t size)
{
    bytes room = tx_tracer_keep(trace->tracer, bytes_of(zeros, size));
    return room.len ? (void *)(uintptr_t)room.at : NULL;
}

/* The code that a message runs; a creation's is its input. */
static bytes code_of(struct vm_trace *trace, const struct evm_message *message)
{
    struct overlay *overlay = trace->tracer->traced.overlay;
    address target;
    if (message->kind == EVM_CREATE || message->kind == EVM_CREATE2)
        return message->input;
    bytes code = overlay_code(overlay, &message->code_of);
    if (trace->tracer->traced.rules >= EVM_PRAGUE &&
        evm_read_delegation(&target, code))
        code = overlay_code(overlay, &target);
    return code;
}

void vm_trace_enter(struct vm_trace *trace, const struct evm_message *message)
{
    static const struct vm_frame empty;
    struct vm_frame *frame = keep_new(trace, &empty, sizeof empty);
    if (!frame)
        return;
    frame->code = tx_tracer_keep(trace->tracer, code_of(trace, message));
    frame->parent = trace->open;
    if (!trace->root)
        trace->root = frame;
    else if (trace->open && trace->open->last && frame->code.len)
        trace->open->last->sub = frame;
    trace->open = frame;
}

/* Where an instruction writes memory: the places on the stack, from the top,
 * of offset and length. A length of FIXED is a word's. */
enum { FIXED = 15 };
static const struct writes {
    bool any;
    uint8_t offset, len;
} writes[256] = {
    [OP_MLOAD] = {true, 0, FIXED},      [OP_MSTORE] = {true, 0, FIXED},
    [OP_MSTORE8] = {true, 0, FIXED},    [OP_CALLDATACOPY] = {true, 0, 2},
    [OP_CODECOPY] = {true, 0, 2},       [OP_EXTCODECOPY] = {true, 1, 3},
    [OP_RETURNDATACOPY] = {true, 0, 2}, [OP_MCOPY] = {true, 0, 2},
    [OP_CALL] = {true, 5, 6},           [OP_CALLCODE] = {true, 5, 6},
    [OP_DELEGATECALL] = {true, 4, 5},   [OP_STATICCALL] = {true, 4, 5},
};

static bool is_call(uint8_t opcode)
{
    return opcode == OP_CALL || opcode == OP_CALLCODE ||
           opcode == OP_DELEGATECALL || opcode == OP_STATICCALL;
}

static void note_operands(struct vm_op *op, const struct evm_step *step)
{
    const u256 *top = step->stack + step->stack_len - 1;
    const struct writes *to = &writes[op->opcode];
    if (step->blocked != EVM_NONE)
        return;
    if (op->opcode == OP_SSTORE) {
        op->has_store = true;
        op->key = top[0];
        op->value = top[-1];
    }
    if (!to->any)
        return;
    op->memory_at = u256_clamp_u64(*(top - to->offset));
    op->memory_len = op->opcode == OP_MSTORE8 ? 1
                     : to->len == FIXED       ? 32
                                        : u256_clamp_u64(*(top - to->len));
    op->has_memory = op->memory_len != 0;
}

/* What the instruction before has left on the stack and in memory. */
static void finish(struct vm_trace *trace, struct vm_op *op,
                   const struct evm_step *step)
{
    const struct instruction *is = &instructions_of(
        trace->tracer->traced.rules)[op->opcode];
    op->is_done = true;
    op->used = step->gas;
    if (is->left && is->left <= step->stack_len)
        op->pushed = tx_tracer_keep(
            trace->tracer, bytes_of(step->stack + step->stack_len - is->left,
                                    is->left * sizeof(u256)));
    if (op->has_memory && op->memory_len <= step->memory.len &&
        op->memory_at <= step->memory.len - op->memory_len)
        op->memory = tx_tracer_keep(
            trace->tracer,
            bytes_of(step->memory.at + op->memory_at, op->memory_len));
    else
        op->has_memory = false;
}

void vm_trace_step(struct vm_trace *trace, const struct evm_step *step)
{
    static const struct vm_op empty;
    struct vm_frame *frame = trace->open;
    if (!frame || trace->tracer->failure)
        return;
    if (frame->last)
        finish(trace, frame->last, step);
    struct vm_op *op = keep_new(trace, &empty, sizeof empty);
    if (!op)
        return;
    op->pc = step->pc;
    op->opcode = step->opcode;
    op->cost = step->gas_cost + (is_call(step->opcode) ? step->gas_given : 0);
    op->used = step->gas - step->gas_cost;
    note_operands(op, step);
    if (frame->last)
        frame->last->next = op;
    else
        frame->ops = op;
    frame->last = op;
}

void vm_trace_fault(struct vm_trace *trace)
{
    if (trace->open && trace->open->last)
        trace->open->last->has_store = false;
}

/* The last instruction has nothing after it that would show what it did. */
void vm_trace_leave(struct vm_trace *trace, const struct evm_result *result)
{
    struct vm_frame *frame = trace->open;
    if (!frame)
        return;
    if (frame->last && result->status != EVM_EXCEPTION) {
        frame->last->is_done = true;
        frame->last->has_memory = false;
    }
    trace->open = frame->parent;
}

static void put_memory(struct json_writer *out, const struct vm_op *op)
{
    json_key(out, "mem");
    if (!op->has_memory) {
        json_put_null(out);
        return;
    }
    json_begin_object(out);
    json_key(out, "data");
    json_put_data(out, op->memory);
    json_key(out, "off");
    json_put_u64(out, op->memory_at);
    json_end_object(out);
}

static void put_pushed(struct json_writer *out, const struct vm_op *op)
{
    const u256 *items = (const void *)op->pushed.at;
    json_key(out, "push");
    json_begin_array(out);
    for (size_t i = 0; i < op->pushed.len / sizeof *items; i++)
        json_put_quantity_u256(out, items[i]);
    json_end_array(out);
}

static void put_store(struct json_writer *out, const struct vm_op *op)
{
    json_key(out, "store");
    if (!op->has_store) {
        json_put_null(out);
        return;
    }
    json_begin_object(out);
    json_key(out, "key");
    json_put_quantity_u256(out, op->key);
    json_key(out, "val");
    json_put_quantity_u256(out, op->value);
    json_end_object(out);
}

static void put_effect(struct json_writer *out, const struct vm_op *op)
{
    json_key(out, "ex");
    if (!op->is_done) {
        json_put_null(out);
        return;
    }
    json_begin_object(out);
    put_memory(out, op);
    put_pushed(out, op);
    put_store(out, op);
    json_key(out, "used");
    json_put_i64(out, op->used);
    json_end_object(out);
}

static void put_op(struct json_writer *out, const struct vm_op *op)
{
    const char *name = instruction_name(op->opcode);
    json_begin_object(out);
    json_key(out, "cost");
    json_put_i64(out, op->cost);
    put_effect(out, op);
    json_key(out, "pc");
    json_put_u64(out, op->pc);
    if (name) {
        json_key(out, "op");
        json_put_text(out, name);
    }
    json_key(out, "sub");
}

static void begin_frame(struct json_writer *out, const struct vm_frame *frame)
{
    json_begin_object(out);
    json_key(out, "code");
    json_put_data(out, frame->code);
    json_key(out, "ops");
    json_begin_array(out);
}

static void end_frame(struct json_writer *out)
{
    json_end_array(out);
    json_end_object(out);
}

void vm_trace_put(struct json_writer *out, const struct vm_trace *trace)
{
    const struct vm_op *way[EVM_DEPTH_MAX + 2];
    unsigned depth = 0;
    if (!trace->root) {
        json_put_null(out);
        return;
    }
    begin_frame(out, trace->root);
    way[0] = trace->root->ops;
    for (;;) {
        const struct vm_op *op = way[depth];
        if (op) {
            put_op(out, op);
            if (op->sub) {
                begin_frame(out, op->sub);
                way[++depth] = op->sub->ops;
                continue;
            }
            json_put_null(out);
            json_end_object(out);
            way[depth] = op->next;
            continue;
        }
        end_frame(out);
        if (depth == 0)
            return;
        depth--;
        json_end_object(out);
        way[depth] = way[depth]->next;
    }
}
