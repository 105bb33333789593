#pragma once
/* One basic block of code as values and nodes: what it computes, freed of the
 * stack that the code computes it on.
 *
 * Where items lie is known inside a block relative to the stack's top at its
 * start, so PUSH, DUP, SWAP and POP only say which value is meant. They leave
 * no node; the values that the block leaves on the stack are noted at its end.
 *
 * Positions  -1 is the item on top when the block begins, 0 the first above.
 * Limits     a block that would pass one ends there and the next one goes on.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/u256.h"
#include "evm/instructions.h"

#define BLOCK_NODES_MAX 96
#define BLOCK_DEPTH_MAX 64 /* positions below and above zero */
#define BLOCK_VALUES_MAX \
    (2 * BLOCK_DEPTH_MAX + BLOCK_NODES_MAX + BLOCK_CONSTANTS_MAX)
#define BLOCK_CONSTANTS_MAX 192

/* Stands for every opcode that the rules do not define. */
#define OPCODE_UNDEFINED 0x0c

typedef uint16_t value_id;

enum value_kind { VALUE_ENTRY, VALUE_CONSTANT, VALUE_RESULT };

struct value {
    uint8_t kind;
    int16_t at; /* VALUE_ENTRY: its position. VALUE_RESULT: its node */
    u256 constant;
};

struct node {
    uint8_t opcode;
    bool has_result;
    uint8_t operand_count;
    uint32_t gas; /* of the block up to here, this instruction included */
    int16_t top;  /* position of operand[0], as the code has it */
    value_id operands[7];
    value_id result;
};

/* How the block ends. */
enum block_end {
    BLOCK_FALLS,  /* into the code that follows, with nothing to do */
    BLOCK_SPLITS, /* the last node is done, then the code that follows */
    BLOCK_JUMPS,
    BLOCK_BRANCHES, /* JUMPI */
    BLOCK_STOPS,    /* the last node leaves the frame */
};

struct block {
    size_t pc, next_pc;
    uint32_t gas;
    int need, growth; /* items, relative to the start */

    struct node nodes[BLOCK_NODES_MAX];
    unsigned node_count;
    struct value values[BLOCK_VALUES_MAX];
    unsigned value_count;

    /* The stack at the present point, and in the end: the positions from low
     * to top - 1. */
    value_id stack[2 * BLOCK_DEPTH_MAX];
    int low, top;

    enum block_end end;
    value_id target, condition; /* of JUMP and JUMPI */
};

/* The item at a position from low to top - 1. */
static inline value_id *block_item(struct block *block, int position)
{
    return &block->stack[position + BLOCK_DEPTH_MAX];
}

/* Reads the block that begins at pc, whose JUMPDEST, if any, is its first
 * instruction. pc is at most code.len: what follows the code stops. */
void block_read(struct block *block, bytes code, size_t pc,
                const struct instruction *instructions);
