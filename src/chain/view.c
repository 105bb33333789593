#include <inttypes.h>

#include "base/memory.h"
#include "base/vec.h"
#include "chain/block_store.h"
#include "chain/chain_core.h"

struct chain_view {
    struct store_txn *txn;
    const struct chain_config *config;
    const struct chain_base *base;
    struct arena arena;
    struct chain_head head;
    struct buffer extra_data; /* the head's, beyond the transaction */
    struct block_id found;    /* last, of this transaction; zeros: none */
};

/* The hash says what the header is, and all before it. */
static bool is_head(const struct chain_view *view, const struct block_id *id)
{
    return view->head.number == id->number &&
           hash32_equal(&view->head.hash, &id->hash);
}

static loft_err read_head(struct chain_view *view)
{
    struct block_id id;
    struct chain_head *head = &view->head;
    TRY(block_store_head(view->txn, &id));
    if (is_head(view, &id))
        return LOFT_OK;
    /* Not that of a block whose header could not be read. */
    *head = (struct chain_head){0};
    TRY(block_store_read_header(view->txn, &head->header,
                                &head->total_difficulty, &id));
    view->extra_data.len = 0;
    buffer_put_bytes(&view->extra_data, head->header.extra_data);
    head->header.extra_data = buffer_bytes(&view->extra_data);
    head->number = id.number;
    head->hash = id.hash;
    return LOFT_OK;
}

loft_err chain_view_open(struct chain_view **out, struct store *store,
                         const struct chain_config *config,
                         const struct chain_base *base)
{
    struct chain_view *view = MEMORY_NEW(struct chain_view);
    arena_init(&view->arena);
    loft_err err = chain_view_wake(view, store, config, base);
    if (err != LOFT_OK)
        chain_view_close(view);
    *out = err == LOFT_OK ? view : NULL;
    return err;
}

loft_err chain_view_wake(struct chain_view *view, struct store *store,
                         const struct chain_config *config,
                         const struct chain_base *base)
{
    view->config = config;
    view->base = base;
    loft_err err = store_begin_read(store, &view->txn);
    if (err == LOFT_OK)
        err = read_head(view);
    if (err != LOFT_OK)
        chain_view_rest(view);
    return err;
}

void chain_view_rest(struct chain_view *view)
{
    store_abort(view->txn);
    view->txn = NULL;
    view->found = (struct block_id){0};
    arena_reset(&view->arena);
}

void chain_view_close(struct chain_view *view)
{
    if (!view)
        return;
    store_abort(view->txn);
    arena_fini(&view->arena);
    buffer_free(&view->extra_data);
    free(view);
}

const struct chain_config *chain_view_config(const struct chain_view *view)
{
    return view->config;
}

const struct chain_head *chain_view_head(const struct chain_view *view)
{
    return &view->head;
}

struct arena *chain_view_arena(struct chain_view *view)
{
    return &view->arena;
}

loft_err chain_view_mark(struct chain_view *view, struct chain_point *out)
{
    *out = (struct chain_point){.number = view->head.number,
                                .hash = view->head.hash};
    return state_newest(view->txn, &out->state);
}

loft_err chain_view_hash_of(struct chain_view *view, hash32 *hash,
                            uint64_t number)
{
    return block_store_canonical(view->txn, hash, number);
}

/* Mostly it is asked for one block's header, body and receipts in a row. */
static loft_err find(struct chain_view *view, struct block_id *out,
                     const hash32 *hash)
{
    if (hash32_equal(&view->found.hash, hash) && !hash32_is_zero(hash)) {
        *out = view->found;
        return LOFT_OK;
    }
    TRY(block_store_find(view->txn, out, hash));
    view->found = *out;
    return LOFT_OK;
}

loft_err chain_view_header(struct chain_view *view, struct header *header,
                           const hash32 *hash)
{
    struct block_id id;
    u256 ignored;
    TRY(find(view, &id, hash));
    return block_store_read_header(view->txn, header, &ignored, &id);
}

loft_err chain_view_block(struct chain_view *view, struct block *block,
                          const hash32 *hash)
{
    struct block_id id;
    TRY(find(view, &id, hash));
    return block_store_read_block(view->txn, &view->arena, block, &id);
}

loft_err chain_view_receipts(struct chain_view *view,
                             const struct receipt **receipts, size_t *count,
                             const hash32 *hash)
{
    struct block_id id;
    TRY(find(view, &id, hash));
    return block_store_read_receipts(view->txn, &view->arena, receipts, count,
                                     &id);
}

loft_err chain_view_transaction(struct chain_view *view, uint64_t *number,
                                uint32_t *index, const hash32 *hash)
{
    return block_store_find_transaction(view->txn, number, index, hash);
}

static loft_err open_state(struct chain_view *view, struct state_view **state,
                           uint64_t number)
{
    *state = ARENA_NEW(&view->arena, struct state_view);
    TRY(state_view_init(*state, view->txn, number));
    (*state)->base = view->base ? view->base->state : NULL;
    return LOFT_OK;
}

/* In the words of blocks: a step of the state says nothing to people. */
static loft_err forgotten(loft_err err, uint64_t number)
{
    return err == LOFT_ERR_NOT_FOUND
               ? err_say(err,
                         "the state of block %" PRIu64 " is forgotten by now, "
                         "as --prune-history has it",
                         number)
               : err;
}

loft_err chain_view_state(struct chain_view *view, struct state_view **state,
                          uint64_t number)
{
    if (number != STATE_NEWEST && number > view->head.number)
        return LOFT_ERR_NOT_FOUND;
    uint64_t at = STATE_NEWEST;
    if (number < view->head.number)
        TRY(block_store_state(view->txn, &at, number));
    return forgotten(open_state(view, state, at), number);
}

loft_err chain_view_state_before(struct chain_view *view,
                                 struct state_view **state, uint64_t number)
{
    uint64_t at;
    TRY(block_store_state(view->txn, &at, number));
    if (at == 0)
        return LOFT_ERR_NOT_FOUND;
    return forgotten(open_state(view, state, at - 1), number - 1);
}

loft_err chain_view_block_hash(void *context, hash32 *out, uint64_t number)
{
    const struct chain_view *view = context;
    return chain_hash_of(view->txn, view->base, out, number);
}
