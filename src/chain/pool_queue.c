#include "chain/pool_queue.h"

#include "base/assert.h"
#include "base/memory.h"

size_t queue_count(const struct pool_node *root)
{
    return root ? root->count : 0;
}

static uint64_t nonce_of(const struct pool_node *node)
{
    return node->nonce;
}

static void recount(struct pool_node *node)
{
    node->count = 1 + queue_count(node->child[0]) + queue_count(node->child[1]);
}

struct pool_node *queue_find(const struct pool_node *root, uint64_t nonce)
{
    while (root && nonce_of(root) != nonce)
        root = root->child[nonce > nonce_of(root)];
    return (struct pool_node *)root;
}

static struct pool_node *outermost(const struct pool_node *root, int side)
{
    while (root && root->child[side])
        root = root->child[side];
    return (struct pool_node *)root;
}

struct pool_node *queue_first(const struct pool_node *root)
{
    return outermost(root, 0);
}

struct pool_node *queue_last(const struct pool_node *root)
{
    return outermost(root, 1);
}

struct pool_node *queue_at(const struct pool_node *root, size_t index)
{
    ASSERT(index < queue_count(root));
    for (;;) {
        size_t low = queue_count(root->child[0]);
        if (index == low)
            return (struct pool_node *)root;
        bool above = index > low;
        index -= above ? low + 1 : 0;
        root = root->child[above];
    }
}

size_t queue_list(const struct pool_node *root, uint64_t first,
                  const struct pool_node **out, size_t max)
{
    size_t count = 0;
    if (!root || max == 0)
        return 0;
    if (nonce_of(root) >= first) {
        count = queue_list(root->child[0], first, out, max);
        if (count < max)
            out[count++] = root;
    }
    return count + queue_list(root->child[1], first, out + count, max - count);
}

/* Nonces below `nonce` go to parts[0], the others to parts[1]. */
static void split(struct pool_node *root, uint64_t nonce,
                  struct pool_node *parts[2])
{
    if (!root) {
        parts[0] = parts[1] = NULL;
        return;
    }
    bool below = nonce_of(root) < nonce;
    struct pool_node *inner[2];
    split(root->child[below], nonce, inner);
    root->child[below] = inner[!below];
    recount(root);
    parts[!below] = root;
    parts[below] = inner[below];
}

/* Every nonce in `low` is below every one in `high`. */
static struct pool_node *merge(struct pool_node *low, struct pool_node *high)
{
    if (!low || !high)
        return low ? low : high;
    struct pool_node *root = low->priority > high->priority ? low : high;
    if (root == low)
        low->child[1] = merge(low->child[1], high);
    else
        high->child[0] = merge(low, high->child[0]);
    recount(root);
    return root;
}

void queue_insert(struct pool_node **root, struct pool_node *node)
{
    struct pool_node *parts[2];
    ASSERT(!queue_find(*root, nonce_of(node)));
    node->child[0] = node->child[1] = NULL;
    recount(node);
    split(*root, nonce_of(node), parts);
    *root = merge(merge(parts[0], node), parts[1]);
}

struct pool_node *queue_remove(struct pool_node **root, uint64_t nonce)
{
    struct pool_node *node = *root;
    if (!node)
        return NULL;
    if (nonce_of(node) == nonce) {
        *root = merge(node->child[0], node->child[1]);
        return node;
    }
    struct pool_node *removed = queue_remove(
        &node->child[nonce > nonce_of(node)], nonce);
    if (removed)
        node->count--;
    return removed;
}

size_t queue_rank(const struct pool_node *root, uint64_t first)
{
    size_t rank = 0;
    while (root) {
        bool below = nonce_of(root) < first;
        if (below)
            rank += 1 + queue_count(root->child[0]);
        root = root->child[below];
    }
    return rank;
}

/* Among nonces in order, the i-th from `first` on is first + i up to the gap
 * and greater after it. */
size_t queue_run(const struct pool_node *root, uint64_t first)
{
    size_t rank = queue_rank(root, first), before = 0, run = 0;
    while (root) {
        size_t index = before + queue_count(root->child[0]);
        bool in_run = index < rank || nonce_of(root) - first == index - rank;
        if (in_run) {
            before = index + 1;
            run = before > rank ? before - rank : 0;
        }
        root = root->child[in_run];
    }
    return run;
}

/* Memory for a copy, cut from one piece. */
struct cutter {
    uint8_t *at;
    size_t len;
};

/* With no memory yet it only measures. */
static void *cut(struct cutter *cutter, const void *from, size_t size)
{
    void *to = cutter->at ? cutter->at + cutter->len : NULL;
    if (to && size)
        memcpy(to, from, size);
    cutter->len += (size + 15) & ~(size_t)15;
    return to;
}

static void cut_access_list(struct cutter *cutter, struct transaction *tx)
{
    struct access_entry *entries = cut(cutter, tx->access_list,
                                       tx->access_count * sizeof *entries);
    for (size_t i = 0; i < tx->access_count; i++) {
        const struct access_entry *entry = &tx->access_list[i];
        const hash32 *keys = cut(cutter, entry->keys,
                                 entry->key_count * sizeof *keys);
        if (entries)
            entries[i].keys = keys;
    }
    tx->access_list = entries;
}

static bool lies_in(bytes part, bytes whole)
{
    uintptr_t at = (uintptr_t)part.at, begin = (uintptr_t)whole.at;
    return at >= begin && at - begin <= whole.len &&
           part.len <= whole.len - (at - begin);
}

/* Data that lies in raw, as it does after decoding, is there once. */
static void cut_data(struct cutter *cutter, bytes *data, bytes from, bytes to)
{
    if (!lies_in(*data, from))
        data->at = cut(cutter, data->at, data->len);
    else if (to.at)
        data->at = to.at + (data->at - from.at);
}

static void cut_entry(struct cutter *cutter, struct pool_entry *entry)
{
    struct transaction *tx = &entry->tx;
    bytes from = entry->raw;
    cut_access_list(cutter, tx);
    tx->blob_hashes = cut(cutter, tx->blob_hashes,
                          tx->blob_hash_count * sizeof(hash32));
    tx->authorizations = cut(cutter, tx->authorizations,
                             tx->authorization_count *
                                 sizeof(struct authorization));
    entry->raw.at = cut(cutter, from.at, from.len);
    cut_data(cutter, &tx->data, from, entry->raw);
}

struct pool_node *pool_node_new(const struct transaction *tx, bytes raw,
                                const hash32 *hash, const address *sender)
{
    struct pool_node head = {
        .nonce = tx->nonce,
        .entry = {.tx = *tx, .raw = raw, .hash = *hash, .sender = *sender}};
    struct pool_entry measured = head.entry;
    struct cutter cutter = {0};
    cut(&cutter, &head, sizeof head);
    cut_entry(&cutter, &measured);
    head.len = cutter.len;
    cutter = (struct cutter){.at = memory_alloc(head.len)};
    struct pool_node *node = cut(&cutter, &head, sizeof head);
    cut_entry(&cutter, &node->entry);
    return node;
}
