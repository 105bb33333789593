#include "p2p/test/sim_network.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "codec/uvarint.h"
#include "p2p/multiaddr.h"

#define ADDR_BYTES 8 /* code, 4 bytes, code, 2 bytes */
#define QUEUE_BYTES ((size_t)256 << 10)

enum event_kind {
    EVENT_TIMER,
    EVENT_CONNECT,
    EVENT_OPEN,
    EVENT_LEFT,
    EVENT_DATA,
    EVENT_END,
};

struct event {
    uint64_t at_ms, order;
    enum event_kind kind;
    struct transport_timer *timer;
    uint64_t generation;
    struct transport_conn *conn; /* whom it reaches */
    struct buffer data;          /* or the address that is dialed */
    size_t left;                 /* bytes that are queued no more */
};

struct node {
    struct sim_network *network;
    uint32_t ip;
    bool is_silent;
    uint16_t next_port;
};

struct sim_network {
    uint64_t now_ms, order, state;
    uint64_t delay_min_ms, delay_max_ms;
    size_t piece_bytes_max;
    uint64_t bytes_per_ms;
    unsigned breaks_per_million;
    VEC(struct event *) events; /* a heap, the first due at [0] */
    VEC(struct node *) nodes;
    VEC(struct transport_listener *) listeners;
};

struct transport_timer {
    struct sim_network *network;
    void (*call)(void *context);
    void *context;
    uint64_t generation;
    unsigned events; /* that name it */
    bool is_closed;
};

struct transport_listener {
    struct node *node;
    uint16_t port;
    void (*accepted)(void *context, struct transport_conn *conn,
                     bytes remote_addr);
    void *context;
};

struct transport_conn {
    struct node *node;
    struct transport_conn *other; /* NULL: not connected, or gone */
    const struct transport_user *user;
    void *context;
    uint8_t local[ADDR_BYTES];
    size_t queued; /* on its way from here */
    bool above;
    uint64_t arrives_ms; /* of what was sent last: order is kept */
    uint64_t leaves_us;  /* the same bytes, where a rate holds them */
    bool is_broken;
    bool is_paused, is_closed, is_ended;
    struct buffer held; /* came while it was paused */
    unsigned events;    /* that name it */
};

/* Numbers */

/* SplitMix64. */
static uint64_t draw64(struct sim_network *network)
{
    uint64_t z = network->state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

uint64_t sim_network_draw(struct sim_network *network, uint64_t below)
{
    return draw64(network) % below;
}

static uint64_t delay(struct sim_network *network)
{
    return network->delay_min_ms +
           sim_network_draw(network,
                            network->delay_max_ms - network->delay_min_ms + 1);
}

/* Events */

static bool is_before(const struct event *a, const struct event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void exchange(struct sim_network *network, size_t a, size_t b)
{
    struct event *one = network->events.at[a];
    network->events.at[a] = network->events.at[b];
    network->events.at[b] = one;
}

static void push(struct sim_network *network, struct event *event)
{
    size_t i = network->events.len;
    event->order = network->order++;
    VEC_PUSH(&network->events, event);
    while (i && is_before(event, network->events.at[(i - 1) / 2])) {
        exchange(network, i, (i - 1) / 2);
        i = (i - 1) / 2;
    }
}

static struct event *pop(struct sim_network *network)
{
    struct event *first = network->events.at[0];
    size_t len = --network->events.len, i = 0;
    network->events.at[0] = network->events.at[len];
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
            if (child < len &&
                is_before(network->events.at[child], network->events.at[least]))
                least = child;
        if (least == i)
            return first;
        exchange(network, i, least);
        i = least;
    }
}

static struct event *event_new(struct sim_network *network,
                               enum event_kind kind, uint64_t at_ms,
                               struct transport_conn *conn)
{
    struct event *event = MEMORY_NEW(struct event);
    event->kind = kind;
    event->at_ms = at_ms;
    event->conn = conn;
    if (conn)
        conn->events++;
    push(network, event);
    return event;
}

static void conn_release(struct transport_conn *conn)
{
    if (!conn->is_closed || conn->events)
        return;
    buffer_free(&conn->held);
    free(conn);
}

static void timer_release(struct transport_timer *timer)
{
    if (timer->is_closed && !timer->events)
        free(timer);
}

static void event_free(struct event *event)
{
    if (event->timer) {
        event->timer->events--;
        timer_release(event->timer);
    }
    if (event->conn) {
        event->conn->events--;
        conn_release(event->conn);
    }
    buffer_free(&event->data);
    free(event);
}

/* Addresses */

static void write_addr(uint8_t out[ADDR_BYTES], uint32_t ip, uint16_t port)
{
    out[0] = MULTIADDR_IP4;
    store_be32(out + 1, ip);
    out[5] = MULTIADDR_TCP;
    store_be16(out + 6, port);
}

static bool read_addr(uint32_t *ip, uint16_t *port, bytes addr)
{
    if (addr.len != ADDR_BYTES || addr.at[0] != MULTIADDR_IP4 ||
        addr.at[5] != MULTIADDR_TCP)
        return false;
    *ip = load_be32(addr.at + 1);
    *port = load_be16(addr.at + 6);
    return true;
}

static struct transport_listener *listener_at(const struct sim_network *network,
                                              uint32_t ip, uint16_t port)
{
    VEC_FOR_EACH (one, &network->listeners)
        if ((*one)->node->ip == ip && (*one)->port == port)
            return *one;
    return NULL;
}

/* What happens */

/* In the order of what went before on the same way. */
static uint64_t arrival(struct transport_conn *from)
{
    uint64_t at = from->node->network->now_ms + delay(from->node->network);
    if (at < from->arrives_ms)
        at = from->arrives_ms;
    return from->arrives_ms = at;
}

static bool is_lost(const struct transport_conn *to)
{
    return to->is_broken || to->node->is_silent ||
           (to->other && to->other->node->is_silent);
}

static void tell_ended(struct transport_conn *conn, const char *why)
{
    if (conn->is_closed || conn->is_ended)
        return;
    conn->is_ended = true;
    if (conn->user)
        conn->user->ended(conn->context, why);
}

static struct transport_conn *
conn_new(struct node *node, const struct transport_user *user, void *context)
{
    struct transport_conn *conn = MEMORY_NEW(struct transport_conn);
    conn->node = node;
    conn->user = user;
    conn->context = context;
    return conn;
}

/* The dial has come to where it leads. */
static void on_connect(struct transport_conn *conn, bytes addr)
{
    struct sim_network *network = conn->node->network;
    uint32_t ip = 0;
    uint16_t port = 0;
    if (conn->is_closed || conn->node->is_silent)
        return;
    ASSERT(read_addr(&ip, &port, addr));
    struct transport_listener *listener = listener_at(network, ip, port);
    if (!listener) {
        event_new(network, EVENT_END, arrival(conn), conn);
        return;
    }
    if (listener->node->is_silent)
        return;
    struct transport_conn *far = conn_new(listener->node, NULL, NULL);
    memcpy(far->local, addr.at, ADDR_BYTES);
    far->other = conn;
    conn->other = far;
    event_new(network, EVENT_OPEN, arrival(far), conn);
    listener->accepted(listener->context, far,
                       bytes_of(conn->local, ADDR_BYTES));
}

static void give(struct transport_conn *conn, bytes data)
{
    if (conn->is_paused)
        buffer_put_bytes(&conn->held, data);
    else if (conn->user)
        conn->user->got(conn->context, data);
}

static void arrived(struct transport_conn *from, size_t len)
{
    from->queued -= len;
    if (!from->above || from->queued > QUEUE_BYTES / 2)
        return;
    from->above = false;
    if (from->user && !from->is_closed)
        from->user->drained(from->context);
}

static void on_data(struct transport_conn *conn, bytes data)
{
    bool counts = !conn->node->network->bytes_per_ms;
    struct transport_conn *from = conn->other;
    if (is_lost(conn))
        return;
    if (!conn->is_closed && !conn->is_ended)
        give(conn, data);
    if (counts && from && from == conn->other)
        arrived(from, data.len);
}

static void happen(struct event *event)
{
    struct transport_conn *conn = event->conn;
    switch (event->kind) {
    case EVENT_TIMER:
        if (!event->timer->is_closed &&
            event->timer->generation == event->generation)
            event->timer->call(event->timer->context);
        break;
    case EVENT_CONNECT:
        on_connect(conn, buffer_bytes(&event->data));
        break;
    case EVENT_OPEN:
        if (!conn->is_closed && !is_lost(conn))
            conn->user->connected(conn->context);
        break;
    case EVENT_DATA:
        on_data(conn, buffer_bytes(&event->data));
        break;
    case EVENT_LEFT:
        arrived(conn, event->left);
        break;
    case EVENT_END:
        if (conn->is_broken)
            tell_ended(conn, "the connection broke");
        else if (!is_lost(conn))
            tell_ended(conn, "closed by the other side");
        break;
    }
}

void sim_network_run(struct sim_network *network, uint64_t ms)
{
    uint64_t until = network->now_ms + ms;
    while (network->events.len && network->events.at[0]->at_ms <= until) {
        struct event *event = pop(network);
        network->now_ms = event->at_ms;
        happen(event);
        event_free(event);
    }
    network->now_ms = until;
}

/* The transport */

static loft_err dial(void *context, struct transport_conn **out, bytes addr,
                     const struct transport_user *user, void *user_context)
{
    struct node *node = context;
    uint32_t ip;
    uint16_t port;
    if (!read_addr(&ip, &port, addr))
        return err_say(LOFT_ERR_USAGE, "not /ip4 and /tcp");
    struct transport_conn *conn = conn_new(node, user, user_context);
    write_addr(conn->local, node->ip, node->next_port++);
    struct event *event = event_new(node->network, EVENT_CONNECT, arrival(conn),
                                    conn);
    buffer_put_bytes(&event->data, addr);
    *out = conn;
    return LOFT_OK;
}

static loft_err listen_at(void *context, struct transport_listener **out,
                          bytes addr, struct buffer *bound,
                          void (*accepted)(void *context,
                                           struct transport_conn *conn,
                                           bytes remote_addr),
                          void *accepted_context)
{
    struct node *node = context;
    uint32_t ip;
    uint16_t port;
    if (!read_addr(&ip, &port, addr) || ip != node->ip)
        return err_say(LOFT_ERR_USAGE, "not the node's /ip4 and /tcp");
    if (listener_at(node->network, ip, port))
        return err_say(LOFT_ERR_BUSY, "the port is taken");
    struct transport_listener *listener = MEMORY_NEW(struct transport_listener);
    *listener = (struct transport_listener){node, port, accepted,
                                            accepted_context};
    VEC_PUSH(&node->network->listeners, listener);
    uvarint_put(bound, addr.len);
    buffer_put_bytes(bound, addr);
    *out = listener;
    return LOFT_OK;
}

static void unlisten(struct transport_listener *listener)
{
    struct sim_network *network = listener->node->network;
    VEC_FOR_EACH (one, &network->listeners)
        if (*one == listener) {
            *one = network->listeners.at[--network->listeners.len];
            break;
        }
    free(listener);
}

static void use(struct transport_conn *conn, const struct transport_user *user,
                void *context)
{
    conn->user = user;
    conn->context = context;
}

static void break_one(struct transport_conn *conn)
{
    struct sim_network *network = conn->node->network;
    conn->is_broken = true;
    event_new(network, EVENT_END, network->now_ms + delay(network), conn);
}

static bool breaks(struct transport_conn *conn)
{
    struct sim_network *network = conn->node->network;
    if (!network->breaks_per_million ||
        sim_network_draw(network, 1000000) >= network->breaks_per_million)
        return false;
    break_one(conn);
    break_one(conn->other);
    return true;
}

/* When the bytes are on their way, in the order of those before. */
static void leave(struct transport_conn *conn, size_t len)
{
    struct sim_network *network = conn->node->network;
    uint64_t now_us = network->now_ms * 1000;
    if (conn->leaves_us < now_us)
        conn->leaves_us = now_us;
    conn->leaves_us += len * 1000 / network->bytes_per_ms;
    uint64_t at_ms = conn->leaves_us / 1000;
    event_new(network, EVENT_LEFT, at_ms, conn)->left = len;
    if (conn->arrives_ms < at_ms + network->delay_min_ms)
        conn->arrives_ms = at_ms + network->delay_min_ms;
}

static void send_piece(struct transport_conn *conn, bytes data)
{
    struct sim_network *network = conn->node->network;
    if (network->bytes_per_ms)
        leave(conn, data.len);
    struct event *event = event_new(network, EVENT_DATA, arrival(conn),
                                    conn->other);
    buffer_put_bytes(&event->data, data);
    conn->queued += data.len;
    conn->above |= conn->queued > QUEUE_BYTES / 2;
}

static void send_bytes(struct transport_conn *conn, bytes data)
{
    struct sim_network *network = conn->node->network;
    if (!conn->other || conn->is_ended || conn->is_broken || data.len == 0 ||
        breaks(conn))
        return;
    while (data.len > 0) {
        size_t len = data.len;
        if (network->piece_bytes_max)
            len = 1 + sim_network_draw(network, network->piece_bytes_max);
        if (len > data.len)
            len = data.len;
        send_piece(conn, bytes_of(data.at, len));
        data = bytes_of(data.at + len, data.len - len);
    }
}

static size_t queued(const struct transport_conn *conn)
{
    return conn->queued;
}

static void pause_conn(struct transport_conn *conn, bool paused)
{
    conn->is_paused = paused;
    if (paused || conn->held.len == 0)
        return;
    struct event *event = event_new(conn->node->network, EVENT_DATA,
                                    conn->node->network->now_ms, conn);
    event->data = conn->held;
    conn->held = (struct buffer){0};
    if (conn->other && !conn->node->network->bytes_per_ms)
        conn->other->queued += event->data.len;
}

static void close_conn(struct transport_conn *conn, bool now)
{
    (void)now;
    if (conn->other) {
        event_new(conn->node->network, EVENT_END, arrival(conn), conn->other);
        conn->other->other = NULL;
    }
    conn->is_closed = true;
    conn_release(conn);
}

static uint64_t now_ms(void *context)
{
    const struct node *node = context;
    return node->network->now_ms;
}

static struct transport_timer *
timer_open(void *context, void (*call)(void *context), void *call_context)
{
    struct node *node = context;
    struct transport_timer *timer = MEMORY_NEW(struct transport_timer);
    *timer = (struct transport_timer){
        .network = node->network, .call = call, .context = call_context};
    return timer;
}

static void timer_start(struct transport_timer *timer, uint64_t delay_ms)
{
    struct event *event = event_new(timer->network, EVENT_TIMER,
                                    timer->network->now_ms + delay_ms, NULL);
    event->timer = timer;
    event->generation = ++timer->generation;
    timer->events++;
}

static void timer_close(struct transport_timer *timer)
{
    if (!timer)
        return;
    timer->is_closed = true;
    timer_release(timer);
}

static void fill_random(void *context, uint8_t *out, size_t len)
{
    struct node *node = context;
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)draw64(node->network);
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
    .timer = timer_open,
    .timer_start = timer_start,
    .timer_close = timer_close,
    .random = fill_random,
};

static struct node *node_at(struct sim_network *network, uint32_t ip)
{
    VEC_FOR_EACH (one, &network->nodes)
        if ((*one)->ip == ip)
            return *one;
    struct node *node = MEMORY_NEW(struct node);
    *node = (struct node){.network = network, .ip = ip, .next_port = 40000};
    VEC_PUSH(&network->nodes, node);
    return node;
}

struct transport sim_network_transport(struct sim_network *network, uint32_t ip)
{
    return (struct transport){&ops, node_at(network, ip)};
}

void sim_network_delay(struct sim_network *network, uint64_t min_ms,
                       uint64_t max_ms)
{
    network->delay_min_ms = min_ms;
    network->delay_max_ms = max_ms;
}

void sim_network_pieces(struct sim_network *network, size_t bytes_max)
{
    network->piece_bytes_max = bytes_max;
}

void sim_network_rate(struct sim_network *network, uint64_t bytes_per_ms)
{
    network->bytes_per_ms = bytes_per_ms;
}

void sim_network_breaks(struct sim_network *network, unsigned per_million)
{
    network->breaks_per_million = per_million;
}

void sim_network_silence(struct sim_network *network, uint32_t ip,
                         bool is_silent)
{
    node_at(network, ip)->is_silent = is_silent;
}

uint64_t sim_network_now(const struct sim_network *network)
{
    return network->now_ms;
}

struct sim_network *sim_network_new(uint64_t seed)
{
    struct sim_network *network = MEMORY_NEW(struct sim_network);
    network->state = seed;
    network->now_ms = 1;
    network->delay_min_ms = network->delay_max_ms = 1;
    return network;
}

void sim_network_free(struct sim_network *network)
{
    while (network->events.len)
        event_free(pop(network));
    VEC_FOR_EACH (node, &network->nodes)
        free(*node);
    VEC_FREE(&network->events);
    VEC_FREE(&network->nodes);
    VEC_FREE(&network->listeners);
    free(network);
}
