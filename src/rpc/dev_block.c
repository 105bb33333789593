/* What the blocks to come are like, and the pool's transactions. */
#include "base/vec.h"
#include "rpc/development_call.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"

#define GAS_LIMIT_LEAST 5000

static bool set_coinbase(struct rpc_call *call)
{
    return rpc_param_address(call, &call->host->plan.coinbase, 0);
}
DEVELOPMENT_METHOD(set_coinbase)

static bool set_next_block_base_fee_per_gas(struct rpc_call *call)
{
    struct header_departure *departure = &call->host->plan.departure;
    u256 fee;
    if (!rpc_param_number_u256(call, &fee, 0) || !development_begin(call))
        return false;
    departure->base_fee = fee;
    departure->has_base_fee = true;
    return true;
}
DEVELOPMENT_METHOD(set_next_block_base_fee_per_gas)

/* What eth_gasPrice suggests at the least. */
static bool set_min_gas_price(struct rpc_call *call)
{
    return rpc_param_number_u256(call, &call->host->gas_price, 0);
}
DEVELOPMENT_METHOD(set_min_gas_price)

static bool set_prev_randao(struct rpc_call *call)
{
    struct block_plan *plan = &call->host->plan;
    hash32 value;
    if (!rpc_param_hash(call, &value, 0) || !development_begin(call))
        return false;
    plan->prev_randao = value;
    plan->has_prev_randao = true;
    return true;
}
DEVELOPMENT_METHOD(set_prev_randao)

bool evm_set_block_gas_limit(struct rpc_call *call)
{
    struct block_plan *plan = &call->host->plan;
    uint64_t gas;
    if (!rpc_param_number(call, &gas, 0, 0) || !development_begin(call))
        return false;
    if (gas < GAS_LIMIT_LEAST || gas > INT64_MAX)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "a gas limit is at least %d and fits 63 bits",
                        GAS_LIMIT_LEAST);
    plan->gas_limit = plan->departure.gas_limit = gas;
    return put_true(call);
}

/* The chain id stands in the data: it is chosen when they are made. */
bool anvil_set_chain_id(struct rpc_call *call)
{
    uint64_t id;
    if (!rpc_param_number(call, &id, 0, 0))
        return false;
    if (id != chain_config(call->host->chain)->chain_id)
        return rpc_fail(call, RPC_SERVER_ERROR,
                        "the chain id of a chain that is kept does not "
                        "change; loftd --chain-id begins another");
    return put_null(call);
}

bool anvil_drop_transaction(struct rpc_call *call)
{
    hash32 hash;
    if (!rpc_param_hash(call, &hash, 0) || !development_begin(call))
        return false;
    if (pool_remove(call->host->pool, &hash))
        json_put_hash(call->out, &hash);
    else
        json_put_null(call->out);
    return true;
}

bool hardhat_drop_transaction(struct rpc_call *call)
{
    hash32 hash;
    if (!rpc_param_hash(call, &hash, 0) || !development_begin(call))
        return false;
    json_put_bool(call->out, pool_remove(call->host->pool, &hash));
    return true;
}

/* Those of one sender, or all. */
struct selection {
    const address *who;
    VEC(hash32) hashes;
};

static void select_entry(void *context, const struct pool_entry *entry,
                         bool pending)
{
    struct selection *selection = context;
    (void)pending;
    if (!selection->who || address_equal(selection->who, &entry->sender))
        VEC_PUSH(&selection->hashes, entry->hash);
}

static void drop(struct rpc_call *call, const address *who)
{
    struct selection selection = {.who = who};
    pool_each(call->host->pool, select_entry, &selection);
    VEC_FOR_EACH (hash, &selection.hashes)
        pool_remove(call->host->pool, hash);
    VEC_FREE(&selection.hashes);
}

void development_drop_pool(struct rpc_call *call)
{
    drop(call, NULL);
}

static bool drop_all_transactions(struct rpc_call *call)
{
    if (!development_begin(call))
        return false;
    drop(call, NULL);
    return true;
}
DEVELOPMENT_METHOD(drop_all_transactions)

/* geth's name for it. */
bool debug_clear_txpool(struct rpc_call *call)
{
    return drop_all_transactions(call) && put_null(call);
}

bool anvil_remove_pool_transactions(struct rpc_call *call)
{
    address who;
    if (!rpc_param_address(call, &who, 0) || !development_begin(call))
        return false;
    drop(call, &who);
    return put_null(call);
}
