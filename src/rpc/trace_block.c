/* trace_transaction, trace_get, trace_block and trace_filter: what messages
 * there were.
 *
 * Source  OpenEthereum's JSON-RPC documentation, module trace. */
#include <inttypes.h>

#include "rpc/flat_trace.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/replay.h"
#include "rpc/rpc_host.h"

/* Blocks that trace_filter looks at, and addresses that it looks for. */
#define TRACE_FILTER_BLOCKS_MAX 10000
#define TRACE_FILTER_ADDRESSES_MAX 1000

enum filter_mode { UNION, INTERSECTION };

struct address_list {
    const address *at;
    size_t len;
};

/* What is wanted of the traces that go by. */
struct selection {
    struct call_visitor visitor; /* first */
    struct json_writer *out;
    struct address_list from, to;
    enum filter_mode mode;
    bool has_count;
    uint64_t skip, count; /* matches to pass over, and to show */
    bool has_way;         /* trace_get: the one with this way from the root */
    const uint64_t *way;
    size_t way_len;
    bool is_shown; /* trace_get: it was there */
};

static bool holds(const struct address_list *list, const address *who)
{
    for (size_t i = 0; i < list->len; i++)
        if (address_equal(&list->at[i], who))
            return true;
    return false;
}

/* to: NULL where there is none, as of a creation that failed. */
static bool matches(const struct selection *selection, const address *from,
                    const address *to)
{
    bool any_from = !selection->from.len, any_to = !selection->to.len;
    bool is_from = from && holds(&selection->from, from);
    bool is_to = to && holds(&selection->to, to);
    if (any_from && any_to)
        return true;
    if (selection->mode == INTERSECTION)
        return (any_from || is_from) && (any_to || is_to);
    return is_from || is_to;
}

/* Whether a match is one of those to show. */
static bool take(struct selection *selection)
{
    if (selection->skip) {
        selection->skip--;
        return false;
    }
    if (!selection->has_count)
        return true;
    if (!selection->count)
        return false;
    selection->count--;
    return true;
}

static bool is_full(const struct selection *selection)
{
    return selection->has_count && !selection->count;
}

/* Whether the frame's way from the root is the one that is asked for. */
static bool is_on_way(const struct selection *selection,
                      const struct call_frame *frame)
{
    size_t left = selection->way_len;
    for (; frame->parent; frame = frame->parent)
        if (!left || selection->way[--left] != frame->position)
            return false;
    return left == 0;
}

static bool wants(struct selection *selection, const struct call_frame *frame)
{
    if (selection->has_way)
        return is_on_way(selection, frame);
    return matches(selection, &frame->from, frame->has_to ? &frame->to : NULL);
}

static void visit(struct call_visitor *visitor, const struct traced *traced,
                  const struct call_frame *root)
{
    struct selection *selection = (struct selection *)(void *)visitor;
    const struct flat_place place = flat_place_of(traced);
    for (const struct call_frame *frame = root; frame;
         frame = call_frame_next(frame)) {
        if (!wants(selection, frame) || !take(selection))
            continue;
        flat_trace_put_frame(selection->out, frame, &place,
                             &OPEN_ETHEREUM_TRACES);
        selection->is_shown = true;
    }
}

static struct selection select_all(struct rpc_call *call)
{
    return (struct selection){.visitor.visit = visit, .out = call->out};
}

static bool trace_next(struct replay *replay, struct selection *selection)
{
    return replay_traced(replay,
                         call_visit_new(&replay->work, &OPEN_ETHEREUM_CALLS,
                                        &selection->visitor));
}

/* Finds a transaction, of which none is null. */
static bool find(struct rpc_call *call, struct block *block, size_t *index,
                 bool *found)
{
    struct chain_view *view = NULL;
    hash32 hash;
    uint64_t number;
    uint32_t place;
    if (!rpc_param_hash(call, &hash, 0) || !rpc_view(call, &view))
        return false;
    *found = chain_view_transaction(view, &number, &place, &hash) !=
             LOFT_ERR_NOT_FOUND;
    return !*found || replay_find(call, block, index, &hash);
}

static bool trace_one(struct rpc_call *call, const struct block *block,
                      size_t index, struct selection *selection)
{
    struct replay replay;
    bool ok = replay_begin(&replay, call, block) &&
              replay_until(&replay, index) && trace_next(&replay, selection);
    replay_fini(&replay);
    return ok;
}

bool trace_transaction(struct rpc_call *call)
{
    struct selection all = select_all(call);
    struct block block;
    size_t index = 0;
    bool found = false;
    if (!find(call, &block, &index, &found))
        return false;
    if (!found) {
        json_put_null(call->out);
        return true;
    }
    json_begin_array(call->out);
    if (!trace_one(call, &block, index, &all))
        return false;
    json_end_array(call->out);
    return true;
}

static bool read_way(struct rpc_call *call, struct selection *selection)
{
    const struct json *list = call->params[1];
    size_t len = json_len(list);
    if (json_kind(list) != JSON_IS_ARRAY || len > EVM_DEPTH_MAX + 1)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid argument 1: a trace's address is an array of "
                        "quantities");
    uint64_t *way = ARENA_ARRAY(call->arena, uint64_t, len);
    for (size_t i = 0; i < len; i++)
        if (json_read_quantity_u64(&way[i], json_at(list, i)) != LOFT_OK)
            return rpc_param_wrong(call, 1);
    selection->has_way = true;
    selection->way = way;
    selection->way_len = len;
    return true;
}

bool trace_get(struct rpc_call *call)
{
    struct selection one = select_all(call);
    struct block block;
    size_t index = 0;
    bool found = false;
    if (!read_way(call, &one) || !find(call, &block, &index, &found) ||
        (found && !trace_one(call, &block, index, &one)))
        return false;
    if (!one.is_shown)
        json_put_null(call->out);
    return true;
}

static void put_reward(struct selection *selection, const struct block *block,
                       const address *author, const char *kind, u256 value)
{
    struct json_writer *out = selection->out;
    if (!matches(selection, NULL, author) || !take(selection))
        return;
    json_begin_object(out);
    json_key(out, "action");
    json_begin_object(out);
    json_key(out, "author");
    json_put_address(out, author);
    json_key(out, "rewardType");
    json_put_text(out, kind);
    json_key(out, "value");
    json_put_quantity_u256(out, value);
    json_end_object(out);
    json_key(out, "blockHash");
    json_put_hash(out, &block->hash);
    json_key(out, "blockNumber");
    json_put_u64(out, block->header.number);
    json_key(out, "result");
    json_put_null(out);
    json_key(out, "subtraces");
    json_put_u64(out, 0);
    json_key(out, "traceAddress");
    json_begin_array(out);
    json_end_array(out);
    json_key(out, "transactionHash");
    json_put_null(out);
    json_key(out, "transactionPosition");
    json_put_null(out);
    json_key(out, "type");
    json_put_text(out, "reward");
    json_end_object(out);
}

static void put_rewards(struct rpc_call *call, struct selection *selection,
                        const struct block *block)
{
    struct block_rewards rewards;
    const struct header *header = &block->header;
    block_rewards_find(&rewards, rpc_fork_of(call, header), block->uncle_count);
    if (u256_is_zero(rewards.miner))
        return;
    put_reward(selection, block, &header->coinbase, "block", rewards.miner);
    for (size_t i = 0; i < block->uncle_count; i++)
        put_reward(selection, block, &block->uncles[i].coinbase, "uncle",
                   block_reward_of_uncle(&rewards, header->number,
                                         block->uncles[i].number));
}

static bool trace_all(struct rpc_call *call, const struct block *block,
                      struct selection *selection)
{
    struct replay replay;
    bool ok = !block->transaction_count || replay_begin(&replay, call, block);
    for (size_t i = 0; ok && i < block->transaction_count; i++)
        ok = is_full(selection) || trace_next(&replay, selection);
    if (block->transaction_count)
        replay_fini(&replay);
    if (ok)
        put_rewards(call, selection, block);
    return ok;
}

bool trace_block(struct rpc_call *call)
{
    struct selection all = select_all(call);
    struct rpc_block_ref ref;
    struct rpc_block found;
    struct block block;
    if (!rpc_param_block(call, &ref, 0) || !rpc_find_block(call, &found, &ref))
        return false;
    if (!found.found) {
        json_put_null(call->out);
        return true;
    }
    json_begin_array(call->out);
    if (found.header.number && (!replay_read_block(call, &block, &found) ||
                                !trace_all(call, &block, &all)))
        return false;
    json_end_array(call->out);
    return true;
}

static loft_err read_addresses(struct arena *arena, struct address_list *out,
                               const struct json *filter, const char *key)
{
    const struct json *list = json_get(filter, key);
    size_t len = json_len(list);
    if (json_absent(list))
        return LOFT_OK;
    if (json_kind(list) != JSON_IS_ARRAY)
        return err_say(LOFT_ERR_FORMAT, "%s is %s, not an array", key,
                       json_kind_name(list));
    if (len > TRACE_FILTER_ADDRESSES_MAX)
        return err_say(LOFT_ERR_LIMIT, "%s: more than %d addresses", key,
                       TRACE_FILTER_ADDRESSES_MAX);
    address *at = ARENA_ARRAY(arena, address, len);
    for (size_t i = 0; i < len; i++)
        TRY(json_read_address(&at[i], json_at(list, i)));
    *out = (struct address_list){at, len};
    return LOFT_OK;
}

/* Numbers come as JSON has them, or as quantities. */
static loft_err read_count(uint64_t *out, bool *has, const struct json *filter,
                           const char *key)
{
    *has = !json_absent(json_get(filter, key));
    return *has ? json_get_any_u64(out, filter, key) : LOFT_OK;
}

static loft_err read_mode(enum filter_mode *mode, const struct json *filter)
{
    bytes text;
    if (json_absent(json_get(filter, "mode")))
        return LOFT_OK;
    TRY(json_get_string(&text, filter, "mode"));
    if (bytes_equal(text, bytes_str("intersection")))
        *mode = INTERSECTION;
    else if (!bytes_equal(text, bytes_str("union")))
        return err_say(LOFT_ERR_FORMAT,
                       "mode is neither \"union\" nor \"intersection\"");
    return LOFT_OK;
}

static loft_err read_filter(struct arena *arena, struct selection *out,
                            const struct json *filter)
{
    bool has_skip;
    TRY(read_addresses(arena, &out->from, filter, "fromAddress"));
    TRY(read_addresses(arena, &out->to, filter, "toAddress"));
    TRY(read_mode(&out->mode, filter));
    TRY(read_count(&out->skip, &has_skip, filter, "after"));
    return read_count(&out->count, &out->has_count, filter, "count");
}

/* An end of the range; the newest block where it is left out. */
static bool read_end(struct rpc_call *call, uint64_t *number, const char *key,
                     uint64_t initial)
{
    const struct json *value = json_get(call->params[0], key);
    struct rpc_block_ref ref;
    struct rpc_block found;
    *number = initial;
    if (json_absent(value))
        return true;
    if (rpc_read_block_number(&ref, value) != LOFT_OK)
        return rpc_param_wrong(call, 0);
    if (ref.kind == BLOCK_NUMBERED) {
        *number = ref.number;
        return true;
    }
    if (!rpc_find_block(call, &found, &ref))
        return false;
    *number = found.header.number;
    return true;
}

static bool read_range(struct rpc_call *call, uint64_t *from, uint64_t *to)
{
    struct chain_view *view = NULL;
    if (!rpc_view(call, &view))
        return false;
    uint64_t newest = chain_view_head(view)->number;
    if (!read_end(call, from, "fromBlock", 0) ||
        !read_end(call, to, "toBlock", newest))
        return false;
    if (*to > newest)
        *to = newest;
    const struct chain_base *base = chain_base(call->host->chain);
    if (base && *from <= base->header.number)
        *from = base->header.number + 1; /* what is before is elsewhere */
    if (*from > *to)
        return true;
    return *to - *from < TRACE_FILTER_BLOCKS_MAX ||
           rpc_fail(call, RPC_LIMIT_EXCEEDED,
                    "blocks %" PRIu64 " to %" PRIu64 " are more than the %d "
                    "that one call may look at",
                    *from, *to, TRACE_FILTER_BLOCKS_MAX);
}

static bool filter_block(struct rpc_call *call, struct selection *selection,
                         uint64_t number)
{
    struct rpc_block found;
    struct block block;
    return rpc_find_number(call, &found, number) &&
           (!found.found || (replay_read_block(call, &block, &found) &&
                             trace_all(call, &block, selection)));
}

bool trace_filter(struct rpc_call *call)
{
    struct selection selection = select_all(call);
    uint64_t from, to;
    if (read_filter(call->arena, &selection, call->params[0]) != LOFT_OK)
        return rpc_param_wrong(call, 0);
    if (!read_range(call, &from, &to))
        return false;
    json_begin_array(call->out);
    for (uint64_t number = from ? from : 1;
         number <= to && !is_full(&selection); number++)
        if (rpc_is_stopped(call) || !filter_block(call, &selection, number))
            return false;
    json_end_array(call->out);
    return true;
}
