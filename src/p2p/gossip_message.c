#include "p2p/gossip_message.h"

#include "base/assert.h"
#include "codec/protobuf.h"
#include "crypto/digest.h"

#define KEY_BYTES_MAX 4096 /* so that other kinds of key are told apart */
#define SIGNATURE_BYTES_MAX 1024

static const struct protobuf_rule message_rules[] = {
    {1, PROTOBUF_BYTES, true, offsetof(struct gossip_message, from),
     PEER_ID_BYTES_MAX, 0},
    {2, PROTOBUF_BYTES, false, offsetof(struct gossip_message, data),
     GOSSIP_MESSAGE_BYTES_MAX, 0},
    {3, PROTOBUF_BYTES, true, offsetof(struct gossip_message, seqno),
     GOSSIP_SEQNO_BYTES, 0},
    {4, PROTOBUF_BYTES, true, offsetof(struct gossip_message, topic),
     GOSSIP_TOPIC_BYTES_MAX, 0},
    {5, PROTOBUF_BYTES, true, offsetof(struct gossip_message, signature),
     SIGNATURE_BYTES_MAX, 0},
    {6, PROTOBUF_BYTES, false, offsetof(struct gossip_message, key),
     KEY_BYTES_MAX, 0},
};

static const struct protobuf_shape message_shape = {
    message_rules, ARRAY_LEN(message_rules), sizeof(struct gossip_message),
    "gossip's message"};

/* The fields that are signed: the first four. */
static const struct protobuf_shape signed_shape = {
    message_rules, 4, sizeof(struct gossip_message), "gossip's message"};

static const char prefix[] = "libp2p-pubsub:";

static void put_signed(struct buffer *out, const struct gossip_message *message)
{
    buffer_put_bytes(out, bytes_str(prefix));
    protobuf_put(out, message, &signed_shape);
}

loft_err gossip_message_read(struct gossip_message *out, bytes raw)
{
    if (raw.len > GOSSIP_MESSAGE_BYTES_MAX)
        return err_say(LOFT_ERR_LIMIT, "a message of %zu bytes", raw.len);
    TRY(protobuf_read(NULL, out, &message_shape, raw));
    out->raw = raw;
    if (out->seqno.len != GOSSIP_SEQNO_BYTES)
        return err_say(LOFT_ERR_FORMAT, "a seqno of %zu bytes", out->seqno.len);
    if (out->topic.len == 0)
        return err_say(LOFT_ERR_FORMAT, "a message of no topic");
    return LOFT_OK;
}

static bool is_in_one_encoding(const struct gossip_message *message)
{
    struct buffer again = {0};
    protobuf_put(&again, message, &message_shape);
    bool same = bytes_equal(buffer_bytes(&again), message->raw);
    buffer_free(&again);
    return same;
}

/* The key that the message states, or that its author's id holds. */
static enum gossip_signature find_key(struct peer_public_key *out,
                                      const struct gossip_message *message)
{
    struct peer_id author, owner;
    if (peer_id_read(&author, message->from) != LOFT_OK)
        return GOSSIP_FORGED;
    if (message->key.len == 0)
        return peer_id_key(out, &author) == LOFT_OK ? GOSSIP_SIGNED
                                                    : GOSSIP_UNJUDGED;
    if (peer_public_key_read(out, message->key) != LOFT_OK)
        return GOSSIP_UNJUDGED;
    owner = peer_id_of(out);
    return peer_id_equal(&owner, &author) ? GOSSIP_SIGNED : GOSSIP_FORGED;
}

enum gossip_signature
gossip_message_verify(const struct gossip_message *message)
{
    struct peer_public_key key;
    struct buffer text = {0};
    if (!is_in_one_encoding(message))
        return GOSSIP_UNJUDGED;
    enum gossip_signature found = find_key(&key, message);
    if (found != GOSSIP_SIGNED)
        return found;
    put_signed(&text, message);
    bool good = peer_key_verify(&key, message->signature, buffer_bytes(&text));
    buffer_free(&text);
    return good ? GOSSIP_SIGNED : GOSSIP_FORGED;
}

void gossip_message_seal(struct buffer *out, const struct peer_private_key *key,
                         bytes topic, bytes data, uint64_t seqno)
{
    static const uint8_t nothing;
    struct buffer text = {0};
    struct peer_signature signature;
    struct peer_id author = peer_id_of(&key->public);
    uint8_t seqno_be[GOSSIP_SEQNO_BYTES];
    ASSERT(topic.len > 0 && topic.len <= GOSSIP_TOPIC_BYTES_MAX);
    store_be64(seqno_be, seqno);
    struct gossip_message message = {
        .from = peer_id_bytes(&author),
        .data = data.at ? data : bytes_of(&nothing, 0),
        .seqno = bytes_of(seqno_be, sizeof seqno_be),
        .topic = topic,
    };
    put_signed(&text, &message);
    peer_key_sign(&signature, key, buffer_bytes(&text));
    buffer_free(&text);
    message.signature = bytes_of(signature.at, signature.len);
    protobuf_put(out, &message, &message_shape);
}

uint64_t gossip_message_seqno(const struct gossip_message *message)
{
    return load_be64(message->seqno.at);
}

struct gossip_id gossip_id_by_author(const struct gossip_message *message)
{
    struct gossip_id id = {0};
    ASSERT(message->from.len + message->seqno.len <= sizeof id.at);
    memcpy(id.at, message->from.at, message->from.len);
    memcpy(id.at + message->from.len, message->seqno.at, message->seqno.len);
    id.len = (uint8_t)(message->from.len + message->seqno.len);
    return id;
}

struct gossip_id gossip_id_by_data(const struct gossip_message *message)
{
    struct gossip_id id = {.len = sizeof(hash32)};
    hash32 hash = sha256(message->data);
    memcpy(id.at, hash.at, sizeof hash.at);
    return id;
}

bool gossip_id_of(struct gossip_id *out, bytes from)
{
    *out = (struct gossip_id){0};
    if (from.len > sizeof out->at)
        return false;
    if (from.len > 0)
        memcpy(out->at, from.at, from.len);
    out->len = (uint8_t)from.len;
    return true;
}
