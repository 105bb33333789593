#include "chain/pool_state.h"

/* A sender's next transaction, while a selection goes on. */
struct candidate {
    const struct pool_node *node;
    u256 tip;
    size_t left;  /* pending ones of the sender, this one with them */
    size_t ahead; /* its place in selection.ahead, from 1; 0: none */
};

/* Those of a sender that follow, listed some at a time. */
enum { AHEAD_MAX = 32 };
struct ahead {
    const struct pool_node *nodes[AHEAD_MAX];
    size_t from, len;
};

struct selection {
    VEC(struct candidate) heap; /* what comes first on top */
    VEC(struct ahead) ahead;
    enum pool_order order;
    u256 base_fee;
};

/* False: it does not pay the base fee. */
static bool candidate_init(struct candidate *out, const struct pool_node *node,
                           size_t left, size_t ahead, u256 base_fee)
{
    u256 above;
    const struct transaction *tx = &node->entry.tx;
    if (u256_sub_overflow(&above, tx->max_fee, base_fee))
        return false;
    bool capped = u256_less(above, tx->max_priority_fee);
    *out = (struct candidate){
        .node = node,
        .tip = capped ? above : tx->max_priority_fee,
        .left = left,
        .ahead = ahead,
    };
    return true;
}

static bool comes_first(const struct selection *selection,
                        const struct candidate *a, const struct candidate *b)
{
    int order = selection->order == POOL_BY_FEES ? u256_compare(a->tip, b->tip)
                                                 : 0;
    return order ? order > 0 : a->node->sequence < b->node->sequence;
}

static void selection_down(struct selection *selection, size_t rank)
{
    struct candidate *heap = selection->heap.at, moved = heap[rank];
    size_t len = selection->heap.len, below;
    while ((below = 2 * rank + 1) < len) {
        if (below + 1 < len &&
            comes_first(selection, &heap[below + 1], &heap[below]))
            below++;
        if (!comes_first(selection, &heap[below], &moved))
            break;
        heap[rank] = heap[below];
        rank = below;
    }
    heap[rank] = moved;
}

static void selection_init(struct selection *selection, const struct pool *pool)
{
    VEC_FOR_EACH (at, &pool->weakest) {
        struct candidate first;
        if ((*at)->pending &&
            candidate_init(&first, queue_first((*at)->queue), (*at)->pending, 0,
                           selection->base_fee))
            VEC_PUSH(&selection->heap, first);
    }
    for (size_t rank = selection->heap.len / 2; rank-- > 0;)
        selection_down(selection, rank);
}

/* NULL: there is none with the next nonce. */
static const struct pool_node *follower(struct selection *selection,
                                        const struct pool *pool,
                                        struct candidate *candidate)
{
    const struct pool_entry *entry = &candidate->node->entry;
    uint64_t nonce = entry->tx.nonce + 1;
    if (!candidate->ahead) {
        VEC_PUSH(&selection->ahead, (struct ahead){0});
        candidate->ahead = selection->ahead.len;
    }
    struct ahead *ahead = &selection->ahead.at[candidate->ahead - 1];
    if (ahead->from == ahead->len) {
        ahead->from = 0;
        ahead->len = queue_list(pool_sender_of(pool, &entry->sender)->queue,
                                nonce, ahead->nodes, AHEAD_MAX);
    }
    const struct pool_node *next = ahead->from < ahead->len
                                       ? ahead->nodes[ahead->from++]
                                       : NULL;
    return next && next->nonce == nonce ? next : NULL;
}

/* On top comes the sender's next transaction, or without one the last. */
static void selection_advance(struct selection *selection,
                              const struct pool *pool, bool taken)
{
    struct candidate *top = &selection->heap.at[0];
    const struct pool_node *next = NULL;
    if (taken && top->left > 1)
        next = follower(selection, pool, top);
    if (!next || !candidate_init(top, next, top->left - 1, top->ahead,
                                 selection->base_fee))
        *top = selection->heap.at[--selection->heap.len];
    if (selection->heap.len)
        selection_down(selection, 0);
}

size_t pool_select(struct pool *pool, const struct pool_entry **out, size_t max,
                   u256 base_fee, uint64_t gas_limit)
{
    struct selection selection = {.order = pool->order, .base_fee = base_fee};
    size_t count = 0;
    selection_init(&selection, pool);
    while (count < max && selection.heap.len) {
        const struct pool_entry *entry = &selection.heap.at[0].node->entry;
        bool fits = entry->tx.gas_limit <= gas_limit;
        if (fits) {
            out[count++] = entry;
            gas_limit -= entry->tx.gas_limit;
        }
        selection_advance(&selection, pool, fits);
    }
    VEC_FREE(&selection.heap);
    VEC_FREE(&selection.ahead);
    return count;
}
