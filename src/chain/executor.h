#pragma once
/* Executes transactions and blocks on an overlay, by the rules of their fork.
 *
 * The executor changes the overlay and nothing else: whoever calls carries
 * the changes to the store, or drops them. eth_call and gas estimation take
 * the same way with checks relaxed.
 *
 * Source   execution-specs, state_transition of each fork.
 * Threads  one executor a thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "chain/block.h"
#include "chain/fees.h"
#include "chain/forks.h"
#include "evm/evm.h"
#include "state/overlay.h"

struct executor;

struct executor *executor_new(void);
void executor_free(struct executor *executor); /* NULL is fine */

/* The block around a transaction. */
struct block_context {
    const struct chain_config *config;
    enum chain_fork fork;
    struct evm_environment environment; /* origin, gas price and blob hashes
                                           are filled in per transaction */
    uint64_t gas_left;                  /* of the block's limit */
    uint64_t blob_gas_left;
    /* The hash of a block among the last 256, for BLOCKHASH; a failure is the
     * overlay's, as if its source had failed. NULL: zeros. */
    loft_err (*block_hash)(void *chain, hash32 *out, uint64_t number);
    void *chain;
    const struct evm_relocation *relocations; /* of simulations */
    size_t relocation_count;
};

/* Sets the block's environment from a header and the fork it belongs to. */
void block_context_init(struct block_context *context,
                        const struct chain_config *config, enum chain_fork fork,
                        const struct header *header);

/* Checks that eth_call and its kin leave out. */
struct execution_options {
    bool skip_nonce;
    bool skip_fees;      /* a transaction that names no fees pays none: neither
                            balance nor base fee are demanded, and its code sees
                            base fees of 0 */
    bool shows_base_fee; /* to its code all the same */
    bool skip_eoa_check; /* nobody has signed: any sender, any chain id, and
                            no cap on gas (EIP-7825) */
    struct evm_tracer *tracer;
    const atomic_bool *stop; /* of struct evm_run, as is is_trial */
    bool is_trial;
};

struct execution {
    enum transaction_verdict verdict; /* TX_OK: it is part of the block */
    enum evm_status status;
    enum evm_exception why;
    uint64_t gas_used;      /* after refunds and floors: what was paid for */
    uint64_t gas_spent_max; /* before refunds: what the limit had to cover */
    uint64_t blob_gas_used;
    u256 gas_price;  /* effective */
    bytes output;    /* good until the executor's next run */
    address created; /* of a creation that succeeded */
};

/* Executes one transaction and pays for it. On a verdict other than TX_OK
 * nothing has changed. `context` keeps account of the block's gas. Where
 * overlay_error() is set afterwards, the verdict and all else are void. */
struct execution execute_transaction(struct executor *executor,
                                     struct overlay *overlay,
                                     struct block_context *context,
                                     const struct transaction *tx,
                                     const address *sender,
                                     const struct execution_options *options);

/* What the protocol itself calls, as SYSTEM_ADDRESS and for no fee, at a
 * block's beginning and end (EIP-4788). */
struct evm_result execute_system_call(struct executor *executor,
                                      struct overlay *overlay,
                                      struct block_context *context,
                                      const address *to, bytes input);

/* Why a block is not valid: a verdict and, in words, what was wrong. */
#define BLOCK_VERDICTS(X)                                               \
    X(OK, "ok")                                                         \
    X(MALFORMED, "malformed RLP")                                       \
    X(UNKNOWN_PARENT, "unknown parent")                                 \
    X(BAD_NUMBER, "number is not the parent's plus one")                \
    X(BAD_TIMESTAMP, "timestamp is not after the parent's")             \
    X(BAD_GAS_LIMIT, "gas limit out of bounds")                         \
    X(BAD_GAS_USED, "gas used does not match")                          \
    X(BAD_BASE_FEE, "base fee does not match")                          \
    X(BAD_DIFFICULTY, "difficulty does not match")                      \
    X(BAD_SEAL, "seal fields do not match")                             \
    X(BAD_EXTRA_DATA, "extra data too long or wrong")                   \
    X(BAD_FIELDS, "header fields do not belong to the fork")            \
    X(BAD_UNCLES, "uncles are not valid")                               \
    X(BAD_TRANSACTION, "transaction is not valid")                      \
    X(BAD_TRANSACTIONS_ROOT, "transactions root does not match")        \
    X(BAD_RECEIPTS_ROOT, "receipts root does not match")                \
    X(BAD_BLOOM, "logs bloom does not match")                           \
    X(BAD_STATE_ROOT, "state root does not match")                      \
    X(BAD_WITHDRAWALS, "withdrawals are not valid")                     \
    X(BAD_BLOB_GAS, "blob gas does not match")                          \
    X(BAD_BEACON_ROOT, "parent beacon root is missing or misplaced")    \
    X(BAD_REQUESTS, "requests do not match")                            \
    X(SYSTEM_CONTRACT_FAILED, "a system contract is missing or failed") \
    X(TOO_LARGE, "block is too large")                                  \
    X(STATE_UNREADABLE, "the state cannot be read")

enum block_verdict {
#define X(name, text) BLOCK_##name,
    BLOCK_VERDICTS(X)
#undef X
};

const char *block_verdict_text(enum block_verdict verdict);

#define BLOCK_REQUEST_TYPES 3

/* What executing a block brings forth. All in the arena given. */
struct block_outcome {
    struct receipt *receipts;
    struct execution *executions; /* `output` empty */
    size_t count;
    uint64_t gas_used;
    uint64_t blob_gas_used;
    bloom logs_bloom;
    hash32 receipts_root;
    hash32 requests_hash;                /* from Prague on */
    bytes requests[BLOCK_REQUEST_TYPES]; /* EIP-7685: type, then the data */
    size_t request_count;                /* those that are not empty */
};
