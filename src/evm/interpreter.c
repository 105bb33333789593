#include "evm/interpreter.h"

#include <stdlib.h>

#include "base/cpu.h"

static const struct {
    enum loop_exit (*run)(struct frame *);
    const uint64_t *handlers;
} loops[INTERPRETER_COUNT] = {
    [INTERPRETER_SWITCH] = {interpreter_switch, interpreter_switch_handlers},
    [INTERPRETER_GOTO] = {interpreter_goto, interpreter_goto_handlers},
#if LOFT_X86_64
    [INTERPRETER_V3] = {interpreter_v3, interpreter_v3_handlers},
#endif
    [INTERPRETER_EXACT] = {interpreter_exact, NULL},
};

/* Gas to be spent on a code before it is translated: so much, and for each of
 * its bytes. */
#define HEAT_MIN 2000
#define HEAT_BYTE 8

enum interpreter interpreter_best(void)
{
#ifdef LOFT_PORTABLE
    return INTERPRETER_SWITCH;
#else
    const struct cpu_features *cpu = cpu_features();
    return cpu->avx2 && cpu->bmi2 ? INTERPRETER_V3 : INTERPRETER_GOTO;
#endif
}

/* LOFT_EVM=exact, switch, goto or v3 in the environment: that loop, for all
 * code from its first instruction on. So whole suites run through each. */
static bool read_wish(enum interpreter *out)
{
    static const char *const NAMES[INTERPRETER_COUNT] = {
        [INTERPRETER_EXACT] = "exact",
        [INTERPRETER_SWITCH] = "switch",
        [INTERPRETER_GOTO] = "goto",
        [INTERPRETER_V3] = "v3",
    };
    const char *wish = getenv("LOFT_EVM");
    for (int i = 0; wish && i <= (int)interpreter_best(); i++) {
        if (strcmp(NAMES[i], wish) == 0) {
            *out = (enum interpreter)i;
            return true;
        }
    }
    return false;
}

void interpreter_choose_default(struct evm *evm)
{
    enum interpreter wished;
    bool at_once = read_wish(&wished);
    interpreter_choose(evm, at_once ? wished : interpreter_best(), at_once);
}

void interpreter_choose(struct evm *evm, enum interpreter interpreter,
                        bool at_once)
{
    evm->run_fast = loops[interpreter].run;
    evm->handlers = loops[interpreter].handlers;
    evm->translates_at_once = at_once;
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
    return frame->analysed && !evm->is_stepped && evm->handlers &&
           frame->code.len <= TRANSLATION_CODE_BYTES_MAX;
}

/* Translating must cost less than the gas that was spent on the code: then it
 * can at most double the time that a gas takes. */
static bool is_worth_it(const struct frame *frame)
{
    return frame->evm->translates_at_once ||
           frame->analysed->heat >=
               HEAT_MIN + (int64_t)frame->code.len * HEAT_BYTE;
}

static void warm_up(struct frame *frame)
{
    if (frame->heated_at > frame->gas)
        frame->analysed->heat += frame->heated_at - frame->gas;
    frame->heated_at = frame->gas;
}

static bool has_translation(struct frame *frame)
{
    if (!frame->analysed->translation && is_worth_it(frame))
        translate_code(frame);
    return frame->analysed->translation;
}

void interpreter_begin(struct frame *frame)
{
    frame->pc = 0;
    frame->ip = NULL;
    frame->heated_at = frame->gas;
    if (may_translate(frame) && has_translation(frame))
        frame->ip = frame->analysed->translation->start;
}

void interpreter_end(struct frame *frame)
{
    if (frame->analysed)
        warm_up(frame);
}

bool interpreter_jump(struct frame *frame, uint64_t pc)
{
    if (!may_translate(frame))
        return false;
    warm_up(frame);
    if (!has_translation(frame))
        return false;
    const struct translation *translation = frame->analysed->translation;
    frame->ip = translation->words + translation->entries[pc];
    return true;
}
