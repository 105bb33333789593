#pragma once
/* The inside of p2p/peer_host.h, for its own files: host_conns.c runs
 * connections, host_dial.c makes them and keeps some up, host_peers.c knows
 * who they lead to, host_limits.c says which may be, host_turns.c whose turn it
 * is, host_identify.c and host_ping.c are the protocols that every peer speaks.
 *
 * Lifetime  a connection is freed by host_conn_close() alone, which is called
 *           from the host's timers and after what a transport told, never
 *           while its link calls back: who wants it gone calls
 *           host_conn_doom().
 */
#include "base/map.h"
#include "base/ring.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_host.h"
#include "p2p/peer_store.h"

#define HOST_TICK_MS 1000   /* the longest time between two looks at all */
#define HOST_TICK_MIN_MS 10 /* the shortest */
#define HOST_QUEUE_BYTES                               \
    ((size_t)128 << 10) /* in the transport, then more \
                         * waits in the streams */
#define HOST_TAKE_BYTES ((size_t)64 << 10)
#define HOST_WHY_BYTES 200
#define HOST_DIAL_ADDRS_MAX 16
#define HOST_DIALS_WAITING_MAX 256
#define HOST_DIAL_STAGGER_MS 250
#define HOST_DIAL_MS 15000 /* for a transport that never gives up */
#define HOST_BACKOFF_FIRST_MS 1000
#define HOST_BACKOFF_MAX_MS (5 * 60 * 1000)
#define HOST_KEEPS_MAX 256
#define HOST_KEEP_FIRST_MS 1000
#define HOST_KEEP_MAX_MS 60000
#define HOST_KEEP_STABLE_MS 30000 /* up so long, pauses begin anew */
#define HOST_AT_ONCE_MS 10000     /* two connections this close came at once */
#define HOST_RETIRE_MS 1000       /* until the one that is given up goes */
#define HOST_PROBE_MS 5000        /* for the older one to show that it lives */
#define HOST_NEW_MS 10000         /* a connection this young is not surplus */
#define HOST_PING_MS 30000
#define HOST_PING_TIMEOUT_MS 10000
#define HOST_PINGS_LOST_MAX 2
#define HOST_ROUNDS_MAX 4
#define HOST_BLAME_MAX 100
#define HOST_FAULT_POINTS 50  /* of a link's: twice in a while is too often */
#define HOST_STREAM_POINTS 10 /* of a stream's negotiation */
#define HOST_BLAME_HALF_MS 60000
#define HOST_BLAME_BAN_MS (10 * 60 * 1000)
#define HOST_SAID_AGAIN_MS 60000
#define HOST_SAVE_MS 60000
#define HOST_PEERS_MAX 8192 /* that are remembered without a connection */
#define HOST_ID_TEXT_BYTES 96

enum host_conn_state {
    HOST_DIALING,  /* the transport has not connected yet */
    HOST_SECURING, /* the handshake runs */
    HOST_OPEN,
};

struct host_conn {
    struct peer_host *host;
    struct host_conn *next, *prev; /* of the host's */
    enum host_conn_state state;
    struct transport_conn *transport;
    struct peer_link *link; /* NULL while it is dialed */
    struct host_peer *peer; /* NULL until it is secured */
    struct host_dial *dial; /* whose attempt it is; NULL afterwards */
    struct buffer addr;     /* remote */
    bool is_dialer;
    bool in_link;                /* its link is calling back */
    bool is_dirty;               /* among the host's dirty ones */
    bool wants;                  /* its link said so since it was ticked */
    bool is_doomed, is_graceful; /* is to be closed, and how */
    bool is_over;                /* the transport said so */
    bool counts_ip;
    uint8_t ip[8];
    char why[HOST_WHY_BYTES];
    uint64_t begun_ms, secured_ms;
    uint64_t tick_ms;   /* when its link has a deadline */
    uint64_t retire_ms; /* 0, or when it goes as the one of two */
    uint64_t probe_ms;  /* 0, or when it takes the older one's place */
    size_t memory_bytes;
    uint32_t round_trip_us;
    uint64_t next_ping_ms;
    unsigned pings_lost;
    struct host_ping *ping; /* under way */
    struct ring in_waiting; /* for its turn, unread */
    uint64_t spent_us, spent_at_us, took_us;
    unsigned waits; /* since then */
    uint64_t waits_since_ms;
};

struct host_identity;

/* Events that are let through at `per_s` on average, and `burst` at once. */
struct host_rate {
    uint64_t full_ms; /* when all of the burst may come again */
};

struct host_tag {
    char *name;
    int value;
};

struct host_peer {
    struct peer_host *host;
    struct peer_id id;
    struct host_conn *conns[2]; /* the one in use, another that comes or goes */
    struct host_dial *dial;
    unsigned pins; /* it is at work, and not to be freed */
    VEC(struct host_tag) tags;
    VEC(char *) protections;
    double blame;
    uint64_t blamed_ms;
    struct host_rate asks, pushes;  /* of Identify, on the newest one */
    unsigned dials_lost;            /* in a row */
    uint64_t backoff_ms;            /* not dialed before */
    struct host_identity *identity; /* NULL: not identified yet */
};

struct host_addr {
    uint8_t at[MULTIADDR_BYTES_MAX];
    uint16_t len;
};

struct host_dial {
    struct peer_host *host;
    struct host_dial *next, *prev;
    struct host_peer *peer; /* NULL: whoever answers */
    struct host_keep *keep; /* NULL: dialed once */
    VEC(struct host_addr) addrs;
    size_t tried, running;
    bool is_started;
    uint64_t next_ms;
    char why[HOST_WHY_BYTES];
};

struct host_keep {
    struct peer_host *host;
    bool has_peer;       /* it must be this one */
    struct peer_id peer; /* of no bytes: nobody was there yet */
    struct host_addr addr;
    struct host_dial *dial;
    uint64_t next_ms, pause_ms;
    bool was_up;
    uint64_t up_ms;
};

/* Those who came from one address, kept while its rate or one of them is. */
struct host_ip {
    unsigned conns;
    struct host_rate arrivals;
};

struct host_listener {
    struct peer_host *host;
    struct transport_listener *transport;
};

struct peer_host {
    const struct peer_private_key *identity;
    struct peer_id id;
    struct transport transport;
    struct peer_host_limits limits;
    const char *agent;
    struct peer_store *store;
    bool owns_store, is_closing;
    uint64_t opened_unix_ms, opened_ms;
    uint64_t saved_ms;

    struct host_conn *conns;
    struct host_conn *tick_next; /* whoever ends in the midst of host_tick() */
    unsigned conn_count, open_count, pending_count;
    VEC(struct host_conn *) dirty;
    struct transport_timer *pump, *tick, *turn;
    bool pump_set, turn_set;
    struct ring waiting;
    uint64_t turn_us;  /* that this turn of the loop took so far */
    uint64_t tick_at;  /* 0: it does not run */
    struct buffer out; /* what a link gives, on its way to the transport */

    struct map peers;              /* struct peer_id -> struct host_peer * */
    VEC(struct peer_id) connected; /* in the order of their coming */
    struct map ips; /* 8 bytes -> struct host_ip, accepted connections */
    struct host_dial *dials;
    unsigned dials_running, dials_waiting;
    VEC(struct host_keep *) keeps;

    VEC(struct host_listener *) listeners;
    struct buffer addrs; /* bound, each after its length */
    VEC(struct host_addr) listen_addrs;
    VEC(struct host_protocol {
        const struct peer_protocol *protocol;
        void *context;
    })
    protocols;
    VEC(struct host_watcher {
        const struct peer_watcher *calls;
        void *context;
    })
    watchers;
    uint64_t record_sequence;
    bool must_push; /* peers are to be told what has changed */
    bool must_save;

    size_t memory_bytes;
    struct peer_host_stats stats;
    uint64_t said_ms[PEER_HOST_REFUSAL_COUNT];
    uint64_t unsaid[PEER_HOST_REFUSAL_COUNT];
};

uint64_t host_now(const struct peer_host *host);
uint64_t host_unix_ms(const struct peer_host *host);

/* host_conns.c */

extern const struct transport_user host_conn_user;
struct host_conn *host_conn_new(struct peer_host *host, bytes addr,
                                bool is_dialer);
/* The transport has connected. */
void host_conn_secure(struct host_conn *conn, const struct peer_id *expected);
/* Soon; graceful: what was sent before still leaves. */
void host_conn_doom(struct host_conn *conn, bool graceful, const char *why);
void host_conn_close(struct host_conn *conn);
void host_conn_mark(struct host_conn *conn); /* something is to be sent */
/* Time has come for a deadline, or may have. */
void host_conn_settle(struct host_conn *conn);
/* When the clock is to look next, at the latest; 0: at once. */
void host_tick_by(struct peer_host *host, uint64_t at_ms);
void host_pump(void *host);
void host_tick(void *host);

/* host_peers.c */

struct peer_id host_key_of(const struct peer_id *id);
const char *host_id_text(char out[HOST_ID_TEXT_BYTES],
                         const struct peer_id *id);
struct host_peer *host_peer_find(const struct peer_host *host,
                                 const struct peer_id *id);
struct host_peer *host_peer_make(struct peer_host *host,
                                 const struct peer_id *id);
/* Frees it where nothing is known of it any more. */
void host_peer_release(struct host_peer *peer);
void host_peer_free(struct host_peer *peer);
/* A secured connection comes, or one goes. */
void host_peer_join(struct host_peer *peer, struct host_conn *conn);
void host_peer_leave(struct host_peer *peer, struct host_conn *conn);
/* What its two connections wait for. Returns when to look again. */
uint64_t host_peer_settle(struct host_peer *peer, uint64_t now_ms);
/* The older one of two answered: the newer goes. */
void host_peer_lives(struct host_peer *peer, struct host_conn *conn);
int host_peer_value(const struct host_peer *peer);
double host_peer_blame(const struct host_peer *peer, uint64_t now_ms);

/* peer_host.c: what watchers are told */

void host_tell_connected(struct peer_host *host, const struct peer_id *id);
void host_tell_disconnected(struct peer_host *host, const struct peer_id *id);
void host_tell_identified(struct peer_host *host, const struct peer_id *id);
void host_tell_failed(struct peer_host *host, const struct peer_id *id,
                      const char *why);

/* host_dial.c */

MUST_USE loft_err host_dial_begin(struct peer_host *host,
                                  const struct peer_id *peer,
                                  const bytes *addrs, size_t count,
                                  struct host_keep *keep);
/* An attempt of it ended, or is the connection that was wanted. */
void host_dial_lost(struct host_dial *dial, const char *why);
void host_dial_won(struct host_dial *dial, struct host_conn *conn);
void host_dial_free(struct host_dial *dial);
/* Goes on with all; returns when to look again. */
uint64_t host_dials_step(struct peer_host *host, uint64_t now_ms);
uint64_t host_keeps_step(struct peer_host *host, uint64_t now_ms);
bool host_is_kept(const struct peer_host *host, const struct peer_id *id);
void host_unkeep(struct peer_host *host, const struct peer_id *id);
/* Without the "/p2p" part at its end, unless it goes through a relay. */
bytes host_addr_without_peer(bytes addr);
bool host_addr_is_relayed(bytes addr);

/* host_limits.c */

void host_refused(struct peer_host *host, enum peer_host_refusal why,
                  const char *detail);
/* Before an accepted connection gets a link. */
bool host_may_accept(struct peer_host *host, bytes addr);
void host_count_ip(struct host_conn *conn);
void host_uncount_ip(struct host_conn *conn);
void host_forget_ips(struct peer_host *host, uint64_t now_ms);
/* False: one more is too many. */
bool host_rate_take(struct host_rate *rate, uint64_t now_ms, unsigned per_s,
                    unsigned burst);
void host_count_memory(struct host_conn *conn, size_t bytes_now);
void host_trim(struct peer_host *host, uint64_t now_ms);
bool host_addr_is_loopback(bytes addr);
bool host_addr_is_any(bytes addr); /* 0.0.0.0 or ::, where nobody is */

/* host_turns.c */

uint64_t host_now_us(const struct peer_host *host);
/* What was done for the connection since then. */
void host_turn_spend(struct host_conn *conn, uint64_t began_us);
/* Where there are others to be served first. */
void host_turn_wait(struct host_conn *conn);
void host_turn(void *host);

/* host_identify.c */

void host_identify_open(struct peer_host *host);
void host_identify_ask(struct host_conn *conn);
void host_identify_push(struct peer_host *host);
void host_identity_free(struct host_identity *identity);
/* Fills what peers say of themselves; zeros where identity is NULL. */
void host_identity_fill(struct peer_info *out,
                        const struct host_identity *identity);

/* host_ping.c */

void host_ping_open(struct peer_host *host);
void host_ping_start(struct host_conn *conn);
/* Returns when the next one is due. */
uint64_t host_ping_step(struct host_conn *conn, uint64_t now_ms);
/* The connection goes before the answer comes. */
void host_ping_forget(struct host_conn *conn);
