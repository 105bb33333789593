#include "base/memory.h"
#include "p2p/envelope.h"
#include "p2p/gossip_state.h"

#define BACKOFF_MS_MAX 3600000 /* whatever a peer asks for */
#define EXCHANGES_PER_BEAT_MAX 64

/* Messages asked for, in an order of chance: of those that the limit leaves
 * out, another peer is asked. */
static void ask(struct gossip_router *router, unsigned from, bytes *ids,
                size_t count, uint64_t now_ms)
{
    struct gossip_peer *peer = &router->peers[from];
    size_t room = router->params.asked_per_beat_max - peer->asked;
    for (size_t i = count; i > 1; i--) {
        size_t j = gossip_chance(router, (unsigned)i);
        bytes swap = ids[i - 1];
        ids[i - 1] = ids[j];
        ids[j] = swap;
    }
    if (count > room)
        count = room;
    if (count == 0)
        return;
    peer->asked += (unsigned)count;
    router->counts.asked += count;
    if (router->promises.len < router->params.promises_max) {
        bytes one = ids[gossip_chance(router, (unsigned)count)];
        VEC_PUSH(&router->promises,
                 ((struct gossip_promise){gossip_name(router, one), from,
                                          now_ms + router->params.promise_ms}));
    }
    const struct gossip_ids iwant = {BYTES_EMPTY, ids, count};
    const struct gossip_rpc rpc = {.iwant = &iwant, .iwant_count = 1};
    gossip_send(router, from, GOSSIP_CONTROL, &rpc);
}

static size_t new_ids(struct gossip_router *router, bytes *out,
                      const struct gossip_ids *offer)
{
    size_t count = 0;
    unsigned topic = gossip_find_topic(router, offer->topic);
    if (topic == GOSSIP_TOPICS_MAX || !router->topics[topic].is_subscribed)
        return 0;
    for (size_t i = 0; i < offer->len; i++) {
        struct gossip_id id;
        if (gossip_id_of(&id, offer->at[i]) &&
            !gossip_cache_find(router->cache, &id))
            out[count++] = offer->at[i];
    }
    return count;
}

static void take_offers(struct gossip_router *router, unsigned from,
                        const struct gossip_rpc *rpc, uint64_t now_ms)
{
    struct gossip_peer *peer = &router->peers[from];
    size_t total = 0, count = 0;
    if (rpc->ihave_count == 0 ||
        gossip_score_now(router, from) < router->thresholds.gossip)
        return;
    if (++peer->offers > router->params.offers_per_beat_max ||
        peer->asked >= router->params.asked_per_beat_max)
        return;
    for (size_t i = 0; i < rpc->ihave_count; i++)
        total += rpc->ihave[i].len;
    bytes *ids = ARENA_ARRAY(&router->arena, bytes, total);
    for (size_t i = 0; i < rpc->ihave_count; i++)
        count += new_ids(router, ids + count, &rpc->ihave[i]);
    ask(router, from, ids, count, now_ms);
}

/* False: it was given to this peer often enough, or is not wanted. */
static bool may_give(struct gossip_router *router, unsigned to,
                     struct gossip_record *record)
{
    if (gossip_is_unwanted(router, to, &record->id))
        return false;
    if (!record->sent)
        record->sent = memory_zalloc(router->params.peers_max);
    if (record->sent[to] >= router->params.retransmissions_max)
        return false;
    record->sent[to]++;
    return true;
}

static void give(struct gossip_router *router, unsigned to, bytes name)
{
    struct gossip_id id;
    struct gossip_seen *seen = NULL;
    if (gossip_id_of(&id, name))
        seen = gossip_cache_find(router->cache, &id);
    if (!seen || !seen->record || seen->fate != GOSSIP_VALID)
        return;
    if (!may_give(router, to, seen->record))
        return;
    router->counts.given++;
    router->calls->send(router->context, to, GOSSIP_DATA, seen->record->frame);
}

static void take_wants(struct gossip_router *router, unsigned from,
                       const struct gossip_rpc *rpc)
{
    struct gossip_peer *peer = &router->peers[from];
    if (gossip_score_now(router, from) < router->thresholds.gossip)
        return;
    for (size_t i = 0; i < rpc->iwant_count; i++)
        for (size_t j = 0; j < rpc->iwant[i].len; j++)
            if (peer->wanted++ < router->params.asked_per_beat_max)
                give(router, from, rpc->iwant[i].at[j]);
}

static void keep_unwanted(struct gossip_router *router,
                          struct gossip_peer *peer, bytes id)
{
    if (!peer->unwanted_ids)
        peer->unwanted_ids = memory_zalloc(GOSSIP_UNWANTED_MAX *
                                           sizeof *peer->unwanted_ids);
    peer->unwanted_ids[peer->unwanted_next++ % GOSSIP_UNWANTED_MAX] =
        (struct gossip_unwanted){gossip_name(router, id),
                                 router->beat + router->params.unwanted_beats};
    router->counts.unwanted++;
}

/* Also what is on its way. */
static void unsend(struct gossip_router *router, unsigned from, bytes name)
{
    struct gossip_id id;
    const struct gossip_seen *seen = NULL;
    if (gossip_id_of(&id, name))
        seen = gossip_cache_find(router->cache, &id);
    if (seen && seen->record)
        router->calls->unsend(router->context, from, seen->record->frame);
}

static void take_unwanted(struct gossip_router *router, unsigned from,
                          const struct gossip_rpc *rpc)
{
    struct gossip_peer *peer = &router->peers[from];
    for (size_t i = 0; i < rpc->idontwant_count; i++)
        for (size_t j = 0; j < rpc->idontwant[i].len; j++) {
            if (peer->unwanted++ >= router->params.unwanted_per_beat_max)
                return;
            keep_unwanted(router, peer, rpc->idontwant[i].at[j]);
            unsend(router, from, rpc->idontwant[i].at[j]);
        }
}

bool gossip_is_unwanted(const struct gossip_router *router, unsigned peer,
                        const struct gossip_id *id)
{
    const struct gossip_unwanted *ids = router->peers[peer].unwanted_ids;
    if (!ids)
        return false;
    uint64_t name = gossip_name(router, gossip_id_bytes(id));
    for (unsigned i = 0; i < GOSSIP_UNWANTED_MAX; i++)
        if (ids[i].name == name && ids[i].until_beat > router->beat)
            return true;
    return false;
}

enum graft_answer {
    GRAFT_TAKEN,
    GRAFT_UNANSWERED,
    GRAFT_PRUNED,  /* and told of others */
    GRAFT_REFUSED, /* pruned, and told of nobody */
};

/* "When a peer tries to regraft too early, the pruning peer may apply a
 * behavioural penalty": twice where it is at once. */
static enum graft_answer too_early(struct gossip_router *router, unsigned from,
                                   unsigned topic, uint64_t until_ms,
                                   uint64_t now_ms)
{
    const struct gossip_params *params = &router->params;
    bool at_once = now_ms + params->prune_backoff_ms <
                   until_ms + params->graft_flood_ms;
    gossip_score_breach(router->peers[from].scored, at_once ? 2 : 1);
    gossip_backoff_set(router, topic, from, params->prune_backoff_ms, now_ms);
    router->calls->blame(router->context, from, false,
                         "grafts again before its back-off is over");
    return GRAFT_REFUSED;
}

static enum graft_answer take_graft(struct gossip_router *router, unsigned from,
                                    unsigned index, uint64_t now_ms)
{
    const struct gossip_topic *topic = &router->topics[index];
    uint64_t until_ms = gossip_backoff_of(router, index, from);
    if (gossip_in_mesh(topic, from))
        return GRAFT_UNANSWERED;
    if (gossip_is_direct(router, from))
        return GRAFT_REFUSED;
    if (until_ms > now_ms)
        return too_early(router, from, index, until_ms, now_ms);
    bool is_bad = gossip_score_now(router, from) < 0;
    bool is_full = topic->mesh.len >= router->params.degree_high &&
                   !router->peers[from].is_outbound;
    if (is_bad || is_full) {
        gossip_backoff_set(router, index, from, router->params.prune_backoff_ms,
                           now_ms);
        return is_bad ? GRAFT_REFUSED : GRAFT_PRUNED;
    }
    gossip_mesh_add(router, index, from, now_ms);
    return GRAFT_TAKEN;
}

/* "GRAFT messages for unknown topics are ignored". */
static void take_grafts(struct gossip_router *router, unsigned from,
                        const struct gossip_rpc *rpc, uint64_t now_ms)
{
    struct gossip_prune prunes[GOSSIP_TOPICS_MAX];
    size_t count = 0;
    uint64_t answered = 0;
    for (size_t i = 0; i < rpc->graft_count; i++) {
        unsigned topic = gossip_find_topic(router, rpc->graft[i]);
        if (topic == GOSSIP_TOPICS_MAX || answered >> topic & 1 ||
            !router->topics[topic].is_subscribed)
            continue;
        enum graft_answer answer = take_graft(router, from, topic, now_ms);
        answered |= (uint64_t)1 << topic;
        if (answer == GRAFT_TAKEN || answer == GRAFT_UNANSWERED)
            continue;
        prunes[count] = (struct gossip_prune){
            .topic = buffer_bytes(&router->topics[topic].topic),
            .backoff_s = router->params.prune_backoff_ms / 1000};
        if (answer == GRAFT_PRUNED)
            gossip_exchange_list(router, &prunes[count], topic, from);
        count++;
    }
    if (count == 0)
        return;
    const struct gossip_rpc answer = {.prune = prunes, .prune_count = count};
    gossip_send(router, from, GOSSIP_CONTROL, &answer);
}

/* A peer that another named: its record is its own word, or nobody's. */
static void heed(struct gossip_router *router,
                 const struct gossip_exchange *from)
{
    struct peer_record record;
    struct peer_id id;
    if (peer_id_read(&id, from->peer_id) != LOFT_OK ||
        peer_id_equal(&id, &router->self) || map_get(&router->ids, &id))
        return;
    if (from->signed_record.len > 0 &&
        (peer_record_open(&router->arena, &record, from->signed_record) !=
             LOFT_OK ||
         !peer_id_equal(&record.id, &id)))
        return;
    router->calls->turn_to(router->context, &id, from->signed_record);
}

static void take_exchange(struct gossip_router *router, unsigned from,
                          const struct gossip_prune *prune)
{
    struct gossip_peer *peer = &router->peers[from];
    size_t most = router->params.exchange_peers;
    if (gossip_score_now(router, from) < router->thresholds.exchange)
        return;
    for (size_t i = 0; i < prune->peer_count && i < most; i++)
        if (peer->exchanged++ < EXCHANGES_PER_BEAT_MAX)
            heed(router, &prune->peers[i]);
}

static void take_prune(struct gossip_router *router, unsigned from,
                       const struct gossip_prune *prune, uint64_t now_ms)
{
    unsigned topic = gossip_find_topic(router, prune->topic);
    if (topic == GOSSIP_TOPICS_MAX || !router->topics[topic].is_subscribed)
        return;
    uint64_t ms = router->params.prune_backoff_ms;
    if (prune->backoff_s > 0)
        ms = prune->backoff_s < BACKOFF_MS_MAX / 1000 ? prune->backoff_s * 1000
                                                      : BACKOFF_MS_MAX;
    gossip_mesh_remove(router, topic, from);
    gossip_backoff_set(router, topic, from, ms, now_ms);
    take_exchange(router, from, prune);
}

void gossip_control_take(struct gossip_router *router, unsigned peer,
                         const struct gossip_rpc *rpc, uint64_t now_ms)
{
    take_offers(router, peer, rpc, now_ms);
    take_wants(router, peer, rpc);
    take_grafts(router, peer, rpc, now_ms);
    for (size_t i = 0; i < rpc->prune_count; i++)
        take_prune(router, peer, &rpc->prune[i], now_ms);
    take_unwanted(router, peer, rpc);
}
