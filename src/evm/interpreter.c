#include "evm/interpreter.h"

#include "base/cpu.h"

static const struct {
    enum loop_exit (*run)(struct frame *);
    const uint64_t *handlers;
} loops[INTERPRETER_COUNT] = {
    [INTERPRETER_SWITCH] = {interpreter_switch, interpreter_switch_handlers},
    [INTERPRETER_GOTO] = {interpreter_goto, interpreter_goto_handlers},
    [INTERPRETER_EXACT] = {interpreter_exact, NULL},
};

enum interpreter interpreter_best(void)
{
#ifdef LOFT_PORTABLE
    return INTERPRETER_SWITCH;
#else
    return INTERPRETER_GOTO;
#endif
}

void interpreter_choose(struct evm *evm, enum interpreter interpreter,
                        uint32_t heat_max)
{
    evm->run_fast = loops[interpreter].run;
    evm->handlers = loops[interpreter].handlers;
    evm->heat_max = heat_max;
}

enum loop_exit interpreter_run(struct frame *frame)
{
    return frame->ip ? frame->evm->run_fast(frame) : interpreter_exact(frame);
}

static void translate_code(struct frame *frame)
{
    struct evm *evm = frame->evm;
    struct code *code = frame->analysed;
    code->translation = translate(evm->translator, frame->code,
                                  evm->instructions, evm->handlers);
    code_cache_grown(&evm->cache, code, code->translation->size);
}

static bool may_translate(const struct frame *frame)
{
    const struct evm *evm = frame->evm;
    return frame->analysed && !evm->tracer && evm->handlers &&
           frame->code.len <= TRANSLATION_CODE_BYTES_MAX;
}

void interpreter_begin(struct frame *frame)
{
    frame->pc = 0;
    frame->ip = NULL;
    if (!may_translate(frame))
        return;
    if (!frame->analysed->translation && frame->evm->heat_max == 0)
        translate_code(frame);
    if (frame->analysed->translation)
        frame->ip = frame->analysed->translation->start;
}

bool interpreter_warm_up(struct frame *frame, uint64_t pc)
{
    struct code *code = frame->analysed;
    if (!may_translate(frame))
        return false;
    if (!code->translation) {
        if (++code->heat <= frame->evm->heat_max + frame->code.len / 4)
            return false;
        translate_code(frame);
    }
    frame->ip = code->translation->words + code->translation->entries[pc];
    return true;
}
