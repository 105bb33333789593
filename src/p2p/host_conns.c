#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "p2p/host_core.h"

static void pump_soon(struct peer_host *host)
{
    if (host->pump_set)
        return;
    host->pump_set = true;
    host->transport.ops->timer_start(host->pump, 0);
}

void host_tick_by(struct peer_host *host, uint64_t at_ms)
{
    uint64_t now = host_now(host);
    uint64_t soonest = at_ms ? now + HOST_TICK_MIN_MS : now;
    uint64_t most = now + HOST_TICK_MS;
    if (at_ms < soonest)
        at_ms = soonest;
    if (at_ms > most)
        at_ms = most;
    if (host->tick_at && host->tick_at <= at_ms)
        return;
    host->tick_at = at_ms;
    host->transport.ops->timer_start(host->tick, at_ms - now);
}

void host_conn_mark(struct host_conn *conn)
{
    conn->wants = true;
    /* host_conn_settle() follows whatever runs the link. */
    if (conn->is_dirty || conn->in_link)
        return;
    conn->is_dirty = true;
    VEC_PUSH(&conn->host->dirty, conn);
    pump_soon(conn->host);
}

void host_conn_doom(struct host_conn *conn, bool graceful, const char *why)
{
    if (conn->is_doomed)
        return;
    conn->is_doomed = true;
    conn->is_graceful = graceful;
    snprintf(conn->why, sizeof conn->why, "%s", why);
    host_conn_mark(conn);
}

struct host_conn *host_conn_new(struct peer_host *host, bytes addr,
                                bool is_dialer)
{
    struct host_conn *conn = MEMORY_NEW(struct host_conn);
    conn->host = host;
    conn->is_dialer = is_dialer;
    conn->state = HOST_DIALING;
    conn->begun_ms = host_now(host);
    conn->tick_ms = UINT64_MAX;
    ring_init(&conn->in_waiting);
    buffer_put_bytes(&conn->addr, addr);
    conn->next = host->conns;
    if (conn->next)
        conn->next->prev = conn;
    host->conns = conn;
    host->conn_count++;
    return conn;
}

/* What the link says */

static void link_secured(void *context)
{
    struct host_conn *conn = context;
    struct peer_host *host = conn->host;
    const struct peer_id *id = peer_link_peer(conn->link);
    conn->state = HOST_OPEN;
    conn->secured_ms = host_now(host);
    if (!conn->is_dialer)
        host->pending_count--;
    host->open_count++;
    if (peer_id_equal(id, &host->id)) {
        host_refused(host, PEER_HOST_SELF, "the peer is this one");
        host_conn_doom(conn, false, "the peer is this one");
        return;
    }
    if (peer_store_is_banned(host->store, id, host_unix_ms(host))) {
        host_refused(host, PEER_HOST_BANNED, "the peer is banned");
        host_conn_doom(conn, false, "the peer is banned");
        return;
    }
    if (conn->is_dialer)
        host->stats.conns_out_total++;
    else
        host->stats.conns_in_total++;
    conn->peer = host_peer_make(host, id);
    conn->peer->pins++;
    conn->peer->dials_lost = 0;
    conn->peer->backoff_ms = 0;
    if (conn->dial)
        host_dial_won(conn->dial, conn);
    host_peer_join(conn->peer, conn);
    conn->peer->pins--;
    if (!conn->is_doomed)
        host_identify_ask(conn);
}

static const struct peer_protocol *link_find(void *context, bytes name,
                                             void **protocol_context)
{
    struct host_conn *conn = context;
    if (!conn->peer || conn->is_doomed)
        return NULL;
    VEC_FOR_EACH (one, &conn->host->protocols)
        if (bytes_equal(name, bytes_str(one->protocol->name))) {
            *protocol_context = one->context;
            return one->protocol;
        }
    return NULL;
}

static void link_output(void *context)
{
    host_conn_mark(context);
}

static void link_fault(void *context, const char *why)
{
    struct host_conn *conn = context;
    if (conn->peer)
        peer_host_blame(conn->host, &conn->peer->id, HOST_STREAM_POINTS, why);
}

static const struct peer_link_calls link_calls = {.secured = link_secured,
                                                  .find = link_find,
                                                  .output = link_output,
                                                  .fault = link_fault};

void host_conn_secure(struct host_conn *conn, const struct peer_id *expected)
{
    struct peer_host *host = conn->host;
    secret32 keys[2];
    host->transport.ops->random(host->transport.context, keys[0].at, 32);
    host->transport.ops->random(host->transport.context, keys[1].at, 32);
    conn->state = HOST_SECURING;
    conn->link = peer_link_new(&(struct peer_link_config){
        .is_dialer = conn->is_dialer,
        .identity = host->identity,
        .expected = expected,
        .static_key = &keys[0],
        .ephemeral_key = &keys[1],
        .limits = &host->limits.link,
        .calls = &link_calls,
        .context = conn,
        .now_ms = host_now(host),
    });
    secret_fini(&keys[0]);
    secret_fini(&keys[1]);
    if (!conn->is_dialer)
        host->pending_count++;
    host_conn_mark(conn);
}

/* Sends what there is while the transport is not full. */
static void flush(struct host_conn *conn)
{
    struct peer_host *host = conn->host;
    bool more = true;
    conn->in_link = true;
    while (more &&
           host->transport.ops->queued(conn->transport) < HOST_QUEUE_BYTES) {
        host->out.len = 0;
        more = peer_link_take(conn->link, &host->out, HOST_TAKE_BYTES);
        if (host->out.len == 0)
            break;
        host->stats.bytes_out_total += host->out.len;
        host->transport.ops->send(conn->transport, buffer_bytes(&host->out));
    }
    conn->in_link = false;
}

/* A fault of the other side, or time is up: the link is over. */
static void link_failed(struct host_conn *conn, loft_err code)
{
    struct peer_host *host = conn->host;
    const char *why = err_sentence();
    if (conn->state == HOST_SECURING) {
        if (!conn->is_dialer)
            host_refused(host, PEER_HOST_HANDSHAKE, why);
    } else if (conn->peer && code != LOFT_ERR_TIMEOUT) {
        peer_host_blame(host, &conn->peer->id, HOST_FAULT_POINTS, why);
    }
    /* What is left to say to a stranger is worth no lingering socket. */
    host_conn_doom(conn, conn->state == HOST_OPEN, why);
}

static void tick_link(struct host_conn *conn)
{
    conn->in_link = true;
    loft_err code = peer_link_tick(conn->link, host_now(conn->host),
                                   &conn->tick_ms);
    conn->in_link = false;
    if (code != LOFT_OK)
        link_failed(conn, code);
}

/* Calls that came due send more, and what was sent makes more calls due: a few
 * rounds of that, and the rest when others have had their turn. */
static void settle_since(struct host_conn *conn, uint64_t began_us)
{
    for (int i = 0; i < HOST_ROUNDS_MAX && conn->link && !conn->is_doomed;
         i++) {
        conn->wants = false;
        tick_link(conn);
        if (!conn->is_doomed)
            flush(conn);
        if (!conn->wants)
            break;
    }
    host_turn_spend(conn, began_us);
    if (conn->is_doomed) {
        host_conn_close(conn);
        return;
    }
    if (!conn->link)
        return;
    if (conn->wants)
        host_conn_mark(conn);
    host_count_memory(conn, peer_link_stats(conn->link).memory_bytes);
    host_tick_by(conn->host, conn->tick_ms);
}

void host_conn_settle(struct host_conn *conn)
{
    settle_since(conn, host_now_us(conn->host));
}

static void unlist(struct host_conn *conn)
{
    struct peer_host *host = conn->host;
    if (conn->next)
        conn->next->prev = conn->prev;
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        host->conns = conn->next;
    if (host->tick_next == conn)
        host->tick_next = conn->next;
    host->conn_count--;
    ring_remove(&conn->in_waiting);
    if (conn->state == HOST_SECURING && !conn->is_dialer)
        host->pending_count--;
    if (conn->state == HOST_OPEN)
        host->open_count--;
    if (conn->is_dirty)
        VEC_FOR_EACH (one, &host->dirty)
            if (*one == conn)
                *one = NULL;
    host_uncount_ip(conn);
    host_count_memory(conn, 0);
}

/* Its streams end first, so that who is told of the loss has none left. */
static void free_link(struct host_conn *conn)
{
    struct peer_link *link = conn->link;
    if (!link)
        return;
    if (conn->is_graceful && !conn->is_over) {
        peer_link_part(link);
        flush(conn);
    }
    conn->in_link = true;
    peer_link_free(link);
    conn->link = NULL;
}

void host_conn_close(struct host_conn *conn)
{
    struct peer_host *host = conn->host;
    char text[HOST_ID_TEXT_BYTES];
    ASSERT(!conn->in_link);
    conn->is_doomed = true;
    if (conn->peer)
        log_debug("peer_gone", "peer=%s why=%s",
                  host_id_text(text, &conn->peer->id), conn->why);
    unlist(conn);
    host_ping_forget(conn);
    free_link(conn);
    if (conn->transport)
        host->transport.ops->close(conn->transport,
                                   !conn->is_graceful || conn->is_over);
    if (conn->peer)
        host_peer_leave(conn->peer, conn);
    if (conn->dial)
        host_dial_lost(conn->dial, conn->why);
    buffer_free(&conn->addr);
    /* The calls above may have marked it. */
    VEC_FOR_EACH (one, &host->dirty)
        if (*one == conn)
            *one = NULL;
    free(conn);
}

/* What the transport says */

static void on_connected(void *context)
{
    struct host_conn *conn = context;
    if (conn->is_doomed)
        return;
    host_conn_secure(
        conn, conn->dial && conn->dial->peer ? &conn->dial->peer->id : NULL);
    host_conn_settle(conn);
}

static void on_got(void *context, bytes data)
{
    struct host_conn *conn = context;
    if (conn->is_doomed || !conn->link)
        return;
    uint64_t began_us = host_now_us(conn->host);
    conn->host->stats.bytes_in_total += data.len;
    conn->in_link = true;
    loft_err code = peer_link_receive(conn->link, data, host_now(conn->host));
    conn->in_link = false;
    if (code != LOFT_OK)
        link_failed(conn, code);
    settle_since(conn, began_us);
}

static void on_drained(void *context)
{
    host_conn_settle(context);
}

static void on_ended(void *context, const char *why)
{
    struct host_conn *conn = context;
    conn->is_over = true;
    if (!conn->is_doomed) {
        if (conn->state == HOST_SECURING && !conn->is_dialer)
            conn->host->stats.refused_total[PEER_HOST_HANDSHAKE]++;
        snprintf(conn->why, sizeof conn->why, "%s", why);
    }
    host_conn_close(conn);
}

const struct transport_user host_conn_user = {.connected = on_connected,
                                              .got = on_got,
                                              .drained = on_drained,
                                              .ended = on_ended};

/* Those that are marked meanwhile have their turn in the next round. */
void host_pump(void *context)
{
    struct peer_host *host = context;
    size_t count = host->dirty.len;
    host->pump_set = false;
    for (size_t i = 0; i < count; i++) {
        struct host_conn *conn = host->dirty.at[i];
        if (!conn)
            continue;
        host->dirty.at[i] = NULL;
        conn->is_dirty = false;
        host_conn_settle(conn);
    }
    host->dirty.len -= count;
    if (host->dirty.len) {
        memmove(host->dirty.at, host->dirty.at + count,
                host->dirty.len * sizeof *host->dirty.at);
        pump_soon(host);
    }
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When this one needs a look again. */
static uint64_t tick_conn(struct host_conn *conn, uint64_t now)
{
    uint64_t next = UINT64_MAX;
    if (conn->state == HOST_DIALING && !conn->is_doomed) {
        if (now - conn->begun_ms >= HOST_DIAL_MS)
            host_conn_doom(conn, false, "no answer");
        next = conn->begun_ms + HOST_DIAL_MS;
    }
    if (conn->peer && !conn->is_doomed) {
        next = host_ping_step(conn, now);
        if (conn == conn->peer->conns[0])
            next = least(next, host_peer_settle(conn->peer, now));
    }
    if (conn->tick_ms <= now)
        host_conn_settle(conn);
    else
        next = least(next, conn->tick_ms);
    return next;
}

static void save(struct peer_host *host, uint64_t now)
{
    if (!host->must_save && now - host->saved_ms < HOST_SAVE_MS)
        return;
    host->must_save = false;
    host->saved_ms = now;
    if (peer_store_save(host->store) != LOFT_OK)
        log_warn("peers_unsaved", "why=%s", err_sentence());
}

void host_tick(void *context)
{
    struct peer_host *host = context;
    uint64_t now = host_now(host), next = UINT64_MAX;
    host->tick_at = 0;
    /* A connection through a relay ends inside of the one to the relay. */
    for (struct host_conn *conn = host->conns; conn; conn = host->tick_next) {
        host->tick_next = conn->next;
        next = least(next, tick_conn(conn, now));
    }
    host_trim(host, now);
    host_forget_ips(host, now);
    next = least(next, host_keeps_step(host, now));
    next = least(next, host_dials_step(host, now));
    save(host, now);
    if (host->must_push)
        host_identify_push(host);
    if (host->conns || host->dials || host->keeps.len)
        host_tick_by(host, next);
}
