/* Who is sent messages: the mesh of each topic that we are subscribed to, and
 * the fanout of others. */
#include "base/memory.h"
#include "p2p/gossip_state.h"

#define BACKOFF_SLACK_BEATS                          \
    2 /* "plus some slack to account for the offset" \
       */

bool gossip_in_mesh(const struct gossip_topic *topic, unsigned peer)
{
    for (size_t i = 0; i < topic->mesh.len; i++)
        if (topic->mesh.at[i] == peer)
            return true;
    return false;
}

void gossip_mesh_add(struct gossip_router *router, unsigned topic,
                     unsigned peer, uint64_t now_ms)
{
    VEC_PUSH(&router->topics[topic].mesh, peer);
    gossip_score_graft(router->score, router->peers[peer].scored, topic,
                       now_ms);
    router->counts.grafts++;
}

void gossip_mesh_remove(struct gossip_router *router, unsigned index,
                        unsigned peer)
{
    struct gossip_topic *topic = &router->topics[index];
    for (size_t i = 0; i < topic->mesh.len; i++) {
        if (topic->mesh.at[i] != peer)
            continue;
        topic->mesh.at[i] = topic->mesh.at[--topic->mesh.len];
        if (!topic->is_subscribed)
            return;
        gossip_score_prune(router->score, router->peers[peer].scored, index);
        router->counts.prunes++;
        return;
    }
}

/* Filled up with zeros, as it is compared whole. */
static struct gossip_backoff_key backoff_key(const struct gossip_router *router,
                                             unsigned topic, unsigned peer)
{
    struct gossip_backoff_key key;
    memset(&key, 0, sizeof key);
    key.name = router->topics[topic].name;
    memcpy(&key.peer, &router->peers[peer].id, sizeof key.peer);
    return key;
}

/* Kept beyond a connection's end. Where there is no room for more, the peer is
 * met again too early at worst. */
void gossip_backoff_set(struct gossip_router *router, unsigned topic,
                        unsigned peer, uint64_t ms, uint64_t now_ms)
{
    struct gossip_backoff_key key = backoff_key(router, topic, peer);
    uint64_t *until_ms = map_get(&router->backoffs, &key);
    if (!until_ms && router->backoffs.len >= router->params.backoffs_max)
        return;
    if (!until_ms)
        until_ms = map_put(&router->backoffs, &key, NULL);
    if (*until_ms < now_ms + ms)
        *until_ms = now_ms + ms;
}

uint64_t gossip_backoff_of(const struct gossip_router *router, unsigned topic,
                           unsigned peer)
{
    struct gossip_backoff_key key = backoff_key(router, topic, peer);
    const uint64_t *until_ms = map_get(&router->backoffs, &key);
    return until_ms ? *until_ms : 0;
}

void gossip_backoffs_clear(struct gossip_router *router, uint64_t now_ms)
{
    uint64_t slack = BACKOFF_SLACK_BEATS * router->params.heartbeat_ms;
    for (uint32_t i = router->backoffs.len; i-- > 0;) {
        const uint64_t *until_ms = map_value_at(&router->backoffs, i);
        struct gossip_backoff_key key;
        if (*until_ms + slack > now_ms)
            continue;
        memcpy(&key, map_key_at(&router->backoffs, i), sizeof key);
        map_remove(&router->backoffs, &key);
    }
}

static bool is_of(const struct gossip_router *router, unsigned topic,
                  unsigned peer)
{
    const struct gossip_peer *it = &router->peers[peer];
    return it->is_used && !it->is_direct && it->topics >> topic & 1;
}

struct gossip_choice gossip_choose(struct gossip_router *router, unsigned topic,
                                   double score_min)
{
    struct gossip_choice choice = {
        ARENA_ARRAY(&router->arena, unsigned, router->peers_high + 1), 0};
    for (unsigned i = 0; i < router->peers_high; i++)
        if (is_of(router, topic, i) && router->peers[i].score >= score_min &&
            !gossip_in_mesh(&router->topics[topic], i))
            choice.at[choice.len++] = i;
    gossip_shuffle(router, choice.at, choice.len);
    return choice;
}

static void graft(struct gossip_router *router, unsigned topic, unsigned peer,
                  uint64_t now_ms)
{
    gossip_mesh_add(router, topic, peer, now_ms);
    router->peers[peer].to_graft |= (uint64_t)1 << topic;
    router->peers[peer].to_prune &= ~((uint64_t)1 << topic);
}

static void prune(struct gossip_router *router, unsigned topic, unsigned peer,
                  uint64_t now_ms)
{
    gossip_mesh_remove(router, topic, peer);
    gossip_backoff_set(router, topic, peer, router->params.prune_backoff_ms,
                       now_ms);
    router->peers[peer].to_prune |= (uint64_t)1 << topic;
    router->peers[peer].to_graft &= ~((uint64_t)1 << topic);
}

/* Grafts up to `count` peers that may be, of a score above score_over where
 * that is given. */
static void graft_some(struct gossip_router *router, unsigned topic,
                       size_t count, bool outbound_only,
                       const double *score_over, uint64_t now_ms)
{
    struct gossip_choice choice = gossip_choose(router, topic, 0);
    for (size_t i = 0; i < choice.len && count > 0; i++) {
        const struct gossip_peer *peer = &router->peers[choice.at[i]];
        if ((outbound_only && !peer->is_outbound) ||
            (score_over && peer->score <= *score_over) ||
            gossip_backoff_of(router, topic, choice.at[i]) > 0)
            continue;
        graft(router, topic, choice.at[i], now_ms);
        count--;
    }
}

static void drop_low(struct gossip_router *router, unsigned index,
                     uint64_t now_ms)
{
    struct gossip_topic *topic = &router->topics[index];
    for (size_t i = topic->mesh.len; i-- > 0;) {
        unsigned peer = topic->mesh.at[i];
        if (router->peers[peer].score < 0)
            prune(router, index, peer, now_ms);
    }
}

/* The highest first; of equals, as they stand. */
static void sort_by_score(const struct gossip_router *router, unsigned *at,
                          size_t count)
{
    for (size_t i = 1; i < count; i++) {
        unsigned peer = at[i];
        size_t j = i;
        for (; j > 0 &&
               router->peers[at[j - 1]].score < router->peers[peer].score;
             j--)
            at[j] = at[j - 1];
        at[j] = peer;
    }
}

static size_t count_outbound(const struct gossip_router *router,
                             const unsigned *at, size_t count)
{
    size_t outbound = 0;
    for (size_t i = 0; i < count; i++)
        outbound += router->peers[at[i]].is_outbound;
    return outbound;
}

/* Brings peers that we dialed in from behind the first `keep`, in the places of
 * the last of those that were dialed by them. */
static void keep_outbound(const struct gossip_router *router, unsigned *at,
                          size_t count, size_t keep)
{
    size_t have = count_outbound(router, at, keep), to = keep;
    for (size_t i = keep; i < count && have < router->params.degree_out; i++) {
        if (!router->peers[at[i]].is_outbound)
            continue;
        while (to > 0 && router->peers[at[to - 1]].is_outbound)
            to--;
        if (to == 0)
            return;
        unsigned swap = at[to - 1];
        at[to - 1] = at[i];
        at[i] = swap;
        have++;
    }
}

/* "The peer keeps the best D_score scoring peers and selects the remaining
 * peers to keep at random", D_out of them outbound. */
static void drop_surplus(struct gossip_router *router, unsigned index,
                         uint64_t now_ms)
{
    struct gossip_topic *topic = &router->topics[index];
    size_t count = topic->mesh.len, keep = router->params.degree;
    size_t best = router->params.degree_score;
    if (count <= router->params.degree_high)
        return;
    unsigned *order = ARENA_ARRAY(&router->arena, unsigned, count);
    memcpy(order, topic->mesh.at, count * sizeof *order);
    gossip_shuffle(router, order, count);
    sort_by_score(router, order, count);
    if (best < count)
        gossip_shuffle(router, order + best, count - best);
    keep_outbound(router, order, count, keep);
    for (size_t i = keep; i < count; i++)
        prune(router, index, order[i], now_ms);
}

static double median_score(struct gossip_router *router,
                           const struct gossip_topic *topic)
{
    size_t count = topic->mesh.len;
    unsigned *order = ARENA_ARRAY(&router->arena, unsigned, count);
    memcpy(order, topic->mesh.at, count * sizeof *order);
    sort_by_score(router, order, count);
    return router->peers[order[(count - 1) / 2]].score;
}

static void better(struct gossip_router *router, unsigned index,
                   uint64_t now_ms)
{
    const struct gossip_topic *topic = &router->topics[index];
    if (router->beat % router->params.opportunistic_beats != 0 ||
        topic->mesh.len < 2)
        return;
    double median = median_score(router, topic);
    if (median < router->thresholds.opportunistic)
        graft_some(router, index, router->params.opportunistic_peers, false,
                   &median, now_ms);
}

static void keep_mesh(struct gossip_router *router, unsigned index,
                      uint64_t now_ms)
{
    const struct gossip_params *params = &router->params;
    const struct gossip_topic *topic = &router->topics[index];
    drop_low(router, index, now_ms);
    if (topic->mesh.len < params->degree_low)
        graft_some(router, index, params->degree - topic->mesh.len, false, NULL,
                   now_ms);
    drop_surplus(router, index, now_ms);
    size_t outbound = count_outbound(router, topic->mesh.at, topic->mesh.len);
    if (topic->mesh.len >= params->degree_low && outbound < params->degree_out)
        graft_some(router, index, params->degree_out - outbound, true, NULL,
                   now_ms);
    better(router, index, now_ms);
}

void gossip_mesh_fanout(struct gossip_router *router, unsigned index)
{
    struct gossip_topic *topic = &router->topics[index];
    struct gossip_choice choice = gossip_choose(router, index,
                                                router->thresholds.publish);
    for (size_t i = 0;
         i < choice.len && topic->mesh.len < router->params.degree; i++)
        VEC_PUSH(&topic->mesh, choice.at[i]);
}

static void keep_fanout(struct gossip_router *router, unsigned index)
{
    struct gossip_topic *topic = &router->topics[index];
    for (size_t i = topic->mesh.len; i-- > 0;) {
        unsigned peer = topic->mesh.at[i];
        if (!is_of(router, index, peer) ||
            router->peers[peer].score < router->thresholds.publish)
            gossip_mesh_remove(router, index, peer);
    }
    gossip_mesh_fanout(router, index);
}

/* "No PX information is emitted towards those peers" of a score below 0, and
 * only others are named. */
void gossip_exchange_list(struct gossip_router *router, struct gossip_prune *to,
                          unsigned topic, unsigned except)
{
    struct gossip_choice choice = {
        ARENA_ARRAY(&router->arena, unsigned, router->peers_high + 1), 0};
    for (unsigned i = 0; i < router->peers_high; i++)
        if (is_of(router, topic, i) && i != except &&
            gossip_score_now(router, i) >= 0)
            choice.at[choice.len++] = i;
    gossip_shuffle(router, choice.at, choice.len);
    size_t most = router->params.exchange_peers;
    struct gossip_exchange *peers = ARENA_ARRAY(&router->arena,
                                                struct gossip_exchange, most);
    for (size_t i = 0; i < choice.len && to->peer_count < most; i++) {
        const struct gossip_peer *peer = &router->peers[choice.at[i]];
        struct buffer record = {0};
        router->calls->record_of(router->context, &record, &peer->id);
        peers[to->peer_count++] = (struct gossip_exchange){
            peer_id_bytes(&peer->id),
            arena_copy(&router->arena, buffer_bytes(&record))};
        buffer_free(&record);
    }
    to->peers = peers;
}

static struct gossip_prune prune_of(struct gossip_router *router,
                                    unsigned topic, unsigned peer, uint64_t ms)
{
    struct gossip_prune out = {
        .topic = buffer_bytes(&router->topics[topic].topic),
        .backoff_s = ms / 1000};
    if (router->peers[peer].score >= 0)
        gossip_exchange_list(router, &out, topic, peer);
    return out;
}

static void send_changes(struct gossip_router *router, unsigned index)
{
    struct gossip_peer *peer = &router->peers[index];
    bytes grafts[GOSSIP_TOPICS_MAX];
    struct gossip_prune prunes[GOSSIP_TOPICS_MAX];
    struct gossip_rpc rpc = {.graft = grafts, .prune = prunes};
    for (unsigned i = 0; i < GOSSIP_TOPICS_MAX; i++) {
        if (peer->to_graft >> i & 1)
            grafts[rpc.graft_count++] = buffer_bytes(&router->topics[i].topic);
        if (peer->to_prune >> i & 1)
            prunes[rpc.prune_count++] = prune_of(
                router, i, index, router->params.prune_backoff_ms);
    }
    peer->to_graft = peer->to_prune = 0;
    if (rpc.graft_count + rpc.prune_count > 0)
        gossip_send(router, index, GOSSIP_CONTROL, &rpc);
}

void gossip_mesh_tell(struct gossip_router *router)
{
    for (unsigned i = 0; i < router->peers_high; i++)
        if (router->peers[i].to_graft | router->peers[i].to_prune)
            send_changes(router, i);
}

void gossip_mesh_join(struct gossip_router *router, unsigned topic,
                      uint64_t now_ms)
{
    for (unsigned i = 0; i < router->peers_high; i++)
        if (router->peers[i].is_used)
            router->peers[i].score = gossip_score_now(router, i);
    graft_some(router, topic, router->params.degree, false, NULL, now_ms);
    gossip_mesh_tell(router);
}

void gossip_mesh_leave(struct gossip_router *router, unsigned index,
                       uint64_t now_ms)
{
    struct gossip_topic *topic = &router->topics[index];
    uint64_t ms = router->params.unsubscribe_backoff_ms;
    while (topic->mesh.len > 0) {
        unsigned peer = topic->mesh.at[topic->mesh.len - 1];
        gossip_mesh_remove(router, index, peer);
        gossip_backoff_set(router, index, peer, ms, now_ms);
        const struct gossip_prune prune_it = prune_of(router, index, peer, ms);
        const struct gossip_rpc rpc = {.prune = &prune_it, .prune_count = 1};
        gossip_send(router, peer, GOSSIP_CONTROL, &rpc);
    }
}

void gossip_mesh_keep(struct gossip_router *router, uint64_t now_ms)
{
    for (unsigned i = 0; i < GOSSIP_TOPICS_MAX; i++) {
        const struct gossip_topic *topic = &router->topics[i];
        if (!topic->is_used)
            continue;
        if (topic->is_subscribed)
            keep_mesh(router, i, now_ms);
        else if (now_ms - topic->published_ms >= router->params.fanout_ms)
            gossip_topic_free(router, i);
        else
            keep_fanout(router, i);
    }
}
