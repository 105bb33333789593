/* Importing: a block is looked at alone, then beside its parent, then it is
 * executed where it belongs. One that continues the head is executed at once.
 * Any other is executed on its own branch: the canonical blocks down to the
 * common ancestor are undone, the branch is done again, and if the branch
 * is not to become canonical, or the block is not valid, the transaction in
 * which all that happened is dropped. */
#include "base/hex.h"
#include "chain/chain_core.h"
#include "chain/uncles.h"
#include "chain/validate.h"
#include "chain/verdict.h"
#include "codec/rlp.h"

struct import {
    struct chain *chain;
    struct block block;
    struct block_id id;
    bytes header_rlp, body;
    struct header parent;
    u256 total_difficulty;
    enum chain_fork fork;
    enum block_verdict verdict;
    bool is_known;
    bool becomes_head;
};

#define PASS(call)                       \
    do {                                 \
        TRY(call);                       \
        if (import->verdict != BLOCK_OK) \
            return LOFT_OK;              \
    } while (0)

static loft_err split_block(struct import *import, bytes rlp)
{
    TRY(rlp_read_list(&import->body, &rlp));
    TRY(rlp_read_raw(&import->header_rlp, &import->body));
    return LOFT_OK;
}

static loft_err decode(struct import *import, bytes rlp)
{
    bytes rest = rlp;
    loft_err err = block_decode(&import->chain->arena, &import->block, &rest);
    if (err == LOFT_OK)
        err = rlp_read_end(rest);
    if (err == LOFT_OK)
        err = split_block(import, rlp);
    if (err != LOFT_OK) {
        (void)err_in(err, "%s", block_verdict_text(BLOCK_MALFORMED));
        import->verdict = BLOCK_MALFORMED;
        return LOFT_OK;
    }
    import->id = (struct block_id){import->block.header.number,
                                   import->block.hash};
    return LOFT_OK;
}

/* False also where the number has no canonical block. */
static loft_err is_canonical(struct store_txn *txn, bool *out,
                             const struct block_id *id)
{
    hash32 hash;
    loft_err err = block_store_canonical(txn, &hash, id->number);
    *out = err == LOFT_OK && hash32_equal(&hash, &id->hash);
    return err == LOFT_ERR_NOT_FOUND ? LOFT_OK : err;
}

static loft_err read_parent(struct import *import)
{
    struct store_txn *txn = import->chain->txn;
    const struct header *header = &import->block.header;
    struct block_id id;
    u256 parent_total;
    loft_err err = block_store_find(txn, &id, &header->parent_hash);
    if (err == LOFT_ERR_NOT_FOUND) {
        char name[65] = "";
        hex_write(name, bytes_hash(&header->parent_hash));
        import->verdict = block_refuse(BLOCK_UNKNOWN_PARENT, "0x%s", name);
        return LOFT_OK;
    }
    TRY(err);
    TRY(block_store_read_header(txn, &import->parent, &parent_total, &id));
    import->total_difficulty = u256_add(parent_total, header->difficulty);
    import->fork = chain_fork_after(&import->chain->config, parent_total,
                                    id.number + 1, header->timestamp);
    return LOFT_OK;
}

static loft_err validate(struct import *import)
{
    struct chain *chain = import->chain;
    import->verdict = header_validate(&chain->config, import->fork,
                                      &import->block.header, &import->parent);
    if (import->verdict == BLOCK_OK)
        import->verdict = body_validate(import->fork, &import->block);
    if (import->verdict != BLOCK_OK)
        return LOFT_OK;
    return uncles_validate(&import->verdict, chain->txn, &chain->config,
                           &import->block);
}

static enum block_verdict refuse_transaction(size_t index,
                                             enum transaction_verdict verdict)
{
    return block_refuse(BLOCK_BAD_TRANSACTION, "transaction %zu: %s", index,
                        transaction_verdict_text(verdict));
}

static enum block_verdict run_transactions(struct block_run *run,
                                           const struct block *block)
{
    enum evm_rules rules = fork_rules(run->context.fork);
    for (size_t i = 0; i < block->transaction_count; i++) {
        const struct transaction *tx = &block->transactions[i];
        address sender;
        if (!transaction_sender(&sender, tx, rules))
            return refuse_transaction(i, TX_BAD_SIGNATURE);
        enum transaction_verdict verdict = block_run_transaction(run, tx,
                                                                 &sender, NULL);
        if (verdict != TX_OK)
            return refuse_transaction(i, verdict);
        if (run->err != LOFT_OK || overlay_error(run->overlay) != LOFT_OK)
            return BLOCK_STATE_UNREADABLE;
    }
    return BLOCK_OK;
}

static enum block_verdict run_block(struct block_run *run,
                                    const struct block *block)
{
    const struct block_ends ends = {
        .header = &block->header,
        .uncles = block->uncles,
        .uncle_count = block->uncle_count,
        .withdrawals = block->withdrawals,
        .withdrawal_count = block->withdrawal_count,
    };
    JUDGE(run_transactions(run, block));
    JUDGE(block_run_end(run, &ends));
    return outcome_validate(run->context.fork, &block->header, &run->outcome);
}

static enum block_verdict judge_root(const struct block *block,
                                     const hash32 *root)
{
    if (hash32_equal(root, &block->header.state_root))
        return BLOCK_OK;
    char said[65] = "", found[65] = "";
    hex_write(said, bytes_hash(&block->header.state_root));
    hex_write(found, bytes_hash(root));
    return block_refuse(BLOCK_BAD_STATE_ROOT,
                        "the header says 0x%s, it is 0x%s", said, found);
}

/* Executes a block on its parent's state, and makes it canonical. */
static loft_err execute(struct chain *chain, struct arena *arena,
                        const struct block *block, enum chain_fork fork,
                        enum block_verdict *verdict)
{
    struct block_id id = {block->header.number, block->hash};
    struct block_run run;
    hash32 root;
    TRY(chain_begin_run(chain, &run, arena, fork, &block->header,
                        block->transaction_count));
    *verdict = run_block(&run, block);
    TRY(run.err);
    TRY(overlay_error(chain->overlay));
    if (*verdict == BLOCK_OK) {
        TRY(chain_apply_run(chain, &run, &root));
        *verdict = judge_root(block, &root);
    }
    if (*verdict != BLOCK_OK)
        return LOFT_OK;
    TRY(block_store_put_receipts(chain->txn, &id, run.encoded_receipts,
                                 run.outcome.count));
    return block_store_adopt(chain->txn, &id, chain->in_work,
                             block_transaction_hashes(arena, block),
                             block->transaction_count);
}

/* The blocks of a branch that are not canonical, the newest first, and where
 * it leaves the canonical chain. */
struct branch {
    VEC(struct block_id) ids;
    uint64_t ancestor;
};

static loft_err trace_branch(struct branch *branch, struct store_txn *txn,
                             struct block_id id)
{
    for (;;) {
        bool canonical;
        struct header header;
        u256 total;
        TRY(is_canonical(txn, &canonical, &id));
        if (canonical) {
            branch->ancestor = id.number;
            return LOFT_OK;
        }
        VEC_PUSH(&branch->ids, id);
        TRY(block_store_read_header(txn, &header, &total, &id));
        id = (struct block_id){id.number - 1, header.parent_hash};
    }
}

/* A block of a branch was valid when it came. */
static loft_err redo(struct chain *chain, const struct block_id *id)
{
    struct stored_header parent, own;
    struct block block;
    enum block_verdict verdict;
    arena_reset(&chain->branch_arena);
    TRY(block_store_read_block(chain->txn, &chain->branch_arena, &block, id));
    struct block_id parent_id = {id->number - 1, block.header.parent_hash};
    TRY(block_store_header(chain->txn, &parent, &parent_id));
    TRY(block_store_header(chain->txn, &own, id));
    enum chain_fork fork = chain_fork_after(&chain->config,
                                            parent.total_difficulty, id->number,
                                            block.header.timestamp);
    TRY(execute(chain, &chain->branch_arena, &block, fork, &verdict));
    if (verdict == BLOCK_OK)
        return LOFT_OK;
    return err_in(LOFT_ERR_CORRUPT, "a stored block is not valid");
}

static loft_err take_branch(struct chain *chain, const struct branch *branch)
{
    uint64_t state;
    TRY(block_store_state(chain->txn, &state, branch->ancestor));
    TRY(chain_unwind(chain, branch->ancestor, state));
    for (size_t i = branch->ids.len; i-- > 0;)
        TRY(redo(chain, &branch->ids.at[i]));
    return LOFT_OK;
}

/* Makes block `tip` the newest canonical one, and the state what it was after
 * it: a block follows its parent alone. */
static loft_err switch_to(struct chain *chain, const struct block_id *tip)
{
    struct branch branch = {0};
    loft_err err = trace_branch(&branch, chain->txn, *tip);
    if (err == LOFT_OK)
        err = take_branch(chain, &branch);
    VEC_FREE(&branch.ids);
    return err;
}

/* EIP-3675: proof of work decides up to the merge; the first of equals stays.
 * After it whoever brings blocks decides, and brings them in order. */
static bool is_better(const struct import *import)
{
    const struct chain_head *head = &import->chain->head;
    u256 before_head = u256_sub(head->total_difficulty,
                                head->header.difficulty);
    bool head_merged = chain_fork_after(&import->chain->config, before_head,
                                        head->number,
                                        head->header.timestamp) >= FORK_PARIS;
    if (import->fork >= FORK_PARIS)
        return true;
    return !head_merged &&
           u256_less(head->total_difficulty, import->total_difficulty);
}

static loft_err put_block(struct import *import)
{
    const struct stored_header header = {import->total_difficulty,
                                         import->header_rlp};
    return block_store_put(import->chain->txn, &import->id, &header,
                           import->body);
}

static loft_err import_new(struct import *import)
{
    struct chain *chain = import->chain;
    const struct block_id parent = {import->block.header.number - 1,
                                    import->block.header.parent_hash};
    PASS(validate(import));
    TRY(switch_to(chain, &parent));
    TRY(put_block(import));
    PASS(execute(chain, &chain->arena, &import->block, import->fork,
                 &import->verdict));
    import->becomes_head = is_better(import);
    if (!import->becomes_head)
        return LOFT_OK;
    return block_store_set_head(chain->txn, &import->id);
}

/* A block that is here already is chosen again, if it is not canonical. */
static loft_err import_known(struct import *import)
{
    bool canonical;
    TRY(is_canonical(import->chain->txn, &canonical, &import->id));
    import->becomes_head = !canonical && is_better(import);
    if (!import->becomes_head)
        return LOFT_OK;
    TRY(switch_to(import->chain, &import->id));
    return block_store_set_head(import->chain->txn, &import->id);
}

static loft_err import_block(struct import *import)
{
    struct block_id known;
    loft_err err = block_store_find(import->chain->txn, &known,
                                    &import->block.hash);
    if (err != LOFT_OK && err != LOFT_ERR_NOT_FOUND)
        return err;
    import->is_known = err == LOFT_OK;
    if (import->is_known && known.number == 0)
        return LOFT_OK;
    PASS(read_parent(import));
    return import->is_known ? import_known(import) : import_new(import);
}

/* A valid block that is not to be canonical is kept, by itself. */
static loft_err keep_aside(struct import *import)
{
    chain_give_up(import->chain);
    TRY(chain_begin(import->chain));
    return chain_finish(import->chain, put_block(import));
}

static loft_err conclude(struct import *import, loft_err err)
{
    struct chain *chain = import->chain;
    bool valid = err == LOFT_OK && import->verdict == BLOCK_OK;
    if (valid && import->becomes_head) {
        TRY(chain_finish(chain, LOFT_OK));
        chain_move_head(chain, &import->id, &import->block.header,
                        import->total_difficulty);
        return LOFT_OK;
    }
    if (valid && !import->is_known)
        return keep_aside(import);
    chain_give_up(chain);
    return err;
}

loft_err chain_import(struct chain *chain, enum block_verdict *verdict,
                      bytes rlp)
{
    struct import whole = {.chain = chain}, *import = &whole;
    arena_reset(&chain->arena);
    *verdict = BLOCK_MALFORMED;
    TRY(decode(import, rlp));
    if (import->verdict == BLOCK_OK) {
        TRY(chain_begin(chain));
        TRY(conclude(import, import_block(import)));
    }
    *verdict = import->verdict;
    return LOFT_OK;
}
