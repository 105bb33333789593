#pragma once
/* What gas and blob gas cost in a block: the two fee markets' rules from one
 * block to the next. Pure functions.
 *
 * Source  EIP-1559, 4844, 7691, 7840, 7892, 7918.
 * Units   wei a gas.
 */
#include "base/u256.h"
#include "chain/block.h"
#include "chain/forks.h"

#define BLOB_GAS_PER_BLOB 131072 /* EIP-4844, GAS_PER_BLOB */

/* The base fee of the block that follows (EIP-1559), wei; 0 before London. */
u256 chain_next_base_fee(const struct chain_config *config,
                         enum chain_fork next_fork,
                         const struct header *parent);

/* The excess blob gas of the block that follows; 0 before Cancun. */
uint64_t chain_next_excess_blob_gas(const struct chain_config *config,
                                    enum chain_fork next_fork,
                                    const struct header *parent);

/* The blob base fee of a header (EIP-4844), wei. U256_MAX where the formula
 * leaves 256 bits. */
u256 blob_base_fee(const struct blob_parameters *blobs,
                   uint64_t excess_blob_gas);

/* The gas limit of a parent as its child is measured by it: doubled at the
 * London block (EIP-1559). */
uint64_t parent_gas_limit(enum chain_fork next_fork,
                          const struct header *parent);
