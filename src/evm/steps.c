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

static bool pay_reach(struct frame *trial, const u256 *sp, uint8_t opcode)
{
    if (reaches[opcode].len == 0)
        return true;
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

/* Charges for the instruction as it would; the host's changes are undone and
 * the operands restored by the caller. */
static bool pay(struct frame *trial, u256 *sp, uint8_t opcode)
{
    switch (opcode) {
    case OP_EXP:
        return operation_exp(trial, sp) == EVM_NONE;
    case OP_BALANCE:
        return operation_balance(trial, sp) == EVM_NONE;
    case OP_EXTCODESIZE:
        return operation_extcodesize(trial, sp) == EVM_NONE;
    case OP_EXTCODEHASH:
        return operation_extcodehash(trial, sp) == EVM_NONE;
    case OP_EXTCODECOPY:
        return pay_extcodecopy(trial, sp);
    case OP_SLOAD:
        return operation_sload(trial, sp) == EVM_NONE;
    case OP_SSTORE:
        return operation_sstore(trial, sp) != EVM_OUT_OF_GAS;
    case OP_SELFDESTRUCT:
        return operation_selfdestruct(trial, sp) != EVM_OUT_OF_GAS;
    case OP_MLOAD:
    case OP_MSTORE:
        return operation_reach_word(trial, sp) == EVM_NONE;
    case OP_MSTORE8:
        return operation_reach_byte(trial, sp) == EVM_NONE;
    case OP_MCOPY:
        return pay_mcopy(trial, sp);
    case OP_CALL:
        return call_pay(trial, sp, EVM_CALL);
    case OP_CALLCODE:
        return call_pay(trial, sp, EVM_CALLCODE);
    case OP_DELEGATECALL:
        return call_pay(trial, sp, EVM_DELEGATECALL);
    case OP_STATICCALL:
        return call_pay(trial, sp, EVM_STATICCALL);
    case OP_CREATE:
        return call_create_pay(trial, sp, EVM_CREATE) != EVM_OUT_OF_GAS;
    case OP_CREATE2:
        return call_create_pay(trial, sp, EVM_CREATE2) != EVM_OUT_OF_GAS;
    default:
        return pay_reach(trial, sp, opcode);
    }
}

/* Tries the instruction's charges on a copy of the frame, and leaves no trace
 * of that. */
static int64_t cost_of(const struct frame *frame)
{
    struct evm *evm = frame->evm;
    uint8_t opcode = opcode_at(frame);
    const struct instruction *is = &evm->instructions[opcode];
    if (frame->gas < is->gas)
        return -1;
    if (frame->sp - frame->stack < is->taken)
        return is->gas;
    struct frame trial = *frame;
    struct evm_tracer *tracer = evm->tracer;
    u256 kept[2] = {frame->sp[0], is->taken > 1 ? frame->sp[-1] : U256_ZERO};
    uint32_t snapshot = evm->host->ops->snapshot(evm->host);
    evm->tracer = NULL;
    trial.gas -= is->gas;
    bool paid = pay(&trial, frame->sp, opcode);
    evm->tracer = tracer;
    evm->host->ops->revert(evm->host, snapshot);
    frame->sp[0] = kept[0];
    if (is->taken > 1)
        frame->sp[-1] = kept[1];
    return paid ? frame->gas - trial.gas : -1;
}

static struct evm_step step_of(const struct frame *frame)
{
    int64_t refund = 0;
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
    step.gas_cost = cost_of(frame);
    tracer->step(tracer, &step);
}

void steps_tell_fault(struct frame *frame)
{
    struct evm_tracer *tracer = frame->evm->tracer;
    if (!tracer->fault)
        return;
    struct evm_step step = step_of(frame);
    tracer->fault(tracer, &step, evm_exception_text(frame->why));
}
