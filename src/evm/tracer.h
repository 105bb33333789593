#pragma once
/* Watches a run: every instruction, every message, storage access and log.
 *
 * Any function may be NULL. A tracer costs nothing to those who have none, and
 * little to those that leave step and fault out: it is these which need an
 * interpreter loop of their own.
 *
 * Lifetime  what is shown is good during the call.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/u256.h"
#include "evm/exception.h"

struct evm_log;
struct evm_message;
struct evm_result;
struct evm_tracer;

/* Before an instruction: the machine as it stands, and what it will cost.
 *
 * An instruction that is blocked will not run: the rules do not have it, its
 * stack is not right or its gas does not suffice. As EIP-214 is checked with
 * the price where it forbids storing, creating, dying and giving value, these
 * are blocked by it too. */
struct evm_step {
    uint64_t pc;
    uint8_t opcode;
    int depth;         /* 0 for the outermost frame */
    int64_t gas;       /* left, this instruction's not yet taken */
    int64_t gas_cost;  /* what it takes, without the gas given along; where that
                          is not to be had, what it would take, or the part that
                          is known */
    int64_t gas_given; /* along with a call */
    int64_t refund;    /* the counter of the run so far, with what this
                          instruction adds to it */
    enum evm_exception blocked; /* EVM_NONE: it runs, and may yet fail */
    const u256 *stack;          /* lowest first */
    unsigned stack_len;
    bytes memory;
    bytes return_data;
    const struct evm_message *message;
};

struct evm_tracer {
    void (*step)(struct evm_tracer *, const struct evm_step *);
    /* An instruction that raised an exception, after its step(); without its
     * price, and with operands that may have been worked on. */
    void (*fault)(struct evm_tracer *, const struct evm_step *,
                  enum evm_exception why);
    /* Every message, those too that fail before they begin. */
    void (*enter)(struct evm_tracer *, const struct evm_message *);
    void (*leave)(struct evm_tracer *, const struct evm_message *,
                  const struct evm_result *);
    void (*load)(struct evm_tracer *, const address *, const u256 *key,
                 const u256 *value);
    void (*store)(struct evm_tracer *, const address *, const u256 *key,
                  const u256 *value);
    /* A log, be it one that a revert will drop. */
    void (*log)(struct evm_tracer *, const struct evm_log *);
    /* Before the balance goes to the heir. */
    void (*selfdestruct)(struct evm_tracer *, const address *who,
                         const address *heir, const u256 *balance);
};
