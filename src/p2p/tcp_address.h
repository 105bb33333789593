#pragma once
/* Multiaddrs that TCP can use, and what they stand for.
 *
 * Errors   LOFT_ERR_USAGE: other protocols, or more of them than two.
 */
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"
#include "io/endpoint.h"
#include "io/name_lookup.h"
#include "p2p/multiaddr.h"

struct tcp_address {
    bool is_name;
    char name[MULTIADDR_NAME_BYTES_MAX + 1];
    enum lookup_kind kind;    /* of the name */
    struct endpoint endpoint; /* of the name, the port alone */
};

MUST_USE loft_err tcp_address_read(struct tcp_address *out, bytes addr);

/* Appends /ip4/.../tcp/... or /ip6/.../tcp/... */
void tcp_address_put(struct buffer *out, const struct endpoint *endpoint);
