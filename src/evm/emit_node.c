/* The records of nodes: the right handler for the operands that each has. */
#include "evm/emitter.h"

bool emit_is_operation(uint8_t opcode)
{
    switch (opcode) {
    case OP_EXP:
    case OP_KECCAK256:
    case OP_BALANCE:
    case OP_SELFBALANCE:
    case OP_CALLDATACOPY:
    case OP_CODECOPY:
    case OP_RETURNDATACOPY:
    case OP_MCOPY:
    case OP_EXTCODESIZE:
    case OP_EXTCODECOPY:
    case OP_EXTCODEHASH:
    case OP_BLOCKHASH:
    case OP_BLOBHASH:
    case OP_SLOAD:
    case OP_SSTORE:
    case OP_TLOAD:
    case OP_TSTORE:
        return true;
    default:
        return opcode >= OP_LOG0; /* logs, calls, creations, RETURN ... */
    }
}

static int natural_position(const struct node *node)
{
    return node->top - node->operand_count + 1;
}

static int place_result(struct emitter *e, const struct node *node, int index)
{
    return slot_place(e, node->result, natural_position(node), index + 1);
}

static void emit_operation(struct emitter *e, const struct node *node,
                           int index, enum handler id)
{
    for (int k = 0; k < node->operand_count; k++) {
        value_id operand = node->operands[k];
        int position = node->top - k;
        if (e->slot[operand] == position)
            continue;
        slot_evict(e, position, index, index);
        if (is_constant(e, operand) && e->slot[operand] == NONE)
            emit_constant(e, position, &value_of(e, operand)->constant);
        else
            emit_move(e, position, e->slot[operand]);
        *slot_occupant(e, position) = NONE;
    }
    if (node->has_result)
        slot_evict(e, natural_position(node), index + 1, index);
    emit_handler(e, id);
    emit_slots(e, node->top, -1);
    if (node->has_result)
        slot_settle(e, node->result, natural_position(node));
}

static void emit_nullary(struct emitter *e, const struct node *node, int index,
                         enum handler id)
{
    int to = place_result(e, node, index);
    emit_handler(e, id);
    emit_slots(e, to, -1);
}

static void emit_unary(struct emitter *e, const struct node *node, int index,
                       enum handler id)
{
    int a = slot_use(e, node->operands[0], index);
    int to = place_result(e, node, index);
    emit_handler(e, id);
    emit_slots(e, to, a);
}

static void emit_binary(struct emitter *e, const struct node *node, int index,
                        enum handler id, value_id first, value_id second)
{
    int a = slot_use(e, first, index), b = slot_use(e, second, index);
    int to = place_result(e, node, index);
    emit_handler(e, id);
    emit_slots(e, to, a);
    emit_slots(e, b, -1);
}

static void emit_ternary(struct emitter *e, const struct node *node, int index,
                         enum handler id)
{
    int a = slot_use(e, node->operands[0], index);
    int b = slot_use(e, node->operands[1], index);
    int c = slot_use(e, node->operands[2], index);
    int to = place_result(e, node, index);
    emit_handler(e, id);
    emit_slots(e, to, a);
    emit_slots(e, b, c);
}

static void emit_with_small(struct emitter *e, const struct node *node,
                            int index, enum handler id, value_id a,
                            uint64_t constant)
{
    int from = slot_use(e, a, index);
    int to = place_result(e, node, index);
    emit_handler(e, id);
    emit_slots(e, to, from);
    emit_word(e, constant);
}

static void emit_with_wide(struct emitter *e, const struct node *node,
                           int index, enum handler id, value_id a,
                           const u256 *constant)
{
    int from = slot_use(e, a, index);
    int to = place_result(e, node, index);
    emit_handler(e, id);
    emit_slots(e, to, from);
    emit_number(e, constant);
}

static void emit_add(struct emitter *e, const struct node *node, int index)
{
    value_id a = node->operands[0], b = node->operands[1];
    if (is_constant(e, a)) {
        a = node->operands[1];
        b = node->operands[0];
    }
    if (is_small(e, b))
        emit_with_small(e, node, index, HANDLER_ADD_K, a, small_of(e, b));
    else if (is_constant(e, b))
        emit_with_wide(e, node, index, HANDLER_ADD_W, a,
                       &value_of(e, b)->constant);
    else
        emit_binary(e, node, index, HANDLER_ADD, a, b);
}

static void emit_sub(struct emitter *e, const struct node *node, int index)
{
    value_id a = node->operands[0], b = node->operands[1];
    if (is_small(e, b))
        emit_with_small(e, node, index, HANDLER_SUB_K, a, small_of(e, b));
    else
        emit_binary(e, node, index, HANDLER_SUB, a, b);
}

static void emit_and(struct emitter *e, const struct node *node, int index)
{
    value_id a = node->operands[0], b = node->operands[1];
    if (is_constant(e, a)) {
        a = node->operands[1];
        b = node->operands[0];
    }
    if (is_small(e, b))
        emit_with_small(e, node, index, HANDLER_AND_K, a, small_of(e, b));
    else if (is_constant(e, b))
        emit_with_wide(e, node, index, HANDLER_AND_W, a,
                       &value_of(e, b)->constant);
    else
        emit_binary(e, node, index, HANDLER_AND, a, b);
}

static void emit_shift(struct emitter *e, const struct node *node, int index,
                       enum handler by_slot, enum handler by_constant)
{
    value_id count = node->operands[0], value = node->operands[1];
    if (!is_small(e, count) || small_of(e, count) >= 256)
        emit_binary(e, node, index, by_slot, count, value);
    else
        emit_with_small(e, node, index,
                        by_constant + (unsigned)small_of(e, count) / 64, value,
                        small_of(e, count) % 64);
}

/* The exponent of a power of two, or -1. */
static int power_of_two(const struct emitter *e, value_id id)
{
    if (!is_constant(e, id))
        return -1;
    const u256 *a = &value_of(e, id)->constant;
    unsigned bits = u256_bits(*a);
    return bits && u256_equal(*a, u256_shl(U256_ONE, bits - 1)) ? (int)bits - 1
                                                                : -1;
}

static void emit_mul(struct emitter *e, const struct node *node, int index)
{
    value_id a = node->operands[0], b = node->operands[1];
    if (is_constant(e, a)) {
        a = node->operands[1];
        b = node->operands[0];
    }
    int power = power_of_two(e, b);
    if (power >= 0)
        emit_with_small(e, node, index, HANDLER_SHL_K0 + (unsigned)power / 64,
                        a, (unsigned)power % 64);
    else if (is_small(e, b))
        emit_with_small(e, node, index, HANDLER_MUL_K, a, small_of(e, b));
    else
        emit_binary(e, node, index, HANDLER_MUL, a, b);
}

static void emit_div(struct emitter *e, const struct node *node, int index)
{
    int power = power_of_two(e, node->operands[1]);
    if (power >= 0)
        emit_with_small(e, node, index, HANDLER_SHR_K0 + (unsigned)power / 64,
                        node->operands[0], (unsigned)power % 64);
    else
        emit_binary(e, node, index, HANDLER_DIV, node->operands[0],
                    node->operands[1]);
}

static void emit_mod(struct emitter *e, const struct node *node, int index)
{
    if (power_of_two(e, node->operands[1]) < 0) {
        emit_binary(e, node, index, HANDLER_MOD, node->operands[0],
                    node->operands[1]);
        return;
    }
    u256 mask = u256_sub(value_of(e, node->operands[1])->constant, U256_ONE);
    emit_with_wide(e, node, index, HANDLER_AND_W, node->operands[0], &mask);
}

/* a < b, GT having its operands swapped. */
static void emit_less(struct emitter *e, const struct node *node, int index,
                      value_id a, value_id b)
{
    if (is_small(e, b))
        emit_with_small(e, node, index, HANDLER_LT_K, a, small_of(e, b));
    else if (is_small(e, a))
        emit_with_small(e, node, index, HANDLER_GT_K, b, small_of(e, a));
    else
        emit_binary(e, node, index, HANDLER_LT, a, b);
}

static void emit_equal(struct emitter *e, const struct node *node, int index)
{
    value_id a = node->operands[0], b = node->operands[1];
    if (is_small(e, a))
        emit_with_small(e, node, index, HANDLER_EQ_K, b, small_of(e, a));
    else if (is_small(e, b))
        emit_with_small(e, node, index, HANDLER_EQ_K, a, small_of(e, b));
    else
        emit_binary(e, node, index, HANDLER_EQ, a, b);
}

static void emit_mload(struct emitter *e, const struct node *node, int index)
{
    value_id at = node->operands[0];
    if (!is_small(e, at)) {
        emit_unary(e, node, index, HANDLER_MLOAD);
        return;
    }
    int to = place_result(e, node, index);
    emit_handler(e, HANDLER_MLOAD_K);
    emit_slots(e, to, -1);
    emit_word(e, small_of(e, at));
}

static void emit_mstore(struct emitter *e, const struct node *node, int index)
{
    value_id at = node->operands[0], value = node->operands[1];
    bool at_small = is_small(e, at), value_small = is_small(e, value);
    int a = at_small ? -1 : slot_use(e, at, index);
    int b = value_small ? -1 : slot_use(e, value, index);
    emit_handler(e, HANDLER_MSTORE + at_small + 2u * value_small);
    emit_slots(e, a, b);
    if (at_small)
        emit_word(e, small_of(e, at));
    if (value_small)
        emit_word(e, small_of(e, value));
}

static void emit_mstore8(struct emitter *e, const struct node *node, int index)
{
    int a = slot_use(e, node->operands[0], index);
    int b = slot_use(e, node->operands[1], index);
    emit_handler(e, HANDLER_MSTORE8);
    emit_slots(e, a, b);
}

/* The block has paid for what is still to come in it: that is added back. */
static void emit_gas(struct emitter *e, const struct node *node, int index)
{
    int to = place_result(e, node, index);
    emit_handler(e, HANDLER_GAS);
    emit_slots(e, to, -1);
    emit_word(e, e->block->gas - node->gas);
}

/* The opcodes whose handler bears their name. */
static enum handler handler_of(uint8_t opcode)
{
    static const uint8_t handlers[256] = {
#define SAME(name) [OP_##name] = HANDLER_##name
        SAME(STOP),
        SAME(RETURN),
        SAME(REVERT),
        SAME(SELFDESTRUCT),
        SAME(INVALID),
        SAME(ADDRESS),
        SAME(ORIGIN),
        SAME(CALLER),
        SAME(CALLVALUE),
        SAME(CALLDATASIZE),
        SAME(GASPRICE),
        SAME(RETURNDATASIZE),
        SAME(COINBASE),
        SAME(TIMESTAMP),
        SAME(NUMBER),
        SAME(PREVRANDAO),
        SAME(GASLIMIT),
        SAME(CHAINID),
        SAME(BASEFEE),
        SAME(BLOBBASEFEE),
        SAME(MSIZE),
        SAME(ISZERO),
        SAME(NOT),
        SAME(CLZ),
        SAME(CALLDATALOAD),
        SAME(SDIV),
        SAME(SMOD),
        SAME(SIGNEXTEND),
        SAME(SLT),
        SAME(OR),
        SAME(XOR),
        SAME(BYTE),
        SAME(ADDMOD),
        SAME(MULMOD),
        SAME(EXP),
        SAME(KECCAK256),
        SAME(BALANCE),
        SAME(SELFBALANCE),
        SAME(CALLDATACOPY),
        SAME(CODECOPY),
        SAME(RETURNDATACOPY),
        SAME(MCOPY),
        SAME(EXTCODESIZE),
        SAME(EXTCODECOPY),
        SAME(EXTCODEHASH),
        SAME(BLOCKHASH),
        SAME(BLOBHASH),
        SAME(SLOAD),
        SAME(SSTORE),
        SAME(TLOAD),
        SAME(TSTORE),
        SAME(LOG0),
        SAME(LOG1),
        SAME(LOG2),
        SAME(LOG3),
        SAME(LOG4),
        SAME(CALL),
        SAME(CALLCODE),
        SAME(DELEGATECALL),
        SAME(STATICCALL),
        SAME(CREATE),
        SAME(CREATE2),
#undef SAME
    };
    return handlers[opcode] ? handlers[opcode] : HANDLER_UNDEFINED;
}

static void emit_plain(struct emitter *e, const struct node *node, int index)
{
    enum handler id = handler_of(node->opcode);
    if (emit_is_operation(node->opcode))
        emit_operation(e, node, index, id);
    else if (!node->has_result)
        emit_handler(e, id);
    else if (node->operand_count == 0)
        emit_nullary(e, node, index, id);
    else if (node->operand_count == 1)
        emit_unary(e, node, index, id);
    else if (node->operand_count == 2)
        emit_binary(e, node, index, id, node->operands[0], node->operands[1]);
    else
        emit_ternary(e, node, index, id);
}

void emit_node(struct emitter *e, const struct node *node, int index)
{
    switch (node->opcode) {
    case OP_ADD:
        emit_add(e, node, index);
        break;
    case OP_SUB:
        emit_sub(e, node, index);
        break;
    case OP_MUL:
        emit_mul(e, node, index);
        break;
    case OP_DIV:
        emit_div(e, node, index);
        break;
    case OP_MOD:
        emit_mod(e, node, index);
        break;
    case OP_AND:
        emit_and(e, node, index);
        break;
    case OP_SHL:
        emit_shift(e, node, index, HANDLER_SHL, HANDLER_SHL_K0);
        break;
    case OP_SHR:
        emit_shift(e, node, index, HANDLER_SHR, HANDLER_SHR_K0);
        break;
    case OP_SAR:
        emit_binary(e, node, index, HANDLER_SAR, node->operands[0],
                    node->operands[1]);
        break;
    case OP_LT:
        emit_less(e, node, index, node->operands[0], node->operands[1]);
        break;
    case OP_GT:
        emit_less(e, node, index, node->operands[1], node->operands[0]);
        break;
    case OP_SGT:
        emit_binary(e, node, index, HANDLER_SLT, node->operands[1],
                    node->operands[0]);
        break;
    case OP_EQ:
        emit_equal(e, node, index);
        break;
    case OP_GAS:
        emit_gas(e, node, index);
        break;
    case OP_MLOAD:
        emit_mload(e, node, index);
        break;
    case OP_MSTORE:
        emit_mstore(e, node, index);
        break;
    case OP_MSTORE8:
        emit_mstore8(e, node, index);
        break;
    default:
        emit_plain(e, node, index);
        break;
    }
}
