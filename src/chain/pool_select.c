#include "chain/pool_state.h"

/* A sender's next transaction, while a selection goes on. */
struct candidate {
    const struct pool_node *node;
    u256 tip;
    size_t left; /* pending ones of the sender, this one with them */
};

struct selection {
    VEC(struct candidate) heap; /* what comes first on top */
    enum pool_order order;
    u256 base_fee;
};

/* False: it does not pay the base fee. */
static bool candidate_init(struct candidate *out, const struct pool_node *node,
                           size_t left, u256 base_fee)
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
            candidate_init(&first, queue_first((*at)->queue), (*at)->pending,
                           selection->base_fee))
            VEC_PUSH(&selection->heap, first);
    }
    for (size_t rank = selection->heap.len / 2; rank-- > 0;)
        selection_down(selection, rank);
}

/* On top comes the sender's next transaction, or without one the last. */
static void selection_advance(struct selection *selection,
                              const struct pool *pool, bool taken)
{
    struct candidate *top = &selection->heap.at[0];
    const struct pool_entry *entry = &top->node->entry;
    const struct pool_node *next = NULL;
    if (taken && top->left > 1)
        next = queue_find(pool_sender_of(pool, &entry->sender)->queue,
                          entry->tx.nonce + 1);
    if (!next || !candidate_init(top, next, top->left - 1, selection->base_fee))
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
    return count;
}
