#include "chain/next_header.h"

#include "chain/difficulty.h"
#include "chain/fees.h"
#include "chain/validate.h"

/* As near to what is wanted as check_gas_limit() in validate.c lets it. */
static uint64_t next_gas_limit(enum chain_fork fork,
                               const struct header *parent, uint64_t wanted)
{
    uint64_t before = parent_gas_limit(fork, parent);
    uint64_t step = before / 1024;
    step -= step > 0;
    if (wanted < GAS_LIMIT_MIN)
        wanted = GAS_LIMIT_MIN;
    if (wanted > before)
        return wanted - before < step ? wanted : before + step;
    return before - wanted < step ? wanted : before - step;
}

void header_follow(struct header *out, const struct chain_config *config,
                   enum chain_fork fork, const struct header *parent,
                   const hash32 *parent_hash,
                   const struct header_choices *choices)
{
    bool mined = fork < FORK_PARIS && choices->timestamp > parent->timestamp;
    *out = (struct header){
        .parent_hash = *parent_hash,
        .uncles_hash = EMPTY_UNCLES_HASH,
        .coinbase = choices->coinbase,
        .difficulty = mined ? difficulty_next(fork, parent, choices->timestamp)
                            : U256_ZERO,
        .number = parent->number + 1,
        .gas_limit = next_gas_limit(fork, parent, choices->gas_limit),
        .timestamp = choices->timestamp,
        .extra_data = choices->extra_data,
        .mix_hash = choices->prev_randao,
        .fields = fork_header_fields(fork),
        .base_fee = chain_next_base_fee(config, fork, parent),
        .excess_blob_gas = chain_next_excess_blob_gas(config, fork, parent),
        .parent_beacon_root = choices->parent_beacon_root,
    };
}

void header_depart(struct header *header, enum chain_fork fork,
                   const struct header_departure *departure)
{
    if (departure->has_base_fee && fork >= FORK_LONDON)
        header->base_fee = departure->base_fee;
    if (departure->gas_limit)
        header->gas_limit = departure->gas_limit;
}
