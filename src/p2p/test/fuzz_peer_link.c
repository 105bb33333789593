/* Bytes of a hostile side to a link, which dials or listens by the first byte.
 *
 * They come as they are, or by one who holds true keys: after the handshake,
 * each piece sealed, so that streams and their negotiations are reached. The
 * link's memory stays small, and once it is over it says so. */
#include "base/assert.h"
#include "p2p/peer_link.h"
#include "p2p/yamux_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define HELLO "\x13/multistream/1.0.0\n\7/noise\n"
#define MEMORY_MAX ((size_t)4 << 20)

static const struct peer_link_limits limits = {
    .streams_in_max = 4,
    .streams_out_max = 4,
    .handshake_ms = 1000,
    .negotiate_ms = 1000,
    .opens_per_s_max = 20,
    .pings_per_s_max = 5,
    .window_bytes_max = (size_t)2 << 20,
};

static const char *const muxers[] = {"/yamux/1.0.0"};
static const char *const names[] = {"/x", "/echo"};

static void got(void *context, struct peer_stream *stream, bytes data)
{
    (void)context;
    if (data.at[0] == 'p')
        peer_stream_pause(stream, true);
    else if (data.at[0] == 'r')
        peer_stream_reset(stream);
    else if (data.at[0] == 'd')
        peer_stream_deadline(stream, 50);
    else
        (void)!peer_stream_send(stream, data);
}

static void finished(void *context, struct peer_stream *stream)
{
    (void)context;
    peer_stream_finish(stream);
}

static const struct peer_stream_calls stream_calls = {.got = got,
                                                      .finished = finished};
static const struct peer_protocol echo = {
    .name = "/echo", .calls = &stream_calls, .queue_bytes_max = 1000};

static void secured(void *context)
{
    struct peer_link **link = context;
    struct peer_stream *stream = peer_link_open_stream(*link, names, 2,
                                                       &stream_calls, NULL);
    ASSERT(stream && peer_stream_send(stream, bytes_str("hello")));
}

static const struct peer_protocol *find(void *context, bytes name,
                                        void **protocol_context)
{
    (void)context;
    *protocol_context = NULL;
    return bytes_equal(name, bytes_str("/echo")) ? &echo : NULL;
}

static void output(void *context)
{
    (void)context;
}

static const struct peer_link_calls calls = {secured, find, output, NULL};

static struct peer_link *begin(bool dials, struct peer_link **slot,
                               const struct peer_private_key *identity)
{
    const secret32 keys[2] = {{.at = {1}}, {.at = {2}}};
    const struct peer_link_config config = {
        .is_dialer = dials,
        .identity = identity,
        .static_key = &keys[0],
        .ephemeral_key = &keys[1],
        .limits = &limits,
        .calls = &calls,
        .context = slot,
    };
    return *slot = peer_link_new(&config);
}

static void take(struct peer_link *link, struct buffer *out)
{
    while (peer_link_take(link, out, 5000))
        ;
}

static void hear(struct peer_handshake *handshake, bytes *rest)
{
    bytes message = BYTES_EMPTY;
    ASSERT(noise_next_frame(&message, rest));
    ASSERT(peer_handshake_read(handshake, message) == LOFT_OK);
}

/* The hostile side's half of a handshake as it should be. */
static void shake_hands(struct peer_link *link, bool link_dials,
                        struct noise_session *noise,
                        const struct peer_private_key *identity)
{
    const secret32 keys[2] = {{.at = {3}}, {.at = {4}}};
    struct peer_handshake handshake;
    struct buffer out = {0}, in = {0};
    const struct peer_handshake_config config = {
        .role = link_dials ? NOISE_RESPONDER : NOISE_INITIATOR,
        .identity = identity,
        .static_key = &keys[0],
        .ephemeral_key = &keys[1],
        .muxers = muxers,
        .muxer_count = 1,
    };
    peer_handshake_begin(&handshake, &config);
    ASSERT(peer_link_receive(link, bytes_str(HELLO), 0) == LOFT_OK);
    take(link, &in);
    bytes rest = bytes_of(in.at + sizeof HELLO - 1, in.len - sizeof HELLO + 1);
    while (!peer_handshake_is_done(&handshake)) {
        if (!peer_handshake_is_to_write(&handshake)) {
            hear(&handshake, &rest);
            continue;
        }
        out.len = 0;
        ASSERT(peer_handshake_write(&handshake, &out) == LOFT_OK);
        ASSERT(peer_link_receive(link, buffer_bytes(&out), 0) == LOFT_OK);
        in.len = 0;
        take(link, &in);
        rest = buffer_bytes(&in);
    }
    ASSERT(peer_link_is_secured(link));
    noise_split(noise, &handshake.noise);
    peer_handshake_end(&handshake);
    buffer_free(&out);
    buffer_free(&in);
}

static loft_err give(struct peer_link *link, struct noise_session *noise,
                     bytes piece, uint64_t now_ms)
{
    struct buffer out = {0};
    size_t opened = 0;
    if (noise)
        opened = noise_open_frame(&out);
    buffer_put_bytes(&out, piece);
    if (noise) {
        ASSERT(noise_seal_from(&noise->send, &out, opened) == LOFT_OK);
        noise_close_frame(&out, opened);
    }
    loft_err err = peer_link_receive(link, buffer_bytes(&out), now_ms);
    buffer_free(&out);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct peer_private_key identity;
    struct noise_session noise;
    struct peer_link *link;
    struct buffer out = {0};
    const secret32 secret = {.at = {5}};
    uint64_t next_ms;
    loft_err err = LOFT_OK;
    if (len < 2)
        return 0;
    bool dials = data[0] & 1, is_sealed = data[0] & 2;
    size_t step = 1 + data[1];
    ASSERT(peer_private_key_init(&identity, PEER_KEY_ED25519, &secret) ==
           LOFT_OK);
    begin(dials, &link, &identity);
    if (is_sealed)
        shake_hands(link, dials, &noise, &identity);
    for (size_t at = 2; at < len && err == LOFT_OK; at += step) {
        size_t here = len - at < step ? len - at : step;
        err = give(link, is_sealed ? &noise : NULL, bytes_of(data + at, here),
                   at);
        ASSERT(peer_link_stats(link).memory_bytes < MEMORY_MAX);
        if (err == LOFT_OK)
            err = peer_link_tick(link, at, &next_ms);
        out.len = 0;
        take(link, &out);
    }
    if (err != LOFT_OK)
        ASSERT(!peer_link_is_secured(link) &&
               peer_link_receive(link, bytes_of("x", 1), len) ==
                   LOFT_ERR_REFUSED);
    peer_link_free(link);
    buffer_free(&out);
    return 0;
}
