#include "chain/block_plan.h"

uint64_t block_plan_clock(const struct block_plan *plan, uint64_t now)
{
    int64_t time;
    if (__builtin_add_overflow((int64_t)now, plan->offset_seconds, &time))
        return plan->offset_seconds < 0 ? 0 : INT64_MAX;
    return time < 0 ? 0 : (uint64_t)time;
}

static uint64_t wanted_time(const struct block_plan *plan, uint64_t newest,
                            uint64_t now)
{
    uint64_t time;
    if (plan->next_timestamp)
        return plan->next_timestamp;
    if (!plan->has_interval)
        return block_plan_clock(plan, now);
    return __builtin_add_overflow(newest, plan->interval_seconds, &time)
               ? UINT64_MAX
               : time;
}

uint64_t block_plan_least_time(const struct block_plan *plan, uint64_t newest)
{
    return newest + !plan->departure.has_same_time;
}

uint64_t block_plan_time(const struct block_plan *plan, uint64_t newest,
                         uint64_t now)
{
    uint64_t time = wanted_time(plan, newest, now);
    uint64_t least = block_plan_least_time(plan, newest);
    return time > least ? time : least;
}

void block_plan_set_clock(struct block_plan *plan, uint64_t time, uint64_t now)
{
    if (time > INT64_MAX)
        time = INT64_MAX;
    plan->offset_seconds = (int64_t)time - (int64_t)now;
}

void block_plan_made(struct block_plan *plan, uint64_t timestamp, uint64_t now)
{
    if (plan->next_timestamp)
        block_plan_set_clock(plan, timestamp, now);
    plan->next_timestamp = 0;
    plan->departure.has_base_fee = false;
    plan->has_prev_randao = false;
}
