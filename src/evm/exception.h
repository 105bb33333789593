#pragma once
/* What ends a frame and takes all of its gas.
 *
 * Source   Yellow Paper 9.4.2; the EIPs named where each is raised.
 */

#define EVM_EXCEPTIONS(X)                                        \
    X(NONE, "none")                                              \
    X(OUT_OF_GAS, "out of gas")                                  \
    X(CODE_DEPOSIT, "contract creation code storage out of gas") \
    X(STACK_UNDERFLOW, "stack underflow")                        \
    X(STACK_OVERFLOW, "stack overflow")                          \
    X(BAD_JUMP, "invalid jump destination")                      \
    X(UNDEFINED_INSTRUCTION, "undefined instruction")            \
    X(INVALID_INSTRUCTION, "invalid instruction")                \
    X(STATIC_VIOLATION, "state change in a static call")         \
    X(RETURNDATA_BOUNDS, "return data out of bounds")            \
    X(CALL_DEPTH, "call depth exceeded")                         \
    X(INSUFFICIENT_BALANCE, "insufficient balance for transfer") \
    X(ADDRESS_COLLISION, "contract address collision")           \
    X(NONCE_OVERFLOW, "nonce overflow")                          \
    X(CODE_TOO_LARGE, "code size limit exceeded")                \
    X(INITCODE_TOO_LARGE, "initcode size limit exceeded")        \
    X(CODE_BEGINS_WITH_EF, "code begins with 0xef")              \
    X(PRECOMPILE_FAILED, "precompile failed")

enum evm_exception {
#define X(name, text) EVM_##name,
    EVM_EXCEPTIONS(X)
#undef X
};

const char *evm_exception_text(enum evm_exception why);
