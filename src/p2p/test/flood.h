#pragma once
/* A crowd of hostile peers, for one process of its own: each does one thing to
 * the peer at an address of this machine, as fast as that lets it, and comes
 * back whenever it is cut off.
 *
 * Frames are made by hand and answers are thrown away unread, so that an attack
 * costs the attacker less than it costs whoever serves it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "p2p/peer_key.h"

/* breaks: it goes against a protocol, and is to be named and cut off for it.
 * What does not break one is waste within the rules. */
#define FLOOD_ROLES(X)                                               \
    X(YAMUX_PINGS, "pings of Yamux", true)                           \
    X(OPENER, "streams opened and reset", true)                      \
    X(OVERFLOW, "more data than the window", true)                   \
    X(FORGER, "gossip that nobody signed", true)                     \
    X(LIAR, "gossip that is invalid", true)                          \
    X(CONTROLLER, "IHAVE, IWANT, GRAFT and PRUNE", true)             \
    X(PUSHER, "pushes of Identify", true)                            \
    X(ECHO, "pings of 32 bytes and more", false)                     \
    X(DEAF, "pings, and no answer is read", false)                   \
    X(PACED_OPENER, "streams opened just below the limit", false)    \
    X(ASKER, "questions of Identify", true)                          \
    X(HOARDER, "streams that are never named", false)                \
    X(SPAMMER, "gossip that is valid, of a topic of its own", false) \
    X(DEFECTOR, "gossip from one that resets ours", true)            \
    X(REPEATER, "one message of gossip again and again", false)      \
    X(CRUMBS, "frames of a byte, each encrypted by itself", false)   \
    X(RESERVER, "reservations of a relay", false)                    \
    X(COMER, "handshakes, and gone", false)                          \
    X(GARBLER, "handshakes whose last message is garbage", false)    \
    X(HALF_OPEN, "connections without a byte", false)                \
    X(SLOW, "a byte of the handshake now and then", false)

enum flood_role {
#define X(name, text, breaks) FLOOD_##name,
    FLOOD_ROLES(X)
#undef X
        FLOOD_ROLE_COUNT
};

const char *flood_role_text(enum flood_role role);
bool flood_role_breaks(enum flood_role role);

struct flood_config {
    uint16_t port;     /* of 127.0.0.1 */
    const char *topic; /* of gossip, that the victim is subscribed to, */
    const char *spam;  /* as it is to this one, where all is valid */
    unsigned peers;    /* hostile ones, their roles in turn */
    const volatile bool *has_ended;
};

/* The key that a peer has: `life` counts those that it has had before. A
 * banned one comes back as somebody else. */
void flood_key(struct peer_private_key *out, unsigned peer, unsigned life);

struct flood_tally {
    uint64_t connections, handshakes, bytes;
};

struct flood_report {
    struct flood_tally roles[FLOOD_ROLE_COUNT];
    uint64_t cpu_ms; /* of this process */
};

void flood_run(struct flood_report *out, const struct flood_config *config);
