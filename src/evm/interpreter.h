#pragma once
/* The loops that run a frame.
 *
 * The exact loop takes the code byte by byte, checks everything before each
 * instruction and can be watched by a tracer. It serves init code, code that
 * has not run much yet, and whatever a translated block cannot finish.
 *
 * The fast loops run a translation, from frame->ip on, and differ only in how
 * they are compiled; each needs a translation made with its own handlers.
 */
#include "evm/frame.h"
#include "evm/translation.h"

enum loop_exit interpreter_exact(struct frame *frame);

enum loop_exit interpreter_goto(struct frame *frame);
extern uint64_t interpreter_goto_handlers[HANDLER_COUNT];

enum loop_exit interpreter_switch(struct frame *frame);
extern uint64_t interpreter_switch_handlers[HANDLER_COUNT];

#if LOFT_X86_64 /* and only where cpu_features() has what it needs */
enum loop_exit interpreter_v3(struct frame *frame);
extern uint64_t interpreter_v3_handlers[HANDLER_COUNT];
#endif

/* Which one a machine uses. */
enum interpreter {
    INTERPRETER_EXACT, /* translates nothing */
    INTERPRETER_SWITCH,
    INTERPRETER_GOTO,
    INTERPRETER_V3,
    INTERPRETER_COUNT
};

/* The fastest that this processor and build have; those before it run too. */
enum interpreter interpreter_best(void);

/* To be called before the first run. at_once: translates all code before it
 * runs, not only what has run enough to pay for it. */
void interpreter_choose(struct evm *evm, enum interpreter interpreter,
                        bool at_once);

/* The best one once code has run enough, or what LOFT_EVM in the environment
 * asks for: exact, switch, goto or v3, at once. */
void interpreter_choose_default(struct evm *evm);

/* Sets the frame to the code's beginning. */
void interpreter_begin(struct frame *frame);

/* Runs the frame in the loop that it is ready for. */
enum loop_exit interpreter_run(struct frame *frame);

/* The frame has ended, its gas as it then is. */
void interpreter_end(struct frame *frame);

/* Of a jump in the exact loop to pc, a JUMPDEST: true if the frame is to go on
 * in the fast loop; then frame->ip is set. */
bool interpreter_jump(struct frame *frame, uint64_t pc);
