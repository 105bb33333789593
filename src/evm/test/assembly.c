#include "evm/test/assembly.h"

#include "base/assert.h"

void assemble(struct buffer *code, uint8_t opcode)
{
    buffer_put_byte(code, opcode);
}

static void push_bytes(struct buffer *code, u256 value, unsigned len)
{
    hash32 be = u256_to_hash(value);
    assemble(code, (uint8_t)(OP_PUSH0 + len));
    buffer_put(code, be.at + 32 - len, len);
}

void assemble_push(struct buffer *code, u256 value)
{
    unsigned len = (u256_bits(value) + 7) / 8;
    push_bytes(code, value, len ? len : 1);
}

void assemble_push32(struct buffer *code, u256 value)
{
    push_bytes(code, value, 32);
}

void assemble_return_top(struct buffer *code)
{
    static const uint8_t end[] = {OP_PUSH1, 0,        OP_MSTORE, OP_PUSH1,
                                  32,       OP_PUSH1, 0,         OP_RETURN};
    buffer_put(code, end, sizeof end);
}

u256 number(const char *hex)
{
    u256 value = U256_ZERO;
    for (; *hex; hex++) {
        unsigned digit = (unsigned)(*hex <= '9' ? *hex - '0' : *hex - 'a' + 10);
        ASSERT(digit < 16);
        value = u256_add(u256_shl(value, 4), u256_from(digit));
    }
    return value;
}
