/* Producing: transactions are executed once, in the block's own transaction on
 * the store, and what they bring forth is written as it is. */
#include "chain/chain_core.h"
#include "chain/next_header.h"
#include "chain/validate.h"
#include "chain/verdict.h"
#include "codec/rlp.h"
#include "crypto/keccak.h"
#include "state/trie.h"

/* Of the block's size, for what is not transactions. */
#define BLOCK_BYTES_RESERVED 8192

struct production {
    struct chain *chain;
    struct chain_proposal *proposal;
    struct arena *arena;
    struct block *block;
    struct block_run run;
    enum chain_fork fork;
    hash32 *hashes; /* of the transactions included */
    size_t bytes;   /* of them */
};

static void make_header(struct production *p)
{
    const struct chain_head *head = &p->chain->head;
    const struct header *parent = &head->header;
    const struct chain_config *config = &p->chain->config;
    const struct chain_proposal *proposal = p->proposal;
    p->fork = chain_fork_after(config, head->total_difficulty, head->number + 1,
                               proposal->timestamp);
    const struct header_choices choices = {
        .timestamp = proposal->timestamp,
        .gas_limit = proposal->gas_limit,
        .coinbase = proposal->coinbase,
        .prev_randao = proposal->prev_randao,
        .extra_data = arena_copy(p->arena, proposal->extra_data),
    };
    header_follow(&p->block->header, config, p->fork, parent, &head->hash,
                  &choices);
}

/* But for what the proposal departs in, the rules hold. */
static loft_err check_header(const struct production *p)
{
    const struct header *parent = &p->chain->head.header;
    struct header header = p->block->header;
    if (p->proposal->departure.has_same_time &&
        header.timestamp == parent->timestamp)
        header.timestamp++;
    return header_validate(&p->chain->config, p->fork, &header, parent) ==
                   BLOCK_OK
               ? LOFT_OK
               : LOFT_ERR_REFUSED;
}

static enum transaction_verdict include(struct production *p, size_t index)
{
    const struct chain_proposal *proposal = p->proposal;
    const struct chain_candidate *candidate = &proposal->candidates[index];
    size_t len = candidate->raw.len;
    if (p->bytes + len > BLOCK_BYTES_MAX - BLOCK_BYTES_RESERVED)
        return TX_GAS_LIMIT_REACHED;
    enum transaction_verdict verdict = block_run_transaction(
        &p->run, candidate->tx, candidate->sender, proposal->tracer);
    if (verdict != TX_OK)
        return verdict;
    size_t at = p->block->transaction_count++;
    p->block->transactions[at] = *candidate->tx;
    p->block->raw_transactions[at] = candidate->raw;
    p->hashes[at] = *candidate->hash;
    p->bytes += len + 8;
    return TX_OK;
}

static loft_err include_all(struct production *p)
{
    size_t count = p->proposal->count;
    p->block->transactions = ARENA_ARRAY(p->arena, struct transaction, count);
    p->block->raw_transactions = ARENA_ARRAY(p->arena, bytes, count);
    p->hashes = ARENA_ARRAY(p->arena, hash32, count);
    for (size_t i = 0; i < count; i++) {
        p->proposal->verdicts[i] = include(p, i);
        TRY(p->run.err);
        TRY(overlay_error(p->chain->overlay));
    }
    return LOFT_OK;
}

/* Fills in what only the execution could tell. */
static loft_err seal(struct production *p)
{
    struct header *header = &p->block->header;
    const struct block_outcome *outcome = &p->run.outcome;
    const struct block_ends ends = {.header = header};
    enum block_verdict verdict = block_run_end(&p->run, &ends);
    TRY(overlay_error(p->chain->overlay));
    if (verdict != BLOCK_OK)
        return LOFT_ERR_REFUSED;
    TRY(chain_apply_run(p->chain, &p->run, &header->state_root));
    p->block->has_withdrawals = p->fork >= FORK_SHANGHAI;
    header->transactions_root = trie_root_of_list(p->block->raw_transactions,
                                                  p->block->transaction_count);
    header->receipts_root = outcome->receipts_root;
    header->logs_bloom = outcome->logs_bloom;
    header->gas_used = outcome->gas_used;
    header->blob_gas_used = outcome->blob_gas_used;
    header->withdrawals_root = block_withdrawals_root(p->block);
    header->requests_hash = outcome->requests_hash;
    return LOFT_OK;
}

/* The block's RLP is written once; header and body are stored from it. */
static loft_err write(struct production *p, u256 total_difficulty)
{
    struct chain *chain = p->chain;
    struct block *block = p->block;
    chain->rlp.len = 0;
    block_encode(&chain->rlp, block);
    bytes whole = buffer_bytes(&chain->rlp), body, header_rlp;
    block->encoded_len = whole.len;
    TRY(rlp_read_list(&body, &whole));
    TRY(rlp_read_raw(&header_rlp, &body));
    block->hash = keccak256(header_rlp);

    struct block_id id = {block->header.number, block->hash};
    const struct stored_header stored = {total_difficulty, header_rlp};
    TRY(block_store_put(chain->txn, &id, &stored, body));
    TRY(block_store_put_receipts(chain->txn, &id, p->run.encoded_receipts,
                                 p->run.outcome.count));
    TRY(block_store_adopt(chain->txn, &id, chain->in_work, p->hashes,
                          block->transaction_count));
    TRY(block_store_set_head(chain->txn, &id));
    const struct chain_proposal *proposal = p->proposal;
    return proposal->beside ? proposal->beside(proposal->context, chain->txn)
                            : LOFT_OK;
}

static loft_err produce(struct production *p, u256 total_difficulty)
{
    TRY(chain_begin_run(p->chain, &p->run, p->arena, p->fork, &p->block->header,
                        p->proposal->count));
    TRY(include_all(p));
    TRY(seal(p));
    return write(p, total_difficulty);
}

loft_err chain_append(struct chain *chain, struct chain_proposal *proposal,
                      struct arena *arena, struct block *block,
                      struct block_outcome *outcome)
{
    struct production production = {
        .chain = chain, .proposal = proposal, .arena = arena, .block = block};
    *block = (struct block){0};
    make_header(&production);
    TRY(check_header(&production));
    header_depart(&block->header, production.fork, &proposal->departure);
    u256 total = u256_add(chain->head.total_difficulty,
                          block->header.difficulty);
    TRY(chain_begin(chain));
    TRY(chain_finish(chain, produce(&production, total)));
    struct block_id id = {block->header.number, block->hash};
    chain_move_head(chain, &id, &block->header, total);
    *outcome = production.run.outcome;
    return LOFT_OK;
}
