#pragma once
/* What two peers tell each other of themselves.
 *
 * Source   libp2p/specs, identify/README.md. A sender may spread it over
 *          several messages, each after its length: they are read as one.
 * Lifetime what is read points into the input and the arena.
 * Limits   IDENTIFY_BYTES_MAX in all, and the others below.
 * Errors   LOFT_ERR_FORMAT, LOFT_ERR_LIMIT.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"
#include "codec/protobuf.h"

#define IDENTIFY_BYTES_MAX 16384
#define IDENTIFY_MESSAGES_MAX 10
#define IDENTIFY_ADDRS_MAX 64
#define IDENTIFY_PROTOCOLS_MAX 256
#define IDENTIFY_NAME_BYTES_MAX 256 /* of a protocol, an agent */

struct identify_message {
    bytes public_key; /* at is NULL where a field is absent */
    struct protobuf_list listen_addrs, protocols;
    bytes observed_addr, protocol_version, agent_version;
    bytes signed_record; /* p2p/envelope.h */
};

MUST_USE loft_err identify_read(struct arena *arena,
                                struct identify_message *out, bytes from);
/* One message after its length. */
void identify_put(struct buffer *out, const struct identify_message *message);
