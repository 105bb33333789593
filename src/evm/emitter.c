#include "evm/emitter.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "evm/frame.h"

_Static_assert((EVM_STACK_ITEMS + SLOTS) * sizeof(u256) < EVM_STACK_STRIDE,
               "temporary slots lie within the stack's own range");

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

void emit_word(struct emitter *e, uint64_t value)
{
    VEC_PUSH(&e->out->words, value);
}

void emit_handler(struct emitter *e, enum handler id)
{
    emit_word(e, e->out->handlers[id]);
}

/* Bytes from sp, which points at position -1. */
static uint32_t distance(int position)
{
    return (uint32_t)((position + 1) * (int)sizeof(u256));
}

void emit_slots(struct emitter *e, int a, int b)
{
    emit_word(e, word_of_halves(distance(a), distance(b)));
}

void emit_number(struct emitter *e, const u256 *value)
{
    for (int i = 0; i < 4; i++)
        emit_word(e, value->limb[i]);
}

#define MOVE_WORDS 2

/* A move after a move is one record with it. */
void emit_move(struct emitter *e, int to, int from)
{
    word_vec *words = &e->out->words;
    bool again = e->lone_move && e->lone_move + MOVE_WORDS == words->len;
    if (again)
        words->at[e->lone_move] = e->out->handlers[HANDLER_MOVE_TWICE];
    e->lone_move = again ? 0 : words->len;
    if (!again)
        emit_handler(e, HANDLER_MOVE);
    emit_slots(e, to, from);
}

void emit_constant(struct emitter *e, int to, const u256 *value)
{
    bool fits = u256_fits_u64(*value);
    emit_handler(e, fits ? HANDLER_LOAD_K : HANDLER_LOAD_W);
    emit_slots(e, to, -1);
    if (fits)
        emit_word(e, value->limb[0]);
    else
        emit_number(e, value);
}

/* Nothing at the position is used by node `from` or later ones. */
static bool is_free(struct emitter *e, int position, int from)
{
    int16_t value = *slot_occupant(e, position);
    return value == NONE || e->last_use[value] < from;
}

void slot_occupy(struct emitter *e, int position, value_id id)
{
    *slot_occupant(e, position) = (int16_t)id;
    if (position >= e->high)
        e->high = position + 1;
}

void slot_settle(struct emitter *e, value_id id, int position)
{
    int16_t before = *slot_occupant(e, position);
    if (before != NONE && e->slot[before] == position)
        e->slot[before] = NONE;
    slot_occupy(e, position, id);
    e->slot[id] = (int16_t)position;
}

int slot_temporary(struct emitter *e, int from)
{
    int position = e->block->growth;
    while (!is_free(e, position, from))
        position++;
    ASSERT(position + BLOCK_DEPTH_MAX < SLOTS);
    return position;
}

int slot_place(struct emitter *e, value_id id, int natural, int from)
{
    int position = e->home[id];
    if (position == NONE || !is_free(e, position, from))
        position = natural;
    if (position == NONE || !is_free(e, position, from))
        position = slot_temporary(e, from);
    slot_settle(e, id, position);
    return position;
}

int slot_use(struct emitter *e, value_id id, int node)
{
    if (e->slot[id] == NONE) {
        ASSERT(is_constant(e, id));
        int position = slot_place(e, id, NONE, node);
        emit_constant(e, position, &value_of(e, id)->constant);
    }
    return e->slot[id];
}

void slot_evict(struct emitter *e, int position, int from, int node)
{
    if (is_free(e, position, from)) {
        int16_t value = *slot_occupant(e, position);
        if (value != NONE && e->slot[value] == position &&
            e->last_use[value] < node)
            e->slot[value] = NONE;
        return;
    }
    value_id value = (value_id)*slot_occupant(e, position);
    int to = slot_temporary(e, node);
    emit_move(e, to, position);
    slot_occupy(e, to, value);
    e->slot[value] = (int16_t)to;
    *slot_occupant(e, position) = NONE;
}
