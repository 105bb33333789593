#include "rpc/fault_text.h"

#include "evm/gas.h"
#include "evm/instructions.h"

/* Memory beyond this many bytes has no price (geth: memoryGasCost). */
#define MEMORY_PRICED_MAX UINT64_C(0x1fffffffe0)

/* Names that geth has for opcodes which no rules define, and its own for one
 * that they do. */
static const char *name_of(uint8_t opcode)
{
    static const char *const names[256] = {
        [0x44] = "DIFFICULTY",     [0x4b] = "SLOTNUM",
        [0xd0] = "DATALOAD",       [0xd1] = "DATALOADN",
        [0xd2] = "DATASIZE",       [0xd3] = "DATACOPY",
        [0xe0] = "RJUMP",          [0xe1] = "RJUMPI",
        [0xe2] = "RJUMPV",         [0xe3] = "CALLF",
        [0xe4] = "RETF",           [0xe5] = "JUMPF",
        [0xe6] = "DUPN",           [0xe7] = "SWAPN",
        [0xe8] = "EXCHANGE",       [0xec] = "EOFCREATE",
        [0xee] = "RETURNCONTRACT", [0xf7] = "RETURNDATALOAD",
        [0xf8] = "EXTCALL",        [0xf9] = "EXTDELEGATECALL",
        [0xfb] = "EXTSTATICCALL",
    };
    return names[opcode] ? names[opcode] : instruction_name(opcode);
}

const char *opcode_text(struct arena *arena, uint8_t opcode)
{
    const char *name = name_of(opcode);
    return name ? name : arena_printf(arena, "opcode %#x not defined", opcode);
}

/* The ranges of memory that an instruction needs: where on the stack, from
 * the top, each one's offset and length are. A length of FIXED is a word's. */
enum { FIXED = 15 };
struct reach {
    uint8_t offset, len;
};
static const struct reaches {
    struct reach at[2];
    uint8_t count;
} reaches[256] = {
    [OP_KECCAK256] = {{{0, 1}}, 1},
    [OP_CALLDATACOPY] = {{{0, 2}}, 1},
    [OP_CODECOPY] = {{{0, 2}}, 1},
    [OP_RETURNDATACOPY] = {{{0, 2}}, 1},
    [OP_EXTCODECOPY] = {{{1, 3}}, 1},
    [OP_MLOAD] = {{{0, FIXED}}, 1},
    [OP_MSTORE] = {{{0, FIXED}}, 1},
    [OP_MSTORE8] = {{{0, FIXED}}, 1},
    [OP_MCOPY] = {{{0, 2}, {1, 2}}, 2},
    [OP_LOG0] = {{{0, 1}}, 1},
    [OP_LOG1] = {{{0, 1}}, 1},
    [OP_LOG2] = {{{0, 1}}, 1},
    [OP_LOG3] = {{{0, 1}}, 1},
    [OP_LOG4] = {{{0, 1}}, 1},
    [OP_RETURN] = {{{0, 1}}, 1},
    [OP_REVERT] = {{{0, 1}}, 1},
    [OP_CREATE] = {{{1, 2}}, 1},
    [OP_CREATE2] = {{{1, 2}}, 1},
    [OP_CALL] = {{{3, 4}, {5, 6}}, 2},
    [OP_CALLCODE] = {{{3, 4}, {5, 6}}, 2},
    [OP_DELEGATECALL] = {{{2, 3}, {4, 5}}, 2},
    [OP_STATICCALL] = {{{2, 3}, {4, 5}}, 2},
};

/* The end of a range; false: beyond 64 bits. */
static bool end_of(uint64_t *end, const struct evm_step *step,
                   struct reach reach)
{
    const u256 *top = step->stack + step->stack_len - 1;
    u256 len = reach.len == FIXED
                   ? u256_from(step->opcode == OP_MSTORE8 ? 1 : 32)
                   : *(top - reach.len);
    u256 offset = *(top - reach.offset);
    *end = 0;
    if (u256_is_zero(len))
        return true;
    return u256_fits_u64(len) && u256_fits_u64(offset) &&
           !__builtin_add_overflow(len.limb[0], offset.limb[0], end);
}

/* The memory that an instruction needs; false: beyond 64 bits. */
static bool memory_needed(uint64_t *size, const struct evm_step *step)
{
    const struct reaches *is = &reaches[step->opcode];
    *size = 0;
    for (unsigned i = 0; i < is->count; i++) {
        uint64_t end;
        if (!end_of(&end, step, is->at[i]))
            return false;
        if (end > *size)
            *size = end;
    }
    return *size <= UINT64_MAX - 31;
}

static bool is_call(uint8_t opcode)
{
    return opcode == OP_CALL || opcode == OP_CALLCODE ||
           opcode == OP_DELEGATECALL || opcode == OP_STATICCALL;
}

static const char *text_of_gas(enum evm_rules rules,
                               const struct evm_step *step)
{
    const struct instruction *is = &instructions_of(rules)[step->opcode];
    uint64_t size;
    if (step->gas < is->gas)
        return "out of gas";
    if (!memory_needed(&size, step))
        return "gas uint64 overflow";
    if (size > MEMORY_PRICED_MAX)
        return "out of gas: gas uint64 overflow";
    if (step->opcode == OP_SSTORE && rules >= EVM_ISTANBUL &&
        step->gas <= GAS_CALL_STIPEND)
        return "out of gas: not enough gas for reentrancy sentry";
    if (is_call(step->opcode) && rules >= EVM_PRAGUE)
        return "out of gas: out of gas";
    return "out of gas";
}

static const char *text_of_initcode(struct arena *arena,
                                    const struct evm_step *step)
{
    const u256 *len = &step->stack[step->stack_len - 3];
    uint64_t size;
    if (!memory_needed(&size, step))
        return "gas uint64 overflow";
    return arena_printf(arena,
                        "out of gas: max initcode size exceeded: code size "
                        "%llu limit %d",
                        (unsigned long long)u256_clamp_u64(*len),
                        EVM_INITCODE_BYTES_MAX);
}

static const char *text_of_stack(struct arena *arena, enum evm_rules rules,
                                 const struct evm_step *step,
                                 enum evm_exception why)
{
    const struct instruction *is = &instructions_of(rules)[step->opcode];
    if (why == EVM_STACK_UNDERFLOW)
        return arena_printf(arena, "stack underflow (%u <=> %u)",
                            step->stack_len, is->taken);
    return arena_printf(arena, "stack limit reached %u (%d)", step->stack_len,
                        1024 + is->taken - is->left);
}

static const char *text_of_static(uint8_t opcode)
{
    bool runs = opcode == OP_TSTORE || (opcode >= OP_LOG0 && opcode <= OP_LOG4);
    return runs ? "write protection" : "out of gas: write protection";
}

/* Those that need no more than their name. */
static const char *text_of(enum evm_exception why)
{
    static const char *const texts[] = {
        [EVM_CODE_DEPOSIT] = "contract creation code storage out of gas",
        [EVM_CALL_DEPTH] = "max call depth exceeded",
        [EVM_NONCE_OVERFLOW] = "nonce uint64 overflow",
        [EVM_CODE_BEGINS_WITH_EF] = "invalid code: must not begin with 0xef",
    };
    return why < ARRAY_LEN(texts) && texts[why] ? texts[why]
                                                : evm_exception_text(why);
}

const char *fault_text_of_step(struct arena *arena, enum evm_rules rules,
                               const struct evm_step *step,
                               enum evm_exception why)
{
    switch ((int)why) {
    case EVM_OUT_OF_GAS:
        return text_of_gas(rules, step);
    case EVM_STACK_UNDERFLOW:
    case EVM_STACK_OVERFLOW:
        return text_of_stack(arena, rules, step, why);
    case EVM_UNDEFINED_INSTRUCTION:
    case EVM_INVALID_INSTRUCTION:
        return arena_printf(arena, "invalid opcode: %s",
                            opcode_text(arena, step->opcode));
    case EVM_STATIC_VIOLATION:
        return text_of_static(step->opcode);
    case EVM_INITCODE_TOO_LARGE:
        return text_of_initcode(arena, step);
    default:
        return text_of(why);
    }
}

/* What a precompile finds wrong with its input, as far as the length tells. */
static const char *text_of_precompile(const struct evm_message *message)
{
    size_t len = message->input.len;
    switch (message->code_of.at[19]) {
    case 0x05:
        return "one or more of base/exponent/modulus length exceeded 1024 "
               "bytes";
    case 0x08:
        return len % 192 ? "bad elliptic curve pairing size"
                         : "bn256: malformed point";
    case 0x06:
    case 0x07:
        return "bn256: malformed point";
    case 0x09:
        return len == 213 ? "invalid final flag" : "invalid input length";
    case 0x0a:
        return len == 192 ? "error verifying kzg proof"
                          : "invalid input length";
    default:
        return "invalid input length";
    }
}

const char *fault_text_of_message(struct arena *arena,
                                  const struct evm_message *message,
                                  const struct evm_result *result)
{
    if (result->why == EVM_PRECOMPILE_FAILED)
        return text_of_precompile(message);
    if (result->why == EVM_CODE_TOO_LARGE)
        return arena_printf(arena,
                            "max code size exceeded: code size %zu limit %d",
                            result->offered_len, EVM_CODE_BYTES_MAX);
    return text_of(result->why);
}
