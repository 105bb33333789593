/* What a connection between two peers costs, without its sockets: the bytes of
 * a stream through two links, their handshakes, and the memory of one that is
 * idle. Processor time of each side, the best of several runs. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/assert.h"
#include "p2p/peer_link.h"

#define RUNS 5
#define STREAM_BYTES ((size_t)256 << 20)
#define CHUNK_BYTES ((size_t)64 << 10)
#define SMALL_BYTES ((size_t)32 << 20)
#define HANDSHAKES 300
#define IDLE_LINKS 1000

struct side {
    struct peer_link *link;
    struct buffer out;
    double ns; /* of processor time */
    bool is_secured;
};

static struct side sides[2];
static struct peer_private_key keys[2];
static uint64_t received, now_ms;
static bool is_full;
static uint8_t chunk[CHUNK_BYTES];

static double cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void got(void *context, struct peer_stream *stream, bytes data)
{
    (void)context;
    (void)stream;
    received += data.len;
}

static void drained(void *context, struct peer_stream *stream)
{
    (void)context;
    (void)stream;
    is_full = false;
}

static const struct peer_stream_calls stream_calls = {.got = got,
                                                      .drained = drained};
static const struct peer_protocol protocol = {.name = "/bench/1",
                                              .calls = &stream_calls};
static const char *const names[] = {"/bench/1"};

static void secured(void *context)
{
    struct side *side = context;
    side->is_secured = true;
}

static const struct peer_protocol *find(void *context, bytes name,
                                        void **protocol_context)
{
    (void)context;
    (void)name;
    *protocol_context = NULL;
    return &protocol;
}

static void output(void *context)
{
    (void)context;
}

static const struct peer_link_calls link_calls = {secured, find, output};

static void begin(int index)
{
    struct side *side = &sides[index];
    secret32 static_key, ephemeral_key;
    double start = cpu_ns();
    secret_random(&static_key);
    secret_random(&ephemeral_key);
    const struct peer_link_config config = {
        .is_dialer = index == 0,
        .identity = &keys[index],
        .static_key = &static_key,
        .ephemeral_key = &ephemeral_key,
        .limits = &PEER_LINK_LIMITS,
        .calls = &link_calls,
        .context = side,
        .now_ms = now_ms,
    };
    side->link = peer_link_new(&config);
    side->is_secured = false;
    side->ns += cpu_ns() - start;
}

/* One side ticks and sends what fits a socket; the other receives it. */
static void pass(int from)
{
    struct side *side = &sides[from], *other = &sides[1 - from];
    uint64_t next_ms;
    double start = cpu_ns();
    ASSERT(peer_link_tick(side->link, now_ms, &next_ms) == LOFT_OK);
    peer_link_take(side->link, &side->out, CHUNK_BYTES);
    double taken = cpu_ns();
    if (side->out.len > 0)
        ASSERT(peer_link_receive(other->link, buffer_bytes(&side->out),
                                 now_ms) == LOFT_OK);
    side->out.len = 0;
    side->ns += taken - start;
    other->ns += cpu_ns() - taken;
}

static void connect_sides(void)
{
    begin(0);
    begin(1);
    while (!sides[0].is_secured || !sides[1].is_secured) {
        pass(0);
        pass(1);
    }
}

static void disconnect_sides(void)
{
    peer_link_free(sides[0].link);
    peer_link_free(sides[1].link);
}

static void send_through(size_t total, size_t piece)
{
    struct peer_stream *stream = peer_link_open_stream(sides[0].link, names, 1,
                                                       &stream_calls, NULL);
    uint64_t sent = 0;
    received = 0;
    is_full = false;
    for (uint64_t turn = 0; received < total; turn++) {
        double start = cpu_ns();
        while (!is_full && sent < total) {
            is_full = !peer_stream_send(stream, bytes_of(chunk, piece));
            sent += is_full ? 0 : piece;
        }
        sides[0].ns += cpu_ns() - start;
        pass(0);
        pass(1);
        now_ms += turn % 8 == 0; /* as if 64 KiB took 1/8 ms */
    }
    peer_stream_reset(stream);
    pass(0);
}

static void keep_best(double best[2])
{
    for (int i = 0; i < 2; i++)
        if (best[i] == 0 || sides[i].ns < best[i])
            best[i] = sides[i].ns;
}

static void report_throughput(const char *what, size_t total, size_t piece)
{
    double best[2] = {0, 0};
    for (int run = 0; run < RUNS; run++) {
        connect_sides();
        sides[0].ns = sides[1].ns = 0;
        send_through(total, piece);
        keep_best(best);
        disconnect_sides();
    }
    printf("%-28s %8.0f MB a CPU-second sending, %8.0f receiving\n", what,
           (double)total * 1e3 / best[0], (double)total * 1e3 / best[1]);
}

static void report_handshakes(void)
{
    double best[2] = {0, 0};
    for (int run = 0; run < RUNS; run++) {
        sides[0].ns = sides[1].ns = 0;
        for (int i = 0; i < HANDSHAKES; i++) {
            connect_sides();
            disconnect_sides();
        }
        keep_best(best);
    }
    printf("%-28s %8.0f a CPU-second dialing, %8.0f accepting, %.0f both\n",
           "handshakes", HANDSHAKES * 1e9 / best[0], HANDSHAKES * 1e9 / best[1],
           HANDSHAKES * 1e9 / (best[0] + best[1]));
}

static void report_memory(void)
{
    static struct peer_link *links[2 * IDLE_LINKS];
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < IDLE_LINKS; i++) {
        connect_sides();
        links[2 * i] = sides[0].link;
        links[2 * i + 1] = sides[1].link;
    }
    size_t used = mallinfo2().uordblks - before;
    printf("%-28s %8zu bytes, %zu by its own count\n", "an idle link",
           used / (2 * IDLE_LINKS), peer_link_stats(links[0]).memory_bytes);
    for (int i = 0; i < 2 * IDLE_LINKS; i++)
        peer_link_free(links[i]);
}

int main(void)
{
    for (int i = 0; i < 2; i++) {
        const secret32 secret = {.at = {(uint8_t)(i + 1)}};
        ASSERT(peer_private_key_init(&keys[i], PEER_KEY_ED25519, &secret) ==
               LOFT_OK);
    }
    report_throughput("a stream, pieces of 64 KiB", STREAM_BYTES, CHUNK_BYTES);
    report_throughput("a stream, pieces of 256 B", SMALL_BYTES, 256);
    report_handshakes();
    report_memory();
    buffer_free(&sides[0].out);
    buffer_free(&sides[1].out);
    return 0;
}
