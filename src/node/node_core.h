#pragma once
/* The daemon's inside, for its own files: node.c opens and closes it all,
 * node_chain.c finds the chain, node_pool.c what waited at the last end,
 * node_blocks.c makes blocks and tells of them,
 * node_host.c is what RPC methods ask for, node_http.c answers the port.
 *
 * Threads  the loop's.
 */
#include <stdatomic.h>

#include "base/arena.h"
#include "io/loop.h"
#include "node/options.h"
#include "node/producer.h"
#include "node/signer.h"
#include "node/token.h"
#include "p2p/relay.h"
#include "rpc/rpc_counters.h"
#include "rpc/rpc_host.h"
#include "store/store.h"

struct node {
    struct rpc_host host; /* first: methods hold this pointer */
    const struct options *options;
    const char *dir;
    struct arena arena; /* for as long as the node */
    struct fork *fork;  /* NULL: the chain is all this node's own */
    struct signer *signer;
    struct loop *loop;
    struct loop_signal *on_int, *on_term;
    struct producer *producer;
    struct console_log *log; /* what contracts say */
    struct loop_task *news;  /* of the head, for subscriptions */
    struct dispatcher *dispatcher;
    struct loop_timer *wake; /* of calls that sleep */
    uint64_t wake_at_ms;     /* of the monotonic clock; 0: it does not run */
    struct http_server *server;
    struct peers *peers;               /* of JSON-RPC */
    struct node_peers *p2p;            /* NULL: none */
    struct token token;                /* for calls that change something */
    _Atomic(struct chain_view *) view; /* at rest, for any thread, or NULL */
    uint16_t port;
    uint64_t started_ms; /* Unix time */
    struct rpc_counters counters;
    uint64_t blocks, transactions, gas; /* made since then */
};

static inline struct node *node_of(struct rpc_host *host)
{
    return (struct node *)host;
}

/* node_chain.c */

MUST_USE loft_err node_open_chain(struct node *node);
/* Funds the node's accounts, if the fork has just begun. */
MUST_USE loft_err node_begin_fork(struct node *node);
/* Back to the first block. */
MUST_USE loft_err node_begin_anew(struct rpc_host *host);
enum store_durability node_durability(const struct options *options);

/* node_blocks.c */

void node_begin_plan(struct node *node);
void node_open_producer(struct node *node);
/* Those who are told of blocks. */
void node_open_listeners(struct node *node);
/* A line that a contract says, for the log. */
void node_print_line(void *context, bytes text);
/* Whether what can be read now may yet be lost in a crash. */
bool node_is_unsettled(void *context);

/* node_pool.c */

/* What waited when the process ended waits again, as far as it may. */
MUST_USE loft_err node_restore_pool(struct node *node);

/* node_host.c */

extern const struct rpc_host_ops node_host_ops;
enum rpc_mining node_mining(enum producer_mode mode);

/* node_http.c */

MUST_USE loft_err node_open_server(struct node *node);

/* node_peers.c */

MUST_USE loft_err node_open_peers(struct node *node);
void node_close_peers(struct node *node);
/* False: the node is no relay. */
bool node_relay_stats(const struct node *node, struct relay_stats *out);
/* How many connections of peers there may be. */
unsigned node_peers_files(const struct options *options);
