/* Who is there: peers come, say what they want, and go. */
#include "p2p/gossip_router.h"

#include "base/assert.h"
#include "base/memory.h"
#include "p2p/gossip_state.h"

struct gossip_router *
gossip_router_new(const struct gossip_router_config *config)
{
    struct gossip_router *router = MEMORY_NEW(struct gossip_router);
    router->params = *config->params;
    router->thresholds = *config->thresholds;
    router->identity = config->identity;
    router->self = peer_id_of(&config->identity->public);
    router->id_rule = config->id_rule ? config->id_rule : gossip_id_by_author;
    router->calls = config->calls;
    router->context = config->context;
    router->seqno = config->first_seqno;
    gossip_init_chance(router, config->seed);
    router->score = gossip_score_new(config->weights, config->now_ms);
    router->cache = gossip_cache_new(config->params);
    router->peers = memory_zalloc(config->params->peers_max *
                                  sizeof *router->peers);
    map_init(&router->ids, sizeof(struct peer_id), sizeof(unsigned));
    map_init(&router->direct, sizeof(struct peer_id), 1);
    map_init(&router->backoffs, sizeof(struct gossip_backoff_key),
             sizeof(uint64_t));
    map_init(&router->authors, sizeof(struct gossip_author_key),
             sizeof(struct gossip_author));
    map_init(&router->pending, sizeof(uint64_t), sizeof(void *));
    arena_init(&router->arena);
    return router;
}

static void peer_fini(struct gossip_peer *peer)
{
    VEC_FREE(&peer->names);
    free(peer->unwanted_ids);
}

void gossip_router_free(struct gossip_router *router)
{
    if (!router)
        return;
    MAP_FOR_EACH (i, &router->pending)
        gossip_record_drop(router->cache, gossip_pending_at(router, i));
    for (unsigned i = 0; i < router->peers_high; i++)
        peer_fini(&router->peers[i]);
    for (unsigned i = 0; i < GOSSIP_TOPICS_MAX; i++) {
        buffer_free(&router->topics[i].topic);
        VEC_FREE(&router->topics[i].mesh);
    }
    gossip_score_free(router->score);
    gossip_cache_free(router->cache);
    map_fini(&router->ids);
    map_fini(&router->direct);
    map_fini(&router->backoffs);
    map_fini(&router->authors);
    map_fini(&router->pending);
    VEC_FREE(&router->promises);
    VEC_FREE(&router->held);
    arena_fini(&router->arena);
    free(router->peers);
    free(router);
}

double gossip_score_now(const struct gossip_router *router, unsigned peer)
{
    return gossip_score_of(router->score, router->peers[peer].scored);
}

void gossip_send(struct gossip_router *router, unsigned peer,
                 enum gossip_class class, const struct gossip_rpc *rpc)
{
    struct gossip_frame *frame = gossip_frame_new(rpc);
    router->calls->send(router->context, peer, class, frame);
    gossip_frame_drop(frame);
}

/* Peers. */

unsigned gossip_router_next(const struct gossip_router *router)
{
    for (unsigned i = 0; i < router->peers_high; i++)
        if (!router->peers[i].is_used)
            return i;
    return router->peers_high < router->params.peers_max ? router->peers_high
                                                         : UINT32_MAX;
}

/* Our subscriptions, as the first that a new peer hears. */
static void greet(struct gossip_router *router, unsigned peer)
{
    struct gossip_subscription subscriptions[GOSSIP_TOPICS_MAX];
    struct gossip_rpc rpc = {.subscriptions = subscriptions};
    for (unsigned i = 0; i < GOSSIP_TOPICS_MAX; i++)
        if (router->topics[i].is_subscribed)
            subscriptions[rpc.subscription_count++] =
                (struct gossip_subscription){
                    true, buffer_bytes(&router->topics[i].topic)};
    if (rpc.subscription_count > 0)
        gossip_send(router, peer, GOSSIP_CONTROL, &rpc);
}

/* As maps compare them: zeros behind its length. */
static struct peer_id whole_id(const struct peer_id *from)
{
    struct peer_id id = {.len = from->len};
    memcpy(id.at, from->at, from->len);
    return id;
}

loft_err gossip_router_connect(struct gossip_router *router, unsigned *peer,
                               const struct gossip_peer_config *config,
                               uint64_t now_ms)
{
    struct peer_id id = whole_id(config->id);
    (void)now_ms;
    if (map_get(&router->ids, &id))
        return err_say(LOFT_ERR_EXISTS, "a peer that is there already");
    *peer = gossip_router_next(router);
    if (*peer == UINT32_MAX)
        return err_say(LOFT_ERR_LIMIT, "more than %u peers that gossip",
                       router->params.peers_max);
    if (*peer == router->peers_high)
        router->peers_high++;
    router->peers[*peer] = (struct gossip_peer){
        .is_used = true,
        .is_direct = map_get(&router->direct, &id) != NULL,
        .is_outbound = config->is_outbound,
        .is_v12 = config->is_v12,
        .id = id,
        .scored = gossip_score_join(router->score, &id, config->ip),
    };
    router->peers[*peer].score = gossip_score_now(router, *peer);
    *(unsigned *)map_put(&router->ids, &id, NULL) = *peer;
    greet(router, *peer);
    return LOFT_OK;
}

/* A promise that is not yet due is broken by going away: it counts against
 * those who come back. */
static void drop_promises(struct gossip_router *router, unsigned peer)
{
    for (size_t i = router->promises.len; i-- > 0;) {
        if (router->promises.at[i].peer != peer)
            continue;
        gossip_score_breach(router->peers[peer].scored, 1);
        router->promises.at[i] = router->promises.at[--router->promises.len];
    }
}

void gossip_router_disconnect(struct gossip_router *router, unsigned peer,
                              uint64_t now_ms)
{
    struct gossip_peer *it = &router->peers[peer];
    ASSERT(peer < router->peers_high && it->is_used);
    for (unsigned i = 0; i < GOSSIP_TOPICS_MAX; i++)
        if (router->topics[i].is_used)
            gossip_mesh_remove(router, i, peer);
    drop_promises(router, peer);
    gossip_score_leave(router->score, it->scored, now_ms);
    gossip_cache_forget_peer(router->cache, peer);
    MAP_FOR_EACH (i, &router->pending)
        gossip_record_unmark(gossip_pending_at(router, i), peer);
    map_remove(&router->ids, &it->id);
    peer_fini(it);
    *it = (struct gossip_peer){0};
}

loft_err gossip_router_direct(struct gossip_router *router,
                              const struct peer_id *peer)
{
    struct peer_id id = whole_id(peer);
    if (router->direct.len >= router->params.peers_max)
        return err_say(LOFT_ERR_LIMIT, "more than %u direct peers",
                       router->params.peers_max);
    (void)map_put(&router->direct, &id, NULL);
    const unsigned *there = map_get(&router->ids, &id);
    if (!there)
        return LOFT_OK;
    router->peers[*there].is_direct = true;
    for (unsigned i = 0; i < GOSSIP_TOPICS_MAX; i++)
        if (router->topics[i].is_used)
            gossip_mesh_remove(router, i, *there);
    return LOFT_OK;
}

void gossip_router_score(struct gossip_router *router, unsigned peer,
                         double application)
{
    ASSERT(peer < router->peers_high && router->peers[peer].is_used);
    gossip_score_application(router->peers[peer].scored, application);
}

/* RPCs. */

static void subscribe_peer(struct gossip_router *router, unsigned index,
                           uint64_t name, unsigned topic)
{
    struct gossip_peer *peer = &router->peers[index];
    if (gossip_is_named(peer, name))
        return;
    if (peer->names.len >= router->params.peer_topics_max) {
        gossip_score_breach(peer->scored, 1);
        return;
    }
    VEC_PUSH(&peer->names, name);
    if (topic != GOSSIP_TOPICS_MAX)
        peer->topics |= (uint64_t)1 << topic;
}

static void unsubscribe_peer(struct gossip_router *router, unsigned index,
                             uint64_t name, unsigned topic)
{
    struct gossip_peer *peer = &router->peers[index];
    for (size_t i = peer->names.len; i-- > 0;)
        if (peer->names.at[i] == name)
            peer->names.at[i] = peer->names.at[--peer->names.len];
    if (topic == GOSSIP_TOPICS_MAX)
        return;
    peer->topics &= ~((uint64_t)1 << topic);
    gossip_mesh_remove(router, topic, index);
}

static void take_subscriptions(struct gossip_router *router, unsigned from,
                               const struct gossip_rpc *rpc)
{
    for (size_t i = 0; i < rpc->subscription_count; i++) {
        const struct gossip_subscription *it = &rpc->subscriptions[i];
        uint64_t name = gossip_name(router, it->topic);
        unsigned topic = gossip_find_topic(router, it->topic);
        if (it->subscribe)
            subscribe_peer(router, from, name, topic);
        else
            unsubscribe_peer(router, from, name, topic);
    }
}

static bool is_graylisted(const struct gossip_router *router, unsigned peer)
{
    return !gossip_is_direct(router, peer) &&
           gossip_score_now(router, peer) < router->thresholds.graylist;
}

/* Where the next part begins; 0: the RPC is done with. */
static size_t take_messages(struct gossip_router *router, unsigned peer,
                            const struct gossip_rpc *rpc, size_t from,
                            uint64_t now_ms)
{
    size_t end = from + GOSSIP_PART_MESSAGES;
    for (size_t i = from; i < rpc->message_count && i < end; i++) {
        if (is_graylisted(router, peer))
            return 0;
        gossip_message_take(router, peer, rpc->messages[i], now_ms);
    }
    if (end < rpc->message_count)
        return end;
    gossip_control_take(router, peer, rpc, now_ms);
    return 0;
}

loft_err gossip_router_receive_part(struct gossip_router *router, unsigned peer,
                                    bytes from, size_t *part, uint64_t now_ms)
{
    struct gossip_rpc rpc;
    size_t first = *part;
    *part = 0;
    ASSERT(peer < router->peers_high && router->peers[peer].is_used);
    gossip_begin(router);
    if (is_graylisted(router, peer))
        return LOFT_OK;
    loft_err err = gossip_rpc_read(&router->arena, &rpc, from);
    if (err != LOFT_OK) {
        router->counts.malformed++;
        gossip_score_breach(router->peers[peer].scored, 1);
        router->calls->blame(router->context, peer, true, err_sentence());
        return err;
    }
    if (first == 0)
        take_subscriptions(router, peer, &rpc);
    *part = take_messages(router, peer, &rpc, first, now_ms);
    return LOFT_OK;
}

loft_err gossip_router_receive(struct gossip_router *router, unsigned peer,
                               bytes from, uint64_t now_ms)
{
    size_t part = 0;
    loft_err err;
    do
        err = gossip_router_receive_part(router, peer, from, &part, now_ms);
    while (part > 0);
    return err;
}

/* To be looked at. */

struct gossip_router_stats
gossip_router_stats(const struct gossip_router *router)
{
    struct gossip_router_stats stats = {
        .counts = router->counts,
        .peers = router->ids.len,
        .seen = gossip_cache_seen(router->cache),
        .cached_bytes = gossip_cache_bytes(router->cache),
        .pending = router->pending.len,
        .pending_bytes = router->pending_bytes,
        .promises = router->promises.len,
        .backoffs = router->backoffs.len,
        .scored = gossip_score_count(router->score),
    };
    for (unsigned i = 0; i < GOSSIP_TOPICS_MAX; i++)
        stats.topics += router->topics[i].is_used;
    return stats;
}

bool gossip_router_peer(const struct gossip_router *router, unsigned index,
                        struct gossip_peer_info *out)
{
    const struct gossip_peer *peer = &router->peers[index];
    ASSERT(index < router->params.peers_max);
    if (!peer->is_used)
        return false;
    *out = (struct gossip_peer_info){
        .id = peer->id,
        .score = gossip_score_now(router, index),
        .parts = gossip_score_parts(router->score, peer->scored),
        .topics = (unsigned)peer->names.len,
        .is_outbound = peer->is_outbound,
        .is_direct = peer->is_direct,
        .is_unheard = is_graylisted(router, index),
    };
    for (unsigned i = 0; i < GOSSIP_TOPICS_MAX; i++)
        out->meshes += router->topics[i].is_used &&
                       gossip_in_mesh(&router->topics[i], index);
    return true;
}
