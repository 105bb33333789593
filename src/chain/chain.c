#include "chain/chain.h"

#include <inttypes.h>

#include "base/assert.h"
#include "base/hex.h"
#include "base/memory.h"
#include "chain/chain_core.h"
#include "codec/rlp.h"

loft_err chain_begin(struct chain *chain)
{
    return chain->is_grouping ? LOFT_OK
                              : store_begin_write(chain->store, &chain->txn);
}

loft_err chain_finish(struct chain *chain, loft_err err)
{
    if (chain->is_grouping)
        return err;
    if (err != LOFT_OK) {
        chain_give_up(chain);
        return err;
    }
    err = store_commit(chain->txn);
    chain->txn = NULL;
    return err;
}

void chain_give_up(struct chain *chain)
{
    store_abort(chain->txn);
    chain->txn = NULL;
}

void chain_move_head(struct chain *chain, const struct block_id *id,
                     const struct header *header, u256 total_difficulty)
{
    chain->head_extra.len = 0;
    buffer_put_bytes(&chain->head_extra, header->extra_data);
    chain->head = (struct chain_head){.number = id->number,
                                      .hash = id->hash,
                                      .header = *header,
                                      .total_difficulty = total_difficulty};
    chain->head.header.extra_data = buffer_bytes(&chain->head_extra);
}

enum chain_fork chain_fork_after(const struct chain_config *config,
                                 u256 parent_total_difficulty, uint64_t number,
                                 uint64_t timestamp)
{
    bool past_merge = config->has_terminal_difficulty &&
                      !u256_less(parent_total_difficulty,
                                 config->terminal_difficulty);
    return chain_fork_at(config, number, timestamp, past_merge);
}

loft_err chain_hash_of(struct store_txn *txn, const struct chain_base *base,
                       hash32 *out, uint64_t number)
{
    loft_err err = block_store_canonical(txn, out, number);
    if (err != LOFT_ERR_NOT_FOUND)
        return err;
    *out = (hash32){0};
    return base && number < base->header.number
               ? base->block_hash(base->context, out, number)
               : LOFT_OK;
}

loft_err chain_begin_group(struct chain *chain)
{
    ASSERT(!chain->is_grouping);
    TRY(chain_begin(chain));
    chain->is_grouping = true;
    chain->head_before = chain->head;
    chain->extra_before.len = 0;
    buffer_put_bytes(&chain->extra_before, chain->head.header.extra_data);
    return LOFT_OK;
}

loft_err chain_end_group(struct chain *chain, loft_err err)
{
    const struct chain_head *before = &chain->head_before;
    ASSERT(chain->is_grouping);
    chain->is_grouping = false;
    err = chain_finish(chain, err);
    if (err == LOFT_OK)
        return LOFT_OK;
    chain->head_before.header.extra_data = buffer_bytes(&chain->extra_before);
    chain_move_head(chain, &(struct block_id){before->number, before->hash},
                    &before->header, before->total_difficulty);
    return err;
}

/* BLOCKHASH for blocks in the making. */
static loft_err block_hash_of(void *context, hash32 *out, uint64_t number)
{
    struct chain *chain = context;
    return chain_hash_of(chain->txn, chain->base, out, number);
}

/* The overlay forgets all, and reads the tables as they are now. */
static loft_err read_anew(struct chain *chain)
{
    TRY(state_view_init(&chain->view, chain->txn, STATE_NEWEST));
    chain->view.base = chain->base ? chain->base->state : NULL;
    overlay_reset(chain->overlay, &chain->view.source);
    return LOFT_OK;
}

loft_err chain_begin_state(struct chain *chain)
{
    TRY(state_newest(chain->txn, &chain->in_work));
    chain->in_work++;
    return read_anew(chain);
}

static loft_err settle(void *keeper, hash32 *root)
{
    struct chain *chain = keeper;
    TRY(overlay_error(chain->overlay));
    TRY(state_apply(chain->state, chain->txn, chain->overlay, chain->in_work,
                    root));
    return read_anew(chain);
}

loft_err chain_begin_run(struct chain *chain, struct block_run *run,
                         struct arena *arena, enum chain_fork fork,
                         const struct header *header, size_t count_max)
{
    *run = (struct block_run){
        .executor = chain->executor,
        .overlay = chain->overlay,
        .arena = arena,
        .scratch = &chain->receipts,
        .settle = settle,
        .keeper = chain,
    };
    block_context_init(&run->context, &chain->config, fork, header);
    run->context.block_hash = block_hash_of;
    run->context.chain = chain;
    TRY(chain_begin_state(chain));
    block_run_begin(run, header, count_max);
    return overlay_error(chain->overlay);
}

loft_err chain_apply_run(struct chain *chain, const struct block_run *run,
                         hash32 *root)
{
    TRY(run->err);
    TRY(overlay_error(chain->overlay));
    return state_apply(chain->state, chain->txn, chain->overlay, chain->in_work,
                       root);
}

static loft_err read_head(struct chain *chain, struct store_txn *txn)
{
    struct block_id id;
    struct header header;
    u256 total_difficulty;
    TRY(block_store_head(txn, &id));
    TRY(block_store_read_header(txn, &header, &total_difficulty, &id));
    chain_move_head(chain, &id, &header, total_difficulty);
    return LOFT_OK;
}

/* The genesis block's body: no transactions, no uncles, and from Shanghai on
 * no withdrawals. */
static bytes empty_body(const struct header *header)
{
    static const uint8_t EMPTY_LISTS[] = {0xc0, 0xc0, 0xc0};
    return bytes_of(EMPTY_LISTS, header->fields >= HEADER_WITHDRAWALS ? 3 : 2);
}

/* The state goes to the tables as block 0, and the block beside it. */
static loft_err write_genesis(struct chain *chain, const struct header *header,
                              const struct overlay *overlay)
{
    struct block_id id = {header->number, chain->genesis_hash};
    struct buffer rlp = {0};
    hash32 root;
    header_encode(&rlp, header);
    struct stored_header stored = {header->difficulty, buffer_bytes(&rlp)};
    loft_err err = state_apply(chain->state, chain->txn, overlay, id.number,
                               &root);
    if (err == LOFT_OK && !chain->base &&
        !hash32_equal(&root, &header->state_root))
        err = err_say(LOFT_ERR_CORRUPT,
                      "the genesis state on disk has another root");
    if (err == LOFT_OK)
        err = block_store_put(chain->txn, &id, &stored, empty_body(header));
    if (err == LOFT_OK)
        err = block_store_put_receipts(chain->txn, &id, NULL, 0);
    if (err == LOFT_OK)
        err = block_store_adopt(chain->txn, &id, id.number, NULL, 0);
    if (err == LOFT_OK)
        err = block_store_set_head(chain->txn, &id);
    buffer_free(&rlp);
    return err;
}

static loft_err make_genesis(struct chain *chain, const struct header *header,
                             const struct overlay *overlay)
{
    TRY(chain_begin(chain));
    loft_err err = write_genesis(chain, header, overlay);
    if (err == LOFT_OK)
        err = read_head(chain, chain->txn);
    return chain_finish(chain, err);
}

static loft_err check_genesis(struct chain *chain, struct store_txn *txn)
{
    hash32 stored;
    loft_err err = block_store_canonical(txn, &stored, chain->first);
    if (err == LOFT_ERR_NOT_FOUND)
        return err_say(LOFT_ERR_REFUSED,
                       "the folder holds a chain that does not begin at block "
                       "%" PRIu64,
                       chain->first);
    TRY(err);
    if (hash32_equal(&stored, &chain->genesis_hash))
        return read_head(chain, txn);
    char has[65] = "", want[65] = "";
    hex_write(has, bytes_hash(&stored));
    hex_write(want, bytes_hash(&chain->genesis_hash));
    return err_say(LOFT_ERR_REFUSED,
                   "the folder holds a chain with genesis 0x%s, not 0x%s", has,
                   want);
}

static loft_err look_for_head(struct chain *chain)
{
    struct store_txn *txn;
    struct block_id id;
    TRY(store_begin_read(chain->store, &txn));
    loft_err err = block_store_head(txn, &id);
    if (err == LOFT_OK)
        err = check_genesis(chain, txn);
    store_abort(txn);
    return err;
}

static loft_err open_at(struct chain *chain, const struct header *header,
                        const struct overlay *overlay)
{
    chain->first = header->number;
    chain->genesis_hash = header_hash(header);
    loft_err err = look_for_head(chain);
    return err == LOFT_ERR_NOT_FOUND ? make_genesis(chain, header, overlay)
                                     : err;
}

static loft_err open_genesis(struct chain *chain, const struct genesis *genesis)
{
    struct overlay *overlay = overlay_new(&STATE_NOWHERE);
    struct header header = genesis->header;
    if (chain->base) {
        header = chain->base->header;
    } else {
        genesis_apply(overlay, genesis);
        header.state_root = overlay_root(overlay);
    }
    loft_err err = open_at(chain, &header, overlay);
    overlay_free(overlay);
    return err;
}

static loft_err open_in(struct chain *chain,
                        const struct chain_options *options,
                        const struct genesis *genesis)
{
    struct state_options state = options->state;
    state.is_over_base = options->base != NULL;
    TRY(store_open(&chain->store, options->dir, &options->store));
    TRY(state_open(&chain->state, chain->store, &state));
    return open_genesis(chain, genesis);
}

loft_err chain_open(struct chain **out, const struct chain_options *options,
                    const struct genesis *genesis)
{
    struct chain *chain = MEMORY_NEW(struct chain);
    chain->config = genesis->config;
    chain->base = options->base;
    chain->overlay = overlay_new(&STATE_NOWHERE);
    chain->executor = executor_new();
    arena_init(&chain->arena);
    arena_init(&chain->branch_arena);
    loft_err err = open_in(chain, options, genesis);
    *out = err == LOFT_OK ? chain : NULL;
    if (err != LOFT_OK)
        chain_close(chain);
    return err;
}

void chain_close(struct chain *chain)
{
    if (!chain)
        return;
    overlay_free(chain->overlay);
    executor_free(chain->executor);
    state_close(chain->state);
    store_close(chain->store);
    arena_fini(&chain->arena);
    arena_fini(&chain->branch_arena);
    buffer_free(&chain->receipts);
    buffer_free(&chain->rlp);
    buffer_free(&chain->head_extra);
    buffer_free(&chain->extra_before);
    free(chain);
}

const struct chain_config *chain_config(const struct chain *chain)
{
    return &chain->config;
}

struct store *chain_store(struct chain *chain)
{
    return chain->store;
}

const struct chain_head *chain_head(const struct chain *chain)
{
    return &chain->head;
}

const struct chain_base *chain_base(const struct chain *chain)
{
    return chain->base;
}

const hash32 *chain_genesis_hash(const struct chain *chain)
{
    return &chain->genesis_hash;
}
