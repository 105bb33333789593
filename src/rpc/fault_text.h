#pragma once
/* Why a frame failed, in the words that tools know from geth.
 *
 * Source    geth: core/vm/errors.go, and where core/vm raises them.
 * Lifetime  texts are static or live in the arena.
 */
#include "base/arena.h"
#include "evm/evm.h"

/* "SSTORE"; "opcode 0xc not defined". */
const char *opcode_text(struct arena *arena, uint8_t opcode);

/* Of an instruction that raised an exception. */
const char *fault_text_of_step(struct arena *arena, enum evm_rules rules,
                               const struct evm_step *step,
                               enum evm_exception why);

/* Of a message that failed in no instruction: it did not begin, was a
 * precompile's, or the code it made was refused. */
const char *fault_text_of_message(struct arena *arena,
                                  const struct evm_message *message,
                                  const struct evm_result *result);
