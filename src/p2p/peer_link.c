/* From the first byte to the open session, and between socket and session. */
#include "p2p/peer_link.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "p2p/link_parts.h"
#include "p2p/multistream.h"

/* Of a message of the handshake: beside two keys and their tags it holds a
 * public key, a signature and names. */
#define HANDSHAKE_MESSAGE_BYTES_MAX 16384
#define FRAME_BYTES (2 + NOISE_TAG_BYTES)
#define TAKE_BYTES_MIN (FRAME_BYTES + YAMUX_TAKE_BYTES_MIN)

static const char *const noise_names[] = {"/noise"};
static const char *const yamux_names[] = {"/yamux/1.0.0"};

const struct peer_link_limits PEER_LINK_LIMITS = {
    .streams_in_max = 256,
    .streams_out_max = 256,
    .handshake_ms = 10000,
    .negotiate_ms = 10000,
    .opens_per_s_max = 1000,
    .pings_per_s_max = 20,
    .window_bytes_max = (size_t)128 << 20,
};

/* What the way to an open link needs, and an open link does not. */
struct link_opening {
    const struct peer_private_key *identity;
    struct peer_id expected; /* of no bytes: anyone */
    secret32 static_key, ephemeral_key;
    struct multistream select;
    struct peer_handshake handshake;
};

static bool knows_noise(void *context, bytes name)
{
    (void)context;
    return bytes_equal(name, bytes_str(noise_names[0]));
}

static bool knows_yamux(void *context, bytes name)
{
    (void)context;
    return bytes_equal(name, bytes_str(yamux_names[0]));
}

static const struct multistream_calls noise_calls = {knows_noise};
static const struct multistream_calls yamux_calls = {knows_yamux};

void link_wake(struct peer_link *link)
{
    if (link->is_woken || link->phase == LINK_OVER)
        return;
    link->is_woken = true;
    link->calls->output(link->context);
}

/* Handshake */

static void begin_handshake(struct peer_link *link)
{
    struct link_opening *opening = link->opening;
    const struct peer_handshake_config config = {
        .role = link->is_dialer ? NOISE_INITIATOR : NOISE_RESPONDER,
        .identity = opening->identity,
        .expected = opening->expected.len > 0 ? &opening->expected : NULL,
        .static_key = &opening->static_key,
        .ephemeral_key = &opening->ephemeral_key,
        .muxers = yamux_names,
        .muxer_count = 1,
    };
    peer_handshake_begin(&opening->handshake, &config);
    secret_fini(&opening->static_key);
    secret_fini(&opening->ephemeral_key);
}

/* The first message of Noise does not wait for the answer to "/noise". */
static void begin_dialing(struct peer_link *link)
{
    multistream_dial(&link->opening->select, &link->raw, noise_names, 1);
    begin_handshake(link);
    /* It has no key to agree on yet, so that nothing can fail. */
    ASSERT(peer_handshake_write(&link->opening->handshake, &link->raw) ==
           LOFT_OK);
}

struct peer_link *peer_link_new(const struct peer_link_config *config)
{
    struct peer_link *link = MEMORY_NEW(struct peer_link);
    const struct peer_link_limits *limits = config->limits;
    *link = (struct peer_link){
        .calls = config->calls,
        .context = config->context,
        .limits = limits,
        .is_dialer = config->is_dialer,
        .now_ms = config->now_ms,
        .handshake_due_ms = config->now_ms + limits->handshake_ms,
        .streams_due_ms = UINT64_MAX,
        .yamux_limits = {limits->streams_in_max, limits->streams_out_max,
                         limits->opens_per_s_max, limits->pings_per_s_max,
                         limits->window_bytes_max},
        .opening = MEMORY_NEW(struct link_opening),
    };
    link->opening->identity = config->identity;
    link->opening->static_key = *config->static_key;
    link->opening->ephemeral_key = *config->ephemeral_key;
    if (config->expected)
        link->opening->expected = *config->expected;
    if (config->is_dialer)
        begin_dialing(link);
    else
        multistream_listen(&link->opening->select, &noise_calls, NULL);
    return link;
}

static void drop_opening(struct peer_link *link)
{
    if (!link->opening)
        return;
    multistream_fini(&link->opening->select);
    peer_handshake_end(&link->opening->handshake);
    memory_wipe(link->opening, sizeof *link->opening);
    free(link->opening);
    link->opening = NULL;
}

void peer_link_free(struct peer_link *link)
{
    if (!link)
        return;
    ASSERT(!link->is_calling);
    link->is_calling = true;
    link->phase = LINK_OVER;
    if (link->is_secured)
        yamux_session_fini(&link->yamux);
    drop_opening(link);
    noise_session_fini(&link->noise);
    buffer_free(&link->in);
    buffer_free(&link->raw);
    free(link);
}

static void open_session(struct peer_link *link)
{
    drop_opening(link);
    yamux_session_init(&link->yamux, link->is_dialer, &link->yamux_limits,
                       &link_yamux_calls, link, link->now_ms);
    link->phase = LINK_OPEN;
    link->is_secured = true;
    link->calls->secured(link->context);
}

static void seal_raw(struct peer_link *link, bytes plain)
{
    if (plain.len == 0)
        return;
    size_t opened = noise_open_frame(&link->raw);
    ASSERT(noise_seal(&link->noise.send, &link->raw, plain) == LOFT_OK);
    noise_close_frame(&link->raw, opened);
}

/* Of the two sides one did not name its multiplexers in the handshake. */
static void begin_muxer(struct peer_link *link)
{
    struct multistream *select = &link->opening->select;
    struct buffer text = {0};
    link->phase = LINK_MUXER;
    if (link->is_dialer)
        multistream_dial(select, &text, yamux_names, 1);
    else
        multistream_listen(select, &yamux_calls, NULL);
    seal_raw(link, buffer_bytes(&text));
    buffer_free(&text);
}

static void end_handshake(struct peer_link *link)
{
    const struct peer_handshake *handshake = &link->opening->handshake;
    noise_split(&link->noise, &handshake->noise);
    link->their_key = handshake->their_key;
    link->their_id = handshake->their_id;
    if (handshake->muxer == PEER_MUXER_NONE)
        begin_muxer(link);
    else
        open_session(link);
}

/* Receiving */

static loft_err receive_security(struct peer_link *link, bytes *rest)
{
    bool agreed = false;
    struct multistream *select = &link->opening->select;
    TRY(multistream_receive(select, &agreed, rest, &link->raw));
    if (!agreed)
        return LOFT_OK;
    multistream_fini(select);
    if (!link->is_dialer)
        begin_handshake(link);
    link->phase = LINK_HANDSHAKE;
    return LOFT_OK;
}

static loft_err receive_handshake(struct peer_link *link, bytes message)
{
    struct peer_handshake *handshake = &link->opening->handshake;
    if (message.len > HANDSHAKE_MESSAGE_BYTES_MAX)
        return err_say(LOFT_ERR_LIMIT,
                       "noise: a message of %zu bytes in the handshake",
                       message.len);
    TRY(peer_handshake_read(handshake, message));
    if (peer_handshake_is_to_write(handshake))
        TRY(peer_handshake_write(handshake, &link->raw));
    if (peer_handshake_is_done(handshake))
        end_handshake(link);
    return LOFT_OK;
}

static loft_err receive_muxer(struct peer_link *link, bytes *rest)
{
    bool agreed = false;
    struct buffer answer = {0};
    loft_err err = multistream_receive(&link->opening->select, &agreed, rest,
                                       &answer);
    if (err == LOFT_OK)
        seal_raw(link, buffer_bytes(&answer));
    buffer_free(&answer);
    if (err == LOFT_OK && agreed)
        open_session(link);
    return err;
}

static loft_err receive_plain(struct peer_link *link, bytes plain)
{
    if (link->phase == LINK_MUXER)
        TRY(receive_muxer(link, &plain));
    if (link->phase == LINK_OPEN && plain.len > 0)
        return yamux_session_receive(&link->yamux, plain, link->now_ms);
    return LOFT_OK;
}

static loft_err receive_message(struct peer_link *link, bytes message,
                                struct buffer *plain)
{
    if (link->phase == LINK_HANDSHAKE)
        return receive_handshake(link, message);
    plain->len = 0;
    TRY(noise_open(&link->noise.receive, plain, message));
    return receive_plain(link, buffer_bytes(plain));
}

/* Moves up to `len` bytes to what has come of the message. */
static void keep(struct peer_link *link, bytes *rest, size_t len)
{
    if (len > rest->len)
        len = rest->len;
    buffer_put(&link->in, rest->at, len);
    *rest = bytes_of(rest->at + len, rest->len - len);
}

/* The next message, from what came earlier and *rest; false: *rest is kept, as
 * it ends before the message does. */
static bool next_message(struct peer_link *link, bytes *message, bytes *rest)
{
    if (link->in.len == 0 && noise_next_frame(message, rest))
        return true;
    if (link->in.len < 2)
        keep(link, rest, 2 - link->in.len);
    if (link->in.len < 2)
        return false;
    keep(link, rest, 2u + load_be16(link->in.at) - link->in.len);
    bytes joined = buffer_bytes(&link->in);
    return noise_next_frame(message, &joined);
}

static loft_err receive_messages(struct peer_link *link, bytes rest)
{
    struct buffer plain = {0};
    bytes message = BYTES_EMPTY;
    loft_err err = LOFT_OK;
    while (err == LOFT_OK && rest.len > 0 &&
           next_message(link, &message, &rest)) {
        err = receive_message(link, message, &plain);
        link->in.len = 0;
    }
    if (link->in.len == 0)
        buffer_free(&link->in);
    buffer_free(&plain);
    return err;
}

static loft_err receive_all(struct peer_link *link, bytes rest)
{
    if (link->phase == LINK_SECURITY)
        TRY(receive_security(link, &rest));
    return link->phase == LINK_SECURITY ? LOFT_OK
                                        : receive_messages(link, rest);
}

static void fail(struct peer_link *link)
{
    link->phase = LINK_OVER;
    if (link->is_secured)
        yamux_session_fail(&link->yamux);
    drop_opening(link);
    buffer_free(&link->in);
}

loft_err peer_link_receive(struct peer_link *link, bytes data, uint64_t now_ms)
{
    ASSERT(!link->is_calling);
    if (link->phase == LINK_OVER)
        return err_say(LOFT_ERR_REFUSED, "p2p: the connection is over");
    link->now_ms = now_ms;
    link->is_calling = true;
    loft_err err = receive_all(link, data);
    link->is_calling = false;
    if (err != LOFT_OK)
        fail(link);
    else if (link->raw.len > 0)
        link_wake(link);
    return err;
}

/* Sending */

static void take_message(struct peer_link *link, struct buffer *out, size_t max)
{
    size_t opened = noise_open_frame(out);
    yamux_session_take(&link->yamux, out, max);
    if (out->len == opened) {
        out->len -= 2;
        return;
    }
    /* 2^64 messages are never sent. */
    ASSERT(noise_seal_from(&link->noise.send, out, opened) == LOFT_OK);
    noise_close_frame(out, opened);
}

bool peer_link_take(struct peer_link *link, struct buffer *out,
                    size_t max_bytes)
{
    size_t start = out->len;
    buffer_put_bytes(out, buffer_bytes(&link->raw));
    buffer_free(&link->raw);
    while (link->is_secured && yamux_session_is_ready(&link->yamux)) {
        size_t used = out->len - start;
        if (used > 0 && used + TAKE_BYTES_MIN > max_bytes)
            return true;
        size_t room = max_bytes < used + TAKE_BYTES_MIN
                          ? YAMUX_TAKE_BYTES_MIN
                          : max_bytes - used - FRAME_BYTES;
        take_message(link, out,
                     room < NOISE_PLAIN_BYTES_MAX ? room
                                                  : NOISE_PLAIN_BYTES_MAX);
    }
    return false;
}

/* Time */

static void tick_open(struct peer_link *link)
{
    link->is_calling = true;
    link_tick_streams(link);
    yamux_session_work(&link->yamux, link->now_ms);
    if (link->has_unarmed)
        link_tick_streams(link);
    link->is_calling = false;
}

loft_err peer_link_tick(struct peer_link *link, uint64_t now_ms,
                        uint64_t *next_ms)
{
    ASSERT(!link->is_calling);
    link->is_woken = false;
    link->now_ms = now_ms;
    *next_ms = UINT64_MAX;
    if (link->phase == LINK_OVER)
        return LOFT_OK;
    if (link->phase == LINK_OPEN) {
        tick_open(link);
        *next_ms = link->streams_due_ms;
        return LOFT_OK;
    }
    *next_ms = link->handshake_due_ms;
    if (now_ms < link->handshake_due_ms)
        return LOFT_OK;
    fail(link);
    return err_say(LOFT_ERR_TIMEOUT, "p2p: no handshake within %u ms",
                   link->limits->handshake_ms);
}

/* State */

bool peer_link_is_secured(const struct peer_link *link)
{
    return link->phase == LINK_OPEN;
}

const struct peer_id *peer_link_peer(const struct peer_link *link)
{
    return &link->their_id;
}

const struct peer_public_key *peer_link_key(const struct peer_link *link)
{
    return &link->their_key;
}

void peer_link_part(struct peer_link *link)
{
    if (link->phase == LINK_OPEN)
        yamux_session_part(&link->yamux, YAMUX_NORMAL);
}

bool peer_link_is_parting(const struct peer_link *link)
{
    return link->is_secured &&
           (link->yamux.we_parted || link->yamux.they_parted);
}

struct peer_link_stats peer_link_stats(const struct peer_link *link)
{
    struct peer_link_stats stats = {
        .memory_bytes = sizeof *link + link->in.cap + link->raw.cap};
    if (link->opening)
        stats.memory_bytes += sizeof *link->opening +
                              link->opening->select.partial.cap;
    if (!link->is_secured)
        return stats;
    stats.bytes_in = link->yamux.bytes_in;
    stats.bytes_out = link->yamux.bytes_out;
    stats.streams_in = link->yamux.streams_in;
    stats.streams_out = link->yamux.streams_out;
    stats.memory_bytes += yamux_session_memory(&link->yamux) +
                          link_streams_memory(link);
    return stats;
}
