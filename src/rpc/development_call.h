#pragma once
/* What the methods that change a development chain have in common: they come
 * after what is under way, what they change is durable before their answer,
 * and later calls of a batch see it.
 *
 * Source  foundry's anvil and Hardhat's node, for names, parameters and
 *         results: docs/development-methods.md.
 */
#include "chain/chain.h"
#include "rpc/development.h"
#include "rpc/rpc.h"

/* Makes true what others wait for; the chain may then be changed. */
bool development_begin(struct rpc_call *call);

/* The chain was changed. Transactions in the pool are sorted anew by their
 * senders' nonces. False: rpc_fail() was called. */
bool development_end(struct rpc_call *call);

/* Changes the state, between a begin and an end of its own. */
bool development_amend(struct rpc_call *call, chain_amendment *change,
                       void *context);

/* No transaction waits any more. */
void development_drop_pool(struct rpc_call *call);

/* What waits, to be freed; NULL: nothing. */
struct waiting_list *development_list_pool(struct rpc_call *call);

/* That waits, as far as it still may, and nothing else. */
bool development_fill_pool(struct rpc_call *call,
                           const struct waiting_list *waiting);

/* A number as JSON has it, or as a quantity; `initial` where it is left
 * out. */
bool rpc_param_number(struct rpc_call *call, uint64_t *out, unsigned at,
                      uint64_t initial);
bool rpc_param_number_u256(struct rpc_call *call, u256 *out, unsigned at);

/* The results of methods that have none: anvil's are null, Hardhat's true. */
static inline bool put_null(struct rpc_call *call)
{
    json_put_null(call->out);
    return true;
}

static inline bool put_true(struct rpc_call *call)
{
    json_put_bool(call->out, true);
    return true;
}

/* The same method under two names. */
#define DEVELOPMENT_METHOD(name)               \
    bool anvil_##name(struct rpc_call *call)   \
    {                                          \
        return name(call) && put_null(call);   \
    }                                          \
    bool hardhat_##name(struct rpc_call *call) \
    {                                          \
        return name(call) && put_true(call);   \
    }
