/* Connections that gossip: a stream to each peer and one from it. */
#include "base/assert.h"
#include "base/memory.h"
#include "p2p/gossip_parts.h"
#include "p2p/multiaddr.h"

#define REOPENS_MAX 3                /* of our stream, on one connection */
#define OUT_BYTES ((size_t)32 << 10) /* that no longer can be withdrawn */
#define TAG_MESH 10 /* what a connection is worth in each mesh */

static const char v12[] = "/meshsub/1.2.0";
static const char v11[] = "/meshsub/1.1.0";
static const char *const names[] = {v12, v11};

struct gossip_conn *gossip_conn_find(const struct gossip *gossip,
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
        (*at)->number = GOSSIP_NO_NUMBER;
        ring_init(&(*at)->in_waiting);
    }
    return *at;
}

void gossip_conn_free(struct gossip_conn *conn)
{
    ring_remove(&conn->in_waiting);
    gossip_queue_fini(&conn->queue);
    buffer_free(&conn->input);
    free(conn);
}

static void free_if_over(struct gossip_conn *conn)
{
    if (conn->is_connected || conn->streams > 0)
        return;
    map_remove(&conn->gossip->conns, &conn->id);
    gossip_conn_free(conn);
}

/* Leaving. */

static void leave(struct gossip_conn *conn)
{
    struct gossip *gossip = conn->gossip;
    if (conn->number == GOSSIP_NO_NUMBER)
        return;
    gossip->numbered[conn->number] = NULL;
    gossip_router_disconnect(gossip->router, conn->number, gossip_now(gossip));
    conn->number = GOSSIP_NO_NUMBER;
    conn->part = 0;
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

void gossip_conn_send(void *context, unsigned peer, enum gossip_class class,
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

void gossip_conn_unsend(void *context, unsigned peer,
                        const struct gossip_frame *frame)
{
    struct gossip *gossip = context;
    struct gossip_conn *conn = gossip->numbered[peer];
    gossip->withdrawn += conn && gossip_queue_withdraw(&conn->queue, frame);
}

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

static void on_out_opened(void *context, struct peer_stream *stream)
{
    struct gossip_conn *conn = context;
    struct gossip *gossip = conn->gossip;
    struct peer_info info;
    unsigned number;
    if (stream != conn->out || conn->number != GOSSIP_NO_NUMBER ||
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
    if (number == GOSSIP_NO_NUMBER) {
        peer_stream_reset(stream);
        return;
    }
    conn->number = number;
    gossip->numbered[number] = conn;
    loft_err err = gossip_router_connect(gossip->router, &number, &config,
                                         gossip_now(gossip));
    ASSERT(err == LOFT_OK && number == conn->number);
    if (!conn->in)
        return;
    gossip_intake_pause(conn);
    gossip_intake_got(conn, BYTES_EMPTY); /* what came before */
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
    if (!conn->out)
        return;
    peer_stream_bound(conn->out, OUT_BYTES);
    conn->streams++;
}

/* The peer's stream to us. */

static void on_in_got(void *context, struct peer_stream *stream, bytes data)
{
    struct gossip_conn *conn = context;
    if (stream == conn->in)
        gossip_intake_got(conn, data);
}

static void on_in_finished(void *context, struct peer_stream *stream)
{
    struct gossip_conn *conn = context;
    if (stream == conn->in)
        gossip_intake_finish(conn);
    else
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
        gossip_intake_drop(conn);
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
    gossip_intake_drop(conn);
    conn->streams++;
    gossip_intake_pause(conn);
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
    struct gossip_conn *conn = gossip_conn_find(context, peer);
    if (!conn)
        return;
    leave(conn);
    conn->is_connected = false;
    conn->out = conn->in = NULL; /* their ends may be told later */
    gossip_intake_drop(conn);
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
    struct gossip_conn *conn = gossip_conn_find(gossip, peer);
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
void gossip_conn_look_after(struct gossip_conn *conn)
{
    struct gossip_peer_info info;
    struct gossip *gossip = conn->gossip;
    int tag = 0;
    if (conn->is_connected && !conn->out && !conn->is_refused &&
        conn->reopens++ < REOPENS_MAX)
        open_out(conn);
    if (conn->number != GOSSIP_NO_NUMBER &&
        gossip_router_peer(gossip->router, conn->number, &info))
        tag = (int)info.meshes * TAG_MESH + (info.is_direct ? TAG_MESH : 0);
    else
        info.is_unheard = false;
    if (info.is_unheard != conn->is_unheard) {
        conn->is_unheard = info.is_unheard;
        gossip_intake_pause(conn);
    }
    if (tag != conn->tag && conn->is_connected)
        peer_host_tag(gossip->host, &conn->id, "gossip", tag);
    conn->tag = tag;
}

static void greet_present(struct gossip *gossip)
{
    struct peer_id peer;
    for (size_t i = 0; i < peer_host_count(gossip->host); i++)
        if (peer_host_peer_at(gossip->host, i, &peer))
            on_connected(gossip, &peer);
}

void gossip_conns_open(struct gossip *gossip)
{
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
        peer_host_handle(gossip->host, &protocols[i], gossip);
    peer_host_watch(gossip->host, &watcher, gossip);
    greet_present(gossip);
}
