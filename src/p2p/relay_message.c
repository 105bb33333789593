#include "p2p/relay_message.h"

#include <stddef.h>

#include "base/assert.h"
#include "codec/protobuf.h"
#include "codec/uvarint.h"
#include "p2p/envelope.h"

struct peer_fields {
    bytes id;
};

static const struct protobuf_rule peer_rules[] = {
    {1, PROTOBUF_BYTES, true, offsetof(struct peer_fields, id),
     PEER_ID_BYTES_MAX, 0},
};

static const struct protobuf_shape peer_shape = {
    peer_rules, ARRAY_LEN(peer_rules), sizeof(struct peer_fields), "peer"};

struct reservation_fields {
    struct protobuf_number expire;
    struct protobuf_list addrs;
    bytes voucher;
};

static const struct protobuf_rule reservation_rules[] = {
    {1, PROTOBUF_NUMBER, false, offsetof(struct reservation_fields, expire),
     UINT64_MAX, 0},
    {2, PROTOBUF_LIST, false, offsetof(struct reservation_fields, addrs),
     RELAY_MESSAGE_BYTES_MAX, RELAY_ADDRS_MAX},
    {3, PROTOBUF_BYTES, false, offsetof(struct reservation_fields, voucher),
     RELAY_MESSAGE_BYTES_MAX, 0},
};

static const struct protobuf_shape reservation_shape = {
    reservation_rules, ARRAY_LEN(reservation_rules),
    sizeof(struct reservation_fields), "reservation"};

struct limit_fields {
    struct protobuf_number duration, data;
};

static const struct protobuf_rule limit_rules[] = {
    {1, PROTOBUF_NUMBER, false, offsetof(struct limit_fields, duration),
     UINT32_MAX, 0},
    {2, PROTOBUF_NUMBER, false, offsetof(struct limit_fields, data), UINT64_MAX,
     0},
};

static const struct protobuf_shape limit_shape = {
    limit_rules, ARRAY_LEN(limit_rules), sizeof(struct limit_fields), "limit"};

/* Of both messages; Stop has no reservation. */
struct message_fields {
    struct protobuf_number type, status;
    bytes peer, reservation, limit;
};

#define NUMBER_FIELD(number, field, max)                   \
    {                                                      \
        number, PROTOBUF_NUMBER, false,                    \
            offsetof(struct message_fields, field), max, 0 \
    }
#define MESSAGE_FIELD(number, field)                                           \
    {                                                                          \
        number, PROTOBUF_BYTES, false, offsetof(struct message_fields, field), \
            RELAY_MESSAGE_BYTES_MAX, 0                                         \
    }

static const struct protobuf_rule hop_rules[] = {
    NUMBER_FIELD(1, type, 2),
    MESSAGE_FIELD(2, peer),
    MESSAGE_FIELD(3, reservation),
    MESSAGE_FIELD(4, limit),
    NUMBER_FIELD(5, status, UINT32_MAX),
};

static const struct protobuf_shape hop_shape = {hop_rules, ARRAY_LEN(hop_rules),
                                                sizeof(struct message_fields),
                                                "hop message"};

static const struct protobuf_rule stop_rules[] = {
    NUMBER_FIELD(1, type, 1),
    MESSAGE_FIELD(2, peer),
    MESSAGE_FIELD(3, limit),
    NUMBER_FIELD(4, status, UINT32_MAX),
};

static const struct protobuf_shape stop_shape = {
    stop_rules, ARRAY_LEN(stop_rules), sizeof(struct message_fields),
    "stop message"};

static const struct {
    enum relay_status status;
    const char *text;
} statuses[] = {
    {RELAY_OK, "ok"},
    {RELAY_RESERVATION_REFUSED, "the reservation is refused"},
    {RELAY_RESOURCE_LIMIT_EXCEEDED, "a limit of the relay is reached"},
    {RELAY_PERMISSION_DENIED, "the relay does not permit it"},
    {RELAY_CONNECTION_FAILED, "the relay does not reach the peer"},
    {RELAY_NO_RESERVATION, "the peer has no reservation at the relay"},
    {RELAY_MALFORMED_MESSAGE, "the relay cannot read the message"},
    {RELAY_UNEXPECTED_MESSAGE, "the relay did not expect the message"},
};

const char *relay_status_text(uint64_t status)
{
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
        if (statuses[i].status == status)
            return statuses[i].text;
    return "an unknown status";
}

static loft_err read_peer(struct relay_message *out, bytes from)
{
    struct peer_fields fields;
    if (!from.at)
        return LOFT_OK;
    TRY(protobuf_read(NULL, &fields, &peer_shape, from));
    TRY(peer_id_read(&out->peer, fields.id));
    out->has_peer = true;
    return LOFT_OK;
}

static loft_err read_reservation(struct arena *arena, struct relay_message *out,
                                 bytes from)
{
    struct reservation_fields fields;
    if (!from.at)
        return LOFT_OK;
    TRY(protobuf_read(arena, &fields, &reservation_shape, from));
    out->has_reservation = true;
    out->reservation.expire_s = fields.expire.value;
    out->reservation.addrs = fields.addrs.at;
    out->reservation.addr_count = fields.addrs.len;
    out->reservation.voucher = fields.voucher;
    return LOFT_OK;
}

static loft_err read_limit(struct relay_message *out, bytes from)
{
    struct limit_fields fields;
    if (!from.at)
        return LOFT_OK;
    TRY(protobuf_read(NULL, &fields, &limit_shape, from));
    out->has_limit = true;
    out->limit = (struct relay_limit){(uint32_t)fields.duration.value,
                                      fields.data.value};
    return LOFT_OK;
}

loft_err relay_hop_read(struct arena *arena, struct relay_message *out,
                        bytes from)
{
    struct message_fields fields;
    *out = (struct relay_message){0};
    TRY(protobuf_read(NULL, &fields, &hop_shape, from));
    out->type = (enum relay_type)fields.type.value;
    out->status = fields.status.value;
    TRY(read_peer(out, fields.peer));
    TRY(read_reservation(arena, out, fields.reservation));
    return read_limit(out, fields.limit);
}

loft_err relay_stop_read(struct relay_message *out, bytes from)
{
    struct message_fields fields;
    *out = (struct relay_message){0};
    TRY(protobuf_read(NULL, &fields, &stop_shape, from));
    out->type = fields.type.value ? RELAY_STATUS : RELAY_CONNECT;
    out->status = fields.status.value;
    TRY(read_peer(out, fields.peer));
    return read_limit(out, fields.limit);
}

static void put_reservation(struct buffer *out,
                            const struct relay_message *message)
{
    const struct reservation_fields fields = {
        .expire = {message->reservation.expire_s, true},
        /* A list is only read where it is put. */
        .addrs = {(bytes *)(uintptr_t)message->reservation.addrs,
                  message->reservation.addr_count},
        .voucher = message->reservation.voucher,
    };
    protobuf_put(out, &fields, &reservation_shape);
}

static void put_limit(struct buffer *out, const struct relay_limit *limit)
{
    const struct limit_fields fields = {
        {limit->duration_s, true},
        {limit->data_bytes, true},
    };
    protobuf_put(out, &fields, &limit_shape);
}

static void put_message(struct buffer *out, const struct relay_message *message,
                        const struct protobuf_shape *shape, uint64_t type)
{
    struct buffer peer = {0}, reservation = {0}, limit = {0}, all = {0};
    struct message_fields fields = {.type = {type, true}};
    if (message->has_peer) {
        const struct peer_fields id = {peer_id_bytes(&message->peer)};
        protobuf_put(&peer, &id, &peer_shape);
    }
    if (message->has_reservation)
        put_reservation(&reservation, message);
    if (message->has_limit)
        put_limit(&limit, &message->limit);
    fields.peer = buffer_bytes(&peer);
    fields.reservation = buffer_bytes(&reservation);
    fields.limit = buffer_bytes(&limit);
    if (message->type == RELAY_STATUS)
        fields.status = (struct protobuf_number){message->status, true};
    protobuf_put(&all, &fields, shape);
    ASSERT(all.len <= RELAY_MESSAGE_BYTES_MAX);
    uvarint_put(out, all.len);
    buffer_put_bytes(out, buffer_bytes(&all));
    buffer_free(&peer);
    buffer_free(&reservation);
    buffer_free(&limit);
    buffer_free(&all);
}

void relay_hop_put(struct buffer *out, const struct relay_message *message)
{
    put_message(out, message, &hop_shape, message->type);
}

void relay_stop_put(struct buffer *out, const struct relay_message *message)
{
    ASSERT(message->type != RELAY_RESERVE && !message->has_reservation);
    put_message(out, message, &stop_shape, message->type == RELAY_STATUS);
}

void relay_reader_fini(struct relay_reader *reader)
{
    buffer_free(&reader->held);
}

static void take_byte(struct relay_reader *reader, bytes *data)
{
    buffer_put_byte(&reader->held, data->at[0]);
    *data = bytes_of(data->at + 1, data->len - 1);
}

loft_err relay_reader_take(struct relay_reader *reader, bytes *message,
                           bytes *data)
{
    *message = BYTES_EMPTY;
    while (data->len > 0) {
        bytes rest = buffer_bytes(&reader->held);
        uint64_t len = 0;
        enum uvarint_status status = uvarint_scan(&len, &rest);
        if (status == UVARINT_READ && len > RELAY_MESSAGE_BYTES_MAX)
            return err_say(LOFT_ERR_LIMIT, "a relay's message of %llu bytes",
                           (unsigned long long)len);
        if (status == UVARINT_READ && len == 0)
            return err_say(LOFT_ERR_FORMAT, "an empty message of a relay");
        if (status != UVARINT_READ && status != UVARINT_SHORT)
            return err_say(LOFT_ERR_FORMAT, "a relay's message of no length");
        take_byte(reader, data);
        if (status == UVARINT_SHORT || rest.len + 1 < len)
            continue;
        *message = bytes_of(reader->held.at + reader->held.len - len,
                            (size_t)len);
        reader->held.len = 0;
        return LOFT_OK;
    }
    return LOFT_OK;
}

struct voucher_fields {
    bytes relay, peer;
    struct protobuf_number expire;
};

static const struct protobuf_rule voucher_rules[] = {
    {1, PROTOBUF_BYTES, true, offsetof(struct voucher_fields, relay),
     PEER_ID_BYTES_MAX, 0},
    {2, PROTOBUF_BYTES, true, offsetof(struct voucher_fields, peer),
     PEER_ID_BYTES_MAX, 0},
    {3, PROTOBUF_NUMBER, true, offsetof(struct voucher_fields, expire),
     UINT64_MAX, 0},
};

static const struct protobuf_shape voucher_shape = {
    voucher_rules, ARRAY_LEN(voucher_rules), sizeof(struct voucher_fields),
    "voucher"};

static const char voucher_domain[] = "libp2p-relay-rsvp";
/* The multicodec libp2p-relay-rsvp, 0x0302, as the two bytes in use. */
static const uint8_t voucher_type[] = {0x03, 0x02};

void relay_voucher_seal(struct buffer *out, const struct peer_private_key *key,
                        const struct peer_id *peer, uint64_t expire_s)
{
    struct buffer payload = {0};
    const struct peer_id relay = peer_id_of(&key->public);
    const struct voucher_fields fields = {
        peer_id_bytes(&relay), peer_id_bytes(peer), {expire_s, true}};
    protobuf_put(&payload, &fields, &voucher_shape);
    envelope_seal(out, key, voucher_domain,
                  bytes_of(voucher_type, sizeof voucher_type),
                  buffer_bytes(&payload));
    buffer_free(&payload);
}

loft_err relay_voucher_open(struct relay_voucher *out, bytes from)
{
    struct envelope envelope;
    struct voucher_fields fields;
    TRY(envelope_open(&envelope, voucher_domain, from));
    if (!bytes_equal(envelope.type,
                     bytes_of(voucher_type, sizeof voucher_type)))
        return err_say(LOFT_ERR_FORMAT, "an envelope that holds no voucher");
    TRY(protobuf_read(NULL, &fields, &voucher_shape, envelope.payload));
    TRY(peer_id_read(&out->relay, fields.relay));
    TRY(peer_id_read(&out->peer, fields.peer));
    out->expire_s = fields.expire.value;
    struct peer_id signer = peer_id_of(&envelope.key);
    if (!peer_id_equal(&signer, &out->relay))
        return err_say(LOFT_ERR_REFUSED, "a voucher that its relay did not "
                                         "sign");
    return LOFT_OK;
}
