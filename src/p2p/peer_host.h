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
 * the one that the peer with the smaller id dialed; the other one goes a moment
 * later. Whose streams go with it is told that the peer was disconnected and is
 * connected: each protocol then opens its streams anew. A connection that no
 * stream uses, no tag protects and that is one too many is closed, the least
 * valued first.
 *
 * A dial tries a peer's addresses one beside the other. One that failed makes
 * the next wait, longer each time (LOFT_ERR_LIMIT until then).
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
    unsigned conns_per_ip_max; /* accepted, of one IPv4 address or IPv6 /56;
                                * this machine's own are not counted */
    unsigned arrivals_per_ip_per_s; /* accepted, of such an address, on
                                     * average; bursts of conns_per_ip_max;
                                     * 0: any */
    unsigned pending_max;           /* accepted and not yet secured */
    unsigned dials_max;             /* at a time */
    size_t memory_bytes_max;        /* of all links together */
    struct peer_link_limits link;   /* all 0: PEER_LINK_LIMITS */
};

extern const struct peer_host_limits PEER_HOST_LIMITS;

struct peer_host_config {
    const struct peer_private_key *identity; /* outlives the host */
    struct transport transport;
    const struct peer_host_limits *limits; /* copied; NULL: the above */
    const char *agent;                     /* "loft/1.2.3"; outlives it */
    /* Outlives it; NULL: what is known ends with the host. */
    struct peer_store *store;
    uint64_t unix_ms; /* the present: bans and records last longer than we */
};

MUST_USE loft_err peer_host_open(struct peer_host **out,
                                 const struct peer_host_config *config);
/* Not from inside a call of the host. Streams end with PEER_STREAM_LOST;
 * watchers are told nothing. */
void peer_host_close(struct peer_host *host); /* NULL is fine */

const struct peer_id *peer_host_id(const struct peer_host *host);
const struct peer_private_key *peer_host_key(const struct peer_host *host);
const struct transport *peer_host_transport(const struct peer_host *host);
/* Never NULL. */
struct peer_store *peer_host_store(const struct peer_host *host);

MUST_USE loft_err peer_host_listen(struct peer_host *host, bytes addr);
/* The address at that index, without "/p2p"; false: there are no more. */
bool peer_host_addr(const struct peer_host *host, size_t index, bytes *addr);

/* protocol is borrowed; `context` goes to its accept(). Peers that are
 * connected are told (Identify-push). A name is handled once. */
void peer_host_handle(struct peer_host *host,
                      const struct peer_protocol *protocol, void *context);

/* Dials unless connected. peer NULL: whoever answers at the address. What comes
 * of it, watchers are told. Where addr_count is 0, the addresses of the store.
 */
MUST_USE loft_err peer_host_connect(struct peer_host *host,
                                    const struct peer_id *peer,
                                    const bytes *addrs, size_t addr_count);
/* Kept up: dialed again after a loss, with growing pauses. peer NULL: whoever
 * answers there. */
MUST_USE loft_err peer_host_keep(struct peer_host *host,
                                 const struct peer_id *peer, bytes addr);
/* Also ends that it is kept up. */
void peer_host_disconnect(struct peer_host *host, const struct peer_id *peer);
bool peer_host_is_connected(const struct peer_host *host,
                            const struct peer_id *peer);

/* NULL: not connected, or the limit of streams is reached. The names outlive
 * the stream. */
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
    /* A connection that was asked for is not to be had. peer may be NULL. */
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
    bytes observed_addr;    /* where it sees us, in its own word */
    bytes signed_record;    /* as of peer_record_open(); may be empty */
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

/* Why connections were not accepted, or ended by us. */
#define PEER_HOST_REFUSALS(X)                                        \
    X(CONNECTIONS, "connections") /* conns_max */                    \
    X(ADDRESS, "address")         /* conns_per_ip_max */             \
    X(ARRIVALS, "arrivals")       /* arrivals_per_ip_per_s */        \
    X(PENDING, "pending")         /* pending_max: the oldest went */ \
    X(MEMORY, "memory")           /* memory_bytes_max */             \
    X(BANNED, "banned")                                              \
    X(SELF, "self")           /* ourselves */                        \
    X(HANDSHAKE, "handshake") /* failed, or took too long */         \
    X(FAULT, "fault")         /* against the protocol, or blamed */  \
    X(SILENT, "silent")       /* answered no ping */                 \
    X(SURPLUS, "surplus")     /* above conns_high */                 \
    X(DUPLICATE, "duplicate") /* a second one to the same peer */

enum peer_host_refusal {
#define X(name, text) PEER_HOST_##name,
    PEER_HOST_REFUSALS(X)
#undef X
        PEER_HOST_REFUSAL_COUNT
};

const char *peer_host_refusal_name(enum peer_host_refusal refusal);

/* Of now, and since the host was opened where that is said by _total. */
struct peer_host_stats {
    unsigned conns_in, conns_out, pending, dials;
    unsigned streams_in, streams_out;
    size_t memory_bytes;
    uint64_t bytes_in_total, bytes_out_total; /* on the wire */
    uint64_t conns_in_total, conns_out_total; /* secured */
    uint64_t dials_failed_total;
    uint64_t waits_total; /* of connections for their turn to be read */
    uint64_t refused_total[PEER_HOST_REFUSAL_COUNT];
};

struct peer_host_stats peer_host_stats(const struct peer_host *host);
