#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "p2p/host_core.h"

/* What lies behind an id's length is no part of it. */
struct peer_id host_key_of(const struct peer_id *id)
{
    struct peer_id key;
    memset(&key, 0, sizeof key);
    memcpy(key.at, id->at, id->len);
    key.len = id->len;
    return key;
}

const char *host_id_text(char out[HOST_ID_TEXT_BYTES], const struct peer_id *id)
{
    struct buffer text = {0};
    peer_id_put_text(&text, id);
    snprintf(out, HOST_ID_TEXT_BYTES, "%.*s", (int)text.len,
             text.len ? (const char *)text.at : "");
    buffer_free(&text);
    return out;
}

struct host_peer *host_peer_find(const struct peer_host *host,
                                 const struct peer_id *id)
{
    struct peer_id key = host_key_of(id);
    struct host_peer **at = map_get(&host->peers, &key);
    return at ? *at : NULL;
}

double host_peer_blame(const struct host_peer *peer, uint64_t now_ms)
{
    double halves = (double)(now_ms - peer->blamed_ms) / HOST_BLAME_HALF_MS;
    return peer->blame * exp2(-halves);
}

static bool is_idle(const struct host_peer *peer)
{
    return !peer->conns[0] && !peer->dial && !peer->pins &&
           peer->tags.len == 0 && peer->protections.len == 0;
}

/* Nothing that would be missed: faults and failed dials are old. */
static bool is_forgettable(const struct host_peer *peer, uint64_t now_ms)
{
    return is_idle(peer) && host_peer_blame(peer, now_ms) < 1 &&
           peer->backoff_ms <= now_ms;
}

static void drop(struct host_peer *peer)
{
    struct peer_id key = host_key_of(&peer->id);
    map_remove(&peer->host->peers, &key);
    host_peer_free(peer);
}

/* Of so many peers without a connection some are forgotten before their time:
 * first those whose time has come, else whichever stands first. */
static void make_room(struct peer_host *host)
{
    uint64_t now = host_now(host);
    size_t before = host->peers.len;
    for (uint32_t i = host->peers.len; i-- > 0;) {
        struct host_peer *peer = *(struct host_peer **)map_value_at(
            &host->peers, i);
        if (is_forgettable(peer, now))
            drop(peer);
    }
    for (uint32_t i = host->peers.len; i-- > 0 && host->peers.len == before;) {
        struct host_peer *peer = *(struct host_peer **)map_value_at(
            &host->peers, i);
        if (is_idle(peer))
            drop(peer);
    }
}

struct host_peer *host_peer_make(struct peer_host *host,
                                 const struct peer_id *id)
{
    struct host_peer *peer = host_peer_find(host, id);
    struct peer_id key = host_key_of(id);
    if (peer)
        return peer;
    if (host->peers.len >= HOST_PEERS_MAX)
        make_room(host);
    peer = MEMORY_NEW(struct host_peer);
    peer->host = host;
    peer->id = key;
    *(struct host_peer **)map_put(&host->peers, &key, NULL) = peer;
    return peer;
}

void host_peer_free(struct host_peer *peer)
{
    VEC_FOR_EACH (tag, &peer->tags)
        free(tag->name);
    VEC_FOR_EACH (name, &peer->protections)
        free(*name);
    VEC_FREE(&peer->tags);
    VEC_FREE(&peer->protections);
    host_identity_free(peer->identity);
    free(peer);
}

void host_peer_release(struct host_peer *peer)
{
    if (is_forgettable(peer, host_now(peer->host)))
        drop(peer);
}

/* Connections of one peer */

static void use_conn(struct host_peer *peer, struct host_conn *conn)
{
    char text[HOST_ID_TEXT_BYTES];
    bytes dialed = conn->is_dialer ? buffer_bytes(&conn->addr) : BYTES_EMPTY;
    peer->conns[0] = conn;
    conn->retire_ms = conn->probe_ms = 0;
    log_debug("peer_here", "peer=%s dialer=%d", host_id_text(text, &peer->id),
              conn->is_dialer);
    VEC_PUSH(&peer->host->connected, peer->id);
    peer_store_saw(peer->host->store, &peer->id, dialed,
                   host_unix_ms(peer->host));
    host_tell_connected(peer->host, &peer->id);
}

static void unuse_conn(struct host_peer *peer)
{
    struct peer_host *host = peer->host;
    peer->conns[0] = NULL;
    for (size_t i = 0; i < host->connected.len; i++)
        if (peer_id_equal(&host->connected.at[i], &peer->id)) {
            host->connected.len--;
            memmove(&host->connected.at[i], &host->connected.at[i + 1],
                    (host->connected.len - i) * sizeof *host->connected.at);
            break;
        }
    host_tell_disconnected(host, &peer->id);
}

/* The other one takes the place; the first goes when that has retired. */
static void swap_conns(struct host_peer *peer, struct host_conn *used,
                       uint64_t retire_ms)
{
    struct host_conn *old = peer->conns[0];
    peer->pins++;
    unuse_conn(peer);
    peer->conns[1] = old;
    old->retire_ms = retire_ms;
    old->probe_ms = 0;
    use_conn(peer, used);
    peer->pins--;
}

static bool dialed_by_smaller(const struct host_conn *conn)
{
    bool ours_is_smaller = bytes_compare(peer_id_bytes(&conn->host->id),
                                         peer_id_bytes(&conn->peer->id)) < 0;
    return conn->is_dialer == ours_is_smaller;
}

/* Both peers dialed: both know which of the two stays. */
static void settle_at_once(struct host_peer *peer, struct host_conn *fresh,
                           uint64_t now)
{
    if (dialed_by_smaller(fresh)) {
        peer->conns[1] = NULL;
        swap_conns(peer, fresh, now + HOST_RETIRE_MS);
        return;
    }
    peer->conns[1] = fresh;
    fresh->retire_ms = now + HOST_RETIRE_MS;
}

/* The other side dialed although we hold a connection: it has lost it, or not
 * noticed yet. The old one may stay if it lives. */
static void probe_old(struct host_peer *peer, struct host_conn *fresh,
                      uint64_t now)
{
    peer->conns[1] = fresh;
    fresh->probe_ms = now + HOST_PROBE_MS;
    host_ping_start(peer->conns[0]);
}

static void join_second(struct host_peer *peer, struct host_conn *fresh)
{
    uint64_t now = host_now(peer->host);
    const struct host_conn *old = peer->conns[0];
    bool at_once = old->is_dialer != fresh->is_dialer &&
                   now - old->secured_ms < HOST_AT_ONCE_MS;
    if (peer->conns[1]) {
        host_refused(peer->host, PEER_HOST_DUPLICATE, "a third connection");
        host_conn_doom(fresh, true, "a third connection");
    } else if (at_once) {
        settle_at_once(peer, fresh, now);
    } else if (fresh->is_dialer) {
        host_conn_doom(fresh, true, "connected already");
    } else {
        probe_old(peer, fresh, now);
    }
    host_tick_by(peer->host, now + HOST_RETIRE_MS);
}

void host_peer_join(struct host_peer *peer, struct host_conn *conn)
{
    /* Each connection begins with a question. */
    peer->asks = peer->pushes = (struct host_rate){0};
    if (!peer->conns[0])
        use_conn(peer, conn);
    else
        join_second(peer, conn);
}

void host_peer_leave(struct host_peer *peer, struct host_conn *conn)
{
    struct host_conn *other = peer->conns[1];
    if (peer->host->is_closing) {
        peer->conns[0] = peer->conns[1] = NULL;
        return;
    }
    peer->pins++;
    if (other == conn)
        peer->conns[1] = NULL;
    if (peer->conns[0] == conn) {
        peer->conns[1] = NULL;
        unuse_conn(peer);
        if (other && other != conn && !other->is_doomed)
            use_conn(peer, other);
    }
    peer->pins--;
    host_peer_release(peer);
}

uint64_t host_peer_settle(struct host_peer *peer, uint64_t now_ms)
{
    struct host_conn *second = peer->conns[1];
    if (!second || second->is_doomed)
        return UINT64_MAX;
    if (second->retire_ms) {
        if (now_ms < second->retire_ms)
            return second->retire_ms;
        peer->host->stats.refused_total[PEER_HOST_DUPLICATE]++;
        host_conn_doom(second, true, "a second connection");
        return UINT64_MAX;
    }
    if (now_ms < second->probe_ms)
        return second->probe_ms;
    swap_conns(peer, second, now_ms);
    return now_ms;
}

void host_peer_lives(struct host_peer *peer, struct host_conn *conn)
{
    struct host_conn *second = peer->conns[1];
    if (conn != peer->conns[0] || !second || !second->probe_ms)
        return;
    second->probe_ms = 0;
    second->retire_ms = host_now(peer->host) + HOST_RETIRE_MS;
}

/* Tags and protections */

static size_t find_tag(const struct host_peer *peer, const char *name)
{
    size_t i = 0;
    while (i < peer->tags.len && strcmp(peer->tags.at[i].name, name) != 0)
        i++;
    return i;
}

int host_peer_value(const struct host_peer *peer)
{
    int sum = 0;
    VEC_FOR_EACH (tag, &peer->tags)
        sum += tag->value;
    return sum;
}

void peer_host_tag(struct peer_host *host, const struct peer_id *id,
                   const char *tag, int value)
{
    struct host_peer *peer = value ? host_peer_make(host, id)
                                   : host_peer_find(host, id);
    if (!peer)
        return;
    size_t at = find_tag(peer, tag);
    if (at == peer->tags.len)
        VEC_PUSH(&peer->tags, ((struct host_tag){memory_string(tag), 0}));
    peer->tags.at[at].value = value;
    if (value == 0) {
        free(peer->tags.at[at].name);
        peer->tags.at[at] = peer->tags.at[--peer->tags.len];
    }
    host_peer_release(peer);
}

static size_t find_protection(const struct host_peer *peer, const char *name)
{
    size_t i = 0;
    while (i < peer->protections.len &&
           strcmp(peer->protections.at[i], name) != 0)
        i++;
    return i;
}

void peer_host_protect(struct peer_host *host, const struct peer_id *id,
                       const char *tag, bool is_protected)
{
    struct host_peer *peer = is_protected ? host_peer_make(host, id)
                                          : host_peer_find(host, id);
    if (!peer)
        return;
    size_t at = find_protection(peer, tag);
    if (is_protected && at == peer->protections.len) {
        VEC_PUSH(&peer->protections, memory_string(tag));
    } else if (!is_protected && at < peer->protections.len) {
        free(peer->protections.at[at]);
        peer->protections.at[at] =
            peer->protections.at[--peer->protections.len];
    }
    host_peer_release(peer);
}

/* Bans and blame */

static void doom_all(struct host_peer *peer, const char *why)
{
    for (size_t i = 0; i < 2; i++)
        if (peer->conns[i])
            host_conn_doom(peer->conns[i], true, why);
}

void peer_host_disconnect(struct peer_host *host, const struct peer_id *id)
{
    struct host_peer *peer = host_peer_find(host, id);
    host_unkeep(host, id);
    if (peer)
        doom_all(peer, "disconnected");
}

/* Soon, and many at once: a peer may provoke bans, but not a sync each. */
static void save_soon(struct peer_host *host)
{
    host->must_save = true;
    host_tick_by(host, 0);
}

void peer_host_ban(struct peer_host *host, const struct peer_id *id,
                   uint64_t ms, const char *why)
{
    char text[HOST_ID_TEXT_BYTES];
    struct host_peer *peer = host_peer_find(host, id);
    uint64_t now = host_unix_ms(host);
    uint64_t until = ms && ms < UINT64_MAX - now ? now + ms : UINT64_MAX;
    log_warn("peer_banned", "peer=%s ms=%" PRIu64 " why=%s",
             host_id_text(text, id), ms, why);
    peer_store_ban(host->store, id, until, why);
    save_soon(host);
    if (peer)
        doom_all(peer, why);
}

void peer_host_unban(struct peer_host *host, const struct peer_id *id)
{
    peer_store_ban(host->store, id, 0, "");
    save_soon(host);
}

bool peer_host_is_banned(const struct peer_host *host, const struct peer_id *id)
{
    return peer_store_is_banned(host->store, id, host_unix_ms(host));
}

void peer_host_blame(struct peer_host *host, const struct peer_id *id,
                     unsigned points, const char *why)
{
    char text[HOST_ID_TEXT_BYTES];
    struct host_peer *peer = host_peer_make(host, id);
    uint64_t now = host_now(host);
    peer->blame = host_peer_blame(peer, now) + points;
    peer->blamed_ms = now;
    log_info("peer_fault", "peer=%s points=%u sum=%.0f why=%s",
             host_id_text(text, id), points, peer->blame, why);
    if (peer->blame < HOST_BLAME_MAX)
        return;
    peer->blame = 0;
    host_refused(host, PEER_HOST_FAULT, why);
    peer_host_ban(host, id, HOST_BLAME_BAN_MS, why);
}
