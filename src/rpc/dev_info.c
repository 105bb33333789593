/* What a development node says of itself. */
#include "base/hex.h"
#include "base/vec.h"
#include "chain/fees.h"
#include "rpc/development_call.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"

static enum chain_fork next_fork(const struct rpc_call *call)
{
    const struct header *head = &chain_head(call->host->chain)->header;
    return chain_fork_at(chain_config(call->host->chain), head->number + 1,
                         head->timestamp + 1, u256_is_zero(head->difficulty));
}

static void put_environment(const struct rpc_call *call)
{
    struct json_writer *out = call->out;
    const struct rpc_host *host = call->host;
    const struct chain_config *config = chain_config(host->chain);
    const struct header *head = &chain_head(host->chain)->header;
    json_begin_object(out);
    json_key(out, "baseFee");
    json_put_quantity_u256(out, head->base_fee);
    json_key(out, "chainId");
    json_put_u64(out, config->chain_id);
    json_key(out, "gasLimit");
    json_put_quantity(out, host->plan.gas_limit);
    json_key(out, "gasPrice");
    json_put_quantity_u256(
        out, u256_add(chain_next_base_fee(config, next_fork(call), head),
                      host->priority_fee));
    json_end_object(out);
}

/* Whom the node asks is not told: an address may hold a key. */
static void put_fork_config(struct json_writer *out,
                            const struct chain_base *base)
{
    json_begin_object(out);
    json_key(out, "forkUrl");
    json_put_null(out);
    json_key(out, "forkBlockNumber");
    if (base)
        json_put_u64(out, base->header.number);
    else
        json_put_null(out);
    json_key(out, "forkRetryBackoff");
    json_put_null(out);
    json_end_object(out);
}

bool anvil_node_info(struct rpc_call *call)
{
    struct json_writer *out = call->out;
    const struct chain_head *head = chain_head(call->host->chain);
    json_begin_object(out);
    json_key(out, "currentBlockNumber");
    json_put_quantity(out, head->number);
    json_key(out, "currentBlockTimestamp");
    json_put_u64(out, head->header.timestamp);
    json_key(out, "currentBlockHash");
    json_put_hash(out, &head->hash);
    json_key(out, "hardFork");
    json_put_text(out, fork_name(next_fork(call)));
    json_key(out, "transactionOrder");
    json_put_text(out, pool_order(call->host->pool) == POOL_BY_FEES ? "fees"
                                                                    : "fifo");
    json_key(out, "environment");
    put_environment(call);
    json_key(out, "forkConfig");
    put_fork_config(out, chain_base(call->host->chain));
    json_end_object(out);
    return true;
}

static void put_snapshots(struct json_writer *out,
                          const struct development *dev)
{
    json_begin_object(out);
    VEC_FOR_EACH (snapshot, &dev->snapshots) {
        char id[HEX_QUANTITY_MAX + 1] = {0};
        hex_quantity(id, u256_from(snapshot->id));
        json_key(out, id);
        json_begin_array(out);
        json_put_u64(out, snapshot->point.number);
        json_put_hash(out, &snapshot->point.hash);
        json_end_array(out);
    }
    json_end_object(out);
}

static void put_forked_network(struct json_writer *out,
                               const struct chain *chain)
{
    const struct chain_base *base = chain_base(chain);
    if (!base) {
        json_put_null(out);
        return;
    }
    hash32 hash = header_hash(&base->header);
    json_begin_object(out);
    json_key(out, "chainId");
    json_put_u64(out, chain_config(chain)->chain_id);
    json_key(out, "forkBlockNumber");
    json_put_u64(out, base->header.number);
    json_key(out, "forkBlockHash");
    json_put_hash(out, &hash);
    json_end_object(out);
}

bool anvil_metadata(struct rpc_call *call)
{
    struct json_writer *out = call->out;
    const struct rpc_host *host = call->host;
    const struct chain_head *head = chain_head(host->chain);
    json_begin_object(out);
    json_key(out, "clientVersion");
    json_put_text(out, "anvil/v" ANVIL_VERSION "/loft/v" LOFT_VERSION);
    json_key(out, "clientSemver");
    json_put_text(out, LOFT_VERSION);
    json_key(out, "clientCommitSha");
    json_put_null(out);
    json_key(out, "chainId");
    json_put_u64(out, chain_config(host->chain)->chain_id);
    json_key(out, "instanceId");
    json_put_hash(out, &host->dev.instance);
    json_key(out, "latestBlockNumber");
    json_put_u64(out, head->number);
    json_key(out, "latestBlockHash");
    json_put_hash(out, &head->hash);
    json_key(out, "forkedNetwork");
    put_forked_network(out, host->chain);
    json_key(out, "snapshots");
    put_snapshots(out, &host->dev);
    json_end_object(out);
    return true;
}

static bool set_logging_enabled(struct rpc_call *call)
{
    bool on;
    if (!rpc_param_bool(call, &on, 0, true))
        return false;
    call->host->dev.are_calls_logged = on;
    return true;
}
DEVELOPMENT_METHOD(set_logging_enabled)

/* The errors of a contract's ABI have names from now on; how many those are. */
bool loft_add_abi(struct rpc_call *call)
{
    json_put_u64(call->out, error_names_add(&call->host->dev.errors,
                                            call->arena, call->params[0]));
    return true;
}

/* A compiler's standard output: the errors of all its contracts. */
bool hardhat_add_compilation_result(struct rpc_call *call)
{
    const struct json *files = json_get(call->params[2], "contracts");
    JSON_FOR_EACH (file, files)
        JSON_FOR_EACH (contract, file.value)
            error_names_add(&call->host->dev.errors, call->arena,
                            json_get(contract.value, "abi"));
    return put_true(call);
}

bool anvil_set_rpc_url(struct rpc_call *call)
{
    return rpc_fail(call, RPC_SERVER_ERROR,
                    "whom a fork asks is chosen when loftd starts: --fork-url");
}
