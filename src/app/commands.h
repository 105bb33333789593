#pragma once
/* The list of commands, in the order of `loft --help`. Each is defined in
 * cmd_<noun>.c. */
#include "app/command.h"

#define LOFT_COMMANDS(X) \
    X(chain_info)        \
    X(chain_id)          \
    X(chain_head)        \
    X(chain_gas_price)   \
    X(block)             \
    X(tx_show)           \
    X(tx_receipt)        \
    X(tx_decode)         \
    X(call)              \
    X(send)              \
    X(deploy)            \
    X(logs)              \
    X(trace)             \
    X(rpc)               \
    X(node_status)       \
    X(node_stop)         \
    X(peer_id)           \
    X(peer_list)         \
    X(peer_connect)      \
    X(peer_disconnect)   \
    X(peer_ping)         \
    X(peer_perf)         \
    X(peer_ban)          \
    X(peer_unban)        \
    X(peer_bans)         \
    X(backup)            \
    X(export)            \
    X(import)            \
    X(account_balance)   \
    X(account_nonce)     \
    X(account_code)      \
    X(account_storage)   \
    X(account_proof)     \
    X(account_new)       \
    X(account_list)      \
    X(account_import)    \
    X(account_export)    \
    X(account_sign)      \
    X(abi_encode)        \
    X(abi_decode)        \
    X(keccak)            \
    X(evm_run)           \
    X(statetest)         \
    X(blocktest)

#define X(name) extern const struct command command_##name;
LOFT_COMMANDS(X)
#undef X

extern const struct command *const commands[];
extern const size_t command_count;
