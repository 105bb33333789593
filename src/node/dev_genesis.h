#pragma once
/* The genesis of the embedded chain: funded accounts, the system contracts,
 * and the proxy through which contracts get the same address on every chain.
 *
 * Source  SYSTEM_CONTRACTS (chain/system_contracts.h) for what the protocol
 *         needs; Arachnid's deterministic-deployment-proxy, which anvil and
 *         Hardhat have at the same address.
 * Units   base fee in wei, balance in ether, timestamp in Unix seconds.
 */
#include "chain/genesis.h"

struct dev_genesis_options {
    uint64_t chain_id;
    enum chain_fork fork; /* from Paris on */
    uint64_t timestamp;
    uint64_t gas_limit;
    u256 base_fee;
    const address *accounts;
    size_t account_count;
    uint64_t balance_ether;
};

/* In the arena. */
void dev_genesis_make(struct arena *arena, struct genesis *out,
                      const struct dev_genesis_options *options);
