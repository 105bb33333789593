/* Back and forth: snapshots, and blocks that are taken back. */
#include <inttypes.h>

#include "crypto/secret.h"
#include "rpc/block_ref.h"
#include "rpc/development_call.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"

#define REORG_DEPTH_MAX 1000

/* "0x1" and so on; none is given out twice. */
bool evm_snapshot(struct rpc_call *call)
{
    struct rpc_host *host = call->host;
    struct snapshot snapshot = {0};
    if (!development_begin(call))
        return false;
    snapshot.plan = host->plan;
    snapshot.clock = block_plan_clock(&host->plan, host->ops->now(host));
    loft_err code = chain_mark(host->chain, &snapshot.point);
    if (code == LOFT_OK)
        code = development_snapshot(&host->dev, &snapshot);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    json_put_quantity(call->out, snapshot.id);
    return true;
}

/* The chain, and the clock with what else the plan had: time goes on from the
 * moment at which the snapshot was taken. */
static bool go_back(struct rpc_call *call, const struct snapshot *kept)
{
    struct rpc_host *host = call->host;
    struct snapshot snapshot = *kept;
    development_drop_snapshots(&host->dev, snapshot.id);
    loft_err code = chain_return(host->chain, &snapshot.point);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    host->plan = snapshot.plan;
    block_plan_set_clock(&host->plan, snapshot.clock, host->ops->now(host));
    return development_end(call);
}

/* False where there is no such snapshot; it can be used once. */
bool evm_revert(struct rpc_call *call)
{
    uint64_t id;
    if (!rpc_param_number(call, &id, 0, 0) || !development_begin(call))
        return false;
    const struct snapshot *kept = development_find_snapshot(&call->host->dev,
                                                            id);
    if (kept && !go_back(call, kept))
        return false;
    json_put_bool(call->out, kept != NULL);
    return true;
}

static bool rewind_to(struct rpc_call *call, uint64_t number)
{
    loft_err code = chain_rewind(call->host->chain, number);
    return code == LOFT_OK ? development_end(call) : rpc_fail_err(call, code);
}

/* `depth` blocks back from the head. */
static bool rewind_by(struct rpc_call *call, uint64_t depth, const char *what)
{
    uint64_t height = chain_head(call->host->chain)->number;
    if (depth > height)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "%s depth must not exceed current chain height: "
                        "current height %" PRIu64 ", depth %" PRIu64,
                        what, height, depth);
    return rewind_to(call, height - depth);
}

bool anvil_rollback(struct rpc_call *call)
{
    uint64_t depth;
    return rpc_param_number(call, &depth, 0, 1) && development_begin(call) &&
           rewind_by(call, depth, "Rollback") && put_null(call);
}

/* {"forking": {"jsonRpcUrl", "blockNumber"}}, with Hardhat's name around it or
 * not: what the chain is a fork of is chosen when loftd starts. */
static bool check_forking(struct rpc_call *call)
{
    const struct chain_base *base = chain_base(call->host->chain);
    const struct json *forking = json_get(call->params[0], "forking");
    const struct json *number;
    uint64_t wanted;
    if (json_absent(forking))
        forking = call->params[0];
    number = json_get(forking, "blockNumber");
    if (json_absent(json_get(forking, "jsonRpcUrl")) && json_absent(number))
        return true;
    if (!base)
        return rpc_fail(call, RPC_SERVER_ERROR,
                        "this chain is no fork: loftd --fork-url begins one");
    if (json_absent(number))
        return true;
    if (json_read_any_u64(&wanted, number) != LOFT_OK)
        return rpc_param_wrong(call, 0);
    return wanted == base->header.number ||
           rpc_fail(call, RPC_SERVER_ERROR,
                    "this chain is a fork at block %" PRIu64
                    ": loftd --fork-block begins another",
                    base->header.number);
}

/* The state right after the first block, and everything as at the start. */
static bool reset(struct rpc_call *call)
{
    struct rpc_host *host = call->host;
    if (!check_forking(call) || !development_begin(call))
        return false;
    loft_err code = host->ops->begin_anew(host);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    if (!development_end(call))
        return false;
    development_drop_pool(call);
    development_drop_snapshots(&host->dev, 0);
    map_clear(&host->dev.impersonated);
    random_bytes(host->dev.instance.at, sizeof host->dev.instance.at);
    host->plan = (struct block_plan){
        .gas_limit = host->plan.gas_limit,
        .departure = {.gas_limit = host->plan.departure.gas_limit,
                      .has_same_time = host->plan.departure.has_same_time}};
    return true;
}
DEVELOPMENT_METHOD(reset)

/* [depth, [[transaction, block], …]], or an object with these two names. */
struct reorg {
    uint64_t depth;
    const struct json *pairs;
};

static bool read_reorg(struct rpc_call *call, struct reorg *out)
{
    const struct json *options = call->params[0], *depth = options;
    out->pairs = call->params[1];
    if (json_kind(options) == JSON_IS_OBJECT) {
        depth = json_get(options, "depth");
        out->pairs = json_get(options, "tx_block_pairs");
        if (json_absent(out->pairs))
            out->pairs = json_get(options, "txBlockPairs");
    }
    if (json_read_any_u64(&out->depth, depth) != LOFT_OK)
        return rpc_param_wrong(call, 0);
    if (out->depth == 0 || out->depth > REORG_DEPTH_MAX)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "a depth of 1 to %d blocks is served", REORG_DEPTH_MAX);
    return true;
}

/* The block of a pair, counted from the first new one. */
static bool read_pair_block(struct rpc_call *call, const struct reorg *reorg,
                            uint64_t *block, const struct json *pair)
{
    if (json_read_any_u64(block, json_at(pair, 1)) != LOFT_OK)
        return rpc_param_wrong(call, 1);
    return *block < reorg->depth ||
           rpc_fail(call, RPC_INVALID_PARAMS,
                    "Block number for reorg tx will exceed the reorged chain "
                    "height. Block number %" PRIu64
                    " must not exceed (depth-1) %" PRIu64,
                    *block, reorg->depth - 1);
}

static bool check_pairs(struct rpc_call *call, const struct reorg *reorg)
{
    uint64_t block;
    for (size_t i = 0; i < json_len(reorg->pairs); i++)
        if (!read_pair_block(call, reorg, &block, json_at(reorg->pairs, i)))
            return false;
    return true;
}

/* Into the pool, as eth_sendTransaction and eth_sendRawTransaction would. */
static bool submit(struct rpc_call *call, const struct json *transaction)
{
    struct buffer unused = {0};
    struct json_writer out = {&unused, false};
    struct rpc_call inner = *call;
    inner.params[0] = transaction;
    inner.out = &out;
    inner.place = RPC_ANYWHERE;
    bool ok = json_kind(transaction) == JSON_IS_STRING
                  ? eth_send_raw_transaction(&inner)
                  : eth_send_transaction(&inner);
    call->error = inner.error;
    buffer_free(&unused);
    return ok;
}

static bool submit_pairs(struct rpc_call *call, const struct reorg *reorg,
                         uint64_t number)
{
    uint64_t block;
    for (size_t i = 0; i < json_len(reorg->pairs); i++) {
        const struct json *pair = json_at(reorg->pairs, i);
        if (!read_pair_block(call, reorg, &block, pair) ||
            (block == number && !submit(call, json_at(pair, 0))))
            return false;
    }
    return true;
}

/* As many new blocks take the place of the old ones. What is in the pool may
 * be in them as well as what is given. */
static bool mine_anew(struct rpc_call *call, const struct reorg *reorg)
{
    struct rpc_host *host = call->host;
    for (uint64_t i = 0; i < reorg->depth; i++) {
        if (!submit_pairs(call, reorg, i))
            return false;
        rpc_view_drop(call);
        loft_err code = host->ops->mine(host,
                                        &(struct block_series){.left = 1});
        if (code != LOFT_OK)
            return rpc_fail_err(call, code);
    }
    return true;
}

bool anvil_reorg(struct rpc_call *call)
{
    struct reorg reorg;
    return read_reorg(call, &reorg) && check_pairs(call, &reorg) &&
           development_begin(call) && rewind_by(call, reorg.depth, "Reorg") &&
           mine_anew(call, &reorg) && put_null(call);
}
