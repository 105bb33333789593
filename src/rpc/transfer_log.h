#pragma once
/* Watches a run for its logs, for why it fails, and on demand for its transfers
 * of ether, which it shows as logs of a token at an address of their own.
 *
 * Logs are numbered through a block in the order in which they are written;
 * those that a revert drops keep their numbers.
 *
 * Source    execution-apis, eth_simulateV1 (traceTransfers); ERC-7528 for the
 *           address.
 * Lifetime  logs live in the arena.
 */
#include "base/arena.h"
#include "base/vec.h"
#include "chain/block.h"
#include "evm/tracer.h"

struct traced_log {
    struct log_entry entry;
    uint64_t index;
};

struct transfer_log {
    struct evm_tracer tracer; /* first: the EVM is given this */
    struct arena *arena;
    bool shows_transfers;
    enum evm_rules rules;
    const char *fault; /* why the outermost frame failed; NULL: it did not */
    uint64_t next_index;
    VEC(struct traced_log) logs; /* of the transaction */
    VEC(size_t) frames;          /* how many there were before each */
};

void transfer_log_init(struct transfer_log *log, struct arena *arena,
                       enum evm_rules rules, bool shows_transfers);
void transfer_log_fini(struct transfer_log *log);

/* Before the next transaction of the block. */
void transfer_log_reset(struct transfer_log *log);
