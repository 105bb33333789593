#include "chain/difficulty.h"

#include "base/assert.h"

enum {
    DIFFICULTY_LEAST = 131072,
    BOUND_SHIFT = 11, /* steps of a 2048th of the parent's */
    STEPS_DOWN_MAX = 99,
    FRONTIER_SECONDS = 13,
    HOMESTEAD_SECONDS = 10,
    BYZANTIUM_SECONDS = 9,
    BOMB_PERIOD = 100000, /* blocks in which it doubles */
};

/* By how many blocks the bomb is put off. */
static uint64_t bomb_delay(enum chain_fork fork)
{
    static const struct {
        enum chain_fork since;
        uint64_t blocks;
    } delays[] = {
        {FORK_GRAY_GLACIER, 11400000},
        {FORK_ARROW_GLACIER, 10700000},
        {FORK_LONDON, 9700000},
        {FORK_MUIR_GLACIER, 9000000},
        {FORK_CONSTANTINOPLE, 5000000},
        {FORK_BYZANTIUM, 3000000},
        {FORK_FRONTIER, 0},
    };
    size_t i = 0;
    while (fork < delays[i].since)
        i++;
    return delays[i].blocks;
}

static u256 bomb(enum chain_fork fork, uint64_t number)
{
    uint64_t delay = bomb_delay(fork);
    uint64_t periods = number > delay ? (number - delay) / BOMB_PERIOD : 0;
    return periods < 2 ? U256_ZERO : u256_shl(U256_ONE, periods - 2);
}

/* How many 2048ths of the parent's difficulty are added. */
static int64_t steps(enum chain_fork fork, const struct header *parent,
                     uint64_t elapsed)
{
    if (fork < FORK_HOMESTEAD)
        return elapsed < FRONTIER_SECONDS ? 1 : -1;
    bool counts_uncles = fork >= FORK_BYZANTIUM;
    int64_t up = counts_uncles &&
                         !hash32_equal(&parent->uncles_hash, &EMPTY_UNCLES_HASH)
                     ? 2
                     : 1;
    uint64_t down = elapsed /
                    (counts_uncles ? BYZANTIUM_SECONDS : HOMESTEAD_SECONDS);
    if (down > (uint64_t)(up + STEPS_DOWN_MAX))
        return -STEPS_DOWN_MAX;
    return up - (int64_t)down;
}

u256 difficulty_next(enum chain_fork fork, const struct header *parent,
                     uint64_t timestamp)
{
    ASSERT(fork < FORK_PARIS && timestamp >= parent->timestamp);
    int64_t count = steps(fork, parent, timestamp - parent->timestamp);
    u256 step = u256_shr(parent->difficulty, BOUND_SHIFT);
    u256 by = u256_mul(step, u256_from((uint64_t)(count < 0 ? -count : count)));
    u256 value = count < 0 ? u256_sub(parent->difficulty, by)
                           : u256_add(parent->difficulty, by);
    value = u256_add(value, bomb(fork, parent->number + 1));
    /* The least is looked at last, with the bomb in. */
    u256 least = u256_from(DIFFICULTY_LEAST);
    return u256_less(value, least) ? least : value;
}
