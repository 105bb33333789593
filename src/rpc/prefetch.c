#include "rpc/prefetch.h"

#include "chain/transaction.h"
#include "rpc/block_ref.h"
#include "rpc/methods.h"
#include "rpc/pending.h"
#include "rpc/rpc_host.h"
#include "rpc/simulation.h"

/* Fetches what the parameters name. What cannot be read is left to the method,
 * which says so. False: the node failed, or the call is stopped. */
typedef bool fetcher(struct rpc_call *call);

static bool find_newest(struct rpc_call *call, struct state_source **source)
{
    struct rpc_block_ref ref = RPC_BLOCK_NEWEST;
    struct rpc_block block;
    return rpc_find_source(call, source, &block, &ref);
}

static loft_err read_account(struct state_source *state, struct arena *arena,
                             const address *who)
{
    struct state_account account;
    bytes code;
    TRY(state->account(state, &account, who));
    return account.exists ? state->code(state, arena, &code, &account.code_hash)
                          : LOFT_OK;
}

static bool fetch_account(struct rpc_call *call)
{
    struct state_source *state;
    address who;
    if (json_read_address(&who, call->params[0]) != LOFT_OK)
        return true;
    if (!find_newest(call, &state))
        return false;
    loft_err code = read_account(state, call->arena, &who);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

/* Of the account that is named first. */
static bool fetch_slot(struct rpc_call *call)
{
    struct state_source *state;
    address who;
    u256 key, value;
    if (json_read_address(&who, call->params[0]) != LOFT_OK ||
        json_read_any_u256(&key, call->params[1]) != LOFT_OK)
        return true;
    if (!fetch_account(call) || !find_newest(call, &state))
        return false;
    loft_err code = state->slot(state, &value, &who, &key);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

/* Who is paid for it: a trial pays nobody. */
static bool fetch_coinbase(const struct simulation *simulation)
{
    struct state_account unused;
    loft_err code = simulation->state->account(
        simulation->state, &unused, &simulation->block.header.coinbase);
    return code == LOFT_OK || rpc_fail_err(simulation->call, code);
}

static bool try_transaction(struct rpc_call *call,
                            const struct transaction_args *args)
{
    struct rpc_block_ref ref = {.kind = BLOCK_PENDING};
    struct simulation simulation;
    struct execution execution;
    uint64_t gas = call->host->limits.call_gas_max;
    if (args->has_gas && args->tx.gas_limit < gas)
        gas = args->tx.gas_limit;
    bool ok = simulation_begin(&simulation, call, args, &ref) &&
              simulation_run(&simulation, &execution, gas) &&
              fetch_coinbase(&simulation);
    simulation_fini(&simulation);
    return ok;
}

/* As an object, or signed and encoded. */
static bool fetch_transaction(struct rpc_call *call)
{
    struct transaction_args args = {.has_gas = true};
    struct blob_sidecar sidecar;
    bytes input, raw;
    if (json_kind(call->params[0]) == JSON_IS_OBJECT)
        return rpc_param_transaction(call, &args, 0) &&
               try_transaction(call, &args);
    if (json_read_data(call->arena, &input, call->params[0]) != LOFT_OK ||
        transaction_decode_network(call->arena, &args.tx, &raw, &sidecar,
                                   input) != LOFT_OK ||
        !transaction_sender(&args.from, &args.tx, EVM_RULES_COUNT - 1))
        return true;
    return try_transaction(call, &args);
}

/* The call itself, which reads nothing but the state. */
static bool run(struct rpc_call *call)
{
    (void)call;
    return true;
}

static fetcher *fetcher_of(const struct rpc_method *method)
{
    static const struct {
        rpc_function *method;
        fetcher *fetch;
    } fetchers[] = {
        {eth_get_balance, run},
        {eth_get_code, run},
        {eth_get_account, run},
        {eth_get_account_info, run},
        {eth_get_storage_at, run},
        {ots_has_code, run},
        {eth_get_transaction_count, fetch_account},
        {anvil_set_balance, fetch_account},
        {hardhat_set_balance, fetch_account},
        {anvil_add_balance, fetch_account},
        {hardhat_add_balance, fetch_account},
        {anvil_set_code, fetch_account},
        {hardhat_set_code, fetch_account},
        {anvil_set_nonce, fetch_account},
        {hardhat_set_nonce, fetch_account},
        {anvil_set_storage_at, fetch_slot},
        {eth_fill_transaction, fetch_transaction},
        {eth_send_transaction, fetch_transaction},
        {eth_send_transaction_sync, fetch_transaction},
        {eth_send_unsigned_transaction, fetch_transaction},
        {eth_send_raw_transaction, fetch_transaction},
        {eth_send_raw_transaction_sync, fetch_transaction},
        {eth_sign_transaction, fetch_transaction},
    };
    for (size_t i = 0; i < ARRAY_LEN(fetchers); i++)
        if (fetchers[i].method == method->call)
            return fetchers[i].fetch;
    return NULL;
}

bool prefetch_is_due(const struct rpc_call *call,
                     const struct rpc_method *method)
{
    return call->host->is_fork && call->place == RPC_ON_LOOP &&
           fetcher_of(method);
}

struct fetching {
    fetcher *fetch;
};

static bool fetch_there(struct rpc_call *call)
{
    const struct fetching *fetching = call->kept;
    return fetching->fetch(call) && rpc_go(call, RPC_ON_LOOP, NULL, NULL);
}

/* The worker gets the pending block's order along, for which it would have to
 * come back. */
bool prefetch(struct rpc_call *call, const struct rpc_method *method)
{
    const struct pending_order *order;
    fetcher *fetch = fetcher_of(method);
    if (fetch == run)
        return rpc_move(call);
    if (fetch == fetch_transaction)
        (void)pending_order(call, &order);
    struct fetching *fetching = ARENA_NEW(call->arena, struct fetching);
    fetching->fetch = fetch;
    return rpc_go(call, RPC_ON_WORKER, fetch_there, fetching);
}
