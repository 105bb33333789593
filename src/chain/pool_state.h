#pragma once
/* The pool's insides, which adding and selecting share. */
#include "base/map.h"
#include "base/vec.h"
#include "chain/pool_queue.h"

struct pool_sender {
    address who;
    uint64_t next_nonce; /* in the state; no waiting one is below it */
    struct pool_node *queue;
    struct pool_node *last;
    size_t pending;
    size_t rank; /* in pool.weakest */
};

struct pool {
    struct pool_limits limits;
    struct map by_hash; /* hash32 -> struct pool_node * */
    struct map senders; /* address -> struct pool_sender *, none is empty */
    /* A heap of the senders, on top the one whose last transaction goes
     * first when the pool is full. */
    VEC(struct pool_sender *) weakest;
    size_t pending, count, bytes;
    uint64_t sequence, random, version;
    enum pool_order order;
    struct pool_watcher watcher; /* its calls: NULL where nobody watches */
};

/* NULL: none of its transactions waits. */
struct pool_sender *pool_sender_of(const struct pool *pool, const address *who);
