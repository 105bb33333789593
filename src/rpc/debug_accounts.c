/* debug_getModifiedAccountsByNumber and …ByHash: the accounts that blocks
 * changed.
 *
 * Source  geth: eth/api_debug.go. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/map.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/replay.h"
#include "rpc/rpc_host.h"

/* Blocks of one call, each of which is executed again. */
#define MODIFIED_BLOCKS_MAX 1000

static void add_account(void *context, const struct overlay_change *change)
{
    map_put(context, change->who.at, NULL);
}

static bool add_block(struct rpc_call *call, struct map *accounts,
                      uint64_t number)
{
    struct rpc_block found;
    struct replay replay;
    struct block block;
    if (rpc_is_stopped(call) || !rpc_find_number(call, &found, number) ||
        !replay_read_block(call, &block, &found))
        return false;
    bool ok = replay_begin(&replay, call, &block) &&
              replay_until(&replay, block.transaction_count) &&
              replay_end(&replay);
    if (ok)
        overlay_changes(replay.overlay, add_account, accounts);
    replay_fini(&replay);
    return ok;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(address));
}

static void put_sorted(struct rpc_call *call, const struct map *accounts)
{
    address *list = ARENA_ARRAY(call->arena, address, accounts->len);
    MAP_FOR_EACH (i, accounts)
        memcpy(list[i].at, map_key_at(accounts, i), sizeof list[i].at);
    if (accounts->len)
        qsort(list, accounts->len, sizeof *list, compare);
    json_begin_array(call->out);
    for (uint32_t i = 0; i < accounts->len; i++)
        json_put_address(call->out, &list[i]);
    json_end_array(call->out);
}

/* Of the blocks after `start` up to `end`; with no end, of `start` alone. */
static bool put_modified(struct rpc_call *call, const struct rpc_block *start,
                         const struct rpc_block *end)
{
    struct map accounts;
    uint64_t from = end ? start->header.number + 1 : start->header.number;
    uint64_t to = end ? end->header.number : start->header.number;
    if (!start->found || (end && !end->found))
        return rpc_fail(call, RPC_SERVER_ERROR, "block not found");
    if (from > to)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "start block height (%" PRIu64 ") must be less than "
                        "end block height (%" PRIu64 ")",
                        start->header.number, to);
    if (to - from >= MODIFIED_BLOCKS_MAX)
        return rpc_fail(call, RPC_LIMIT_EXCEEDED, "more than %d blocks",
                        MODIFIED_BLOCKS_MAX);
    map_init(&accounts, sizeof(address), 1);
    bool ok = true;
    for (uint64_t number = from; ok && number <= to; number++)
        ok = add_block(call, &accounts, number);
    if (ok)
        put_sorted(call, &accounts);
    map_fini(&accounts);
    return ok;
}

bool debug_get_modified_accounts_by_number(struct rpc_call *call)
{
    struct rpc_block_ref ref;
    struct rpc_block start, end;
    if (!rpc_param_block_number(call, &ref, 0) ||
        !rpc_find_block(call, &start, &ref))
        return false;
    if (!call->params[1])
        return put_modified(call, &start, NULL);
    return rpc_param_block_number(call, &ref, 1) &&
           rpc_find_block(call, &end, &ref) && put_modified(call, &start, &end);
}

bool debug_get_modified_accounts_by_hash(struct rpc_call *call)
{
    struct rpc_block_ref ref = {.kind = BLOCK_HASHED};
    struct rpc_block start, end;
    if (!rpc_param_hash(call, &ref.hash, 0) ||
        !rpc_find_block(call, &start, &ref))
        return false;
    if (!call->params[1])
        return put_modified(call, &start, NULL);
    return rpc_param_hash(call, &ref.hash, 1) &&
           rpc_find_block(call, &end, &ref) && put_modified(call, &start, &end);
}
