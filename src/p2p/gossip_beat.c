/* The heartbeat: scores and promises are looked at, meshes kept, and recent
 * messages offered to peers outside of them. */
#include "p2p/gossip_state.h"

/* Puts those who brought us messages first; each part in the order it had. */
static void prefer_proven(struct gossip_router *router, unsigned topic,
                          struct gossip_choice *choice)
{
    unsigned *order = ARENA_ARRAY(&router->arena, unsigned, choice->len + 1);
    size_t len = 0;
    for (int proven = 1; proven >= 0; proven--)
        for (size_t i = 0; i < choice->len; i++) {
            const struct gossip_peer *peer = &router->peers[choice->at[i]];
            if (gossip_score_is_proven(router->score, peer->scored, topic) ==
                proven)
                order[len++] = choice->at[i];
        }
    choice->at = order;
}

/* To whom recent messages are offered: "a percentage of our peers with a
 * minimum of D_lazy". Half of them are such that brought us messages, where
 * there are: strangers may be many, and all of one hand. */
static void choose_hearers(struct gossip_router *router, unsigned index)
{
    uint64_t bit = (uint64_t)1 << index;
    struct gossip_choice choice = gossip_choose(router, index,
                                                router->thresholds.gossip);
    size_t most = (size_t)(router->params.gossip_factor * (double)choice.len);
    if (most < router->params.degree_lazy)
        most = router->params.degree_lazy;
    if (most > choice.len)
        most = choice.len;
    struct gossip_choice proven = choice;
    prefer_proven(router, index, &proven);
    for (size_t i = 0; i < most / 2; i++)
        router->peers[proven.at[i]].to_offer |= bit;
    for (size_t i = 0, left = most - most / 2; i < choice.len && left; i++) {
        left -= !(router->peers[choice.at[i]].to_offer & bit);
        router->peers[choice.at[i]].to_offer |= bit;
    }
}

static struct gossip_ids recent_ids(struct gossip_router *router,
                                    unsigned index)
{
    size_t count = gossip_cache_count(router->cache), most = 0;
    bytes *ids = NULL;
    while (most < count && most < router->params.asked_per_beat_max &&
           gossip_cache_is_recent(router->cache,
                                  gossip_cache_at(router->cache, most),
                                  router->params.gossip_beats))
        most++;
    ids = ARENA_ARRAY(&router->arena, bytes, most);
    count = 0;
    for (size_t i = 0; i < most; i++) {
        const struct gossip_record *record = gossip_cache_at(router->cache, i);
        if (record->topic == index)
            ids[count++] = gossip_id_bytes(&record->id);
    }
    return (struct gossip_ids){buffer_bytes(&router->topics[index].topic), ids,
                               count};
}

/* One RPC a peer with the offers of all topics, as RPCs are counted. */
static void send_offers(struct gossip_router *router,
                        const struct gossip_ids *of_topic)
{
    for (unsigned i = 0; i < router->peers_high; i++) {
        struct gossip_ids offers[GOSSIP_TOPICS_MAX];
        struct gossip_rpc rpc = {.ihave = offers};
        for (unsigned j = 0; j < GOSSIP_TOPICS_MAX; j++)
            if (router->peers[i].to_offer >> j & 1)
                offers[rpc.ihave_count++] = of_topic[j];
        router->peers[i].to_offer = 0;
        if (rpc.ihave_count > 0)
            gossip_send(router, i, GOSSIP_OFFER, &rpc);
    }
}

static void emit_gossip(struct gossip_router *router)
{
    struct gossip_ids of_topic[GOSSIP_TOPICS_MAX] = {0};
    for (unsigned i = 0; i < GOSSIP_TOPICS_MAX; i++) {
        if (!router->topics[i].is_used)
            continue;
        of_topic[i] = recent_ids(router, i);
        if (of_topic[i].len > 0)
            choose_hearers(router, i);
    }
    send_offers(router, of_topic);
}

/* Where we were late ourselves, so may be what was promised. */
static uint64_t lateness(struct gossip_router *router, uint64_t now_ms)
{
    uint64_t due_ms = router->beat_ms + router->params.heartbeat_ms;
    bool is_late = router->beat_ms > 0 && now_ms > due_ms;
    router->beat_ms = now_ms;
    return is_late ? now_ms - due_ms : 0;
}

/* "If the message is not received (from any peer) within a period of time,
 * then a behavioural penalty is applied". */
static void judge_promises(struct gossip_router *router, uint64_t now_ms)
{
    uint64_t late_ms = lateness(router, now_ms);
    for (size_t i = router->promises.len; i-- > 0;) {
        router->promises.at[i].until_ms += late_ms;
        const struct gossip_promise promise = router->promises.at[i];
        if (promise.until_ms > now_ms)
            continue;
        router->promises.at[i] = router->promises.at[--router->promises.len];
        gossip_score_breach(router->peers[promise.peer].scored, 1);
        router->counts.broken_promises++;
        if (gossip_score_now(router, promise.peer) < 0)
            router->calls->blame(router->context, promise.peer, false,
                                 "offers messages that it does not give");
    }
}

static void begin_beat(struct gossip_router *router)
{
    for (unsigned i = 0; i < router->peers_high; i++) {
        struct gossip_peer *peer = &router->peers[i];
        if (!peer->is_used)
            continue;
        peer->offers = peer->asked = peer->wanted = 0;
        peer->unwanted = peer->exchanged = 0;
        peer->score = gossip_score_now(router, i);
        bool is_low = peer->score < router->thresholds.graylist;
        if (is_low && !peer->is_listed && !peer->is_direct)
            router->calls->blame(router->context, i, true,
                                 "misbehaves, and is listened to no more");
        peer->is_listed = is_low;
    }
}

static void dial_direct(struct gossip_router *router)
{
    if (router->beat % router->params.direct_beats != 1)
        return;
    MAP_FOR_EACH (i, &router->direct) {
        const struct peer_id *id = map_key_at(&router->direct, i);
        if (!map_get(&router->ids, id))
            router->calls->turn_to(router->context, id, BYTES_EMPTY);
    }
}

void gossip_router_beat(struct gossip_router *router, uint64_t now_ms)
{
    router->beat++;
    gossip_begin(router);
    gossip_score_decay(router->score, now_ms);
    gossip_backoffs_clear(router, now_ms);
    judge_promises(router, now_ms);
    begin_beat(router);
    dial_direct(router);
    gossip_mesh_keep(router, now_ms);
    gossip_mesh_tell(router);
    emit_gossip(router);
    gossip_cache_beat(router->cache, now_ms);
}
