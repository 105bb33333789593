#pragma once
/* What SSTORE costs and gives back, under each set of rules.
 *
 * Source   EIP-1283 (Constantinople only), 2200, 2929, 3529.
 */
#include "evm/host.h"
#include "evm/rules.h"

struct sstore_price {
    uint64_t gas;
    int64_t refund; /* may be negative */
};

/* slot: as the store found it. */
struct sstore_price sstore_price(enum evm_rules rules,
                                 const struct evm_slot *slot,
                                 const u256 *value);
