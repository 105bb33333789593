/* A relay between peers that send it anything, in any order: its counts add
 * up, and nothing is left when they are gone. Each step is two bytes: what is
 * done, and with what; bytes that are sent follow. */
#include "base/assert.h"
#include "p2p/relay.h"
#include "p2p/relay_message.h"
#include "p2p/test/fake_peers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define ENDS_MAX 16

static const struct relay_limits limits = {
    .reservations_max = 2,
    .reservations_per_ip_max = 2,
    .reservation_s = 100,
    .circuits_max = 3,
    .circuits_per_peer_max = 2,
    .circuit_s = 10,
    .circuit_bytes_max = 5000,
};

static const char *const hop_names[] = {RELAY_HOP_PROTOCOL};
static struct peer_host *relay_host, *peers[2];
static struct peer_stream *ends[ENDS_MAX]; /* of the peers; NULL: over */

static void keep(struct peer_stream *stream)
{
    for (size_t i = 0; i < ENDS_MAX; i++)
        if (!ends[i]) {
            ends[i] = stream;
            return;
        }
    peer_stream_reset(stream);
}

static void forget(void *context, struct peer_stream *stream,
                   enum peer_stream_end end)
{
    (void)context, (void)end;
    for (size_t i = 0; i < ENDS_MAX; i++)
        if (ends[i] == stream)
            ends[i] = NULL;
}

static const struct peer_stream_calls calls = {.ended = forget};

static void *accept_stop(void *context, struct peer_stream *stream)
{
    keep(stream);
    return context;
}

static const struct peer_protocol stop = {RELAY_STOP_PROTOCOL, &calls,
                                          accept_stop, 0, 0};

/* A message that is well formed gets further than bytes by chance. */
static void send_good(struct peer_stream *stream, uint8_t what)
{
    struct buffer out = {0};
    const struct relay_message message = {
        .type = what % 3 == 0   ? RELAY_RESERVE
                : what % 3 == 1 ? RELAY_CONNECT
                                : RELAY_STATUS,
        .has_peer = what % 3 == 1,
        .peer = peers[what / 3 % 2]->id,
        .status = what & 0x80 ? RELAY_OK : RELAY_CONNECTION_FAILED,
    };
    if (peer_stream_is_ours(stream))
        relay_hop_put(&out, &message);
    else if (message.type != RELAY_RESERVE)
        relay_stop_put(&out, &message);
    (void)!peer_stream_send(stream, buffer_bytes(&out));
    buffer_free(&out);
}

static void send_bytes(struct peer_stream *stream, bytes *rest, uint8_t count)
{
    size_t len = count < rest->len ? count : rest->len;
    (void)!peer_stream_send(stream, bytes_of(rest->at, len));
    *rest = bytes_of(rest->at + len, rest->len - len);
}

static void act(uint8_t what, uint8_t how, bytes *rest)
{
    struct peer_stream *stream = ends[(what >> 3) % ENDS_MAX];
    if (what % 8 == 0)
        keep(peer_host_open_stream(peers[how % 2], &relay_host->id, hop_names,
                                   1, &calls, &fake));
    if (what % 8 == 1)
        fake_wait((uint64_t)how * 200);
    if (!stream)
        return;
    switch (what % 8) {
    case 2:
        send_good(stream, how);
        break;
    case 3:
        send_bytes(stream, rest, how);
        break;
    case 4:
        peer_stream_finish(stream);
        break;
    case 5:
        peer_stream_reset(stream);
        break;
    case 6:
        peer_stream_pause(stream, how & 1);
        break;
    default:
        break;
    }
    if (how & 0x40)
        fake_pump();
}

static void check(const struct relay *relay)
{
    struct relay_stats stats = relay_stats(relay);
    ASSERT(stats.reservations <= limits.reservations_max);
    ASSERT(stats.circuits <= limits.circuits_max);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    bytes rest = bytes_of(data, len);
    fake_begin();
    memset(ends, 0, sizeof ends);
    relay_host = fake_host();
    struct relay *relay = relay_open(relay_host, &limits, 1700000000000u);
    for (int i = 0; i < 2; i++) {
        peers[i] = fake_host();
        peer_host_handle(peers[i], &stop, &fake);
    }
    while (rest.len >= 2) {
        uint8_t what = rest.at[0], how = rest.at[1];
        rest = bytes_of(rest.at + 2, rest.len - 2);
        act(what, how, &rest);
        check(relay);
    }
    fake_pump();
    fake_end_all();
    ASSERT(relay_stats(relay).circuits == 0);
    relay_close(relay);
    return 0;
}
