/* A router among a few peers, driven by the input: connections, RPCs, verdicts,
 * time. Whatever they send, what goes on was found valid, and memory is
 * bounded.
 *
 * Each step is a byte of what, a byte of who, and what that needs. */
#include "base/assert.h"
#include "p2p/gossip_router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define PEERS 8
#define AUTHORS 4
#define TICKETS 16
#define STEPS_MAX 400
#define MESSAGES 64

struct world {
    struct gossip_router *router;
    bytes rest;
    uint64_t now_ms;
    unsigned number[PEERS]; /* UINT32_MAX: not there */
    uint64_t tickets[TICKETS];
    unsigned ticket_count;
    bool valid[MESSAGES]; /* by the number in the data: may go on */
    bool delivered[MESSAGES];
};

static struct gossip_params params;
static struct peer_private_key self, authors[AUTHORS];
static struct peer_id ids[PEERS];
static struct buffer messages[MESSAGES];

static uint8_t next(struct world *world)
{
    if (world->rest.len == 0)
        return 0;
    uint8_t byte = world->rest.at[0];
    world->rest = bytes_of(world->rest.at + 1, world->rest.len - 1);
    return byte;
}

/* Ours have no number: they are valid. */
static unsigned number_of(bytes data)
{
    return data.len == 2 && data.at[0] == 'm' ? data.at[1] % MESSAGES
                                              : MESSAGES;
}

static void on_send(void *context, unsigned peer, enum gossip_class class,
                    struct gossip_frame *frame)
{
    struct world *world = context;
    struct arena arena;
    struct gossip_rpc rpc;
    bool is_there = false;
    for (unsigned i = 0; i < PEERS; i++)
        is_there |= world->number[i] == peer;
    ASSERT(is_there);
    arena_init(&arena);
    ASSERT(gossip_rpc_read(&arena, &rpc, gossip_frame_rpc(frame)) == LOFT_OK);
    ASSERT((class == GOSSIP_DATA) == (rpc.message_count > 0));
    ASSERT((class == GOSSIP_OFFER) == (rpc.ihave_count > 0));
    for (size_t i = 0; i < rpc.message_count; i++) {
        struct gossip_message message;
        ASSERT(gossip_message_read(&message, rpc.messages[i]) == LOFT_OK);
        unsigned number = number_of(message.data);
        ASSERT(number == MESSAGES || world->valid[number]);
    }
    arena_fini(&arena);
}

static enum gossip_verdict on_validate(void *context, void *topic,
                                       const struct gossip_message *message,
                                       uint64_t ticket)
{
    struct world *world = context;
    unsigned number = number_of(message->data);
    (void)topic;
    ASSERT(gossip_message_verify(message) == GOSSIP_SIGNED);
    if (number == MESSAGES)
        return GOSSIP_REJECT;
    if (number % 4 == 3) {
        world->tickets[world->ticket_count++ % TICKETS] = ticket;
        /* Any verdict may come: taken as valid from here on. */
        world->valid[number] = true;
        return GOSSIP_LATER;
    }
    world->valid[number] = number % 4 == GOSSIP_ACCEPT;
    return (enum gossip_verdict)(number % 4);
}

static void on_deliver(void *context, void *topic,
                       const struct gossip_message *message)
{
    struct world *world = context;
    unsigned number = number_of(message->data);
    (void)topic;
    ASSERT(number < MESSAGES && world->valid[number]);
    world->delivered[number] = true;
    if (number % 16 == 4)
        (void)!gossip_router_publish(world->router, NULL, bytes_str("a"),
                                     bytes_str("answer"), world->now_ms);
    if (number % 16 == 8)
        (void)!gossip_router_unsubscribe(world->router, bytes_str("a"),
                                         world->now_ms);
}

static void on_blame(void *context, unsigned peer, bool is_grave,
                     const char *why)
{
    (void)context;
    (void)is_grave;
    ASSERT(peer < PEERS && why);
}

static void on_turn_to(void *context, const struct peer_id *peer, bytes record)
{
    (void)context;
    (void)record;
    ASSERT(peer->len > 0);
}

static void on_record_of(void *context, struct buffer *out,
                         const struct peer_id *peer)
{
    (void)context;
    (void)peer;
    buffer_put_bytes(out, bytes_str("record"));
}

static void on_unsend(void *context, unsigned peer,
                      const struct gossip_frame *frame)
{
    (void)context, (void)peer, (void)frame;
}

static const struct gossip_router_calls calls = {
    on_send,  on_unsend,  on_validate, on_deliver,
    on_blame, on_turn_to, on_record_of};

static void come_or_go(struct world *world, unsigned who)
{
    const uint8_t ip[4] = {10, 0, 0, (uint8_t)(who / 2)};
    const struct gossip_peer_config config = {.id = &ids[who],
                                              .ip = bytes_of(ip, 4),
                                              .is_outbound = who % 2,
                                              .is_v12 = who % 4 < 2};
    if (world->number[who] != UINT32_MAX) {
        gossip_router_disconnect(world->router, world->number[who],
                                 world->now_ms);
        world->number[who] = UINT32_MAX;
        return;
    }
    unsigned number = gossip_router_next(world->router);
    world->number[who] = number;
    ASSERT(gossip_router_connect(world->router, &number, &config,
                                 world->now_ms) == LOFT_OK);
    ASSERT(number == world->number[who]);
}

static void receive(struct world *world, unsigned who, bytes rpc)
{
    if (world->number[who] != UINT32_MAX)
        (void)!gossip_router_receive(world->router, world->number[who], rpc,
                                     world->now_ms);
}

/* Any bytes as an RPC. */
static void receive_raw(struct world *world, unsigned who)
{
    size_t len = next(world);
    if (len > world->rest.len)
        len = world->rest.len;
    bytes rpc = bytes_of(world->rest.at, len);
    world->rest = bytes_of(world->rest.at + len, world->rest.len - len);
    receive(world, who, rpc);
}

/* An RPC of the kinds that the bits of a byte say, of messages that the next
 * one names. */
static void receive_made(struct world *world, unsigned who)
{
    uint8_t kinds = next(world), which = next(world);
    bytes topic = bytes_str(which & 128 ? "b" : "a");
    const struct buffer *message = &messages[which % MESSAGES];
    struct gossip_message read;
    ASSERT(gossip_message_read(&read, buffer_bytes(message)) == LOFT_OK);
    struct gossip_id id = gossip_id_by_author(&read);
    const bytes name = gossip_id_bytes(&id), raw = buffer_bytes(message);
    const struct gossip_subscription subscription = {!(which & 64), topic};
    const struct gossip_ids ihave = {topic, &name, 1};
    const struct gossip_ids plain = {BYTES_EMPTY, &name, 1};
    const struct gossip_exchange peer = {peer_id_bytes(&ids[which % PEERS]),
                                         BYTES_EMPTY};
    const struct gossip_prune prune = {topic, &peer, 1, which};
    const struct gossip_rpc rpc = {
        .subscriptions = &subscription,
        .subscription_count = kinds & 1,
        .messages = &raw,
        .message_count = kinds >> 1 & 1,
        .ihave = &ihave,
        .ihave_count = kinds >> 2 & 1,
        .iwant = &plain,
        .iwant_count = kinds >> 3 & 1,
        .graft = &topic,
        .graft_count = kinds >> 4 & 1,
        .prune = &prune,
        .prune_count = kinds >> 5 & 1,
        .idontwant = &plain,
        .idontwant_count = kinds >> 6 & 1,
    };
    struct buffer out = {0};
    gossip_rpc_put(&out, &rpc);
    receive(world, who, buffer_bytes(&out));
    buffer_free(&out);
}

static void judge(struct world *world, unsigned who)
{
    if (world->ticket_count > 0)
        gossip_router_judge(
            world->router, world->tickets[who % TICKETS % world->ticket_count],
            (enum gossip_verdict)(next(world) % GOSSIP_LATER), world->now_ms);
}

static void pass_time(struct world *world, unsigned who)
{
    world->now_ms += (uint64_t)(who + 1) * next(world) * 20;
    gossip_router_pass_on(world->router, world->now_ms);
}

static void beat(struct world *world, unsigned who)
{
    world->now_ms += 1000;
    gossip_router_beat(world->router, world->now_ms);
    if (who == PEERS - 1) /* a long night */
        world->now_ms += params.seen_ms * 2;
}

static void use_topic(struct world *world, unsigned who)
{
    const struct gossip_topic_config config = {.weights = &GOSSIP_TOPIC_WEIGHTS,
                                               .seqnos_rise = who & 1};
    bytes topic = bytes_str(who & 2 ? "b" : "a");
    if (who & 4)
        (void)!gossip_router_unsubscribe(world->router, topic, world->now_ms);
    else
        (void)!gossip_router_subscribe(world->router, topic, &config,
                                       world->now_ms);
}

static void publish(struct world *world, unsigned who)
{
    static const uint8_t large[2000];
    (void)!gossip_router_publish(
        world->router, NULL, bytes_str(who & 1 ? "b" : "a"),
        bytes_of(large, who & 2 ? 2000 : 10), world->now_ms);
}

static void make_direct(struct world *world, unsigned who)
{
    if (who < 2)
        (void)!gossip_router_direct(world->router, &ids[who]);
    else if (world->number[who] != UINT32_MAX)
        gossip_router_score(world->router, world->number[who],
                            (double)next(world) - 128);
}

static void (*const steps[])(struct world *, unsigned) = {
    come_or_go, receive_raw, receive_made, judge,       pass_time,
    beat,       use_topic,   publish,      make_direct, receive_made};

static void check(const struct world *world)
{
    struct gossip_router_stats stats = gossip_router_stats(world->router);
    struct gossip_topic_info topic;
    ASSERT(stats.pending <= params.pending_max);
    ASSERT(stats.pending_bytes <= params.pending_bytes_max);
    ASSERT(stats.seen <= params.seen_max);
    ASSERT(stats.promises <= params.promises_max);
    ASSERT(stats.backoffs <= params.backoffs_max);
    ASSERT(stats.cached_bytes <= params.cache_bytes_max + 4096);
    ASSERT(stats.topics <= 2 && stats.peers <= PEERS);
    for (unsigned i = 0; gossip_router_topic(world->router, i, &topic); i++) {
        uint64_t members = 0;
        for (unsigned j = 0; j < topic.mesh_count; j++) {
            ASSERT(topic.mesh[j] < PEERS);
            ASSERT(!(members >> topic.mesh[j] & 1)); /* once */
            members |= (uint64_t)1 << topic.mesh[j];
            struct gossip_peer_info peer;
            ASSERT(gossip_router_peer(world->router, topic.mesh[j], &peer));
            ASSERT(!peer.is_direct && peer.meshes > 0);
        }
    }
}

static void begin_once(void)
{
    const secret32 secret = {.at = {99}};
    if (messages[0].len > 0)
        return;
    ASSERT(peer_private_key_init(&self, PEER_KEY_ED25519, &secret) == LOFT_OK);
    for (unsigned i = 0; i < PEERS; i++) {
        const secret32 other = {.at = {(uint8_t)(i + 1)}};
        struct peer_private_key key;
        ASSERT(peer_private_key_init(&key, PEER_KEY_ED25519, &other) ==
               LOFT_OK);
        ids[i] = peer_id_of(&key.public);
        if (i < AUTHORS)
            authors[i] = key;
    }
    for (unsigned i = 0; i < MESSAGES; i++) {
        const uint8_t data[2] = {'m', (uint8_t)i};
        gossip_message_seal(&messages[i], &authors[i % AUTHORS],
                            bytes_str(i % 8 == 7 ? "b" : "a"),
                            bytes_of(data, 2), i + 1);
    }
    params = GOSSIP_PARAMS;
    params.degree = 3;
    params.degree_low = 2;
    params.degree_high = 4;
    params.degree_score = 2;
    params.degree_out = 1;
    params.peers_max = PEERS;
    params.pending_max = 6;
    params.seen_max = 32;
    params.cache_bytes_max = 8192;
    params.promises_max = 8;
    params.backoffs_max = 8;
    params.authors_max = 2;
    params.opportunistic_beats = 4;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct world world = {.rest = bytes_of(data, len), .now_ms = 1000000};
    begin_once();
    const struct gossip_router_config config = {
        .params = &params,
        .weights = &GOSSIP_SCORE_WEIGHTS,
        .thresholds = &GOSSIP_THRESHOLDS,
        .identity = &self,
        .seed = {next(&world)},
        .calls = &calls,
        .context = &world,
        .now_ms = world.now_ms,
    };
    for (unsigned i = 0; i < PEERS; i++)
        world.number[i] = UINT32_MAX;
    world.router = gossip_router_new(&config);
    use_topic(&world, 1);
    for (unsigned i = 0; i < STEPS_MAX && world.rest.len > 0; i++) {
        uint8_t what = next(&world);
        steps[what % ARRAY_LEN(steps)](&world, next(&world) % PEERS);
        check(&world);
    }
    gossip_router_free(world.router);
    return 0;
}
