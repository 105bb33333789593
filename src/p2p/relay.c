/* A relay, and the connections through it. */
#include "p2p/relay.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "p2p/multiaddr.h"
#include "p2p/relay_parts.h"
#include "p2p/stream_outbox.h"

#define MESSAGE_MS 60000 /* for a message that was to come */
#define STOP_MS 30000
#define FAULT_POINTS 10

enum { HOP, STOP };

/* A Hop stream from its first message on; the Stop stream is opened for a
 * CONNECT. A reservation ends when it is answered. */
enum stage {
    READS_HOP,  /* what is asked */
    READS_STOP, /* whether the other end accepts */
    CARRIES,    /* bytes, both ways */
    IS_OVER,    /* what was said still leaves */
};

struct end {
    struct circuit *circuit;
    struct peer_stream *stream; /* NULL: not yet, or no more */
    struct relay_reader reader;
    struct stream_outbox outbox; /* what it is to be sent */
    uint64_t got;
    bool finishes; /* once the outbox is empty */
};

struct circuit {
    struct relay *relay;
    struct end ends[2];
    enum stage stage;
    bool is_counted; /* in the slots */
    struct peer_id from, to;
};

uint64_t relay_now_s(const struct relay *relay)
{
    const struct transport *transport = peer_host_transport(relay->host);
    return (relay->unix_ms_at_zero +
            transport->ops->now_ms(transport->context)) /
           1000;
}

struct relay_limit relay_limit_of(const struct relay *relay)
{
    return (struct relay_limit){relay->limits.circuit_s,
                                relay->limits.circuit_bytes_max};
}

bool relay_is_limited(const struct relay *relay)
{
    return relay->limits.circuit_s || relay->limits.circuit_bytes_max;
}

/* It no longer counts, however long what was said takes to leave. */
static void be_over(struct circuit *circuit)
{
    circuit->stage = IS_OVER;
    if (circuit->is_counted)
        relay_slots_end_circuit(&circuit->relay->slots, &circuit->from,
                                &circuit->to);
    circuit->is_counted = false;
}

static void end_both(struct circuit *circuit)
{
    be_over(circuit);
    for (int i = 0; i < 2; i++)
        if (circuit->ends[i].stream)
            peer_stream_reset(circuit->ends[i].stream);
}

/* The last word on a Hop stream but for OK to a CONNECT. */
static void answer_hop(struct circuit *circuit, bytes message)
{
    struct peer_stream *stream = circuit->ends[HOP].stream;
    be_over(circuit);
    if (!stream)
        return;
    if (peer_stream_send(stream, message))
        peer_stream_finish(stream);
    else
        peer_stream_reset(stream);
}

static void refuse(struct circuit *circuit, enum relay_status status)
{
    struct buffer out = {0};
    circuit->relay->stats.refused_total++;
    relay_hop_put(
        &out, &(struct relay_message){.type = RELAY_STATUS, .status = status});
    answer_hop(circuit, buffer_bytes(&out));
    buffer_free(&out);
}

static void reserve(struct circuit *circuit)
{
    struct buffer out = {0};
    enum relay_status status = relay_grant(circuit->relay, &out,
                                           &circuit->from);
    if (status == RELAY_OK)
        answer_hop(circuit, buffer_bytes(&out));
    else
        refuse(circuit, status);
    buffer_free(&out);
}

/* Connections. */

static const struct peer_stream_calls end_calls;
static const char *const stop_names[] = {RELAY_STOP_PROTOCOL};

static bool open_stop(struct circuit *circuit)
{
    struct relay *relay = circuit->relay;
    struct buffer out = {0};
    struct peer_stream *stream = peer_host_open_stream(
        relay->host, &circuit->to, stop_names, 1, &end_calls,
        &circuit->ends[STOP]);
    if (!stream)
        return false;
    circuit->ends[STOP].stream = stream;
    relay_stop_put(&out, &(struct relay_message){
                             .type = RELAY_CONNECT,
                             .has_peer = true,
                             .has_limit = relay_is_limited(relay),
                             .peer = circuit->from,
                             .limit = relay_limit_of(relay),
                         });
    bool sent = peer_stream_send(stream, buffer_bytes(&out));
    buffer_free(&out);
    peer_stream_deadline(stream, STOP_MS);
    if (!sent)
        peer_stream_reset(stream);
    return true;
}

static void connect_ends(struct circuit *circuit)
{
    struct relay *relay = circuit->relay;
    struct peer_info info;
    relay_drop_expired(relay);
    if (!peer_host_info(relay->host, &circuit->from, &info) ||
        multiaddr_is_relayed(info.remote_addr) ||
        peer_id_equal(&circuit->from, &circuit->to)) {
        refuse(circuit, RELAY_PERMISSION_DENIED);
        return;
    }
    if (!relay_slots_has(&relay->slots, &circuit->to, relay_now_s(relay))) {
        refuse(circuit, RELAY_NO_RESERVATION);
        return;
    }
    if (!relay_slots_begin_circuit(&relay->slots, &circuit->from,
                                   &circuit->to)) {
        refuse(circuit, RELAY_RESOURCE_LIMIT_EXCEEDED);
        return;
    }
    circuit->is_counted = true;
    circuit->stage = READS_STOP;
    if (!open_stop(circuit))
        refuse(circuit, RELAY_CONNECTION_FAILED);
}

static void read_hop(struct circuit *circuit, bytes from)
{
    struct arena arena;
    struct relay_message message;
    arena_init(&arena);
    loft_err err = relay_hop_read(&arena, &message, from);
    if (err != LOFT_OK) {
        peer_host_blame(circuit->relay->host, &circuit->from, FAULT_POINTS,
                        err_sentence());
        refuse(circuit, RELAY_MALFORMED_MESSAGE);
    } else if (message.type == RELAY_RESERVE) {
        reserve(circuit);
    } else if (message.type == RELAY_CONNECT && message.has_peer) {
        circuit->to = message.peer;
        connect_ends(circuit);
    } else {
        refuse(circuit, message.type == RELAY_CONNECT
                            ? RELAY_MALFORMED_MESSAGE
                            : RELAY_UNEXPECTED_MESSAGE);
    }
    arena_fini(&arena);
}

static struct end *other(struct end *end)
{
    struct circuit *circuit = end->circuit;
    return &circuit->ends[end == &circuit->ends[HOP] ? STOP : HOP];
}

static void finish_if_due(struct end *end)
{
    if (end->finishes && end->stream && end->outbox.waiting.len == 0)
        peer_stream_finish(end->stream);
}

/* Bytes that came from one end, to the other. */
static void carry(struct end *from, bytes data)
{
    struct circuit *circuit = from->circuit;
    struct end *to = other(from);
    if (!to->stream)
        return;
    from->got += data.len;
    uint64_t bytes_max = circuit->relay->limits.circuit_bytes_max;
    if (bytes_max && from->got > bytes_max) {
        end_both(circuit);
        return;
    }
    circuit->relay->stats.bytes_total += data.len;
    if (!stream_outbox_send(&to->outbox, to->stream, data))
        peer_stream_pause(from->stream, true);
}

/* "the relay responds with HopMessage with type = STATUS and status = OK". The
 * first end was not read until now. */
static void begin_carrying(struct circuit *circuit)
{
    struct relay *relay = circuit->relay;
    struct buffer out = {0};
    struct peer_stream *hop = circuit->ends[HOP].stream;
    uint64_t ms = (uint64_t)relay->limits.circuit_s * 1000;
    circuit->stage = CARRIES;
    relay->stats.circuits_total++;
    relay_hop_put(&out, &(struct relay_message){
                            .type = RELAY_STATUS,
                            .has_limit = relay_is_limited(relay),
                            .limit = relay_limit_of(relay),
                            .status = RELAY_OK,
                        });
    stream_outbox_send(&circuit->ends[HOP].outbox, hop, buffer_bytes(&out));
    buffer_free(&out);
    peer_stream_deadline(hop, ms);
    peer_stream_deadline(circuit->ends[STOP].stream, ms);
}

static void read_stop(struct circuit *circuit, bytes from)
{
    struct relay_message message;
    bool is_ok = relay_stop_read(&message, from) == LOFT_OK &&
                 message.type == RELAY_STATUS && message.status == RELAY_OK;
    if (is_ok && circuit->ends[HOP].stream) {
        begin_carrying(circuit);
        return;
    }
    refuse(circuit, RELAY_CONNECTION_FAILED);
    peer_stream_reset(circuit->ends[STOP].stream);
}

/* What follows a message belongs to the connection. */
static void take_message(struct end *end, bytes data,
                         void (*read)(struct circuit *circuit, bytes from))
{
    struct circuit *circuit = end->circuit;
    bytes message;
    if (relay_reader_take(&end->reader, &message, &data) != LOFT_OK) {
        peer_host_blame(circuit->relay->host, peer_stream_peer(end->stream),
                        FAULT_POINTS, err_sentence());
        end_both(circuit);
        return;
    }
    if (message.len == 0)
        return;
    read(circuit, message);
    if (data.len > 0 && circuit->stage == CARRIES)
        carry(end, data);
}

/* Before the other end has accepted nothing is to be sent: who does speaks
 * another protocol. */
static void end_got(void *context, struct peer_stream *stream, bytes data)
{
    struct end *end = context;
    struct circuit *circuit = end->circuit;
    bool is_hop = end == &circuit->ends[HOP];
    (void)stream;
    if (circuit->stage == CARRIES)
        carry(end, data);
    else if (circuit->stage == READS_HOP)
        take_message(end, data, read_hop);
    else if (circuit->stage == READS_STOP && !is_hop)
        take_message(end, data, read_stop);
    else if (circuit->stage == READS_STOP)
        end_both(circuit);
}

static void end_finished(void *context, struct peer_stream *stream)
{
    struct end *end = context, *to = other(end);
    (void)stream;
    if (end->circuit->stage == READS_HOP || end->circuit->stage == READS_STOP) {
        end_both(end->circuit);
        return;
    }
    to->finishes = true;
    finish_if_due(to);
}

static void end_drained(void *context, struct peer_stream *stream)
{
    struct end *end = context, *from = other(end);
    if (!stream_outbox_go_on(&end->outbox, stream))
        return;
    if (from->stream)
        peer_stream_pause(from->stream, false);
    finish_if_due(end);
}

static void free_if_gone(struct circuit *circuit)
{
    struct relay *relay = circuit->relay;
    if (circuit->ends[HOP].stream || circuit->ends[STOP].stream)
        return;
    be_over(circuit);
    for (int i = 0; i < 2; i++) {
        relay_reader_fini(&circuit->ends[i].reader);
        stream_outbox_fini(&circuit->ends[i].outbox);
    }
    relay->open--;
    free(circuit);
}

static void end_ended(void *context, struct peer_stream *stream,
                      enum peer_stream_end how)
{
    struct end *end = context;
    struct circuit *circuit = end->circuit;
    (void)stream;
    end->stream = NULL;
    if (circuit->stage == READS_STOP && end == &circuit->ends[STOP])
        refuse(circuit, RELAY_CONNECTION_FAILED);
    else if (circuit->stage != IS_OVER && how != PEER_STREAM_DONE)
        end_both(circuit);
    free_if_gone(circuit);
}

static const struct peer_stream_calls end_calls = {
    .got = end_got,
    .finished = end_finished,
    .drained = end_drained,
    .ended = end_ended,
};

static void *accept_hop(void *context, struct peer_stream *stream)
{
    struct relay *relay = context;
    struct circuit *circuit = MEMORY_NEW(struct circuit);
    circuit->relay = relay;
    circuit->from = *peer_stream_peer(stream);
    circuit->ends[HOP] = (struct end){.circuit = circuit, .stream = stream};
    circuit->ends[STOP].circuit = circuit;
    relay->open++;
    peer_stream_deadline(stream, MESSAGE_MS);
    return &circuit->ends[HOP];
}

/* "If the peer disconnects, the reservation is no longer valid." */
static void on_disconnected(void *context, const struct peer_id *peer)
{
    struct relay *relay = context;
    relay_slots_release(&relay->slots, peer);
}

static const struct peer_watcher watcher = {.disconnected = on_disconnected};

struct relay *relay_open(struct peer_host *host,
                         const struct relay_limits *limits, uint64_t unix_ms)
{
    const struct transport *transport = peer_host_transport(host);
    struct relay *relay = MEMORY_NEW(struct relay);
    relay->host = host;
    relay->limits = *limits;
    relay->unix_ms_at_zero = unix_ms -
                             transport->ops->now_ms(transport->context);
    relay_slots_init(&relay->slots, &relay->limits);
    relay->protocol = (struct peer_protocol){
        .name = RELAY_HOP_PROTOCOL,
        .calls = &end_calls,
        .accept = accept_hop,
        .streams_per_peer_max = limits->circuits_per_peer_max + 1,
        .queue_bytes_max = RELAY_STREAM_QUEUE_BYTES,
    };
    peer_host_handle(host, &relay->protocol, relay);
    peer_host_watch(host, &watcher, relay);
    return relay;
}

void relay_close(struct relay *relay)
{
    if (!relay)
        return;
    ASSERT(relay->open == 0);
    relay_slots_fini(&relay->slots);
    free(relay);
}

struct relay_stats relay_stats(const struct relay *relay)
{
    struct relay_stats stats = relay->stats;
    stats.reservations = (unsigned)relay->slots.slots.len;
    stats.circuits = relay->slots.circuit_count;
    return stats;
}
