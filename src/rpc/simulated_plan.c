/* Which blocks a simulation has. */
#include <inttypes.h>

#include "rpc/simulated_chain.h"

#define SIMULATED_SECONDS \
    12 /* from a block to the next, where none are named */

enum {
    BLOCK_NUMBER_INVALID = -38020,
    BLOCK_TIMESTAMP_INVALID = -38021,
    CLIENT_LIMIT_EXCEEDED = -38026
};

static bool fail_order(struct rpc_call *call, int code, const char *what,
                       uint64_t is, uint64_t before)
{
    return rpc_fail(call, code,
                    "block %s must be in order: %" PRIu64 " <= %" PRIu64, what,
                    is, before);
}

struct plan {
    struct simulated_chain *chain;
    uint64_t number, time; /* of the block before */
};

static void add(struct plan *plan, const struct simulated_block *block)
{
    plan->chain->blocks[plan->chain->count++] = *block;
    plan->number = block->number;
    plan->time = block->time;
}

/* Blocks with nothing in them, up to the one before `number`. */
static void fill_gap(struct plan *plan, uint64_t number)
{
    while (plan->number + 1 < number) {
        struct simulated_block empty = {
            .number = plan->number + 1,
            .time = plan->time + SIMULATED_SECONDS,
        };
        add(plan, &empty);
    }
}

static bool plan_number(struct plan *plan, struct simulated_block *block)
{
    struct rpc_call *call = plan->chain->call;
    const struct block_overrides *overrides = &block->overrides;
    block->number = overrides->has_number ? u256_clamp_u64(overrides->number)
                                          : plan->number + 1;
    if (block->number <= plan->number)
        return fail_order(call, BLOCK_NUMBER_INVALID, "numbers", block->number,
                          plan->number);
    return block->number - plan->chain->base.header.number <=
               SIMULATED_BLOCKS_MAX ||
           rpc_fail(call, CLIENT_LIMIT_EXCEEDED, "too many blocks");
}

static bool plan_time(struct plan *plan, struct simulated_block *block)
{
    const struct block_overrides *overrides = &block->overrides;
    block->time = overrides->has_time ? overrides->time
                                      : plan->time + SIMULATED_SECONDS;
    return block->time > plan->time ||
           fail_order(plan->chain->call, BLOCK_TIMESTAMP_INVALID, "timestamps",
                      block->time, plan->time);
}

bool simulated_chain_plan(struct simulated_chain *chain,
                          const struct simulated_block *wanted, size_t count)
{
    struct plan plan = {chain, chain->base.header.number,
                        chain->base.header.timestamp};
    chain->blocks = ARENA_ARRAY(chain->call->arena, struct simulated_block,
                                SIMULATED_BLOCKS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct simulated_block block = wanted[i];
        if (!plan_number(&plan, &block))
            return false;
        fill_gap(&plan, block.number);
        if (!plan_time(&plan, &block))
            return false;
        add(&plan, &block);
    }
    return true;
}
