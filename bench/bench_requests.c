/* How long a request to a peer takes over TCP on this machine: two hosts on
 * one loop, one request after another, then several in flight. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "io/loop.h"
#include "p2p/request.h"
#include "p2p/tcp_transport.h"

#define REQUESTS 20000
#define WARM_UP 500
#define PAYLOAD_BYTES 256
#define SECONDS_MAX 60

enum { ECHO = 2 };

static struct loop *loop;
static struct peer_private_key keys[2];
static struct peer_host *hosts[2];
static struct requests *ends[2];
static struct peer_id other;
static unsigned started, ended, in_flight_max;
static uint64_t took_ns[WARM_UP + REQUESTS], began_ns;

static void echo(void *context, struct request *request, bytes payload)
{
    (void)context;
    request_answer(request, payload);
}

static const struct request_kind kinds[] = {
    {ECHO, PAYLOAD_BYTES, PAYLOAD_BYTES, echo}};
static const struct request_protocol protocol = {
    "/bench/request/1", kinds, 1, 64, 64, 5000};

static void send_one(void);

static void answered(void *context, const struct request_result *result)
{
    uint64_t *sent_ns = context;
    ASSERT(result->status == REQUEST_ANSWERED);
    ASSERT(result->payload.len == PAYLOAD_BYTES);
    *sent_ns = clock_monotonic_ns() - *sent_ns;
    ended++;
    if (started < WARM_UP + REQUESTS)
        send_one();
    else if (ended == started)
        loop_stop(loop);
}

static void send_one(void)
{
    static const uint8_t payload[PAYLOAD_BYTES];
    struct request_call *call;
    uint64_t *sent_ns = &took_ns[started++];
    if (started == WARM_UP + 1)
        began_ns = clock_monotonic_ns();
    *sent_ns = clock_monotonic_ns();
    ASSERT(request_send(&call, ends[0], &other, ECHO,
                        bytes_of(payload, sizeof payload), 5000, answered,
                        sent_ns) == LOFT_OK);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void report(void)
{
    uint64_t *took = took_ns + WARM_UP;
    double seconds = (double)(clock_monotonic_ns() - began_ns) / 1e9;
    qsort(took, REQUESTS, sizeof *took, compare);
    printf("%2u in flight  median %6.1f us  p99 %6.1f us  worst %7.1f us  "
           "%6.0f a second\n",
           in_flight_max, (double)took[REQUESTS / 2] / 1e3,
           (double)took[REQUESTS - REQUESTS / 100] / 1e3,
           (double)took[REQUESTS - 1] / 1e3, REQUESTS / seconds);
}

static void run(unsigned in_flight)
{
    started = ended = 0;
    in_flight_max = in_flight;
    for (unsigned i = 0; i < in_flight; i++)
        send_one();
    loop_run(loop);
    report();
}

static void on_connected(void *context, const struct peer_id *peer)
{
    (void)context, (void)peer;
    loop_stop(loop);
}

static void on_late(void *context)
{
    (void)context;
    fprintf(stderr, "no end after %d seconds\n", SECONDS_MAX);
    exit(1);
}

static void open_host(int at, struct tcp_transport *tcp)
{
    const secret32 secret = {.at = {(uint8_t)(at + 1)}};
    ASSERT(peer_private_key_init(&keys[at], PEER_KEY_ED25519, &secret) ==
           LOFT_OK);
    const struct peer_host_config config = {
        .identity = &keys[at],
        .transport = tcp_transport_of(tcp),
        .agent = "bench",
        .unix_ms = clock_unix_ms(),
    };
    ASSERT(peer_host_open(&hosts[at], &config) == LOFT_OK);
    ends[at] = requests_open(hosts[at], &protocol, NULL);
}

int main(void)
{
    static const struct peer_watcher watcher = {.connected = on_connected};
    bytes addr = bytes_of("\4\x7f\0\0\1\6\0\0", 8); /* any port */
    ASSERT(loop_open(&loop) == LOFT_OK);
    struct tcp_transport *tcp = tcp_transport_new(loop);
    struct loop_timer *late = loop_timer_open(loop, on_late, NULL);
    open_host(0, tcp);
    open_host(1, tcp);
    other = *peer_host_id(hosts[1]);
    ASSERT(peer_host_listen(hosts[1], addr) == LOFT_OK);
    ASSERT(peer_host_addr(hosts[1], 0, &addr));
    peer_host_watch(hosts[0], &watcher, NULL);
    loop_timer_start(late, (uint64_t)SECONDS_MAX * 1000);
    ASSERT(peer_host_connect(hosts[0], &other, &addr, 1) == LOFT_OK);
    loop_run(loop);
    run(1);
    run(16);
    loop_timer_close(late);
    for (int i = 0; i < 2; i++) {
        peer_host_close(hosts[i]);
        requests_close(ends[i]);
        peer_private_key_fini(&keys[i]);
    }
    tcp_transport_free(tcp);
    loop_close(loop);
    return 0;
}
