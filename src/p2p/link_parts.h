#pragma once
/* What a link (peer_link.c) and its streams (peer_stream.c) share. */
#include "p2p/peer_link.h"
#include "p2p/yamux_session.h"

enum link_phase {
    LINK_SECURITY,  /* multistream-select of Noise */
    LINK_HANDSHAKE, /* Noise's messages */
    LINK_MUXER,     /* multistream-select inside Noise */
    LINK_OPEN,      /* Yamux */
    LINK_OVER,
};

struct peer_link {
    const struct peer_link_calls *calls;
    void *context;
    const struct peer_link_limits *limits;
    bool is_dialer;
    bool is_secured;  /* has been open: yamux stands */
    bool is_woken;    /* output() was called */
    bool is_calling;  /* inside receive(), tick() or free() */
    bool has_unarmed; /* deadlines of streams that no tick has seen */
    enum link_phase phase;
    uint64_t now_ms;
    uint64_t handshake_due_ms, streams_due_ms; /* UINT64_MAX: none */
    struct link_opening *opening;              /* NULL once it is open */
    struct noise_session noise;
    struct yamux_limits yamux_limits;
    struct yamux_session yamux;
    unsigned openings;        /* streams whose protocol is negotiated */
    size_t held_memory_bytes; /* by them */
    struct buffer in;         /* a message of Noise that is not all there */
    struct buffer raw;        /* to be sent as it is */
    struct peer_public_key their_key;
    struct peer_id their_id;
};

/* Of streams, for the session; the context is the link. */
extern const struct yamux_calls link_yamux_calls;

/* That tick or take have something to do. */
void link_wake(struct peer_link *link);

/* Ends streams that are past their deadlines, and finds the next. */
void link_tick_streams(struct peer_link *link);

/* Beyond what the session knows of. */
size_t link_streams_memory(const struct peer_link *link);
