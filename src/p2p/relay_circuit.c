/* Connections through a relay: dialed, or brought by one, each on a stream to
 * it. */
#include <stdlib.h>

#include "base/memory.h"
#include "p2p/multiaddr.h"
#include "p2p/relay_address.h"
#include "p2p/relay_transport_parts.h"

static const char *const hop_names[] = {RELAY_HOP_PROTOCOL};

static struct transport_conn *new_circuit(struct relay_transport *relay,
                                          enum relay_stage stage)
{
    struct transport_conn *conn = MEMORY_NEW(struct transport_conn);
    conn->relay = relay;
    conn->stage = stage;
    conn->next = relay->conns;
    if (conn->next)
        conn->next->prev = conn;
    return relay->conns = conn;
}

static void stop_timer(struct transport_conn *conn)
{
    conn->relay->ops.timer_close(conn->timer);
    conn->timer = NULL;
}

static void free_circuit(struct transport_conn *conn)
{
    if (conn->next)
        conn->next->prev = conn->prev;
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        conn->relay->conns = conn->next;
    stop_timer(conn);
    relay_reader_fini(&conn->reader);
    stream_outbox_fini(&conn->outbox);
    buffer_free(&conn->addr);
    free(conn);
}

/* Its user closes it then; nothing more is told. */
static void be_over(struct transport_conn *conn, const char *why)
{
    const struct transport_user *user = conn->user;
    if (conn->stage == IS_OVER)
        return;
    conn->stage = IS_OVER;
    stop_timer(conn);
    if (conn->stream)
        peer_stream_reset(conn->stream);
    if (user)
        user->ended(conn->context, why);
}

/* What relays say on a stream of ours, or of theirs. */

static void begin_dialed(struct transport_conn *conn)
{
    conn->stage = CARRIES;
    stop_timer(conn);
    peer_stream_deadline(conn->stream, 0);
    peer_stream_pause(conn->stream, conn->is_paused);
    if (conn->user)
        conn->user->connected(conn->context);
}

static void read_hop(struct transport_conn *conn, bytes from)
{
    struct arena arena;
    struct relay_message message;
    arena_init(&arena);
    if (relay_hop_read(&arena, &message, from) != LOFT_OK)
        be_over(conn, err_sentence());
    else if (message.type != RELAY_STATUS)
        be_over(conn, "the relay's answer is none");
    else if (message.status != RELAY_OK)
        be_over(conn, relay_status_text(message.status));
    else
        begin_dialed(conn);
    arena_fini(&arena);
}

static void say_stop(struct transport_conn *conn, enum relay_status status)
{
    struct buffer out = {0};
    relay_stop_put(
        &out, &(struct relay_message){.type = RELAY_STATUS, .status = status});
    stream_outbox_send(&conn->outbox, conn->stream, buffer_bytes(&out));
    buffer_free(&out);
}

static void begin_accepted(struct transport_conn *conn,
                           struct transport_listener *listener)
{
    struct peer_info info;
    struct buffer remote = {0};
    if (peer_host_info(conn->relay->host, &conn->via, &info))
        buffer_put_bytes(&remote, info.remote_addr);
    multiaddr_put_peer(&remote, &conn->via);
    multiaddr_put_circuit(&remote);
    multiaddr_put_peer(&remote, &conn->target);
    conn->stage = CARRIES;
    conn->is_owned = true;
    peer_stream_deadline(conn->stream, 0);
    say_stop(conn, RELAY_OK);
    listener->accepted(listener->context, conn, buffer_bytes(&remote));
    buffer_free(&remote);
}

static void read_stop(struct transport_conn *conn, bytes from)
{
    struct relay_message message;
    struct transport_listener *listener = relay_transport_listener(conn->relay,
                                                                   &conn->via);
    bool is_good = relay_stop_read(&message, from) == LOFT_OK;
    if (is_good && message.type == RELAY_CONNECT && message.has_peer &&
        listener) {
        conn->target = message.peer;
        begin_accepted(conn, listener);
        return;
    }
    say_stop(conn, !is_good                        ? RELAY_MALFORMED_MESSAGE
                   : message.type != RELAY_CONNECT ? RELAY_UNEXPECTED_MESSAGE
                                                   : RELAY_CONNECTION_FAILED);
    conn->stage = IS_OVER;
    peer_stream_finish(conn->stream);
}

static void take_message(struct transport_conn *conn, bytes data,
                         void (*read)(struct transport_conn *conn, bytes from))
{
    bytes message;
    if (relay_reader_take(&conn->reader, &message, &data) != LOFT_OK) {
        be_over(conn, err_sentence());
        return;
    }
    if (message.len == 0)
        return;
    read(conn, message);
    if (data.len > 0 && conn->stage == CARRIES && conn->user)
        conn->user->got(conn->context, data);
}

static void circuit_got(void *context, struct peer_stream *stream, bytes data)
{
    struct transport_conn *conn = context;
    (void)stream;
    if (conn->stage == ASKS)
        take_message(conn, data, read_hop);
    else if (conn->stage == IS_ASKED)
        take_message(conn, data, read_stop);
    else if (conn->stage == CARRIES && conn->user)
        conn->user->got(conn->context, data);
}

static void circuit_finished(void *context, struct peer_stream *stream)
{
    (void)stream;
    be_over(context, "closed by the other side");
}

static void circuit_drained(void *context, struct peer_stream *stream)
{
    struct transport_conn *conn = context;
    if (!stream_outbox_go_on(&conn->outbox, stream))
        return;
    if (conn->user)
        conn->user->drained(conn->context);
    else if (!conn->is_owned)
        peer_stream_finish(stream);
}

static void circuit_ended(void *context, struct peer_stream *stream,
                          enum peer_stream_end end)
{
    struct transport_conn *conn = context;
    (void)stream;
    conn->stream = NULL;
    if (conn->is_owned)
        be_over(conn, peer_stream_end_name(end));
    else
        free_circuit(conn);
}

static const struct peer_stream_calls circuit_calls = {
    .got = circuit_got,
    .finished = circuit_finished,
    .drained = circuit_drained,
    .ended = circuit_ended,
};

static void *accept_stop(void *context, struct peer_stream *stream)
{
    struct relay_transport *relay = context;
    const struct peer_id *via = peer_stream_peer(stream);
    if (!relay_transport_listener(relay, via))
        return NULL;
    struct transport_conn *conn = new_circuit(relay, IS_ASKED);
    conn->via = *via;
    conn->stream = stream;
    peer_stream_deadline(stream, RELAY_DIAL_MS);
    return conn;
}

/* Dialing. */

static void ask_relay(struct transport_conn *conn)
{
    struct buffer out = {0};
    conn->stream = peer_host_open_stream(conn->relay->host, &conn->via,
                                         hop_names, 1, &circuit_calls, conn);
    if (!conn->stream) {
        be_over(conn, "no stream to the relay");
        return;
    }
    conn->stage = ASKS;
    peer_stream_deadline(conn->stream, RELAY_DIAL_MS);
    relay_hop_put(&out, &(struct relay_message){.type = RELAY_CONNECT,
                                                .has_peer = true,
                                                .peer = conn->target});
    stream_outbox_send(&conn->outbox, conn->stream, buffer_bytes(&out));
    buffer_free(&out);
}

/* First at once, but after dial() has returned; then when the relay is not
 * connected in time. */
static void on_timer(void *context)
{
    struct transport_conn *conn = context;
    struct peer_host *host = conn->relay->host;
    bytes addr = buffer_bytes(&conn->addr);
    if (conn->has_begun) {
        be_over(conn, "the relay was not reached in time");
        return;
    }
    conn->has_begun = true;
    conn->relay->ops.timer_start(conn->timer, RELAY_DIAL_MS);
    if (peer_host_is_connected(host, &conn->via))
        ask_relay(conn);
    else if (peer_host_connect(host, &conn->via, &addr, addr.len > 0) !=
             LOFT_OK)
        be_over(conn, err_sentence());
}

loft_err relay_circuit_dial(struct relay_transport *relay,
                            struct transport_conn **out, bytes addr,
                            const struct transport_user *user, void *context)
{
    struct relay_address to;
    TRY(relay_address_read(&to, addr));
    if (!to.has_target)
        return err_say(LOFT_ERR_USAGE,
                       "an address through a relay without the peer behind it");
    struct transport_conn *conn = new_circuit(relay, AWAITS_RELAY);
    conn->via = to.via;
    conn->target = to.target;
    buffer_put_bytes(&conn->addr, to.addr);
    conn->user = user;
    conn->context = context;
    conn->is_owned = true;
    conn->timer = relay->below.ops->timer(relay->below.context, on_timer, conn);
    relay->ops.timer_start(conn->timer, 0);
    *out = conn;
    return LOFT_OK;
}

static struct transport_conn *find_awaiting(struct relay_transport *relay,
                                            const struct peer_id *via)
{
    struct transport_conn *at = relay->conns;
    while (at && !(at->stage == AWAITS_RELAY && at->has_begun &&
                   peer_id_equal(&at->via, via)))
        at = at->next;
    return at;
}

static void on_connected(void *context, const struct peer_id *peer)
{
    struct transport_conn *conn;
    while ((conn = find_awaiting(context, peer)))
        ask_relay(conn);
}

static void on_failed(void *context, const struct peer_id *peer,
                      const char *why)
{
    struct transport_conn *conn;
    while (peer && (conn = find_awaiting(context, peer)))
        be_over(conn, why);
}

static const struct peer_watcher watcher = {.connected = on_connected,
                                            .failed = on_failed};

void relay_circuit_close(struct transport_conn *conn, bool now)
{
    bool lingers = !now && conn->stage == CARRIES;
    conn->stage = IS_OVER;
    conn->is_owned = false;
    conn->user = NULL;
    stop_timer(conn);
    if (!conn->stream) {
        free_circuit(conn);
        return;
    }
    if (!lingers) {
        peer_stream_reset(conn->stream);
        return;
    }
    peer_stream_pause(conn->stream, false);
    peer_stream_deadline(conn->stream, RELAY_LINGER_MS);
    if (conn->outbox.waiting.len == 0)
        peer_stream_finish(conn->stream);
}

void relay_circuits_open(struct relay_transport *relay)
{
    relay->stop = (struct peer_protocol){
        .name = RELAY_STOP_PROTOCOL,
        .calls = &circuit_calls,
        .accept = accept_stop,
    };
    peer_host_handle(relay->host, &relay->stop, relay);
    peer_host_watch(relay->host, &watcher, relay);
}
