#include "chain/fees.h"

#define INITIAL_BASE_FEE UINT64_C(1000000000) /* EIP-1559 */
#define ELASTICITY_MULTIPLIER 2               /* EIP-1559 */
#define BASE_FEE_MAX_CHANGE_DENOMINATOR 8     /* EIP-1559 */
#define BLOB_BASE_COST 8192                   /* EIP-7918 */

static bool has_base_fee(const struct header *header)
{
    return header->fields >= HEADER_BASE_FEE;
}

/* EIP-1559: base * distance / target / 8. */
static u256 base_fee_step(u256 base_fee, uint64_t distance, uint64_t target)
{
    u256 step = u256_mul(base_fee, u256_from(distance));
    step = u256_div(step, u256_from(target));
    return u256_div(step, u256_from(BASE_FEE_MAX_CHANGE_DENOMINATOR));
}

u256 chain_next_base_fee(const struct chain_config *config,
                         enum chain_fork next_fork, const struct header *parent)
{
    (void)config;
    if (next_fork < FORK_LONDON)
        return U256_ZERO;
    if (!has_base_fee(parent))
        return u256_from(INITIAL_BASE_FEE);

    uint64_t target = parent->gas_limit / ELASTICITY_MULTIPLIER;
    if (parent->gas_used == target)
        return parent->base_fee;
    if (parent->gas_used < target)
        return u256_sub(
            parent->base_fee,
            base_fee_step(parent->base_fee, target - parent->gas_used, target));
    u256 step = base_fee_step(parent->base_fee, parent->gas_used - target,
                              target);
    if (u256_is_zero(step))
        step = U256_ONE;
    return u256_add(parent->base_fee, step);
}

uint64_t parent_gas_limit(enum chain_fork next_fork,
                          const struct header *parent)
{
    if (next_fork < FORK_LONDON || has_base_fee(parent))
        return parent->gas_limit;
    return parent->gas_limit * ELASTICITY_MULTIPLIER;
}

/* EIP-4844's fake_exponential(1, numerator, denominator): the Taylor series
 * of e^(numerator / denominator) in integers, which each client must round
 * alike. False: more than 256 bits. */
static bool fake_exponential(u256 *out, u256 numerator, u256 denominator)
{
    u256 sum = U256_ZERO, term = denominator;
    for (uint64_t i = 1; !u256_is_zero(term); i++) {
        if (u256_add_overflow(&sum, sum, term) ||
            u256_mul_overflow(&term, term, numerator))
            return false;
        term = u256_div(term, u256_mul(denominator, u256_from(i)));
    }
    *out = u256_div(sum, denominator);
    return true;
}

u256 blob_base_fee(const struct blob_parameters *blobs,
                   uint64_t excess_blob_gas)
{
    u256 fee;
    if (!blobs->base_fee_update_fraction ||
        !fake_exponential(&fee, u256_from(excess_blob_gas),
                          u256_from(blobs->base_fee_update_fraction)))
        return U256_MAX;
    return fee;
}

/* EIP-7918: "if BLOB_BASE_COST * parent.base_fee_per_gas > GAS_PER_BLOB *
 * get_base_fee_per_blob_gas(parent)", by the next block's parameters. */
static bool blob_fee_below_reserve(const struct blob_parameters *blobs,
                                   const struct header *parent)
{
    u256 reserve, price;
    bool reserve_over = u256_mul_overflow(&reserve, parent->base_fee,
                                          u256_from(BLOB_BASE_COST));
    bool price_over = u256_mul_overflow(
        &price, blob_base_fee(blobs, parent->excess_blob_gas),
        u256_from(BLOB_GAS_PER_BLOB));
    if (price_over)
        return false;
    return reserve_over || u256_less(price, reserve);
}

uint64_t chain_next_excess_blob_gas(const struct chain_config *config,
                                    enum chain_fork next_fork,
                                    const struct header *parent)
{
    if (next_fork < FORK_CANCUN || parent->fields < HEADER_BLOBS)
        return 0;
    const struct blob_parameters *blobs = chain_blobs(config, next_fork);
    uint64_t target = blobs->target * BLOB_GAS_PER_BLOB;
    uint64_t sum = parent->excess_blob_gas + parent->blob_gas_used;
    if (sum < target)
        return 0;
    if (next_fork >= FORK_OSAKA && blobs->max &&
        blob_fee_below_reserve(blobs, parent))
        return parent->excess_blob_gas + parent->blob_gas_used *
                                             (blobs->max - blobs->target) /
                                             blobs->max;
    return sum - target;
}
