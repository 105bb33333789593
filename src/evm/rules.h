#pragma once
/* Which rules the EVM obeys: the forks that changed execution, in order.
 *
 * Forks that changed something else alone (a difficulty bomb, a blob
 * schedule) have no entry here: see chain/forks.h.
 */
#include "base/attributes.h"

#define EVM_RULES(X)                    \
    X(FRONTIER, "Frontier")             \
    X(HOMESTEAD, "Homestead")           \
    X(TANGERINE, "EIP150")              \
    X(SPURIOUS, "EIP158")               \
    X(BYZANTIUM, "Byzantium")           \
    X(CONSTANTINOPLE, "Constantinople") \
    X(PETERSBURG, "ConstantinopleFix")  \
    X(ISTANBUL, "Istanbul")             \
    X(BERLIN, "Berlin")                 \
    X(LONDON, "London")                 \
    X(PARIS, "Paris")                   \
    X(SHANGHAI, "Shanghai")             \
    X(CANCUN, "Cancun")                 \
    X(PRAGUE, "Prague")                 \
    X(OSAKA, "Osaka")

enum evm_rules {
#define X(name, text) EVM_##name,
    EVM_RULES(X)
#undef X
        EVM_RULES_COUNT
};

/* The name that Ethereum's tests use: "Osaka". */
const char *evm_rules_name(enum evm_rules rules);
