/* Gossip over real sockets: hosts on the loopback interface, spread over
 * processes, of which each dials some others and publishes in its turn.
 *
 *     bench_gossip [HOSTS [PROCESSES [LINKS [MESSAGES [BYTES [A_SECOND]]]]]]
 *
 * Printed: what part of the messages arrived, how late, and how often more
 * than once; and the processor time of a message and host. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/loop.h"
#include "p2p/gossip.h"
#include "p2p/multiaddr.h"
#include "p2p/tcp_transport.h"

#define HOSTS_MAX 128
#define MESSAGES_MAX 4096
#define WARM_UP_MS 6000
#define WARM_UP_MESSAGES 40 /* until the meshes have proven themselves */
#define LAST_MS 4000

/* What the processes share. */
struct board {
    _Atomic unsigned listening;
    struct {
        uint8_t at[64];
        _Atomic unsigned len;
    } addrs[HOSTS_MAX];
    _Atomic unsigned delivered;
    _Atomic uint64_t duplicates, dropped, withdrawn, cpu_us;
    uint32_t late_us[]; /* of each message and host; 0: it did not come */
};

static struct board *board;
static unsigned hosts = 32, processes = 4, links = 8, messages = 400,
                size = 100, a_second = 20;

struct node {
    unsigned index;
    struct peer_private_key key;
    struct peer_host *host;
    struct gossip *gossip;
    struct process *process;
    uint64_t duplicates_before;
};

struct process {
    unsigned index;
    struct loop *loop;
    struct tcp_transport *tcp;
    struct node nodes[HOSTS_MAX];
    unsigned node_count, sent;
    struct loop_timer *timer;
    uint64_t begin_ns;
};

static void must(loft_err err)
{
    if (err == LOFT_OK)
        return;
    fprintf(stderr, "bench_gossip: %s\n", err_sentence());
    exit(1);
}

static bytes topic(void)
{
    return bytes_str("bench");
}

static void on_deliver(void *context, const struct gossip_message *message)
{
    struct node *node = context;
    uint32_t number = load_be32(message->data.at);
    uint64_t late_ns = clock_monotonic_ns() - load_be64(message->data.at + 4);
    if (number < WARM_UP_MESSAGES)
        return;
    board->late_us[(number - WARM_UP_MESSAGES) * hosts + node->index] =
        (uint32_t)(late_ns / 1000) + 1;
    atomic_fetch_add(&board->delivered, 1);
}

static void make_key(struct peer_private_key *key, unsigned index)
{
    secret32 secret = {.at = {5}};
    store_be32(secret.at + 28, index + 1);
    must(peer_private_key_init(key, PEER_KEY_ED25519, &secret));
}

static void begin_node(struct process *process, unsigned index)
{
    struct node *node = &process->nodes[process->node_count++];
    struct buffer any = {0};
    bytes addr;
    node->index = index;
    node->process = process;
    make_key(&node->key, index);
    const struct peer_host_config config = {
        .identity = &node->key,
        .transport = tcp_transport_of(process->tcp),
        .agent = "bench/1",
        .unix_ms = clock_unix_ms(),
    };
    must(peer_host_open(&node->host, &config));
    const struct gossip_config gossip = {.unix_ms = clock_unix_ms()};
    node->gossip = gossip_open(node->host, &gossip);
    const struct gossip_use use = {
        .deliver = on_deliver, .context = node, .seqnos_rise = true};
    must(gossip_subscribe(node->gossip, topic(), &use));
    must(multiaddr_read_text(&any, bytes_str("/ip4/127.0.0.1/tcp/0")));
    must(peer_host_listen(node->host, buffer_bytes(&any)));
    buffer_free(&any);
    ASSERT(peer_host_addr(node->host, 0, &addr) && addr.len <= 64);
    memcpy(board->addrs[index].at, addr.at, addr.len);
    atomic_store(&board->addrs[index].len, (unsigned)addr.len);
    atomic_fetch_add(&board->listening, 1);
}

static void dial_some(struct node *node)
{
    for (unsigned i = 0; i < links; i++) {
        unsigned to = (node->index + 1 + (i * i + i * 5) % (hosts - 1)) % hosts;
        struct peer_private_key key;
        make_key(&key, to);
        struct peer_id id = peer_id_of(&key.public);
        bytes addr = bytes_of(board->addrs[to].at, board->addrs[to].len);
        (void)!peer_host_connect(node->host, &id, &addr, 1);
    }
}

static uint64_t cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void report(struct process *process)
{
    for (unsigned i = 0; i < process->node_count; i++) {
        struct gossip_stats stats = gossip_stats(process->nodes[i].gossip);
        atomic_fetch_add(&board->duplicates,
                         stats.router.counts.duplicates -
                             process->nodes[i].duplicates_before);
        atomic_fetch_add(&board->dropped,
                         stats.dropped_data + stats.dropped_control);
        atomic_fetch_add(&board->withdrawn, stats.withdrawn);
    }
    loop_stop(process->loop);
}

/* After the warm-up: processor time and duplicates count from here. */
static void begin_count(struct process *process)
{
    atomic_fetch_sub(&board->cpu_us, cpu_us());
    for (unsigned i = 0; i < process->node_count; i++)
        process->nodes[i].duplicates_before =
            gossip_stats(process->nodes[i].gossip).router.counts.duplicates;
}

/* Message number k is of host k % hosts, at the same time for all. */
static void publish_due(void *context)
{
    struct process *process = context;
    uint64_t step_ns = 1000000000 / a_second;
    uint8_t *data = memory_zalloc(size);
    unsigned all = messages + WARM_UP_MESSAGES;
    for (uint64_t now = clock_monotonic_ns();
         process->sent < all &&
         now >= process->begin_ns + process->sent * step_ns;
         process->sent++) {
        unsigned from = process->sent % hosts;
        if (process->sent == WARM_UP_MESSAGES)
            begin_count(process);
        if (from % processes != process->index)
            continue;
        store_be32(data, process->sent);
        store_be64(data + 4, clock_monotonic_ns());
        must(gossip_publish(process->nodes[from / processes].gossip, NULL,
                            topic(), bytes_of(data, size)));
    }
    free(data);
    if (process->sent < all) {
        loop_timer_start(process->timer, 1);
        return;
    }
    if (clock_monotonic_ns() <
        process->begin_ns + all * step_ns + LAST_MS * 1000000ull) {
        loop_timer_start(process->timer, 100);
        return;
    }
    atomic_fetch_add(&board->cpu_us, cpu_us());
    report(process);
}

static void wait_for_all(void *context)
{
    struct process *process = context;
    if (atomic_load(&board->listening) < hosts) {
        loop_timer_start(process->timer, 10);
        return;
    }
    for (unsigned i = 0; i < process->node_count; i++)
        dial_some(&process->nodes[i]);
    loop_timer_close(process->timer);
    process->begin_ns = clock_monotonic_ns() + WARM_UP_MS * 1000000ull;
    process->timer = loop_timer_open(process->loop, publish_due, process);
    loop_timer_start(process->timer, WARM_UP_MS);
}

static void run_process(unsigned index)
{
    struct process *process = MEMORY_NEW(struct process);
    process->index = index;
    must(loop_open(&process->loop));
    process->tcp = tcp_transport_new(process->loop);
    for (unsigned i = index; i < hosts; i += processes)
        begin_node(process, i);
    process->timer = loop_timer_open(process->loop, wait_for_all, process);
    loop_timer_start(process->timer, 10);
    loop_run(process->loop);
    for (unsigned i = 0; i < process->node_count; i++) {
        peer_host_close(process->nodes[i].host);
        gossip_close(process->nodes[i].gossip);
    }
    loop_timer_close(process->timer);
    tcp_transport_free(process->tcp);
    loop_close(process->loop);
    free(process);
}

static int compare(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void print(void)
{
    size_t count = (size_t)messages * hosts;
    unsigned expected = messages * (hosts - 1);
    unsigned delivered = atomic_load(&board->delivered);
    qsort(board->late_us, count, sizeof *board->late_us, compare);
    const uint32_t *late = board->late_us + (count - delivered);
    printf("%u hosts in %u processes, %u links each, %u messages of %u bytes, "
           "%u a second\n",
           hosts, processes, links, messages, size, a_second);
    printf("delivered    %u of %u\n", delivered, expected);
    if (delivered == 0)
        return;
    printf("latency ms   p50 %.1f  p99 %.1f  max %.1f\n",
           late[delivered / 2] / 1000.0, late[delivered * 99ull / 100] / 1000.0,
           late[delivered - 1] / 1000.0);
    printf("duplicates   %.2f a message and host\n",
           (double)atomic_load(&board->duplicates) / delivered);
    printf("processor    %.0f us a message and host\n",
           (double)atomic_load(&board->cpu_us) / delivered);
    printf("dropped      %llu frames, withdrawn %llu\n",
           (unsigned long long)atomic_load(&board->dropped),
           (unsigned long long)atomic_load(&board->withdrawn));
}

int main(int argc, char **argv)
{
    unsigned *const options[] = {&hosts,    &processes, &links,
                                 &messages, &size,      &a_second};
    for (int i = 1; i < argc && i <= (int)ARRAY_LEN(options); i++)
        *options[i - 1] = (unsigned)strtoul(argv[i], NULL, 10);
    if (hosts < 2 || hosts > HOSTS_MAX || processes < 1 || processes > hosts ||
        messages < 1 || messages > MESSAGES_MAX || size < 12 || a_second < 1) {
        fprintf(stderr,
                "bench_gossip: 2 to %d hosts, 1 to %d messages of at "
                "least 12 bytes\n",
                HOSTS_MAX, MESSAGES_MAX);
        return 3;
    }
    log_set(LOG_ERROR, false);
    size_t bytes_shared = sizeof *board +
                          (size_t)messages * hosts * sizeof *board->late_us;
    board = mmap(NULL, bytes_shared, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT(board != MAP_FAILED);
    for (unsigned i = 0; i < processes; i++) {
        if (fork() == 0) {
            run_process(i);
            _exit(0);
        }
    }
    int status, failed = 0;
    while (wait(&status) > 0)
        failed |= status;
    print();
    return failed != 0;
}
