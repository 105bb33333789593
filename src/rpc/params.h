#pragma once
/* Readers of a call's parameters. Each returns false after rpc_fail() with
 * "invalid argument N: ...", geth's form.
 *
 * Lifetime  what is read lives in the call's arena.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/u256.h"
#include "rpc/rpc.h"

bool rpc_param_data(struct rpc_call *call, bytes *out, unsigned at);
bool rpc_param_hash(struct rpc_call *call, hash32 *out, unsigned at);
bool rpc_param_address(struct rpc_call *call, address *out, unsigned at);
bool rpc_param_quantity(struct rpc_call *call, uint64_t *out, unsigned at);

/* `initial` where it is left out. */
bool rpc_param_bool(struct rpc_call *call, bool *out, unsigned at,
                    bool initial);

/* err_sentence() as what is wrong with argument `at`; returns false. */
bool rpc_param_wrong(struct rpc_call *call, unsigned at);
