#pragma once
/* The list of commands, in the order of `loft --help`. Each is defined in
 * cmd_<noun>.c. */
#include "app/command.h"

#define LOFT_COMMANDS(X) \
    X(statetest)         \
    X(blocktest)         \
    X(evm_run)           \
    X(tx_decode)         \
    X(account_new)       \
    X(account_list)      \
    X(account_import)    \
    X(account_export)    \
    X(account_sign)      \
    X(abi_encode)        \
    X(abi_decode)        \
    X(keccak)

#define X(name) extern const struct command command_##name;
LOFT_COMMANDS(X)
#undef X
