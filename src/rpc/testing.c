/* testing_: a block's payload for test fixtures. Nothing is kept. */
#include "rpc/methods.h"
#include "rpc/next_block.h"
#include "rpc/overrides.h"
#include "rpc/params.h"
#include "rpc/pending.h"
#include "rpc/rpc_host.h"
#include "rpc/shapes.h"
#include "rpc/verdict_text.h"

#define EXTRA_DATA_MAX 32

struct build {
    struct rpc_call *call;
    const struct pending_order *order;
    struct rpc_block parent;
    struct next_block_wish wish;
    struct next_block block;
};

static loft_err read_attributes(struct build *build)
{
    const struct json *fields = build->call->params[1];
    struct header_choices *choices = &build->wish.choices;
    TRY(json_get_quantity_u64(&choices->timestamp, fields, "timestamp"));
    TRY(json_get_hash(&choices->prev_randao, fields, "prevRandao"));
    TRY(json_get_address(&choices->coinbase, fields, "suggestedFeeRecipient"));
    if (!json_absent(json_get(fields, "parentBeaconBlockRoot")))
        TRY(json_get_hash(&choices->parent_beacon_root, fields,
                          "parentBeaconBlockRoot"));
    return json_absent(json_get(fields, "withdrawals"))
               ? LOFT_OK
               : read_withdrawals(build->call->arena, &build->wish.withdrawals,
                                  &build->wish.withdrawal_count,
                                  json_get(fields, "withdrawals"));
}

static bool read_extra_data(struct build *build)
{
    bytes *extra = &build->wish.choices.extra_data;
    if (!build->call->params[3])
        return true;
    if (!rpc_param_data(build->call, extra, 3))
        return false;
    return extra->len <= EXTRA_DATA_MAX ||
           rpc_fail(build->call, RPC_INVALID_PARAMS,
                    "invalid argument 3: extra data of %zu bytes, more than %d",
                    extra->len, EXTRA_DATA_MAX);
}

/* Exactly the transactions that are given, or none of them. */
static bool add_given(struct build *build, const struct json *list)
{
    struct rpc_call *call = build->call;
    struct next_block *block = &build->block;
    for (size_t i = 0; i < json_len(list); i++) {
        struct transaction tx;
        struct blob_sidecar unused;
        address sender;
        bytes input, raw;
        if (json_read_data(call->arena, &input, json_at(list, i)) != LOFT_OK ||
            transaction_decode_network(call->arena, &tx, &raw, &unused,
                                       input) != LOFT_OK)
            return rpc_param_wrong(call, 2);
        if (!transaction_sender(&sender, &tx,
                                fork_rules(block->draft.run.context.fork)))
            return rpc_fail(call, RPC_SERVER_ERROR, "%s",
                            transaction_verdict_text(TX_BAD_SIGNATURE));
        enum transaction_verdict verdict = next_block_add(block, &tx, raw,
                                                          &sender);
        loft_err code = overlay_error(block->overlay);
        if (rpc_is_stopped(call))
            return false;
        if (code != LOFT_OK)
            return rpc_fail_err(call, code);
        if (verdict != TX_OK)
            return rpc_fail(call, RPC_SERVER_ERROR, "%s",
                            verdict_text(call->arena, verdict, &tx, &sender,
                                         block->overlay,
                                         &block->draft.run.context));
    }
    return true;
}

static bool add_all(struct build *build)
{
    const struct json *list = build->call->params[2];
    if (list)
        return add_given(build, list);
    loft_err code = next_block_add_ordered(&build->block, build->order);
    return !rpc_is_stopped(build->call) &&
           (code == LOFT_OK || rpc_fail_err(build->call, code));
}

static void put_hash(struct json_writer *out, const char *key,
                     const hash32 *value)
{
    json_key(out, key);
    json_put_hash(out, value);
}

static void put_quantity(struct json_writer *out, const char *key,
                         uint64_t value)
{
    json_key(out, key);
    json_put_quantity(out, value);
}

static void put_data(struct json_writer *out, const char *key, bytes value)
{
    json_key(out, key);
    json_put_data(out, value);
}

static void put_data_list(struct json_writer *out, const char *key,
                          const bytes *list, size_t count)
{
    json_key(out, key);
    json_begin_array(out);
    for (size_t i = 0; i < count; i++)
        json_put_data(out, list[i]);
    json_end_array(out);
}

static void put_payload(struct json_writer *out, const struct block *block)
{
    const struct header *header = &block->header;
    put_hash(out, "parentHash", &header->parent_hash);
    json_key(out, "feeRecipient");
    json_put_address(out, &header->coinbase);
    put_hash(out, "stateRoot", &header->state_root);
    put_hash(out, "receiptsRoot", &header->receipts_root);
    put_data(out, "logsBloom",
             bytes_of(header->logs_bloom.at, sizeof header->logs_bloom.at));
    put_hash(out, "prevRandao", &header->mix_hash);
    put_quantity(out, "blockNumber", header->number);
    put_quantity(out, "gasLimit", header->gas_limit);
    put_quantity(out, "gasUsed", header->gas_used);
    put_quantity(out, "timestamp", header->timestamp);
    put_data(out, "extraData", header->extra_data);
    json_key(out, "baseFeePerGas");
    json_put_quantity_u256(out, header->base_fee);
    put_hash(out, "blockHash", &block->hash);
    put_data_list(out, "transactions", block->raw_transactions,
                  block->transaction_count);
    json_key(out, "withdrawals");
    shape_withdrawals(out, block);
    if (header->fields >= HEADER_BLOBS) {
        put_quantity(out, "blobGasUsed", header->blob_gas_used);
        put_quantity(out, "excessBlobGas", header->excess_blob_gas);
    }
}

/* Blobs themselves are not kept here, so the bundle holds none. */
static void put_result(struct build *build)
{
    static const char *const LISTS[] = {"commitments", "proofs", "blobs"};
    struct json_writer *out = build->call->out;
    const struct block_outcome *outcome = &build->block.draft.run.outcome;
    json_begin_object(out);
    json_key(out, "executionPayload");
    json_begin_object(out);
    put_payload(out, &build->block.draft.block);
    json_end_object(out);
    json_key(out, "blockValue");
    json_put_quantity_u256(out, build->block.value_wei);
    json_key(out, "blobsBundle");
    json_begin_object(out);
    for (size_t i = 0; i < ARRAY_LEN(LISTS); i++)
        put_data_list(out, LISTS[i], NULL, 0);
    json_end_object(out);
    put_data_list(out, "executionRequests", outcome->requests,
                  outcome->request_count);
    json_key(out, "shouldOverrideBuilder");
    json_put_bool(out, false);
    json_end_object(out);
}

static bool run(struct build *build)
{
    struct rpc_call *call = build->call;
    enum block_verdict verdict;
    loft_err code = next_block_begin(&build->block, &build->wish);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    if (!add_all(build))
        return false;
    code = next_block_end(&build->block, &verdict);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    if (verdict != BLOCK_OK)
        return rpc_fail(call, RPC_SERVER_ERROR, "%s", err_sentence());
    put_result(build);
    return true;
}

static bool find_parent(struct build *build)
{
    struct rpc_call *call = build->call;
    struct rpc_block_ref ref = {.kind = BLOCK_HASHED,
                                .require_canonical = true};
    if (!rpc_param_hash(call, &ref.hash, 0) ||
        !rpc_find_state(call, &build->wish.state, &build->parent, &ref))
        return false;
    uint64_t before = build->parent.header.timestamp;
    return build->wish.choices.timestamp > before ||
           rpc_fail(call, RPC_SERVER_ERROR,
                    "invalid timestamp, parent %llu given %llu",
                    (unsigned long long)before,
                    (unsigned long long)build->wish.choices.timestamp);
}

bool testing_build_block_v1(struct rpc_call *call)
{
    struct build build = {.call = call};
    size_t given = json_len(call->params[2]);
    if (read_attributes(&build) != LOFT_OK)
        return rpc_param_wrong(call, 1);
    if (!read_extra_data(&build) || !pending_order(call, &build.order) ||
        !find_parent(&build) || !rpc_view(call, &build.wish.view))
        return false;
    build.wish.executor = call->executor;
    build.wish.stop = call->stop;
    build.wish.arena = call->arena;
    build.wish.parent = &build.parent.header;
    build.wish.parent_hash = &build.parent.hash;
    build.wish.choices.gas_limit = build.order->plan.gas_limit;
    build.wish.count_max = call->params[2] ? given : build.order->count;
    bool ok = run(&build);
    next_block_fini(&build.block);
    return ok;
}
