#pragma once
/* Two links joined in memory: bytes are handed over in pieces of sizes that a
 * seed decides, and time is the test's. */
#include "p2p/peer_link.h"

#define PAIR_PROTOCOLS_MAX 8

struct link_end {
    struct peer_link *link;
    struct link_pair *pair;
    struct buffer wire; /* to the other end */
    size_t read;
    bool is_woken, is_secured;
    loft_err err; /* of receive() or tick(), and its sentence */
    char why[256];
    const struct peer_protocol *protocols[PAIR_PROTOCOLS_MAX];
    void *contexts[PAIR_PROTOCOLS_MAX];
    uint64_t next_ms;
};

struct link_pair {
    struct link_end ends[2]; /* the dialer, the listener */
    struct peer_private_key keys[2];
    uint64_t now_ms;
    uint32_t seed;
    size_t piece_bytes_max; /* 1: byte by byte */
};

extern const struct peer_link_limits PAIR_LIMITS;

/* Keys come from the seed too. expected: of the dialer, or NULL. */
void pair_begin(struct link_pair *pair, uint32_t seed,
                const struct peer_link_limits *limits,
                const struct peer_id *expected);
void pair_end(struct link_pair *pair);

uint32_t pair_random(struct link_pair *pair);

void pair_serve(struct link_end *end, const struct peer_protocol *protocol,
                void *context);

/* Ticks and takes what that end was woken for. */
void pair_take(struct link_end *end);

/* Hands over one piece of what it sent. False: there is none, or the other
 * side is over. */
bool pair_carry(struct link_end *end);

/* Until nothing moves. */
void pair_run(struct link_pair *pair);

/* Lets time pass, and deadlines with it. */
void pair_wait(struct link_pair *pair, uint64_t ms);

/* Gives `data` to that end as if the other side had sent it. */
loft_err pair_inject(struct link_end *end, bytes data);
