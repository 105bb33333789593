#include "rpc/pending.h"

#include "base/map.h"
#include "base/memory.h"
#include "rpc/next_block.h"
#include "rpc/rpc_host.h"

/* What the block is made of: with another value of any, it is another block. */
struct ingredients {
    struct chain_point point;
    struct block_plan plan;
    uint64_t pool_version, time;
};

struct changed_account {
    struct state_account is;
    bool storage_cleared;
};

struct slot_key {
    address who;
    uint8_t key[32];
};

/* The state of the view below, with the block's changes. */
struct changed_state {
    struct state_source source; /* first */
    struct state_source *below;
    struct map accounts; /* address -> struct changed_account */
    struct map slots;    /* struct slot_key -> u256 */
    struct map codes;    /* hash32 -> bytes, in the arena */
    struct arena *arena;
};

struct pending {
    bool is_made;
    struct ingredients made_of;
    struct chain_view *view;
    struct arena arena;
    struct pending_view shown;
    struct changed_state state;
};

static struct changed_state *changed_of(struct state_source *source)
{
    return (struct changed_state *)(void *)source;
}

static loft_err read_account(struct state_source *source,
                             struct state_account *out, const address *who)
{
    struct changed_state *state = changed_of(source);
    const struct changed_account *found = map_get(&state->accounts, who);
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
    struct changed_state *state = changed_of(source);
    const struct changed_account *account = map_get(&state->accounts, who);
    struct slot_key slot = key_of(who, key);
    const u256 *found = map_get(&state->slots, &slot);
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

static loft_err read_code(struct state_source *source, bytes *out,
                          const hash32 *hash)
{
    struct changed_state *state = changed_of(source);
    const bytes *found = map_get(&state->codes, hash);
    if (!found)
        return state->below->code(state->below, out, hash);
    *out = *found;
    return LOFT_OK;
}

static void keep_change(void *context, const struct overlay_change *change)
{
    struct changed_state *state = context;
    struct changed_account *account = map_put(&state->accounts, &change->who,
                                              NULL);
    account->is = change->is;
    account->storage_cleared = change->storage_cleared;
    for (size_t i = 0; i < change->slot_count; i++) {
        struct slot_key key = key_of(&change->who, &change->slots[i].key);
        *(u256 *)map_put(&state->slots, &key, NULL) = change->slots[i].is;
    }
    if (change->code.len)
        *(bytes *)map_put(&state->codes, &change->is.code_hash,
                          NULL) = arena_copy(state->arena, change->code);
}

struct pending *pending_new(void)
{
    struct pending *pending = MEMORY_NEW(struct pending);
    arena_init(&pending->arena);
    pending->state = (struct changed_state){
        .source = {read_account, read_slot, read_code},
        .arena = &pending->arena,
    };
    map_init(&pending->state.accounts, sizeof(address),
             sizeof(struct changed_account));
    map_init(&pending->state.slots, sizeof(struct slot_key), sizeof(u256));
    map_init(&pending->state.codes, sizeof(hash32), sizeof(bytes));
    return pending;
}

void pending_drop(struct pending *pending)
{
    pending->is_made = false;
    chain_view_close(pending->view);
    pending->view = NULL;
    map_clear(&pending->state.accounts);
    map_clear(&pending->state.slots);
    map_clear(&pending->state.codes);
    arena_reset(&pending->arena);
}

void pending_free(struct pending *pending)
{
    if (!pending)
        return;
    pending_drop(pending);
    map_fini(&pending->state.accounts);
    map_fini(&pending->state.slots);
    map_fini(&pending->state.codes);
    arena_fini(&pending->arena);
    free(pending);
}

static loft_err gather(struct rpc_host *host, struct ingredients *out)
{
    const struct chain_head *head = chain_head(host->chain);
    memset(out, 0, sizeof *out); /* padding is compared too */
    TRY(chain_mark(host->chain, &out->point));
    out->plan = host->plan;
    out->pool_version = pool_version(host->pool);
    out->time = block_plan_time(&host->plan, head->header.timestamp,
                                host->ops->now(host));
    return LOFT_OK;
}

static void wish(struct pending *pending, struct rpc_call *call,
                 struct next_block_wish *out)
{
    const struct chain_head *head = chain_view_head(pending->view);
    const struct block_plan *plan = &pending->made_of.plan;
    *out = (struct next_block_wish){
        .executor = call->executor,
        .arena = &pending->arena,
        .view = pending->view,
        .parent = &head->header,
        .parent_hash = &head->hash,
        .choices = {.timestamp = pending->made_of.time,
                    .gas_limit = plan->gas_limit,
                    .coinbase = plan->coinbase,
                    .prev_randao = plan->prev_randao},
        .departure = plan->departure,
        .count_max = NEXT_BLOCK_TRANSACTIONS_MAX,
    };
}

static loft_err fill(struct pending *pending, struct next_block *next,
                     struct pool *pool)
{
    enum block_verdict verdict;
    TRY(next_block_add_pool(next, pool));
    TRY(next_block_end(next, &verdict));
    if (verdict != BLOCK_OK)
        return LOFT_ERR_REFUSED;
    overlay_changes(next->overlay, keep_change, &pending->state);
    pending->shown = (struct pending_view){
        .block = next->draft.block,
        .receipts = next->draft.run.outcome.receipts,
        .state = &pending->state.source,
    };
    return LOFT_OK;
}

static loft_err make(struct pending *pending, struct rpc_call *call)
{
    struct rpc_host *host = call->host;
    struct next_block_wish wanted;
    struct next_block next;
    TRY(host->ops->open_view(host, &pending->view));
    wish(pending, call, &wanted);
    TRY(chain_view_state(pending->view, &wanted.state, STATE_NEWEST));
    pending->state.below = &wanted.state->source;
    loft_err code = next_block_begin(&next, &wanted);
    if (code == LOFT_OK)
        code = fill(pending, &next, host->pool);
    next_block_fini(&next);
    return code;
}

bool pending_look(struct pending *pending, struct rpc_call *call,
                  struct pending_view *out)
{
    struct ingredients now;
    loft_err code = gather(call->host, &now);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    if (!pending->is_made || memcmp(&now, &pending->made_of, sizeof now) != 0) {
        pending_drop(pending);
        memcpy(&pending->made_of, &now, sizeof now);
        code = make(pending, call);
        pending->is_made = code == LOFT_OK;
        if (code != LOFT_OK) {
            pending_drop(pending);
            return rpc_fail_err(call, code);
        }
    }
    *out = pending->shown;
    return true;
}
