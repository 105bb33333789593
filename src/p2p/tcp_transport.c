#include "p2p/tcp_transport.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "codec/uvarint.h"
#include "crypto/secret.h"
#include "io/connector.h"
#include "io/listener.h"
#include "io/stream.h"
#include "p2p/tcp_address.h"

#define INTERFACES_MAX 32
#define SAID_AGAIN_MS 60000

struct transport_conn {
    struct tcp_transport *tcp;
    struct transport_conn *next, *prev;
    const struct transport_user *user; /* NULL: closed, what is queued leaves */
    void *context;
    /* Of these one at a time, in this order. */
    struct lookup *lookup;
    struct connector *connector;
    struct stream *stream;
    struct loop_timer *linger;
    uint64_t dialed_ms;
    bool paused;
};

struct transport_listener {
    struct tcp_transport *tcp;
    int fd;
    struct loop_watch *watch;
    struct loop_timer *pause; /* until descriptors may be had again */
    uint64_t said_ms;
    void (*accepted)(void *context, struct transport_conn *conn,
                     bytes remote_addr);
    void *context;
};

struct tcp_transport {
    struct loop *loop;
    struct transport_conn *conns;
    unsigned listeners;
};

static uint64_t now_ms(void *context)
{
    (void)context;
    return clock_monotonic_ns() / 1000000u;
}

static uint64_t now_us(void *context)
{
    (void)context;
    return clock_monotonic_ns() / 1000u;
}

static struct transport_conn *conn_new(struct tcp_transport *tcp)
{
    struct transport_conn *conn = MEMORY_NEW(struct transport_conn);
    conn->tcp = tcp;
    conn->next = tcp->conns;
    if (conn->next)
        conn->next->prev = conn;
    tcp->conns = conn;
    return conn;
}

static void conn_free(struct transport_conn *conn)
{
    if (conn->next)
        conn->next->prev = conn->prev;
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        conn->tcp->conns = conn->next;
    lookup_close(conn->lookup);
    connector_close(conn->connector);
    stream_close(conn->stream);
    loop_timer_close(conn->linger);
    free(conn);
}

static void on_got(void *context, bytes data)
{
    struct transport_conn *conn = context;
    if (conn->user)
        conn->user->got(conn->context, data);
}

static void on_drained(void *context)
{
    struct transport_conn *conn = context;
    if (conn->user)
        conn->user->drained(conn->context);
}

static void on_ended(void *context)
{
    struct transport_conn *conn = context;
    if (conn->user)
        conn->user->ended(conn->context, stream_end_reason(conn->stream));
    else
        conn_free(conn);
}

/* The descriptor is the stream's, also where it fails. */
static loft_err open_stream(struct transport_conn *conn, int fd)
{
    return stream_open(&conn->stream, &(struct stream_options){
                                          .loop = conn->tcp->loop,
                                          .fd = fd,
                                          .queue_bytes_max = SIZE_MAX,
                                          .got = on_got,
                                          .ended = on_ended,
                                          .drained = on_drained,
                                          .drained_bytes = TCP_QUEUE_BYTES / 2,
                                          .context = conn,
                                          .unsent_bytes_max = TCP_UNSENT_BYTES,
                                      });
}

static void on_connected(void *context, int fd, const struct endpoint *at,
                         const char *why)
{
    struct transport_conn *conn = context;
    (void)at;
    if (fd < 0) {
        conn->user->ended(conn->context, why);
        return;
    }
    connector_close(conn->connector);
    conn->connector = NULL;
    if (open_stream(conn, fd) != LOFT_OK) {
        conn->user->ended(conn->context, err_sentence());
        return;
    }
    stream_pause(conn->stream, conn->paused);
    conn->user->connected(conn->context);
}

static void connect_to(struct transport_conn *conn, const struct endpoint *to,
                       size_t count)
{
    uint64_t spent = now_ms(NULL) - conn->dialed_ms;
    conn->connector = connector_open(
        conn->tcp->loop, to, count,
        spent < TCP_CONNECT_MS ? TCP_CONNECT_MS - spent : 1, on_connected,
        conn);
}

static void on_found(void *context, const struct endpoint *at, size_t count,
                     const char *why)
{
    struct transport_conn *conn = context;
    loop_timer_stop(conn->linger);
    if (count == 0) {
        conn->user->ended(conn->context, why);
        return;
    }
    connect_to(conn, at, count);
    lookup_close(conn->lookup);
    conn->lookup = NULL;
}

static void on_unfound(void *context)
{
    struct transport_conn *conn = context;
    lookup_close(conn->lookup);
    conn->lookup = NULL;
    conn->user->ended(conn->context, "looking up the name took too long");
}

static loft_err look_up(struct transport_conn *conn,
                        const struct tcp_address *name)
{
    conn->linger = loop_timer_open(conn->tcp->loop, on_unfound, conn);
    loop_timer_start(conn->linger, TCP_CONNECT_MS);
    return lookup_open(&conn->lookup, conn->tcp->loop, name->name, name->kind,
                       name->endpoint.port, on_found, conn);
}

static loft_err dial(void *context, struct transport_conn **out, bytes addr,
                     const struct transport_user *user, void *user_context)
{
    struct tcp_address where;
    TRY(tcp_address_read(&where, addr));
    if (where.endpoint.port == 0)
        return err_say(LOFT_ERR_USAGE, "nobody is at port 0");
    struct transport_conn *conn = conn_new(context);
    conn->user = user;
    conn->context = user_context;
    conn->dialed_ms = now_ms(NULL);
    if (where.is_name) {
        loft_err code = look_up(conn, &where);
        if (code != LOFT_OK) {
            conn_free(conn);
            return code;
        }
    } else {
        connect_to(conn, &where.endpoint, 1);
    }
    *out = conn;
    return LOFT_OK;
}

static void use(struct transport_conn *conn, const struct transport_user *user,
                void *context)
{
    conn->user = user;
    conn->context = context;
}

static void send_bytes(struct transport_conn *conn, bytes data)
{
    /* A fault is told by `ended`. */
    if (conn->stream)
        (void)!stream_send(conn->stream, data, BYTES_EMPTY);
}

static size_t queued(const struct transport_conn *conn)
{
    return conn->stream ? stream_queued(conn->stream) : 0;
}

static void pause_conn(struct transport_conn *conn, bool paused)
{
    conn->paused = paused;
    if (conn->stream)
        stream_pause(conn->stream, paused);
}

static void linger_over(void *context)
{
    conn_free(context);
}

/* Closing a socket while bytes lie there unread resets it, and what was sent
 * last might be lost: so the other side's end is waited for. */
static void close_conn(struct transport_conn *conn, bool now)
{
    if (now || !conn->stream) {
        conn_free(conn);
        return;
    }
    conn->user = NULL;
    stream_pause(conn->stream, false);
    stream_shut(conn->stream);
    loop_timer_close(conn->linger);
    conn->linger = loop_timer_open(conn->tcp->loop, linger_over, conn);
    loop_timer_start(conn->linger, TCP_LINGER_MS);
}

static void take_one(struct transport_listener *listener, int fd,
                     const struct endpoint *from)
{
    struct transport_conn *conn = conn_new(listener->tcp);
    struct buffer addr = {0};
    if (open_stream(conn, fd) != LOFT_OK) {
        conn_free(conn);
        return;
    }
    tcp_address_put(&addr, from);
    listener->accepted(listener->context, conn, buffer_bytes(&addr));
    buffer_free(&addr);
}

/* Watched on, the listener would be ready at once, again and again. */
static void rest(struct transport_listener *listener)
{
    uint64_t now = now_ms(NULL);
    if (!listener->said_ms || now - listener->said_ms >= SAID_AGAIN_MS) {
        log_warn("exhausted", "no descriptor is left: connections wait");
        listener->said_ms = now;
    }
    loop_watch_for(listener->watch, false, false);
    loop_timer_start(listener->pause, TCP_EXHAUSTED_PAUSE_MS);
}

static void on_resume(void *context)
{
    struct transport_listener *listener = context;
    loop_watch_for(listener->watch, true, false);
}

static void on_waiting(void *context)
{
    struct transport_listener *listener = context;
    for (int i = 0; i < TCP_ACCEPTS_A_TURN; i++) {
        int fd = -1;
        struct endpoint from;
        switch (listener_accept_from(listener->fd, &fd, &from)) {
        case LISTENER_ACCEPTED:
            take_one(listener, fd, &from);
            continue;
        case LISTENER_EMPTY:
            return;
        case LISTENER_EXHAUSTED:
            rest(listener);
            return;
        }
    }
}

static void put_bound_one(struct buffer *bound, const struct endpoint *at)
{
    struct buffer addr = {0};
    tcp_address_put(&addr, at);
    uvarint_put(bound, addr.len);
    buffer_put_bytes(bound, buffer_bytes(&addr));
    buffer_free(&addr);
}

static void put_bound(struct buffer *bound, const struct endpoint *at)
{
    struct endpoint each[INTERFACES_MAX];
    size_t count = 0;
    if (endpoint_is_any(at))
        count = endpoint_interfaces(each, INTERFACES_MAX, at->is_ip6);
    for (size_t i = 0; i < count; i++) {
        each[i].port = at->port;
        put_bound_one(bound, &each[i]);
    }
    if (count == 0)
        put_bound_one(bound, at);
}

static void unlisten(struct transport_listener *listener)
{
    loop_watch_close(listener->watch);
    loop_timer_close(listener->pause);
    close(listener->fd);
    listener->tcp->listeners--;
    free(listener);
}

static loft_err listen_at(void *context, struct transport_listener **out,
                          bytes addr, struct buffer *bound,
                          void (*accepted)(void *context,
                                           struct transport_conn *conn,
                                           bytes remote_addr),
                          void *accepted_context)
{
    struct tcp_transport *tcp = context;
    struct tcp_address where;
    struct endpoint at;
    int fd;
    TRY(tcp_address_read(&where, addr));
    if (where.is_name)
        return err_say(LOFT_ERR_USAGE, "%s: names cannot be listened at",
                       where.name);
    TRY(listener_open_at(&fd, &at, &where.endpoint));
    struct transport_listener *listener = MEMORY_NEW(struct transport_listener);
    *listener = (struct transport_listener){.tcp = tcp,
                                            .fd = fd,
                                            .accepted = accepted,
                                            .context = accepted_context};
    listener->pause = loop_timer_open(tcp->loop, on_resume, listener);
    tcp->listeners++;
    loft_err code = loop_watch_open(&listener->watch, tcp->loop, fd, on_waiting,
                                    listener);
    if (code != LOFT_OK) {
        unlisten(listener);
        return code;
    }
    put_bound(bound, &at);
    *out = listener;
    return LOFT_OK;
}

/* A delay of 0 ends when the descriptors that are ready now have been served:
 * the loop's own timers would ring before, however often one starts anew. */
struct transport_timer {
    struct loop_timer *timer;
    struct loop_task *task;
    bool is_due; /* the task has something to do */
    void (*call)(void *context);
    void *context;
};

static void timer_turn(void *context)
{
    struct transport_timer *timer = context;
    bool is_due = timer->is_due;
    timer->is_due = false;
    if (is_due)
        timer->call(timer->context);
}

static struct transport_timer *
timer_open(void *context, void (*call)(void *context), void *call_context)
{
    struct tcp_transport *tcp = context;
    struct transport_timer *timer = MEMORY_NEW(struct transport_timer);
    *timer = (struct transport_timer){
        .timer = loop_timer_open(tcp->loop, call, call_context),
        .task = loop_task_open(tcp->loop, timer_turn, timer),
        .call = call,
        .context = call_context};
    return timer;
}

static void timer_start(struct transport_timer *timer, uint64_t delay_ms)
{
    timer->is_due = delay_ms == 0;
    if (timer->is_due) {
        loop_timer_stop(timer->timer);
        loop_task_schedule(timer->task);
    } else {
        loop_timer_start(timer->timer, delay_ms);
    }
}

static void timer_close(struct transport_timer *timer)
{
    if (!timer)
        return;
    loop_timer_close(timer->timer);
    loop_task_close(timer->task);
    free(timer);
}

static void fill_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    random_bytes(out, len);
}

static const struct transport_ops ops = {
    .dial = dial,
    .listen = listen_at,
    .unlisten = unlisten,
    .use = use,
    .send = send_bytes,
    .queued = queued,
    .pause = pause_conn,
    .close = close_conn,
    .now_ms = now_ms,
    .now_us = now_us,
    .timer = timer_open,
    .timer_start = timer_start,
    .timer_close = timer_close,
    .random = fill_random,
};

struct tcp_transport *tcp_transport_new(struct loop *loop)
{
    struct tcp_transport *tcp = MEMORY_NEW(struct tcp_transport);
    tcp->loop = loop;
    return tcp;
}

void tcp_transport_free(struct tcp_transport *tcp)
{
    if (!tcp)
        return;
    ASSERT(tcp->listeners == 0);
    while (tcp->conns) {
        ASSERT(!tcp->conns->user);
        conn_free(tcp->conns);
    }
    free(tcp);
}

struct transport tcp_transport_of(struct tcp_transport *tcp)
{
    return (struct transport){.ops = &ops, .context = tcp};
}
