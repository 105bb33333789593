#include "p2p/envelope.h"

#include <stddef.h>

#include "base/assert.h"
#include "codec/protobuf.h"
#include "codec/uvarint.h"
#include "p2p/multiaddr.h"

#define KEY_BYTES_MAX 4096 /* so that other kinds of key are named */

struct envelope_message {
    bytes key, type, payload, signature;
};

static const struct protobuf_rule envelope_rules[] = {
    {1, PROTOBUF_BYTES, true, offsetof(struct envelope_message, key),
     KEY_BYTES_MAX, 0},
    {2, PROTOBUF_BYTES, false, offsetof(struct envelope_message, type),
     ENVELOPE_TYPE_BYTES_MAX, 0},
    {3, PROTOBUF_BYTES, false, offsetof(struct envelope_message, payload),
     ENVELOPE_PAYLOAD_BYTES_MAX, 0},
    {5, PROTOBUF_BYTES, true, offsetof(struct envelope_message, signature),
     PEER_SIGNATURE_BYTES_MAX, 0},
};

static const struct protobuf_shape envelope_shape = {
    envelope_rules, ARRAY_LEN(envelope_rules), sizeof(struct envelope_message),
    "envelope"};

struct record_message {
    bytes id;
    struct protobuf_number sequence;
    struct protobuf_list addrs;
};

/* An address and what later revisions may say beside it. */
static const struct protobuf_rule record_rules[] = {
    {1, PROTOBUF_BYTES, true, offsetof(struct record_message, id),
     PEER_ID_BYTES_MAX, 0},
    {2, PROTOBUF_NUMBER, false, offsetof(struct record_message, sequence),
     UINT64_MAX, 0},
    {3, PROTOBUF_LIST, false, offsetof(struct record_message, addrs),
     ENVELOPE_PAYLOAD_BYTES_MAX, PEER_RECORD_ADDRS_MAX},
};

static const struct protobuf_shape record_shape = {
    record_rules, ARRAY_LEN(record_rules), sizeof(struct record_message),
    "peer record"};

struct addr_message {
    bytes addr;
};

static const struct protobuf_rule addr_rules[] = {
    {1, PROTOBUF_BYTES, true, offsetof(struct addr_message, addr),
     ENVELOPE_PAYLOAD_BYTES_MAX, 0},
};

static const struct protobuf_shape addr_shape = {
    addr_rules, ARRAY_LEN(addr_rules), sizeof(struct addr_message),
    "peer record's address"};

static const char record_domain[] = "libp2p-peer-record";
/* The multicodec libp2p-peer-record, 0x0301, as the two bytes in use. */
static const uint8_t record_type[] = {0x03, 0x01};

static void put_with_length(struct buffer *out, bytes part)
{
    uvarint_put(out, part.len);
    buffer_put_bytes(out, part);
}

/* What the signature is over: each part after its length. */
static void put_signed(struct buffer *out, const char *domain, bytes type,
                       bytes payload)
{
    put_with_length(out, bytes_str(domain));
    put_with_length(out, type);
    put_with_length(out, payload);
}

void envelope_seal(struct buffer *out, const struct peer_private_key *key,
                   const char *domain, bytes type, bytes payload)
{
    struct buffer text = {0}, public = {0};
    struct peer_signature signature;
    ASSERT(type.len <= ENVELOPE_TYPE_BYTES_MAX);
    ASSERT(payload.len <= ENVELOPE_PAYLOAD_BYTES_MAX);
    put_signed(&text, domain, type, payload);
    peer_key_sign(&signature, key, buffer_bytes(&text));
    peer_public_key_put(&public, &key->public);
    const struct envelope_message message = {
        .key = buffer_bytes(&public),
        .type = type,
        .payload = payload,
        .signature = bytes_of(signature.at, signature.len),
    };
    protobuf_put(out, &message, &envelope_shape);
    buffer_free(&text);
    buffer_free(&public);
}

loft_err envelope_open(struct envelope *out, const char *domain, bytes from)
{
    struct envelope_message message;
    struct buffer text = {0};
    struct peer_public_key key;
    if (from.len > ENVELOPE_BYTES_MAX)
        return err_say(LOFT_ERR_LIMIT, "an envelope of %zu bytes", from.len);
    TRY(protobuf_read(NULL, &message, &envelope_shape, from));
    TRY(peer_public_key_read(&key, message.key));
    put_signed(&text, domain, message.type, message.payload);
    bool good = peer_key_verify(&key, message.signature, buffer_bytes(&text));
    buffer_free(&text);
    if (!good)
        return err_say(LOFT_ERR_REFUSED,
                       "an envelope whose signature is not its key's for %s",
                       domain);
    *out = (struct envelope){key, message.type, message.payload};
    return LOFT_OK;
}

static void put_record(struct buffer *out, const struct peer_id *id,
                       const struct peer_record *record)
{
    bytes wrapped[PEER_RECORD_ADDRS_MAX];
    struct buffer addrs[PEER_RECORD_ADDRS_MAX] = {0};
    ASSERT(record->addr_count <= PEER_RECORD_ADDRS_MAX);
    for (size_t i = 0; i < record->addr_count; i++) {
        const struct addr_message addr = {record->addrs[i]};
        protobuf_put(&addrs[i], &addr, &addr_shape);
        wrapped[i] = buffer_bytes(&addrs[i]);
    }
    const struct record_message message = {
        peer_id_bytes(id),
        {record->sequence, true},
        {wrapped, record->addr_count},
    };
    protobuf_put(out, &message, &record_shape);
    for (size_t i = 0; i < record->addr_count; i++)
        buffer_free(&addrs[i]);
}

void peer_record_seal(struct buffer *out, const struct peer_private_key *key,
                      const struct peer_record *record)
{
    struct buffer payload = {0};
    struct peer_id id = peer_id_of(&key->public);
    put_record(&payload, &id, record);
    envelope_seal(out, key, record_domain,
                  bytes_of(record_type, sizeof record_type),
                  buffer_bytes(&payload));
    buffer_free(&payload);
}

/* Keeps what is an address to us. */
static loft_err take_addrs(struct arena *arena, struct peer_record *out,
                           const struct protobuf_list *from)
{
    bytes *addrs = ARENA_ARRAY(arena, bytes, from->len);
    size_t count = 0;
    for (size_t i = 0; i < from->len; i++) {
        struct addr_message message;
        TRY(protobuf_read(NULL, &message, &addr_shape, from->at[i]));
        if (multiaddr_check(message.addr) == LOFT_OK)
            addrs[count++] = message.addr;
    }
    out->addrs = addrs;
    out->addr_count = count;
    return LOFT_OK;
}

static loft_err read_record(struct arena *arena, struct peer_record *out,
                            bytes payload)
{
    struct record_message message;
    *out = (struct peer_record){0};
    TRY(protobuf_read(arena, &message, &record_shape, payload));
    TRY(peer_id_read(&out->id, message.id));
    out->sequence = message.sequence.value;
    return take_addrs(arena, out, &message.addrs);
}

loft_err peer_record_open(struct arena *arena, struct peer_record *out,
                          bytes from)
{
    struct envelope envelope;
    TRY(envelope_open(&envelope, record_domain, from));
    if (!bytes_equal(envelope.type, bytes_of(record_type, sizeof record_type)))
        return err_say(LOFT_ERR_FORMAT, "an envelope that holds no record");
    TRY(read_record(arena, out, envelope.payload));
    struct peer_id signer = peer_id_of(&envelope.key);
    if (!peer_id_equal(&signer, &out->id))
        return err_say(LOFT_ERR_REFUSED, "a peer record that another signed");
    return LOFT_OK;
}
