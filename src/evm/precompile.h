#pragma once
/* The contracts that are part of the EVM, at the addresses 0x01 to
 * EVM_PRECOMPILE_LAST.
 *
 * Source   Yellow Paper appendix E; EIP-152, 196, 197, 198, 2565, 2537, 4844,
 *          7823, 7883, 7951.
 */
#include "base/vec.h"
#include "evm/evm.h"

struct precompile_result {
    enum evm_exception why; /* EVM_NONE: output is good */
    int64_t gas_left;
};

/* Runs the precompile at `who`, which evm_is_precompile() knows, and appends
 * what it returns to the empty `output`. */
struct precompile_result precompile_run(enum evm_rules rules,
                                        const address *who, int64_t gas,
                                        bytes input, struct buffer *output);
