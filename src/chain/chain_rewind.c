/* Going back, and changing the state outside of blocks, which is what going
 * back must also take back. */
#include <inttypes.h>

#include "chain/chain_core.h"

/* Of the blocks that one step back undoes: some milliseconds. */
#define GAS_UNDONE_MAX 3000000

/* Takes a block out of the canonical chain; its state is undone apart. */
static loft_err abandon(struct chain *chain, uint64_t number)
{
    struct block_id id = {.number = number};
    struct block block;
    arena_reset(&chain->branch_arena);
    TRY(block_store_canonical(chain->txn, &id.hash, number));
    TRY(block_store_read_block(chain->txn, &chain->branch_arena, &block, &id));
    return block_store_abandon(
        chain->txn, &id, block_transaction_hashes(&chain->branch_arena, &block),
        block.transaction_count);
}

loft_err chain_unwind(struct chain *chain, uint64_t number, uint64_t state)
{
    uint64_t newest;
    hash32 root;
    for (uint64_t at = chain->head.number; at > number; at--)
        TRY(abandon(chain, at));
    TRY(state_newest(chain->txn, &newest));
    for (; newest > state; newest--)
        TRY(state_unwind(chain->state, chain->txn, newest, &root));
    return LOFT_OK;
}

/* Block and state become the newest; *header lives in the chain's arena. */
static loft_err go_back(struct chain *chain, const struct chain_point *point,
                        struct header *header, u256 *total_difficulty)
{
    struct block_id id = {point->number, point->hash};
    TRY(chain_unwind(chain, point->number, point->state));
    TRY(block_store_set_head(chain->txn, &id));
    TRY(block_store_read_header(chain->txn, header, total_difficulty, &id));
    header->extra_data = arena_copy(&chain->arena, header->extra_data);
    return LOFT_OK;
}

static loft_err is_past(struct chain *chain, const struct chain_point *point)
{
    uint64_t from, newest;
    hash32 hash;
    TRY(block_store_canonical(chain->txn, &hash, point->number));
    TRY(block_store_state(chain->txn, &from, point->number));
    TRY(state_newest(chain->txn, &newest));
    return hash32_equal(&hash, &point->hash) && point->state >= from &&
                   point->state <= newest
               ? LOFT_OK
               : LOFT_ERR_NOT_FOUND;
}

static loft_err check_past(struct chain *chain, const struct chain_point *point)
{
    uint64_t kept_from;
    loft_err err = is_past(chain, point);
    if (err == LOFT_ERR_NOT_FOUND)
        return err_say(err, "the chain went back beyond block %" PRIu64,
                       point->number);
    TRY(err);
    TRY(state_history_from(chain->txn, &kept_from));
    return point->state < kept_from
               ? err_say(LOFT_ERR_NOT_FOUND,
                         "the state of block %" PRIu64 " is forgotten by now, "
                         "as --prune-history has it: there is no way back",
                         point->number)
               : LOFT_OK;
}

static loft_err return_to(struct chain *chain, const struct chain_point *point,
                          struct header *header, u256 *total_difficulty)
{
    TRY(check_past(chain, point));
    return go_back(chain, point, header, total_difficulty);
}

/* Goes where `choose` says, on the way to the point. */
typedef loft_err choose_stop(struct chain *chain, struct chain_point *stop,
                             const struct chain_point *point);

static loft_err return_by(struct chain *chain, const struct chain_point *point,
                          choose_stop *choose, struct chain_point *stop)
{
    struct header header;
    u256 total_difficulty;
    *stop = *point;
    arena_reset(&chain->arena);
    TRY(chain_begin(chain));
    loft_err err = choose ? choose(chain, stop, point) : LOFT_OK;
    if (err == LOFT_OK)
        err = return_to(chain, stop, &header, &total_difficulty);
    TRY(chain_finish(chain, err));
    chain_move_head(chain, &(struct block_id){stop->number, stop->hash},
                    &header, total_difficulty);
    return LOFT_OK;
}

loft_err chain_return(struct chain *chain, const struct chain_point *point)
{
    struct chain_point stop;
    return return_by(chain, point, NULL, &stop);
}

/* The lowest block that so much work leads to, from the head down. */
static loft_err find_stop(struct chain *chain, uint64_t lowest,
                          uint64_t *number)
{
    uint64_t gas = 0, count = 0;
    for (*number = chain->head.number;
         *number > lowest && count < CHAIN_RETURN_BLOCKS &&
         gas < GAS_UNDONE_MAX;
         --*number, count++) {
        struct block_id id = {.number = *number};
        struct header header;
        u256 unused;
        TRY(block_store_canonical(chain->txn, &id.hash, *number));
        TRY(block_store_read_header(chain->txn, &header, &unused, &id));
        gas += header.gas_used;
    }
    return LOFT_OK;
}

/* A point that cannot be reached is found out before anything is undone. */
static loft_err choose_near(struct chain *chain, struct chain_point *stop,
                            const struct chain_point *point)
{
    uint64_t number;
    loft_err err = check_past(chain, point);
    if (err == LOFT_OK)
        err = find_stop(chain, point->number, &number);
    if (err != LOFT_OK || number == point->number)
        return err;
    stop->number = number;
    TRY(block_store_canonical(chain->txn, &stop->hash, number));
    return block_store_state(chain->txn, &stop->state, number);
}

loft_err chain_return_some(struct chain *chain, const struct chain_point *point,
                           bool *done)
{
    struct chain_point stop;
    TRY(return_by(chain, point, choose_near, &stop));
    *done = stop.number == point->number;
    return LOFT_OK;
}

/* Looks without changing anything. */
static loft_err look(struct chain *chain, uint64_t number,
                     struct chain_point *after, uint64_t *newest)
{
    struct store_txn *txn;
    TRY(store_begin_read(chain->store, &txn));
    after->number = number;
    loft_err err = block_store_canonical(txn, &after->hash, number);
    if (err == LOFT_OK)
        err = block_store_state(txn, &after->state, number);
    if (err == LOFT_OK)
        err = state_newest(txn, newest);
    store_abort(txn);
    return err;
}

loft_err chain_point_at(struct chain *chain, struct chain_point *out,
                        uint64_t number)
{
    uint64_t newest;
    if (number > chain->head.number)
        return err_say(LOFT_ERR_NOT_FOUND,
                       "block %" PRIu64 " is beyond the head, %" PRIu64, number,
                       chain->head.number);
    if (number < chain->first)
        return err_say(LOFT_ERR_NOT_FOUND,
                       "block %" PRIu64 " is before the first one here, "
                       "%" PRIu64,
                       number, chain->first);
    return look(chain, number, out, &newest);
}

loft_err chain_rewind(struct chain *chain, uint64_t number)
{
    struct chain_point point;
    TRY(chain_point_at(chain, &point, number));
    return chain_return(chain, &point);
}

loft_err chain_mark(struct chain *chain, struct chain_point *out)
{
    uint64_t newest;
    TRY(look(chain, chain->head.number, out, &newest));
    out->state = newest;
    return LOFT_OK;
}

loft_err chain_is_amended(struct chain *chain, bool *out)
{
    struct chain_point head;
    uint64_t newest;
    TRY(look(chain, chain->head.number, &head, &newest));
    *out = newest != head.state;
    return LOFT_OK;
}

static loft_err amend(struct chain *chain, chain_amendment *change,
                      void *context)
{
    hash32 root;
    TRY(chain_begin_state(chain));
    overlay_begin(chain->overlay, (struct overlay_rules){0});
    TRY(change(context, chain->overlay));
    overlay_end(chain->overlay);
    TRY(overlay_error(chain->overlay));
    return state_apply(chain->state, chain->txn, chain->overlay, chain->in_work,
                       &root);
}

loft_err chain_amend(struct chain *chain, chain_amendment *change,
                     void *context)
{
    TRY(chain_begin(chain));
    return chain_finish(chain, amend(chain, change, context));
}
