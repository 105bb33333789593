/* What the pool held when the process ended, looked at anew: the options and
 * the rules may be others by now. */
#include <inttypes.h>

#include "base/log.h"
#include "node/node_core.h"

struct restoring {
    struct node *node;
    struct state_view *state;
    enum evm_rules rules;
    size_t restored, dropped;
};

static enum evm_rules next_rules(const struct node *node)
{
    const struct header *head = &chain_head(node->host.chain)->header;
    return fork_rules(chain_fork_at(chain_config(node->host.chain),
                                    head->number + 1, head->timestamp + 1,
                                    u256_is_zero(head->difficulty)));
}

static enum transaction_verdict check(const struct restoring *restoring,
                                      const struct transaction *tx,
                                      const struct state_account *account)
{
    const struct node *node = restoring->node;
    const struct chain_config *config = chain_config(node->host.chain);
    u256 cost;
    enum transaction_verdict verdict = transaction_check(tx, restoring->rules,
                                                         config->chain_id);
    if (verdict == TX_INITCODE_TOO_LARGE && config->code_bytes_max)
        verdict = TX_OK; /* this chain has a limit of its own */
    if (verdict != TX_OK)
        return verdict;
    if (tx->nonce < account->nonce)
        return TX_NONCE_TOO_LOW;
    if (tx->gas_limit > node->host.plan.gas_limit)
        return TX_GAS_LIMIT_REACHED;
    return transaction_cost(&cost, tx) && !u256_less(account->balance, cost)
               ? TX_OK
               : TX_INSUFFICIENT_FUNDS;
}

/* NULL: it is in the pool. */
static const char *refusal_of(const struct restoring *restoring,
                              const struct pool_entry *entry)
{
    struct state_source *source = &restoring->state->source;
    struct state_account account;
    if (source->account(source, &account, &entry->sender) != LOFT_OK)
        return err_sentence();
    enum transaction_verdict verdict = check(restoring, &entry->tx, &account);
    if (verdict != TX_OK)
        return transaction_verdict_text(verdict);
    enum pool_verdict added = pool_add(restoring->node->host.pool, &entry->tx,
                                       entry->raw, &entry->hash, &entry->sender,
                                       account.nonce);
    return added == POOL_OK ? NULL : pool_verdict_text(added);
}

static bool admit(void *context, const struct pool_entry *entry)
{
    struct restoring *restoring = context;
    const char *why = refusal_of(restoring, entry);
    if (!why) {
        restoring->restored++;
        return true;
    }
    restoring->dropped++;
    log_info("transaction_dropped", "nonce=%" PRIu64 " why=%s", entry->tx.nonce,
             why);
    return false;
}

loft_err node_restore_pool(struct node *node)
{
    struct restoring restoring = {.node = node, .rules = next_rules(node)};
    struct chain_view *view;
    TRY(node->host.ops->open_view(&node->host, &view));
    loft_err code = chain_view_state(view, &restoring.state, STATE_NEWEST);
    if (code == LOFT_OK)
        code = producer_restore_pool(node->producer, admit, &restoring);
    chain_view_close(view);
    if (code == LOFT_OK && restoring.restored + restoring.dropped)
        log_info("pool_restored", "transactions=%zu dropped=%zu",
                 restoring.restored, restoring.dropped);
    return code;
}
