#include "p2p/gossip_score.h"

#include "base/assert.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/vec.h"

#define DECAYS_AT_ONCE_MAX 600
#define IP6_PREFIX_BYTES 7 /* a /56, what one customer is given */

const struct gossip_topic_weights GOSSIP_TOPIC_WEIGHTS = {
    .weight = 1,
    .time_weight = 0.01,
    .time_max = 300,
    .time_quantum_ms = 1000,
    .first_weight = 1,
    .first_decay = 0.99,
    .first_max = 20,
    .mesh_weight = 0,
    .mesh_decay = 0.97,
    .mesh_threshold = 1,
    .mesh_max = 20,
    .mesh_activation_ms = 30000,
    .mesh_window_ms = 10,
    .failure_weight = 0,
    .failure_decay = 0.99,
    .invalid_weight = -10,
    .invalid_decay = 0.995,
};

const struct gossip_score_weights GOSSIP_SCORE_WEIGHTS = {
    .topics_max = 50,
    .application_weight = 1,
    .colocation_weight = -5,
    .colocation_threshold = 8,
    .behaviour_weight = -5,
    .behaviour_decay = 0.98,
    .behaviour_threshold = 4,
    .decay_to_zero = 0.01,
    .decay_ms = 1000,
    .retain_ms = 600000,
    .retained_max = 1024,
};

const struct gossip_thresholds GOSSIP_THRESHOLDS = {
    .gossip = -20,
    .publish = -40,
    .graylist = -80,
    .exchange = 10,
    .opportunistic = 1,
};

struct topic_counts {
    bool in_mesh;
    bool is_active; /* P3 applies */
    uint64_t grafted_ms, mesh_ms;
    double first, mesh, failure, invalid;
};

struct gossip_scored {
    struct peer_id id;
    uint8_t ip[8]; /* its length, then the part of it that counts */
    bool is_here;
    uint64_t forget_ms; /* where it left */
    double application, behaviour;
    VEC(struct topic_counts) topics;
};

struct gossip_score {
    struct gossip_score_weights weights;
    struct gossip_topic_weights topics[GOSSIP_TOPICS_MAX];
    bool is_scored[GOSSIP_TOPICS_MAX];
    struct map peers; /* struct peer_id -> struct gossip_scored * */
    struct map ips;   /* uint8_t[8] -> unsigned: peers there */
    size_t retained;
    uint64_t decayed_ms;
};

struct gossip_score *
gossip_score_new(const struct gossip_score_weights *weights, uint64_t now_ms)
{
    struct gossip_score *score = MEMORY_NEW(struct gossip_score);
    score->weights = *weights;
    score->decayed_ms = now_ms;
    map_init(&score->peers, sizeof(struct peer_id), sizeof(void *));
    map_init(&score->ips, 8, sizeof(unsigned));
    return score;
}

static void peer_free(struct gossip_scored *peer)
{
    VEC_FREE(&peer->topics);
    free(peer);
}

static struct gossip_scored *peer_at(const struct gossip_score *score,
                                     uint32_t index)
{
    return *(struct gossip_scored **)map_value_at(&score->peers, index);
}

void gossip_score_free(struct gossip_score *score)
{
    if (!score)
        return;
    MAP_FOR_EACH (i, &score->peers)
        peer_free(peer_at(score, i));
    map_fini(&score->peers);
    map_fini(&score->ips);
    free(score);
}

void gossip_score_topic(struct gossip_score *score, unsigned topic,
                        const struct gossip_topic_weights *weights)
{
    ASSERT(topic < GOSSIP_TOPICS_MAX);
    score->is_scored[topic] = weights;
    if (weights) {
        score->topics[topic] = *weights;
        return;
    }
    MAP_FOR_EACH (i, &score->peers) {
        struct gossip_scored *peer = peer_at(score, i);
        if (topic < peer->topics.len)
            peer->topics.at[topic] = (struct topic_counts){0};
    }
}

/* Ids are compared with what lies behind their length, which is zero. */
static struct peer_id key_of(const struct peer_id *id)
{
    struct peer_id key = {.len = id->len};
    memcpy(key.at, id->at, id->len);
    return key;
}

static void keep_ip(struct gossip_scored *peer, bytes ip)
{
    size_t len = ip.len == 4 ? 4 : ip.len == 16 ? IP6_PREFIX_BYTES : 0;
    memset(peer->ip, 0, sizeof peer->ip);
    peer->ip[0] = (uint8_t)len;
    if (len > 0)
        memcpy(peer->ip + 1, ip.at, len);
}

static void count_ip(struct gossip_score *score,
                     const struct gossip_scored *peer)
{
    if (peer->ip[0] > 0)
        ++*(unsigned *)map_put(&score->ips, peer->ip, NULL);
}

static void uncount_ip(struct gossip_score *score,
                       const struct gossip_scored *peer)
{
    unsigned *count = peer->ip[0] ? map_get(&score->ips, peer->ip) : NULL;
    if (count && --*count == 0)
        map_remove(&score->ips, peer->ip);
}

static void forget(struct gossip_score *score, struct gossip_scored *peer)
{
    uncount_ip(score, peer);
    map_remove(&score->peers, &peer->id);
    peer_free(peer);
}

struct gossip_scored *gossip_score_join(struct gossip_score *score,
                                        const struct peer_id *id, bytes ip)
{
    bool is_new;
    struct peer_id key = key_of(id);
    struct gossip_scored **at = map_put(&score->peers, &key, &is_new);
    if (is_new) {
        *at = MEMORY_NEW(struct gossip_scored);
        (*at)->id = key;
    } else {
        ASSERT(!(*at)->is_here);
        score->retained--;
        uncount_ip(score, *at);
    }
    (*at)->is_here = true;
    keep_ip(*at, ip);
    count_ip(score, *at);
    return *at;
}

static struct topic_counts *counts_of(const struct gossip_score *score,
                                      struct gossip_scored *peer,
                                      unsigned topic)
{
    ASSERT(topic < GOSSIP_TOPICS_MAX);
    if (!score->is_scored[topic])
        return NULL;
    while (peer->topics.len <= topic)
        VEC_PUSH(&peer->topics, (struct topic_counts){0});
    return &peer->topics.at[topic];
}

/* How many deliveries a member of the mesh is short of. */
static double deficit(const struct gossip_topic_weights *weights,
                      const struct topic_counts *counts)
{
    if (!counts->is_active || counts->mesh >= weights->mesh_threshold)
        return 0;
    return weights->mesh_threshold - counts->mesh;
}

static void leave_mesh(const struct gossip_topic_weights *weights,
                       struct topic_counts *counts)
{
    double missing = deficit(weights, counts);
    if (counts->in_mesh)
        counts->failure += missing * missing;
    counts->in_mesh = counts->is_active = false;
    counts->mesh_ms = 0;
}

static void forget_one(struct gossip_score *score)
{
    struct gossip_scored *first = NULL;
    MAP_FOR_EACH (i, &score->peers) {
        struct gossip_scored *peer = peer_at(score, i);
        if (!peer->is_here && (!first || peer->forget_ms < first->forget_ms))
            first = peer;
    }
    ASSERT(first);
    score->retained--;
    forget(score, first);
}

void gossip_score_leave(struct gossip_score *score, struct gossip_scored *peer,
                        uint64_t now_ms)
{
    ASSERT(peer->is_here);
    for (unsigned i = 0; i < peer->topics.len; i++) {
        leave_mesh(&score->topics[i], &peer->topics.at[i]);
        peer->topics.at[i].first = 0;
    }
    if (gossip_score_of(score, peer) >= 0 || score->weights.retained_max == 0) {
        forget(score, peer);
        return;
    }
    if (score->retained == score->weights.retained_max)
        forget_one(score);
    score->retained++;
    peer->is_here = false;
    peer->forget_ms = now_ms + score->weights.retain_ms;
}

void gossip_score_graft(struct gossip_score *score, struct gossip_scored *peer,
                        unsigned topic, uint64_t now_ms)
{
    struct topic_counts *counts = counts_of(score, peer, topic);
    if (!counts)
        return;
    counts->in_mesh = true;
    counts->is_active = false;
    counts->grafted_ms = now_ms;
    counts->mesh_ms = 0;
}

void gossip_score_prune(struct gossip_score *score, struct gossip_scored *peer,
                        unsigned topic)
{
    struct topic_counts *counts = counts_of(score, peer, topic);
    if (counts)
        leave_mesh(&score->topics[topic], counts);
}

static void count_up(double *counter, double max)
{
    *counter = *counter + 1 < max ? *counter + 1 : max;
}

void gossip_score_first(struct gossip_score *score, struct gossip_scored *peer,
                        unsigned topic)
{
    struct topic_counts *counts = counts_of(score, peer, topic);
    if (!counts)
        return;
    count_up(&counts->first, score->topics[topic].first_max);
    if (counts->in_mesh)
        count_up(&counts->mesh, score->topics[topic].mesh_max);
}

void gossip_score_again(struct gossip_score *score, struct gossip_scored *peer,
                        unsigned topic, uint64_t since_ms)
{
    struct topic_counts *counts = counts_of(score, peer, topic);
    if (!counts || !counts->in_mesh)
        return;
    if (since_ms <= score->topics[topic].mesh_window_ms)
        count_up(&counts->mesh, score->topics[topic].mesh_max);
}

void gossip_score_invalid(struct gossip_score *score,
                          struct gossip_scored *peer, unsigned topic)
{
    struct topic_counts *counts = counts_of(score, peer, topic);
    if (counts)
        counts->invalid++;
}

void gossip_score_breach(struct gossip_scored *peer, double count)
{
    peer->behaviour += count;
}

void gossip_score_application(struct gossip_scored *peer, double value)
{
    peer->application = value;
}

static void decay(double *counter, double factor, double to_zero)
{
    *counter *= factor;
    if (*counter < to_zero)
        *counter = 0;
}

static void decay_topic(const struct gossip_topic_weights *weights,
                        struct topic_counts *counts, double to_zero,
                        uint64_t now_ms)
{
    decay(&counts->first, weights->first_decay, to_zero);
    decay(&counts->mesh, weights->mesh_decay, to_zero);
    decay(&counts->failure, weights->failure_decay, to_zero);
    decay(&counts->invalid, weights->invalid_decay, to_zero);
    if (!counts->in_mesh)
        return;
    counts->mesh_ms = now_ms - counts->grafted_ms;
    if (counts->mesh_ms > weights->mesh_activation_ms)
        counts->is_active = true;
}

/* Of one that left nothing decays: time away does not make it better. */
static void decay_peer(struct gossip_score *score, struct gossip_scored *peer,
                       uint64_t now_ms)
{
    const struct gossip_score_weights *weights = &score->weights;
    for (unsigned i = 0; i < peer->topics.len; i++)
        if (score->is_scored[i])
            decay_topic(&score->topics[i], &peer->topics.at[i],
                        weights->decay_to_zero, now_ms);
    decay(&peer->behaviour, weights->behaviour_decay, weights->decay_to_zero);
}

static void forget_those_due(struct gossip_score *score, uint64_t now_ms)
{
    for (uint32_t i = score->peers.len; i-- > 0;) {
        struct gossip_scored *peer = peer_at(score, i);
        if (peer->is_here || peer->forget_ms > now_ms)
            continue;
        score->retained--;
        forget(score, peer);
    }
}

void gossip_score_decay(struct gossip_score *score, uint64_t now_ms)
{
    uint64_t due = (now_ms - score->decayed_ms) / score->weights.decay_ms;
    score->decayed_ms += due * score->weights.decay_ms;
    if (due > DECAYS_AT_ONCE_MAX)
        due = DECAYS_AT_ONCE_MAX;
    for (; due > 0; due--)
        MAP_FOR_EACH (i, &score->peers)
            if (peer_at(score, i)->is_here)
                decay_peer(score, peer_at(score, i), now_ms);
    forget_those_due(score, now_ms);
}

static double topic_score(const struct gossip_topic_weights *weights,
                          const struct topic_counts *counts)
{
    double quanta = (double)counts->mesh_ms / (double)weights->time_quantum_ms;
    double missing = deficit(weights, counts);
    if (quanta > weights->time_max)
        quanta = weights->time_max;
    return weights->weight *
           (quanta * weights->time_weight +
            counts->first * weights->first_weight +
            missing * missing * weights->mesh_weight +
            counts->failure * weights->failure_weight +
            counts->invalid * counts->invalid * weights->invalid_weight);
}

static double topics_score(const struct gossip_score *score,
                           const struct gossip_scored *peer)
{
    double sum = 0, max = score->weights.topics_max;
    for (unsigned i = 0; i < peer->topics.len; i++)
        if (score->is_scored[i])
            sum += topic_score(&score->topics[i], &peer->topics.at[i]);
    return max > 0 && sum > max ? max : sum;
}

static double colocation(const struct gossip_score *score,
                         const struct gossip_scored *peer)
{
    const unsigned *count = peer->ip[0] ? map_get(&score->ips, peer->ip) : NULL;
    if (!count || *count <= score->weights.colocation_threshold)
        return 0;
    double surplus = *count - score->weights.colocation_threshold;
    return surplus * surplus;
}

struct gossip_score_parts gossip_score_parts(const struct gossip_score *score,
                                             const struct gossip_scored *peer)
{
    const struct gossip_score_weights *weights = &score->weights;
    double excess = peer->behaviour - weights->behaviour_threshold;
    if (excess < 0)
        excess = 0;
    return (struct gossip_score_parts){
        .topics = topics_score(score, peer),
        .application = peer->application * weights->application_weight,
        .colocation = colocation(score, peer) * weights->colocation_weight,
        .behaviour = excess * excess * weights->behaviour_weight,
    };
}

double gossip_score_of(const struct gossip_score *score,
                       const struct gossip_scored *peer)
{
    struct gossip_score_parts parts = gossip_score_parts(score, peer);
    return parts.topics + parts.application + parts.colocation +
           parts.behaviour;
}

bool gossip_score_is_proven(const struct gossip_score *score,
                            const struct gossip_scored *peer, unsigned topic)
{
    return score->is_scored[topic] && topic < peer->topics.len &&
           peer->topics.at[topic].first > 0;
}

size_t gossip_score_count(const struct gossip_score *score)
{
    return score->peers.len;
}
