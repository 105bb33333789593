#include "evm/branch.h"

static enum branch_test opposite(enum branch_test test)
{
    return test ^ 1u;
}

/* The node that gives the value, if it is the block's last one and nothing
 * else needs it. */
static const struct node *own_node(struct block *block, value_id value)
{
    const struct value *is = &block->values[value];
    if (block->node_count == 0 || is->kind != VALUE_RESULT ||
        is->at != (int)block->node_count - 1)
        return NULL;
    for (int p = block->low; p < block->top; p++)
        if (*block_item(block, p) == value)
            return NULL;
    return &block->nodes[block->node_count - 1];
}

static void compare(struct branch *branch, enum branch_test test, value_id a,
                    value_id b)
{
    branch->test = branch->test == TEST_NONZERO ? test : opposite(test);
    branch->operands[0] = a;
    branch->operands[1] = b;
    branch->operand_count = 2;
}

/* False: the node is no comparison. */
static bool take_comparison(struct branch *branch, const struct node *node)
{
    value_id a = node->operands[0], b = node->operands[1];
    switch (node->opcode) {
    case OP_EQ:
        compare(branch, TEST_EQ, a, b);
        return true;
    case OP_SUB: /* zero where both are the same */
    case OP_XOR:
        compare(branch, TEST_NE, a, b);
        return true;
    case OP_LT:
        compare(branch, TEST_LT, a, b);
        return true;
    case OP_GT:
        compare(branch, TEST_LT, b, a);
        return true;
    case OP_SLT:
        compare(branch, TEST_SLT, a, b);
        return true;
    case OP_SGT:
        compare(branch, TEST_SLT, b, a);
        return true;
    default:
        return false;
    }
}

static void find_test(struct branch *branch, struct block *block)
{
    const struct node *node;
    branch->test = TEST_NONZERO;
    branch->operands[0] = block->condition;
    branch->operand_count = 1;
    while ((node = own_node(block, branch->operands[0]))) {
        if (node->opcode == OP_ISZERO) {
            branch->test = opposite(branch->test);
            branch->operands[0] = node->operands[0];
            block->node_count--;
            continue;
        }
        if (take_comparison(branch, node))
            block->node_count--;
        break;
    }
}

void branch_find(struct branch *branch, struct block *block)
{
    const struct value *condition = &block->values[block->condition];
    *branch = (struct branch){.target = block->target};
    if (block->end == BLOCK_BRANCHES && condition->kind == VALUE_CONSTANT)
        block->end = u256_is_zero(condition->constant) ? BLOCK_FALLS
                                                       : BLOCK_JUMPS;
    if (block->end != BLOCK_JUMPS && block->end != BLOCK_BRANCHES)
        return;
    if (block->values[block->target].kind != VALUE_CONSTANT) {
        branch->operands[0] = block->target;
        branch->operands[1] = block->condition;
        branch->operand_count = block->end == BLOCK_JUMPS ? 1 : 2;
    } else if (block->end == BLOCK_BRANCHES) {
        find_test(branch, block);
    }
}

int branch_with_constant(enum branch_test test)
{
    static const int8_t index[] = {
        [TEST_NONZERO] = -1, [TEST_ZERO] = -1, [TEST_EQ] = 0, [TEST_NE] = 1,
        [TEST_LT] = 2,       [TEST_GE] = 3,    [TEST_GT] = 4, [TEST_LE] = 5,
        [TEST_SLT] = -1,     [TEST_SGE] = -1,
    };
    return index[test];
}

static void swap_operands(struct branch *branch)
{
    value_id kept = branch->operands[0];
    branch->operands[0] = branch->operands[1];
    branch->operands[1] = kept;
}

void branch_put_constant_last(struct branch *branch, bool first_is_small)
{
    if (branch->operand_count < 2 || !first_is_small ||
        branch_with_constant(branch->test) < 0)
        return;
    swap_operands(branch);
    if (branch->test == TEST_LT)
        branch->test = TEST_GT;
    else if (branch->test == TEST_GE)
        branch->test = TEST_LE;
}

void branch_to_flag(struct branch *branch)
{
    if (branch->test != TEST_GT && branch->test != TEST_LE)
        return;
    swap_operands(branch);
    branch->test = branch->test == TEST_GT ? TEST_LT : TEST_GE;
}
