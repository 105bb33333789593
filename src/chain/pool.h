#pragma once
/* Transactions that wait: a queue a sender, ordered by nonce.
 *
 * A transaction whose nonce is the sender's next one, or follows a waiting
 * one without a gap, is pending; one after a gap is queued. A second one with
 * the same nonce replaces the first if all its fees are 10 % higher
 * (POOL_PRICE_BUMP), or twice as high where that one carries blobs. When the
 * pool is full, the last transaction of a sender makes room: of those that are
 * queued the one with the lowest max fee, for any pending or a dearer queued
 * one; else of those that are pending the one with the lowest max fee, for a
 * dearer pending one.
 *
 * Every change takes time in proportion to the logarithm of what the pool
 * holds.
 *
 * Threads  one thread.
 * Limits   struct pool_limits.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/u256.h"
#include "chain/transaction.h"

#define POOL_TRANSACTIONS_MAX 65536
#define POOL_BYTES_MAX (64u << 20)
#define POOL_SENDER_MAX 16384 /* transactions of one sender */
#define POOL_TRANSACTION_BYTES_MAX (128u << 10)
#define POOL_PRICE_BUMP 10 /* percent */
#define POOL_BLOB_PRICE_BUMP 100

struct pool;

struct pool_limits {
    size_t transactions_max;
    size_t sender_max; /* transactions of one sender */
    size_t bytes_max;  /* of memory for transactions */
};

struct pool *pool_new(void); /* with the limits above */
struct pool *pool_new_limited(const struct pool_limits *limits);
void pool_free(struct pool *pool); /* NULL is fine */

struct pool_entry {
    struct transaction tx; /* borrows from raw, which the pool owns */
    bytes raw;
    hash32 hash;
    address sender;
};

#define POOL_VERDICTS(X)                                  \
    X(OK, "ok")                                           \
    X(KNOWN, "already known")                             \
    X(NONCE_TOO_LOW, "nonce too low")                     \
    X(UNDERPRICED, "replacement transaction underpriced") \
    X(FULL, "txpool is full")                             \
    X(SENDER_FULL, "account limit exceeded")              \
    X(TOO_LARGE, "oversized data")

enum pool_verdict {
#define X(name, text) POOL_##name,
    POOL_VERDICTS(X)
#undef X
};

const char *pool_verdict_text(enum pool_verdict verdict);

/* Copies the transaction, whose EIP-2718 form raw is. next_nonce is the
 * sender's in the state, which the pool takes over. On a verdict other than
 * POOL_OK the pool is otherwise as it was. */
enum pool_verdict pool_add(struct pool *pool, const struct transaction *tx,
                           bytes raw, const hash32 *hash, const address *sender,
                           uint64_t next_nonce);

/* NULL: not here. Good until the pool changes. */
const struct pool_entry *pool_find(const struct pool *pool, const hash32 *hash);

/* The sender's transaction with this nonce; NULL: none is here. */
const struct pool_entry *pool_at(const struct pool *pool, const address *sender,
                                 uint64_t nonce);

bool pool_remove(struct pool *pool, const hash32 *hash);

/* After a block: the sender's next nonce is now this; older transactions
 * go. */
void pool_set_nonce(struct pool *pool, const address *sender, uint64_t nonce);

/* The nonce that the sender's next transaction should have, its pending ones
 * counted. */
uint64_t pool_next_nonce(const struct pool *pool, const address *sender,
                         uint64_t state_nonce);

/* Who is told of each entry that comes into the pool, and of each that is about
 * to leave it, for whatever reason; one that had made room may come back. It
 * must not change the pool. */
struct pool_watcher {
    void (*came)(void *context, const struct pool_entry *entry);
    void (*went)(void *context, const struct pool_entry *entry);
    void *context;
};
void pool_watch(struct pool *pool, struct pool_watcher watcher);

/* What comes first: the dearest tip, and of equal ones the oldest; or the
 * oldest alone. */
enum pool_order { POOL_BY_FEES, POOL_BY_ARRIVAL };
void pool_set_order(struct pool *pool, enum pool_order order);
enum pool_order pool_order(const struct pool *pool);

/* Pending transactions in the pool's order at base_fee, by fees unless it was
 * set, each sender's in the order of nonces, up to a total gas limit;
 * those that do not pay base_fee or do not fit are left out, with all that
 * follow them of their sender. Returns how many; entries are good until the
 * pool changes. */
size_t pool_select(struct pool *pool, const struct pool_entry **out, size_t max,
                   u256 base_fee, uint64_t gas_limit);

/* Another number after every change. */
uint64_t pool_version(const struct pool *pool);

size_t pool_pending_count(const struct pool *pool);
size_t pool_queued_count(const struct pool *pool);

/* Every entry, a sender's together and in the order of nonces; `pending` tells
 * which kind. */
typedef void pool_visit(void *context, const struct pool_entry *entry,
                        bool pending);
void pool_each(const struct pool *pool, pool_visit *visit, void *context);
/* The same of one sender. */
void pool_each_of(const struct pool *pool, const address *sender,
                  pool_visit *visit, void *context);
