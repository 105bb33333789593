#pragma once
/* What each opcode is, under each set of rules: instructions.def as tables. */
#include <stdint.h>

#include "evm/rules.h"

enum opcode {
#define INSTRUCTION(opcode, name, taken, left, gas, kind, since) \
    OP_##name = opcode,
#include "evm/instructions.def"
};

enum instruction_kind {
    INSTRUCTION_UNDEFINED,
    INSTRUCTION_PLAIN,
    INSTRUCTION_SPLITS,
    INSTRUCTION_ENDS,
};

struct instruction {
    uint16_t gas;
    uint8_t taken, left; /* stack items */
    uint8_t kind;        /* enum instruction_kind */
};

/* The 256 instructions under these rules. Static. */
const struct instruction *instructions_of(enum evm_rules rules);

/* The name, as "PUSH1"; NULL for an opcode that no rules define. */
const char *instruction_name(uint8_t opcode);

/* How many bytes follow the opcode. */
static inline unsigned instruction_immediate(uint8_t opcode)
{
    return opcode >= OP_PUSH1 && opcode <= OP_PUSH32 ? opcode - OP_PUSH0 : 0;
}
