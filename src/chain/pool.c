#include "chain/pool.h"

#include "base/assert.h"
#include "base/attributes.h"
#include "base/memory.h"
#include "chain/pool_state.h"
#include "crypto/secret.h"

const char *pool_verdict_text(enum pool_verdict verdict)
{
    static const char *const texts[] = {
#define X(name, text) [POOL_##name] = text,
        POOL_VERDICTS(X)
#undef X
    };
    ASSERT(verdict < ARRAY_LEN(texts));
    return texts[verdict];
}

struct pool *pool_new(void)
{
    static const struct pool_limits limits = {
        .transactions_max = POOL_TRANSACTIONS_MAX,
        .sender_max = POOL_SENDER_MAX,
        .bytes_max = POOL_BYTES_MAX,
    };
    return pool_new_limited(&limits);
}

struct pool *pool_new_limited(const struct pool_limits *limits)
{
    struct pool *pool = MEMORY_NEW(struct pool);
    pool->limits = *limits;
    map_init(&pool->by_hash, sizeof(hash32), sizeof(struct pool_node *));
    map_init(&pool->senders, sizeof(address), sizeof(struct pool_sender *));
    random_bytes(&pool->random, sizeof pool->random);
    return pool;
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    MAP_FOR_EACH (i, &pool->by_hash) {
        free(*(struct pool_node **)map_value_at(&pool->by_hash, i));
    }
    VEC_FOR_EACH (sender, &pool->weakest) {
        free(*sender);
    }
    VEC_FREE(&pool->weakest);
    map_fini(&pool->by_hash);
    map_fini(&pool->senders);
    free(pool);
}

/* splitmix64 (Steele, Lea, Flood 2014), begun at a secret place. */
static uint64_t next_random(struct pool *pool)
{
    uint64_t z = pool->random += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static int compare_fees(const struct transaction *a,
                        const struct transaction *b)
{
    int order = u256_compare(a->max_fee, b->max_fee);
    return order ? order
                 : u256_compare(a->max_priority_fee, b->max_priority_fee);
}

static bool last_is_pending(const struct pool_sender *sender)
{
    return sender->pending == queue_count(sender->queue);
}

/* Whether a's last transaction goes before b's. */
static bool is_weaker(const struct pool_sender *a, const struct pool_sender *b)
{
    if (last_is_pending(a) != last_is_pending(b))
        return last_is_pending(b);
    int order = compare_fees(&a->last->entry.tx, &b->last->entry.tx);
    return order ? order < 0 : a->last->sequence > b->last->sequence;
}

static void place(struct pool *pool, size_t rank, struct pool_sender *sender)
{
    pool->weakest.at[rank] = sender;
    sender->rank = rank;
}

static void sift_up(struct pool *pool, struct pool_sender *sender)
{
    size_t rank = sender->rank;
    while (rank > 0) {
        struct pool_sender *parent = pool->weakest.at[(rank - 1) / 2];
        if (!is_weaker(sender, parent))
            break;
        place(pool, rank, parent);
        rank = (rank - 1) / 2;
    }
    place(pool, rank, sender);
}

static void sift_down(struct pool *pool, struct pool_sender *sender)
{
    size_t rank = sender->rank, below;
    while ((below = 2 * rank + 1) < pool->weakest.len) {
        struct pool_sender **heap = pool->weakest.at;
        if (below + 1 < pool->weakest.len &&
            is_weaker(heap[below + 1], heap[below]))
            below++;
        if (!is_weaker(heap[below], sender))
            break;
        place(pool, rank, heap[below]);
        rank = below;
    }
    place(pool, rank, sender);
}

static void reorder(struct pool *pool, struct pool_sender *sender)
{
    sift_up(pool, sender);
    sift_down(pool, sender);
}

struct pool_sender *pool_sender_of(const struct pool *pool, const address *who)
{
    struct pool_sender **found = map_get(&pool->senders, who);
    return found ? *found : NULL;
}

static void sender_free(struct pool *pool, struct pool_sender *sender)
{
    struct pool_sender *moved = pool->weakest.at[--pool->weakest.len];
    if (moved != sender) {
        place(pool, sender->rank, moved);
        reorder(pool, moved);
    }
    map_remove(&pool->senders, &sender->who);
    free(sender);
}

/* After a change of its queue or of its nonce. */
static void sender_update(struct pool *pool, struct pool_sender *sender)
{
    pool->version++;
    pool->pending -= sender->pending;
    sender->pending = queue_run(sender->queue, sender->next_nonce);
    pool->pending += sender->pending;
    sender->last = queue_last(sender->queue);
    if (sender->last)
        reorder(pool, sender);
    else
        sender_free(pool, sender);
}

/* Gets its place among the weakest with its first transaction. */
static struct pool_sender *sender_new(struct pool *pool, const address *who,
                                      uint64_t next_nonce)
{
    struct pool_sender *sender = MEMORY_NEW(struct pool_sender);
    sender->who = *who;
    sender->next_nonce = next_nonce;
    sender->rank = pool->weakest.len;
    *(struct pool_sender **)map_put(&pool->senders, who, NULL) = sender;
    VEC_PUSH(&pool->weakest, sender);
    return sender;
}

static void link_node(struct pool *pool, struct pool_node *node,
                      uint64_t next_nonce)
{
    const address *who = &node->entry.sender;
    struct pool_sender *sender = pool_sender_of(pool, who);
    if (!sender)
        sender = sender_new(pool, who, next_nonce);
    queue_insert(&sender->queue, node);
    *(struct pool_node **)map_put(&pool->by_hash, &node->entry.hash,
                                  NULL) = node;
    pool->count++;
    pool->version++;
    pool->bytes += node->len;
    sender_update(pool, sender);
    if (pool->watcher.came)
        pool->watcher.came(pool->watcher.context, &node->entry);
}

/* sender_update() is due after it. */
static void take_out(struct pool *pool, struct pool_sender *sender,
                     struct pool_node *node)
{
    ASSERT(queue_remove(&sender->queue, node->entry.tx.nonce) == node);
    ASSERT(map_remove(&pool->by_hash, &node->entry.hash));
    pool->count--;
    pool->version++;
    pool->bytes -= node->len;
    if (pool->watcher.went)
        pool->watcher.went(pool->watcher.context, &node->entry);
}

static void unlink_node(struct pool *pool, struct pool_sender *sender,
                        struct pool_node *node)
{
    take_out(pool, sender, node);
    sender_update(pool, sender);
}

/* What has made room, until it is known that there is enough. */
struct evicted {
    struct pool_node *node;
    uint64_t next_nonce; /* its sender's */
};
typedef VEC(struct evicted) evicted_list;

static bool is_full(const struct pool *pool, const struct pool_node *incoming)
{
    return pool->count >= pool->limits.transactions_max ||
           incoming->len > pool->limits.bytes_max - pool->bytes;
}

/* Whether the weakest sender's last transaction goes for `incoming`: not a
 * nonce that it comes after, no pending one for a queued one. */
static bool gives_way(const struct pool_sender *weakest,
                      const struct pool_node *incoming, bool pending)
{
    const struct transaction *tx = &incoming->entry.tx;
    bool same = address_equal(&weakest->who, &incoming->entry.sender);
    if (same && weakest->last->entry.tx.nonce < tx->nonce)
        return false;
    if (last_is_pending(weakest) != pending)
        return pending;
    return compare_fees(&weakest->last->entry.tx, tx) < 0;
}

static bool make_room(struct pool *pool, evicted_list *evicted,
                      const struct pool_node *incoming, bool pending)
{
    while (is_full(pool, incoming)) {
        struct pool_sender *weakest = pool->weakest.len ? pool->weakest.at[0]
                                                        : NULL;
        if (!weakest || !gives_way(weakest, incoming, pending))
            return false;
        struct evicted last = {weakest->last, weakest->next_nonce};
        VEC_PUSH(evicted, last);
        unlink_node(pool, weakest, last.node);
    }
    return true;
}

static enum pool_verdict add_node(struct pool *pool, struct pool_node *node,
                                  uint64_t next_nonce, bool pending)
{
    evicted_list evicted = {0};
    bool has_room = make_room(pool, &evicted, node, pending);
    if (has_room) {
        node->priority = next_random(pool);
        node->sequence = pool->sequence++;
        link_node(pool, node, next_nonce);
    }
    VEC_FOR_EACH (one, &evicted) {
        if (has_room)
            free(one->node);
        else
            link_node(pool, one->node, one->next_nonce);
    }
    VEC_FREE(&evicted);
    return has_room ? POOL_OK : POOL_FULL;
}

/* geth: at least the old fee and a tenth, and more than the old one. */
static bool is_bumped(u256 fee, u256 old, unsigned percent)
{
    u256 least;
    if (u256_mul_overflow(&least, old, u256_from(100 + percent)))
        return false;
    least = u256_div(least, u256_from(100));
    return u256_less(old, fee) && !u256_less(fee, least);
}

static bool may_replace(const struct transaction *tx,
                        const struct transaction *old)
{
    bool blobs = old->type == TX_BLOB;
    unsigned percent = blobs ? POOL_BLOB_PRICE_BUMP : POOL_PRICE_BUMP;
    return is_bumped(tx->max_fee, old->max_fee, percent) &&
           is_bumped(tx->max_priority_fee, old->max_priority_fee, percent) &&
           (!blobs || is_bumped(tx->max_blob_fee, old->max_blob_fee, percent));
}

static enum pool_verdict replace(struct pool *pool, struct pool_sender *sender,
                                 struct pool_node *old, struct pool_node *node)
{
    if (pool->bytes - old->len + node->len > pool->limits.bytes_max)
        return POOL_FULL;
    uint64_t next_nonce = sender->next_nonce;
    unlink_node(pool, sender, old);
    free(old);
    return add_node(pool, node, next_nonce, true);
}

enum pool_verdict pool_add(struct pool *pool, const struct transaction *tx,
                           bytes raw, const hash32 *hash, const address *sender,
                           uint64_t next_nonce)
{
    if (raw.len > POOL_TRANSACTION_BYTES_MAX)
        return POOL_TOO_LARGE;
    pool_set_nonce(pool, sender, next_nonce);
    if (map_get(&pool->by_hash, hash))
        return POOL_KNOWN;
    if (tx->nonce < next_nonce)
        return POOL_NONCE_TOO_LOW;
    struct pool_sender *known = pool_sender_of(pool, sender);
    struct pool_node *old = known ? queue_find(known->queue, tx->nonce) : NULL;
    if (old && !may_replace(tx, &old->entry.tx))
        return POOL_UNDERPRICED;
    if (!old && known && queue_count(known->queue) >= pool->limits.sender_max)
        return POOL_SENDER_FULL;
    bool pending = tx->nonce - next_nonce == (known ? known->pending : 0);
    struct pool_node *node = pool_node_new(tx, raw, hash, sender);
    enum pool_verdict verdict = old ? replace(pool, known, old, node)
                                    : add_node(pool, node, next_nonce, pending);
    if (verdict != POOL_OK)
        free(node);
    return verdict;
}

const struct pool_entry *pool_find(const struct pool *pool, const hash32 *hash)
{
    struct pool_node **found = map_get(&pool->by_hash, hash);
    return found ? &(*found)->entry : NULL;
}

const struct pool_entry *pool_at(const struct pool *pool, const address *sender,
                                 uint64_t nonce)
{
    const struct pool_sender *queue = pool_sender_of(pool, sender);
    const struct pool_node *node = queue ? queue_find(queue->queue, nonce)
                                         : NULL;
    return node ? &node->entry : NULL;
}

bool pool_remove(struct pool *pool, const hash32 *hash)
{
    struct pool_node **found = map_get(&pool->by_hash, hash);
    if (!found)
        return false;
    struct pool_node *node = *found;
    unlink_node(pool, pool_sender_of(pool, &node->entry.sender), node);
    free(node);
    return true;
}

void pool_set_nonce(struct pool *pool, const address *sender, uint64_t nonce)
{
    struct pool_sender *known = pool_sender_of(pool, sender);
    struct pool_node *first;
    if (!known || known->next_nonce == nonce)
        return;
    known->next_nonce = nonce;
    while ((first = queue_first(known->queue)) &&
           first->entry.tx.nonce < nonce) {
        take_out(pool, known, first);
        free(first);
    }
    sender_update(pool, known);
}

uint64_t pool_next_nonce(const struct pool *pool, const address *sender,
                         uint64_t state_nonce)
{
    const struct pool_sender *known = pool_sender_of(pool, sender);
    return state_nonce + (known ? queue_run(known->queue, state_nonce) : 0);
}

void pool_watch(struct pool *pool, struct pool_watcher watcher)
{
    pool->watcher = watcher;
}

void pool_set_order(struct pool *pool, enum pool_order order)
{
    pool->order = order;
    pool->version++;
}

enum pool_order pool_order(const struct pool *pool)
{
    return pool->order;
}

uint64_t pool_version(const struct pool *pool)
{
    return pool->version;
}

size_t pool_pending_count(const struct pool *pool)
{
    return pool->pending;
}

size_t pool_queued_count(const struct pool *pool)
{
    return pool->count - pool->pending;
}

static void each_of(const struct pool_sender *sender, pool_visit *visit,
                    void *context)
{
    size_t count = queue_count(sender->queue);
    for (size_t i = 0; i < count; i++)
        visit(context, &queue_at(sender->queue, i)->entry, i < sender->pending);
}

void pool_each(const struct pool *pool, pool_visit *visit, void *context)
{
    VEC_FOR_EACH (at, &pool->weakest)
        each_of(*at, visit, context);
}

void pool_each_of(const struct pool *pool, const address *sender,
                  pool_visit *visit, void *context)
{
    const struct pool_sender *found = pool_sender_of(pool, sender);
    if (found)
        each_of(found, visit, context);
}
