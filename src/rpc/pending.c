#include "rpc/pending.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "chain/validate.h"
#include "io/lock.h"
#include "rpc/block_ref.h"
#include "rpc/next_block.h"
#include "rpc/rpc_host.h"
#include "rpc/transaction_fill.h"

/* Gas limits are what transactions may use, and most use far less. */
#define GAS_OVERSUBSCRIPTION 16

struct counted_order {
    struct pending_order is; /* first */
    unsigned holders;        /* the lock's */
    uint64_t pool_version;
    hash32 head;
    struct arena arena;
};

struct changed_account {
    struct state_account is;
    bool storage_cleared;
};

struct slot_key {
    address who;
    uint8_t key[32];
};

/* A block, and what it changes. */
struct pending_block {
    unsigned holders; /* the lock's */
    struct counted_order *order;
    struct chain_point point; /* what it was made on */
    struct arena arena;
    struct block block;
    const struct receipt *receipts;
    struct map accounts; /* address -> struct changed_account */
    struct map slots;    /* struct slot_key -> u256 */
    struct map codes;    /* hash32 -> bytes, in the arena */
};

struct pending {
    struct lock *lock;           /* guards what follows, and all counts */
    struct counted_order *order; /* the newest; NULL: none yet */
    struct pending_block *made;  /* the newest; NULL: none */
};

/* The state of a view with a block's changes. */
struct changed_state {
    struct state_source source; /* first */
    struct state_source *below;
    const struct pending_block *block;
};

static const struct changed_state *changed_of(const struct state_source *source)
{
    return (const struct changed_state *)(const void *)source;
}

static loft_err read_account(struct state_source *source,
                             struct state_account *out, const address *who)
{
    const struct changed_state *state = changed_of(source);
    const struct changed_account *found = map_get(&state->block->accounts, who);
    if (!found)
        return state->below->account(state->below, out, who);
    *out = found->is;
    return LOFT_OK;
}

static struct slot_key key_of(const address *who, const u256 *key)
{
    struct slot_key out = {.who = *who};
    u256_store_be(out.key, *key);
    return out;
}

static loft_err read_slot(struct state_source *source, u256 *out,
                          const address *who, const u256 *key)
{
    const struct changed_state *state = changed_of(source);
    const struct changed_account *account = map_get(&state->block->accounts,
                                                    who);
    struct slot_key slot = key_of(who, key);
    const u256 *found = map_get(&state->block->slots, &slot);
    if (found) {
        *out = *found;
        return LOFT_OK;
    }
    if (account && (account->storage_cleared || !account->is.exists)) {
        *out = U256_ZERO;
        return LOFT_OK;
    }
    return state->below->slot(state->below, out, who, key);
}

static loft_err read_code(struct state_source *source, struct arena *arena,
                          bytes *out, const hash32 *hash)
{
    const struct changed_state *state = changed_of(source);
    const bytes *found = map_get(&state->block->codes, hash);
    if (!found)
        return state->below->code(state->below, arena, out, hash);
    *out = *found;
    return LOFT_OK;
}

static void keep_change(void *context, const struct overlay_change *change)
{
    struct pending_block *block = context;
    struct changed_account *account = map_put(&block->accounts, &change->who,
                                              NULL);
    account->is = change->is;
    account->storage_cleared = change->storage_cleared;
    for (size_t i = 0; i < change->slot_count; i++) {
        struct slot_key key = key_of(&change->who, &change->slots[i].key);
        *(u256 *)map_put(&block->slots, &key, NULL) = change->slots[i].is;
    }
    if (change->code.len)
        *(bytes *)map_put(&block->codes, &change->is.code_hash,
                          NULL) = arena_copy(&block->arena, change->code);
}

struct pending *pending_new(void)
{
    struct pending *pending = MEMORY_NEW(struct pending);
    pending->lock = lock_new();
    return pending;
}

/* The lock is held. */
static void give_order(struct counted_order *order)
{
    if (!order || --order->holders)
        return;
    arena_fini(&order->arena);
    free(order);
}

static void free_block(struct pending_block *block)
{
    map_fini(&block->accounts);
    map_fini(&block->slots);
    map_fini(&block->codes);
    arena_fini(&block->arena);
    free(block);
}

/* The lock is held. */
static void give_block(struct pending_block *block)
{
    if (!block || --block->holders)
        return;
    give_order(block->order);
    free_block(block);
}

void pending_drop(struct pending *pending)
{
    lock_take(pending->lock);
    give_block(pending->made);
    pending->made = NULL;
    lock_give(pending->lock);
}

void pending_free(struct pending *pending)
{
    if (!pending)
        return;
    pending_drop(pending);
    give_order(pending->order);
    lock_free(pending->lock);
    free(pending);
}

void pending_leave(struct pending *pending, struct rpc_pending *held)
{
    if (!held->order && !held->block)
        return;
    lock_take(pending->lock);
    give_block(held->block);
    give_order((struct counted_order *)held->order);
    lock_give(pending->lock);
    held->order = NULL;
    held->block = NULL;
}

static uint64_t gas_looked_at(uint64_t gas_limit)
{
    return gas_limit > UINT64_MAX / GAS_OVERSUBSCRIPTION
               ? UINT64_MAX
               : gas_limit * GAS_OVERSUBSCRIPTION;
}

/* Copies what the pool would give the producer, as far as a block has room. */
static void write_transactions(struct counted_order *order,
                               struct rpc_call *call)
{
    struct pool *pool = call->host->pool;
    size_t max = pool_pending_count(pool), room = BLOCK_BYTES_MAX;
    if (max > NEXT_BLOCK_TRANSACTIONS_MAX)
        max = NEXT_BLOCK_TRANSACTIONS_MAX;
    const struct pool_entry **entries = ARENA_ARRAY(
        call->arena, const struct pool_entry *, max);
    struct pending_transaction *out = ARENA_ARRAY(
        &order->arena, struct pending_transaction, max);
    size_t count = pool_select(pool, entries, max, rpc_next_base_fee(call),
                               gas_looked_at(order->is.plan.gas_limit));
    for (size_t i = 0; i < count && entries[i]->raw.len <= room; i++) {
        out[i].raw = arena_copy(&order->arena, entries[i]->raw);
        out[i].sender = entries[i]->sender;
        room -= entries[i]->raw.len;
        order->is.count = i + 1;
    }
    order->is.transactions = out;
}

static struct counted_order *write_order(struct rpc_call *call, uint64_t now)
{
    struct rpc_host *host = call->host;
    struct counted_order *order = MEMORY_NEW(struct counted_order);
    arena_init(&order->arena);
    order->holders = 1;
    order->pool_version = pool_version(host->pool);
    order->head = chain_head(host->chain)->hash;
    /* Padding is compared too. */
    memcpy(&order->is.plan, &host->plan, sizeof host->plan);
    order->is.now = now;
    write_transactions(order, call);
    return order;
}

/* On the loop, the only one that writes pending->order. */
static void renew_order(struct rpc_call *call)
{
    struct rpc_host *host = call->host;
    struct pending *pending = host->pending;
    struct counted_order *order = pending->order;
    uint64_t now = host->ops->now(host);
    if (order && order->is.now == now &&
        order->pool_version == pool_version(host->pool) &&
        hash32_equal(&order->head, &chain_head(host->chain)->hash) &&
        memcmp(&order->is.plan, &host->plan, sizeof host->plan) == 0)
        return;
    struct counted_order *renewed = write_order(call, now);
    lock_take(pending->lock);
    pending->order = renewed;
    give_order(order);
    lock_give(pending->lock);
}

/* On the loop; the method begins anew where it came from. */
static bool fetch_order(struct rpc_call *call)
{
    renew_order(call);
    call->pending->is_ordered = true;
    return rpc_move(call);
}

bool pending_order(struct rpc_call *call, const struct pending_order **out)
{
    struct pending *pending = call->host->pending;
    struct rpc_pending *held = call->pending;
    if (call->place != RPC_ON_WORKER) {
        pending_leave(pending, held);
        renew_order(call);
        held->is_ordered = true;
    } else if (!held->is_ordered) {
        return rpc_go(call, RPC_ON_LOOP, fetch_order, call->kept);
    }
    lock_take(pending->lock);
    if (!held->order) {
        held->order = &pending->order->is;
        pending->order->holders++;
    }
    lock_give(pending->lock);
    *out = held->order;
    return true;
}

static bool is_point(const struct chain_point *a, const struct chain_point *b)
{
    return a->number == b->number && a->state == b->state &&
           hash32_equal(&a->hash, &b->hash);
}

static bool is_of(const struct pending_block *block,
                  const struct pending_order *order,
                  const struct chain_point *point)
{
    return &block->order->is == order && is_point(&block->point, point);
}

/* The block that was made last, if it is the one. */
static bool find_made(struct pending *pending, struct rpc_pending *held,
                      const struct chain_point *point)
{
    if (held->block)
        return is_of(held->block, held->order, point);
    lock_take(pending->lock);
    if (pending->made && is_of(pending->made, held->order, point)) {
        held->block = pending->made;
        held->block->holders++;
    }
    lock_give(pending->lock);
    return held->block != NULL;
}

static void keep_made(struct pending *pending, struct rpc_pending *held,
                      struct pending_block *block)
{
    lock_take(pending->lock);
    give_block(held->block);
    give_block(pending->made);
    held->block = pending->made = block;
    block->holders = 2;
    block->order->holders++;
    lock_give(pending->lock);
}

static struct pending_block *new_block(const struct rpc_pending *held,
                                       const struct chain_point *point)
{
    struct pending_block *block = MEMORY_NEW(struct pending_block);
    block->order = (struct counted_order *)held->order;
    block->point = *point;
    arena_init(&block->arena);
    map_init(&block->accounts, sizeof(address), sizeof(struct changed_account));
    map_init(&block->slots, sizeof(struct slot_key), sizeof(u256));
    map_init(&block->codes, sizeof(hash32), sizeof(bytes));
    return block;
}

static struct next_block_wish wish(struct rpc_call *call,
                                   struct pending_block *block,
                                   struct state_view *state)
{
    const struct chain_head *head = chain_view_head(*call->view);
    const struct pending_order *order = &block->order->is;
    const struct block_plan *plan = &order->plan;
    return (struct next_block_wish){
        .executor = call->executor,
        .stop = call->stop,
        .arena = &block->arena,
        .view = *call->view,
        .state = state,
        .parent = &head->header,
        .parent_hash = &head->hash,
        .choices = {.timestamp = block_plan_time(plan, head->header.timestamp,
                                                 order->now),
                    .gas_limit = plan->gas_limit,
                    .coinbase = plan->coinbase,
                    .prev_randao = plan->prev_randao},
        .departure = plan->departure,
        .count_max = order->count,
    };
}

static loft_err fill(struct pending_block *block, struct next_block *next)
{
    enum block_verdict verdict;
    TRY(next_block_add_ordered(next, &block->order->is));
    TRY(next_block_end(next, &verdict));
    if (verdict != BLOCK_OK)
        return LOFT_ERR_REFUSED;
    overlay_changes(next->overlay, keep_change, block);
    block->block = next->draft.block;
    block->receipts = next->draft.run.outcome.receipts;
    return LOFT_OK;
}

static bool make(struct rpc_call *call, const struct chain_point *point,
                 struct state_view *state)
{
    struct pending_block *block = new_block(call->pending, point);
    struct next_block_wish wanted = wish(call, block, state);
    struct next_block next;
    loft_err code = next_block_begin(&next, &wanted);
    if (code == LOFT_OK)
        code = fill(block, &next);
    next_block_fini(&next);
    if (code == LOFT_OK && !rpc_is_stopped(call)) {
        keep_made(call->host->pending, call->pending, block);
        return true;
    }
    free_block(block);
    return !rpc_is_stopped(call) && rpc_fail_err(call, code);
}

static void show(struct rpc_call *call, struct pending_view *out,
                 struct state_view *below)
{
    const struct pending_block *block = call->pending->block;
    struct changed_state *state = ARENA_NEW(call->arena, struct changed_state);
    *state = (struct changed_state){
        .source = {read_account, read_slot, read_code},
        .below = &below->source,
        .block = block,
    };
    *out = (struct pending_view){.block = block->block,
                                 .receipts = block->receipts,
                                 .state = &state->source};
}

bool pending_look(struct rpc_call *call, struct pending_view *out)
{
    const struct pending_order *order;
    struct chain_view *view;
    struct chain_point point;
    struct state_view *state;
    if (!pending_order(call, &order) || !rpc_view(call, &view))
        return false;
    loft_err code = chain_view_mark(view, &point);
    if (code == LOFT_OK)
        code = chain_view_state(view, &state, STATE_NEWEST);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    if (!find_made(call->host->pending, call->pending, &point)) {
        if (call->place == RPC_ON_LOOP)
            return rpc_move(call);
        if (!make(call, &point, state))
            return false;
    }
    show(call, out, state);
    return true;
}
