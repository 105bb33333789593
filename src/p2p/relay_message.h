#pragma once
/* What is said to and by a relay: the messages of circuit relay v2, and the
 * voucher that a reservation comes with.
 *
 * A message goes over a stream after its length, one uvarint.
 *
 * Source   libp2p/specs, relay/circuit-v2.md. A type that is absent is the
 *          first one, as version 3 of protocol buffers has it.
 * Lifetime what is read points into the input and the arena.
 * Limits   RELAY_MESSAGE_BYTES_MAX, RELAY_ADDRS_MAX.
 * Errors   LOFT_ERR_FORMAT, LOFT_ERR_LIMIT. LOFT_ERR_REFUSED: a voucher that
 *          its relay did not sign.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"
#include "p2p/peer_id.h"
#include "p2p/peer_key.h"

#define RELAY_HOP_PROTOCOL "/libp2p/circuit/relay/0.2.0/hop"
#define RELAY_STOP_PROTOCOL "/libp2p/circuit/relay/0.2.0/stop"

#define RELAY_MESSAGE_BYTES_MAX 4096
#define RELAY_ADDRS_MAX 32

/* Hop and Stop number them differently; Stop has no RESERVE. */
enum relay_type { RELAY_RESERVE, RELAY_CONNECT, RELAY_STATUS };

enum relay_status {
    RELAY_UNUSED = 0,
    RELAY_OK = 100,
    RELAY_RESERVATION_REFUSED = 200,
    RELAY_RESOURCE_LIMIT_EXCEEDED = 201,
    RELAY_PERMISSION_DENIED = 202,
    RELAY_CONNECTION_FAILED = 203,
    RELAY_NO_RESERVATION = 204,
    RELAY_MALFORMED_MESSAGE = 400,
    RELAY_UNEXPECTED_MESSAGE = 401,
};

/* In words; numbers that are none of the above are "an unknown status". */
const char *relay_status_text(uint64_t status);

struct relay_limit {
    uint32_t duration_s; /* of a connection; 0: none */
    uint64_t data_bytes; /* in each direction; 0: none */
};

struct relay_message {
    enum relay_type type;
    bool has_peer, has_reservation, has_limit;
    struct peer_id peer; /* its addresses are not read: only relays that
                          * dial on behalf of others had a use for them */
    struct {
        uint64_t expire_s; /* Unix time */
        const bytes *addrs;
        size_t addr_count;
        bytes voucher;
    } reservation;
    struct relay_limit limit;
    uint64_t status; /* an enum relay_status, or a later one */
};

MUST_USE loft_err relay_hop_read(struct arena *arena, struct relay_message *out,
                                 bytes from);
/* Has no reservation: needs no arena. */
MUST_USE loft_err relay_stop_read(struct relay_message *out, bytes from);

/* Append the message after its length. */
void relay_hop_put(struct buffer *out, const struct relay_message *message);
void relay_stop_put(struct buffer *out, const struct relay_message *message);

/* A message as it comes. Fields are relay_message.c's. */
struct relay_reader {
    struct buffer held;
};

void relay_reader_fini(struct relay_reader *reader);

/* Takes from *data up to the end of one message. An empty *message: it goes on
 * in bytes that are not there yet. */
MUST_USE loft_err relay_reader_take(struct relay_reader *reader, bytes *message,
                                    bytes *data);

struct relay_voucher {
    struct peer_id relay, peer;
    uint64_t expire_s;
};

/* The relay is the key's. */
void relay_voucher_seal(struct buffer *out, const struct peer_private_key *key,
                        const struct peer_id *peer, uint64_t expire_s);
MUST_USE loft_err relay_voucher_open(struct relay_voucher *out, bytes from);
