#include "evm/emit.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "evm/branch.h"

#define NONE INT16_MIN
#define NEVER (-1)

/* Slots that the block's own positions do not reach. */
#define TEMPORARIES_MAX (BLOCK_VALUES_MAX + 8)
#define SLOTS (2 * BLOCK_DEPTH_MAX + TEMPORARIES_MAX)

struct emitter {
    struct block *block;
    struct emission *out;
    struct branch branch;
    size_t lone_move; /* where the last MOVE is; 0: it has a second one */
    int low, high;    /* the positions that may be occupied */

    /* Of each value. */
    int16_t slot[BLOCK_VALUES_MAX];     /* its position, NONE: nowhere yet */
    int16_t home[BLOCK_VALUES_MAX];     /* where it is wanted, NONE: anywhere */
    int16_t last_use[BLOCK_VALUES_MAX]; /* node; node_count: the block's end */

    /* Of each position, from -BLOCK_DEPTH_MAX up. */
    int16_t occupant[SLOTS]; /* value, NONE: nothing that counts */
    uint16_t reads[SLOTS];   /* moves that are still to read it */
    bool is_target[SLOTS];   /* of a move that is still to come */
};

struct emitter *emitter_new(void)
{
    struct emitter *emitter = MEMORY_NEW(struct emitter);
    emitter->low = -BLOCK_DEPTH_MAX;
    emitter->high = SLOTS - BLOCK_DEPTH_MAX;
    return emitter;
}

void emitter_free(struct emitter *emitter)
{
    free(emitter);
}

static int16_t *occupant(struct emitter *e, int position)
{
    return &e->occupant[position + BLOCK_DEPTH_MAX];
}

/* Records. */

static void word(struct emitter *e, uint64_t value)
{
    VEC_PUSH(&e->out->words, value);
}

static void handler(struct emitter *e, enum handler id)
{
    word(e, e->out->handlers[id]);
}

/* Bytes from sp, which points at position -1. */
static uint32_t distance(int position)
{
    return (uint32_t)((position + 1) * (int)sizeof(u256));
}

static void slots(struct emitter *e, int a, int b)
{
    word(e, word_of_halves(distance(a), distance(b)));
}

static void wide(struct emitter *e, const u256 *value)
{
    for (int i = 0; i < 4; i++)
        word(e, value->limb[i]);
}

#define MOVE_WORDS 2

/* A move after a move is one record with it. */
static void emit_move(struct emitter *e, int to, int from)
{
    word_vec *words = &e->out->words;
    bool again = e->lone_move && e->lone_move + MOVE_WORDS == words->len;
    if (again)
        words->at[e->lone_move] = e->out->handlers[HANDLER_MOVE_TWICE];
    e->lone_move = again ? 0 : words->len;
    if (!again)
        handler(e, HANDLER_MOVE);
    slots(e, to, from);
}

static void emit_constant(struct emitter *e, int to, const u256 *value)
{
    bool fits = u256_fits_u64(*value);
    handler(e, fits ? HANDLER_LOAD_K : HANDLER_LOAD_W);
    slots(e, to, -1);
    if (fits)
        word(e, value->limb[0]);
    else
        wide(e, value);
}

/* Where values lie. */

static const struct value *value_of(const struct emitter *e, value_id id)
{
    return &e->block->values[id];
}

static bool is_constant(const struct emitter *e, value_id id)
{
    return value_of(e, id)->kind == VALUE_CONSTANT;
}

static bool is_small(const struct emitter *e, value_id id)
{
    return is_constant(e, id) && u256_fits_u64(value_of(e, id)->constant);
}

static uint64_t small(const struct emitter *e, value_id id)
{
    return value_of(e, id)->constant.limb[0];
}

/* Nothing at the position is used by node `from` or later ones. */
static bool is_free(struct emitter *e, int position, int from)
{
    int16_t value = *occupant(e, position);
    return value == NONE || e->last_use[value] < from;
}

static void occupy(struct emitter *e, int position, value_id id)
{
    *occupant(e, position) = (int16_t)id;
    if (position >= e->high)
        e->high = position + 1;
}

static void settle(struct emitter *e, value_id id, int position)
{
    int16_t before = *occupant(e, position);
    if (before != NONE && e->slot[before] == position)
        e->slot[before] = NONE;
    occupy(e, position, id);
    e->slot[id] = (int16_t)position;
}

static int find_temporary(struct emitter *e, int from)
{
    int position = e->block->growth;
    while (!is_free(e, position, from))
        position++;
    ASSERT(position + BLOCK_DEPTH_MAX < SLOTS);
    return position;
}

/* A place for the value; what node `from` and later ones use stays. */
static int place(struct emitter *e, value_id id, int natural, int from)
{
    int position = e->home[id];
    if (position == NONE || !is_free(e, position, from))
        position = natural;
    if (position == NONE || !is_free(e, position, from))
        position = find_temporary(e, from);
    settle(e, id, position);
    return position;
}

/* Where the value lies, a constant being loaded if it is not yet. */
static int use(struct emitter *e, value_id id, int node)
{
    if (e->slot[id] == NONE) {
        ASSERT(is_constant(e, id));
        int position = place(e, id, NONE, node);
        emit_constant(e, position, &value_of(e, id)->constant);
    }
    return e->slot[id];
}

/* Makes way at a position for what node `node` puts there. */
static void evict(struct emitter *e, int position, int from, int node)
{
    if (is_free(e, position, from)) {
        int16_t value = *occupant(e, position);
        if (value != NONE && e->slot[value] == position &&
            e->last_use[value] < node)
            e->slot[value] = NONE;
        return;
    }
    value_id value = (value_id)*occupant(e, position);
    int to = find_temporary(e, node);
    emit_move(e, to, position);
    occupy(e, to, value);
    e->slot[value] = (int16_t)to;
    *occupant(e, position) = NONE;
}

/* Liveness. */

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

/* Those whose operands must lie as the stack has them. */
static bool is_operation(uint8_t opcode)
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
        if (is_operation(node->opcode))
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
        *occupant(e, p) = NONE;
    e->low = block->low;
    e->high = 0;
    for (unsigned i = 0; i < block->value_count; i++) {
        e->slot[i] = NONE;
        if (block->values[i].kind == VALUE_ENTRY)
            settle(e, (value_id)i, block->values[i].at);
    }
}

/* Nodes. */

static int natural_position(const struct node *node)
{
    return node->top - node->operand_count + 1;
}

static int place_result(struct emitter *e, const struct node *node, int index)
{
    return place(e, node->result, natural_position(node), index + 1);
}

static void emit_operation(struct emitter *e, const struct node *node,
                           int index, enum handler id)
{
    for (int k = 0; k < node->operand_count; k++) {
        value_id operand = node->operands[k];
        int position = node->top - k;
        if (e->slot[operand] == position)
            continue;
        evict(e, position, index, index);
        if (is_constant(e, operand) && e->slot[operand] == NONE)
            emit_constant(e, position, &value_of(e, operand)->constant);
        else
            emit_move(e, position, e->slot[operand]);
        *occupant(e, position) = NONE;
    }
    if (node->has_result)
        evict(e, natural_position(node), index + 1, index);
    handler(e, id);
    slots(e, node->top, -1);
    if (node->has_result)
        settle(e, node->result, natural_position(node));
}

static void emit_nullary(struct emitter *e, const struct node *node, int index,
                         enum handler id)
{
    int to = place_result(e, node, index);
    handler(e, id);
    slots(e, to, -1);
}

static void emit_unary(struct emitter *e, const struct node *node, int index,
                       enum handler id)
{
    int a = use(e, node->operands[0], index);
    int to = place_result(e, node, index);
    handler(e, id);
    slots(e, to, a);
}

static void emit_binary(struct emitter *e, const struct node *node, int index,
                        enum handler id, value_id first, value_id second)
{
    int a = use(e, first, index), b = use(e, second, index);
    int to = place_result(e, node, index);
    handler(e, id);
    slots(e, to, a);
    slots(e, b, -1);
}

static void emit_ternary(struct emitter *e, const struct node *node, int index,
                         enum handler id)
{
    int a = use(e, node->operands[0], index);
    int b = use(e, node->operands[1], index);
    int c = use(e, node->operands[2], index);
    int to = place_result(e, node, index);
    handler(e, id);
    slots(e, to, a);
    slots(e, b, c);
}

static void emit_small(struct emitter *e, const struct node *node, int index,
                       enum handler id, value_id a, uint64_t constant)
{
    int from = use(e, a, index);
    int to = place_result(e, node, index);
    handler(e, id);
    slots(e, to, from);
    word(e, constant);
}

static void emit_wide(struct emitter *e, const struct node *node, int index,
                      enum handler id, value_id a, const u256 *constant)
{
    int from = use(e, a, index);
    int to = place_result(e, node, index);
    handler(e, id);
    slots(e, to, from);
    wide(e, constant);
}

static void emit_add(struct emitter *e, const struct node *node, int index)
{
    value_id a = node->operands[0], b = node->operands[1];
    if (is_constant(e, a)) {
        a = node->operands[1];
        b = node->operands[0];
    }
    if (is_small(e, b))
        emit_small(e, node, index, HANDLER_ADD_K, a, small(e, b));
    else if (is_constant(e, b))
        emit_wide(e, node, index, HANDLER_ADD_W, a, &value_of(e, b)->constant);
    else
        emit_binary(e, node, index, HANDLER_ADD, a, b);
}

static void emit_sub(struct emitter *e, const struct node *node, int index)
{
    value_id a = node->operands[0], b = node->operands[1];
    if (is_small(e, b))
        emit_small(e, node, index, HANDLER_SUB_K, a, small(e, b));
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
        emit_small(e, node, index, HANDLER_AND_K, a, small(e, b));
    else if (is_constant(e, b))
        emit_wide(e, node, index, HANDLER_AND_W, a, &value_of(e, b)->constant);
    else
        emit_binary(e, node, index, HANDLER_AND, a, b);
}

static void emit_shift(struct emitter *e, const struct node *node, int index,
                       enum handler by_slot, enum handler by_constant)
{
    value_id count = node->operands[0], value = node->operands[1];
    if (!is_small(e, count) || small(e, count) >= 256)
        emit_binary(e, node, index, by_slot, count, value);
    else
        emit_small(e, node, index, by_constant + (unsigned)small(e, count) / 64,
                   value, small(e, count) % 64);
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
        emit_small(e, node, index, HANDLER_SHL_K0 + (unsigned)power / 64, a,
                   (unsigned)power % 64);
    else if (is_small(e, b))
        emit_small(e, node, index, HANDLER_MUL_K, a, small(e, b));
    else
        emit_binary(e, node, index, HANDLER_MUL, a, b);
}

static void emit_div(struct emitter *e, const struct node *node, int index)
{
    int power = power_of_two(e, node->operands[1]);
    if (power >= 0)
        emit_small(e, node, index, HANDLER_SHR_K0 + (unsigned)power / 64,
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
    emit_wide(e, node, index, HANDLER_AND_W, node->operands[0], &mask);
}

/* a < b, GT having its operands swapped. */
static void emit_less(struct emitter *e, const struct node *node, int index,
                      value_id a, value_id b)
{
    if (is_small(e, b))
        emit_small(e, node, index, HANDLER_LT_K, a, small(e, b));
    else if (is_small(e, a))
        emit_small(e, node, index, HANDLER_GT_K, b, small(e, a));
    else
        emit_binary(e, node, index, HANDLER_LT, a, b);
}

static void emit_equal(struct emitter *e, const struct node *node, int index)
{
    value_id a = node->operands[0], b = node->operands[1];
    if (is_small(e, a))
        emit_small(e, node, index, HANDLER_EQ_K, b, small(e, a));
    else if (is_small(e, b))
        emit_small(e, node, index, HANDLER_EQ_K, a, small(e, b));
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
    handler(e, HANDLER_MLOAD_K);
    slots(e, to, -1);
    word(e, small(e, at));
}

static void emit_mstore(struct emitter *e, const struct node *node, int index)
{
    value_id at = node->operands[0], value = node->operands[1];
    bool at_small = is_small(e, at), value_small = is_small(e, value);
    int a = at_small ? -1 : use(e, at, index);
    int b = value_small ? -1 : use(e, value, index);
    handler(e, HANDLER_MSTORE + at_small + 2u * value_small);
    slots(e, a, b);
    if (at_small)
        word(e, small(e, at));
    if (value_small)
        word(e, small(e, value));
}

static void emit_mstore8(struct emitter *e, const struct node *node, int index)
{
    int a = use(e, node->operands[0], index);
    int b = use(e, node->operands[1], index);
    handler(e, HANDLER_MSTORE8);
    slots(e, a, b);
}

/* The opcodes whose handler bears their name. */
static enum handler handler_of(uint8_t opcode)
{
    static const uint8_t handlers[256] = {
#define SAME(name) [OP_##name] = HANDLER_##name
        SAME(STOP),         SAME(RETURN),       SAME(REVERT),
        SAME(SELFDESTRUCT), SAME(INVALID),      SAME(ADDRESS),
        SAME(ORIGIN),       SAME(CALLER),       SAME(CALLVALUE),
        SAME(CALLDATASIZE), SAME(GASPRICE),     SAME(RETURNDATASIZE),
        SAME(COINBASE),     SAME(TIMESTAMP),    SAME(NUMBER),
        SAME(PREVRANDAO),   SAME(GASLIMIT),     SAME(CHAINID),
        SAME(BASEFEE),      SAME(BLOBBASEFEE),  SAME(MSIZE),
        SAME(GAS),          SAME(ISZERO),       SAME(NOT),
        SAME(CLZ),          SAME(CALLDATALOAD), SAME(SDIV),
        SAME(SMOD),         SAME(SIGNEXTEND),   SAME(SLT),
        SAME(OR),           SAME(XOR),          SAME(BYTE),
        SAME(ADDMOD),       SAME(MULMOD),       SAME(EXP),
        SAME(KECCAK256),    SAME(BALANCE),      SAME(SELFBALANCE),
        SAME(CALLDATACOPY), SAME(CODECOPY),     SAME(RETURNDATACOPY),
        SAME(MCOPY),        SAME(EXTCODESIZE),  SAME(EXTCODECOPY),
        SAME(EXTCODEHASH),  SAME(BLOCKHASH),    SAME(BLOBHASH),
        SAME(SLOAD),        SAME(SSTORE),       SAME(TLOAD),
        SAME(TSTORE),       SAME(LOG0),         SAME(LOG1),
        SAME(LOG2),         SAME(LOG3),         SAME(LOG4),
        SAME(CALL),         SAME(CALLCODE),     SAME(DELEGATECALL),
        SAME(STATICCALL),   SAME(CREATE),       SAME(CREATE2),
#undef SAME
    };
    return handlers[opcode] ? handlers[opcode] : HANDLER_UNDEFINED;
}

static void emit_plain(struct emitter *e, const struct node *node, int index)
{
    enum handler id = handler_of(node->opcode);
    if (is_operation(node->opcode))
        emit_operation(e, node, index, id);
    else if (!node->has_result)
        handler(e, id);
    else if (node->operand_count == 0)
        emit_nullary(e, node, index, id);
    else if (node->operand_count == 1)
        emit_unary(e, node, index, id);
    else if (node->operand_count == 2)
        emit_binary(e, node, index, id, node->operands[0], node->operands[1]);
    else
        emit_ternary(e, node, index, id);
}

static void emit_node(struct emitter *e, const struct node *node, int index)
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

/* The end. */

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
    int16_t value = *occupant(e, position);
    int spare = find_temporary(e, (int)e->block->node_count);
    emit_move(e, spare, position);
    occupy(e, spare, (value_id)value);
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
    word(e, 0);
}

static void emit_jump(struct emitter *e, value_id target)
{
    if (is_constant(e, target)) {
        plan_moves(e);
        emit_moves(e);
        handler(e, HANDLER_JUMP);
        word(e, shift(e));
        point_to(e, target);
        return;
    }
    int end = (int)e->block->node_count, slot = e->slot[target];
    plan_moves(e);
    if (will_be_overwritten(e, target)) {
        slot = find_temporary(e, end);
        emit_move(e, slot, e->slot[target]);
        occupy(e, slot, target);
    }
    emit_moves(e);
    handler(e, HANDLER_JUMP_TO);
    word(e, shift(e));
    slots(e, slot, -1);
}

/* Both target and condition are unknown: copied out of the moves' way. */
static void emit_branch_to(struct emitter *e)
{
    int end = (int)e->block->node_count, at[2];
    for (int i = 0; i < 2; i++) {
        value_id value = e->branch.operands[i];
        use(e, value, end);
        at[i] = find_temporary(e, end);
        emit_move(e, at[i], e->slot[value]);
        occupy(e, at[i], value);
    }
    plan_moves(e);
    emit_moves(e);
    handler(e, HANDLER_JUMPI_TO);
    word(e, shift(e));
    slots(e, at[0], at[1]);
}

static void emit_flagged_branch(struct emitter *e)
{
    const struct branch *branch = &e->branch;
    int end = (int)e->block->node_count, at[2] = {-1, -1};
    for (int i = 0; i < branch->operand_count; i++)
        at[i] = use(e, branch->operands[i], end);
    handler(e, HANDLER_FLAG_NONZERO + branch->test);
    slots(e, at[0], at[1]);
    plan_moves(e);
    emit_moves(e);
    handler(e, HANDLER_JUMPI_FLAG);
    word(e, shift(e));
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
        at[i] = use(e, branch->operands[i], end);
    plan_moves(e);
    for (int i = 0; i < branch->operand_count - with_constant; i++)
        overwritten |= will_be_overwritten(e, branch->operands[i]);
    if (overwritten) {
        branch_to_flag(branch);
        emit_flagged_branch(e);
        return;
    }
    emit_moves(e);
    handler(e, id);
    word(e, shift(e));
    point_to(e, branch->target);
    slots(e, at[0], at[1]);
    if (with_constant)
        word(e, small(e, branch->operands[1]));
}

static void emit_end(struct emitter *e)
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
            handler(e, HANDLER_SHIFT);
            word(e, shift(e));
        }
        break;
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
