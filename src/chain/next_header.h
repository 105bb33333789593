#pragma once
/* The header of a block that follows another: what the rules say and whoever
 * builds the block may choose. What only its execution tells is left empty.
 *
 * Source  EIP-1559, 4399, 4844, 4788; the gas limit's bound is validate.c's.
 */
#include "chain/block.h"
#include "chain/forks.h"

struct header_choices {
    uint64_t timestamp; /* seconds */
    uint64_t gas_limit; /* wanted: the header's comes as near as the rules let
                           it, which bind it to the parent's */
    address coinbase;
    hash32 prev_randao;
    hash32 parent_beacon_root;
    bytes extra_data; /* borrowed */
};

/* Departures from the rules that a development chain allows itself; other nodes
 * refuse such a block. Zeros: none. */
struct header_departure {
    bool has_base_fee;
    u256 base_fee;
    uint64_t gas_limit; /* at once; 0: as the rules have it */
    bool has_same_time; /* its time may be that of the block before */
};

/* From London on for the base fee. */
void header_depart(struct header *header, enum chain_fork fork,
                   const struct header_departure *departure);

void header_follow(struct header *out, const struct chain_config *config,
                   enum chain_fork fork, const struct header *parent,
                   const hash32 *parent_hash,
                   const struct header_choices *choices);
