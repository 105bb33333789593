#pragma once
/* Which rules hold at which block: a chain's schedule of forks.
 *
 * Source   geth's genesis configuration for the names; EIP-7840 and EIP-7892
 *          for the blob schedule.
 * Units    blocks before Paris, seconds from Shanghai on.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/u256.h"
#include "evm/rules.h"

/* In order. Those without EVM rules of their own change something else: the
 * DAO's state, a difficulty bomb, a blob schedule. */
#define CHAIN_FORKS(X)                                  \
    X(FRONTIER, "Frontier", FRONTIER)                   \
    X(HOMESTEAD, "Homestead", HOMESTEAD)                \
    X(DAO, "DAO", HOMESTEAD)                            \
    X(TANGERINE, "EIP150", TANGERINE)                   \
    X(SPURIOUS, "EIP158", SPURIOUS)                     \
    X(BYZANTIUM, "Byzantium", BYZANTIUM)                \
    X(CONSTANTINOPLE, "Constantinople", CONSTANTINOPLE) \
    X(PETERSBURG, "ConstantinopleFix", PETERSBURG)      \
    X(ISTANBUL, "Istanbul", ISTANBUL)                   \
    X(MUIR_GLACIER, "MuirGlacier", ISTANBUL)            \
    X(BERLIN, "Berlin", BERLIN)                         \
    X(LONDON, "London", LONDON)                         \
    X(ARROW_GLACIER, "ArrowGlacier", LONDON)            \
    X(GRAY_GLACIER, "GrayGlacier", LONDON)              \
    X(PARIS, "Paris", PARIS)                            \
    X(SHANGHAI, "Shanghai", SHANGHAI)                   \
    X(CANCUN, "Cancun", CANCUN)                         \
    X(PRAGUE, "Prague", PRAGUE)                         \
    X(OSAKA, "Osaka", OSAKA)                            \
    X(BPO1, "BPO1", OSAKA)                              \
    X(BPO2, "BPO2", OSAKA)                              \
    X(BPO3, "BPO3", OSAKA)                              \
    X(BPO4, "BPO4", OSAKA)                              \
    X(BPO5, "BPO5", OSAKA)

enum chain_fork {
#define X(name, text, rules) FORK_##name,
    CHAIN_FORKS(X)
#undef X
        FORK_COUNT
};

/* The name that Ethereum's tests use: "ConstantinopleFix". */
const char *fork_name(enum chain_fork fork);
/* Reads it, and its other spellings ("Merge"), in any case of letters. */
bool fork_by_name(enum chain_fork *out, const char *name);
enum evm_rules fork_rules(enum chain_fork fork);

/* EIP-7840: a fork's blob parameters. */
struct blob_parameters {
    uint64_t target, max; /* blobs a block */
    uint64_t base_fee_update_fraction;
};

#define FORK_NEVER UINT64_MAX

struct chain_config {
    uint64_t chain_id;
    /* Block number up to Paris, time from Shanghai on; FORK_NEVER. */
    uint64_t activation[FORK_COUNT];
    /* Paris: by total difficulty where activation[FORK_PARIS] is not given;
     * the first block whose parent's total difficulty reaches it. */
    bool has_terminal_difficulty;
    u256 terminal_difficulty;
    uint64_t merge_netsplit_block; /* counts in fork ids (EIP-2124) alone */
    bool dao_support; /* move the DAO's balances at its fork block */
    struct blob_parameters blobs[FORK_COUNT]; /* from Cancun on */
    address deposit_contract;                 /* EIP-6110 */
    uint64_t code_bytes_max; /* of a contract, for development; 0: by the
                                rules */
};

/* Frontier and nothing after it; mainnet's blob parameters and deposit
 * contract. */
void chain_config_init(struct chain_config *config, uint64_t chain_id);

/* Every fork up to `last` is active from genesis on. The DAO's is left out
 * unless it is the last. */
void chain_config_all(struct chain_config *config, enum chain_fork last,
                      uint64_t chain_id);

/* A network as Ethereum's tests name it, on chain 1: a fork ("Osaka"), or two
 * and when the second begins ("BerlinToLondonAt5", "PragueToOsakaAtTime15k",
 * "ArrowGlacierToParisAtDiffC0000"). False: no such name. */
bool chain_config_by_name(struct chain_config *config, const char *network);

/* The fork that block (number, timestamp) belongs to. past_merge: its parent
 * has reached the terminal difficulty; ignored where the configuration gives
 * Paris a block. */
enum chain_fork chain_fork_at(const struct chain_config *config,
                              uint64_t number, uint64_t timestamp,
                              bool past_merge);

/* The blob parameters in force at a fork from Cancun on: its own, or those of
 * the one before where it has none. */
const struct blob_parameters *chain_blobs(const struct chain_config *config,
                                          enum chain_fork fork);
