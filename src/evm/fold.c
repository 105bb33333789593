#include "evm/fold.h"

static bool fold_unary(uint8_t opcode, const u256 *a, u256 *out)
{
    switch (opcode) {
    case OP_ISZERO:
        *out = u256_from(u256_is_zero(*a));
        return true;
    case OP_NOT:
        *out = u256_not(*a);
        return true;
    case OP_CLZ:
        *out = u256_from(u256_leading_zeros(*a));
        return true;
    default:
        return false;
    }
}

static bool fold_binary(uint8_t opcode, const u256 *a, const u256 *b, u256 *out)
{
    switch (opcode) {
    case OP_ADD:
        *out = u256_add(*a, *b);
        return true;
    case OP_SUB:
        *out = u256_sub(*a, *b);
        return true;
    case OP_MUL:
        *out = u256_mul(*a, *b);
        return true;
    case OP_DIV:
        *out = u256_div(*a, *b);
        return true;
    case OP_AND:
        *out = u256_and(*a, *b);
        return true;
    case OP_OR:
        *out = u256_or(*a, *b);
        return true;
    case OP_XOR:
        *out = u256_xor(*a, *b);
        return true;
    case OP_SHL:
        *out = u256_shl(*b, u256_clamp_u64(*a));
        return true;
    case OP_SHR:
        *out = u256_shr(*b, u256_clamp_u64(*a));
        return true;
    default:
        return false;
    }
}

bool fold(const struct value *values, const struct node *node, u256 *constant)
{
    const struct value *a = &values[node->operands[0]];
    const struct value *b = &values[node->operands[1]];
    if (node->operand_count == 1 && a->kind == VALUE_CONSTANT)
        return fold_unary(node->opcode, &a->constant, constant);
    if (node->operand_count == 2 && a->kind == VALUE_CONSTANT &&
        b->kind == VALUE_CONSTANT)
        return fold_binary(node->opcode, &a->constant, &b->constant, constant);
    return false;
}
