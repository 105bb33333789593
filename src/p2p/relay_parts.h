#pragma once
/* What the parts of a relay share: relay.c (connections through it) and
 * relay_grant.c (places at it). */
#include "p2p/relay.h"
#include "p2p/relay_message.h"

struct relay {
    struct peer_host *host;
    struct peer_protocol protocol;
    struct relay_limits limits;
    struct relay_slots slots;
    struct relay_stats stats;
    uint64_t unix_ms_at_zero; /* of the transport's clock */
    size_t open;
};

/* Unix seconds. */
uint64_t relay_now_s(const struct relay *relay);
/* What each connection may take, to be told to its ends. */
struct relay_limit relay_limit_of(const struct relay *relay);
bool relay_is_limited(const struct relay *relay);

void relay_drop_expired(struct relay *relay);
/* Gives the peer a place, or renews it, and appends what it is answered. Any
 * other status than RELAY_OK: it gets none, and nothing is appended. */
enum relay_status relay_grant(struct relay *relay, struct buffer *out,
                              const struct peer_id *peer);
