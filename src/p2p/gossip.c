#include "p2p/gossip.h"

#include "base/assert.h"
#include "base/memory.h"
#include "p2p/envelope.h"
#include "p2p/gossip_parts.h"

#define DIALS_PER_BEAT 8      /* of peers that others name */
#define BLAME_POINTS 2        /* of a fault that may add up */
#define RECORD_BYTES_MAX 2048 /* of a peer that is named to another */

uint64_t gossip_now(const struct gossip *gossip)
{
    return gossip->transport.ops->now_ms(gossip->transport.context);
}

uint64_t gossip_now_us(const struct gossip *gossip)
{
    const struct transport *transport = &gossip->transport;
    return transport->ops->now_us ? transport->ops->now_us(transport->context)
                                  : gossip_now(gossip) * 1000;
}

/* Timers. */

void gossip_schedule(struct gossip *gossip)
{
    uint64_t due_ms = gossip_router_due(gossip->router),
             now = gossip_now(gossip);
    if (due_ms >= gossip->due_ms)
        return;
    gossip->due_ms = due_ms;
    gossip->transport.ops->timer_start(gossip->due,
                                       due_ms > now ? due_ms - now : 0);
}

static void on_due(void *context)
{
    struct gossip *gossip = context;
    gossip->due_ms = UINT64_MAX;
    gossip_router_pass_on(gossip->router, gossip_now(gossip));
    gossip_schedule(gossip);
}

static enum gossip_verdict on_validate(void *context, void *topic_context,
                                       const struct gossip_message *message,
                                       uint64_t ticket)
{
    const struct gossip_use_entry *entry = topic_context;
    (void)context;
    if (!entry->use.validate)
        return GOSSIP_ACCEPT;
    return entry->use.validate(entry->use.context, message, ticket);
}

static void on_deliver(void *context, void *topic_context,
                       const struct gossip_message *message)
{
    const struct gossip_use_entry *entry = topic_context;
    (void)context;
    if (entry->use.deliver)
        entry->use.deliver(entry->use.context, message);
}

static void on_blame(void *context, unsigned peer, bool is_grave,
                     const char *why)
{
    struct gossip *gossip = context;
    const struct gossip_conn *conn = gossip->numbered[peer];
    if (conn)
        peer_host_blame(gossip->host, &conn->id,
                        is_grave ? GOSSIP_GRAVE_POINTS : BLAME_POINTS, why);
}

/* That a dial is not possible, or fails, is no fault: others are named. */
static void on_turn_to(void *context, const struct peer_id *peer,
                       bytes signed_record)
{
    struct gossip *gossip = context;
    struct arena arena;
    struct peer_record record = {0};
    if (gossip->dials++ >= DIALS_PER_BEAT)
        return;
    arena_init(&arena);
    if (signed_record.len == 0 ||
        peer_record_open(&arena, &record, signed_record) == LOFT_OK)
        (void)!peer_host_connect(gossip->host, peer, record.addrs,
                                 record.addr_count);
    arena_fini(&arena);
}

static void on_record_of(void *context, struct buffer *out,
                         const struct peer_id *peer)
{
    const struct gossip *gossip = context;
    struct peer_info info;
    if (peer_host_info(gossip->host, peer, &info) &&
        info.signed_record.len <= RECORD_BYTES_MAX)
        buffer_put_bytes(out, info.signed_record);
}

static const struct gossip_router_calls router_calls = {
    gossip_conn_send, gossip_conn_unsend, on_validate, on_deliver,
    on_blame,         on_turn_to,         on_record_of};

static void on_beat(void *context)
{
    struct gossip *gossip = context;
    gossip->transport.ops->timer_start(gossip->beat,
                                       gossip->params.heartbeat_ms);
    gossip->dials = 0;
    gossip_router_beat(gossip->router, gossip_now(gossip));
    MAP_FOR_EACH (i, &gossip->conns)
        gossip_conn_look_after(
            *(struct gossip_conn **)map_value_at(&gossip->conns, i));
    gossip_schedule(gossip);
}

static void begin_router(struct gossip *gossip,
                         const struct gossip_config *config)
{
    const struct transport *transport = &gossip->transport;
    struct gossip_router_config router = {
        .params = &gossip->params,
        .weights = config->weights ? config->weights : &GOSSIP_SCORE_WEIGHTS,
        .thresholds = config->thresholds ? config->thresholds
                                         : &GOSSIP_THRESHOLDS,
        .identity = peer_host_key(gossip->host),
        /* Microseconds: more than a message each is not sent for long. */
        .first_seqno = config->unix_ms * 1000,
        .calls = &router_calls,
        .context = gossip,
        .now_ms = gossip_now(gossip),
    };
    transport->ops->random(transport->context, router.seed, sizeof router.seed);
    gossip->router = gossip_router_new(&router);
}

struct gossip *gossip_open(struct peer_host *host,
                           const struct gossip_config *config)
{
    struct gossip *gossip = MEMORY_NEW(struct gossip);
    gossip->host = host;
    gossip->transport = *peer_host_transport(host);
    gossip->params = config->params ? *config->params : GOSSIP_PARAMS;
    gossip->due_ms = UINT64_MAX;
    gossip->numbered = memory_zalloc(gossip->params.peers_max *
                                     sizeof *gossip->numbered);
    map_init(&gossip->conns, sizeof(struct peer_id), sizeof(void *));
    begin_router(gossip, config);
    const struct transport *transport = &gossip->transport;
    gossip->beat = transport->ops->timer(transport->context, on_beat, gossip);
    gossip->due = transport->ops->timer(transport->context, on_due, gossip);
    gossip_intake_open(gossip);
    transport->ops->timer_start(gossip->beat, gossip->params.heartbeat_ms);
    gossip_conns_open(gossip);
    return gossip;
}

static void use_free(struct gossip_use_entry *entry)
{
    buffer_free(&entry->topic);
    free(entry);
}

void gossip_close(struct gossip *gossip)
{
    if (!gossip)
        return;
    gossip->transport.ops->timer_close(gossip->beat);
    gossip->transport.ops->timer_close(gossip->due);
    gossip_intake_close(gossip);
    MAP_FOR_EACH (i, &gossip->conns)
        gossip_conn_free(
            *(struct gossip_conn **)map_value_at(&gossip->conns, i));
    map_fini(&gossip->conns);
    gossip_router_free(gossip->router);
    VEC_FOR_EACH (entry, &gossip->uses)
        use_free(*entry);
    VEC_FREE(&gossip->uses);
    free(gossip->numbered);
    free(gossip);
}

/* Topics. */

loft_err gossip_subscribe(struct gossip *gossip, bytes topic,
                          const struct gossip_use *use)
{
    struct gossip_use_entry *entry = MEMORY_NEW(struct gossip_use_entry);
    const struct gossip_topic_config config = {
        .weights = use->weights ? use->weights : &GOSSIP_TOPIC_WEIGHTS,
        .seqnos_rise = use->seqnos_rise,
        .context = entry,
    };
    entry->use = *use;
    buffer_put_bytes(&entry->topic, topic);
    loft_err err = gossip_router_subscribe(gossip->router, topic, &config,
                                           gossip_now(gossip));
    if (err != LOFT_OK) {
        use_free(entry);
        return err;
    }
    VEC_PUSH(&gossip->uses, entry);
    return LOFT_OK;
}

loft_err gossip_unsubscribe(struct gossip *gossip, bytes topic)
{
    TRY(gossip_router_unsubscribe(gossip->router, topic, gossip_now(gossip)));
    for (size_t i = 0; i < gossip->uses.len; i++) {
        struct gossip_use_entry *entry = gossip->uses.at[i];
        if (!bytes_equal(buffer_bytes(&entry->topic), topic))
            continue;
        gossip->uses.at[i] = gossip->uses.at[--gossip->uses.len];
        use_free(entry);
        return LOFT_OK;
    }
    return LOFT_OK;
}

loft_err gossip_publish(struct gossip *gossip, unsigned *peers, bytes topic,
                        bytes data)
{
    return gossip_router_publish(gossip->router, peers, topic, data,
                                 gossip_now(gossip));
}

void gossip_judge(struct gossip *gossip, uint64_t ticket,
                  enum gossip_verdict verdict)
{
    gossip_router_judge(gossip->router, ticket, verdict, gossip_now(gossip));
    gossip_schedule(gossip);
}

loft_err gossip_direct(struct gossip *gossip, const struct peer_id *peer)
{
    TRY(gossip_router_direct(gossip->router, peer));
    peer_host_protect(gossip->host, peer, "gossip", true);
    return LOFT_OK;
}

void gossip_score(struct gossip *gossip, const struct peer_id *peer,
                  double application)
{
    const struct gossip_conn *conn = gossip_conn_find(gossip, peer);
    if (conn && conn->number != GOSSIP_NO_NUMBER)
        gossip_router_score(gossip->router, conn->number, application);
}

/* To be looked at. */

struct gossip_stats gossip_stats(const struct gossip *gossip)
{
    struct gossip_stats stats = {
        .router = gossip_router_stats(gossip->router),
        .dropped_control = gossip->dropped[GOSSIP_CONTROL],
        .dropped_data = gossip->dropped[GOSSIP_DATA],
        .dropped_offers = gossip->dropped[GOSSIP_OFFER],
        .withdrawn = gossip->withdrawn,
        .given_up = gossip->given_up,
    };
    MAP_FOR_EACH (i, &gossip->conns) {
        const struct gossip_conn *conn = *(struct gossip_conn **)map_value_at(
            &gossip->conns, i);
        stats.queued_bytes += gossip_queue_bytes(&conn->queue);
    }
    return stats;
}

bool gossip_topic_at(const struct gossip *gossip, unsigned index,
                     struct gossip_topic_info *out)
{
    return gossip_router_topic(gossip->router, index, out);
}

bool gossip_peer(const struct gossip *gossip, const struct peer_id *peer,
                 struct gossip_peer_info *out)
{
    const struct gossip_conn *conn = gossip_conn_find(gossip, peer);
    return conn && conn->number != GOSSIP_NO_NUMBER &&
           gossip_router_peer(gossip->router, conn->number, out);
}
