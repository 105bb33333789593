#pragma once
/* Runs a few bytes of code as a contract that a transaction calls, under a
 * tracer or none. */
#include "base/arena.h"
#include "chain/executor.h"
#include "rpc/tx_tracer.h"

/* The contract, who calls it, and a second contract with the same code. */
extern const address TRACED_SELF, TRACED_CALLER, TRACED_OTHER;

/* Any tracer, in the arena; NULL: none. */
struct execution traced_program_run(struct arena *arena, struct buffer *out,
                                    struct tx_tracer *tracer,
                                    enum chain_fork fork, bytes code,
                                    uint64_t gas);
