#pragma once
/* One running message, and the machine that all of them share: the EVM's
 * inside, for its own files.
 *
 * Frames do not recurse in C. A loop runs one frame until it ends or makes a
 * call; call.c then sets up the frame above or hands a result to the one
 * below, and run.c goes on with whichever is on top.
 *
 * Stacks    one of EVM_STACK_ITEMS for each depth, at an address whose low 16
 *           bits are zero: the low bits of a stack pointer are its height.
 *           Slot 0 is never used, an empty stack points at it.
 * Memory    one reserved range that never moves. A child's memory begins
 *           where its parent's ends, which cannot grow before the child is
 *           gone. What lies beyond the top frame's memory is zero up to
 *           memory_clean, and from memory_dirty on; between them it may be
 *           anything.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/u256.h"
#include "base/vec.h"
#include "evm/code_cache.h"
#include "evm/evm.h"
#include "evm/instructions.h"
#include "evm/pair_hashes.h"

#define EVM_STACK_ITEMS 1024
#define EVM_STACK_STRIDE (UINT64_C(1) << 16) /* bytes from stack to stack */

/* How a loop lets go of a frame. */
enum loop_exit {
    LOOP_DONE,   /* status, why and output say how it ended */
    LOOP_CALLED, /* the frame above is ready to run */
    LOOP_CHANGE, /* goes on in the other loop: at ip, or at pc if NULL */
};

struct frame {
    /* What the loops touch most. */
    uint8_t *memory;
    uint64_t memory_size;  /* bytes, a multiple of 32 */
    uint64_t memory_words; /* offsets below have 32 bytes from there on */
    bytes input;
    int64_t gas;
    u256 *sp;           /* the top item; in a fast loop, at the block's start */
    const uint64_t *ip; /* where the translation goes on, NULL: at pc */
    uint64_t pc;
    struct evm *evm;

    bytes code;               /* that runs, as the contract sees it */
    struct code *analysed;    /* NULL for init code */
    const uint8_t *jumpdests; /* a bit a byte of code, NULL: not made yet */
    struct buffer own_jumpdests;
    u256 *stack;  /* slot 0 */
    u256 *answer; /* where the result of a call goes */
    int64_t refund;
    int64_t heated_at; /* gas left when struct code's heat was last counted */

    enum evm_status status;
    enum evm_exception why;
    bytes output; /* in the frame's memory */

    uint32_t snapshot;
    uint64_t answer_at, answer_len; /* where the parent wants the output */
    struct evm_message message;
};

struct evm {
    struct evm_host *host;
    const struct evm_environment *environment;
    enum evm_rules rules;
    struct evm_tracer *tracer;
    const struct evm_relocation *relocations;
    size_t relocation_count;
    bool is_stepped; /* the tracer looks at instructions */
    int64_t refund_before;
    const struct instruction *instructions;

    struct frame *frames; /* EVM_DEPTH_MAX + 1 */
    uint8_t *stacks_reserved, *stacks;
    uint8_t *memory;
    uint64_t memory_reserved; /* bytes */
    uint8_t *memory_clean, *memory_dirty;
    struct buffer return_data; /* of the last call of the frame on top */
    struct code_cache cache;
    struct pair_hashes pair_hashes;

    const atomic_bool *stop; /* struct evm_run's; never NULL */
    atomic_bool saw_gas;     /* the code has looked at its gas */

    struct translator *translator;
    enum loop_exit (*run_fast)(struct frame *);
    const uint64_t *handlers; /* of run_fast; NULL: there is none */
    bool translates_at_once;
};

/* Whoever asked for the run wants it to end. */
static inline bool evm_must_end(const struct evm *evm)
{
    return UNLIKELY(atomic_load_explicit(evm->stop, memory_order_relaxed));
}

static inline void evm_note_gas(struct evm *evm)
{
    /* A store for each GAS, between those to the stack, costs as much again. */
    if (UNLIKELY(!atomic_load_explicit(&evm->saw_gas, memory_order_relaxed)))
        atomic_store_explicit(&evm->saw_gas, true, memory_order_relaxed);
}

/* Takes gas; false: there is not enough. */
static inline bool frame_charge(struct frame *frame, uint64_t gas)
{
    if (UNLIKELY((uint64_t)frame->gas < gas))
        return false;
    frame->gas -= (int64_t)gas;
    return true;
}

/* What memory of so many bytes has cost in all. */
static inline uint64_t memory_gas(uint64_t size)
{
    uint64_t words = size / 32;
    return words * 3 + words * words / 512;
}

/* The size, a multiple of 32, that holds len bytes at offset; UINT64_MAX: more
 * than any frame may have. */
uint64_t memory_size_for(const u256 *offset, const u256 *len);

/* Makes memory this big, a multiple of 32 and more than it is, and charges for
 * that; false: not enough gas. */
bool frame_grow(struct frame *frame, uint64_t size);

/* Grows memory to hold len bytes at offset and charges for it; false: not
 * enough gas. Then both fit, or len is zero. */
bool frame_reach(struct frame *frame, const u256 *offset, const u256 *len);

/* The bytes that frame_reach() was asked for. */
static inline uint8_t *frame_memory(const struct frame *frame,
                                    const u256 *offset, const u256 *len)
{
    return frame->memory + (u256_is_zero(*len) ? 0 : offset->limb[0]);
}

/* Whether the code's byte at pc is a JUMPDEST that is not inside a push. */
bool frame_is_jumpdest(struct frame *frame, uint64_t pc);

/* Marks the account as touched, and charges for it if it was not (EIP-2929). */
bool frame_access_account(struct frame *frame, const address *who);
