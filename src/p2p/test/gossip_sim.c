#include "p2p/test/gossip_sim.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"

#define NONE UINT32_MAX

const char SIM_TOPIC[] = "blocks";

struct node {
    struct sim *sim;
    unsigned index, group;
    struct peer_private_key key;
    struct peer_id id;
    struct gossip_router *router; /* NULL: hostile */
    unsigned number_of[SIM_NODES_MAX];
    uint64_t latency_us[SIM_NODES_MAX], arrives_us[SIM_NODES_MAX];
    unsigned node_of[SIM_NODES_MAX];
    unsigned numbers; /* given to a hostile node's peers */
};

enum event_kind { EVENT_FRAME, EVENT_BEAT, EVENT_DUE };

struct event {
    uint64_t at_us, order;
    enum event_kind kind;
    unsigned from, to;
    struct gossip_frame *frame;
};

struct sent {
    unsigned publisher;
    uint64_t at_us;
    uint64_t got_us[SIM_NODES_MAX]; /* 0: not yet */
};

struct sim {
    struct sim_config config;
    uint64_t chance, now_us, order;
    struct node *nodes;
    VEC(struct event) heap;
    struct sent *messages;
    unsigned message_count;
    uint64_t frames, bytes_sent;
};

static uint64_t draw(struct sim *sim)
{
    uint64_t value = sim->chance += 0x9e3779b97f4a7c15;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
}

unsigned sim_chance(struct sim *sim, unsigned below)
{
    return (unsigned)((draw(sim) >> 32) * below >> 32);
}

static bool is_before(const struct event *a, const struct event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void push(struct sim *sim, struct event event)
{
    event.order = sim->order++;
    VEC_PUSH(&sim->heap, event);
    size_t i = sim->heap.len - 1;
    for (; i > 0 && is_before(&event, &sim->heap.at[(i - 1) / 2]);
         i = (i - 1) / 2)
        sim->heap.at[i] = sim->heap.at[(i - 1) / 2];
    sim->heap.at[i] = event;
}

static struct event pop(struct sim *sim)
{
    struct event first = sim->heap.at[0];
    struct event last = sim->heap.at[--sim->heap.len];
    size_t i = 0, len = sim->heap.len;
    for (size_t child; (child = 2 * i + 1) < len; i = child) {
        if (child + 1 < len &&
            is_before(&sim->heap.at[child + 1], &sim->heap.at[child]))
            child++;
        if (!is_before(&sim->heap.at[child], &last))
            break;
        sim->heap.at[i] = sim->heap.at[child];
    }
    if (len > 0)
        sim->heap.at[i] = last;
    return first;
}

/* Frames of a link keep their order, as those of a stream do. */
static void transmit(struct sim *sim, unsigned from, unsigned to,
                     struct gossip_frame *frame)
{
    struct node *node = &sim->nodes[from];
    if (from < sim->config.nodes) {
        sim->frames++;
        sim->bytes_sent += frame->len;
    }
    if (node->group != sim->nodes[to].group ||
        (double)sim_chance(sim, 1000000) < sim->config.loss * 1e6)
        return;
    uint64_t at_us = sim->now_us + node->latency_us[to];
    if (sim->config.jitter_us > 0)
        at_us += sim_chance(sim, (unsigned)sim->config.jitter_us);
    if (at_us < node->arrives_us[to])
        at_us = node->arrives_us[to];
    node->arrives_us[to] = at_us;
    push(sim, (struct event){.at_us = at_us,
                             .kind = EVENT_FRAME,
                             .from = from,
                             .to = to,
                             .frame = gossip_frame_hold(frame)});
}

static void send(void *context, unsigned peer, enum gossip_class class,
                 struct gossip_frame *frame)
{
    struct node *node = context;
    (void)class;
    transmit(node->sim, node->index, node->node_of[peer], frame);
}

static enum gossip_verdict validate(void *context, void *topic_context,
                                    const struct gossip_message *message,
                                    uint64_t ticket)
{
    struct node *node = context;
    (void)topic_context;
    (void)ticket;
    if (!node->sim->config.validate)
        return GOSSIP_ACCEPT;
    return node->sim->config.validate(node->sim, node->index, message);
}

static void deliver(void *context, void *topic_context,
                    const struct gossip_message *message)
{
    struct node *node = context;
    (void)topic_context;
    if (message->data.len < 8)
        return;
    uint64_t number = load_be64(message->data.at);
    if (number >= node->sim->message_count)
        return;
    struct sent *sent = &node->sim->messages[number];
    ASSERT(sent->got_us[node->index] == 0);
    sent->got_us[node->index] = node->sim->now_us;
}

static void blame(void *context, unsigned peer, bool is_grave, const char *why)
{
    (void)context;
    (void)peer;
    (void)is_grave;
    (void)why;
}

static void turn_to(void *context, const struct peer_id *peer, bytes record)
{
    struct node *node = context;
    (void)record;
    for (unsigned i = 0; i < node->sim->config.nodes; i++)
        if (i != node->index && peer_id_equal(&node->sim->nodes[i].id, peer) &&
            node->number_of[i] == NONE)
            sim_connect(node->sim, node->index, i, NULL);
}

static void record_of(void *context, struct buffer *out,
                      const struct peer_id *peer)
{
    (void)context;
    (void)out;
    (void)peer;
}

static void unsend(void *context, unsigned peer,
                   const struct gossip_frame *frame)
{
    (void)context, (void)peer, (void)frame;
}

static const struct gossip_router_calls calls = {
    send, unsend, validate, deliver, blame, turn_to, record_of};

static void begin_node(struct sim *sim, unsigned index)
{
    struct node *node = &sim->nodes[index];
    const struct sim_config *config = &sim->config;
    secret32 secret = {.at = {[0] = 7}};
    store_be32(secret.at + 28, index + 1);
    node->sim = sim;
    node->index = index;
    loft_err err = peer_private_key_init(&node->key, PEER_KEY_ED25519, &secret);
    ASSERT(err == LOFT_OK);
    node->id = peer_id_of(&node->key.public);
    for (unsigned i = 0; i < SIM_NODES_MAX; i++)
        node->number_of[i] = node->node_of[i] = NONE;
    uint64_t beat_us = config->params->heartbeat_ms * 1000;
    push(sim, (struct event){.at_us = sim_chance(sim, (unsigned)beat_us),
                             .kind = EVENT_BEAT,
                             .to = index});
    if (index >= config->nodes)
        return;
    struct gossip_router_config router = {
        .params = config->params,
        .weights = config->weights,
        .thresholds = &GOSSIP_THRESHOLDS,
        .identity = &node->key,
        .first_seqno = 1000,
        .calls = &calls,
        .context = node,
    };
    store_be64(router.seed, draw(sim));
    node->router = gossip_router_new(&router);
}

/* Each node dials so many others that it is not yet connected to. */
static void begin_links(struct sim *sim)
{
    unsigned nodes = sim->config.nodes, links = sim->config.links;
    for (unsigned i = 0; i < nodes; i++) {
        for (unsigned j = i + 1; links == 0 && j < nodes; j++)
            if (sim_chance(sim, 2))
                sim_connect(sim, i, j, NULL);
            else
                sim_connect(sim, j, i, NULL);
        for (unsigned j = 0, tries = 0; j < links && tries < 1000; tries++) {
            unsigned to = sim_chance(sim, nodes);
            if (to == i || sim->nodes[i].number_of[to] != NONE)
                continue;
            sim_connect(sim, i, to, NULL);
            j++;
        }
    }
}

struct sim *sim_new(const struct sim_config *config)
{
    struct sim *sim = MEMORY_NEW(struct sim);
    sim->config = *config;
    if (!config->params)
        sim->config.params = &GOSSIP_PARAMS;
    if (!config->weights)
        sim->config.weights = &GOSSIP_SCORE_WEIGHTS;
    if (!config->topic_weights)
        sim->config.topic_weights = &GOSSIP_TOPIC_WEIGHTS;
    const char *given = getenv("LOFT_TEST_SEED");
    sim->chance = given ? strtoull(given, NULL, 10) : config->seed;
    unsigned count = config->nodes + config->hostile;
    ASSERT(count <= SIM_NODES_MAX);
    sim->nodes = memory_zalloc(count * sizeof *sim->nodes);
    sim->messages = memory_zalloc(SIM_MESSAGES_MAX * sizeof *sim->messages);
    for (unsigned i = 0; i < count; i++)
        begin_node(sim, i);
    for (unsigned i = 0; i < config->nodes; i++)
        sim_subscribe(sim, i);
    begin_links(sim);
    return sim;
}

void sim_free(struct sim *sim)
{
    for (unsigned i = 0; i < sim->config.nodes; i++)
        gossip_router_free(sim->nodes[i].router);
    VEC_FOR_EACH (event, &sim->heap)
        gossip_frame_drop(event->frame);
    VEC_FREE(&sim->heap);
    free(sim->nodes);
    free(sim->messages);
    free(sim);
}

uint64_t sim_now_us(const struct sim *sim)
{
    return sim->now_us;
}

struct gossip_router *sim_router(struct sim *sim, unsigned node)
{
    return sim->nodes[node].router;
}

const struct peer_private_key *sim_key(const struct sim *sim, unsigned node)
{
    return &sim->nodes[node].key;
}

unsigned sim_number(const struct sim *sim, unsigned node, unsigned other)
{
    return sim->nodes[node].number_of[other];
}

double sim_score(struct sim *sim, unsigned node, unsigned other)
{
    struct gossip_peer_info info;
    unsigned number = sim_number(sim, node, other);
    if (number == NONE ||
        !gossip_router_peer(sim->nodes[node].router, number, &info))
        return 0;
    return info.score;
}

bool sim_in_mesh(struct sim *sim, unsigned node, unsigned other)
{
    struct gossip_topic_info info;
    unsigned number = sim_number(sim, node, other);
    if (!gossip_router_topic(sim->nodes[node].router, 0, &info))
        return false;
    for (unsigned i = 0; i < info.mesh_count; i++)
        if (info.mesh[i] == number)
            return true;
    return false;
}

static void join(struct sim *sim, unsigned node, unsigned other,
                 bool is_outbound, const uint8_t *ip)
{
    struct node *it = &sim->nodes[node];
    uint8_t own[4] = {10, 0, (uint8_t)(other >> 8), (uint8_t)other};
    unsigned number = it->numbers;
    const struct gossip_peer_config config = {
        .id = &sim->nodes[other].id,
        .ip = bytes_of(ip ? ip : own, 4),
        .is_outbound = is_outbound,
        .is_v12 = true,
    };
    if (it->number_of[other] != NONE)
        return;
    if (it->router) {
        loft_err err = LOFT_OK;
        /* The number is known before the greeting leaves. */
        number = gossip_router_next(it->router);
        it->number_of[other] = number;
        it->node_of[number] = other;
        unsigned given = NONE;
        err = gossip_router_connect(it->router, &given, &config,
                                    sim->now_us / 1000);
        ASSERT(err == LOFT_OK && given == number);
        return;
    }
    it->numbers++;
    it->number_of[other] = number;
    it->node_of[number] = other;
}

void sim_connect(struct sim *sim, unsigned from, unsigned to, const uint8_t *ip)
{
    const struct sim_config *config = &sim->config;
    uint64_t more = config->latency_max_us - config->latency_min_us;
    uint64_t latency_us = config->latency_min_us;
    if (more > 0)
        latency_us += sim_chance(sim, (unsigned)more);
    sim->nodes[from].latency_us[to] = sim->nodes[to].latency_us[from] =
        latency_us;
    join(sim, from, to, true, NULL);
    join(sim, to, from, false, ip);
}

static void part(struct sim *sim, unsigned node, unsigned other)
{
    struct node *it = &sim->nodes[node];
    unsigned number = it->number_of[other];
    if (number == NONE)
        return;
    it->number_of[other] = NONE;
    it->node_of[number] = NONE;
    if (it->router)
        gossip_router_disconnect(it->router, number, sim->now_us / 1000);
}

void sim_disconnect(struct sim *sim, unsigned a, unsigned b)
{
    part(sim, a, b);
    part(sim, b, a);
}

void sim_group(struct sim *sim, unsigned node, unsigned group)
{
    sim->nodes[node].group = group;
}

void sim_subscribe(struct sim *sim, unsigned node)
{
    const struct gossip_topic_config topic = {
        .weights = sim->config.topic_weights, .seqnos_rise = true};
    loft_err err = gossip_router_subscribe(sim->nodes[node].router,
                                           bytes_str(SIM_TOPIC), &topic,
                                           sim->now_us / 1000);
    ASSERT(err == LOFT_OK);
}

void sim_send(struct sim *sim, unsigned from, unsigned to,
              const struct gossip_rpc *rpc)
{
    struct gossip_frame *frame = gossip_frame_new(rpc);
    if (sim->nodes[from].number_of[to] != NONE)
        transmit(sim, from, to, frame);
    gossip_frame_drop(frame);
}

void sim_say_subscribed(struct sim *sim, unsigned from, unsigned to)
{
    const struct gossip_subscription subscription = {true,
                                                     bytes_str(SIM_TOPIC)};
    const struct gossip_rpc rpc = {.subscriptions = &subscription,
                                   .subscription_count = 1};
    sim_send(sim, from, to, &rpc);
}

unsigned sim_publish(struct sim *sim, unsigned node, size_t len)
{
    unsigned number = sim->message_count++;
    ASSERT(number < SIM_MESSAGES_MAX && len >= 8);
    uint8_t *data = memory_zalloc(len);
    store_be64(data, number);
    sim->messages[number].publisher = node;
    sim->messages[number].at_us = sim->now_us;
    sim->messages[number].got_us[node] = sim->now_us + 1;
    loft_err err = gossip_router_publish(
        sim->nodes[node].router, NULL, bytes_str(SIM_TOPIC),
        bytes_of(data, len), sim->now_us / 1000);
    ASSERT(err == LOFT_OK);
    free(data);
    return number;
}

static void beat(struct sim *sim, unsigned index)
{
    struct node *node = &sim->nodes[index];
    uint64_t beat_us = sim->config.params->heartbeat_ms * 1000;
    if (node->router)
        gossip_router_beat(node->router, sim->now_us / 1000);
    else if (sim->config.hostile_beat)
        sim->config.hostile_beat(sim, index);
    push(sim, (struct event){.at_us = sim->now_us + beat_us,
                             .kind = EVENT_BEAT,
                             .to = index});
}

/* As a timer of the host would. */
static void wait_for_due(struct sim *sim, unsigned index)
{
    uint64_t due_ms = gossip_router_due(sim->nodes[index].router);
    if (due_ms != UINT64_MAX)
        push(sim,
             (struct event){.at_us = due_ms * 1000 > sim->now_us ? due_ms * 1000
                                                                 : sim->now_us,
                            .kind = EVENT_DUE,
                            .to = index});
}

static void pass_on(struct sim *sim, unsigned index)
{
    gossip_router_pass_on(sim->nodes[index].router, sim->now_us / 1000);
    wait_for_due(sim, index);
}

static void receive(struct sim *sim, unsigned index, unsigned number, bytes rpc)
{
    struct gossip_router *router = sim->nodes[index].router;
    uint64_t before = gossip_router_stats(router).counts.delivered;
    (void)!gossip_router_receive(router, number, rpc, sim->now_us / 1000);
    if (gossip_router_stats(router).counts.delivered != before)
        wait_for_due(sim, index);
}

static void arrive(struct sim *sim, const struct event *event)
{
    struct node *node = &sim->nodes[event->to];
    unsigned number = node->number_of[event->from];
    bytes rpc = gossip_frame_rpc(event->frame);
    if (number == NONE)
        return;
    if (node->router)
        receive(sim, event->to, number, rpc);
    else if (sim->config.hostile_got)
        sim->config.hostile_got(sim, event->to, event->from, rpc);
}

void sim_run(struct sim *sim, uint64_t ms)
{
    uint64_t until_us = sim->now_us + ms * 1000;
    while (sim->heap.len > 0 && sim->heap.at[0].at_us <= until_us) {
        struct event event = pop(sim);
        sim->now_us = event.at_us;
        if (event.kind == EVENT_BEAT)
            beat(sim, event.to);
        else if (event.kind == EVENT_FRAME)
            arrive(sim, &event);
        else
            pass_on(sim, event.to);
        gossip_frame_drop(event.frame);
    }
    sim->now_us = until_us;
}

bool sim_has(const struct sim *sim, unsigned message, unsigned node)
{
    return sim->messages[message].got_us[node] > 0;
}

unsigned sim_delivered(const struct sim *sim, unsigned message)
{
    unsigned count = 0;
    for (unsigned i = 0; i < sim->config.nodes; i++)
        count += sim_has(sim, message, i);
    return count;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

struct sim_result sim_result(struct sim *sim, unsigned first)
{
    struct sim_result result = {.frames = sim->frames,
                                .bytes = sim->bytes_sent};
    unsigned nodes = sim->config.nodes;
    VEC(double) latencies = {0};
    uint64_t duplicates = 0;
    for (unsigned i = first; i < sim->message_count; i++) {
        const struct sent *sent = &sim->messages[i];
        for (unsigned j = 0; j < nodes; j++) {
            if (j == sent->publisher)
                continue;
            result.expected++;
            if (sent->got_us[j] > 0)
                VEC_PUSH(&latencies,
                         (double)(sent->got_us[j] - sent->at_us) / 1000);
        }
    }
    for (unsigned i = 0; i < nodes; i++)
        duplicates +=
            gossip_router_stats(sim->nodes[i].router).counts.duplicates;
    result.delivered = (unsigned)latencies.len;
    if (latencies.len > 0) {
        qsort(latencies.at, latencies.len, sizeof(double), compare);
        result.latency_ms_p50 = latencies.at[latencies.len / 2];
        result.latency_ms_p99 = latencies.at[latencies.len * 99 / 100];
        result.latency_ms_max = latencies.at[latencies.len - 1];
        result.duplicates = (double)duplicates / (double)latencies.len;
    }
    VEC_FREE(&latencies);
    return result;
}
