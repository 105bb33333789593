#include "evm/interpreter.h"

#include "evm/call.h"
#include "evm/operations.h"
#include "evm/steps.h"

/* What must hold before any instruction. */
static enum evm_exception check(const struct instruction *is, size_t height,
                                int64_t gas)
{
    if (UNLIKELY(is->kind == INSTRUCTION_UNDEFINED))
        return EVM_UNDEFINED_INSTRUCTION;
    if (UNLIKELY(height < is->taken))
        return EVM_STACK_UNDERFLOW;
    if (UNLIKELY(height + is->left > (size_t)EVM_STACK_ITEMS + is->taken))
        return EVM_STACK_OVERFLOW;
    if (UNLIKELY(gas < is->gas))
        return EVM_OUT_OF_GAS;
    return EVM_NONE;
}

/* The number that a PUSH carries; the code's end is followed by zeros. */
static u256 read_push(bytes code, uint64_t pc, unsigned len)
{
    uint8_t at[32] = {0};
    size_t have = code.len - pc - 1 < len ? code.len - pc - 1 : len;
    if (have)
        memcpy(at + 32 - len, code.at + pc + 1, have);
    return u256_load_be(at);
}

/* A jump's target, or false: FAIL. */
static bool is_target(struct frame *frame, const u256 *target)
{
    return u256_fits_u64(*target) && frame_is_jumpdest(frame, target->limb[0]);
}

#define INSTRUCTION_BEGIN(name) case OP_##name: {
#define INSTRUCTION_END \
    break;              \
    }
#define STACK(n) (sp += (n))
#define SAVE() (void)0
#define LOAD() (void)0
#define FAIL(reason)    \
    do {                \
        why = (reason); \
        goto failed;    \
    } while (0)
#define STOP(how)              \
    do {                       \
        frame->status = (how); \
        return LOOP_DONE;      \
    } while (0)
#define RUN(operation)       \
    do {                     \
        why = (operation);   \
        if (why != EVM_NONE) \
            goto failed;     \
    } while (0)
#define OPERATION(name, function) \
    INSTRUCTION_BEGIN(name)       \
    RUN(function(frame, sp));     \
    STACK(is->left - is->taken);  \
    INSTRUCTION_END
#define REACH(offset, len, operation) RUN(operation(frame, offset))
#define SUSPEND(left_at) \
    (frame->pc = pc + 1, frame->answer = frame->sp = sp + (left_at))
/* After a jump: goes on in the fast loop where that is worth it. */
#define SWITCH_LOOPS()                         \
    do {                                       \
        if (evm_must_end(evm))                 \
            FAIL(EVM_OUT_OF_GAS);              \
        if (interpreter_jump(frame, pc + 1)) { \
            frame->sp = sp;                    \
            return LOOP_CHANGE;                \
        }                                      \
    } while (0)

enum loop_exit interpreter_exact(struct frame *frame)
{
    struct evm *const evm = frame->evm;
    const struct instruction *const instructions = evm->instructions;
    const bytes code = frame->code;
    u256 *sp = frame->sp;
    uint64_t pc = frame->pc;
    enum evm_exception why;
    int64_t gas_before;

    for (;; pc++) {
        gas_before = frame->gas;
        uint8_t opcode = pc < code.len ? code.at[pc] : OP_STOP;
        const struct instruction *is = &instructions[opcode];
        if (UNLIKELY(evm->is_stepped)) {
            frame->pc = pc;
            frame->sp = sp;
            steps_tell(frame);
        }
        why = check(is, (size_t)(sp - frame->stack), frame->gas);
        if (UNLIKELY(why != EVM_NONE))
            goto failed;
        frame->gas -= is->gas;
        if (opcode >= OP_PUSH0 && opcode <= OP_PUSH32) {
            unsigned len = opcode - OP_PUSH0;
            *++sp = read_push(code, pc, len);
            pc += len;
            continue;
        }

        switch ((enum opcode)opcode) {
#include "evm/instructions.inc"
            INSTRUCTION_BEGIN(JUMP)
            if (!is_target(frame, sp))
                FAIL(EVM_BAD_JUMP);
            pc = sp->limb[0] - 1;
            STACK(-1);
            SWITCH_LOOPS();
            INSTRUCTION_END
            INSTRUCTION_BEGIN(JUMPI)
            if (!u256_is_zero(sp[-1])) {
                if (!is_target(frame, sp))
                    FAIL(EVM_BAD_JUMP);
                pc = sp->limb[0] - 1;
                STACK(-2);
                SWITCH_LOOPS();
            } else {
                STACK(-2);
            }
            INSTRUCTION_END
            INSTRUCTION_BEGIN(PC)
            *++sp = u256_from(pc);
            INSTRUCTION_END
            INSTRUCTION_BEGIN(GAS)
            evm_note_gas(evm);
            *++sp = u256_from((uint64_t)frame->gas);
            INSTRUCTION_END
            INSTRUCTION_BEGIN(JUMPDEST)
            INSTRUCTION_END
        default: /* PUSH is done, and what is undefined has failed */
            break;
        }
    }

failed:
    frame->status = EVM_EXCEPTION;
    frame->why = why;
    if (UNLIKELY(evm->is_stepped)) {
        frame->pc = pc;
        frame->sp = sp;
        steps_tell_fault(frame, gas_before);
    }
    return LOOP_DONE;
}
