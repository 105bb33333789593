#pragma once
/* What a contract says when it reverts, in words.
 *
 * Source  Solidity: Error(string) and Panic(uint256); geth for the texts.
 * Trust   the output is the contract's: any bytes.
 */
#include "rpc/rpc.h"

/* Error 3 with the output as data; returns false. */
bool rpc_fail_reverted(struct rpc_call *call, bytes output);

/* Panic(uint256), and its code, clamped. */
bool revert_is_panic(uint64_t *code, bytes output);

/* The reason, or NULL where the output holds none. In the arena. */
const char *revert_reason(struct arena *arena, bytes output);
