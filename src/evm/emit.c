#include "evm/emitter.h"

static void note_use(struct emitter *e, value_id id, int node)
{
    if (e->last_use[id] == NEVER)
        e->last_use[id] = (int16_t)node;
}

/* Nodes that do nothing but give their result. */
static bool is_pure(uint8_t opcode)
{
    return (opcode >= OP_ADD && opcode <= OP_SIGNEXTEND && opcode != OP_EXP) ||
           (opcode >= OP_LT && opcode <= OP_CLZ) || opcode == OP_CALLDATALOAD ||
           opcode == OP_ADDRESS || opcode == OP_CALLER ||
           opcode == OP_CALLVALUE || opcode == OP_CALLDATASIZE;
}

static bool is_dead(const struct emitter *e, const struct node *node)
{
    return is_pure(node->opcode) && e->last_use[node->result] == NEVER;
}

/* Where the items end that the block leaves to whatever follows. */
static int final_top(const struct block *block)
{
    return block->end == BLOCK_STOPS ? block->low : block->top;
}

static void find_last_uses(struct emitter *e)
{
    struct block *block = e->block;
    int count = (int)block->node_count;
    for (unsigned i = 0; i < block->value_count; i++)
        e->last_use[i] = NEVER;
    for (int p = block->low; p < final_top(block); p++)
        note_use(e, *block_item(block, p), count);
    for (int i = 0; i < e->branch.operand_count; i++)
        note_use(e, e->branch.operands[i], count);
    for (int i = count - 1; i >= 0; i--) {
        struct node *node = &block->nodes[i];
        if (!is_dead(e, node))
            for (unsigned k = 0; k < node->operand_count; k++)
                note_use(e, node->operands[k], i);
    }
}

static void want(struct emitter *e, value_id id, int position)
{
    if (e->home[id] == NONE)
        e->home[id] = (int16_t)position;
}

static void find_homes(struct emitter *e)
{
    struct block *block = e->block;
    for (unsigned i = 0; i < block->value_count; i++)
        e->home[i] = NONE;
    for (unsigned i = 0; i < block->node_count; i++) {
        const struct node *node = &block->nodes[i];
        if (emit_is_operation(node->opcode))
            for (int k = 0; k < node->operand_count; k++)
                want(e, node->operands[k], node->top - k);
    }
    for (int p = block->low; p < final_top(block); p++)
        want(e, *block_item(block, p), p);
}

static void begin(struct emitter *e)
{
    struct block *block = e->block;
    for (int p = e->low; p < e->high; p++)
        *slot_occupant(e, p) = NONE;
    e->low = block->low;
    e->high = 0;
    for (unsigned i = 0; i < block->value_count; i++) {
        e->slot[i] = NONE;
        if (block->values[i].kind == VALUE_ENTRY)
            slot_settle(e, (value_id)i, block->values[i].at);
    }
}

void emit_block(struct emitter *e, struct emission *out, struct block *block)
{
    e->block = block;
    e->out = out;
    e->lone_move = 0;
    branch_find(&e->branch, block);
    find_last_uses(e);
    find_homes(e);
    begin(e);
    for (unsigned i = 0; i < block->node_count; i++)
        if (!is_dead(e, &block->nodes[i]))
            emit_node(e, &block->nodes[i], (int)i);
    emit_end(e);
}
