#pragma once
/* Addresses of peers: a path of protocols from the outside in, as
 * "/ip4/192.0.2.1/tcp/4001/p2p/12D3Koo...".
 *
 * Their binary form is a sequence of parts, each a protocol's code and its
 * value, and is what goes over the wire and is signed. It has one text, and
 * the text one binary form.
 *
 * Source   multiformats/multiaddr; its protocols.csv.
 * Limits   MULTIADDR_BYTES_MAX, MULTIADDR_PARTS_MAX.
 * Errors   LOFT_ERR_FORMAT: also a protocol that is not among those below.
 *          LOFT_ERR_LIMIT.
 */
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"

#define MULTIADDR_BYTES_MAX 512
#define MULTIADDR_TEXT_BYTES_MAX 1024
#define MULTIADDR_PARTS_MAX 16
#define MULTIADDR_NAME_BYTES_MAX 253 /* of a DNS name */

struct peer_id;

enum multiaddr_code {
    MULTIADDR_IP4 = 4,   /* 4 bytes */
    MULTIADDR_TCP = 6,   /* port, 2 bytes, the high one first */
    MULTIADDR_IP6 = 41,  /* 16 bytes */
    MULTIADDR_DNS = 53,  /* a name */
    MULTIADDR_DNS4 = 54, /* a name */
    MULTIADDR_DNS6 = 55, /* a name */
    MULTIADDR_DNSADDR = 56,
    MULTIADDR_UDP = 273,         /* port, as of TCP */
    MULTIADDR_P2P_CIRCUIT = 290, /* nothing */
    MULTIADDR_P2P = 421,         /* a peer id */
    MULTIADDR_TLS = 448,         /* nothing */
    MULTIADDR_QUIC_V1 = 461,     /* nothing */
    MULTIADDR_WS = 477,          /* nothing */
    MULTIADDR_WSS = 478,         /* nothing */
};

struct multiaddr_part {
    enum multiaddr_code code;
    bytes value; /* borrowed */
};

/* Takes the first part of *rest, checked. *rest is as it was on failure. */
MUST_USE loft_err multiaddr_next(struct multiaddr_part *out, bytes *rest);

/* Appends "/p2p/" and the id, and "/p2p-circuit". */
void multiaddr_put_peer(struct buffer *out, const struct peer_id *id);
void multiaddr_put_circuit(struct buffer *out);

/* Whether the address leads through a relay. */
bool multiaddr_is_relayed(bytes addr);

/* Whether all parts can be read, and there is at least one. */
MUST_USE loft_err multiaddr_check(bytes addr);

/* Appends the binary form of a text; nothing on failure. A peer's id is read
 * in any of its forms, and "/ipfs/" as "/p2p/". */
MUST_USE loft_err multiaddr_read_text(struct buffer *out, bytes text);

/* Appends the text of an address that multiaddr_check() accepts. */
void multiaddr_put_text(struct buffer *out, bytes addr);
