#pragma once
/* Executes a message: a call or a creation, with all the calls inside it.
 *
 * evm_execute() does what a transaction's outermost message does once its
 * gas is bought: moves the value, runs precompile or code, undoes everything
 * where it fails. Nested messages take the same way. What surrounds a
 * transaction (nonce, fees, refunds, access lists) is its caller's.
 *
 * Source   execution-specs; each opcode in instructions.def names its EIP.
 * Units    gas in EVM gas, value in wei, sizes and offsets in bytes.
 * Threads  one struct evm a thread; no globals that change.
 * Limits   call depth EVM_DEPTH_MAX; memory is bounded by gas and by
 *          EVM_MEMORY_BYTES_MAX in all frames together.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/u256.h"
#include "evm/exception.h"
#include "evm/host.h"
#include "evm/rules.h"
#include "evm/tracer.h"

#define EVM_DEPTH_MAX 1024
#define EVM_MEMORY_BYTES_MAX (UINT64_C(1) << 32)

struct evm; /* stacks, memory and the cache of analysed code */

struct evm *evm_new(void);
void evm_free(struct evm *evm); /* NULL is fine */

/* What the code can see of the block and the transaction it runs in. */
struct evm_environment {
    uint64_t number;
    uint64_t timestamp; /* seconds */
    uint64_t gas_limit;
    address coinbase;
    hash32 prev_randao; /* the difficulty, big endian, before Paris */
    u256 base_fee;      /* wei a gas */
    u256 blob_base_fee; /* wei a blob gas */
    u256 chain_id;
    address origin;
    u256 gas_price; /* effective, wei a gas */
    const hash32 *blob_hashes;
    size_t blob_hash_count;
    /* The size of a contract, and half of what may create one; 0: as the
     * rules have it (EIP-170, EIP-3860). */
    uint64_t code_bytes_max;
};

enum evm_kind {
    EVM_CALL,
    EVM_CALLCODE,
    EVM_DELEGATECALL,
    EVM_STATICCALL,
    EVM_CREATE,
    EVM_CREATE2,
};

struct evm_message {
    enum evm_kind kind;
    bool is_static;
    int depth;   /* 0 for the outermost */
    int64_t gas; /* >= 0 */
    address caller;
    address target;  /* whose storage and balance the code acts on; for a
                        creation it is filled in by the EVM: the outermost
                        caller's nonce has moved on already */
    address code_of; /* whose code runs; the same as target but for
                        CALLCODE and DELEGATECALL; unused by a creation */
    u256 value;      /* wei; of a DELEGATECALL, what CALLVALUE shows */
    bytes input;     /* call data, or init code */
    hash32 salt;     /* CREATE2 */
};

/* How a message ended: what the contract did, not an error of the node. */
enum evm_status {
    EVM_STOPPED,     /* STOP, RETURN or SELFDESTRUCT */
    EVM_REVERTED,    /* REVERT: unused gas goes back, output says why */
    EVM_EXCEPTION,   /* all gas is used up; evm_result.why says on what */
    EVM_HOST_FAILED, /* disk or trie fault: no verdict, drop the block; or the
                        run was ended early, as struct evm_run says */
};

struct evm_result {
    enum evm_status status;
    enum evm_exception why;
    int64_t gas_left;   /* 0 unless STOPPED or REVERTED */
    int64_t gas_refund; /* the counter: uncapped, may be negative; 0 unless
                           STOPPED */
    bytes output;       /* good until the next evm_execute() */
    address created;    /* of a creation that STOPPED */
    size_t offered_len; /* of what it returned, kept or not */
};

/* A precompile that is not where the rules have it, as simulations ask for. */
struct evm_relocation {
    address from; /* no precompile there any more */
    bool has_to;  /* it is here instead, in place of what is there */
    address to;
};

struct evm_run {
    struct evm_host *host;
    const struct evm_environment *environment;
    enum evm_rules rules;
    const struct evm_relocation *relocations;
    size_t relocation_count;
    struct evm_tracer *tracer; /* NULL: nobody watches */
    int64_t refund;            /* counted before, for the tracer alone */
    /* Ends the run early, as EVM_HOST_FAILED, once it is true; any thread may
     * set it. It is looked at wherever code reaches out of its frame and, but
     * in code that has got warm, at jumps: arithmetic alone goes on until its
     * gas is gone. NULL: never. */
    const atomic_bool *stop;
    /* The gas is less than is meant: ends the run early once the code has
     * looked at it, by GAS or by giving on all it may. A run that STOPPED or
     * REVERTED would have done the same with more. Takes the place of stop. */
    bool is_trial;
};

struct evm_result evm_execute(struct evm *evm, const struct evm_run *run,
                              const struct evm_message *message);

/* True for the addresses that are precompiles under these rules. */
bool evm_is_precompile(enum evm_rules rules, const address *who);
#define EVM_PRECOMPILE_LAST 0x100 /* the highest address that may be one */

/* The address of an account's code delegation (EIP-7702): code that is 0xef0100
 * and an address. */
bool evm_read_delegation(address *target, bytes code);
