#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "p2p/host_core.h"

const struct peer_host_limits PEER_HOST_LIMITS = {
    .conns_max = 4096,
    .conns_high = 256,
    .conns_per_ip_max = 32,
    .arrivals_per_ip_per_s = 8,
    .pending_max = 256,
    .dials_max = 32,
    .memory_bytes_max = (size_t)512 << 20,
};

static const char *const refusal_names[] = {
#define X(name, text) text,
    PEER_HOST_REFUSALS(X)
#undef X
};

const char *peer_host_refusal_name(enum peer_host_refusal refusal)
{
    return refusal_names[refusal];
}

/* What a stranger can provoke is said once in a while, with how often. */
void host_refused(struct peer_host *host, enum peer_host_refusal why,
                  const char *detail)
{
    uint64_t now = host_now(host);
    uint64_t *said = &host->said_ms[why];
    host->stats.refused_total[why]++;
    host->unsaid[why]++;
    if (*said && now - *said < HOST_SAID_AGAIN_MS)
        return;
    log_warn("peers_refused", "reason=%s times=%" PRIu64 " last=%s",
             refusal_names[why], host->unsaid[why], detail);
    *said = now ? now : 1;
    host->unsaid[why] = 0;
}

/* The first part of an address, where it is an IP and not a relay's. */
static bool ip_of(struct multiaddr_part *out, bytes addr)
{
    bytes rest = addr;
    return !host_addr_is_relayed(addr) &&
           multiaddr_next(out, &rest) == LOFT_OK &&
           (out->code == MULTIADDR_IP4 || out->code == MULTIADDR_IP6);
}

bool host_addr_is_loopback(bytes addr)
{
    static const uint8_t one[16] = {[15] = 1};
    struct multiaddr_part ip;
    if (!ip_of(&ip, addr))
        return false;
    return ip.code == MULTIADDR_IP4 ? ip.value.at[0] == 127
                                    : memcmp(ip.value.at, one, 16) == 0;
}

bool host_addr_is_any(bytes addr)
{
    static const uint8_t any[16];
    struct multiaddr_part ip;
    return ip_of(&ip, addr) && memcmp(ip.value.at, any, ip.value.len) == 0;
}

/* An IPv4 address, or the part of an IPv6 one that one household gets. */
static bool ip_key(uint8_t out[8], bytes addr)
{
    struct multiaddr_part ip;
    memset(out, 0, 8);
    if (!ip_of(&ip, addr) || host_addr_is_loopback(addr))
        return false;
    out[0] = (uint8_t)ip.code;
    memcpy(out + 1, ip.value.at, ip.code == MULTIADDR_IP4 ? 4 : 7);
    return true;
}

bool host_rate_take(struct host_rate *rate, uint64_t now_ms, unsigned per_s,
                    unsigned burst)
{
    uint64_t each_ms = 1000 / per_s, all_ms = burst * each_ms;
    uint64_t full_ms = rate->full_ms > now_ms ? rate->full_ms : now_ms;
    if (full_ms + each_ms > now_ms + all_ms)
        return false;
    rate->full_ms = full_ms + each_ms;
    return true;
}

void host_count_ip(struct host_conn *conn)
{
    conn->counts_ip = ip_key(conn->ip, buffer_bytes(&conn->addr));
    if (conn->counts_ip)
        ((struct host_ip *)map_put(&conn->host->ips, conn->ip, NULL))->conns++;
}

void host_uncount_ip(struct host_conn *conn)
{
    if (!conn->counts_ip)
        return;
    struct host_ip *ip = map_get(&conn->host->ips, conn->ip);
    ip->conns--;
    conn->counts_ip = false;
}

/* Addresses that nobody is connected from, and whose rate is whole again. */
void host_forget_ips(struct peer_host *host, uint64_t now_ms)
{
    for (uint32_t i = host->ips.len; i-- > 0;) {
        const struct host_ip *ip = map_value_at(&host->ips, i);
        uint8_t key[8];
        if (ip->conns > 0 || ip->arrivals.full_ms > now_ms)
            continue;
        memcpy(key, map_key_at(&host->ips, i), sizeof key);
        map_remove(&host->ips, key);
    }
}

/* Bursts of as many as may stay. */
static bool may_come_from(struct peer_host *host, const uint8_t key[8])
{
    struct host_ip *ip = map_put(&host->ips, key, NULL);
    const struct peer_host_limits *limits = &host->limits;
    if (ip->conns >= limits->conns_per_ip_max) {
        host_refused(host, PEER_HOST_ADDRESS, "too many from one address");
        return false;
    }
    if (limits->arrivals_per_ip_per_s &&
        !host_rate_take(&ip->arrivals, host_now(host),
                        limits->arrivals_per_ip_per_s,
                        limits->conns_per_ip_max)) {
        host_refused(host, PEER_HOST_ARRIVALS, "one address comes too often");
        return false;
    }
    return true;
}

/* New ones are put in front, so the last of the list is the oldest. */
static void drop_oldest_pending(struct peer_host *host)
{
    struct host_conn *oldest = NULL;
    for (struct host_conn *conn = host->conns; conn; conn = conn->next)
        if (conn->state == HOST_SECURING && !conn->is_dialer &&
            !conn->is_doomed)
            oldest = conn;
    host_refused(host, PEER_HOST_PENDING, "the oldest handshake gave way");
    if (oldest)
        host_conn_doom(oldest, false, "too many handshakes");
}

bool host_may_accept(struct peer_host *host, bytes addr)
{
    uint8_t ip[8];
    if (host->conn_count >= host->limits.conns_max) {
        host_refused(host, PEER_HOST_CONNECTIONS, "too many connections");
        return false;
    }
    if (host->memory_bytes >= host->limits.memory_bytes_max) {
        host_refused(host, PEER_HOST_MEMORY, "connections hold too much");
        return false;
    }
    if (ip_key(ip, addr) && !may_come_from(host, ip))
        return false;
    if (host->pending_count >= host->limits.pending_max)
        drop_oldest_pending(host);
    return true;
}

/* Whoever holds most goes where all together hold too much. */
static void drop_largest(struct peer_host *host)
{
    struct host_conn *largest = NULL;
    for (struct host_conn *conn = host->conns; conn; conn = conn->next)
        if (!conn->is_doomed &&
            (!largest || conn->memory_bytes > largest->memory_bytes))
            largest = conn;
    if (!largest)
        return;
    host_refused(host, PEER_HOST_MEMORY, "the one that held most");
    host_conn_doom(largest, false, "connections hold too much memory");
}

void host_count_memory(struct host_conn *conn, size_t bytes_now)
{
    struct peer_host *host = conn->host;
    bool grows = bytes_now > conn->memory_bytes;
    host->memory_bytes += bytes_now - conn->memory_bytes;
    conn->memory_bytes = bytes_now;
    if (grows && host->memory_bytes > host->limits.memory_bytes_max)
        drop_largest(host);
}

/* Our pings are no use of a connection. */
static bool is_used(const struct host_conn *conn)
{
    struct peer_link_stats stats = peer_link_stats(conn->link);
    return stats.streams_in + stats.streams_out > (conn->ping ? 1u : 0u);
}

static bool may_go(const struct host_conn *conn, uint64_t now)
{
    return conn->state == HOST_OPEN && conn->peer && !conn->is_doomed &&
           conn->peer->protections.len == 0 &&
           !host_is_kept(conn->host, &conn->peer->id) &&
           now - conn->secured_ms >= HOST_NEW_MS && !is_used(conn);
}

/* Of equal ones the youngest: who floods us with peers does not drive out
 * those that were there before. */
static bool goes_first(const struct host_conn *a, const struct host_conn *b)
{
    int value_a = host_peer_value(a->peer), value_b = host_peer_value(b->peer);
    return value_a != value_b ? value_a < value_b
                              : a->secured_ms > b->secured_ms;
}

void host_trim(struct peer_host *host, uint64_t now)
{
    unsigned surplus = host->open_count > host->limits.conns_high
                           ? host->open_count - host->limits.conns_high
                           : 0;
    for (; surplus; surplus--) {
        struct host_conn *first = NULL;
        for (struct host_conn *conn = host->conns; conn; conn = conn->next)
            if (may_go(conn, now) && (!first || goes_first(conn, first)))
                first = conn;
        if (!first)
            return;
        host_refused(host, PEER_HOST_SURPLUS, "more than are wanted");
        host_conn_doom(first, true, "more connections than are wanted");
    }
}
