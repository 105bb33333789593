#pragma once
/* What the parts of p2p/gossip.h share: gossip.c (the router's surroundings:
 * time, topics, peers that it names), gossip_conns.c (streams to peers and
 * from them) and gossip_intake.c (RPCs that come). */
#include "base/map.h"
#include "base/ring.h"
#include "p2p/gossip.h"
#include "p2p/gossip_queue.h"

#define GOSSIP_NO_NUMBER UINT32_MAX
#define GOSSIP_GRAVE_POINTS 50 /* of a fault that no peer makes by chance */

/* A peer that is connected, or whose streams have not ended yet. */
struct gossip_conn {
    struct gossip *gossip;
    struct peer_id id;
    unsigned number; /* by which the router knows it, or GOSSIP_NO_NUMBER */
    bool is_connected, is_refused;
    unsigned streams; /* that have not ended */
    unsigned reopens;
    struct peer_stream *out, *in; /* NULL: there is none */
    struct gossip_queue queue;
    struct buffer input; /* of an RPC that goes on */
    size_t part;         /* of the first RPC there, that is to be taken next */
    struct ring in_waiting; /* for time to go on; its stream is not read */
    bool has_finished;      /* their side, while it waits */
    bool is_unheard;        /* for its score: it is not read either */
    int tag;
};

struct gossip_use_entry {
    struct gossip_use use;
    struct buffer topic;
};

struct gossip {
    struct peer_host *host;
    struct transport transport; /* outlives the host */
    struct gossip_params params;
    struct gossip_router *router;
    struct map conns;              /* struct peer_id -> struct gossip_conn * */
    struct gossip_conn **numbered; /* peers_max of them */
    VEC(struct gossip_use_entry *) uses;
    struct transport_timer *beat, *due, *turn;
    struct ring waiting;
    uint64_t due_ms; /* when the timer goes off; UINT64_MAX: it does not */
    unsigned dials;  /* since the beat */
    uint64_t dropped[GOSSIP_OFFER + 1], withdrawn, given_up;
};

uint64_t gossip_now(const struct gossip *gossip);
uint64_t gossip_now_us(const struct gossip *gossip);
/* Sees to it that what is due is done. */
void gossip_schedule(struct gossip *gossip);

/* Takes the host's connections, those that are there first. */
void gossip_conns_open(struct gossip *gossip);
void gossip_conn_free(struct gossip_conn *conn);
/* NULL: not connected. */
struct gossip_conn *gossip_conn_find(const struct gossip *gossip,
                                     const struct peer_id *id);
/* As of struct gossip_router_calls; the context is the struct gossip. */
void gossip_conn_send(void *context, unsigned peer, enum gossip_class class,
                      struct gossip_frame *frame);
void gossip_conn_unsend(void *context, unsigned peer,
                        const struct gossip_frame *frame);

/* gossip_intake.c */

void gossip_intake_open(struct gossip *gossip);
void gossip_intake_close(struct gossip *gossip);
/* Bytes of the peer's stream. */
void gossip_intake_got(struct gossip_conn *conn, bytes data);
/* Its stream ends, once all that came is taken. */
/* Its stream is read, or not, as it is with the peer now. */
void gossip_intake_pause(struct gossip_conn *conn);
void gossip_intake_finish(struct gossip_conn *conn);
/* What came of it so far is given up, and waits no more. */
void gossip_intake_drop(struct gossip_conn *conn);

/* At each heartbeat. */
void gossip_conn_look_after(struct gossip_conn *conn);
