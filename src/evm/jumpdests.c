#include "evm/jumpdests.h"

#include "evm/instructions.h"

void jumpdests_find(uint8_t *bits, bytes code)
{
    memset(bits, 0, jumpdests_size(code.len));
    for (size_t pc = 0; pc < code.len; pc++) {
        uint8_t opcode = code.at[pc];
        if ((int8_t)opcode < OP_PUSH1) /* the greater half is negative */
            bits[pc / 8] |= (uint8_t)((opcode == OP_JUMPDEST) << (pc % 8));
        else
            pc += instruction_immediate(opcode);
    }
}
