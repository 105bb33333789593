/* The end of a block: items go where the code has them, then comes the jump. */
#include "evm/emitter.h"

/* Whether an item is not where it must be in the end. */
static bool is_misplaced(struct emitter *e, int position)
{
    return e->slot[*block_item(e->block, position)] != position;
}

static void plan_moves(struct emitter *e)
{
    int end = e->high > e->block->top ? e->high : e->block->top;
    const size_t first = (size_t)(e->low + BLOCK_DEPTH_MAX);
    const size_t count = (size_t)(end - e->low);
    memset(e->reads + first, 0, count * sizeof *e->reads);
    memset(e->is_target + first, 0, count * sizeof *e->is_target);
    for (int p = e->block->low; p < e->block->top; p++) {
        if (!is_misplaced(e, p))
            continue;
        int from = e->slot[*block_item(e->block, p)];
        e->is_target[p + BLOCK_DEPTH_MAX] = true;
        if (from != NONE)
            e->reads[from + BLOCK_DEPTH_MAX]++;
    }
}

/* Moves the item to position and, since that may free the place it came from,
 * whatever waits for that place, and so on. */
static void move_chain(struct emitter *e, int position)
{
    for (;;) {
        value_id value = *block_item(e->block, position);
        int from = e->slot[value];
        e->is_target[position + BLOCK_DEPTH_MAX] = false;
        if (from == NONE) {
            emit_constant(e, position, &value_of(e, value)->constant);
            return;
        }
        emit_move(e, position, from);
        if (--e->reads[from + BLOCK_DEPTH_MAX] > 0 ||
            !e->is_target[from + BLOCK_DEPTH_MAX])
            return;
        position = from;
    }
}

/* What is left are rings, each place waiting for the next. */
static void break_ring(struct emitter *e, int position)
{
    int16_t value = *slot_occupant(e, position);
    int spare = slot_temporary(e, (int)e->block->node_count);
    emit_move(e, spare, position);
    slot_occupy(e, spare, (value_id)value);
    e->slot[value] = (int16_t)spare;
    e->reads[spare + BLOCK_DEPTH_MAX] = e->reads[position + BLOCK_DEPTH_MAX];
    e->reads[position + BLOCK_DEPTH_MAX] = 0;
    e->is_target[spare + BLOCK_DEPTH_MAX] = false;
    move_chain(e, position);
}

static void emit_moves(struct emitter *e)
{
    for (int p = e->block->low; p < e->block->top; p++)
        if (e->is_target[p + BLOCK_DEPTH_MAX] &&
            e->reads[p + BLOCK_DEPTH_MAX] == 0)
            move_chain(e, p);
    for (int p = e->block->low; p < e->block->top; p++)
        if (e->is_target[p + BLOCK_DEPTH_MAX])
            break_ring(e, p);
}

static uint64_t shift(const struct emitter *e)
{
    return (uint64_t)((int64_t)e->block->top * (int64_t)sizeof(u256));
}

static bool will_be_overwritten(const struct emitter *e, value_id value)
{
    return e->is_target[e->slot[value] + BLOCK_DEPTH_MAX];
}

static void point_to(struct emitter *e, value_id target)
{
    const struct fixup fixup = {
        .word = (uint32_t)e->out->words.len,
        .pc = u256_clamp_u64(value_of(e, target)->constant),
    };
    VEC_PUSH(&e->out->fixups, fixup);
    emit_word(e, 0);
}

static void emit_jump(struct emitter *e, value_id target)
{
    if (is_constant(e, target)) {
        plan_moves(e);
        emit_moves(e);
        emit_handler(e, HANDLER_JUMP);
        emit_word(e, shift(e));
        point_to(e, target);
        return;
    }
    int end = (int)e->block->node_count, slot = e->slot[target];
    plan_moves(e);
    if (will_be_overwritten(e, target)) {
        slot = slot_temporary(e, end);
        emit_move(e, slot, e->slot[target]);
        slot_occupy(e, slot, target);
    }
    emit_moves(e);
    emit_handler(e, HANDLER_JUMP_TO);
    emit_word(e, shift(e));
    emit_slots(e, slot, -1);
}

/* Both target and condition are unknown: copied out of the moves' way. */
static void emit_branch_to(struct emitter *e)
{
    int end = (int)e->block->node_count, at[2];
    for (int i = 0; i < 2; i++) {
        value_id value = e->branch.operands[i];
        slot_use(e, value, end);
        at[i] = slot_temporary(e, end);
        emit_move(e, at[i], e->slot[value]);
        slot_occupy(e, at[i], value);
    }
    plan_moves(e);
    emit_moves(e);
    emit_handler(e, HANDLER_JUMPI_TO);
    emit_word(e, shift(e));
    emit_slots(e, at[0], at[1]);
}

static void emit_flagged_branch(struct emitter *e)
{
    const struct branch *branch = &e->branch;
    int end = (int)e->block->node_count, at[2] = {-1, -1};
    for (int i = 0; i < branch->operand_count; i++)
        at[i] = slot_use(e, branch->operands[i], end);
    emit_handler(e, HANDLER_FLAG_NONZERO + branch->test);
    emit_slots(e, at[0], at[1]);
    plan_moves(e);
    emit_moves(e);
    emit_handler(e, HANDLER_JUMPI_FLAG);
    emit_word(e, shift(e));
    point_to(e, branch->target);
}

static enum handler branch_handler(struct emitter *e, bool *with_constant)
{
    const struct branch *branch = &e->branch;
    *with_constant = branch->operand_count == 2 &&
                     is_small(e, branch->operands[1]) &&
                     branch_with_constant(branch->test) >= 0;
    return *with_constant ? HANDLER_JUMPI_EQ_K +
                                (unsigned)branch_with_constant(branch->test)
                          : HANDLER_JUMPI_NONZERO + branch->test;
}

static void emit_branch(struct emitter *e)
{
    struct branch *branch = &e->branch;
    int end = (int)e->block->node_count, at[2] = {-1, -1};
    bool with_constant, overwritten = false;
    if (!is_constant(e, branch->target)) {
        emit_branch_to(e);
        return;
    }
    branch_put_constant_last(branch, is_small(e, branch->operands[0]));
    enum handler id = branch_handler(e, &with_constant);
    for (int i = 0; i < branch->operand_count - with_constant; i++)
        at[i] = slot_use(e, branch->operands[i], end);
    plan_moves(e);
    for (int i = 0; i < branch->operand_count - with_constant; i++)
        overwritten |= will_be_overwritten(e, branch->operands[i]);
    if (overwritten) {
        branch_to_flag(branch);
        emit_flagged_branch(e);
        return;
    }
    emit_moves(e);
    emit_handler(e, id);
    emit_word(e, shift(e));
    point_to(e, branch->target);
    emit_slots(e, at[0], at[1]);
    if (with_constant)
        emit_word(e, small_of(e, branch->operands[1]));
}

void emit_end(struct emitter *e)
{
    switch (e->block->end) {
    case BLOCK_STOPS:
        break;
    case BLOCK_JUMPS:
        emit_jump(e, e->block->target);
        break;
    case BLOCK_BRANCHES:
        emit_branch(e);
        break;
    case BLOCK_FALLS:
    case BLOCK_SPLITS:
        plan_moves(e);
        emit_moves(e);
        if (e->block->top != 0) {
            emit_handler(e, HANDLER_SHIFT);
            emit_word(e, shift(e));
        }
        break;
    }
}
