#pragma once
/* A peer among peers: it listens, dials, keeps one connection to each peer and
 * gives streams to protocols.
 *
 *     peer_host_open(&host, &config);
 *     peer_host_handle(host, &PING, ping);
 *     peer_host_listen(host, addr);
 *     peer_host_connect(host, &peer, addrs, count);
 *     stream = peer_host_open_stream(host, &peer, names, 1, &calls, context);
 *
 * Of two connections that two peers made to each other at once, both sides keep
 * the one that the peer with the smaller id dialed. A connection that no stream
 * uses, no tag protects and that is one too many is closed, the least valued
 * first.
 *
 * Source   libp2p/specs; identify and ping are always answered.
 * Limits   struct peer_host_limits; each that is reached is named in the log,
 *          at most once a minute each.
 * Threads  the loop's.
 * Errors   LOFT_ERR_LIMIT, LOFT_ERR_REFUSED (banned, or ourselves),
 *          LOFT_ERR_NOT_FOUND (no address is known), LOFT_ERR_IO.
 */
#include "p2p/peer_link.h"
#include "p2p/peer_stream.h"
#include "p2p/transport.h"

struct peer_host;
struct peer_store;

struct peer_host_limits {
    unsigned conns_max; /* in all; above conns_high the least valued go */
    unsigned conns_high;
    unsigned conns_per_ip_max; /* accepted, of one IPv4 address or IPv6 /56 */
    unsigned pending_max;      /* accepted and not yet secured */
    unsigned dials_max;        /* at a time */
    size_t memory_bytes_max;   /* of all links together */
    struct peer_link_limits link;
};

extern const struct peer_host_limits PEER_HOST_LIMITS;

struct peer_host_config {
    const struct peer_private_key *identity; /* outlives the host */
    struct transport transport;
    const struct peer_host_limits *limits; /* copied */
    const char *agent;                     /* "loft/1.2.3"; outlives it */
    struct peer_store *store;              /* NULL: nothing is remembered */
};

MUST_USE loft_err peer_host_open(struct peer_host **out,
                                 const struct peer_host_config *config);
void peer_host_close(struct peer_host *host); /* NULL is fine */

const struct peer_id *peer_host_id(const struct peer_host *host);
const struct peer_private_key *peer_host_key(const struct peer_host *host);
const struct transport *peer_host_transport(const struct peer_host *host);

MUST_USE loft_err peer_host_listen(struct peer_host *host, bytes addr);
/* The address at that index, without "/p2p"; false: there are no more. */
bool peer_host_addr(const struct peer_host *host, size_t index, bytes *addr);

/* protocol is borrowed; `context` goes to its accept(). Peers that are
 * connected are told (Identify-push). */
void peer_host_handle(struct peer_host *host,
                      const struct peer_protocol *protocol, void *context);

/* Dials unless connected. peer NULL: whoever answers at the address. What comes
 * of it, watchers are told. Where addr_count is 0, the addresses of the store.
 */
MUST_USE loft_err peer_host_connect(struct peer_host *host,
                                    const struct peer_id *peer,
                                    const bytes *addrs, size_t addr_count);
/* Kept up: dialed again after a loss, with growing pauses. */
MUST_USE loft_err peer_host_keep(struct peer_host *host,
                                 const struct peer_id *peer, bytes addr);
void peer_host_disconnect(struct peer_host *host, const struct peer_id *peer);
bool peer_host_is_connected(const struct peer_host *host,
                            const struct peer_id *peer);

/* NULL: not connected, or the limit of streams is reached. */
struct peer_stream *
peer_host_open_stream(struct peer_host *host, const struct peer_id *peer,
                      const char *const *names, size_t name_count,
                      const struct peer_stream_calls *calls, void *context);

/* Who is told of connections; any may be NULL. */
struct peer_watcher {
    void (*connected)(void *context, const struct peer_id *peer);
    void (*disconnected)(void *context, const struct peer_id *peer);
    /* Its protocols and addresses are known, or have changed. */
    void (*identified)(void *context, const struct peer_id *peer);
    /* A connection that was asked for is not to be had. */
    void (*failed)(void *context, const struct peer_id *peer, const char *why);
};

void peer_host_watch(struct peer_host *host, const struct peer_watcher *watcher,
                     void *context);
void peer_host_unwatch(struct peer_host *host, const void *context);

/* A protocol's interest in a connection: while any tag's value is above 0 it
 * stays as long as there are others. protect: it stays in any case. */
void peer_host_tag(struct peer_host *host, const struct peer_id *peer,
                   const char *tag, int value);
void peer_host_protect(struct peer_host *host, const struct peer_id *peer,
                       const char *tag, bool is_protected);

/* For so long, and its connection ends; 0: until it is lifted. Kept on disk. */
void peer_host_ban(struct peer_host *host, const struct peer_id *peer,
                   uint64_t ms, const char *why);
void peer_host_unban(struct peer_host *host, const struct peer_id *peer);
bool peer_host_is_banned(const struct peer_host *host,
                         const struct peer_id *peer);

/* A fault of a peer that one of our protocols found: logged with its name, and
 * its connection ends where the faults of the last minutes are too many. */
void peer_host_blame(struct peer_host *host, const struct peer_id *peer,
                     unsigned points, const char *why);

struct peer_info {
    struct peer_id id;
    bool is_dialer; /* we dialed */
    bytes remote_addr;
    const char *agent, *protocol_version; /* of Identify, "" before */
    const char *const *protocols;
    size_t protocol_count;
    const bytes *addrs; /* its own word */
    size_t addr_count;
    uint64_t connected_ms;  /* since the connection was secured */
    uint32_t round_trip_us; /* of the last ping; 0: none yet */
    struct peer_link_stats stats;
};

/* Borrowed until the next call of the host. False: not connected. */
bool peer_host_info(const struct peer_host *host, const struct peer_id *peer,
                    struct peer_info *out);
/* Peers that are connected, by index. */
size_t peer_host_count(const struct peer_host *host);
bool peer_host_peer_at(const struct peer_host *host, size_t index,
                       struct peer_id *out);
