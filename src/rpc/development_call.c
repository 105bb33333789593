#include "rpc/development_call.h"

#include "base/vec.h"
#include "rpc/block_ref.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"

bool development_begin(struct rpc_call *call)
{
    struct rpc_host *host = call->host;
    loft_err code = host->ops->settle(host);
    rpc_view_drop(call);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

/* The pool's transactions, outside of it. */
struct refill {
    struct arena *arena;
    VEC(struct pool_entry) entries;
};

static void take(void *context, const struct pool_entry *entry, bool pending)
{
    struct refill *refill = context;
    struct pool_entry copy = {.hash = entry->hash,
                              .sender = entry->sender,
                              .raw = arena_copy(refill->arena, entry->raw)};
    (void)pending;
    VEC_PUSH(&refill->entries, copy);
}

static loft_err nonce_of(struct rpc_call *call, uint64_t *out,
                         const address *who)
{
    struct state_view *state;
    struct state_account account;
    TRY(chain_view_state(*call->view, &state, STATE_NEWEST));
    TRY(state->source.account(&state->source, &account, who));
    *out = account.nonce;
    return LOFT_OK;
}

/* Each goes in again beside its sender's nonce as it is now; those whose turn
 * is past are gone. */
static loft_err put_back(struct rpc_call *call, const struct refill *refill)
{
    struct pool *pool = call->host->pool;
    VEC_FOR_EACH (entry, &refill->entries) {
        struct transaction tx;
        uint64_t nonce;
        TRY(nonce_of(call, &nonce, &entry->sender));
        TRY(transaction_decode(call->arena, &tx, entry->raw));
        (void)pool_add(pool, &tx, entry->raw, &entry->hash, &entry->sender,
                       nonce);
    }
    return LOFT_OK;
}

static bool refill_pool(struct rpc_call *call)
{
    struct pool *pool = call->host->pool;
    struct refill refill = {.arena = call->arena};
    struct chain_view *view;
    if (!pool_pending_count(pool) && !pool_queued_count(pool))
        return true;
    if (!rpc_view(call, &view))
        return false;
    pool_each(pool, take, &refill);
    VEC_FOR_EACH (entry, &refill.entries)
        pool_remove(pool, &entry->hash);
    loft_err code = put_back(call, &refill);
    VEC_FREE(&refill.entries);
    rpc_view_drop(call);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

bool development_end(struct rpc_call *call)
{
    call->host->ops->changed(call->host);
    rpc_view_drop(call);
    return refill_pool(call);
}

bool development_amend(struct rpc_call *call, chain_amendment *change,
                       void *context)
{
    if (!development_begin(call))
        return false;
    loft_err code = chain_amend(call->host->chain, change, context);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    return development_end(call);
}

bool rpc_param_number(struct rpc_call *call, uint64_t *out, unsigned at,
                      uint64_t initial)
{
    *out = initial;
    return !call->params[at] ||
           json_read_any_u64(out, call->params[at]) == LOFT_OK ||
           rpc_param_wrong(call, at);
}

bool rpc_param_number_u256(struct rpc_call *call, u256 *out, unsigned at)
{
    return json_read_any_u256(out, call->params[at]) == LOFT_OK ||
           rpc_param_wrong(call, at);
}
