#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "codec/uvarint.h"
#include "p2p/host_core.h"

/* Addresses */

bool host_addr_is_relayed(bytes addr)
{
    struct multiaddr_part part;
    while (addr.len && multiaddr_next(&part, &addr) == LOFT_OK)
        if (part.code == MULTIADDR_P2P_CIRCUIT)
            return true;
    return false;
}

bytes host_addr_without_peer(bytes addr)
{
    struct multiaddr_part part;
    bytes rest = addr;
    size_t before = 0;
    if (host_addr_is_relayed(addr))
        return addr;
    while (rest.len) {
        before = addr.len - rest.len;
        if (multiaddr_next(&part, &rest) != LOFT_OK)
            return addr;
    }
    return addr.len && part.code == MULTIADDR_P2P ? bytes_of(addr.at, before)
                                                  : addr;
}

/* The peer that the address ends with, if it does. */
static bool peer_of_addr(struct peer_id *out, bytes addr)
{
    struct multiaddr_part part = {0};
    while (addr.len)
        if (multiaddr_next(&part, &addr) != LOFT_OK)
            return false;
    return part.code == MULTIADDR_P2P &&
           peer_id_read(out, part.value) == LOFT_OK;
}

static bool has_addr(const struct host_dial *dial, bytes addr)
{
    VEC_FOR_EACH (one, &dial->addrs)
        if (bytes_equal(bytes_of(one->at, one->len), addr))
            return true;
    return false;
}

static void put_peer(struct buffer *out, const struct peer_id *id)
{
    uvarint_put(out, MULTIADDR_P2P);
    uvarint_put(out, id->len);
    buffer_put_bytes(out, peer_id_bytes(id));
}

/* An address that names another peer is not this one's. A relay is told whom
 * is meant, also where the address leaves it out. */
static void add_addr(struct host_dial *dial, bytes addr)
{
    struct buffer full = {0};
    struct peer_id named;
    bool names = peer_of_addr(&named, addr);
    if (multiaddr_check(addr) != LOFT_OK ||
        dial->addrs.len == HOST_DIAL_ADDRS_MAX ||
        (names && dial->peer && !peer_id_equal(&named, &dial->peer->id)))
        return;
    buffer_put_bytes(&full, host_addr_without_peer(addr));
    if (!names && dial->peer && host_addr_is_relayed(addr))
        put_peer(&full, &dial->peer->id);
    if (full.len && full.len <= MULTIADDR_BYTES_MAX &&
        !has_addr(dial, buffer_bytes(&full))) {
        struct host_addr one = {.len = (uint16_t)full.len};
        memcpy(one.at, full.at, full.len);
        VEC_PUSH(&dial->addrs, one);
    }
    buffer_free(&full);
}

static void add_known(struct host_dial *dial, const struct peer_id *id)
{
    struct peer_entry entry;
    if (!peer_store_find(dial->host->store, id, &entry))
        return;
    for (size_t i = 0; i < entry.addr_count; i++)
        add_addr(dial, entry.addrs[i]);
}

/* Dials */

static void unlist(struct host_dial *dial)
{
    struct peer_host *host = dial->host;
    if (dial->next)
        dial->next->prev = dial->prev;
    if (dial->prev)
        dial->prev->next = dial->next;
    else
        host->dials = dial->next;
    if (dial->is_started)
        host->dials_running--;
    else
        host->dials_waiting--;
}

/* Attempts that still run are given up. */
void host_dial_free(struct host_dial *dial)
{
    struct host_peer *peer = dial->peer;
    for (struct host_conn *conn = dial->host->conns; conn; conn = conn->next)
        if (conn->dial == dial) {
            conn->dial = NULL;
            host_conn_doom(conn, false, "another address was faster");
        }
    unlist(dial);
    VEC_FREE(&dial->addrs);
    if (dial->keep)
        dial->keep->dial = NULL;
    free(dial);
    if (peer) {
        peer->dial = NULL;
        host_peer_release(peer);
    }
}

static struct host_dial *dial_new(struct peer_host *host,
                                  const struct peer_id *id)
{
    struct host_dial *dial = MEMORY_NEW(struct host_dial);
    dial->host = host;
    dial->next = host->dials;
    if (dial->next)
        dial->next->prev = dial;
    host->dials = dial;
    host->dials_waiting++;
    if (id) {
        dial->peer = host_peer_make(host, id);
        dial->peer->dial = dial;
    }
    return dial;
}

static loft_err check_peer(struct peer_host *host, const struct peer_id *id,
                           bool is_kept)
{
    const struct host_peer *peer = host_peer_find(host, id);
    uint64_t now = host_now(host);
    if (peer_id_equal(id, &host->id))
        return err_say(LOFT_ERR_REFUSED, "the peer is this one");
    if (peer_host_is_banned(host, id))
        return err_say(LOFT_ERR_REFUSED, "the peer is banned");
    if (!is_kept && peer && peer->backoff_ms > now)
        return err_say(
            LOFT_ERR_LIMIT, "the peer did not answer: again in %llu seconds",
            (unsigned long long)(peer->backoff_ms - now + 999) / 1000);
    return LOFT_OK;
}

/* What is asked for is begun by the clock, so that nobody is told of anything
 * from inside. */
loft_err host_dial_begin(struct peer_host *host, const struct peer_id *id,
                         const bytes *addrs, size_t count,
                         struct host_keep *keep)
{
    const struct host_peer *known = id ? host_peer_find(host, id) : NULL;
    if (host->is_closing)
        return err_say(LOFT_ERR_REFUSED, "the host is closing");
    if (id)
        TRY(check_peer(host, id, keep != NULL));
    if (known && (known->dial || known->conns[0]))
        return LOFT_OK;
    if (host->dials_waiting >= HOST_DIALS_WAITING_MAX)
        return err_say(LOFT_ERR_LIMIT, "more than %d dials wait",
                       HOST_DIALS_WAITING_MAX);
    struct host_dial *dial = dial_new(host, id);
    for (size_t i = 0; i < count; i++)
        add_addr(dial, addrs[i]);
    if (id && (count == 0 || keep))
        add_known(dial, id);
    if (dial->addrs.len == 0) {
        host_dial_free(dial);
        return err_say(LOFT_ERR_NOT_FOUND, "no address of the peer is known");
    }
    dial->keep = keep;
    if (keep)
        keep->dial = dial;
    dial->next_ms = host_now(host);
    host_tick_by(host, 0);
    return LOFT_OK;
}

static void note_why(struct host_dial *dial, const char *why)
{
    snprintf(dial->why, sizeof dial->why, "%s", why);
}

static void attempt(struct host_dial *dial)
{
    struct peer_host *host = dial->host;
    const struct host_addr *to = &dial->addrs.at[dial->tried++];
    bytes addr = bytes_of(to->at, to->len);
    struct host_conn *conn = host_conn_new(host, addr, true);
    loft_err code = host->transport.ops->dial(
        host->transport.context, &conn->transport, addr, &host_conn_user, conn);
    if (code != LOFT_OK) {
        note_why(dial, err_sentence());
        conn->transport = NULL;
        host_conn_close(conn);
        return;
    }
    conn->dial = dial;
    dial->running++;
}

void host_dial_lost(struct host_dial *dial, const char *why)
{
    note_why(dial, why);
    dial->running--;
    dial->next_ms = 0;
    host_tick_by(dial->host, 0);
}

/* A peer that nobody named is known now, and may be another's dial too. */
void host_dial_won(struct host_dial *dial, struct host_conn *conn)
{
    struct host_keep *keep = dial->keep;
    conn->dial = NULL;
    if (keep)
        keep->peer = conn->peer->id;
    host_dial_free(dial);
}

static uint64_t backoff_of(unsigned losses)
{
    uint64_t pause = HOST_BACKOFF_FIRST_MS;
    for (unsigned i = 1; i < losses && pause < HOST_BACKOFF_MAX_MS; i++)
        pause *= 2;
    return pause < HOST_BACKOFF_MAX_MS ? pause : HOST_BACKOFF_MAX_MS;
}

/* Whom an operator named, he hears of; pauses keep that seldom. */
static void log_unreachable(const struct host_keep *keep, const char *why)
{
    struct buffer text = {0};
    multiaddr_put_text(&text, bytes_of(keep->addr.at, keep->addr.len));
    log_info("peer_unreachable", "address=%.*s why=%s", (int)text.len,
             (const char *)text.at, why);
    buffer_free(&text);
}

static void dial_failed(struct host_dial *dial)
{
    struct peer_host *host = dial->host;
    struct host_peer *peer = dial->peer;
    char why[HOST_WHY_BYTES], text[HOST_ID_TEXT_BYTES];
    memcpy(why, dial->why, sizeof why);
    host->stats.dials_failed_total++;
    if (dial->keep)
        log_unreachable(dial->keep, why);
    else
        log_debug("dial_failed", "peer=%s why=%s",
                  peer ? host_id_text(text, &peer->id) : "?", why);
    if (peer) {
        peer->pins++;
        peer->dials_lost++;
        peer->backoff_ms = host_now(host) + backoff_of(peer->dials_lost);
    }
    host_dial_free(dial);
    host_tell_failed(host, peer ? &peer->id : NULL, why);
    if (peer) {
        peer->pins--;
        host_peer_release(peer);
    }
}

static bool may_start(const struct peer_host *host)
{
    return host->dials_running < host->limits.dials_max &&
           host->conn_count < host->limits.conns_max;
}

static void start(struct host_dial *dial)
{
    dial->is_started = true;
    dial->host->dials_waiting--;
    dial->host->dials_running++;
}

/* Returns when it needs a look again. */
static uint64_t step(struct host_dial *dial, uint64_t now)
{
    bool is_needless = dial->peer && dial->peer->conns[0] && !dial->running;
    if (is_needless) {
        host_dial_free(dial);
        return UINT64_MAX;
    }
    if (!dial->is_started && !may_start(dial->host))
        return now + HOST_TICK_MS;
    if (!dial->is_started)
        start(dial);
    while (dial->tried < dial->addrs.len &&
           (now >= dial->next_ms || !dial->running)) {
        attempt(dial);
        dial->next_ms = now + HOST_DIAL_STAGGER_MS;
    }
    if (!dial->running) {
        dial_failed(dial);
        return UINT64_MAX;
    }
    return dial->tried < dial->addrs.len ? dial->next_ms : UINT64_MAX;
}

/* Who is told of a failure may begin other dials, but they go in front. */
uint64_t host_dials_step(struct peer_host *host, uint64_t now)
{
    uint64_t next = UINT64_MAX;
    for (struct host_dial *dial = host->dials, *after; dial; dial = after) {
        after = dial->next;
        uint64_t one = step(dial, now);
        if (one < next)
            next = one;
    }
    return next;
}

loft_err peer_host_connect(struct peer_host *host, const struct peer_id *peer,
                           const bytes *addrs, size_t addr_count)
{
    struct peer_id named;
    /* An address may say who is there. */
    if (!peer && addr_count == 1 && peer_of_addr(&named, addrs[0]))
        peer = &named;
    return host_dial_begin(host, peer, addrs, addr_count, NULL);
}

/* Peers that are kept up */

static bool is_up(const struct host_keep *keep)
{
    return keep->peer.len && peer_host_is_connected(keep->host, &keep->peer);
}

/* A quarter more or less, so that those who lost one peer at once do not come
 * back at once. */
static uint64_t jitter(struct peer_host *host, uint64_t pause)
{
    uint8_t draw[2];
    host->transport.ops->random(host->transport.context, draw, sizeof draw);
    return pause * 3 / 4 + pause / 2 * load_be16(draw) / 65535;
}

static uint64_t after_pause(struct host_keep *keep, uint64_t now)
{
    keep->next_ms = now + jitter(keep->host, keep->pause_ms);
    keep->pause_ms *= 2;
    if (keep->pause_ms > HOST_KEEP_MAX_MS)
        keep->pause_ms = HOST_KEEP_MAX_MS;
    return keep->next_ms;
}

static void came_up(struct host_keep *keep, uint64_t now)
{
    char text[HOST_ID_TEXT_BYTES];
    keep->up_ms = now;
    log_info("peer_reached", "peer=%s", host_id_text(text, &keep->peer));
}

static uint64_t keep_step(struct host_keep *keep, uint64_t now)
{
    bytes addr = bytes_of(keep->addr.at, keep->addr.len);
    if (is_up(keep)) {
        if (!keep->was_up)
            came_up(keep, now);
        if (now - keep->up_ms >= HOST_KEEP_STABLE_MS)
            keep->pause_ms = HOST_KEEP_FIRST_MS;
        keep->was_up = true;
        return UINT64_MAX;
    }
    if (keep->was_up) {
        keep->was_up = false;
        return after_pause(keep, now);
    }
    if (keep->dial || now < keep->next_ms)
        return keep->dial ? UINT64_MAX : keep->next_ms;
    /* A ban, or too many dials, may be over the next time. */
    (void)!host_dial_begin(keep->host, keep->has_peer ? &keep->peer : NULL,
                           &addr, 1, keep);
    return after_pause(keep, now);
}

uint64_t host_keeps_step(struct peer_host *host, uint64_t now)
{
    uint64_t next = UINT64_MAX;
    VEC_FOR_EACH (keep, &host->keeps) {
        uint64_t one = keep_step(*keep, now);
        if (one < next)
            next = one;
    }
    return next;
}

loft_err peer_host_keep(struct peer_host *host, const struct peer_id *peer,
                        bytes addr)
{
    struct peer_id named;
    TRY(multiaddr_check(addr));
    if (addr.len > MULTIADDR_BYTES_MAX)
        return err_say(LOFT_ERR_LIMIT, "an address of %zu bytes", addr.len);
    if (host->keeps.len >= HOST_KEEPS_MAX)
        return err_say(LOFT_ERR_LIMIT, "more than %d peers to be kept up",
                       HOST_KEEPS_MAX);
    if (!peer && peer_of_addr(&named, addr))
        peer = &named;
    if (peer && peer_id_equal(peer, &host->id))
        return err_say(LOFT_ERR_REFUSED, "the peer is this one");
    struct host_keep *keep = MEMORY_NEW(struct host_keep);
    keep->host = host;
    keep->has_peer = peer != NULL;
    if (peer)
        keep->peer = host_key_of(peer);
    memcpy(keep->addr.at, addr.at, addr.len);
    keep->addr.len = (uint16_t)addr.len;
    keep->pause_ms = HOST_KEEP_FIRST_MS;
    VEC_PUSH(&host->keeps, keep);
    host_tick_by(host, 0);
    return LOFT_OK;
}

static bool is_kept_by(const struct host_keep *keep, const struct peer_id *id)
{
    return keep->peer.len && peer_id_equal(&keep->peer, id);
}

bool host_is_kept(const struct peer_host *host, const struct peer_id *id)
{
    VEC_FOR_EACH (keep, &host->keeps)
        if (is_kept_by(*keep, id))
            return true;
    return false;
}

void host_unkeep(struct peer_host *host, const struct peer_id *id)
{
    size_t left = 0;
    VEC_FOR_EACH (one, &host->keeps) {
        struct host_keep *keep = *one;
        if (!is_kept_by(keep, id)) {
            host->keeps.at[left++] = keep;
            continue;
        }
        if (keep->dial)
            keep->dial->keep = NULL;
        free(keep);
    }
    host->keeps.len = left;
}
