#include "p2p/relay.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "p2p/multiaddr.h"
#include "p2p/relay_message.h"
#include "p2p/stream_outbox.h"

#define MESSAGE_MS 60000 /* for a message that was to come */
#define STOP_MS 30000
#define RESERVED_TAG "relay"
#define RESERVED_VALUE 20
#define FAULT_POINTS 10
#define ADDRS_BYTES_MAX 2048 /* of all in one reservation */

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

struct relay {
    struct peer_host *host;
    struct peer_protocol protocol;
    struct relay_limits limits;
    struct relay_slots slots;
    struct relay_stats stats;
    uint64_t unix_ms_at_zero; /* of the transport's clock */
    size_t open;
};

static uint64_t now_s(const struct relay *relay)
{
    const struct transport *transport = peer_host_transport(relay->host);
    return (relay->unix_ms_at_zero +
            transport->ops->now_ms(transport->context)) /
           1000;
}

static struct relay_limit limit_of(const struct relay *relay)
{
    return (struct relay_limit){relay->limits.circuit_s,
                                relay->limits.circuit_bytes_max};
}

static bool is_limited(const struct relay *relay)
{
    return relay->limits.circuit_s || relay->limits.circuit_bytes_max;
}

static void drop_expired(struct relay *relay)
{
    struct peer_id peer;
    while (relay_slots_expire(&relay->slots, now_s(relay), &peer))
        peer_host_tag(relay->host, &peer, RESERVED_TAG, 0);
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
static void answer_hop(struct circuit *circuit,
                       const struct relay_message *message)
{
    struct buffer out = {0};
    struct peer_stream *stream = circuit->ends[HOP].stream;
    be_over(circuit);
    if (!stream)
        return;
    relay_hop_put(&out, message);
    if (peer_stream_send(stream, buffer_bytes(&out)))
        peer_stream_finish(stream);
    else
        peer_stream_reset(stream);
    buffer_free(&out);
}

static void refuse(struct circuit *circuit, enum relay_status status)
{
    circuit->relay->stats.refused_total++;
    answer_hop(circuit,
               &(struct relay_message){.type = RELAY_STATUS, .status = status});
}

/* Reservations. */

static bool is_public(bytes addr)
{
    struct multiaddr_part part;
    if (multiaddr_next(&part, &addr) != LOFT_OK)
        return false;
    const uint8_t *ip = part.value.at;
    if (part.code == MULTIADDR_IP6)
        return (ip[0] & 0xe0) == 0x20; /* 2000::/3 */
    if (part.code != MULTIADDR_IP4)
        return true; /* a name */
    return ip[0] != 0 && ip[0] != 127 && ip[0] != 10 &&
           !(ip[0] == 172 && (ip[1] & 0xf0) == 16) &&
           !(ip[0] == 192 && ip[1] == 168) && !(ip[0] == 169 && ip[1] == 254) &&
           !(ip[0] == 100 && (ip[1] & 0xc0) == 64);
}

struct addr_list {
    struct buffer text; /* all of them */
    bytes at[RELAY_ADDRS_MAX];
    size_t ends[RELAY_ADDRS_MAX], count;
};

static void add_addr(struct addr_list *list, bytes addr,
                     const struct peer_id *relay)
{
    if (list->count == RELAY_ADDRS_MAX ||
        list->text.len + addr.len > ADDRS_BYTES_MAX ||
        multiaddr_is_relayed(addr))
        return;
    buffer_put_bytes(&list->text, addr);
    multiaddr_put_peer(&list->text, relay);
    list->ends[list->count++] = list->text.len;
}

/* "all the public relay addrs, including the peer ID of the relay node but not
 * the trailing p2p-circuit part"; where there are none, the others. */
static void list_addrs(struct addr_list *list, const struct peer_host *host)
{
    for (int public = 1; public >= 0 && list->count == 0; public --) {
        bytes addr;
        for (size_t i = 0; peer_host_addr(host, i, &addr); i++)
            if (!public || is_public(addr))
                add_addr(list, addr, peer_host_id(host));
    }
    for (size_t i = 0, from = 0; i < list->count; from = list->ends[i++])
        list->at[i] = bytes_of(list->text.at + from, list->ends[i] - from);
}

static void grant(struct circuit *circuit, uint64_t expire_s)
{
    struct relay *relay = circuit->relay;
    struct addr_list addrs = {0};
    struct buffer voucher = {0};
    list_addrs(&addrs, relay->host);
    relay_voucher_seal(&voucher, peer_host_key(relay->host), &circuit->from,
                       expire_s);
    answer_hop(circuit, &(struct relay_message){
                            .type = RELAY_STATUS,
                            .has_reservation = true,
                            .has_limit = is_limited(relay),
                            .reservation = {expire_s, addrs.at, addrs.count,
                                            buffer_bytes(&voucher)},
                            .limit = limit_of(relay),
                            .status = RELAY_OK,
                        });
    buffer_free(&addrs.text);
    buffer_free(&voucher);
}

static void reserve(struct circuit *circuit)
{
    struct relay *relay = circuit->relay;
    struct peer_info info;
    struct relay_group group;
    uint64_t expire_s;
    drop_expired(relay);
    if (!peer_host_info(relay->host, &circuit->from, &info) ||
        multiaddr_is_relayed(info.remote_addr)) {
        refuse(circuit, RELAY_PERMISSION_DENIED);
        return;
    }
    relay_group_of(&group, info.remote_addr);
    if (!relay_slots_reserve(&relay->slots, &circuit->from, &group,
                             now_s(relay), &expire_s)) {
        refuse(circuit, RELAY_RESERVATION_REFUSED);
        return;
    }
    peer_host_tag(relay->host, &circuit->from, RESERVED_TAG, RESERVED_VALUE);
    grant(circuit, expire_s);
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
                             .has_limit = is_limited(relay),
                             .peer = circuit->from,
                             .limit = limit_of(relay),
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
    drop_expired(relay);
    if (!peer_host_info(relay->host, &circuit->from, &info) ||
        multiaddr_is_relayed(info.remote_addr) ||
        peer_id_equal(&circuit->from, &circuit->to)) {
        refuse(circuit, RELAY_PERMISSION_DENIED);
        return;
    }
    if (!relay_slots_has(&relay->slots, &circuit->to, now_s(relay))) {
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
                            .has_limit = is_limited(relay),
                            .limit = limit_of(relay),
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
