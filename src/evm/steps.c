#include "evm/steps.h"

#include "evm/call.h"
#include "evm/gas.h"
#include "evm/operations.h"

static uint8_t opcode_at(const struct frame *frame)
{
    return frame->pc < frame->code.len ? frame->code.at[frame->pc] : OP_STOP;
}

/* The memory and words that an instruction pays for: where on the stack, from
 * the top, the offset and the length are. */
static const struct {
    uint8_t offset, len, gas_word, gas_byte;
} reaches[256] = {
    [OP_KECCAK256] = {0, 1, GAS_KECCAK_WORD, 0},
    [OP_CALLDATACOPY] = {0, 2, GAS_COPY_WORD, 0},
    [OP_CODECOPY] = {0, 2, GAS_COPY_WORD, 0},
    [OP_RETURNDATACOPY] = {0, 2, GAS_COPY_WORD, 0},
    [OP_EXTCODECOPY] = {1, 3, GAS_COPY_WORD, 0},
    [OP_LOG0] = {0, 1, 0, GAS_LOG_BYTE},
    [OP_LOG1] = {0, 1, 0, GAS_LOG_BYTE},
    [OP_LOG2] = {0, 1, 0, GAS_LOG_BYTE},
    [OP_LOG3] = {0, 1, 0, GAS_LOG_BYTE},
    [OP_LOG4] = {0, 1, 0, GAS_LOG_BYTE},
    [OP_RETURN] = {0, 1, 0, 0},
    [OP_REVERT] = {0, 1, 0, 0},
};

static enum evm_exception owes(bool paid)
{
    return paid ? EVM_NONE : EVM_OUT_OF_GAS;
}

static bool pay_reach(struct frame *trial, const u256 *sp, uint8_t opcode)
{
    const u256 *offset = sp - reaches[opcode].offset;
    const u256 *len = sp - reaches[opcode].len;
    return frame_reach(trial, offset, len) &&
           frame_charge(trial,
                        (len->limb[0] + 31) / 32 * reaches[opcode].gas_word +
                            len->limb[0] * reaches[opcode].gas_byte);
}

static bool pay_mcopy(struct frame *trial, const u256 *sp)
{
    return frame_reach(trial, &sp[0], &sp[-2]) &&
           frame_reach(trial, &sp[-1], &sp[-2]) &&
           frame_charge(trial, (sp[-2].limb[0] + 31) / 32 * GAS_COPY_WORD);
}

static bool pay_extcodecopy(struct frame *trial, const u256 *sp)
{
    address who = u256_to_address(sp[0]);
    return pay_reach(trial, sp, OP_EXTCODECOPY) &&
           frame_access_account(trial, &who);
}

static bool pay_call(struct frame *trial, const u256 *sp, enum evm_kind kind,
                     int64_t *given)
{
    return call_pay(trial, sp, kind) && call_take_gas(trial, &sp[0], given);
}

/* Charges for the instruction as it would; the host's changes are undone and
 * the operands restored by the caller. */
static enum evm_exception pay(struct frame *trial, u256 *sp, uint8_t opcode,
                              int64_t *given)
{
    switch (opcode) {
    case OP_EXP:
        return operation_exp(trial, sp);
    case OP_BALANCE:
        return operation_balance(trial, sp);
    case OP_EXTCODESIZE:
        return operation_extcodesize(trial, sp);
    case OP_EXTCODEHASH:
        return operation_extcodehash(trial, sp);
    case OP_EXTCODECOPY:
        return owes(pay_extcodecopy(trial, sp));
    case OP_SLOAD:
        return operation_sload(trial, sp);
    case OP_SSTORE:
        return operation_sstore(trial, sp);
    case OP_SELFDESTRUCT:
        return operation_selfdestruct(trial, sp);
    case OP_MLOAD:
    case OP_MSTORE:
        return operation_reach_word(trial, sp);
    case OP_MSTORE8:
        return operation_reach_byte(trial, sp);
    case OP_MCOPY:
        return owes(pay_mcopy(trial, sp));
    case OP_CALL:
        return owes(pay_call(trial, sp, EVM_CALL, given));
    case OP_CALLCODE:
        return owes(pay_call(trial, sp, EVM_CALLCODE, given));
    case OP_DELEGATECALL:
        return owes(pay_call(trial, sp, EVM_DELEGATECALL, given));
    case OP_STATICCALL:
        return owes(pay_call(trial, sp, EVM_STATICCALL, given));
    case OP_CREATE:
        return call_create_pay(trial, sp, EVM_CREATE);
    case OP_CREATE2:
        return call_create_pay(trial, sp, EVM_CREATE2);
    default:
        return owes(pay_reach(trial, sp, opcode));
    }
}

/* Whether the price is not just the instruction's own. */
static bool has_more_price(uint8_t opcode)
{
    static const bool has[256] = {
        [OP_EXP] = true,          [OP_BALANCE] = true,
        [OP_EXTCODESIZE] = true,  [OP_EXTCODEHASH] = true,
        [OP_EXTCODECOPY] = true,  [OP_SLOAD] = true,
        [OP_SSTORE] = true,       [OP_SELFDESTRUCT] = true,
        [OP_MLOAD] = true,        [OP_MSTORE] = true,
        [OP_MSTORE8] = true,      [OP_MCOPY] = true,
        [OP_CALL] = true,         [OP_CALLCODE] = true,
        [OP_DELEGATECALL] = true, [OP_STATICCALL] = true,
        [OP_CREATE] = true,       [OP_CREATE2] = true,
    };
    return has[opcode] || reaches[opcode].len;
}

/* Tries the instruction's charges on a copy of the frame that has so much gas,
 * and leaves no trace of that. */
static enum evm_exception try(const struct frame *frame, struct evm_step *step,
                              int64_t gas)
{
    struct evm *evm = frame->evm;
    const struct instruction *is = &evm->instructions[step->opcode];
    struct frame trial = *frame;
    struct evm_tracer *tracer = evm->tracer;
    u256 kept[2] = {frame->sp[0], is->taken > 1 ? frame->sp[-1] : U256_ZERO};
    uint32_t snapshot = evm->host->ops->snapshot(evm->host);
    int64_t given = 0;
    evm->tracer = NULL;
    trial.gas = gas - is->gas;
    enum evm_exception why = pay(&trial, frame->sp, step->opcode, &given);
    evm->tracer = tracer;
    evm->host->ops->revert(evm->host, snapshot);
    frame->sp[0] = kept[0];
    if (is->taken > 1)
        frame->sp[-1] = kept[1];
    if (why != EVM_NONE)
        return why;
    step->gas_given = given;
    step->gas_cost = gas - trial.gas - given;
    step->refund += trial.refund - frame->refund;
    return why;
}

/* EIP-214, for instructions that look at it before they charge. */
static bool is_forbidden(const struct frame *frame, uint8_t opcode)
{
    if (!frame->message.is_static)
        return false;
    return opcode == OP_SSTORE || opcode == OP_SELFDESTRUCT ||
           opcode == OP_CREATE || opcode == OP_CREATE2 ||
           (opcode == OP_CALL && !u256_is_zero(frame->sp[-2]));
}

static enum evm_exception stack_fault(const struct instruction *is,
                                      unsigned height)
{
    if (is->kind == INSTRUCTION_UNDEFINED)
        return EVM_UNDEFINED_INSTRUCTION;
    if (height < is->taken)
        return EVM_STACK_UNDERFLOW;
    return height + is->left > (unsigned)EVM_STACK_ITEMS + is->taken
               ? EVM_STACK_OVERFLOW
               : EVM_NONE;
}

/* Not one whose price is never worked out for want of gas: EIP-2200's stipend,
 * and calls since they look up whose code runs (EIP-7702). */
static bool has_one_price(const struct frame *frame, uint8_t opcode)
{
    enum evm_rules rules = frame->evm->rules;
    if (opcode == OP_SSTORE)
        return rules < EVM_ISTANBUL || frame->gas > GAS_CALL_STIPEND;
    bool calls = opcode == OP_CALL || opcode == OP_CALLCODE ||
                 opcode == OP_DELEGATECALL || opcode == OP_STATICCALL;
    return !calls || rules < EVM_PRAGUE;
}

/* More gas than any instruction takes that is within memory's limit. */
#define PLENTY_OF_GAS (INT64_C(1) << 60)

static enum evm_exception price(const struct frame *frame,
                                struct evm_step *step)
{
    const struct instruction *is = &frame->evm->instructions[step->opcode];
    enum evm_exception why = stack_fault(is, step->stack_len);
    step->gas_cost = is->gas;
    if (why != EVM_NONE)
        return why;
    if (frame->gas < is->gas)
        return EVM_OUT_OF_GAS;
    if (is_forbidden(frame, step->opcode))
        return EVM_STATIC_VIOLATION;
    if (!has_more_price(step->opcode))
        return EVM_NONE;
    why = try(frame, step, frame->gas);
    if (why == EVM_OUT_OF_GAS && has_one_price(frame, step->opcode))
        try(frame, step, PLENTY_OF_GAS);
    return why;
}

static struct evm_step step_of(const struct frame *frame)
{
    int64_t refund = frame->evm->refund_before;
    for (int depth = 0; depth <= frame->message.depth; depth++)
        refund += frame->evm->frames[depth].refund;
    return (struct evm_step){
        .pc = frame->pc,
        .opcode = opcode_at(frame),
        .depth = frame->message.depth,
        .gas = frame->gas,
        .refund = refund,
        .stack = frame->stack + 1,
        .stack_len = (unsigned)(frame->sp - frame->stack),
        .memory = {frame->memory, frame->memory_size},
        .return_data = buffer_bytes(&frame->evm->return_data),
        .message = &frame->message,
    };
}

void steps_tell(struct frame *frame)
{
    struct evm_tracer *tracer = frame->evm->tracer;
    if (!tracer->step)
        return;
    struct evm_step step = step_of(frame);
    step.blocked = price(frame, &step);
    tracer->step(tracer, &step);
}

void steps_tell_fault(struct frame *frame, int64_t gas_before)
{
    struct evm_tracer *tracer = frame->evm->tracer;
    if (!tracer->fault)
        return;
    struct evm_step step = step_of(frame);
    step.gas = gas_before;
    tracer->fault(tracer, &step, frame->why);
}
