#pragma once
/* An address through a relay, taken apart: ".../p2p/RELAY/p2p-circuit", and
 * "/p2p/PEER" behind it where a peer is meant.
 *
 * Source   libp2p/specs, relay/circuit-v2.md.
 * Lifetime what is read points into the address.
 * Errors   LOFT_ERR_USAGE: none of that form; those of multiaddr.h.
 */
#include <stdbool.h>

#include "base/err.h"
#include "p2p/peer_id.h"

struct relay_address {
    bytes addr; /* of the relay, without its name */
    struct peer_id via, target;
    bool has_target;
};

MUST_USE loft_err relay_address_read(struct relay_address *out, bytes addr);
