#include "evm/rules.h"

#include <stddef.h>

const char *evm_rules_name(enum evm_rules rules)
{
    static const char *const names[] = {
#define X(name, text) text,
        EVM_RULES(X)
#undef X
    };
    return rules < EVM_RULES_COUNT ? names[rules] : NULL;
}
