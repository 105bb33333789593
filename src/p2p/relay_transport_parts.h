#pragma once
/* What the parts of p2p/relay_transport.h share: relay_transport.c (the
 * transport's functions) and relay_circuit.c (connections through relays). */
#include "p2p/relay_message.h"
#include "p2p/relay_reservation.h"
#include "p2p/relay_transport.h"
#include "p2p/stream_outbox.h"

enum relay_stage {
    BELOW, /* a connection of the transport below */
    AWAITS_RELAY,
    ASKS,     /* CONNECT of Hop is said */
    IS_ASKED, /* CONNECT of Stop is to come */
    CARRIES,
    IS_OVER, /* its user was told */
};

struct transport_conn {
    struct relay_transport *relay;
    enum relay_stage stage;
    struct transport_conn *below;
    /* Of those through a relay. */
    struct transport_conn *next, *prev;
    struct peer_id via, target;
    struct buffer addr; /* of the relay */
    struct transport_timer *timer;
    struct peer_stream *stream;
    struct relay_reader reader;
    struct stream_outbox outbox;
    const struct transport_user *user; /* NULL: none yet, or no more */
    void *context;
    bool is_owned;  /* close() is still to come */
    bool has_begun; /* the relay is being connected */
    bool is_paused;
};

struct transport_listener {
    struct relay_transport *relay;
    struct transport_listener *next; /* of those at relays */
    struct transport_listener *below;
    struct relay_reservation *reservation;
    void (*accepted)(void *context, struct transport_conn *conn,
                     bytes remote_addr);
    void *context;
};

struct relay_transport {
    struct transport below;
    struct transport_ops ops;
    struct peer_host *host;
    uint64_t unix_ms_at_zero;
    struct transport_conn *conns;
    struct transport_listener *listeners;
    struct peer_protocol stop;
};

/* Dials through the relay that the address names. */
MUST_USE loft_err relay_circuit_dial(struct relay_transport *relay,
                                     struct transport_conn **out, bytes addr,
                                     const struct transport_user *user,
                                     void *context);
/* now: what was sent before need not leave. */
void relay_circuit_close(struct transport_conn *conn, bool now);
/* Takes what relays bring; after the host is known. */
void relay_circuits_open(struct relay_transport *relay);

/* Who listens at that relay; NULL: nobody does. */
struct transport_listener *
relay_transport_listener(const struct relay_transport *relay,
                         const struct peer_id *via);
