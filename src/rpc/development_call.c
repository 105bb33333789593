#include "rpc/development_call.h"

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

static void take(void *context, const struct pool_entry *entry, bool pending)
{
    (void)pending;
    waiting_list_add(context, entry->raw, &entry->hash, &entry->sender);
}

struct waiting_list *development_list_pool(struct rpc_call *call)
{
    struct pool *pool = call->host->pool;
    if (!pool_pending_count(pool) && !pool_queued_count(pool))
        return NULL;
    struct waiting_list *list = waiting_list_new();
    pool_each(pool, take, list);
    return list;
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

/* Each goes in beside its sender's nonce as it is now; those whose turn is past
 * are left out. */
static loft_err put_back(struct rpc_call *call,
                         const struct waiting_list *waiting)
{
    struct pool *pool = call->host->pool;
    VEC_FOR_EACH (entry, &waiting->all) {
        struct transaction tx;
        uint64_t nonce;
        TRY(nonce_of(call, &nonce, &entry->sender));
        TRY(transaction_decode(call->arena, &tx, entry->raw));
        (void)pool_add(pool, &tx, entry->raw, &entry->hash, &entry->sender,
                       nonce);
    }
    return LOFT_OK;
}

bool development_fill_pool(struct rpc_call *call,
                           const struct waiting_list *waiting)
{
    struct chain_view *view;
    development_drop_pool(call);
    if (!waiting)
        return true;
    if (!rpc_view(call, &view))
        return false;
    loft_err code = put_back(call, waiting);
    rpc_view_drop(call);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

static bool refill_pool(struct rpc_call *call)
{
    struct waiting_list *waiting = development_list_pool(call);
    bool ok = !waiting || development_fill_pool(call, waiting);
    waiting_list_free(waiting);
    return ok;
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
