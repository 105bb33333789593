/* RPCs as they come from peers. Checking a message's signature costs more than
 * all else that is done with it: what comes is taken for a short time, and what
 * then is left waits for its turn, while its stream is not read. All turns
 * together are a part of the processor's time. */
#include "codec/uvarint.h"
#include "p2p/gossip_parts.h"

#define CALL_US 500  /* that RPCs of one peer may take at a time, */
#define TURN_US 1000 /* and those that wait, in one turn; */
#define PAUSE_MS 2   /* until the next one */

void gossip_intake_drop(struct gossip_conn *conn)
{
    buffer_free(&conn->input);
    ring_remove(&conn->in_waiting);
    conn->part = 0;
    conn->has_finished = false;
}

/* The first RPC of *from, without its length. False: it is not all there, or
 * *is_sound is false, for which the peer was blamed. */
static bool next_rpc(struct gossip_conn *conn, bytes *rpc, bytes *from,
                     bool *is_sound)
{
    uint64_t len = 0;
    bytes rest = *from;
    enum uvarint_status status = uvarint_scan(&len, &rest);
    *is_sound = status == UVARINT_SHORT ||
                (status == UVARINT_READ && len <= GOSSIP_RPC_BYTES_MAX);
    if (!*is_sound)
        peer_host_blame(conn->gossip->host, &conn->id, GOSSIP_GRAVE_POINTS,
                        "sends what is no RPC of gossip");
    if (!*is_sound || status == UVARINT_SHORT || len > rest.len)
        return false;
    *rpc = bytes_of(rest.at, (size_t)len);
    *from = bytes_of(rest.at + len, rest.len - (size_t)len);
    return true;
}

static bool is_waiting(const struct gossip_conn *conn)
{
    return !ring_is_alone(&conn->in_waiting);
}

static void wait_for_turn(struct gossip_conn *conn)
{
    struct gossip *gossip = conn->gossip;
    if (ring_is_alone(&gossip->waiting))
        gossip->transport.ops->timer_start(gossip->turn, PAUSE_MS);
    ring_put(&gossip->waiting, &conn->in_waiting);
}

/* Takes RPCs that are whole, until time is up: then it waits, and *from stays
 * where the one that goes on begins. False: what comes is none. */
static bool take_rpcs(struct gossip_conn *conn, bytes *from, uint64_t until_us)
{
    struct gossip *gossip = conn->gossip;
    bool is_sound = true;
    bytes rpc, rest = *from;
    while (conn->number != GOSSIP_NO_NUMBER &&
           next_rpc(conn, &rpc, &rest, &is_sound)) {
        if (gossip_router_receive_part(gossip->router, conn->number, rpc,
                                       &conn->part,
                                       gossip_now(gossip)) != LOFT_OK)
            return false;
        if (conn->part == 0)
            *from = rest;
        rest = *from;
        if (gossip_now_us(gossip) < until_us || from->len == 0)
            continue;
        wait_for_turn(conn);
        return true;
    }
    return is_sound;
}

/* from: all that came and is not taken yet, which the input holds or not. */
static void take(struct gossip_conn *conn, bytes from, uint64_t until_us)
{
    bool was_held = conn->input.len > 0;
    if (!take_rpcs(conn, &from, until_us)) {
        gossip_intake_drop(conn);
        peer_stream_reset(conn->in);
        return;
    }
    if (was_held) {
        memmove(conn->input.at, from.at, from.len);
        conn->input.len = from.len;
    } else {
        buffer_put_bytes(&conn->input, from);
    }
    if (conn->input.len == 0)
        buffer_free(&conn->input);
}

void gossip_intake_pause(struct gossip_conn *conn)
{
    /* One that takes nothing from us is not read either. */
    if (conn->in)
        peer_stream_pause(conn->in, is_waiting(conn) || conn->is_unheard ||
                                        conn->number == GOSSIP_NO_NUMBER);
}

/* Who comes while others wait is behind them. */
void gossip_intake_got(struct gossip_conn *conn, bytes data)
{
    struct gossip *gossip = conn->gossip;
    bool is_first = ring_is_alone(&gossip->waiting);
    bytes from = data;
    if (conn->input.len > 0 || !is_first) {
        buffer_put_bytes(&conn->input, data);
        from = buffer_bytes(&conn->input);
    }
    if (is_waiting(conn))
        return;
    if (is_first)
        take(conn, from, gossip_now_us(gossip) + CALL_US);
    else if (conn->number != GOSSIP_NO_NUMBER)
        wait_for_turn(conn);
    gossip_intake_pause(conn);
    gossip_schedule(gossip);
}

void gossip_intake_finish(struct gossip_conn *conn)
{
    if (is_waiting(conn))
        conn->has_finished = true;
    else
        peer_stream_finish(conn->in);
}

static void go_on(struct gossip_conn *conn, uint64_t until_us)
{
    ring_remove(&conn->in_waiting);
    take(conn, buffer_bytes(&conn->input), until_us);
    if (is_waiting(conn) || !conn->in)
        return;
    gossip_intake_pause(conn);
    if (conn->has_finished)
        peer_stream_finish(conn->in);
}

/* In turn, so that none of them holds up another one either; then others have
 * the processor for a while. */
static void on_turn(void *context)
{
    struct gossip *gossip = context;
    struct ring *node;
    uint64_t now_us = gossip_now_us(gossip), end_us = now_us + TURN_US;
    for (; now_us < end_us && (node = ring_first(&gossip->waiting));
         now_us = gossip_now_us(gossip))
        go_on(RING_ITEM(node, struct gossip_conn, in_waiting),
              now_us + CALL_US);
    if (!ring_is_alone(&gossip->waiting))
        gossip->transport.ops->timer_start(gossip->turn, PAUSE_MS);
    gossip_schedule(gossip);
}

void gossip_intake_open(struct gossip *gossip)
{
    const struct transport *transport = &gossip->transport;
    ring_init(&gossip->waiting);
    gossip->turn = transport->ops->timer(transport->context, on_turn, gossip);
}

void gossip_intake_close(struct gossip *gossip)
{
    gossip->transport.ops->timer_close(gossip->turn);
}
