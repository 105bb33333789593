#include "p2p/relay_transport.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "codec/uvarint.h"
#include "p2p/multiaddr.h"
#include "p2p/relay_address.h"
#include "p2p/relay_transport_parts.h"

static struct transport_conn *wrap(struct relay_transport *relay,
                                   struct transport_conn *below)
{
    struct transport_conn *conn = MEMORY_NEW(struct transport_conn);
    conn->relay = relay;
    conn->below = below;
    return conn;
}

struct transport_listener *
relay_transport_listener(const struct relay_transport *relay,
                         const struct peer_id *via)
{
    struct transport_listener *at = relay->listeners;
    while (at && !peer_id_equal(relay_reservation_relay(at->reservation), via))
        at = at->next;
    return at;
}

static loft_err op_dial(void *context, struct transport_conn **out, bytes addr,
                        const struct transport_user *user, void *user_context)
{
    struct relay_transport *relay = context;
    struct transport_conn *below;
    if (multiaddr_is_relayed(addr))
        return relay_circuit_dial(relay, out, addr, user, user_context);
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
    struct relay_address at;
    TRY(relay_address_read(&at, addr));
    if (at.has_target)
        return err_say(LOFT_ERR_USAGE,
                       "an address to listen at that names a peer behind the "
                       "relay");
    if (relay_transport_listener(relay, &at.via))
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

static void op_close(struct transport_conn *conn, bool now)
{
    if (conn->stage != BELOW) {
        relay_circuit_close(conn, now);
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
    relay_circuits_open(relay);
}
