/* How long a request to a peer takes over TCP on this machine: one request
 * after another, then several in flight; between two hosts on one loop, then
 * with the other host in a process of its own, which has to be woken, then
 * beside bytes that go on the same connection as fast as it takes them.
 *
 *     bench_requests [BUSY]
 *
 * BUSY processes that only compute run beside it: how it fares where there is
 * more to do than the processors can. Printed besides: how often the system
 * took the processor away from who asks. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/loop.h"
#include "p2p/perf.h"
#include "p2p/request.h"
#include "p2p/tcp_transport.h"

#define REQUESTS 20000
#define REQUESTS_BESIDE 500
#define WARM_UP 500
#define PAYLOAD_BYTES 256
#define SECONDS_MAX 60
#define BUSY_MAX 64
#define ADDR_BYTES 8 /* of an IPv4 address and a port */

enum { ECHO = 2 };

static struct loop *loop;
static struct peer_private_key keys[2];
static struct peer_host *hosts[2];
static struct requests *ends[2];
static struct peer_id other;
static unsigned started, ended, in_flight_max, requests_count;
static uint64_t took_ns[WARM_UP + REQUESTS], began_ns;
static long began_switches;

static long switches(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nivcsw;
}

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
    if (started < WARM_UP + requests_count)
        send_one();
    else if (ended == started)
        loop_stop(loop);
}

static void send_one(void)
{
    static const uint8_t payload[PAYLOAD_BYTES];
    struct request_call *call;
    uint64_t *sent_ns = &took_ns[started++];
    if (started == WARM_UP + 1) {
        began_ns = clock_monotonic_ns();
        began_switches = switches();
    }
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

static void report(const char *where)
{
    uint64_t *took = took_ns + WARM_UP;
    double seconds = (double)(clock_monotonic_ns() - began_ns) / 1e9;
    long taken = switches() - began_switches;
    qsort(took, requests_count, sizeof *took, compare);
    printf("%-13s  %2u in flight  median %6.1f us  p99 %6.1f us  "
           "worst %7.1f us  %6.0f a second  taken away %ld\n",
           where, in_flight_max, (double)took[requests_count / 2] / 1e3,
           (double)took[requests_count - requests_count / 100] / 1e3,
           (double)took[requests_count - 1] / 1e3, requests_count / seconds,
           taken);
    fflush(stdout);
}

static void ask(const char *where, unsigned in_flight)
{
    started = ended = 0;
    in_flight_max = in_flight;
    for (unsigned i = 0; i < in_flight; i++)
        send_one();
    loop_run(loop);
    report(where);
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

static void make_key(int at)
{
    const secret32 secret = {.at = {(uint8_t)(at + 1)}};
    ASSERT(peer_private_key_init(&keys[at], PEER_KEY_ED25519, &secret) ==
           LOFT_OK);
}

static void open_host(int at, struct tcp_transport *tcp)
{
    const struct peer_host_config config = {
        .identity = &keys[at],
        .transport = tcp_transport_of(tcp),
        .agent = "bench",
        .unix_ms = clock_unix_ms(),
    };
    ASSERT(peer_host_open(&hosts[at], &config) == LOFT_OK);
    ends[at] = requests_open(hosts[at], &protocol, NULL);
}

static void close_host(int at)
{
    peer_host_close(hosts[at]);
    requests_close(ends[at]);
}

static const struct perf_limits unbounded = {4, 4, UINT64_MAX / 2,
                                             SECONDS_MAX * 1000};

/* The host that answers; its address goes to *out. */
static void begin_answering(uint8_t *out, struct tcp_transport *tcp)
{
    bytes addr = bytes_of("\4\x7f\0\0\1\6\0\0", ADDR_BYTES); /* any port */
    open_host(1, tcp);
    perf_serve(hosts[1], &unbounded);
    ASSERT(peer_host_listen(hosts[1], addr) == LOFT_OK);
    ASSERT(peer_host_addr(hosts[1], 0, &addr) && addr.len == ADDR_BYTES);
    memcpy(out, addr.at, ADDR_BYTES);
}

static pid_t fork_mine(void)
{
    pid_t child = fork();
    ASSERT(child >= 0);
    if (child == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    return child;
}

static void end_child(pid_t child)
{
    if (child == 0)
        return;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* In a process of its own, until that is ended. */
static pid_t answer_apart(uint8_t *out)
{
    int ends_of_pipe[2];
    ASSERT(pipe(ends_of_pipe) == 0);
    pid_t child = fork_mine();
    if (child == 0) {
        ASSERT(loop_open(&loop) == LOFT_OK);
        begin_answering(out, tcp_transport_new(loop));
        ASSERT(write(ends_of_pipe[1], out, ADDR_BYTES) == ADDR_BYTES);
        loop_run(loop);
        _exit(0);
    }
    ASSERT(read(ends_of_pipe[0], out, ADDR_BYTES) == ADDR_BYTES);
    close(ends_of_pipe[0]);
    close(ends_of_pipe[1]);
    return child;
}

static void upload_is_over(void *context, const struct perf_result *result)
{
    (void)context, (void)result;
}

enum where { ON_ONE_LOOP, APART, BESIDE_BYTES };

static void measure_requests(enum where where)
{
    static const char *const names[] = {"one loop", "two processes",
                                        "beside bytes"};
    static const struct perf_order upload = {.upload_bytes = UINT64_MAX / 2,
                                             .ms_max = SECONDS_MAX * 1000};
    bool is_apart = where != ON_ONE_LOOP;
    struct perf_run *run;
    static const struct peer_watcher watcher = {.connected = on_connected};
    uint8_t at[ADDR_BYTES];
    pid_t child = is_apart ? answer_apart(at) : 0;
    ASSERT(loop_open(&loop) == LOFT_OK);
    struct tcp_transport *tcp = tcp_transport_new(loop);
    struct loop_timer *late = loop_timer_open(loop, on_late, NULL);
    open_host(0, tcp);
    if (!is_apart)
        begin_answering(at, tcp);
    other = peer_id_of(&keys[1].public);
    peer_host_watch(hosts[0], &watcher, NULL);
    loop_timer_start(late, (uint64_t)SECONDS_MAX * 1000);
    const bytes addr = bytes_of(at, sizeof at);
    ASSERT(peer_host_connect(hosts[0], &other, &addr, 1) == LOFT_OK);
    loop_run(loop);
    requests_count = where == BESIDE_BYTES ? REQUESTS_BESIDE : REQUESTS;
    if (where == BESIDE_BYTES)
        ASSERT(perf_start(&run, hosts[0], &other, &upload, upload_is_over,
                          NULL) == LOFT_OK);
    ask(names[where], 1);
    ask(names[where], 16);
    loop_timer_close(late);
    close_host(0);
    if (!is_apart)
        close_host(1);
    tcp_transport_free(tcp);
    loop_close(loop);
    end_child(child);
}

int main(int argc, char **argv)
{
    pid_t busy[BUSY_MAX];
    unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    log_set(LOG_ERROR, false);
    for (unsigned i = 0; i < count && i < BUSY_MAX; i++)
        if ((busy[i] = fork_mine()) == 0)
            for (volatile uint64_t work = 0;; work++)
                ;
    make_key(0);
    make_key(1);
    measure_requests(ON_ONE_LOOP);
    measure_requests(APART);
    measure_requests(BESIDE_BYTES);
    for (unsigned i = 0; i < count && i < BUSY_MAX; i++)
        end_child(busy[i]);
    return 0;
}
