#pragma once
/* What a development chain remembers beside the chain itself: whose name may
 * be used without a signature, and points to come back to. In memory alone: a
 * restart forgets it.
 *
 * Threads  the loop's.
 * Limits   DEVELOPMENT_ACCOUNTS_MAX, DEVELOPMENT_SNAPSHOTS_MAX,
 *          DEVELOPMENT_WAITING_BYTES_MAX.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "chain/block_plan.h"
#include "chain/chain.h"
#include "rpc/blobs.h"
#include "rpc/error_names.h"

/* Whose development methods these are like. */
#define ANVIL_VERSION "1.7.1"

#define DEVELOPMENT_ACCOUNTS_MAX 65536
#define DEVELOPMENT_SNAPSHOTS_MAX 65536
#define DEVELOPMENT_WAITING_BYTES_MAX       \
    ((size_t)128 << 20) /* of all snapshots \
                         */

/* Transactions of a pool, outside of it. */
struct waiting {
    bytes raw;
    hash32 hash;
    address sender;
};
struct waiting_list {
    struct arena arena; /* of raw */
    size_t bytes;       /* of memory, about */
    VEC(struct waiting) all;
};

/* The chain, and how it went on, when a snapshot was taken. */
struct snapshot {
    uint64_t id;
    struct chain_point point;
    struct block_plan plan;
    uint64_t clock;               /* what the chain's clock said */
    struct waiting_list *waiting; /* in the pool; owned; NULL: nothing */
};

struct development {
    bool is_on; /* methods that change the chain at will are served */
    bool auto_impersonate;
    struct map impersonated; /* address -> nothing */
    uint64_t snapshot_count; /* ids given out */
    VEC(struct snapshot) snapshots;
    size_t waiting_bytes; /* of what waited when they were taken */
    hash32 instance;      /* another one for each start and reset */
    /* What contracts say, and why they fail: asked by all threads. */
    atomic_bool are_calls_logged;
    struct error_names errors;
    struct blobs blobs;
};

void development_init(struct development *dev);
void development_fini(struct development *dev);

/* LOFT_ERR_LIMIT: so many already. */
MUST_USE loft_err development_impersonate(struct development *dev,
                                          const address *who);
void development_stop_impersonating(struct development *dev,
                                    const address *who);
bool development_impersonates(const struct development *dev,
                              const address *who);

struct waiting_list *waiting_list_new(void);
void waiting_list_free(struct waiting_list *list); /* NULL is fine */
void waiting_list_add(struct waiting_list *list, bytes raw, const hash32 *hash,
                      const address *sender);

/* Keeps what is given under a new id. LOFT_ERR_LIMIT: so many already, or so
 * much waits in them; what was given is its caller's still. */
MUST_USE loft_err development_snapshot(struct development *dev,
                                       struct snapshot *snapshot);

/* NULL: there is none, or it is used up. */
const struct snapshot *development_find_snapshot(const struct development *dev,
                                                 uint64_t id);

/* Takes out what waited then; the caller's now. */
struct waiting_list *development_take_waiting(struct development *dev,
                                              uint64_t id);

/* Forgets this one and all that were taken after it. */
void development_drop_snapshots(struct development *dev, uint64_t id);
