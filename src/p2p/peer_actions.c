#include "p2p/peer_actions.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "p2p/multiaddr.h"

#define PING_BYTES 32
#define IDENTIFY_MS 500

static const char *const ping_names[] = {"/ipfs/ping/1.0.0"};

/* A stream's; it may outlive the action. */
struct ping {
    struct action *action; /* NULL: nobody waits */
    uint64_t sent_us;
    uint8_t sent[PING_BYTES];
    size_t came;
};

struct action {
    struct peer_actions *actions;
    struct action *next;
    uint64_t id;
    bool is_done, is_connect, has_connected;
    uint64_t done_ms;
    struct peer_id peer; /* of no bytes: whoever answers at addr */
    struct buffer addr;
    struct transport_timer *timer; /* of a connection */
    struct ping *ping;
    struct perf_run *run;
    struct peer_outcome outcome;
};

struct peer_actions {
    struct peer_host *host;
    struct transport transport;
    struct action *first;
    unsigned count;
    uint64_t next_id;
    struct transport_timer *wake; /* rings at the next turn of the loop */
    void (*woken)(void *context);
    void *context;
};

static uint64_t now_ms(const struct peer_actions *actions)
{
    return actions->transport.ops->now_ms(actions->transport.context);
}

static uint64_t now_us(const struct peer_actions *actions)
{
    const struct transport *transport = &actions->transport;
    return transport->ops->now_us ? transport->ops->now_us(transport->context)
                                  : now_ms(actions) * 1000;
}

static void stop_timer(struct action *action)
{
    action->actions->transport.ops->timer_close(action->timer);
    action->timer = NULL;
}

static void free_action(struct action *action)
{
    struct action **at = &action->actions->first;
    while (*at != action)
        at = &(*at)->next;
    *at = action->next;
    action->actions->count--;
    stop_timer(action);
    if (action->ping)
        action->ping->action = NULL;
    if (action->run)
        perf_cancel(action->run);
    buffer_free(&action->addr);
    free(action);
}

static void done(struct action *action, const char *why)
{
    struct peer_actions *actions = action->actions;
    stop_timer(action);
    action->is_done = true;
    action->done_ms = now_ms(actions);
    action->outcome.is_good = !why;
    snprintf(action->outcome.why, sizeof action->outcome.why, "%s",
             why ? why : "");
    actions->transport.ops->timer_start(actions->wake, 0);
}

static void wake(void *context)
{
    struct peer_actions *actions = context;
    if (actions->woken)
        actions->woken(actions->context);
}

/* What nobody came for. */
static void drop_old(struct peer_actions *actions)
{
    uint64_t now = now_ms(actions);
    for (struct action *at = actions->first, *next; at; at = next) {
        next = at->next;
        if (!at->is_done || now - at->done_ms < PEER_ACTIONS_KEPT_MS)
            continue;
        free_action(at);
    }
}

static loft_err begin(struct peer_actions *actions, struct action **out,
                      const struct peer_id *peer)
{
    drop_old(actions);
    if (actions->count >= PEER_ACTIONS_MAX)
        return err_say(LOFT_ERR_LIMIT, "%d peers are waited for already",
                       PEER_ACTIONS_MAX);
    struct action *action = MEMORY_NEW(struct action);
    action->actions = actions;
    action->id = ++actions->next_id;
    action->next = actions->first;
    if (peer)
        action->peer = *peer;
    actions->first = action;
    actions->count++;
    *out = action;
    return LOFT_OK;
}

/* Connections. */

/* Whether this is who an action waits for. */
static bool is_awaited(const struct action *action, const struct peer_id *peer)
{
    struct peer_info info;
    if (action->is_done || !action->is_connect || action->has_connected)
        return false;
    if (action->peer.len)
        return peer_id_equal(&action->peer, peer);
    return peer_host_info(action->actions->host, peer, &info) &&
           bytes_equal(info.remote_addr, buffer_bytes(&action->addr));
}

static void start_timer(struct action *action, uint64_t ms)
{
    action->actions->transport.ops->timer_start(action->timer, ms);
}

/* What the peer says of itself comes a moment later, if it does. */
static void on_connected(void *context, const struct peer_id *peer)
{
    struct peer_actions *actions = context;
    for (struct action *at = actions->first; at; at = at->next) {
        if (!is_awaited(at, peer))
            continue;
        at->outcome.peer = *peer;
        at->has_connected = true;
        start_timer(at, IDENTIFY_MS);
    }
}

static void on_identified(void *context, const struct peer_id *peer)
{
    struct peer_actions *actions = context;
    for (struct action *at = actions->first; at; at = at->next)
        if (!at->is_done && at->has_connected &&
            peer_id_equal(&at->outcome.peer, peer))
            done(at, NULL);
}

/* Of those that named nobody the one that waits for the longest time. */
static struct action *find_failed(struct peer_actions *actions,
                                  const struct peer_id *peer)
{
    struct action *found = NULL;
    for (struct action *at = actions->first; at; at = at->next)
        if (at->is_connect && !at->is_done && !at->has_connected &&
            (peer ? at->peer.len && peer_id_equal(&at->peer, peer)
                  : !at->peer.len))
            found = at;
    return found;
}

static void on_failed(void *context, const struct peer_id *peer,
                      const char *why)
{
    struct action *action = find_failed(context, peer);
    if (action)
        done(action, why);
}

static const struct peer_watcher watcher = {
    .connected = on_connected,
    .identified = on_identified,
    .failed = on_failed,
};

static void on_timer(void *context)
{
    struct action *action = context;
    done(action, action->has_connected ? NULL : "no connection in time");
}

static bool read_peer(struct peer_id *out, bytes addr)
{
    struct multiaddr_part part = {0};
    while (addr.len > 0)
        if (multiaddr_next(&part, &addr) != LOFT_OK)
            return false;
    return part.code == MULTIADDR_P2P &&
           peer_id_read(out, part.value) == LOFT_OK;
}

loft_err peer_actions_connect(struct peer_actions *actions, uint64_t *id,
                              const struct peer_id *peer, bytes addr)
{
    const struct transport *transport = &actions->transport;
    struct action *action;
    struct peer_id named;
    if (!peer && read_peer(&named, addr))
        peer = &named;
    TRY(begin(actions, &action, peer));
    action->is_connect = true;
    buffer_put_bytes(&action->addr, addr);
    *id = action->id;
    if (peer && peer_host_is_connected(actions->host, peer)) {
        action->outcome.peer = *peer;
        done(action, NULL);
        return LOFT_OK;
    }
    loft_err err = peer_host_connect(actions->host, peer, &addr, addr.len > 0);
    if (err != LOFT_OK) {
        free_action(action);
        return err;
    }
    action->timer = transport->ops->timer(transport->context, on_timer, action);
    start_timer(action, PEER_CONNECT_MS);
    return LOFT_OK;
}

/* Pings. */

static void ping_got(void *context, struct peer_stream *stream, bytes data)
{
    struct ping *ping = context;
    struct action *action = ping->action;
    if (data.len > PING_BYTES - ping->came ||
        memcmp(ping->sent + ping->came, data.at, data.len) != 0) {
        peer_stream_reset(stream);
        return;
    }
    ping->came += data.len;
    if (ping->came < PING_BYTES)
        return;
    peer_stream_finish(stream);
    if (!action || action->is_done)
        return;
    action->outcome.round_trip_us = now_us(action->actions) - ping->sent_us;
    done(action, NULL);
}

static void ping_ended(void *context, struct peer_stream *stream,
                       enum peer_stream_end end)
{
    struct ping *ping = context;
    struct action *action = ping->action;
    (void)stream;
    if (action)
        action->ping = NULL;
    if (action && !action->is_done)
        done(action, peer_stream_end_name(end));
    free(ping);
}

static const struct peer_stream_calls ping_calls = {.got = ping_got,
                                                    .ended = ping_ended};

static loft_err send_ping(struct action *action)
{
    struct peer_actions *actions = action->actions;
    struct ping *ping = MEMORY_NEW(struct ping);
    struct peer_stream *stream = peer_host_open_stream(
        actions->host, &action->peer, ping_names, 1, &ping_calls, ping);
    if (!stream) {
        free(ping);
        return err_say(LOFT_ERR_NOT_FOUND, "the peer is not connected");
    }
    ping->action = action;
    action->ping = ping;
    actions->transport.ops->random(actions->transport.context, ping->sent,
                                   PING_BYTES);
    ping->sent_us = now_us(actions);
    peer_stream_deadline(stream, PEER_PING_MS);
    if (!peer_stream_send(stream, bytes_of(ping->sent, PING_BYTES)))
        peer_stream_reset(stream);
    return LOFT_OK;
}

loft_err peer_actions_ping(struct peer_actions *actions, uint64_t *id,
                           const struct peer_id *peer)
{
    struct action *action;
    TRY(begin(actions, &action, peer));
    *id = action->id;
    loft_err err = send_ping(action);
    if (err != LOFT_OK)
        free_action(action);
    return err;
}

/* Measurements. */

static void on_perf(void *context, const struct perf_result *result)
{
    struct action *action = context;
    action->run = NULL;
    action->outcome.perf = *result;
    done(action, result->is_complete ? NULL
                 : result->end == PEER_STREAM_REFUSED
                     ? "the peer does not serve it (--peer-perf)"
                     : peer_stream_end_name(result->end));
}

loft_err peer_actions_perf(struct peer_actions *actions, uint64_t *id,
                           const struct peer_id *peer,
                           const struct perf_order *order)
{
    struct action *action;
    TRY(begin(actions, &action, peer));
    *id = action->id;
    loft_err err = perf_start(&action->run, actions->host, peer, order, on_perf,
                              action);
    if (err != LOFT_OK) {
        action->run = NULL;
        free_action(action);
    }
    return err;
}

bool peer_actions_take(struct peer_actions *actions, uint64_t id,
                       struct peer_outcome *out)
{
    struct action *at = actions->first;
    while (at && at->id != id)
        at = at->next;
    *out = (struct peer_outcome){.why = "nobody came for it in time"};
    if (!at)
        return true;
    if (!at->is_done)
        return false;
    *out = at->outcome;
    free_action(at);
    return true;
}

struct peer_actions *peer_actions_open(struct peer_host *host,
                                       void (*woken)(void *context),
                                       void *context)
{
    struct peer_actions *actions = MEMORY_NEW(struct peer_actions);
    actions->host = host;
    actions->transport = *peer_host_transport(host);
    actions->woken = woken;
    actions->context = context;
    actions->wake = actions->transport.ops->timer(actions->transport.context,
                                                  wake, actions);
    peer_host_watch(host, &watcher, actions);
    return actions;
}

void peer_actions_close(struct peer_actions *actions)
{
    if (!actions)
        return;
    peer_host_unwatch(actions->host, actions);
    while (actions->first)
        free_action(actions->first);
    actions->transport.ops->timer_close(actions->wake);
    free(actions);
}
