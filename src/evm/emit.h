#pragma once
/* Writes a block's records: finds a slot for every value, and moves those that
 * the block leaves on the stack to where the code has them.
 *
 * A result goes straight to its last place if nothing that is needed lies
 * there, else to where the code has it, else above all that the block's own
 * stack may reach: there is room for that beyond the EVM's limit.
 */
#include "evm/translation.h"

struct emitter;

struct emitter *emitter_new(void);
void emitter_free(struct emitter *emitter); /* NULL is fine */

typedef VEC(uint64_t) word_vec;

/* A word that is to point to the block at a pc once all is written. */
struct fixup {
    uint32_t word;
    uint64_t pc; /* without a JUMPDEST there: to a BAD_JUMP */
    bool behind_start;
};
typedef VEC(struct fixup) fixup_vec;

/* Two numbers as a record's handler reads them. */
static inline uint64_t word_of_halves(uint64_t first, uint64_t second)
{
    const uint32_t halves[2] = {(uint32_t)first, (uint32_t)second};
    uint64_t word;
    memcpy(&word, halves, sizeof word);
    return word;
}

struct emission {
    const uint64_t *handlers;
    word_vec words;
    fixup_vec fixups;
};

/* Appends the block, without its BLOCK record. */
void emit_block(struct emitter *emitter, struct emission *out,
                struct block *block);
