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

struct evm_log;
struct evm_message;
struct evm_result;
struct evm_tracer;

/* Before an instruction: the machine as it stands. */
struct evm_step {
    uint64_t pc;
    uint8_t opcode;
    int depth;         /* 0 for the outermost frame */
    int64_t gas;       /* left, this instruction's not yet taken */
    int64_t gas_cost;  /* what it will take; of calls, without the gas given
                          along; -1 where it will run out */
    int64_t refund;    /* the counter of the transaction so far */
    const u256 *stack; /* lowest first */
    unsigned stack_len;
    bytes memory;
    bytes return_data;
    const struct evm_message *message;
};

struct evm_tracer {
    void (*step)(struct evm_tracer *, const struct evm_step *);
    /* An instruction that raised an exception, after its step(). */
    void (*fault)(struct evm_tracer *, const struct evm_step *,
                  const char *why);
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
