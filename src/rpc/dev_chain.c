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
    snapshot.waiting = development_list_pool(call);
    loft_err code = chain_mark(host->chain, &snapshot.point);
    if (code == LOFT_OK)
        code = development_snapshot(&host->dev, &snapshot);
    if (code != LOFT_OK) {
        waiting_list_free(snapshot.waiting);
        return rpc_fail_err(call, code);
    }
    json_put_quantity(call->out, snapshot.id);
    return true;
}

/* On the way back to a point, some blocks each turn. */
struct way_back {
    struct chain_point to;
    rpc_function *end; /* when the point is reached */
    void *kept;        /* for the end */
};

static bool go_back_on(struct rpc_call *call)
{
    struct way_back *way = call->kept;
    bool done;
    loft_err code = chain_return_some(call->host->chain, &way->to, &done);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    call->host->ops->changed(call->host);
    if (!done)
        return rpc_go(call, RPC_NEXT_TURN, go_back_on, way);
    call->kept = way->kept;
    return way->end(call);
}

static bool go_back(struct rpc_call *call, const struct chain_point *to,
                    rpc_function *end, void *kept)
{
    struct way_back *way = ARENA_NEW(call->arena, struct way_back);
    *way = (struct way_back){*to, end, kept};
    call->kept = way;
    return go_back_on(call);
}

/* The clock goes on from the moment at which the snapshot was taken, with what
 * else the plan had; what waited then waits again, and nothing else. */
static bool end_revert(struct rpc_call *call)
{
    struct rpc_host *host = call->host;
    const struct snapshot *snapshot = call->kept;
    struct waiting_list *waiting = development_take_waiting(&host->dev,
                                                            snapshot->id);
    development_drop_snapshots(&host->dev, snapshot->id);
    host->plan = snapshot->plan;
    block_plan_set_clock(&host->plan, snapshot->clock, host->ops->now(host));
    json_put_bool(call->out, true);
    development_drop_pool(call);
    bool ok = development_end(call) && development_fill_pool(call, waiting);
    waiting_list_free(waiting);
    return ok;
}

/* False where there is no such snapshot; it can be used once. */
bool evm_revert(struct rpc_call *call)
{
    struct development *dev = &call->host->dev;
    uint64_t id;
    if (!rpc_param_number(call, &id, 0, 0) || !development_begin(call))
        return false;
    const struct snapshot *found = development_find_snapshot(dev, id);
    if (!found) {
        json_put_bool(call->out, false);
        return true;
    }
    struct snapshot *snapshot = ARENA_NEW(call->arena, struct snapshot);
    *snapshot = *found;
    development_drop_snapshots(dev, id + 1);
    return go_back(call, &snapshot->point, end_revert, snapshot);
}

static bool go_back_to(struct rpc_call *call, uint64_t number,
                       rpc_function *end, void *kept)
{
    struct chain_point point;
    loft_err code = chain_point_at(call->host->chain, &point, number);
    return code == LOFT_OK ? go_back(call, &point, end, kept)
                           : rpc_fail_err(call, code);
}

/* `depth` blocks back from the head. */
static bool go_back_by(struct rpc_call *call, uint64_t depth, const char *what,
                       rpc_function *end, void *kept)
{
    uint64_t height = chain_head(call->host->chain)->number;
    if (depth > height)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "%s depth must not exceed current chain height: "
                        "current height %" PRIu64 ", depth %" PRIu64,
                        what, height, depth);
    return go_back_to(call, height - depth, end, kept);
}

static bool end_rollback(struct rpc_call *call)
{
    return development_end(call) && put_null(call);
}

bool anvil_rollback(struct rpc_call *call)
{
    uint64_t depth;
    return rpc_param_number(call, &depth, 0, 1) && development_begin(call) &&
           go_back_by(call, depth, "Rollback", end_rollback, NULL);
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
static bool begin_anew(struct rpc_call *call)
{
    struct rpc_host *host = call->host;
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
static bool end_anvil_reset(struct rpc_call *call)
{
    return begin_anew(call) && put_null(call);
}

static bool end_hardhat_reset(struct rpc_call *call)
{
    return begin_anew(call) && put_true(call);
}

static bool reset(struct rpc_call *call, rpc_function *end)
{
    const struct chain_base *base = chain_base(call->host->chain);
    return check_forking(call) && development_begin(call) &&
           go_back_to(call, base ? base->header.number : 0, end, NULL);
}

bool anvil_reset(struct rpc_call *call)
{
    return reset(call, end_anvil_reset);
}

bool hardhat_reset(struct rpc_call *call)
{
    return reset(call, end_hardhat_reset);
}

/* [depth, [[transaction, block], …]], or an object with these two names. */
struct reorg {
    uint64_t depth;
    const struct json *pairs;
    struct block_series series; /* the new blocks */
};

static bool read_reorg(struct rpc_call *call, struct reorg *out)
{
    const struct json *options = call->params[0], *depth = options;
    *out = (struct reorg){0};
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
    inner.kept = NULL;
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

/* As many new blocks take the place of the old ones, one each turn. What is in
 * the pool may be in them as well as what is given. */
static bool mine_anew(struct rpc_call *call)
{
    struct rpc_host *host = call->host;
    struct reorg *reorg = call->kept;
    uint64_t at = reorg->depth - reorg->series.left;
    rpc_view_drop(call);
    if (!submit_pairs(call, reorg, at)) {
        reorg->series.left = 0;
        (void)host->ops->mine(host, &reorg->series);
        return false;
    }
    loft_err code = host->ops->mine(host, &reorg->series);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    return reorg->series.left ? rpc_go(call, RPC_NEXT_TURN, mine_anew, reorg)
                              : put_null(call);
}

static bool begin_mining_anew(struct rpc_call *call)
{
    struct reorg *reorg = call->kept;
    reorg->series = (struct block_series){.left = reorg->depth,
                                          .one_by_one = true};
    return development_end(call) && mine_anew(call);
}

bool anvil_reorg(struct rpc_call *call)
{
    struct reorg *reorg = ARENA_NEW(call->arena, struct reorg);
    return read_reorg(call, reorg) && check_pairs(call, reorg) &&
           development_begin(call) &&
           go_back_by(call, reorg->depth, "Reorg", begin_mining_anew, reorg);
}
