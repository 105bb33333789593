/* The fast loop by a switch, for any compiler. */
#include "evm/interpreter.h"

#include "evm/call.h"
#include "evm/inline_math.h"
#include "evm/jump_target.h"
#include "evm/operations.h"

uint64_t interpreter_switch_handlers[HANDLER_COUNT];

#define LOOP_NAME interpreter_switch
#define LOOP_HALF half_switch
#define LOOP_SLOT slot_switch
#define LOOP_TARGET
#define LOOP_GOTO 0
#include "evm/interpreter_fast.inc"

__attribute__((constructor)) static void publish_handlers(void)
{
    for (unsigned i = 0; i < HANDLER_COUNT; i++)
        interpreter_switch_handlers[i] = i;
}
