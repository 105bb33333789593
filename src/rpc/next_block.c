#include "rpc/next_block.h"

/* Gas limits are what transactions may use, and most use far less. */
#define GAS_OVERSUBSCRIPTION 16

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

static uint64_t gas_looked_at(const struct header *header)
{
    return header->gas_limit > UINT64_MAX / GAS_OVERSUBSCRIPTION
               ? UINT64_MAX
               : header->gas_limit * GAS_OVERSUBSCRIPTION;
}

loft_err next_block_add_pool(struct next_block *block, struct pool *pool)
{
    struct arena *arena = block->draft.run.arena;
    const struct header *header = &block->draft.block.header;
    size_t max = pool_pending_count(pool);
    if (max > NEXT_BLOCK_TRANSACTIONS_MAX)
        max = NEXT_BLOCK_TRANSACTIONS_MAX;
    const struct pool_entry **entries = ARENA_ARRAY(
        arena, const struct pool_entry *, max);
    size_t count = pool_select(pool, entries, max, header->base_fee,
                               gas_looked_at(header));
    for (size_t i = 0; i < count; i++) {
        /* The pool may drop the entry while the block is still looked at. */
        struct transaction tx;
        bytes raw = arena_copy(arena, entries[i]->raw);
        TRY(transaction_decode(arena, &tx, raw));
        (void)next_block_add(block, &tx, raw, &entries[i]->sender);
        TRY(block->draft.run.err);
        TRY(overlay_error(block->overlay));
    }
    return LOFT_OK;
}

loft_err next_block_end(struct next_block *block, enum block_verdict *verdict)
{
    return block_draft_end(&block->draft, verdict);
}
