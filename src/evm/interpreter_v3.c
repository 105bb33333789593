/* The fast loop for x86-64-v3: carries and shifts in any register, bytes
 * swapped as they are loaded. */
#include "evm/interpreter.h"

#include "evm/call.h"
#include "evm/inline_math.h"
#include "evm/jump_target.h"
#include "evm/operations.h"

#if LOFT_X86_64

uint64_t interpreter_v3_handlers[HANDLER_COUNT];

#define LOOP_NAME interpreter_v3
#define LOOP_HALF half_v3
#define LOOP_SLOT slot_v3
#define LOOP_HANDLERS interpreter_v3_handlers
#define LOOP_TARGET __attribute__((target("bmi,bmi2,lzcnt,movbe")))
#define LOOP_GOTO 1
#include "evm/interpreter_fast.inc"

__attribute__((constructor)) static void publish_handlers(void)
{
    interpreter_v3(NULL);
}

#endif
