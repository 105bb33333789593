#include "rpc/next_block.h"

#include "rpc/pending.h"

loft_err next_block_begin(struct next_block *out,
                          const struct next_block_wish *wish)
{
    const struct chain_config *config = chain_view_config(wish->view);
    enum chain_fork fork = chain_fork_at(
        config, wish->parent->number + 1, wish->choices.timestamp,
        u256_is_zero(wish->parent->difficulty));
    struct block_draft *draft = &out->draft;
    *out = (struct next_block){
        .overlay = overlay_new(&wish->state->source),
        .senders = ARENA_ARRAY(wish->arena, address, wish->count_max),
    };
    draft->run.executor = wish->executor;
    draft->run.options.stop = wish->stop;
    draft->run.overlay = out->overlay;
    draft->run.arena = wish->arena;
    draft->state = wish->state;
    header_follow(&draft->block.header, config, fork, wish->parent,
                  wish->parent_hash, &wish->choices);
    header_depart(&draft->block.header, fork, &wish->departure);
    draft->block.withdrawals = (struct withdrawal *)wish->withdrawals;
    draft->block.withdrawal_count = wish->withdrawal_count;
    block_draft_init(draft, config, fork);
    draft->run.context.block_hash = chain_view_block_hash;
    draft->run.context.chain = wish->view;
    return block_draft_begin(draft, wish->count_max);
}

void next_block_fini(struct next_block *block)
{
    block_draft_fini(&block->draft);
    overlay_free(block->overlay);
}

enum transaction_verdict next_block_add(struct next_block *block,
                                        const struct transaction *tx, bytes raw,
                                        const address *sender)
{
    struct block_draft *draft = &block->draft;
    size_t index = draft->block.transaction_count;
    enum transaction_verdict verdict = block_draft_add(draft, tx, raw, sender,
                                                       NULL);
    if (verdict != TX_OK)
        return verdict;
    const struct execution *last = &draft->run.last;
    u256 tip = u256_sub(last->gas_price, draft->block.header.base_fee);
    block->value_wei = u256_add(block->value_wei,
                                u256_mul(tip, u256_from(last->gas_used)));
    block->senders[index] = *sender;
    return TX_OK;
}

loft_err next_block_add_ordered(struct next_block *block,
                                const struct pending_order *order)
{
    const atomic_bool *stop = block->draft.run.options.stop;
    for (size_t i = 0; i < order->count; i++) {
        const struct pending_transaction *one = &order->transactions[i];
        struct transaction tx;
        TRY(transaction_decode(block->draft.run.arena, &tx, one->raw));
        (void)next_block_add(block, &tx, one->raw, &one->sender);
        TRY(block->draft.run.err);
        TRY(overlay_error(block->overlay));
        if (stop && atomic_load_explicit(stop, memory_order_relaxed))
            return LOFT_ERR_REFUSED;
    }
    return LOFT_OK;
}

loft_err next_block_end(struct next_block *block, enum block_verdict *verdict)
{
    return block_draft_end(&block->draft, verdict);
}
