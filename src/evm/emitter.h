#pragma once
/* The inside of emit.h: records, and which value lies where.
 *
 * Positions are the block's own (code_block.h); a slot is what lies at one.
 * Nodes are named by their index; node_count stands for the block's end.
 */
#include "evm/branch.h"
#include "evm/emit.h"

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

static inline int16_t *slot_occupant(struct emitter *e, int position)
{
    return &e->occupant[position + BLOCK_DEPTH_MAX];
}

static inline const struct value *value_of(const struct emitter *e, value_id id)
{
    return &e->block->values[id];
}

static inline bool is_constant(const struct emitter *e, value_id id)
{
    return value_of(e, id)->kind == VALUE_CONSTANT;
}

static inline bool is_small(const struct emitter *e, value_id id)
{
    return is_constant(e, id) && u256_fits_u64(value_of(e, id)->constant);
}

static inline uint64_t small_of(const struct emitter *e, value_id id)
{
    return value_of(e, id)->constant.limb[0];
}

/* Parts of records. */
void emit_word(struct emitter *e, uint64_t value);
void emit_handler(struct emitter *e, enum handler id);
void emit_slots(struct emitter *e, int a, int b);
void emit_number(struct emitter *e, const u256 *value);

void emit_move(struct emitter *e, int to, int from);
void emit_constant(struct emitter *e, int to, const u256 *value);

/* Says that the value lies at the position, whatever did before. */
void slot_settle(struct emitter *e, value_id id, int position);
void slot_occupy(struct emitter *e, int position, value_id id);

/* A position that nothing uses which node `from` or later ones need, above
 * those that the block's own stack reaches. */
int slot_temporary(struct emitter *e, int from);

/* A place for the value: where it is wanted, else `natural` (which may be
 * NONE), else a temporary one; what node `from` and later ones use stays. */
int slot_place(struct emitter *e, value_id id, int natural, int from);

/* Where the value lies, a constant being loaded if it is not yet. */
int slot_use(struct emitter *e, value_id id, int node);

/* Makes way at a position for what node `node` puts there: what node `from`
 * and later ones use moves elsewhere. */
void slot_evict(struct emitter *e, int position, int from, int node);

/* Whether the node's operands must lie as the stack has them. */
bool emit_is_operation(uint8_t opcode);

/* Writes a node, or the block's last moves and its jump. */
void emit_node(struct emitter *e, const struct node *node, int index);
void emit_end(struct emitter *e);
