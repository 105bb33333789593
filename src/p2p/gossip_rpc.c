#include "p2p/gossip_rpc.h"

#include "codec/protobuf.h"
#include "codec/uvarint.h"
#include "p2p/envelope.h"
#include "p2p/peer_id.h"

#define WIRE_BYTES 2

struct rpc_message {
    struct protobuf_list subscriptions, messages;
    bytes control;
};

static const struct protobuf_rule rpc_rules[] = {
    {1, PROTOBUF_LIST, false, offsetof(struct rpc_message, subscriptions),
     GOSSIP_TOPIC_BYTES_MAX + 64, GOSSIP_RPC_SUBSCRIPTIONS_MAX},
    {2, PROTOBUF_LIST, false, offsetof(struct rpc_message, messages),
     GOSSIP_MESSAGE_BYTES_MAX, GOSSIP_RPC_MESSAGES_MAX},
    {3, PROTOBUF_BYTES, false, offsetof(struct rpc_message, control),
     GOSSIP_RPC_BYTES_MAX, 0},
};

static const struct protobuf_shape rpc_shape = {
    rpc_rules, ARRAY_LEN(rpc_rules), sizeof(struct rpc_message), "gossip"};

struct subscription_message {
    struct protobuf_number subscribe;
    bytes topic;
};

static const struct protobuf_rule subscription_rules[] = {
    {1, PROTOBUF_NUMBER, false,
     offsetof(struct subscription_message, subscribe), 1, 0},
    {2, PROTOBUF_BYTES, true, offsetof(struct subscription_message, topic),
     GOSSIP_TOPIC_BYTES_MAX, 0},
};

static const struct protobuf_shape subscription_shape = {
    subscription_rules, ARRAY_LEN(subscription_rules),
    sizeof(struct subscription_message), "gossip's subscription"};

struct control_message {
    struct protobuf_list ihave, iwant, graft, prune, idontwant;
};

#define CONTROL_RULE(number, field)                                            \
    {                                                                          \
        number, PROTOBUF_LIST, false, offsetof(struct control_message, field), \
            GOSSIP_RPC_BYTES_MAX, GOSSIP_RPC_CONTROLS_MAX                      \
    }

static const struct protobuf_rule control_rules[] = {
    CONTROL_RULE(1, ihave), CONTROL_RULE(2, iwant),     CONTROL_RULE(3, graft),
    CONTROL_RULE(4, prune), CONTROL_RULE(5, idontwant),
};

static const struct protobuf_shape control_shape = {
    control_rules, ARRAY_LEN(control_rules), sizeof(struct control_message),
    "gossip's control"};

struct ids_message {
    bytes topic;
    struct protobuf_list ids;
};

static const struct protobuf_rule ihave_rules[] = {
    {1, PROTOBUF_BYTES, true, offsetof(struct ids_message, topic),
     GOSSIP_TOPIC_BYTES_MAX, 0},
    {2, PROTOBUF_LIST, false, offsetof(struct ids_message, ids),
     GOSSIP_ID_BYTES_MAX, GOSSIP_RPC_IDS_MAX},
};

static const struct protobuf_shape ihave_shape = {
    ihave_rules, ARRAY_LEN(ihave_rules), sizeof(struct ids_message), "IHAVE"};

static const struct protobuf_rule ids_rules[] = {
    {1, PROTOBUF_LIST, false, offsetof(struct ids_message, ids),
     GOSSIP_ID_BYTES_MAX, GOSSIP_RPC_IDS_MAX},
};

static const struct protobuf_shape iwant_shape = {
    ids_rules, ARRAY_LEN(ids_rules), sizeof(struct ids_message), "IWANT"};
static const struct protobuf_shape idontwant_shape = {
    ids_rules, ARRAY_LEN(ids_rules), sizeof(struct ids_message), "IDONTWANT"};

struct graft_message {
    bytes topic;
};

static const struct protobuf_rule graft_rules[] = {
    {1, PROTOBUF_BYTES, true, offsetof(struct graft_message, topic),
     GOSSIP_TOPIC_BYTES_MAX, 0},
};

static const struct protobuf_shape graft_shape = {
    graft_rules, ARRAY_LEN(graft_rules), sizeof(struct graft_message), "GRAFT"};

struct prune_message {
    bytes topic;
    struct protobuf_list peers;
    struct protobuf_number backoff_s;
};

static const struct protobuf_rule prune_rules[] = {
    {1, PROTOBUF_BYTES, true, offsetof(struct prune_message, topic),
     GOSSIP_TOPIC_BYTES_MAX, 0},
    {2, PROTOBUF_LIST, false, offsetof(struct prune_message, peers),
     ENVELOPE_BYTES_MAX + 128, GOSSIP_PRUNE_PEERS_MAX},
    {3, PROTOBUF_NUMBER, false, offsetof(struct prune_message, backoff_s),
     UINT64_MAX, 0},
};

static const struct protobuf_shape prune_shape = {
    prune_rules, ARRAY_LEN(prune_rules), sizeof(struct prune_message), "PRUNE"};

static const struct protobuf_rule exchange_rules[] = {
    {1, PROTOBUF_BYTES, false, offsetof(struct gossip_exchange, peer_id),
     PEER_ID_BYTES_MAX, 0},
    {2, PROTOBUF_BYTES, false, offsetof(struct gossip_exchange, signed_record),
     ENVELOPE_BYTES_MAX, 0},
};

static const struct protobuf_shape exchange_shape = {
    exchange_rules, ARRAY_LEN(exchange_rules), sizeof(struct gossip_exchange),
    "PRUNE's peer"};

static loft_err read_subscriptions(struct arena *arena, struct gossip_rpc *out,
                                   const struct protobuf_list *from)
{
    struct gossip_subscription *to = ARENA_ARRAY(
        arena, struct gossip_subscription, from->len);
    for (size_t i = 0; i < from->len; i++) {
        struct subscription_message message;
        TRY(protobuf_read(NULL, &message, &subscription_shape, from->at[i]));
        to[i] = (struct gossip_subscription){message.subscribe.value,
                                             message.topic};
    }
    out->subscriptions = to;
    out->subscription_count = from->len;
    return LOFT_OK;
}

/* IHAVE, IWANT or IDONTWANT: so many of each, and so many ids in all. */
static loft_err read_ids(struct arena *arena, const struct gossip_ids **out,
                         size_t *count, const struct protobuf_list *from,
                         const struct protobuf_shape *shape)
{
    struct gossip_ids *to = ARENA_ARRAY(arena, struct gossip_ids, from->len);
    size_t total = 0;
    for (size_t i = 0; i < from->len; i++) {
        struct ids_message message = {0};
        TRY(protobuf_read(arena, &message, shape, from->at[i]));
        total += message.ids.len;
        if (total > GOSSIP_RPC_IDS_MAX)
            return err_say(LOFT_ERR_LIMIT, "%s of more than %d messages",
                           shape->name, GOSSIP_RPC_IDS_MAX);
        to[i] = (struct gossip_ids){message.topic, message.ids.at,
                                    message.ids.len};
    }
    *out = to;
    *count = from->len;
    return LOFT_OK;
}

static loft_err read_graft(struct arena *arena, struct gossip_rpc *out,
                           const struct protobuf_list *from)
{
    bytes *to = ARENA_ARRAY(arena, bytes, from->len);
    for (size_t i = 0; i < from->len; i++) {
        struct graft_message message;
        TRY(protobuf_read(NULL, &message, &graft_shape, from->at[i]));
        to[i] = message.topic;
    }
    out->graft = to;
    out->graft_count = from->len;
    return LOFT_OK;
}

static loft_err read_exchange(struct arena *arena, struct gossip_prune *out,
                              const struct protobuf_list *from)
{
    struct gossip_exchange *to = ARENA_ARRAY(arena, struct gossip_exchange,
                                             from->len);
    for (size_t i = 0; i < from->len; i++)
        TRY(protobuf_read(NULL, &to[i], &exchange_shape, from->at[i]));
    out->peers = to;
    out->peer_count = from->len;
    return LOFT_OK;
}

static loft_err read_prune(struct arena *arena, struct gossip_rpc *out,
                           const struct protobuf_list *from)
{
    struct gossip_prune *to = ARENA_ARRAY(arena, struct gossip_prune,
                                          from->len);
    for (size_t i = 0; i < from->len; i++) {
        struct prune_message message;
        TRY(protobuf_read(arena, &message, &prune_shape, from->at[i]));
        to[i] = (struct gossip_prune){.topic = message.topic,
                                      .backoff_s = message.backoff_s.value};
        TRY(read_exchange(arena, &to[i], &message.peers));
    }
    out->prune = to;
    out->prune_count = from->len;
    return LOFT_OK;
}

static loft_err read_control(struct arena *arena, struct gossip_rpc *out,
                             bytes from)
{
    struct control_message message;
    TRY(protobuf_read(arena, &message, &control_shape, from));
    TRY(read_ids(arena, &out->ihave, &out->ihave_count, &message.ihave,
                 &ihave_shape));
    TRY(read_ids(arena, &out->iwant, &out->iwant_count, &message.iwant,
                 &iwant_shape));
    TRY(read_ids(arena, &out->idontwant, &out->idontwant_count,
                 &message.idontwant, &idontwant_shape));
    TRY(read_graft(arena, out, &message.graft));
    return read_prune(arena, out, &message.prune);
}

loft_err gossip_rpc_read(struct arena *arena, struct gossip_rpc *out,
                         bytes from)
{
    struct rpc_message message;
    *out = (struct gossip_rpc){0};
    if (from.len > GOSSIP_RPC_BYTES_MAX)
        return err_say(LOFT_ERR_LIMIT, "a gossip RPC of %zu bytes", from.len);
    TRY(protobuf_read(arena, &message, &rpc_shape, from));
    TRY(read_subscriptions(arena, out, &message.subscriptions));
    out->messages = message.messages.at;
    out->message_count = message.messages.len;
    return read_control(arena, out, message.control);
}

static void put_part(struct buffer *out, unsigned number, bytes part)
{
    uvarint_put(out, (uint64_t)number << 3 | WIRE_BYTES);
    uvarint_put(out, part.len);
    buffer_put_bytes(out, part);
}

static void put_message(struct buffer *out, unsigned number,
                        const void *message, const struct protobuf_shape *shape)
{
    struct buffer part = {0};
    protobuf_put(&part, message, shape);
    put_part(out, number, buffer_bytes(&part));
    buffer_free(&part);
}

static void put_subscriptions(struct buffer *out, const struct gossip_rpc *rpc)
{
    for (size_t i = 0; i < rpc->subscription_count; i++) {
        const struct gossip_subscription *from = &rpc->subscriptions[i];
        const struct subscription_message message = {{from->subscribe, true},
                                                     from->topic};
        put_message(out, 1, &message, &subscription_shape);
    }
}

static void put_ids(struct buffer *out, unsigned number,
                    const struct gossip_ids *from, size_t count,
                    const struct protobuf_shape *shape)
{
    for (size_t i = 0; i < count; i++) {
        const struct ids_message message = {from[i].topic,
                                            {(bytes *)from[i].at, from[i].len}};
        put_message(out, number, &message, shape);
    }
}

static void put_prune(struct buffer *out, const struct gossip_prune *from)
{
    struct buffer part = {0};
    const struct prune_message message = {.topic = from->topic};
    const struct prune_message backoff = {
        .backoff_s = {from->backoff_s, from->backoff_s > 0}};
    protobuf_put(&part, &message, &prune_shape);
    for (size_t i = 0; i < from->peer_count; i++)
        put_message(&part, 2, &from->peers[i], &exchange_shape);
    protobuf_put(&part, &backoff, &prune_shape);
    put_part(out, 4, buffer_bytes(&part));
    buffer_free(&part);
}

static void put_control(struct buffer *out, const struct gossip_rpc *rpc)
{
    put_ids(out, 1, rpc->ihave, rpc->ihave_count, &ihave_shape);
    put_ids(out, 2, rpc->iwant, rpc->iwant_count, &iwant_shape);
    for (size_t i = 0; i < rpc->graft_count; i++) {
        const struct graft_message message = {rpc->graft[i]};
        put_message(out, 3, &message, &graft_shape);
    }
    for (size_t i = 0; i < rpc->prune_count; i++)
        put_prune(out, &rpc->prune[i]);
    put_ids(out, 5, rpc->idontwant, rpc->idontwant_count, &idontwant_shape);
}

void gossip_rpc_put(struct buffer *out, const struct gossip_rpc *rpc)
{
    struct buffer control = {0};
    put_subscriptions(out, rpc);
    for (size_t i = 0; i < rpc->message_count; i++)
        put_part(out, 2, rpc->messages[i]);
    put_control(&control, rpc);
    if (control.len > 0)
        put_part(out, 3, buffer_bytes(&control));
    buffer_free(&control);
}
