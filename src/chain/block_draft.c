#include "chain/block_draft.h"

#include "chain/validate.h"
#include "state/trie.h"

static loft_err settle(void *keeper, hash32 *root)
{
    struct block_draft *draft = keeper;
    return state_root_after(draft->state, draft->run.overlay, root);
}

void block_draft_init(struct block_draft *draft,
                      const struct chain_config *config, enum chain_fork fork)
{
    draft->block.header.fields = fork_header_fields(fork);
    draft->block.has_withdrawals = fork >= FORK_SHANGHAI;
    draft->scratch = (struct buffer){0};
    draft->run.scratch = &draft->scratch;
    draft->run.settle = settle;
    draft->run.keeper = draft;
    block_context_init(&draft->run.context, config, fork, &draft->block.header);
}

loft_err block_draft_begin(struct block_draft *draft, size_t count_max)
{
    struct arena *arena = draft->run.arena;
    struct block *block = &draft->block;
    block->transactions = ARENA_ARRAY(arena, struct transaction, count_max);
    block->raw_transactions = ARENA_ARRAY(arena, bytes, count_max);
    block_run_begin(&draft->run, &block->header, count_max);
    return overlay_error(draft->run.overlay);
}

enum transaction_verdict block_draft_add(struct block_draft *draft,
                                         const struct transaction *tx,
                                         bytes raw, const address *sender,
                                         struct evm_tracer *tracer)
{
    struct block *block = &draft->block;
    enum transaction_verdict verdict = block_run_transaction(&draft->run, tx,
                                                             sender, tracer);
    if (verdict != TX_OK)
        return verdict;
    block->transactions[block->transaction_count] = *tx;
    block->raw_transactions[block->transaction_count++] = raw;
    return TX_OK;
}

static void name(struct block *block)
{
    struct buffer rlp = {0};
    block_encode(&rlp, block);
    block->encoded_len = rlp.len;
    block->hash = header_hash(&block->header);
    buffer_free(&rlp);
}

loft_err block_draft_end(struct block_draft *draft, enum block_verdict *verdict)
{
    struct block *block = &draft->block;
    struct header *header = &block->header;
    const struct block_outcome *outcome = &draft->run.outcome;
    const struct block_ends ends = {
        .header = header,
        .withdrawals = block->withdrawals,
        .withdrawal_count = block->withdrawal_count,
    };
    *verdict = block_run_end(&draft->run, &ends);
    TRY(overlay_error(draft->run.overlay));
    TRY(draft->run.err);
    if (*verdict != BLOCK_OK)
        return LOFT_OK;
    TRY(state_root_after(draft->state, draft->run.overlay,
                         &header->state_root));
    header->transactions_root = trie_root_of_list(block->raw_transactions,
                                                  block->transaction_count);
    header->receipts_root = outcome->receipts_root;
    header->logs_bloom = outcome->logs_bloom;
    header->gas_used = outcome->gas_used;
    header->blob_gas_used = outcome->blob_gas_used;
    header->withdrawals_root = block_withdrawals_root(block);
    header->requests_hash = outcome->requests_hash;
    name(block);
    return LOFT_OK;
}

void block_draft_fini(struct block_draft *draft)
{
    buffer_free(&draft->scratch);
}
