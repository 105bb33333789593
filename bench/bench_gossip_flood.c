/* What a flood of gossip costs a node, each message of it validly signed: how
 * many of them it checks, and how long a peer that means well then waits for
 * the answer to a small request. Three processes over TCP on this machine.
 *
 *     bench_gossip_flood [FLOODERS [SECONDS]]
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "codec/uvarint.h"
#include "io/loop.h"
#include "p2p/gossip.h"
#include "p2p/request.h"
#include "p2p/tcp_transport.h"

#define FLOODERS_MAX 64
#define MESSAGES 200000 /* of all flooders together */
#define MESSAGE_BYTES 100
#define ASK_EACH_MS 5
#define ASKED_MAX 20000
#define ADDR_BYTES 8 /* of an IPv4 address and a port */
#define REPORT_MS 10

enum { ECHO = 2, TARGET_KEY = 1, HONEST_KEY = 2, FLOODER_KEY = 3 };

/* What the processes share. */
struct board {
    _Atomic unsigned is_listening;
    uint8_t addr[ADDR_BYTES];
    _Atomic uint64_t delivered, received, processor_us;
};

static struct board *board;
static struct loop *loop;
static struct tcp_transport *tcp;
static unsigned flooders = 4, seconds = 5;

static struct peer_host *open_host(struct peer_private_key *key, unsigned of)
{
    secret32 secret = {.at = {9}};
    struct peer_host *host;
    store_be32(secret.at + 28, of);
    ASSERT(peer_private_key_init(key, PEER_KEY_SECP256K1, &secret) == LOFT_OK);
    const struct peer_host_config config = {
        .identity = key,
        .transport = tcp_transport_of(tcp),
        .agent = "bench/1",
        .unix_ms = clock_unix_ms(),
    };
    ASSERT(peer_host_open(&host, &config) == LOFT_OK);
    return host;
}

static void echo(void *context, struct request *request, bytes payload)
{
    (void)context;
    request_answer(request, payload);
}

static const struct request_kind kinds[] = {{ECHO, 64, 64, echo}};
static const struct request_protocol protocol = {
    "/bench/request/1", kinds, 1, 64, 64, 60000};

/* The node under the flood. */

static struct gossip *gossip;
static struct loop_timer *report;

static void on_report(void *context)
{
    struct rusage usage;
    (void)context;
    struct gossip_stats stats = gossip_stats(gossip);
    getrusage(RUSAGE_SELF, &usage);
    board->delivered = stats.router.counts.delivered;
    board->received = stats.router.counts.received;
    board->processor_us =
        (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
        (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    loop_timer_start(report, REPORT_MS);
}

static void run_target(void)
{
    static struct peer_private_key key;
    const struct gossip_config config = {.unix_ms = clock_unix_ms()};
    const struct gossip_use use = {0};
    bytes addr = bytes_of("\4\x7f\0\0\1\6\0\0", ADDR_BYTES);
    struct peer_host *host = open_host(&key, TARGET_KEY);
    requests_open(host, &protocol, NULL);
    gossip = gossip_open(host, &config);
    ASSERT(gossip_subscribe(gossip, bytes_str("flood"), &use) == LOFT_OK);
    ASSERT(peer_host_listen(host, addr) == LOFT_OK);
    ASSERT(peer_host_addr(host, 0, &addr) && addr.len == ADDR_BYTES);
    memcpy(board->addr, addr.at, ADDR_BYTES);
    board->is_listening = 1;
    report = loop_timer_open(loop, on_report, NULL);
    loop_timer_start(report, REPORT_MS);
    loop_run(loop);
}

/* Those who flood it. */

struct flooder {
    struct peer_private_key key;
    struct peer_host *host;
    struct peer_stream *stream;
    struct buffer text; /* RPCs of one message each */
    size_t sent;
};

static struct flooder many[FLOODERS_MAX];

static void make_text(struct flooder *flooder)
{
    static uint8_t data[MESSAGE_BYTES];
    struct buffer raw = {0}, rpc = {0};
    for (unsigned i = 0; i < MESSAGES / flooders; i++) {
        raw.len = rpc.len = 0;
        gossip_message_seal(&raw, &flooder->key, bytes_str("flood"),
                            bytes_of(data, sizeof data), i + 1);
        const bytes message = buffer_bytes(&raw);
        gossip_rpc_put(&rpc, &(struct gossip_rpc){.messages = &message,
                                                  .message_count = 1});
        uvarint_put(&flooder->text, rpc.len);
        buffer_put_bytes(&flooder->text, buffer_bytes(&rpc));
    }
    buffer_free(&raw);
    buffer_free(&rpc);
}

static void send_more(void *context, struct peer_stream *stream)
{
    struct flooder *flooder = context;
    size_t left = flooder->text.len - flooder->sent;
    while (left > 0) {
        size_t room = peer_stream_room(stream), len = room < left ? room : left;
        if (!peer_stream_send(stream, bytes_of(flooder->text.at + flooder->sent,
                                               len > 0 ? len : 1)))
            return;
        flooder->sent += len;
        left -= len;
    }
}

static const struct peer_stream_calls flood_calls = {.opened = send_more,
                                                     .drained = send_more};
static const char *const meshsub[] = {"/meshsub/1.1.0"};
/* The node's own stream: read, and thrown away. */
static const struct peer_stream_calls no_calls = {0};
static void *accept_any(void *context, struct peer_stream *stream)
{
    (void)stream;
    return context;
}
static const struct peer_protocol sink = {
    .name = "/meshsub/1.1.0", .calls = &no_calls, .accept = accept_any};

static void flooder_connected(void *context, const struct peer_id *peer)
{
    struct flooder *flooder = context;
    flooder->stream = peer_host_open_stream(flooder->host, peer, meshsub, 1,
                                            &flood_calls, flooder);
}

static void connect_to_target(struct peer_host *host)
{
    static struct peer_private_key key;
    secret32 secret = {.at = {9}};
    store_be32(secret.at + 28, TARGET_KEY);
    ASSERT(peer_private_key_init(&key, PEER_KEY_SECP256K1, &secret) == LOFT_OK);
    const struct peer_id id = peer_id_of(&key.public);
    const bytes addr = bytes_of(board->addr, ADDR_BYTES);
    ASSERT(peer_host_connect(host, &id, &addr, 1) == LOFT_OK);
}

static void run_flooders(void)
{
    static const struct peer_watcher watcher = {.connected = flooder_connected};
    for (unsigned i = 0; i < flooders; i++) {
        many[i].host = open_host(&many[i].key, FLOODER_KEY + i);
        make_text(&many[i]);
        peer_host_handle(many[i].host, &sink, &many[i]);
        peer_host_watch(many[i].host, &watcher, &many[i]);
    }
    raise(SIGSTOP); /* until it is to begin */
    for (unsigned i = 0; i < flooders; i++)
        connect_to_target(many[i].host);
    loop_run(loop);
}

/* Who means well. */

static struct requests *asking;
static struct loop_timer *ask_timer;
static struct peer_id target;
static uint64_t sent_ns[ASKED_MAX], took_ns[ASKED_MAX];
static unsigned asked, answered;
static bool is_over; /* nothing more is asked */

static void on_answer(void *context, const struct request_result *result)
{
    uint64_t *sent = context;
    ASSERT(result->status == REQUEST_ANSWERED);
    took_ns[answered++] = clock_monotonic_ns() - *sent;
    if (is_over && answered == asked)
        loop_stop(loop);
}

static void ask(void *context)
{
    struct request_call *call;
    (void)context;
    loop_timer_start(ask_timer, ASK_EACH_MS);
    if (asked == ASKED_MAX)
        return;
    sent_ns[asked] = clock_monotonic_ns();
    if (request_send(&call, asking, &target, ECHO, bytes_str("how are you"),
                     60000, on_answer, &sent_ns[asked]) == LOFT_OK)
        asked++;
}

static void on_time(void *context)
{
    (void)context;
    is_over = true;
    loop_timer_stop(ask_timer);
    if (answered == asked)
        loop_stop(loop);
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void measure(const char *when, struct loop_timer *end)
{
    asked = answered = 0;
    is_over = false;
    uint64_t delivered = board->delivered, processor = board->processor_us;
    uint64_t begun = clock_monotonic_ns();
    loop_timer_start(ask_timer, 0);
    loop_timer_start(end, (uint64_t)seconds * 1000);
    loop_run(loop);
    double took = (double)(clock_monotonic_ns() - begun) / 1e9;
    ASSERT(answered > 0);
    qsort(took_ns, answered, sizeof *took_ns, compare);
    printf("%-7s  %5u requests  median %7.0f us  p99 %7.0f us  worst %7.0f us"
           "  %6.0f messages a second  %3.0f %% of a processor\n",
           when, answered, (double)took_ns[answered / 2] / 1e3,
           (double)took_ns[answered - 1 - answered / 100] / 1e3,
           (double)took_ns[answered - 1] / 1e3,
           (double)(board->delivered - delivered) / took,
           (double)(board->processor_us - processor) / took / 1e4);
}

static void on_target(void *context, const struct peer_id *peer)
{
    (void)context;
    target = *peer;
    loop_stop(loop);
}

static void run_honest(pid_t flood)
{
    static struct peer_private_key key;
    static const struct peer_watcher watcher = {.connected = on_target};
    struct peer_host *host = open_host(&key, HONEST_KEY);
    struct loop_timer *end = loop_timer_open(loop, on_time, NULL);
    ask_timer = loop_timer_open(loop, ask, NULL);
    asking = requests_open(host, &protocol, NULL);
    peer_host_watch(host, &watcher, NULL);
    connect_to_target(host);
    loop_run(loop);
    measure("at rest", end);
    waitpid(flood, NULL, WUNTRACED);
    kill(flood, SIGCONT);
    measure("flooded", end);
}

static pid_t begin(void (*run)(void))
{
    pid_t child = fork();
    ASSERT(child >= 0);
    if (child > 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    ASSERT(loop_open(&loop) == LOFT_OK);
    tcp = tcp_transport_new(loop);
    run();
    _exit(0);
}

int main(int argc, char **argv)
{
    log_set(LOG_ERROR, false);
    if (argc > 1)
        flooders = (unsigned)strtoul(argv[1], NULL, 10);
    if (argc > 2)
        seconds = (unsigned)strtoul(argv[2], NULL, 10);
    if (flooders < 1 || flooders > FLOODERS_MAX || seconds < 1) {
        fprintf(stderr, "bench_gossip_flood: 1 to %d flooders\n", FLOODERS_MAX);
        return 3;
    }
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT(board != MAP_FAILED);
    pid_t node = begin(run_target);
    while (!board->is_listening)
        usleep(1000);
    pid_t flood = begin(run_flooders);
    ASSERT(loop_open(&loop) == LOFT_OK);
    tcp = tcp_transport_new(loop);
    run_honest(flood);
    kill(flood, SIGKILL);
    kill(node, SIGKILL);
    return 0;
}
