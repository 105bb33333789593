#include "evm/instructions.h"

#include <stddef.h>

#include "base/attributes.h"

static struct instruction tables[EVM_RULES_COUNT][256];

static const char *const names[256] = {
#define INSTRUCTION(opcode, name, taken, left, gas, kind, since) \
    [opcode] = #name,
#include "evm/instructions.def"
};

static const struct {
    struct instruction is;
    uint8_t opcode, since;
} instructions[] = {
#define INSTRUCTION(opcode, name, taken, left, gas, kind, since) \
    {{gas, taken, left, INSTRUCTION_##kind}, opcode, EVM_##since},
#include "evm/instructions.def"
};

static const struct {
    uint16_t gas;
    uint8_t rules, opcode;
} gas_changes[] = {
#define GAS_CHANGE(rules, name, gas) {gas, EVM_##rules, OP_##name},
#include "evm/instructions.def"
};

/* Once, before main(): any thread may read them. */
__attribute__((constructor)) static void fill_tables(void)
{
    for (size_t i = 0; i < ARRAY_LEN(instructions); i++)
        for (unsigned rules = instructions[i].since; rules < EVM_RULES_COUNT;
             rules++)
            tables[rules][instructions[i].opcode] = instructions[i].is;
    for (size_t i = 0; i < ARRAY_LEN(gas_changes); i++)
        for (unsigned rules = gas_changes[i].rules; rules < EVM_RULES_COUNT;
             rules++)
            tables[rules][gas_changes[i].opcode].gas = gas_changes[i].gas;
}

const struct instruction *instructions_of(enum evm_rules rules)
{
    return tables[rules];
}

const char *instruction_name(uint8_t opcode)
{
    return names[opcode];
}
