#include "p2p/peer_host.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "codec/uvarint.h"
#include "p2p/host_core.h"

#define LISTEN_ADDRS_MAX 32

uint64_t host_now(const struct peer_host *host)
{
    return host->transport.ops->now_ms(host->transport.context);
}

uint64_t host_unix_ms(const struct peer_host *host)
{
    return host->opened_unix_ms + host_now(host) - host->opened_ms;
}

/* Who watches; they may come and go while they are told. */

#define TELL(host, call, ...)                                         \
    do {                                                              \
        for (size_t i_ = 0; i_ < (host)->watchers.len; i_++) {        \
            const struct host_watcher one_ = (host)->watchers.at[i_]; \
            if (one_.calls && one_.calls->call)                       \
                one_.calls->call(one_.context, __VA_ARGS__);          \
        }                                                             \
    } while (0)

void host_tell_connected(struct peer_host *host, const struct peer_id *id)
{
    struct peer_id copy = *id;
    TELL(host, connected, &copy);
}

void host_tell_disconnected(struct peer_host *host, const struct peer_id *id)
{
    struct peer_id copy = *id;
    TELL(host, disconnected, &copy);
}

void host_tell_identified(struct peer_host *host, const struct peer_id *id)
{
    struct peer_id copy = *id;
    TELL(host, identified, &copy);
}

void host_tell_failed(struct peer_host *host, const struct peer_id *id,
                      const char *why)
{
    struct peer_id copy;
    if (id)
        copy = *id;
    TELL(host, failed, id ? &copy : NULL, why);
}

void peer_host_watch(struct peer_host *host, const struct peer_watcher *watcher,
                     void *context)
{
    struct host_watcher fresh = {watcher, context};
    VEC_FOR_EACH (one, &host->watchers)
        if (!one->calls) {
            *one = fresh;
            return;
        }
    VEC_PUSH(&host->watchers, fresh);
}

/* Its place is left to the next one: others may be told at this moment. */
void peer_host_unwatch(struct peer_host *host, const void *context)
{
    VEC_FOR_EACH (one, &host->watchers)
        if (one->context == context)
            *one = (struct host_watcher){0};
}

/* Open and close */

loft_err peer_host_open(struct peer_host **out,
                        const struct peer_host_config *config)
{
    struct peer_host *host = MEMORY_NEW(struct peer_host);
    const struct transport *transport = &config->transport;
    host->identity = config->identity;
    host->id = peer_id_of(&config->identity->public);
    host->transport = *transport;
    host->limits = *(config->limits ? config->limits : &PEER_HOST_LIMITS);
    if (host->limits.link.streams_in_max == 0)
        host->limits.link = PEER_LINK_LIMITS;
    host->agent = config->agent;
    host->store = config->store;
    if (!host->store) {
        host->owns_store = true;
        loft_err code = peer_store_open(&host->store, NULL);
        ASSERT(code == LOFT_OK);
    }
    host->opened_ms = host->saved_ms = host_now(host);
    host->opened_unix_ms = config->unix_ms;
    host->record_sequence = config->unix_ms;
    map_init(&host->peers, sizeof(struct peer_id), sizeof(struct host_peer *));
    map_init(&host->ips, 8, sizeof(struct host_ip));
    host->pump = transport->ops->timer(transport->context, host_pump, host);
    host->tick = transport->ops->timer(transport->context, host_tick, host);
    host->turn = transport->ops->timer(transport->context, host_turn, host);
    ring_init(&host->waiting);
    host_identify_open(host);
    host_ping_open(host);
    *out = host;
    return LOFT_OK;
}

static void close_all(struct peer_host *host)
{
    while (host->dials)
        host_dial_free(host->dials);
    while (host->conns) {
        struct host_conn *conn = host->conns;
        if (!conn->is_doomed) {
            conn->is_doomed = true;
            conn->is_graceful = conn->state == HOST_OPEN;
        }
        host_conn_close(conn);
    }
    VEC_FOR_EACH (keep, &host->keeps)
        free(*keep);
    VEC_FOR_EACH (listener, &host->listeners) {
        host->transport.ops->unlisten((*listener)->transport);
        free(*listener);
    }
}

void peer_host_close(struct peer_host *host)
{
    if (!host)
        return;
    host->is_closing = true;
    close_all(host);
    MAP_FOR_EACH (i, &host->peers)
        host_peer_free(*(struct host_peer **)map_value_at(&host->peers, i));
    if (peer_store_save(host->store) != LOFT_OK)
        log_warn("peers_unsaved", "why=%s", err_sentence());
    if (host->owns_store)
        peer_store_close(host->store);
    host->transport.ops->timer_close(host->pump);
    host->transport.ops->timer_close(host->tick);
    host->transport.ops->timer_close(host->turn);
    map_fini(&host->peers);
    map_fini(&host->ips);
    buffer_free(&host->out);
    VEC_FREE(&host->dirty);
    VEC_FREE(&host->connected);
    VEC_FREE(&host->keeps);
    VEC_FREE(&host->listeners);
    VEC_FREE(&host->listen_addrs);
    VEC_FREE(&host->protocols);
    VEC_FREE(&host->watchers);
    free(host);
}

const struct peer_id *peer_host_id(const struct peer_host *host)
{
    return &host->id;
}

const struct peer_private_key *peer_host_key(const struct peer_host *host)
{
    return host->identity;
}

const struct transport *peer_host_transport(const struct peer_host *host)
{
    return &host->transport;
}

struct peer_store *peer_host_store(const struct peer_host *host)
{
    return host->store;
}

/* Listening */

static void on_accepted(void *context, struct transport_conn *transport,
                        bytes remote_addr)
{
    struct host_listener *listener = context;
    struct peer_host *host = listener->host;
    if (!host_may_accept(host, remote_addr)) {
        host->transport.ops->close(transport, true);
        return;
    }
    uint64_t began_us = host_now_us(host);
    struct host_conn *conn = host_conn_new(host, remote_addr, false);
    conn->transport = transport;
    host_count_ip(conn);
    host->transport.ops->use(transport, &host_conn_user, conn);
    host_conn_secure(conn, NULL);
    host_turn_spend(conn, began_us);
}

/* A record with other addresses is a later one. */
static void change_ours(struct peer_host *host)
{
    host->record_sequence++;
    host->must_push = true;
    host_tick_by(host, 0);
}

static void take_bound(struct peer_host *host, bytes bound)
{
    struct buffer text = {0};
    while (bound.len && host->listen_addrs.len < LISTEN_ADDRS_MAX) {
        uint64_t len = 0;
        loft_err code = uvarint_read(&len, &bound);
        ASSERT(code == LOFT_OK && len <= bound.len &&
               len <= MULTIADDR_BYTES_MAX);
        struct host_addr one = {.len = (uint16_t)len};
        memcpy(one.at, bound.at, len);
        VEC_PUSH(&host->listen_addrs, one);
        text.len = 0;
        multiaddr_put_text(&text, bytes_of(bound.at, len));
        log_info("peers_listen", "address=%.*s", (int)text.len,
                 (const char *)text.at);
        bound = bytes_of(bound.at + len, bound.len - len);
    }
    buffer_free(&text);
}

loft_err peer_host_listen(struct peer_host *host, bytes addr)
{
    const struct transport *transport = &host->transport;
    struct buffer bound = {0};
    struct host_listener *listener = MEMORY_NEW(struct host_listener);
    listener->host = host;
    loft_err code = transport->ops->listen(transport->context,
                                           &listener->transport, addr, &bound,
                                           on_accepted, listener);
    if (code == LOFT_OK) {
        VEC_PUSH(&host->listeners, listener);
        take_bound(host, buffer_bytes(&bound));
        change_ours(host);
    } else {
        free(listener);
    }
    buffer_free(&bound);
    return code;
}

bool peer_host_addr(const struct peer_host *host, size_t index, bytes *addr)
{
    if (index >= host->listen_addrs.len)
        return false;
    *addr = bytes_of(host->listen_addrs.at[index].at,
                     host->listen_addrs.at[index].len);
    return true;
}

void peer_host_handle(struct peer_host *host,
                      const struct peer_protocol *protocol, void *context)
{
    VEC_PUSH(&host->protocols, ((struct host_protocol){protocol, context}));
    change_ours(host);
}

/* Streams and what is known of connections */

static struct host_conn *conn_of(const struct peer_host *host,
                                 const struct peer_id *id)
{
    const struct host_peer *peer = host_peer_find(host, id);
    return peer ? peer->conns[0] : NULL;
}

bool peer_host_is_connected(const struct peer_host *host,
                            const struct peer_id *peer)
{
    return conn_of(host, peer) != NULL;
}

struct peer_stream *
peer_host_open_stream(struct peer_host *host, const struct peer_id *peer,
                      const char *const *names, size_t name_count,
                      const struct peer_stream_calls *calls, void *context)
{
    struct host_conn *conn = conn_of(host, peer);
    if (!conn || conn->is_doomed || !conn->link)
        return NULL;
    return peer_link_open_stream(conn->link, names, name_count, calls, context);
}

bool peer_host_info(const struct peer_host *host, const struct peer_id *id,
                    struct peer_info *out)
{
    const struct host_peer *peer = host_peer_find(host, id);
    const struct host_conn *conn = peer ? peer->conns[0] : NULL;
    if (!conn || !conn->link)
        return false;
    *out = (struct peer_info){
        .id = peer->id,
        .is_dialer = conn->is_dialer,
        .remote_addr = buffer_bytes(&conn->addr),
        .connected_ms = host_now(host) - conn->secured_ms,
        .round_trip_us = conn->round_trip_us,
        .stats = peer_link_stats(conn->link),
    };
    host_identity_fill(out, peer->identity);
    return true;
}

size_t peer_host_count(const struct peer_host *host)
{
    return host->connected.len;
}

bool peer_host_peer_at(const struct peer_host *host, size_t index,
                       struct peer_id *out)
{
    if (index >= host->connected.len)
        return false;
    *out = host->connected.at[index];
    return true;
}

static void add_conn(struct peer_host_stats *stats,
                     const struct host_conn *conn)
{
    if (conn->state != HOST_OPEN)
        return;
    struct peer_link_stats link = peer_link_stats(conn->link);
    stats->streams_in += link.streams_in;
    stats->streams_out += link.streams_out;
    if (conn->is_dialer)
        stats->conns_out++;
    else
        stats->conns_in++;
}

struct peer_host_stats peer_host_stats(const struct peer_host *host)
{
    struct peer_host_stats stats = host->stats;
    stats.pending = host->pending_count;
    stats.dials = host->dials_running + host->dials_waiting;
    stats.memory_bytes = host->memory_bytes;
    for (const struct host_conn *conn = host->conns; conn; conn = conn->next)
        add_conn(&stats, conn);
    return stats;
}
