/* Whose turn it is. In one turn of the loop connections get TURN_US of
 * processor time together; those that used up their share of late wait, unread,
 * until all others of their kind have had as much. So whoever asks little is
 * answered in a few milliseconds, however much the others ask, and no time is
 * left unused. A connection that has not shown who it is has no share.
 */
#include <inttypes.h>

#include "base/log.h"
#include "p2p/host_core.h"

#define TURN_US 1000
#define SHARE_US 250
#define SHARE_PART 64  /* of the time that passes, a connection may use up */
#define COST_MIN_US 20 /* of letting one go on */
#define WAITS_SAID 100 /* in a minute: then it is named */

uint64_t host_now_us(const struct peer_host *host)
{
    const struct transport *transport = &host->transport;
    return transport->ops->now_us
               ? transport->ops->now_us(transport->context)
               : transport->ops->now_ms(transport->context) * 1000;
}

static void begin_turn(struct peer_host *host)
{
    if (host->turn_set)
        return;
    host->turn_set = true;
    host->transport.ops->timer_start(host->turn, 0);
}

static bool is_light(const struct host_conn *conn)
{
    return conn->state == HOST_OPEN && conn->spent_us < SHARE_US;
}

/* Who takes much, if only of what it may: named once a minute. */
static void count_wait(struct host_conn *conn)
{
    char text[HOST_ID_TEXT_BYTES];
    uint64_t now = host_now(conn->host);
    conn->host->stats.waits_total++;
    if (now - conn->waits_since_ms >= HOST_SAID_AGAIN_MS) {
        conn->waits_since_ms = now;
        conn->waits = 0;
    }
    if (++conn->waits == WAITS_SAID && conn->peer)
        log_info("peer_slowed", "peer=%s times=%d in_ms=%" PRIu64,
                 host_id_text(text, &conn->peer->id), WAITS_SAID,
                 now - conn->waits_since_ms);
}

void host_turn_wait(struct host_conn *conn)
{
    struct peer_host *host = conn->host;
    bool is_late = host->turn_us >= TURN_US || !ring_is_alone(&host->waiting);
    if (!is_late || is_light(conn) || conn->is_doomed || conn->is_over ||
        !conn->transport || !ring_is_alone(&conn->in_waiting))
        return;
    ring_put(&host->waiting, &conn->in_waiting);
    host->transport.ops->pause(conn->transport, true);
    count_wait(conn);
    begin_turn(host);
}

void host_turn_spend(struct host_conn *conn, uint64_t began_us)
{
    struct peer_host *host = conn->host;
    uint64_t now = host_now_us(host), took = now - began_us;
    uint64_t paid = (now - conn->spent_at_us) / SHARE_PART;
    host->turn_us += took;
    conn->spent_us = (conn->spent_us > paid ? conn->spent_us - paid : 0) + took;
    conn->spent_at_us = now;
    conn->took_us = took;
    begin_turn(host);
    host_turn_wait(conn);
}

void host_turn(void *context)
{
    struct peer_host *host = context;
    struct ring *node;
    uint64_t planned_us = 0;
    host->turn_set = false;
    host->turn_us = 0;
    while (planned_us < TURN_US && (node = ring_first(&host->waiting))) {
        struct host_conn *conn = RING_ITEM(node, struct host_conn, in_waiting);
        ring_remove(node);
        conn->spent_us = 0;
        planned_us += conn->took_us > COST_MIN_US ? conn->took_us : COST_MIN_US;
        host->transport.ops->pause(conn->transport, false);
    }
    if (!ring_is_alone(&host->waiting))
        begin_turn(host);
}
