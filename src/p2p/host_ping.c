/* Ping, both sides: 32 bytes that come back.
 *
 * Source   libp2p/specs, ping/ping.md. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "p2p/host_core.h"

#define PING_BYTES 32
#define PING_QUEUE_BYTES ((size_t)16 << 10)
#define PING_SERVED_MS 60000 /* of silence, then a stream ends */
#define PING_FIRST_MS 2000

static const char *const ping_names[] = {"/ipfs/ping/1.0.0"};

struct host_ping {
    struct host_conn *conn; /* NULL: it is gone */
    uint8_t sent[PING_BYTES], came[PING_BYTES];
    size_t len; /* that came */
    uint64_t sent_us;
    bool is_answered;
};

/* Answering */

static void *answer_accept(void *context, struct peer_stream *stream)
{
    peer_stream_deadline(stream, PING_SERVED_MS);
    return context;
}

static void answer_got(void *context, struct peer_stream *stream, bytes data)
{
    (void)context;
    peer_stream_deadline(stream, PING_SERVED_MS);
    if (!peer_stream_send(stream, data))
        peer_stream_reset(stream);
}

static void answer_finished(void *context, struct peer_stream *stream)
{
    (void)context;
    peer_stream_finish(stream);
}

static const struct peer_stream_calls answer_calls = {
    .got = answer_got, .finished = answer_finished};

static const struct peer_protocol ping_protocol = {
    .name = "/ipfs/ping/1.0.0",
    .calls = &answer_calls,
    .accept = answer_accept,
    .streams_per_peer_max = 4,
    .queue_bytes_max = PING_QUEUE_BYTES,
};

void host_ping_open(struct peer_host *host)
{
    peer_host_handle(host, &ping_protocol, host);
}

/* Asking */

static void take_answer(struct host_ping *ping)
{
    struct host_conn *conn = ping->conn;
    uint64_t took = host_now_us(conn->host) - ping->sent_us;
    ping->is_answered = true;
    conn->round_trip_us = took == 0           ? 1
                          : took > UINT32_MAX ? UINT32_MAX
                                              : (uint32_t)took;
    conn->pings_lost = 0;
    host_peer_lives(conn->peer, conn);
}

static void ping_got(void *context, struct peer_stream *stream, bytes data)
{
    struct host_ping *ping = context;
    if (data.len > PING_BYTES - ping->len) {
        peer_stream_reset(stream);
        return;
    }
    memcpy(ping->came + ping->len, data.at, data.len);
    ping->len += data.len;
    if (ping->len < PING_BYTES)
        return;
    if (memcmp(ping->came, ping->sent, PING_BYTES) != 0) {
        peer_stream_reset(stream);
        return;
    }
    if (ping->conn)
        take_answer(ping);
    peer_stream_finish(stream);
}

static void ping_lost(struct host_conn *conn)
{
    if (++conn->pings_lost < HOST_PINGS_LOST_MAX)
        return;
    host_refused(conn->host, PEER_HOST_SILENT, "no answer to pings");
    host_conn_doom(conn, false, "no answer to pings");
}

static void ping_ended(void *context, struct peer_stream *stream,
                       enum peer_stream_end end)
{
    struct host_ping *ping = context;
    struct host_conn *conn = ping->conn;
    (void)stream;
    if (conn) {
        conn->ping = NULL;
        if (end == PEER_STREAM_TIMEOUT && !ping->is_answered)
            ping_lost(conn);
        /* Who does not speak it has answered all the same. */
        if (end == PEER_STREAM_REFUSED) {
            conn->next_ping_ms = UINT64_MAX;
            host_peer_lives(conn->peer, conn);
        }
    }
    free(ping);
}

static const struct peer_stream_calls ping_calls = {.got = ping_got,
                                                    .ended = ping_ended};

void host_ping_start(struct host_conn *conn)
{
    struct peer_host *host = conn->host;
    if (conn->ping || conn->is_doomed)
        return;
    struct host_ping *ping = MEMORY_NEW(struct host_ping);
    struct peer_stream *stream = peer_link_open_stream(conn->link, ping_names,
                                                       1, &ping_calls, ping);
    if (!stream) {
        free(ping);
        return;
    }
    ping->conn = conn;
    conn->ping = ping;
    host->transport.ops->random(host->transport.context, ping->sent,
                                PING_BYTES);
    ping->sent_us = host_now_us(host);
    peer_stream_deadline(stream, HOST_PING_TIMEOUT_MS);
    (void)!peer_stream_send(stream, bytes_of(ping->sent, PING_BYTES));
}

uint64_t host_ping_step(struct host_conn *conn, uint64_t now_ms)
{
    if (conn->next_ping_ms == 0)
        conn->next_ping_ms = conn->secured_ms + PING_FIRST_MS;
    if (now_ms < conn->next_ping_ms)
        return conn->next_ping_ms;
    host_ping_start(conn);
    conn->next_ping_ms = now_ms + HOST_PING_MS;
    return conn->next_ping_ms;
}

void host_ping_forget(struct host_conn *conn)
{
    if (conn->ping)
        conn->ping->conn = NULL;
    conn->ping = NULL;
}
