#include "p2p/gossip.h"

#include "base/assert.h"
#include "base/map.h"
#include "base/memory.h"
#include "codec/uvarint.h"
#include "p2p/envelope.h"
#include "p2p/gossip_queue.h"
#include "p2p/multiaddr.h"

#define NOBODY UINT32_MAX
#define REOPENS_MAX 3    /* of our stream, on one connection */
#define DIALS_PER_BEAT 8 /* of peers that others name */
#define BLAME_POINTS 2   /* of a fault that may add up, */
#define BLAME_GRAVE_POINTS 50
#define RECORD_BYTES_MAX 2048 /* of a peer that is named to another */
#define TAG_MESH 10           /* what a connection is worth in each mesh */

static const char v12[] = "/meshsub/1.2.0";
static const char v11[] = "/meshsub/1.1.0";
static const char *const names[] = {v12, v11};

/* A peer that is connected, or whose streams have not ended yet. */
struct gossip_conn {
    struct gossip *gossip;
    struct peer_id id;
    unsigned number; /* by which the router knows it, or NOBODY */
    bool is_connected, is_refused;
    unsigned streams; /* that have not ended */
    unsigned reopens;
    struct peer_stream *out, *in; /* NULL: there is none */
    struct gossip_queue queue;
    struct buffer input; /* of an RPC that goes on */
    int tag;
};

struct gossip_use_entry {
    struct gossip_use use;
    struct buffer topic;
};

struct gossip {
    struct peer_host *host;
    struct transport transport; /* outlives the host */
    struct gossip_params params;
    struct gossip_router *router;
    struct map conns;              /* struct peer_id -> struct gossip_conn * */
    struct gossip_conn **numbered; /* peers_max of them */
    VEC(struct gossip_use_entry *) uses;
    struct transport_timer *beat, *due;
    uint64_t due_ms; /* when the timer goes off; UINT64_MAX: it does not */
    unsigned dials;  /* since the beat */
    uint64_t dropped[GOSSIP_OFFER + 1], given_up;
};

static uint64_t now_of(const struct gossip *gossip)
{
    return gossip->transport.ops->now_ms(gossip->transport.context);
}

static struct gossip_conn *find(const struct gossip *gossip,
                                const struct peer_id *id)
{
    struct peer_id key = {.len = id->len};
    memcpy(key.at, id->at, id->len);
    struct gossip_conn **at = map_get(&gossip->conns, &key);
    return at ? *at : NULL;
}

static struct gossip_conn *find_or_make(struct gossip *gossip,
                                        const struct peer_id *id)
{
    bool is_new;
    struct peer_id key = {.len = id->len};
    memcpy(key.at, id->at, id->len);
    struct gossip_conn **at = map_put(&gossip->conns, &key, &is_new);
    if (is_new) {
        *at = MEMORY_NEW(struct gossip_conn);
        (*at)->gossip = gossip;
        (*at)->id = key;
        (*at)->number = NOBODY;
    }
    return *at;
}

static void conn_free(struct gossip_conn *conn)
{
    gossip_queue_fini(&conn->queue);
    buffer_free(&conn->input);
    free(conn);
}

static void free_if_over(struct gossip_conn *conn)
{
    if (conn->is_connected || conn->streams > 0)
        return;
    map_remove(&conn->gossip->conns, &conn->id);
    conn_free(conn);
}

/* Timers. */

static void schedule(struct gossip *gossip)
{
    uint64_t due_ms = gossip_router_due(gossip->router), now = now_of(gossip);
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
    gossip_router_pass_on(gossip->router, now_of(gossip));
    schedule(gossip);
}

/* Leaving. */

static void leave(struct gossip_conn *conn)
{
    struct gossip *gossip = conn->gossip;
    if (conn->number == NOBODY)
        return;
    gossip->numbered[conn->number] = NULL;
    gossip_router_disconnect(gossip->router, conn->number, now_of(gossip));
    conn->number = NOBODY;
    gossip_queue_fini(&conn->queue);
}

/* As much as the stream takes; it says when there is room again, as it refused
 * a part. */
static void flush(struct gossip_conn *conn)
{
    bytes next;
    while (conn->out && (next = gossip_queue_next(&conn->queue)).len > 0) {
        size_t room = peer_stream_room(conn->out);
        if (room > 0 && next.len > room)
            next.len = room;
        if (!peer_stream_send(conn->out, next))
            return;
        gossip_queue_took(&conn->queue, next.len);
    }
}

static void on_send(void *context, unsigned peer, enum gossip_class class,
                    struct gossip_frame *frame)
{
    struct gossip *gossip = context;
    struct gossip_conn *conn = gossip->numbered[peer];
    if (!conn || !conn->out)
        return;
    if (gossip_queue_put(&conn->queue, class, frame)) {
        flush(conn);
        return;
    }
    gossip->dropped[class]++;
    if (class != GOSSIP_CONTROL)
        return;
    gossip->given_up++;
    peer_stream_reset(conn->out);
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
                        is_grave ? BLAME_GRAVE_POINTS : BLAME_POINTS, why);
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
    on_send, on_validate, on_deliver, on_blame, on_turn_to, on_record_of};

/* Our stream to a peer. */

/* The address that counts for P6: not this machine's own, nor a relay's. */
static bytes ip_of(bytes addr)
{
    struct multiaddr_part part, first = {0};
    while (addr.len > 0 && multiaddr_next(&part, &addr) == LOFT_OK) {
        if (part.code == MULTIADDR_P2P_CIRCUIT)
            return BYTES_EMPTY;
        if (!first.value.at)
            first = part;
    }
    if (first.code == MULTIADDR_IP4 && first.value.at[0] != 127)
        return first.value;
    static const uint8_t one[16] = {[15] = 1};
    if (first.code == MULTIADDR_IP6 && memcmp(first.value.at, one, 16) != 0)
        return first.value;
    return BYTES_EMPTY;
}

static void on_in_got(void *context, struct peer_stream *stream, bytes data);

static void on_out_opened(void *context, struct peer_stream *stream)
{
    struct gossip_conn *conn = context;
    struct gossip *gossip = conn->gossip;
    struct peer_info info;
    unsigned number;
    if (stream != conn->out || conn->number != NOBODY ||
        !peer_host_info(gossip->host, &conn->id, &info))
        return;
    const struct gossip_peer_config config = {
        .id = &conn->id,
        .ip = ip_of(info.remote_addr),
        .is_outbound = info.is_dialer,
        .is_v12 = strcmp(peer_stream_protocol(stream), v12) == 0,
    };
    /* Its greeting finds the way as soon as the number is known. */
    number = gossip_router_next(gossip->router);
    if (number == NOBODY) {
        peer_stream_reset(stream);
        return;
    }
    conn->number = number;
    gossip->numbered[number] = conn;
    loft_err err = gossip_router_connect(gossip->router, &number, &config,
                                         now_of(gossip));
    ASSERT(err == LOFT_OK && number == conn->number);
    if (!conn->in)
        return;
    peer_stream_pause(conn->in, false);
    on_in_got(conn, conn->in, BYTES_EMPTY); /* what came before */
}

static void on_out_drained(void *context, struct peer_stream *stream)
{
    struct gossip_conn *conn = context;
    if (stream == conn->out)
        flush(conn);
}

static void on_out_ended(void *context, struct peer_stream *stream,
                         enum peer_stream_end end)
{
    struct gossip_conn *conn = context;
    conn->streams--;
    if (stream == conn->out) {
        conn->out = NULL;
        conn->is_refused = end == PEER_STREAM_REFUSED;
        leave(conn);
    }
    free_if_over(conn);
}

static const struct peer_stream_calls out_calls = {
    .opened = on_out_opened, .drained = on_out_drained, .ended = on_out_ended};

static void open_out(struct gossip_conn *conn)
{
    conn->out = peer_host_open_stream(conn->gossip->host, &conn->id, names,
                                      ARRAY_LEN(names), &out_calls, conn);
    conn->streams += conn->out != NULL;
}

/* The peer's stream to us. */

/* Takes RPCs that are whole. False: what comes is none, for which the peer was
 * blamed. */
static bool take_rpcs(struct gossip_conn *conn, bytes *from)
{
    while (conn->number != NOBODY) {
        bytes rest = *from;
        uint64_t len = 0;
        enum uvarint_status status = uvarint_scan(&len, &rest);
        if (status == UVARINT_SHORT)
            return true;
        if (status != UVARINT_READ || len > GOSSIP_RPC_BYTES_MAX) {
            peer_host_blame(conn->gossip->host, &conn->id, BLAME_GRAVE_POINTS,
                            "sends what is no RPC of gossip");
            return false;
        }
        if (len > rest.len)
            return true;
        *from = bytes_of(rest.at + len, rest.len - (size_t)len);
        if (gossip_router_receive(conn->gossip->router, conn->number,
                                  bytes_of(rest.at, (size_t)len),
                                  now_of(conn->gossip)) != LOFT_OK)
            return false;
    }
    return true;
}

static void on_in_got(void *context, struct peer_stream *stream, bytes data)
{
    struct gossip_conn *conn = context;
    bytes from = data;
    if (stream != conn->in)
        return;
    if (conn->input.len > 0) {
        buffer_put_bytes(&conn->input, data);
        from = buffer_bytes(&conn->input);
    }
    bool is_sound = take_rpcs(conn, &from);
    if (!is_sound) {
        conn->input.len = 0;
        peer_stream_reset(stream);
    } else if (conn->input.len > 0) {
        memmove(conn->input.at, from.at, from.len);
        conn->input.len = from.len;
    } else {
        buffer_put_bytes(&conn->input, from);
    }
    if (conn->input.len == 0)
        buffer_free(&conn->input);
    schedule(conn->gossip);
}

static void on_in_finished(void *context, struct peer_stream *stream)
{
    (void)context;
    peer_stream_finish(stream);
}

static void on_in_ended(void *context, struct peer_stream *stream,
                        enum peer_stream_end end)
{
    struct gossip_conn *conn = context;
    (void)end;
    conn->streams--;
    if (stream == conn->in) {
        conn->in = NULL;
        buffer_free(&conn->input);
    }
    free_if_over(conn);
}

static const struct peer_stream_calls in_calls = {
    .got = on_in_got, .finished = on_in_finished, .ended = on_in_ended};

/* A second one takes the first one's place: the peer began anew. What comes
 * before we know how it is to be answered, waits with it. */
static void *accept_in(void *context, struct peer_stream *stream)
{
    struct gossip *gossip = context;
    struct gossip_conn *conn = find_or_make(gossip, peer_stream_peer(stream));
    if (conn->in)
        peer_stream_reset(conn->in);
    conn->in = stream;
    conn->input.len = 0;
    conn->streams++;
    if (conn->number == NOBODY)
        peer_stream_pause(stream, true);
    return conn;
}

static const struct peer_protocol protocols[] = {
    {.name = v12,
     .calls = &in_calls,
     .accept = accept_in,
     .streams_per_peer_max = 4},
    {.name = v11,
     .calls = &in_calls,
     .accept = accept_in,
     .streams_per_peer_max = 4},
};

/* Connections. */

static void on_connected(void *context, const struct peer_id *peer)
{
    struct gossip_conn *conn = find_or_make(context, peer);
    conn->is_connected = true;
    conn->is_refused = false;
    conn->reopens = 0;
    conn->tag = 0;
    if (!conn->out)
        open_out(conn);
}

static void on_disconnected(void *context, const struct peer_id *peer)
{
    struct gossip_conn *conn = find(context, peer);
    if (!conn)
        return;
    leave(conn);
    conn->is_connected = false;
    conn->out = conn->in = NULL; /* their ends may be told later */
    buffer_free(&conn->input);
    free_if_over(conn);
}

static bool speaks_gossip(const struct peer_info *info)
{
    for (size_t i = 0; i < info->protocol_count; i++)
        for (size_t j = 0; j < ARRAY_LEN(names); j++)
            if (strcmp(info->protocols[i], names[j]) == 0)
                return true;
    return false;
}

/* It refused our stream, and has learned to speak since. */
static void on_identified(void *context, const struct peer_id *peer)
{
    struct gossip *gossip = context;
    struct gossip_conn *conn = find(gossip, peer);
    struct peer_info info;
    if (!conn || !conn->is_refused || conn->out ||
        !peer_host_info(gossip->host, peer, &info) || !speaks_gossip(&info))
        return;
    conn->is_refused = false;
    open_out(conn);
}

static const struct peer_watcher watcher = {.connected = on_connected,
                                            .disconnected = on_disconnected,
                                            .identified = on_identified};

/* What a connection is worth to us, told to who keeps them; and a stream that
 * broke, opened anew. */
static void look_after(struct gossip_conn *conn)
{
    struct gossip_peer_info info;
    struct gossip *gossip = conn->gossip;
    int tag = 0;
    if (conn->is_connected && !conn->out && !conn->is_refused &&
        conn->reopens++ < REOPENS_MAX)
        open_out(conn);
    if (conn->number != NOBODY &&
        gossip_router_peer(gossip->router, conn->number, &info))
        tag = (int)info.meshes * TAG_MESH + (info.is_direct ? TAG_MESH : 0);
    if (tag != conn->tag && conn->is_connected)
        peer_host_tag(gossip->host, &conn->id, "gossip", tag);
    conn->tag = tag;
}

static void on_beat(void *context)
{
    struct gossip *gossip = context;
    gossip->transport.ops->timer_start(gossip->beat,
                                       gossip->params.heartbeat_ms);
    gossip->dials = 0;
    gossip_router_beat(gossip->router, now_of(gossip));
    MAP_FOR_EACH (i, &gossip->conns)
        look_after(*(struct gossip_conn **)map_value_at(&gossip->conns, i));
    schedule(gossip);
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
        .now_ms = now_of(gossip),
    };
    transport->ops->random(transport->context, router.seed, sizeof router.seed);
    gossip->router = gossip_router_new(&router);
}

static void greet_present(struct gossip *gossip)
{
    struct peer_id peer;
    for (size_t i = 0; i < peer_host_count(gossip->host); i++)
        if (peer_host_peer_at(gossip->host, i, &peer))
            on_connected(gossip, &peer);
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
    transport->ops->timer_start(gossip->beat, gossip->params.heartbeat_ms);
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
        peer_host_handle(host, &protocols[i], gossip);
    peer_host_watch(host, &watcher, gossip);
    greet_present(gossip);
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
    MAP_FOR_EACH (i, &gossip->conns)
        conn_free(*(struct gossip_conn **)map_value_at(&gossip->conns, i));
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
                                           now_of(gossip));
    if (err != LOFT_OK) {
        use_free(entry);
        return err;
    }
    VEC_PUSH(&gossip->uses, entry);
    return LOFT_OK;
}

loft_err gossip_unsubscribe(struct gossip *gossip, bytes topic)
{
    TRY(gossip_router_unsubscribe(gossip->router, topic, now_of(gossip)));
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
                                 now_of(gossip));
}

void gossip_judge(struct gossip *gossip, uint64_t ticket,
                  enum gossip_verdict verdict)
{
    gossip_router_judge(gossip->router, ticket, verdict, now_of(gossip));
    schedule(gossip);
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
    const struct gossip_conn *conn = find(gossip, peer);
    if (conn && conn->number != NOBODY)
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
    const struct gossip_conn *conn = find(gossip, peer);
    return conn && conn->number != NOBODY &&
           gossip_router_peer(gossip->router, conn->number, out);
}
