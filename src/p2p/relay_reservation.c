#include "p2p/relay_reservation.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "p2p/relay_message.h"

#define ANSWER_MS 30000
#define PROTECTED_TAG "relay"
/* What a relay says of its time is taken within these bounds. */
#define GRANTED_S_MIN 60u
#define GRANTED_S_MAX 86400u
#define PAUSE_S_FIRST 15u
#define PAUSE_S_MAX 600u

/* One question; it outlives the reservation until its stream is over. */
struct question {
    struct relay_reservation *asker; /* NULL once nobody wants the answer */
    struct peer_stream *stream;
    struct relay_reader reader;
};

struct relay_reservation {
    struct relay_reservation_config config;
    struct buffer addr;
    struct transport transport;
    struct transport_timer *timer;
    struct question *question; /* NULL: none is open */
    bool is_kept, stands, was_refused;
    unsigned failures; /* in a row */
};

static const char *const hop_names[] = {RELAY_HOP_PROTOCOL};

static void start(struct relay_reservation *reservation, uint64_t ms)
{
    reservation->transport.ops->timer_start(reservation->timer, ms);
}

/* A relay that has no room is asked less and less often. */
static void refused(struct relay_reservation *reservation, const char *why)
{
    uint64_t pause_s = PAUSE_S_FIRST;
    struct buffer name = {0};
    for (unsigned i = 0; i < reservation->failures && pause_s < PAUSE_S_MAX;
         i++)
        pause_s *= 2;
    if (pause_s > PAUSE_S_MAX)
        pause_s = PAUSE_S_MAX;
    reservation->failures++;
    reservation->stands = false;
    peer_id_put_text(&name, &reservation->config.relay);
    if (!reservation->was_refused)
        log_warn("relay_refused", "relay=%.*s why=\"%s\" again_in=%" PRIu64 "s",
                 (int)name.len, name.at, why, pause_s);
    reservation->was_refused = true;
    buffer_free(&name);
    start(reservation, pause_s * 1000);
}

static uint64_t granted_s(const struct relay_reservation *reservation,
                          uint64_t expire_s)
{
    const struct transport *transport = &reservation->transport;
    uint64_t now_s = (reservation->config.unix_ms_at_zero +
                      transport->ops->now_ms(transport->context)) /
                     1000;
    uint64_t left_s = expire_s > now_s ? expire_s - now_s : 0;
    return left_s < GRANTED_S_MIN   ? GRANTED_S_MIN
           : left_s > GRANTED_S_MAX ? GRANTED_S_MAX
                                    : left_s;
}

static void granted(struct relay_reservation *reservation, uint64_t expire_s)
{
    uint64_t left_s = granted_s(reservation, expire_s);
    struct buffer name = {0};
    peer_id_put_text(&name, &reservation->config.relay);
    if (!reservation->stands)
        log_info("relay_reserved", "relay=%.*s for=%" PRIu64 "s", (int)name.len,
                 name.at, left_s);
    buffer_free(&name);
    reservation->stands = true;
    reservation->was_refused = false;
    reservation->failures = 0;
    start(reservation, left_s * 1000 / 2);
}

/* Whoever asked is told once. */
static void answered(struct question *question,
                     const struct relay_message *message, const char *why)
{
    struct relay_reservation *asker = question->asker;
    question->asker = NULL;
    if (!asker)
        return;
    asker->question = NULL;
    if (message)
        granted(asker, message->reservation.expire_s);
    else
        refused(asker, why);
}

static void read_answer(struct question *question, bytes from)
{
    struct arena arena;
    struct relay_message message;
    arena_init(&arena);
    if (relay_hop_read(&arena, &message, from) != LOFT_OK)
        answered(question, NULL, err_sentence());
    else if (message.type != RELAY_STATUS)
        answered(question, NULL, "the relay's answer is none");
    else if (message.status != RELAY_OK)
        answered(question, NULL, relay_status_text(message.status));
    else if (!message.has_reservation)
        answered(question, NULL, "the relay's answer has no reservation");
    else
        answered(question, &message, NULL);
    arena_fini(&arena);
}

static void question_got(void *context, struct peer_stream *stream, bytes data)
{
    struct question *question = context;
    bytes message;
    if (!question->asker)
        return;
    if (relay_reader_take(&question->reader, &message, &data) != LOFT_OK) {
        answered(question, NULL, err_sentence());
        peer_stream_reset(stream);
    } else if (message.len > 0) {
        read_answer(question, message);
        peer_stream_finish(stream);
    }
}

static void question_finished(void *context, struct peer_stream *stream)
{
    struct question *question = context;
    if (!question->asker)
        return;
    answered(question, NULL, "the relay finished without an answer");
    peer_stream_reset(stream);
}

static void question_ended(void *context, struct peer_stream *stream,
                           enum peer_stream_end end)
{
    struct question *question = context;
    (void)stream;
    answered(question, NULL, peer_stream_end_name(end));
    relay_reader_fini(&question->reader);
    free(question);
}

static const struct peer_stream_calls question_calls = {
    .got = question_got,
    .finished = question_finished,
    .ended = question_ended,
};

static void ask(struct relay_reservation *reservation)
{
    struct relay_reservation_config *config = &reservation->config;
    struct question *question = MEMORY_NEW(struct question);
    struct buffer out = {0};
    question->asker = reservation;
    question->stream = peer_host_open_stream(
        config->host, &config->relay, hop_names, 1, &question_calls, question);
    if (!question->stream) {
        free(question);
        refused(reservation, "no stream to the relay");
        return;
    }
    reservation->question = question;
    relay_hop_put(&out, &(struct relay_message){.type = RELAY_RESERVE});
    if (!peer_stream_send(question->stream, buffer_bytes(&out)))
        peer_stream_reset(question->stream);
    peer_stream_deadline(question->stream, ANSWER_MS);
    buffer_free(&out);
}

static void keep(struct relay_reservation *reservation)
{
    struct relay_reservation_config *config = &reservation->config;
    reservation->is_kept = true;
    peer_host_protect(config->host, &config->relay, PROTECTED_TAG, true);
    loft_err err = reservation->addr.len
                       ? peer_host_keep(config->host, &config->relay,
                                        buffer_bytes(&reservation->addr))
                       : peer_host_connect(config->host, &config->relay, NULL,
                                           0);
    if (err != LOFT_OK)
        refused(reservation, err_sentence());
}

static void on_timer(void *context)
{
    struct relay_reservation *reservation = context;
    const struct relay_reservation_config *config = &reservation->config;
    if (reservation->question)
        return;
    if (peer_host_is_connected(config->host, &config->relay))
        ask(reservation);
    else if (!reservation->is_kept || !reservation->addr.len)
        keep(reservation);
}

static bool is_of(const struct relay_reservation *reservation,
                  const struct peer_id *peer)
{
    return peer_id_equal(peer, &reservation->config.relay);
}

static void on_connected(void *context, const struct peer_id *peer)
{
    struct relay_reservation *reservation = context;
    if (is_of(reservation, peer))
        start(reservation, 0);
}

static void on_disconnected(void *context, const struct peer_id *peer)
{
    struct relay_reservation *reservation = context;
    if (!is_of(reservation, peer))
        return;
    reservation->stands = false;
    start(reservation, PAUSE_S_FIRST * 1000);
}

static const struct peer_watcher watcher = {.connected = on_connected,
                                            .disconnected = on_disconnected};

struct relay_reservation *
relay_reservation_open(const struct relay_reservation_config *config)
{
    struct relay_reservation *reservation = MEMORY_NEW(
        struct relay_reservation);
    reservation->config = *config;
    buffer_put_bytes(&reservation->addr, config->addr);
    reservation->transport = *peer_host_transport(config->host);
    reservation->timer = reservation->transport.ops->timer(
        reservation->transport.context, on_timer, reservation);
    peer_host_watch(config->host, &watcher, reservation);
    start(reservation, 0);
    return reservation;
}

void relay_reservation_close(struct relay_reservation *reservation)
{
    if (!reservation)
        return;
    peer_host_unwatch(reservation->config.host, reservation);
    if (reservation->is_kept)
        peer_host_protect(reservation->config.host, &reservation->config.relay,
                          PROTECTED_TAG, false);
    if (reservation->question)
        reservation->question->asker = NULL;
    reservation->transport.ops->timer_close(reservation->timer);
    buffer_free(&reservation->addr);
    free(reservation);
}

const struct peer_id *
relay_reservation_relay(const struct relay_reservation *reservation)
{
    return &reservation->config.relay;
}

bool relay_reservation_stands(const struct relay_reservation *reservation)
{
    return reservation->stands;
}
