#pragma once
/* What the blocks to come are to be like, beyond their transactions: the
 * clock they are stamped by, and values that a development chain lets its
 * users choose. Pure.
 *
 * A block's time is what was chosen for it; else the block before and the
 * interval, where there is one; else the wall clock, moved by an offset. It
 * is after the time of the block before in any case, or the same where the plan
 * departs from that rule.
 *
 * Units    seconds of Unix time, wei, gas.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/u256.h"
#include "chain/next_header.h"

struct block_plan {
    int64_t offset_seconds;  /* of the chain's clock from the wall's */
    uint64_t next_timestamp; /* of one block; 0: as the clock has it */
    bool has_interval;
    uint64_t interval_seconds;

    uint64_t gas_limit;
    address coinbase;
    struct header_departure departure; /* the base fee is of one block */
    bool has_prev_randao;              /* of one block: */
    hash32 prev_randao;
};

/* Blocks that are made one after the other, as their maker finds time. */
struct block_series {
    uint64_t left;    /* blocks that are to come */
    uint64_t seconds; /* from one to the next; 0: as close as may be */
    uint64_t at;      /* time of the first; 0: as the clock has it */
    bool one_by_one;  /* each is asked for: something is done in between */
    bool has_begun;
};

/* What the chain's clock says now. */
uint64_t block_plan_clock(const struct block_plan *plan, uint64_t now);

/* The first time that the block after one at `newest` may have. */
uint64_t block_plan_least_time(const struct block_plan *plan, uint64_t newest);

/* The time of the block after one at `newest`. */
uint64_t block_plan_time(const struct block_plan *plan, uint64_t newest,
                         uint64_t now);

/* The clock says `time` from now on. */
void block_plan_set_clock(struct block_plan *plan, uint64_t time, uint64_t now);

/* A block was made with this plan: what was chosen for it alone is forgotten,
 * and the clock goes on from a time that was chosen. */
void block_plan_made(struct block_plan *plan, uint64_t timestamp, uint64_t now);
