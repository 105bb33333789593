#include "evm/code_block.h"

#include "base/assert.h"
#include "evm/fold.h"

static value_id add_value(struct block *block, struct value value)
{
    ASSERT(block->value_count < BLOCK_VALUES_MAX);
    block->values[block->value_count] = value;
    return (value_id)block->value_count++;
}

static value_id add_constant(struct block *block, u256 constant)
{
    return add_value(
        block, (struct value){.kind = VALUE_CONSTANT, .constant = constant});
}

/* Brings the items down to a position into being. */
static void reach_down(struct block *block, int position)
{
    while (block->low > position) {
        block->low--;
        *block_item(block, block->low) = add_value(
            block,
            (struct value){.kind = VALUE_ENTRY, .at = (int16_t)block->low});
    }
}

static void push(struct block *block, value_id value)
{
    *block_item(block, block->top++) = value;
}

static value_id pop(struct block *block)
{
    block->top--;
    reach_down(block, block->top);
    return *block_item(block, block->top);
}

static void swap(struct block *block, int depth)
{
    reach_down(block, block->top - 1 - depth);
    value_id *a = block_item(block, block->top - 1);
    value_id *b = block_item(block, block->top - 1 - depth);
    value_id kept = *a;
    *a = *b;
    *b = kept;
}

static u256 read_push(bytes code, size_t pc, unsigned len)
{
    uint8_t at[32] = {0};
    size_t have = code.len - pc - 1 < len ? code.len - pc - 1 : len;
    if (have)
        memcpy(at + 32 - len, code.at + pc + 1, have);
    return u256_load_be(at);
}

/* The instructions that only say which value is meant. */
static bool read_shuffle(struct block *block, bytes code, size_t pc,
                         uint8_t opcode)
{
    if (opcode >= OP_PUSH0 && opcode <= OP_PUSH32) {
        u256 number = read_push(code, pc, opcode - OP_PUSH0);
        push(block, add_constant(block, number));
    } else if (opcode >= OP_DUP1 && opcode <= OP_DUP16) {
        int position = block->top - 1 - (opcode - OP_DUP1);
        reach_down(block, position);
        push(block, *block_item(block, position));
    } else if (opcode >= OP_SWAP1 && opcode <= OP_SWAP16) {
        swap(block, opcode - OP_SWAP1 + 1);
    } else if (opcode == OP_POP) {
        pop(block);
    } else if (opcode == OP_PC) {
        push(block, add_constant(block, u256_from(pc)));
    } else if (opcode == OP_CODESIZE) {
        push(block, add_constant(block, u256_from(code.len)));
    } else {
        return opcode == OP_JUMPDEST;
    }
    return true;
}

static void add_node(struct block *block, uint8_t opcode,
                     const struct instruction *is)
{
    struct node *node = &block->nodes[block->node_count];
    *node = (struct node){.opcode = opcode,
                          .operand_count = is->taken,
                          .has_result = is->left > 0,
                          .gas = block->gas,
                          .top = (int16_t)(block->top - 1)};
    for (unsigned i = 0; i < is->taken; i++)
        node->operands[i] = pop(block);
    struct value known = {.kind = VALUE_RESULT,
                          .at = (int16_t)block->node_count};
    if (is->left == 0) {
        block->node_count++;
    } else if (fold(block->values, node, &known.constant)) {
        push(block, add_constant(block, known.constant));
    } else {
        node->result = add_value(block, known);
        push(block, node->result);
        block->node_count++;
    }
}

/* Whether there is room for whatever one more instruction may bring. */
static bool has_room(const struct block *block)
{
    return block->node_count < BLOCK_NODES_MAX &&
           block->value_count + 18 < BLOCK_VALUES_MAX &&
           block->top < BLOCK_DEPTH_MAX - 1 &&
           block->top > 18 - BLOCK_DEPTH_MAX &&
           block->low > 18 - BLOCK_DEPTH_MAX;
}

static void count(struct block *block, const struct instruction *is)
{
    int taken_to = block->top - is->taken;
    int grown_to = taken_to + is->left;
    if (-taken_to > block->need)
        block->need = -taken_to;
    if (grown_to > block->growth)
        block->growth = grown_to;
    block->gas += is->gas;
}

static enum block_end read_end(struct block *block, uint8_t opcode,
                               const struct instruction *is)
{
    if (opcode == OP_JUMP || opcode == OP_JUMPI) {
        block->target = pop(block);
        if (opcode == OP_JUMP)
            return BLOCK_JUMPS;
        block->condition = pop(block);
        return BLOCK_BRANCHES;
    }
    if (is->kind == INSTRUCTION_UNDEFINED)
        opcode = OPCODE_UNDEFINED;
    add_node(block, opcode, is);
    return is->kind == INSTRUCTION_SPLITS ? BLOCK_SPLITS : BLOCK_STOPS;
}

void block_read(struct block *block, bytes code, size_t pc,
                const struct instruction *instructions)
{
    block->pc = block->next_pc = pc;
    block->gas = 0;
    block->need = block->growth = block->low = block->top = 0;
    block->node_count = block->value_count = 0;
    block->end = BLOCK_FALLS;
    while (has_room(block)) {
        uint8_t opcode = pc < code.len ? code.at[pc] : OP_STOP;
        const struct instruction *is = &instructions[opcode];
        if (opcode == OP_JUMPDEST && pc != block->pc)
            break;
        count(block, is);
        block->next_pc = pc + 1 + instruction_immediate(opcode);
        if (is->kind != INSTRUCTION_PLAIN) {
            block->end = read_end(block, opcode, is);
            break;
        }
        if (!read_shuffle(block, code, pc, opcode))
            add_node(block, opcode, is);
        pc = block->next_pc;
    }
}
