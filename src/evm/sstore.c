#include "evm/sstore.h"

#include "evm/gas.h"

struct net_metering {
    uint64_t noop, set, reset;
    int64_t clear; /* refunded */
};

static const struct net_metering *net_metering_of(enum evm_rules rules)
{
    static const struct net_metering eip_1283 = {200, 20000, 5000, 15000};
    static const struct net_metering eip_2200 = {800, 20000, 5000, 15000};
    static const struct net_metering eip_2929 = {GAS_WARM, 20000,
                                                 5000 - GAS_COLD_SLOT, 15000};
    static const struct net_metering eip_3529 = {GAS_WARM, 20000,
                                                 5000 - GAS_COLD_SLOT, 4800};
    if (rules >= EVM_LONDON)
        return &eip_3529;
    if (rules >= EVM_BERLIN)
        return &eip_2929;
    if (rules >= EVM_ISTANBUL)
        return &eip_2200;
    return rules == EVM_CONSTANTINOPLE ? &eip_1283 : NULL;
}

static struct sstore_price price_gross(const struct evm_slot *slot,
                                       const u256 *value)
{
    bool was_zero = u256_is_zero(slot->current), is_zero = u256_is_zero(*value);
    return (struct sstore_price){
        .gas = was_zero && !is_zero ? 20000 : 5000,
        .refund = !was_zero && is_zero ? 15000 : 0,
    };
}

/* The slot was changed in this transaction already: the first change has paid
 * for the disk. */
static int64_t refund_of_change_again(const struct net_metering *prices,
                                      const struct evm_slot *slot,
                                      const u256 *value)
{
    bool original_zero = u256_is_zero(slot->original);
    int64_t refund = 0;
    if (!original_zero && u256_is_zero(slot->current))
        refund -= prices->clear;
    else if (!original_zero && u256_is_zero(*value))
        refund += prices->clear;
    if (u256_equal(slot->original, *value))
        refund += (int64_t)((original_zero ? prices->set : prices->reset) -
                            prices->noop);
    return refund;
}

static struct sstore_price price_net(const struct net_metering *prices,
                                     const struct evm_slot *slot,
                                     const u256 *value)
{
    struct sstore_price price = {.gas = prices->noop};
    if (u256_equal(slot->current, *value))
        return price;
    if (!u256_equal(slot->original, slot->current)) {
        price.refund = refund_of_change_again(prices, slot, value);
        return price;
    }
    bool original_zero = u256_is_zero(slot->original);
    price.gas = original_zero ? prices->set : prices->reset;
    if (!original_zero && u256_is_zero(*value))
        price.refund = prices->clear;
    return price;
}

struct sstore_price sstore_price(enum evm_rules rules,
                                 const struct evm_slot *slot, const u256 *value)
{
    const struct net_metering *prices = net_metering_of(rules);
    if (!prices)
        return price_gross(slot, value);
    struct sstore_price price = price_net(prices, slot, value);
    if (rules >= EVM_BERLIN && !slot->warm)
        price.gas += GAS_COLD_SLOT;
    return price;
}
