#include "p2p/relay_transport.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "codec/uvarint.h"
#include "p2p/multiaddr.h"
#include "p2p/relay_message.h"
#include "p2p/relay_reservation.h"
#include "p2p/stream_outbox.h"

enum stage {
    BELOW, /* a connection of the transport below */
    AWAITS_RELAY,
    ASKS,     /* CONNECT of Hop is said */
    IS_ASKED, /* CONNECT of Stop is to come */
    CARRIES,
    IS_OVER, /* its user was told */
};

struct transport_conn {
    struct relay_transport *relay;
    enum stage stage;
    struct transport_conn *below;
    /* Of those through a relay. */
    struct transport_conn *next, *prev;
    struct peer_id via, target;
    struct buffer addr; /* of the relay */
    struct transport_timer *timer;
    struct peer_stream *stream;
    struct relay_reader reader;
    struct stream_outbox outbox;
    const struct transport_user *user; /* NULL: none yet, or no more */
    void *context;
    bool is_owned;  /* close() is still to come */
    bool has_begun; /* the relay is being connected */
    bool is_paused;
};

struct transport_listener {
    struct relay_transport *relay;
    struct transport_listener *next; /* of those at relays */
    struct transport_listener *below;
    struct relay_reservation *reservation;
    void (*accepted)(void *context, struct transport_conn *conn,
                     bytes remote_addr);
    void *context;
};

struct relay_transport {
    struct transport below;
    struct transport_ops ops;
    struct peer_host *host;
    uint64_t unix_ms_at_zero;
    struct transport_conn *conns;
    struct transport_listener *listeners;
    struct peer_protocol stop;
};

static const char *const hop_names[] = {RELAY_HOP_PROTOCOL};

/* ".../p2p/RELAY/p2p-circuit" and, where a peer is meant, "/p2p/PEER". */
struct circuit_addr {
    bytes addr; /* what is before "/p2p/RELAY" */
    struct peer_id via, target;
    bool has_target;
};

static loft_err read_target(struct circuit_addr *out, bytes rest)
{
    struct multiaddr_part part;
    if (rest.len == 0)
        return LOFT_OK;
    TRY(multiaddr_next(&part, &rest));
    if (part.code != MULTIADDR_P2P || rest.len > 0)
        return err_say(LOFT_ERR_USAGE, "an address that goes on after the "
                                       "peer behind a relay");
    out->has_target = true;
    return peer_id_read(&out->target, part.value);
}

static loft_err read_circuit(struct circuit_addr *out, bytes addr)
{
    struct multiaddr_part part = {0}, before = {0};
    bytes rest = addr;
    *out = (struct circuit_addr){0};
    while (rest.len > 0) {
        size_t at = addr.len - rest.len;
        before = part;
        TRY(multiaddr_next(&part, &rest));
        if (part.code == MULTIADDR_P2P_CIRCUIT)
            break;
        if (part.code == MULTIADDR_P2P)
            out->addr = bytes_of(addr.at, at);
    }
    if (part.code != MULTIADDR_P2P_CIRCUIT || before.code != MULTIADDR_P2P)
        return err_say(LOFT_ERR_USAGE, "an address through a relay that is not "
                                       "named by \"/p2p/\" before "
                                       "\"/p2p-circuit\"");
    TRY(peer_id_read(&out->via, before.value));
    return read_target(out, rest);
}

/* Connections of either kind. */

static struct transport_conn *wrap(struct relay_transport *relay,
                                   struct transport_conn *below)
{
    struct transport_conn *conn = MEMORY_NEW(struct transport_conn);
    conn->relay = relay;
    conn->below = below;
    return conn;
}

static struct transport_conn *new_circuit(struct relay_transport *relay,
                                          enum stage stage)
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

static struct transport_listener *find_listener(struct relay_transport *relay,
                                                const struct peer_id *via)
{
    struct transport_listener *at = relay->listeners;
    while (at && !peer_id_equal(relay_reservation_relay(at->reservation), via))
        at = at->next;
    return at;
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
    struct transport_listener *listener = find_listener(conn->relay,
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
    if (!find_listener(relay, via))
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

static loft_err dial_circuit(struct relay_transport *relay,
                             struct transport_conn **out, bytes addr,
                             const struct transport_user *user, void *context)
{
    struct circuit_addr to;
    TRY(read_circuit(&to, addr));
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

/* The transport's functions. */

static loft_err op_dial(void *context, struct transport_conn **out, bytes addr,
                        const struct transport_user *user, void *user_context)
{
    struct relay_transport *relay = context;
    struct transport_conn *below;
    if (multiaddr_is_relayed(addr))
        return dial_circuit(relay, out, addr, user, user_context);
    TRY(relay->below.ops->dial(relay->below.context, &below, addr, user,
                               user_context));
    *out = wrap(relay, below);
    return LOFT_OK;
}

static void accepted_below(void *context, struct transport_conn *conn,
                           bytes remote_addr)
{
    struct transport_listener *listener = context;
    listener->accepted(listener->context, wrap(listener->relay, conn),
                       remote_addr);
}

/* It is listened at before the relay has agreed: peers that are told of it may
 * have to wait. */
static loft_err listen_at_relay(struct transport_listener *listener, bytes addr,
                                struct buffer *bound)
{
    struct relay_transport *relay = listener->relay;
    struct circuit_addr at;
    TRY(read_circuit(&at, addr));
    if (at.has_target)
        return err_say(LOFT_ERR_USAGE,
                       "an address to listen at that names a peer behind the "
                       "relay");
    if (find_listener(relay, &at.via))
        return err_say(LOFT_ERR_BUSY, "we listen at this relay already");
    listener->reservation = relay_reservation_open(
        &(struct relay_reservation_config){
            .host = relay->host,
            .relay = at.via,
            .addr = at.addr,
            .unix_ms_at_zero = relay->unix_ms_at_zero,
        });
    listener->next = relay->listeners;
    relay->listeners = listener;
    uvarint_put(bound, addr.len);
    buffer_put_bytes(bound, addr);
    return LOFT_OK;
}

static loft_err op_listen(void *context, struct transport_listener **out,
                          bytes addr, struct buffer *bound,
                          void (*accepted)(void *context,
                                           struct transport_conn *conn,
                                           bytes remote_addr),
                          void *accepted_context)
{
    struct relay_transport *relay = context;
    struct transport_listener *listener = MEMORY_NEW(struct transport_listener);
    *listener = (struct transport_listener){
        .relay = relay, .accepted = accepted, .context = accepted_context};
    loft_err err = multiaddr_is_relayed(addr)
                       ? listen_at_relay(listener, addr, bound)
                       : relay->below.ops->listen(relay->below.context,
                                                  &listener->below, addr, bound,
                                                  accepted_below, listener);
    if (err == LOFT_OK)
        *out = listener;
    else
        free(listener);
    return err;
}

static void op_unlisten(struct transport_listener *listener)
{
    struct relay_transport *relay = listener->relay;
    struct transport_listener **at = &relay->listeners;
    if (listener->below) {
        relay->below.ops->unlisten(listener->below);
    } else {
        while (*at != listener)
            at = &(*at)->next;
        *at = listener->next;
        relay_reservation_close(listener->reservation);
    }
    free(listener);
}

static void op_use(struct transport_conn *conn,
                   const struct transport_user *user, void *user_context)
{
    if (conn->stage == BELOW)
        conn->relay->below.ops->use(conn->below, user, user_context);
    conn->user = user;
    conn->context = user_context;
}

static void op_send(struct transport_conn *conn, bytes data)
{
    if (conn->stage == BELOW)
        conn->relay->below.ops->send(conn->below, data);
    else if (conn->stage == CARRIES && conn->stream)
        stream_outbox_send(&conn->outbox, conn->stream, data);
}

/* Of those through a relay what their stream, which has its own bound, does
 * not take: it is what `drained` follows. */
static size_t op_queued(const struct transport_conn *conn)
{
    if (conn->stage == BELOW)
        return conn->relay->below.ops->queued(conn->below);
    return conn->outbox.waiting.len;
}

static void op_pause(struct transport_conn *conn, bool paused)
{
    if (conn->stage == BELOW)
        conn->relay->below.ops->pause(conn->below, paused);
    else if (conn->stage == CARRIES && conn->stream)
        peer_stream_pause(conn->stream, paused);
    conn->is_paused = paused;
}

static void close_circuit(struct transport_conn *conn, bool now)
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

static void op_close(struct transport_conn *conn, bool now)
{
    if (conn->stage != BELOW) {
        close_circuit(conn, now);
        return;
    }
    conn->relay->below.ops->close(conn->below, now);
    free(conn);
}

static uint64_t op_now_ms(void *context)
{
    struct relay_transport *relay = context;
    return relay->below.ops->now_ms(relay->below.context);
}

static uint64_t op_now_us(void *context)
{
    struct relay_transport *relay = context;
    return relay->below.ops->now_us(relay->below.context);
}

static struct transport_timer *
op_timer(void *context, void (*call)(void *context), void *call_context)
{
    struct relay_transport *relay = context;
    return relay->below.ops->timer(relay->below.context, call, call_context);
}

static void op_random(void *context, uint8_t *out, size_t len)
{
    struct relay_transport *relay = context;
    relay->below.ops->random(relay->below.context, out, len);
}

struct relay_transport *relay_transport_new(const struct transport *below)
{
    struct relay_transport *relay = MEMORY_NEW(struct relay_transport);
    relay->below = *below;
    relay->ops = (struct transport_ops){
        .dial = op_dial,
        .listen = op_listen,
        .unlisten = op_unlisten,
        .use = op_use,
        .send = op_send,
        .queued = op_queued,
        .pause = op_pause,
        .close = op_close,
        .now_ms = op_now_ms,
        .now_us = below->ops->now_us ? op_now_us : NULL,
        .timer = op_timer,
        .timer_start = below->ops->timer_start,
        .timer_close = below->ops->timer_close,
        .random = op_random,
    };
    return relay;
}

void relay_transport_free(struct relay_transport *relay)
{
    if (!relay)
        return;
    ASSERT(!relay->conns && !relay->listeners);
    free(relay);
}

struct transport relay_transport_of(struct relay_transport *relay)
{
    return (struct transport){&relay->ops, relay};
}

void relay_transport_bind(struct relay_transport *relay, struct peer_host *host,
                          uint64_t unix_ms)
{
    relay->host = host;
    relay->unix_ms_at_zero = unix_ms - op_now_ms(relay);
    relay->stop = (struct peer_protocol){
        .name = RELAY_STOP_PROTOCOL,
        .calls = &circuit_calls,
        .accept = accept_stop,
    };
    peer_host_handle(host, &relay->stop, relay);
    peer_host_watch(host, &watcher, relay);
}
