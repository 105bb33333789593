#pragma once
/* Code made ready for the fast loops: a row of 64-bit words, in which each
 * record begins with its handler and goes on with its operands.
 *
 * Constants are decoded, jumps to constants are pointers, and gas and stack
 * are checked once a block. Where a check fails, the block is certain to end
 * in an exception, and the exact loop goes there to find out in which.
 *
 * Records  BLOCK        handler; gas and pc; need and slack: the bytes of stack
 *                       needed, and how many more there may be
 *          GO           handler; pointer
 *          SHIFT        handler; bytes to move sp by
 *          JUMP         the same; pointer to the target
 *          JUMP_TO      the same; slot of the target
 *          JUMPI_TO     the same; slots of target and condition
 *          JUMPI_...    as JUMP; slots; constant
 *          MOVE_TWICE   handler; to and from; to and from
 *          others       handler; slots, the result's first, two in a word;
 *                       constant
 */
#include <stdint.h>

#include "base/vec.h"
#include "evm/code_block.h"

enum handler {
#define HANDLER(name) HANDLER_##name,
#include "evm/handlers.def"
    HANDLER_COUNT
};

struct translation {
    size_t size; /* bytes of memory in all */
    const uint64_t *start;
    const uint32_t *entries; /* by pc: index of its block; 0: no JUMPDEST */
    const uint64_t *words;
};

/* Codes beyond it are left to the exact loop. */
#define TRANSLATION_CODE_BYTES_MAX (1u << 20)

/* One of them serves any number of translations, one after the other. */
struct translator;
struct translator *translator_new(void);
void translator_free(struct translator *translator); /* NULL is fine */

/* handlers: what stands at the front of a record, by enum handler. On the
 * heap; freed with free(). */
struct translation *translate(struct translator *translator, bytes code,
                              const struct instruction *instructions,
                              const uint64_t *handlers);
