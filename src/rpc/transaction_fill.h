#pragma once
/* What a caller left open of a transaction: nonce, fees and gas, as they do for
 * the block that comes next.
 *
 * Source  geth: setDefaults in internal/ethapi.
 */
#include "chain/transaction.h"
#include "rpc/transaction_args.h"
#include "state/source.h"

bool transaction_fill(struct rpc_call *call, struct transaction_args *args);

/* Of the block that comes next. */
enum evm_rules rpc_next_rules(struct rpc_call *call);
u256 rpc_next_base_fee(struct rpc_call *call);

bool rpc_newest_account(struct rpc_call *call, struct state_account *out,
                        const address *who);
