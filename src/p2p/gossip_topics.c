/* Our topics: those that we are subscribed to, and those that we only publish
 * in. */
#include "p2p/gossip_state.h"

unsigned gossip_find_topic(const struct gossip_router *router, bytes topic)
{
    for (unsigned i = 0; i < GOSSIP_TOPICS_MAX; i++)
        if (router->topics[i].is_used &&
            bytes_equal(buffer_bytes(&router->topics[i].topic), topic))
            return i;
    return GOSSIP_TOPICS_MAX;
}

bool gossip_is_named(const struct gossip_peer *peer, uint64_t name)
{
    for (size_t i = 0; i < peer->names.len; i++)
        if (peer->names.at[i] == name)
            return true;
    return false;
}

static void note_topic_of_peers(struct gossip_router *router, unsigned index)
{
    uint64_t bit = (uint64_t)1 << index;
    for (unsigned i = 0; i < router->peers_high; i++) {
        struct gossip_peer *peer = &router->peers[i];
        peer->topics &= ~bit;
        if (peer->is_used && gossip_is_named(peer, router->topics[index].name))
            peer->topics |= bit;
    }
}

loft_err gossip_topic_use(struct gossip_router *router, unsigned *out,
                          bytes topic)
{
    if (topic.len == 0 || topic.len > GOSSIP_TOPIC_BYTES_MAX)
        return err_say(LOFT_ERR_LIMIT, "a topic's name of %zu bytes",
                       topic.len);
    *out = gossip_find_topic(router, topic);
    if (*out != GOSSIP_TOPICS_MAX)
        return LOFT_OK;
    for (*out = 0; *out < GOSSIP_TOPICS_MAX; ++*out)
        if (!router->topics[*out].is_used)
            break;
    if (*out == GOSSIP_TOPICS_MAX)
        return err_say(LOFT_ERR_LIMIT, "more than %d topics",
                       GOSSIP_TOPICS_MAX);
    struct gossip_topic *to = &router->topics[*out];
    to->is_used = true;
    buffer_put_bytes(&to->topic, topic);
    to->name = gossip_name(router, topic);
    note_topic_of_peers(router, *out);
    return LOFT_OK;
}

void gossip_topic_free(struct gossip_router *router, unsigned index)
{
    struct gossip_topic *topic = &router->topics[index];
    gossip_score_topic(router->score, index, NULL);
    gossip_cache_forget_topic(router->cache, index);
    MAP_FOR_EACH (i, &router->pending)
        if (gossip_pending_at(router, i)->topic == index)
            gossip_pending_at(router, i)->topic = GOSSIP_NOBODY;
    for (unsigned i = 0; i < router->peers_high; i++)
        router->peers[i].topics &= ~((uint64_t)1 << index);
    buffer_free(&topic->topic);
    VEC_FREE(&topic->mesh);
    *topic = (struct gossip_topic){0};
}

static void announce(struct gossip_router *router, bytes topic, bool subscribe)
{
    const struct gossip_subscription subscription = {subscribe, topic};
    const struct gossip_rpc rpc = {.subscriptions = &subscription,
                                   .subscription_count = 1};
    struct gossip_frame *frame = gossip_frame_new(&rpc);
    for (unsigned i = 0; i < router->peers_high; i++)
        if (router->peers[i].is_used)
            router->calls->send(router->context, i, GOSSIP_CONTROL, frame);
    gossip_frame_drop(frame);
}

loft_err gossip_router_subscribe(struct gossip_router *router, bytes topic,
                                 const struct gossip_topic_config *config,
                                 uint64_t now_ms)
{
    unsigned index;
    TRY(gossip_topic_use(router, &index, topic));
    struct gossip_topic *to = &router->topics[index];
    if (to->is_subscribed)
        return err_say(LOFT_ERR_EXISTS, "subscribed already");
    gossip_begin(router);
    to->mesh.len = 0; /* what was the fanout is as good as any */
    to->is_subscribed = true;
    to->seqnos_rise = config->seqnos_rise;
    to->context = config->context;
    gossip_score_topic(router->score, index, config->weights);
    announce(router, topic, true);
    gossip_mesh_join(router, index, now_ms);
    return LOFT_OK;
}

loft_err gossip_router_unsubscribe(struct gossip_router *router, bytes topic,
                                   uint64_t now_ms)
{
    unsigned index = gossip_find_topic(router, topic);
    if (index == GOSSIP_TOPICS_MAX || !router->topics[index].is_subscribed)
        return err_say(LOFT_ERR_NOT_FOUND, "not subscribed to this topic");
    gossip_begin(router);
    announce(router, topic, false);
    gossip_mesh_leave(router, index, now_ms);
    gossip_topic_free(router, index);
    return LOFT_OK;
}

bool gossip_router_topic(const struct gossip_router *router, unsigned index,
                         struct gossip_topic_info *out)
{
    unsigned at = 0;
    for (; at < GOSSIP_TOPICS_MAX; at++)
        if (router->topics[at].is_used && index-- == 0)
            break;
    if (at == GOSSIP_TOPICS_MAX)
        return false;
    const struct gossip_topic *topic = &router->topics[at];
    *out = (struct gossip_topic_info){
        .name = buffer_bytes(&topic->topic),
        .is_subscribed = topic->is_subscribed,
        .mesh = topic->mesh.at,
        .mesh_count = (unsigned)topic->mesh.len,
    };
    for (unsigned i = 0; i < router->peers_high; i++)
        out->peers += (unsigned)(router->peers[i].topics >> at & 1);
    return true;
}
