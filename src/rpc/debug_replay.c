/* debug_: the state inside of a block, between two of its transactions.
 *
 * Source  geth: eth/api_debug.go, eth/tracers/api.go; reth for
 *         debug_accountInfoAt. */
#include <inttypes.h>
#include <stdlib.h>

#include "crypto/keccak.h"
#include "rpc/development_call.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/replay.h"
#include "rpc/rpc_host.h"

#define STORAGE_RANGE_MAX 4096 /* slots of one debug_storageRangeAt */

struct moment {
    struct block block;
    struct replay replay;
    struct state_view *before; /* the state that the replay began on */
};

/* Parameters 0 and 1: a block, and the place of a transaction in it, before
 * which, or after which, the moment is. The fini is due whatever this
 * returned. */
static bool moment_begin(struct moment *moment, struct rpc_call *call,
                         bool is_after)
{
    struct rpc_block_ref ref;
    struct rpc_block found;
    struct chain_view *view = NULL;
    uint64_t index;
    *moment = (struct moment){0};
    if (!rpc_param_block(call, &ref, 0) ||
        !rpc_param_number(call, &index, 1, 0) ||
        !rpc_find_block(call, &found, &ref) ||
        !replay_read_block(call, &moment->block, &found))
        return false;
    if (index + is_after > moment->block.transaction_count)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "transaction index %" PRIu64
                        " out of range: the block has %zu",
                        index, moment->block.transaction_count);
    if (!rpc_view(call, &view) ||
        !replay_begin(&moment->replay, call, &moment->block) ||
        !replay_until(&moment->replay, (size_t)index + is_after))
        return false;
    loft_err code = chain_view_state_before(view, &moment->before,
                                            moment->block.header.number);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

static void moment_fini(struct moment *moment)
{
    if (moment->replay.call)
        replay_fini(&moment->replay);
}

bool debug_account_info_at(struct rpc_call *call)
{
    struct moment moment;
    address who;
    bool ok = moment_begin(&moment, call, true) &&
              rpc_param_address(call, &who, 2);
    if (ok) {
        struct overlay *overlay = moment.replay.overlay;
        json_begin_object(call->out);
        json_key(call->out, "balance");
        json_put_quantity_u256(call->out, overlay_balance(overlay, &who));
        json_key(call->out, "nonce");
        json_put_quantity(call->out, overlay_nonce(overlay, &who));
        json_key(call->out, "code");
        json_put_data(call->out, overlay_code(overlay, &who));
        json_end_object(call->out);
        loft_err code = overlay_error(overlay);
        ok = code == LOFT_OK || rpc_fail_err(call, code);
    }
    moment_fini(&moment);
    return ok;
}

struct range_slot {
    hash32 hash;
    u256 key, value;
    bool has_key;
};

struct range {
    struct rpc_call *call;
    address who;
    hash32 start;
    size_t max;
    const struct overlay_change *is; /* what the block has changed, or NULL */
    VEC(struct range_slot) slots;
};

static bool is_changed(const struct range *range, const u256 *key)
{
    for (size_t i = 0; key && range->is && i < range->is->slot_count; i++)
        if (u256_equal(range->is->slots[i].key, *key))
            return true;
    return false;
}

/* One more than is shown: it names where to go on. */
static loft_err add_old(void *context, const hash32 *hash, const u256 *key,
                        u256 value)
{
    struct range *range = context;
    if (is_changed(range, key))
        return LOFT_OK;
    VEC_PUSH(&range->slots, ((struct range_slot){*hash, key ? *key : U256_ZERO,
                                                 value, key != NULL}));
    return range->slots.len <= range->max ? LOFT_OK : LOFT_ERR_LIMIT;
}

static void add_new(struct range *range)
{
    for (size_t i = 0; range->is && i < range->is->slot_count; i++) {
        const struct overlay_slot_change *slot = &range->is->slots[i];
        hash32 word = u256_to_hash(slot->key);
        hash32 hash = keccak256(bytes_hash(&word));
        if (!u256_is_zero(slot->is) &&
            memcmp(hash.at, range->start.at, sizeof hash.at) >= 0)
            VEC_PUSH(&range->slots,
                     ((struct range_slot){hash, slot->key, slot->is, true}));
    }
}

static int compare(const void *a, const void *b)
{
    return memcmp(((const struct range_slot *)a)->hash.at,
                  ((const struct range_slot *)b)->hash.at, sizeof(hash32));
}

static void put_range(struct range *range)
{
    struct json_writer *out = range->call->out;
    size_t shown = range->slots.len < range->max ? range->slots.len
                                                 : range->max;
    if (range->slots.len)
        qsort(range->slots.at, range->slots.len, sizeof *range->slots.at,
              compare);
    json_begin_object(out);
    json_key(out, "storage");
    json_begin_object(out);
    for (size_t i = 0; i < shown; i++) {
        const struct range_slot *slot = &range->slots.at[i];
        hash32 key = u256_to_hash(slot->key), value = u256_to_hash(slot->value);
        json_key_hash(out, &slot->hash);
        json_begin_object(out);
        json_key(out, "key");
        if (slot->has_key)
            json_put_hash(out, &key);
        else
            json_put_null(out);
        json_key(out, "value");
        json_put_hash(out, &value);
        json_end_object(out);
    }
    json_end_object(out);
    json_key(out, "nextKey");
    if (shown < range->slots.len)
        json_put_hash(out, &range->slots.at[shown].hash);
    else
        json_put_null(out);
    json_end_object(out);
}

static void find_change(void *context, const struct overlay_change *change)
{
    struct range *range = context;
    if (!address_equal(&change->who, &range->who))
        return;
    struct overlay_change *kept = ARENA_ARRAY(range->call->arena,
                                              struct overlay_change, 1);
    struct overlay_slot_change *slots = ARENA_ARRAY(
        range->call->arena, struct overlay_slot_change, change->slot_count);
    *kept = *change;
    if (change->slot_count)
        memcpy(slots, change->slots, change->slot_count * sizeof *slots);
    kept->slots = slots;
    range->is = kept;
}

static bool read_range(struct rpc_call *call, struct range *out)
{
    uint64_t max;
    bytes start;
    *out = (struct range){.call = call};
    if (!rpc_param_address(call, &out->who, 2) ||
        !rpc_param_data(call, &start, 3) ||
        !rpc_param_number(call, &max, 4, STORAGE_RANGE_MAX))
        return false;
    if (start.len > sizeof out->start.at)
        return rpc_fail(call, RPC_INVALID_PARAMS,
                        "invalid argument 3: more than 32 bytes");
    /* A prefix: geth begins with the first key that follows it. */
    memcpy(out->start.at, start.at, start.len);
    out->max = max < STORAGE_RANGE_MAX ? (size_t)max : STORAGE_RANGE_MAX;
    return call->host->is_fork
               ? rpc_fail(call, RPC_SERVER_ERROR,
                          "a fork does not hold all of its state")
               : true;
}

bool debug_storage_range_at(struct rpc_call *call)
{
    struct moment moment = {0};
    struct range range;
    bool ok = read_range(call, &range) && moment_begin(&moment, call, false);
    if (ok) {
        overlay_changes(moment.replay.overlay, find_change, &range);
        bool is_gone = range.is &&
                       (range.is->storage_cleared || !range.is->exists);
        loft_err code = is_gone
                            ? LOFT_OK
                            : state_each_slot(moment.before, &range.who,
                                              &range.start, add_old, &range);
        ok = code == LOFT_OK || range.slots.len > range.max ||
             rpc_fail_err(call, code);
    }
    if (ok) {
        add_new(&range);
        put_range(&range);
    }
    VEC_FREE(&range.slots);
    moment_fini(&moment);
    return ok;
}

/* The root after each transaction of a block. */
static bool put_roots(struct rpc_call *call, struct replay *replay,
                      struct state_view *before)
{
    json_begin_array(call->out);
    while (replay_next(replay) < replay->block->transaction_count) {
        hash32 root;
        if (!replay_until(replay, replay_next(replay) + 1))
            return false;
        loft_err code = state_root_after(before, replay->overlay, &root);
        if (code != LOFT_OK)
            return rpc_fail_err(call, code);
        json_put_hash(call->out, &root);
    }
    json_end_array(call->out);
    return true;
}

bool debug_intermediate_roots(struct rpc_call *call)
{
    struct rpc_block_ref ref = {.kind = BLOCK_HASHED};
    struct rpc_block found;
    struct chain_view *view = NULL;
    struct state_view *before;
    struct replay replay = {0};
    struct block block;
    if (!rpc_param_hash(call, &ref.hash, 0) ||
        !rpc_find_block(call, &found, &ref) ||
        !replay_read_block(call, &block, &found) || !rpc_view(call, &view))
        return false;
    bool ok = replay_begin(&replay, call, &block);
    if (ok) {
        loft_err code = chain_view_state_before(view, &before,
                                                block.header.number);
        ok = code == LOFT_OK ? put_roots(call, &replay, before)
                             : rpc_fail_err(call, code);
    }
    replay_fini(&replay);
    return ok;
}
