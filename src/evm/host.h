#pragma once
/* What the EVM asks of the world around it: accounts, storage, logs.
 *
 * One interpreter serves blocks, eth_call, channel disputes and tests because
 * each gives it a host of its own. The host keeps a journal: everything that
 * changes after host->ops->snapshot() is undone by revert(), but for the one
 * touch that clients keep (state/overlay.c).
 *
 * Errors   a host that cannot answer (disk, remote) answers zeros, remembers
 *          why, and sets `failed`; evm_execute() then ends with
 *          EVM_HOST_FAILED, and nothing of the run counts.
 * Lifetime pointers given to an operation are good during the call.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/u256.h"

struct evm_host;

/* What SSTORE's gas depends on. */
struct evm_slot {
    u256 original; /* at the transaction's start */
    u256 current;  /* before this store */
    bool warm;     /* touched in this transaction already */
};

struct evm_log {
    const address *emitter;
    const hash32 *topics;
    unsigned topic_count; /* 0 to 4 */
    bytes data;
};

struct evm_host_ops {
    /* Marks the account as touched by this transaction (EIP-2929) and says
     * whether it was before. */
    bool (*access_account)(struct evm_host *, const address *);

    /* Is there an account at all, be it an empty one (before EIP-161). */
    bool (*exists)(struct evm_host *, const address *);
    /* No code, no nonce, no balance (EIP-161). True where none exists. */
    bool (*is_empty)(struct evm_host *, const address *);

    u256 (*balance)(struct evm_host *, const address *);
    uint64_t (*nonce)(struct evm_host *, const address *);
    /* KECCAK_EMPTY for an account without code, zero for none at all. */
    hash32 (*code_hash)(struct evm_host *, const address *);
    /* Good until the transaction's end. */
    bytes (*code)(struct evm_host *, const address *);
    /* Not empty storage, for EIP-7610's collision check. */
    bool (*has_storage)(struct evm_host *, const address *);

    void (*set_nonce)(struct evm_host *, const address *, uint64_t nonce);
    void (*set_code)(struct evm_host *, const address *, bytes code);
    /* Moves wei that `from` has, and touches both ends (EIP-161); a value of
     * zero only touches `to`. */
    void (*transfer)(struct evm_host *, const address *from, const address *to,
                     u256 value);
    /* Makes the account new: no storage, marked as made in this transaction
     * (EIP-6780); the balance stays. */
    void (*create)(struct evm_host *, const address *);
    /* Moves the balance to `heir` and, where the rules say so (before
     * EIP-6780, or made in this transaction), dies at the transaction's end.
     * Returns whether it was marked to die before. */
    bool (*selfdestruct)(struct evm_host *, const address *who,
                         const address *heir);

    /* The value; *warm says whether the slot was touched before, and it is
     * from now on. */
    u256 (*load)(struct evm_host *, const address *, const u256 *key,
                 bool *warm);
    /* Sets the value, and says what was there. */
    struct evm_slot (*store)(struct evm_host *, const address *,
                             const u256 *key, const u256 *value);
    u256 (*load_transient)(struct evm_host *, const address *, const u256 *key);
    void (*store_transient)(struct evm_host *, const address *, const u256 *key,
                            const u256 *value);

    void (*log)(struct evm_host *, const struct evm_log *);

    /* The hash of one of the last 256 blocks; the EVM checks the range. */
    hash32 (*block_hash)(struct evm_host *, uint64_t number);

    uint32_t (*snapshot)(struct evm_host *);
    void (*revert)(struct evm_host *, uint32_t snapshot);
};

/* A host puts this at the front of its own struct. */
struct evm_host {
    const struct evm_host_ops *ops;
    bool failed;
};
