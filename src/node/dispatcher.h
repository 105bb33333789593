#pragma once
/* Takes JSON-RPC requests from wherever they come, runs them on the loop or,
 * where they are long, on worker threads, and sends each reply when it may
 * leave. What takes more than a turn of the loop waits for the next one behind
 * those who came before.
 *
 * A reply may leave when all that it tells is on disk. What a worker has read
 * may be newer than the last sync: as on the loop, its answer leaves after the
 * next one.
 *
 * Threads  the loop's. The workers start with the first long call.
 * Limits   DISPATCHER_JOBS_MAX and DISPATCHER_JOB_BYTES_MAX bound what is with
 *          the workers or waits for a turn; a request over them is refused in
 *          words.
 */
#include "io/loop.h"
#include "node/replies.h"
#include "rpc/rpc.h"

#define DISPATCHER_JOBS_MAX 1024
#define DISPATCHER_JOB_BYTES_MAX ((size_t)256 << 20) /* of parsed requests */

struct dispatcher;

struct dispatcher_options {
    struct rpc_host *host;
    struct loop *loop;
    unsigned threads;    /* 0: one a processor */
    uint64_t timeout_ms; /* a request is stopped after so long on workers */
    /* Whether what can be read now may yet be lost in a crash. */
    bool (*is_unsettled)(void *context);
    void *context;
};

struct dispatcher *dispatcher_open(const struct dispatcher_options *options);

/* Answers what is still held, as failed. After dispatcher_finish(). */
void dispatcher_close(struct dispatcher *dispatcher); /* NULL is fine */

/* Who asks, and where the reply goes. */
struct dispatcher_caller {
    struct rpc_peer *peer; /* or NULL; stays until the place has its reply */
    bool may_write;        /* change something, or sign */
    struct reply_place place;
};

/* The text may go afterwards. */
void dispatcher_take(struct dispatcher *dispatcher, bytes request,
                     const struct dispatcher_caller *caller);

/* All that could be read before is on disk, or why what waits is not to be. */
void dispatcher_settled(struct dispatcher *dispatcher, loft_err code);

/* Calls that went to RPC_WHEN_WOKEN have a turn. */
void dispatcher_wake(struct dispatcher *dispatcher);

/* Stops what the workers do, and takes no more. */
void dispatcher_finish(struct dispatcher *dispatcher);
