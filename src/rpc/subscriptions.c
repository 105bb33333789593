#include "rpc/subscriptions.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "crypto/secret.h"
#include "rpc/head_changes.h"
#include "rpc/log_query.h"
#include "rpc/rpc_host.h"
#include "rpc/rpc_peer.h"
#include "rpc/shapes.h"

struct subscription {
    u256 id;
    struct rpc_peer *peer; /* NULL: gone, and this one soon */
    enum subscription_kind kind;
    struct log_filter *logs;
};

struct subscriptions {
    struct rpc_host *host;
    size_t peer_count_max;
    VEC(struct subscription) list;
    struct head_mark seen; /* of heads and logs; good while there are any */
    struct arena arena;    /* of one round of telling */
    struct buffer result;  /* what is told to several */
    bool is_telling;       /* the list keeps its order meanwhile */
};

struct subscriptions *subscriptions_new(struct rpc_host *host,
                                        size_t peer_count_max)
{
    struct subscriptions *all = MEMORY_NEW(struct subscriptions);
    all->host = host;
    all->peer_count_max = peer_count_max;
    arena_init(&all->arena);
    return all;
}

void subscriptions_free(struct subscriptions *all)
{
    if (!all)
        return;
    VEC_FOR_EACH (one, &all->list)
        free(one->logs);
    VEC_FREE(&all->list);
    arena_fini(&all->arena);
    buffer_free(&all->result);
    free(all);
}

size_t subscriptions_count(const struct subscriptions *all)
{
    return all->list.len;
}

static size_t count_of(const struct subscriptions *all,
                       const struct rpc_peer *peer)
{
    size_t count = 0;
    VEC_FOR_EACH (one, &all->list)
        count += one->peer == peer;
    return count;
}

bool subscriptions_add(struct subscriptions *all, struct rpc_call *call,
                       enum subscription_kind kind,
                       const struct log_filter *logs)
{
    struct subscription one = {.peer = call->peer, .kind = kind};
    if (!call->peer)
        return rpc_fail(call, RPC_METHOD_NOT_FOUND,
                        "notifications not supported");
    if (count_of(all, call->peer) >= all->peer_count_max) {
        log_warn("limit", "subscriptions_max=%zu", all->peer_count_max);
        return rpc_fail(call, RPC_LIMIT_EXCEEDED,
                        "too many subscriptions on this connection (at most "
                        "%zu, --subscriptions-max)",
                        all->peer_count_max);
    }
    if (all->list.len == 0 && !head_mark_now(call, &all->seen))
        return false;
    random_bytes(one.id.limb, 16); /* nobody can guess another's */
    one.logs = logs ? log_filter_clone(logs) : NULL;
    VEC_PUSH(&all->list, one);
    json_put_quantity_u256(call->out, one.id);
    return true;
}

static void remove_at(struct subscriptions *all, size_t at)
{
    free(all->list.at[at].logs);
    size_t after = --all->list.len - at;
    if (after)
        memmove(&all->list.at[at], &all->list.at[at + 1],
                after * sizeof *all->list.at);
}

bool subscriptions_remove(struct subscriptions *all,
                          const struct rpc_peer *peer, const u256 *id)
{
    for (size_t i = 0; i < all->list.len; i++) {
        if (all->list.at[i].peer != peer ||
            !u256_equal(all->list.at[i].id, *id))
            continue;
        remove_at(all, i);
        return true;
    }
    return false;
}

static void remove_all_of(struct subscriptions *all,
                          const struct rpc_peer *peer)
{
    for (size_t i = all->list.len; i-- > 0;)
        if (all->list.at[i].peer == peer)
            remove_at(all, i);
}

/* A peer may go while it is told something. */
void subscriptions_drop(struct subscriptions *all, const struct rpc_peer *peer)
{
    if (!all->is_telling) {
        remove_all_of(all, peer);
        return;
    }
    VEC_FOR_EACH (one, &all->list)
        if (one->peer == peer)
            one->peer = NULL;
}

/* One notification: the result goes between. A peer that cannot take it is
 * being closed, and hears no more. */
static void push(struct subscription *one, bytes result)
{
    struct buffer text = {0};
    struct json_writer out = {&text, false};
    if (!one->peer)
        return;
    json_begin_object(&out);
    json_key(&out, "jsonrpc");
    json_put_text(&out, "2.0");
    json_key(&out, "method");
    json_put_text(&out, "eth_subscription");
    json_key(&out, "params");
    json_begin_object(&out);
    json_key(&out, "subscription");
    json_put_quantity_u256(&out, one->id);
    json_key(&out, "result");
    json_put_raw(&out, result);
    json_end_object(&out);
    json_end_object(&out);
    if (!one->peer->push(one->peer, &text))
        one->peer = NULL;
}

/* Those whose peer has not taken what it was told go. */
static void end_telling(struct subscriptions *all)
{
    all->is_telling = false;
    remove_all_of(all, NULL);
}

static bool wants(const struct subscriptions *all, enum subscription_kind kind)
{
    VEC_FOR_EACH (one, &all->list)
        if (one->kind == kind)
            return true;
    return false;
}

static void tell(struct subscriptions *all, enum subscription_kind kind)
{
    VEC_FOR_EACH (one, &all->list)
        if (one->kind == kind)
            push(one, buffer_bytes(&all->result));
}

/* One round: a view of the chain, as a call has it. */
struct round {
    struct subscriptions *all;
    struct rpc_call call;
    struct chain_view *view;
    struct json_writer out;
    struct subscription *one; /* who asks for logs */
};

static void begin(struct round *round, struct subscriptions *all)
{
    all->is_telling = true;
    *round = (struct round){.all = all, .out = {&all->result, false}};
    round->call = (struct rpc_call){.host = all->host,
                                    .arena = &all->arena,
                                    .out = &round->out,
                                    .view = &round->view};
}

static void end(struct round *round)
{
    struct rpc_host *host = round->all->host;
    if (round->view)
        host->ops->close_view(host, round->view);
    arena_reset(&round->all->arena);
    end_telling(round->all);
}

static void tell_header(struct round *round, const struct rpc_block *block)
{
    struct subscriptions *all = round->all;
    if (!wants(all, SUBSCRIPTION_HEADS))
        return;
    all->result.len = 0;
    round->out.follows = false;
    json_begin_object(&round->out);
    shape_header(&round->out, &block->header, &block->hash);
    json_end_object(&round->out);
    tell(all, SUBSCRIPTION_HEADS);
}

static void tell_log(void *context, const struct shaped_log *log)
{
    struct round *round = context;
    round->all->result.len = 0;
    round->out.follows = false;
    shape_log(&round->out, log);
    push(round->one, buffer_bytes(&round->all->result));
}

static bool tell_logs(struct round *round, const struct rpc_block *block,
                      bool removed)
{
    VEC_FOR_EACH (one, &round->all->list) {
        struct log_query query = {
            .call = &round->call,
            .filter = one->logs,
            .max = SIZE_MAX,
            .removed = removed,
            .put = tell_log,
            .context = round,
        };
        round->one = one;
        if (one->kind == SUBSCRIPTION_LOGS && !log_query_block(&query, block))
            return false;
    }
    return true;
}

static bool tell_block(void *context, const struct rpc_block *block,
                       bool removed)
{
    struct round *round = context;
    if (!removed)
        tell_header(round, block);
    return tell_logs(round, block, removed);
}

/* Goes on close to the newest block where too many have come. */
static bool skip(struct round *round)
{
    struct head_mark *seen = &round->all->seen, head;
    struct rpc_block block;
    if (!head_mark_now(&round->call, &head))
        return false;
    if (head.number < seen->number ||
        head.number - seen->number <= SUBSCRIPTION_BLOCKS_MAX)
        return true;
    log_warn("limit", "subscription_blocks_max=%d blocks=%llu",
             SUBSCRIPTION_BLOCKS_MAX,
             (unsigned long long)(head.number - seen->number));
    if (!rpc_find_number(&round->call, &block,
                         head.number - SUBSCRIPTION_BLOCKS_MAX))
        return false;
    *seen = (struct head_mark){block.header.number, block.hash};
    return true;
}

void subscriptions_tell_head(struct subscriptions *all)
{
    struct round round;
    size_t left = 2 * SUBSCRIPTION_BLOCKS_MAX;
    const struct chain_head *head = chain_head(all->host->chain);
    if (all->list.len == 0 || hash32_equal(&head->hash, &all->seen.hash))
        return;
    begin(&round, all);
    if (!skip(&round) ||
        !head_changes(&round.call, &all->seen, &left, tell_block, &round))
        log_error("subscriptions", "why=%s", round.call.error.text);
    end(&round);
}

void subscriptions_tell_transaction(struct subscriptions *all,
                                    const struct pool_entry *entry)
{
    struct json_writer out = {&all->result, false};
    all->is_telling = true;
    if (wants(all, SUBSCRIPTION_HASHES)) {
        all->result.len = 0;
        json_put_hash(&out, &entry->hash);
        tell(all, SUBSCRIPTION_HASHES);
    }
    if (wants(all, SUBSCRIPTION_TRANSACTIONS)) {
        all->result.len = 0;
        out.follows = false;
        shape_transaction(&out, &entry->tx, &entry->hash, &entry->sender, NULL);
        tell(all, SUBSCRIPTION_TRANSACTIONS);
    }
    end_telling(all);
}
