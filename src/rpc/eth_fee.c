/* eth_: what gas costs, now and lately. */
#include <stdio.h>
#include <stdlib.h>

#include "chain/fees.h"
#include "rpc/block_ref.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"

#define FEE_BLOCKS_MAX 1024
#define FEE_PERCENTILES_MAX 100

static enum chain_fork fork_after(struct rpc_call *call,
                                  const struct header *header)
{
    return chain_fork_at(chain_config(call->host->chain), header->number + 1,
                         header->timestamp + 1,
                         u256_is_zero(header->difficulty));
}

static u256 next_base_fee(struct rpc_call *call, const struct header *header)
{
    return chain_next_base_fee(chain_config(call->host->chain),
                               fork_after(call, header), header);
}

static u256 blob_fee(struct rpc_call *call, const struct header *header,
                     uint64_t excess)
{
    enum chain_fork fork = rpc_fork_of(call, header);
    if (header->fields < HEADER_BLOBS)
        return U256_ZERO;
    return blob_base_fee(chain_blobs(chain_config(call->host->chain), fork),
                         excess);
}

static u256 next_blob_fee(struct rpc_call *call, const struct header *header)
{
    if (header->fields < HEADER_BLOBS)
        return U256_ZERO;
    uint64_t excess = chain_next_excess_blob_gas(
        chain_config(call->host->chain), rpc_fork_of(call, header), header);
    return blob_fee(call, header, excess);
}

bool eth_base_fee(struct rpc_call *call)
{
    const struct header *head = &chain_head(call->host->chain)->header;
    json_put_quantity_u256(call->out, next_base_fee(call, head));
    return true;
}

bool eth_gas_price(struct rpc_call *call)
{
    const struct rpc_host *host = call->host;
    const struct header *head = &chain_head(host->chain)->header;
    u256 price = u256_add(next_base_fee(call, head), host->priority_fee);
    if (u256_less(price, host->gas_price))
        price = host->gas_price;
    json_put_quantity_u256(call->out, price);
    return true;
}

bool eth_max_priority_fee_per_gas(struct rpc_call *call)
{
    json_put_quantity_u256(call->out, call->host->priority_fee);
    return true;
}

bool eth_blob_base_fee(struct rpc_call *call)
{
    const struct header *head = &chain_head(call->host->chain)->header;
    json_put_quantity_u256(call->out,
                           blob_fee(call, head, head->excess_blob_gas));
    return true;
}

struct history {
    struct header *headers; /* oldest first */
    hash32 *hashes;
    size_t count;
    double *percentiles;
    size_t percentile_count;
};

static bool read_percentiles(struct rpc_call *call, struct history *history)
{
    const struct json *list = call->params[2];
    size_t count = json_len(list);
    if (list && json_kind(list) != JSON_IS_ARRAY)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid argument 2: %s, not an array",
                        json_kind_name(list));
    if (count > FEE_PERCENTILES_MAX)
        return rpc_fail(call, RPC_SERVER_ERROR,
                        "invalid reward percentile: over the query limit %d",
                        FEE_PERCENTILES_MAX);
    history->percentiles = ARENA_ARRAY(call->arena, double, count + 1);
    history->percentile_count = count;
    for (size_t i = 0; i < count; i++) {
        char room[JSON_SHORT_MAX];
        const struct json *one = json_at(list, i);
        if (json_kind(one) != JSON_IS_NUMBER)
            return rpc_fail(call, RPC_INVALID_PARAMS,
                            "invalid argument 2: %s, not a number",
                            json_kind_name(one));
        double value = strtod(arena_string(call->arena, json_number(room, one)),
                              NULL);
        bool in_order = i == 0 || history->percentiles[i - 1] < value;
        if (!(value >= 0 && value <= 100) || !in_order)
            return rpc_fail(call, RPC_SERVER_ERROR,
                            "invalid reward percentile: #%zu: %f", i, value);
        history->percentiles[i] = value;
    }
    return true;
}

/* Decimal or hexadecimal, as geth takes it. */
static bool read_block_count(struct rpc_call *call, uint64_t *out)
{
    if (json_read_any_u64(out, call->params[0]) != LOFT_OK)
        return rpc_param_wrong(call, 0);
    if (*out > FEE_BLOCKS_MAX)
        *out = FEE_BLOCKS_MAX;
    return true;
}

static bool read_history(struct rpc_call *call, struct history *history)
{
    struct rpc_block_ref ref;
    struct rpc_block block;
    uint64_t count;
    if (!read_block_count(call, &count) ||
        !rpc_param_block_number(call, &ref, 1) ||
        !read_percentiles(call, history) || !rpc_find_block(call, &block, &ref))
        return false;
    if (!block.found)
        return rpc_fail(call, RPC_SERVER_ERROR,
                        "request beyond head block: requested %llu",
                        (unsigned long long)ref.number);
    uint64_t newest = block.header.number, there = newest + 1;
    if (call->host->is_fork) /* what is before it, is elsewhere */
        there = newest - chain_base(call->host->chain)->header.number;
    if (count > there)
        count = there;
    history->count = (size_t)count;
    history->headers = ARENA_ARRAY(call->arena, struct header, count + 1);
    history->hashes = ARENA_ARRAY(call->arena, hash32, count + 1);
    for (uint64_t i = 0; i < count; i++) {
        if (!rpc_find_number(call, &block, newest + 1 - count + i))
            return false;
        history->headers[i] = block.header;
        history->hashes[i] = block.hash;
    }
    return true;
}

struct paid {
    uint64_t gas_used;
    u256 tip;
};

static int compare_tip(const void *a, const void *b)
{
    return u256_compare(((const struct paid *)a)->tip,
                        ((const struct paid *)b)->tip);
}

/* What each transaction of a block paid above the base fee, cheapest first. */
static bool read_paid(struct rpc_call *call, struct paid **paid, size_t *count,
                      const hash32 *hash)
{
    struct chain_view *view = NULL;
    struct block block;
    const struct receipt *receipts;
    if (!rpc_view(call, &view))
        return false;
    loft_err code = chain_view_block(view, &block, hash);
    if (code == LOFT_OK)
        code = chain_view_receipts(view, &receipts, count, hash);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    *paid = ARENA_ARRAY(call->arena, struct paid, *count + 1);
    uint64_t before = 0;
    for (size_t i = 0; i < *count; i++) {
        u256 base_fee = block.header.base_fee;
        u256 price = transaction_gas_price(&block.transactions[i], base_fee);
        uint64_t after = receipts[i].cumulative_gas_used;
        (*paid)[i] = (struct paid){after - before, u256_sub(price, base_fee)};
        before = after;
    }
    qsort(*paid, *count, sizeof **paid, compare_tip);
    return true;
}

static bool put_rewards_of(struct rpc_call *call, const struct history *history,
                           size_t at)
{
    struct paid *paid;
    size_t count, next = 0;
    if (!read_paid(call, &paid, &count, &history->hashes[at]))
        return false;
    uint64_t sum = count ? paid[0].gas_used : 0;
    json_begin_array(call->out);
    for (size_t i = 0; i < history->percentile_count; i++) {
        double used = (double)history->headers[at].gas_used;
        uint64_t threshold = (uint64_t)(used * history->percentiles[i] / 100);
        while (sum < threshold && next + 1 < count)
            sum += paid[++next].gas_used;
        json_put_quantity_u256(call->out, count ? paid[next].tip : U256_ZERO);
    }
    json_end_array(call->out);
    return true;
}

static bool put_rewards(struct rpc_call *call, const struct history *history)
{
    json_key(call->out, "reward");
    json_begin_array(call->out);
    for (size_t i = 0; i < history->count; i++)
        if (rpc_is_stopped(call) || !put_rewards_of(call, history, i))
            return false;
    json_end_array(call->out);
    return true;
}

/* The shortest decimal that reads back as the same number. */
static void put_ratio(struct json_writer *out, uint64_t part, uint64_t whole)
{
    double ratio = whole ? (double)part / (double)whole : 0;
    char text[40];
    int digits = 1;
    do
        snprintf(text, sizeof text, "%.*g", digits, ratio);
    while (strtod(text, NULL) != ratio && digits++ < 17);
    json_put_raw(out, bytes_str(text));
}

static uint64_t blob_gas_max(struct rpc_call *call, const struct header *header)
{
    const struct chain_config *config = chain_config(call->host->chain);
    if (header->fields < HEADER_BLOBS)
        return 0;
    return chain_blobs(config, rpc_fork_of(call, header))->max *
           BLOB_GAS_PER_BLOB;
}

static void put_fees(struct rpc_call *call, const struct history *history)
{
    struct json_writer *out = call->out;
    const struct header *headers = history->headers;
    size_t last = history->count - 1;
    json_key(out, "baseFeePerGas");
    json_begin_array(out);
    for (size_t i = 0; i <= last; i++)
        json_put_quantity_u256(out, headers[i].base_fee);
    json_put_quantity_u256(out, next_base_fee(call, &headers[last]));
    json_end_array(out);
    json_key(out, "baseFeePerBlobGas");
    json_begin_array(out);
    for (size_t i = 0; i <= last; i++)
        json_put_quantity_u256(
            out, blob_fee(call, &headers[i], headers[i].excess_blob_gas));
    json_put_quantity_u256(out, next_blob_fee(call, &headers[last]));
    json_end_array(out);
}

static void put_ratios(struct rpc_call *call, const struct history *history)
{
    struct json_writer *out = call->out;
    json_key(out, "gasUsedRatio");
    json_begin_array(out);
    for (size_t i = 0; i < history->count; i++)
        put_ratio(out, history->headers[i].gas_used,
                  history->headers[i].gas_limit);
    json_end_array(out);
    json_key(out, "blobGasUsedRatio");
    json_begin_array(out);
    for (size_t i = 0; i < history->count; i++)
        put_ratio(out, history->headers[i].blob_gas_used,
                  blob_gas_max(call, &history->headers[i]));
    json_end_array(out);
}

bool eth_fee_history(struct rpc_call *call)
{
    struct history history = {0};
    if (!read_history(call, &history))
        return false;
    json_begin_object(call->out);
    json_key(call->out, "oldestBlock");
    json_put_quantity(call->out, history.count ? history.headers[0].number : 0);
    if (history.count) {
        put_fees(call, &history);
        put_ratios(call, &history);
        if (history.percentile_count && !put_rewards(call, &history))
            return false;
    } else {
        json_key(call->out, "gasUsedRatio");
        json_put_null(call->out);
    }
    json_end_object(call->out);
    return true;
}
