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

typedef void put_entry(struct rpc_call *call, const struct pool_entry *entry);

static void put_whole(struct rpc_call *call, const struct pool_entry *entry)
{
    shape_transaction(call->out, &entry->tx, &entry->hash, &entry->sender,
                      NULL);
}

/* "0x…: 1 wei + 21000 gas × 7 wei" */
static void put_summary(struct rpc_call *call, const struct pool_entry *entry)
{
    const struct transaction *tx = &entry->tx;
    char to[ADDRESS_TEXT_LEN + 1], value[U256_DECIMAL_MAX],
        price[U256_DECIMAL_MAX], text[2 * U256_DECIMAL_MAX + 100];
    address_text(to, &tx->to);
    u256_decimal(value, tx->value);
    u256_decimal(price, tx->max_fee);
    snprintf(text, sizeof text, "%s: %s wei + %" PRIu64 " gas × %s wei",
             tx->is_creation ? "contract creation" : to, value, tx->gas_limit,
             price);
    json_put_text(call->out, text);
}

/* Entries of one kind as a list in which those of a sender are together. */
struct listing {
    struct rpc_call *call;
    put_entry *put;
    bool pending;          /* which kind is wanted */
    const address *sender; /* whose object is open; NULL: none is */
};

static void key_nonce(struct json_writer *out, uint64_t nonce)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, nonce);
    json_key(out, text);
}

static void list_entry(void *context, const struct pool_entry *entry,
                       bool pending)
{
    struct listing *listing = context;
    struct json_writer *out = listing->call->out;
    if (pending != listing->pending)
        return;
    if (!listing->sender || !address_equal(listing->sender, &entry->sender)) {
        char who[ADDRESS_TEXT_LEN + 1];
        address_text(who, &entry->sender);
        if (listing->sender)
            json_end_object(out);
        json_key(out, who);
        json_begin_object(out);
        listing->sender = &entry->sender;
    }
    key_nonce(out, entry->tx.nonce);
    listing->put(listing->call, entry);
}

static void put_all_of(struct rpc_call *call, const char *name, bool pending,
                       put_entry *put)
{
    struct listing listing = {.call = call, .put = put, .pending = pending};
    json_key(call->out, name);
    json_begin_object(call->out);
    pool_each(call->host->pool, list_entry, &listing);
    if (listing.sender)
        json_end_object(call->out);
    json_end_object(call->out);
}

static bool put_all(struct rpc_call *call, put_entry *put)
{
    json_begin_object(call->out);
    put_all_of(call, "pending", true, put);
    put_all_of(call, "queued", false, put);
    json_end_object(call->out);
    return true;
}

bool txpool_content(struct rpc_call *call)
{
    return put_all(call, put_whole);
}

bool txpool_inspect(struct rpc_call *call)
{
    return put_all(call, put_summary);
}

static void list_own(void *context, const struct pool_entry *entry,
                     bool pending)
{
    struct listing *listing = context;
    if (pending != listing->pending)
        return;
    key_nonce(listing->call->out, entry->tx.nonce);
    put_whole(listing->call, entry);
}

bool txpool_content_from(struct rpc_call *call)
{
    address who;
    if (!rpc_param_address(call, &who, 0))
        return false;
    json_begin_object(call->out);
    for (int pending = 1; pending >= 0; pending--) {
        struct listing listing = {.call = call, .pending = pending};
        json_key(call->out, pending ? "pending" : "queued");
        json_begin_object(call->out);
        pool_each_of(call->host->pool, &who, list_own, &listing);
        json_end_object(call->out);
    }
    json_end_object(call->out);
    return true;
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

static void put_pending(void *context, const struct pool_entry *entry,
                        bool pending)
{
    struct rpc_call *call = context;
    if (pending && is_own(call, &entry->sender))
        put_whole(call, entry);
}

/* Of the node's own accounts. */
bool eth_pending_transactions(struct rpc_call *call)
{
    json_begin_array(call->out);
    pool_each(call->host->pool, put_pending, call);
    json_end_array(call->out);
    return true;
}
