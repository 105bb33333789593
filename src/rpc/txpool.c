/* txpool_: the transactions that wait, and eth_pendingTransactions. */
#include <inttypes.h>
#include <stdio.h>

#include "codec/address_text.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"
#include "rpc/shapes.h"

bool txpool_status(struct rpc_call *call)
{
    const struct pool *pool = call->host->pool;
    json_begin_object(call->out);
    json_key(call->out, "pending");
    json_put_quantity(call->out, pool_pending_count(pool));
    json_key(call->out, "queued");
    json_put_quantity(call->out, pool_queued_count(pool));
    json_end_object(call->out);
    return true;
}

/* So many are shown in a turn of the loop. */
#define LISTED_ON_LOOP_MAX 256

/* An entry of the pool, outside of it. */
struct listed {
    bytes raw;
    hash32 hash;
    address sender;
    bool pending;
};

/* In the pool's order: those of a sender together, by nonce. */
struct list {
    struct rpc_call *call;
    struct listed *at;
    size_t count;
};

static void list_entry(void *context, const struct pool_entry *entry,
                       bool pending)
{
    struct list *list = context;
    list->at[list->count++] = (struct listed){
        .raw = arena_copy(list->call->arena, entry->raw),
        .hash = entry->hash,
        .sender = entry->sender,
        .pending = pending,
    };
}

static struct list *new_list(struct rpc_call *call)
{
    const struct pool *pool = call->host->pool;
    struct list *list = ARENA_NEW(call->arena, struct list);
    *list = (struct list){
        .call = call,
        .at = ARENA_ARRAY(call->arena, struct listed,
                          pool_pending_count(pool) + pool_queued_count(pool)),
    };
    return list;
}

/* `show` finds it in call->kept. */
static bool show_list(struct rpc_call *call, struct list *list,
                      rpc_function *show)
{
    call->kept = list;
    return list->count > LISTED_ON_LOOP_MAX
               ? rpc_go(call, RPC_ON_WORKER, show, list)
               : show(call);
}

static bool list_all(struct rpc_call *call, rpc_function *show)
{
    struct list *list = new_list(call);
    pool_each(call->host->pool, list_entry, list);
    return show_list(call, list, show);
}

typedef void put_entry(struct rpc_call *call, const struct listed *entry,
                       const struct transaction *tx);

static void put_whole(struct rpc_call *call, const struct listed *entry,
                      const struct transaction *tx)
{
    shape_transaction(call->out, tx, &entry->hash, &entry->sender, NULL);
}

/* "0x…: 1 wei + 21000 gas × 7 wei" */
static void put_summary(struct rpc_call *call, const struct listed *entry,
                        const struct transaction *tx)
{
    char to[ADDRESS_TEXT_LEN + 1], value[U256_DECIMAL_MAX],
        price[U256_DECIMAL_MAX], text[2 * U256_DECIMAL_MAX + 100];
    (void)entry;
    address_text(to, &tx->to);
    u256_decimal(value, tx->value);
    u256_decimal(price, tx->max_fee);
    snprintf(text, sizeof text, "%s: %s wei + %" PRIu64 " gas × %s wei",
             tx->is_creation ? "contract creation" : to, value, tx->gas_limit,
             price);
    json_put_text(call->out, text);
}

static bool read_entry(struct rpc_call *call, struct transaction *tx,
                       const struct listed *entry)
{
    if (rpc_is_stopped(call))
        return false;
    loft_err code = transaction_decode(call->arena, tx, entry->raw);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

/* As the member that its nonce names. */
static bool put_by_nonce(struct rpc_call *call, const struct listed *entry,
                         put_entry *put)
{
    struct transaction tx;
    char text[24];
    if (!read_entry(call, &tx, entry))
        return false;
    snprintf(text, sizeof text, "%" PRIu64, tx.nonce);
    json_key(call->out, text);
    put(call, entry, &tx);
    return true;
}

static void open_sender(struct json_writer *out, const address *sender)
{
    char who[ADDRESS_TEXT_LEN + 1];
    address_text(who, sender);
    json_key(out, who);
    json_begin_object(out);
}

/* The entries of one kind, a sender's in an object of their own. */
static bool put_kind(struct rpc_call *call, const char *name, bool pending,
                     put_entry *put)
{
    const struct list *list = call->kept;
    const struct listed *last = NULL;
    json_key(call->out, name);
    json_begin_object(call->out);
    for (size_t i = 0; i < list->count; i++) {
        const struct listed *entry = &list->at[i];
        if (entry->pending != pending)
            continue;
        bool is_next = !last || !address_equal(&last->sender, &entry->sender);
        if (last && is_next)
            json_end_object(call->out);
        if (is_next)
            open_sender(call->out, &entry->sender);
        if (!put_by_nonce(call, entry, put))
            return false;
        last = entry;
    }
    if (last)
        json_end_object(call->out);
    json_end_object(call->out);
    return true;
}

static bool put_all(struct rpc_call *call, put_entry *put)
{
    json_begin_object(call->out);
    bool ok = put_kind(call, "pending", true, put) &&
              put_kind(call, "queued", false, put);
    json_end_object(call->out);
    return ok;
}

static bool show_content(struct rpc_call *call)
{
    return put_all(call, put_whole);
}

static bool show_summaries(struct rpc_call *call)
{
    return put_all(call, put_summary);
}

bool txpool_content(struct rpc_call *call)
{
    return list_all(call, show_content);
}

bool txpool_inspect(struct rpc_call *call)
{
    return list_all(call, show_summaries);
}

static bool put_kind_of_one(struct rpc_call *call, const char *name,
                            bool pending)
{
    const struct list *list = call->kept;
    json_key(call->out, name);
    json_begin_object(call->out);
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i].pending == pending &&
            !put_by_nonce(call, &list->at[i], put_whole))
            return false;
    json_end_object(call->out);
    return true;
}

static bool show_content_of_one(struct rpc_call *call)
{
    json_begin_object(call->out);
    bool ok = put_kind_of_one(call, "pending", true) &&
              put_kind_of_one(call, "queued", false);
    json_end_object(call->out);
    return ok;
}

bool txpool_content_from(struct rpc_call *call)
{
    address who;
    if (!rpc_param_address(call, &who, 0))
        return false;
    struct list *list = new_list(call);
    pool_each_of(call->host->pool, &who, list_entry, list);
    return show_list(call, list, show_content_of_one);
}

static bool is_own(struct rpc_call *call, const address *who)
{
    size_t count;
    const address *own = call->host->ops->accounts(call->host, &count);
    for (size_t i = 0; i < count; i++)
        if (address_equal(&own[i], who))
            return true;
    return development_impersonates(&call->host->dev, who);
}

static void list_own(void *context, const struct pool_entry *entry,
                     bool pending)
{
    const struct list *list = context;
    if (pending && is_own(list->call, &entry->sender))
        list_entry(context, entry, pending);
}

static bool show_own(struct rpc_call *call)
{
    const struct list *list = call->kept;
    struct transaction tx;
    json_begin_array(call->out);
    for (size_t i = 0; i < list->count; i++) {
        if (!read_entry(call, &tx, &list->at[i]))
            return false;
        put_whole(call, &list->at[i], &tx);
    }
    json_end_array(call->out);
    return true;
}

/* Of the node's own accounts. */
bool eth_pending_transactions(struct rpc_call *call)
{
    struct list *list = new_list(call);
    pool_each(call->host->pool, list_own, list);
    return show_list(call, list, show_own);
}
