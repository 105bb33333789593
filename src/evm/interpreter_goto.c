/* The fast loop by computed goto, for any processor. */
#include "evm/interpreter.h"

#include "evm/call.h"
#include "evm/inline_math.h"
#include "evm/jump_target.h"
#include "evm/operations.h"

uint64_t interpreter_goto_handlers[HANDLER_COUNT];

#define LOOP_NAME interpreter_goto
#define LOOP_HALF half_goto
#define LOOP_SLOT slot_goto
#define LOOP_HANDLERS interpreter_goto_handlers
#define LOOP_TARGET
#define LOOP_GOTO 1
#include "evm/interpreter_fast.inc"

__attribute__((constructor)) static void publish_handlers(void)
{
    interpreter_goto(NULL);
}
