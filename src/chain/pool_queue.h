#pragma once
/* What the pool is made of: entries with their own memory, and a sender's
 * queue of them.
 *
 * A queue is a treap: a search tree by nonce that is at the same time a heap
 * by random priorities, and so balanced whatever the order in which
 * transactions come. Each node knows how many are below it, which finds a
 * gap among the nonces in one descent.
 */
#include "chain/pool.h"

struct pool_node {
    struct pool_entry entry; /* first: an entry is its node */
    uint64_t nonce; /* the entry's, beside what a descent looks at next */
    struct pool_node *child[2];
    uint64_t priority;
    uint64_t sequence; /* of arrival in the pool */
    size_t count;      /* nodes in this tree */
    size_t len;        /* bytes of memory */
};

/* A copy that owns all it points to. Freed with free(). */
struct pool_node *pool_node_new(const struct transaction *tx, bytes raw,
                                const hash32 *hash, const address *sender);

size_t queue_count(const struct pool_node *root);
struct pool_node *queue_find(const struct pool_node *root, uint64_t nonce);
struct pool_node *queue_first(const struct pool_node *root);
struct pool_node *queue_last(const struct pool_node *root);
/* The index-th lowest nonce's. */
struct pool_node *queue_at(const struct pool_node *root, size_t index);

/* The nonce must not be there. */
void queue_insert(struct pool_node **root, struct pool_node *node);

/* Lists at most `max` of those whose nonces are not below `first`, in order;
 * returns how many. */
size_t queue_list(const struct pool_node *root, uint64_t first,
                  const struct pool_node **out, size_t max);

/* Takes it out and returns it; NULL: not there. */
struct pool_node *queue_remove(struct pool_node **root, uint64_t nonce);

/* How many nonces below `first` there are, and how many from it on without a
 * gap. */
size_t queue_rank(const struct pool_node *root, uint64_t first);
size_t queue_run(const struct pool_node *root, uint64_t first);
