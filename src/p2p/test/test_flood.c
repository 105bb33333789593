/* A flood: a hundred hostile peers in a process of their own against one host
 * in another, and what two honest peers in a third keep meanwhile. All over
 * loopback, where no limit by address holds the flood back.
 *
 * FLOOD_SECONDS  how long it goes on; from 30 on the honest ping's median has
 *                to be below its bound
 * FLOOD_PEERS    how many are hostile
 *
 * "test_flood attack PORT" is the crowd alone, until SIGTERM. */
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/loop.h"
#include "p2p/gossip.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_actions.h"
#include "p2p/peer_host.h"
#include "p2p/relay.h"
#include "p2p/tcp_transport.h"
#include "p2p/test/flood.h"

#define SECONDS_DEFAULT 4
#define PEERS_DEFAULT 100
#define PEERS_MAX 1000
#define NAMED_WITHIN_S 120 /* however slow the machine is */
#define RSS_GROWTH_BYTES_MAX ((uint64_t)96 << 20)
#define SECONDS_JUDGED 30
#define PING_MEDIAN_US_MAX 50000
#define PING_EVERY_MS 20
#define PUBLISH_EVERY_MS 100
#define SAMPLES_MAX 100000
#define HONEST_LIMIT_MS 10000
#define TOPIC "/flood"
#define SPAM "/flood/spam" /* where the victim believes whatever comes */
#define SECOND_NS 1000000000ull

/* What the processes tell each other. */
struct board {
    volatile uint16_t port;
    struct peer_id victim;
    volatile bool flood_has_ended, has_ended;
    /* The victim's */
    struct peer_host_stats stats;
    struct gossip_stats gossip;
    struct relay_stats relay;
    volatile uint64_t rss_bytes_first, rss_bytes_most, cpu_ms, late_us_most;
    volatile unsigned conns_most, pending_most;
    volatile size_t memory_most;
    double score_least[PEERS_MAX]; /* of those who break a rule, at first */
    struct flood_report report;
};

static struct board *board;

static unsigned long number_of(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);
    return text ? strtoul(text, NULL, 10) : otherwise;
}

static unsigned crowd_size(void)
{
    unsigned long size = number_of("FLOOD_PEERS", PEERS_DEFAULT);
    return size < PEERS_MAX ? (unsigned)size : PEERS_MAX;
}

static uint64_t cpu_ms(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
           (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
}

static uint64_t rss_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%*u %lu", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* A peer with all that a node serves. */
struct member {
    struct loop *loop;
    struct loop_timer *timer;
    struct tcp_transport *tcp;
    struct peer_private_key key;
    struct peer_host *host;
    struct gossip *gossip;
    uint64_t delivered;
};

static enum gossip_verdict on_validate(void *context,
                                       const struct gossip_message *message,
                                       uint64_t ticket)
{
    (void)context;
    (void)ticket;
    return message->data.len >= 6 && memcmp(message->data.at, "honest", 6) == 0
               ? GOSSIP_ACCEPT
               : GOSSIP_REJECT;
}

static void on_deliver(void *context, const struct gossip_message *message)
{
    struct member *member = context;
    member->delivered += message->data.len == 16; /* not the repeater's */
}

static void member_open(struct member *out, struct loop *loop, uint8_t name)
{
    secret32 secret = {{name, 9}};
    *out = (struct member){.loop = loop, .tcp = tcp_transport_new(loop)};
    ASSERT(peer_private_key_init(&out->key, PEER_KEY_ED25519, &secret) ==
           LOFT_OK);
    const struct peer_host_config config = {
        .identity = &out->key,
        .transport = tcp_transport_of(out->tcp),
        .agent = "test/1",
        .unix_ms = clock_unix_ms(),
    };
    ASSERT(peer_host_open(&out->host, &config) == LOFT_OK);
    out->gossip = gossip_open(
        out->host, &(struct gossip_config){.unix_ms = clock_unix_ms()});
    const struct gossip_use use = {
        .validate = on_validate, .deliver = on_deliver, .context = out};
    ASSERT(gossip_subscribe(out->gossip, bytes_str(TOPIC), &use) == LOFT_OK);
}

static void member_close(struct member *member)
{
    peer_host_close(member->host);
    gossip_close(member->gossip);
    tcp_transport_free(member->tcp);
    peer_private_key_fini(&member->key);
}

/* The victim */

struct victim {
    struct member member;
    struct relay *relay;
    uint64_t due_ns;
    unsigned crowd;
    struct peer_id ids[PEERS_MAX];
};

#define LOOK_EVERY_MS 10

/* What gossip thinks of the peers of the crowd, by their first names. */
static void note_scores(const struct victim *victim)
{
    struct gossip_peer_info info;
    for (unsigned i = 0; i < victim->crowd; i++)
        if (gossip_peer(victim->member.gossip, &victim->ids[i], &info) &&
            info.score < board->score_least[i])
            board->score_least[i] = info.score;
}

static void look(void *context)
{
    struct victim *victim = context;
    struct peer_host_stats stats = peer_host_stats(victim->member.host);
    uint64_t now = clock_monotonic_ns(), rss = rss_bytes();
    if (now > victim->due_ns &&
        (now - victim->due_ns) / 1000 > board->late_us_most)
        board->late_us_most = (now - victim->due_ns) / 1000;
    if (!board->rss_bytes_first)
        board->rss_bytes_first = rss;
    if (rss > board->rss_bytes_most)
        board->rss_bytes_most = rss;
    if (stats.conns_in > board->conns_most)
        board->conns_most = stats.conns_in;
    if (stats.pending > board->pending_most)
        board->pending_most = stats.pending;
    if (stats.memory_bytes > board->memory_most)
        board->memory_most = stats.memory_bytes;
    board->stats = stats;
    board->gossip = gossip_stats(victim->member.gossip);
    board->relay = relay_stats(victim->relay);
    note_scores(victim);
    board->cpu_ms = cpu_ms();
    if (board->has_ended) {
        loop_stop(victim->member.loop);
        return;
    }
    victim->due_ns = now + LOOK_EVERY_MS * 1000000ull;
    loop_timer_start(victim->member.timer, LOOK_EVERY_MS);
}

static struct peer_id id_of(unsigned peer)
{
    struct peer_private_key key;
    flood_key(&key, peer, 0);
    const struct peer_id id = peer_id_of(&key.public);
    peer_private_key_fini(&key);
    return id;
}

static int be_victim(const char *log)
{
    static struct victim victim;
    struct loop *loop;
    struct buffer listen = {0};
    bytes addr;
    ASSERT(freopen(log, "w", stderr));
    ASSERT(loop_open(&loop) == LOFT_OK);
    member_open(&victim.member, loop, 1);
    ASSERT(gossip_subscribe(victim.member.gossip, bytes_str(SPAM),
                            &(struct gossip_use){0}) == LOFT_OK);
    victim.relay = relay_open(victim.member.host, &RELAY_LIMITS,
                              clock_unix_ms());
    ASSERT(multiaddr_read_text(&listen, bytes_str("/ip4/127.0.0.1/tcp/0")) ==
           LOFT_OK);
    ASSERT(peer_host_listen(victim.member.host, buffer_bytes(&listen)) ==
           LOFT_OK);
    buffer_free(&listen);
    ASSERT(peer_host_addr(victim.member.host, 0, &addr));
    board->victim = *peer_host_id(victim.member.host);
    victim.due_ns = clock_monotonic_ns();
    victim.crowd = crowd_size();
    for (unsigned i = 0; i < victim.crowd; i++)
        victim.ids[i] = id_of(i);
    victim.member.timer = loop_timer_open(loop, look, &victim);
    loop_timer_start(victim.member.timer, 0);
    board->port = load_be16(addr.at + addr.len - 2);
    loop_run(loop);
    loop_timer_close(victim.member.timer);
    peer_host_close(victim.member.host);
    victim.member.host = NULL;
    relay_close(victim.relay);
    member_close(&victim.member);
    loop_close(loop);
    return 0;
}

static int be_crowd(const char *log)
{
    (void)log;
    /* The machine is not to be the bottleneck: honest ones come first. */
    (void)!nice(5);
    const struct flood_config config = {
        .port = board->port,
        .topic = TOPIC,
        .spam = SPAM,
        .peers = crowd_size(),
        .has_ended = &board->flood_has_ended,
    };
    flood_run(&board->report, &config);
    return 0;
}

static pid_t begin(int (*be)(const char *log), const char *log)
{
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        /* Not to outlive a test that failed. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(be(log));
    }
    return pid;
}

static void assert_ended(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The honest */

struct honest {
    struct member speaker, hearer;
    struct peer_actions *actions;
    struct loop_timer *ping_timer, *publish_timer, *end_timer;
    uint64_t ping; /* under way; 0: none */
    uint64_t sent_ns;
    unsigned samples, failed, losses, published;
    uint32_t took_us[SAMPLES_MAX];
    bool is_over;
};

static struct honest honest;

static void on_lost(void *context, const struct peer_id *peer)
{
    (void)context;
    (void)peer;
    honest.losses += !honest.is_over;
}

static void on_joined(void *context, const struct peer_id *peer)
{
    (void)peer;
    loop_stop(context);
}

static const struct peer_watcher watcher = {.connected = on_joined,
                                            .disconnected = on_lost};

static void ping(void *context)
{
    (void)context;
    honest.sent_ns = clock_monotonic_ns();
    if (peer_actions_ping(honest.actions, &honest.ping, &board->victim) !=
        LOFT_OK) {
        honest.failed++;
        loop_timer_start(honest.ping_timer, PING_EVERY_MS);
    }
}

static void on_woken(void *context)
{
    struct peer_outcome outcome;
    (void)context;
    if (!honest.ping ||
        !peer_actions_take(honest.actions, honest.ping, &outcome))
        return;
    honest.ping = 0;
    if (!outcome.is_good)
        honest.failed++;
    else if (honest.samples < SAMPLES_MAX)
        honest.took_us[honest.samples++] = (uint32_t)outcome.round_trip_us;
    loop_timer_start(honest.ping_timer, PING_EVERY_MS);
}

static void publish(void *context)
{
    char text[17];
    (void)context;
    if (board->flood_has_ended)
        return;
    snprintf(text, sizeof text, "honest %09u",
             honest.published++ % 1000000000u);
    ASSERT(gossip_publish(honest.speaker.gossip, NULL, bytes_str(TOPIC),
                          bytes_str(text)) == LOFT_OK);
    loop_timer_start(honest.publish_timer, PUBLISH_EVERY_MS);
}

static void stop(void *context)
{
    loop_stop(context);
}

static void connect_to_victim(struct member *member)
{
    struct buffer addr = {0};
    char text[64];
    snprintf(text, sizeof text, "/ip4/127.0.0.1/tcp/%u", board->port);
    assert_int_equal(multiaddr_read_text(&addr, bytes_str(text)), LOFT_OK);
    bytes at = buffer_bytes(&addr);
    assert_int_equal(peer_host_connect(member->host, &board->victim, &at, 1),
                     LOFT_OK);
    while (!peer_host_is_connected(member->host, &board->victim))
        loop_run(member->loop);
    buffer_free(&addr);
}

static void run_honest(struct loop *loop, uint64_t ms)
{
    loop_timer_start(honest.end_timer, ms);
    loop_run(loop);
}

/* All that was said before the flood's end is heard, soon after it. */
static void await_hearer(struct loop *loop)
{
    for (unsigned i = 0; i < 100 && honest.hearer.delivered < honest.published;
         i++)
        run_honest(loop, 100);
}

static void be_honest(struct loop *loop)
{
    member_open(&honest.speaker, loop, 2);
    member_open(&honest.hearer, loop, 3);
    peer_host_watch(honest.speaker.host, &watcher, loop);
    peer_host_watch(honest.hearer.host, &watcher, loop);
    honest.actions = peer_actions_open(honest.speaker.host, on_woken, NULL);
    honest.ping_timer = loop_timer_open(loop, ping, NULL);
    honest.publish_timer = loop_timer_open(loop, publish, NULL);
    honest.end_timer = loop_timer_open(loop, stop, loop);
    connect_to_victim(&honest.speaker);
    connect_to_victim(&honest.hearer);
    run_honest(loop, 1500); /* a heartbeat: there are meshes */
}

static void honest_over(struct loop *loop)
{
    honest.is_over = true;
    loop_timer_close(honest.ping_timer);
    loop_timer_close(honest.publish_timer);
    loop_timer_close(honest.end_timer);
    peer_actions_close(honest.actions);
    member_close(&honest.speaker);
    member_close(&honest.hearer);
    loop_close(loop);
}

/* What is seen */

static int by_size(const void *a, const void *b)
{
    const uint32_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static uint32_t quantile(unsigned percent)
{
    unsigned at = honest.samples * percent / 100;
    return honest.samples
               ? honest.took_us[at < honest.samples ? at : honest.samples - 1]
               : UINT32_MAX;
}

static char *text_of(const char *path)
{
    struct buffer text = {0};
    FILE *file = fopen(path, "r");
    char room[4096];
    size_t got;
    assert_non_null(file);
    while ((got = fread(room, 1, sizeof room, file)) > 0)
        buffer_put(&text, room, got);
    fclose(file);
    buffer_put_byte(&text, 0);
    return (char *)text.at;
}

static void print_gossip(void)
{
    const struct gossip_counts *counts = &board->gossip.router.counts;
    print_message(
        "  gossip: %" PRIu64 " received, %" PRIu64 " delivered, %" PRIu64
        " duplicates, %" PRIu64 " forged, %" PRIu64 " rejected, %" PRIu64
        " throttled, %zu bytes queued\n",
        counts->received, counts->delivered, counts->duplicates, counts->forged,
        counts->rejected, counts->throttled, board->gossip.queued_bytes);
}

static void print_roles(void)
{
    for (unsigned i = 0; i < FLOOD_ROLE_COUNT; i++) {
        const struct flood_tally *tally = &board->report.roles[i];
        print_message("  %-44s %6" PRIu64 " connections %6" PRIu64
                      " handshakes %8.1f MB\n",
                      flood_role_text(i), tally->connections, tally->handshakes,
                      (double)tally->bytes / 1e6);
    }
}

static void print_refusals(void)
{
    for (unsigned i = 0; i < PEER_HOST_REFUSAL_COUNT; i++)
        if (board->stats.refused_total[i])
            print_message("  refused, %-12s %8" PRIu64 "\n",
                          peer_host_refusal_name(i),
                          board->stats.refused_total[i]);
}

static void print_all(double seconds, uint64_t spent_ms)
{
    qsort(honest.took_us, honest.samples, sizeof *honest.took_us, by_size);
    print_roles();
    print_refusals();
    print_gossip();
    print_message("  attackers: %.0f %% of a processor; victim: %.0f %%\n",
                  (double)board->report.cpu_ms / seconds / 10,
                  (double)spent_ms / seconds / 10);
    print_message("  victim: %.1f MiB at first, %.1f at most, %.1f of it in "
                  "links; %u connections, %u pending at most; a timer late by "
                  "%.1f ms at most\n",
                  (double)board->rss_bytes_first / 1048576,
                  (double)board->rss_bytes_most / 1048576,
                  (double)board->memory_most / 1048576, board->conns_most,
                  board->pending_most, (double)board->late_us_most / 1000);
    print_message("  honest: %u pings, median %.2f ms, p90 %.2f, p99 %.2f, "
                  "most %.2f; %u failed; %u connections lost; %" PRIu64
                  " of %u messages heard\n",
                  honest.samples, quantile(50) / 1e3, quantile(90) / 1e3,
                  quantile(99) / 1e3, quantile(100) / 1e3, honest.failed,
                  honest.losses, honest.hearer.delivered, honest.published);
}

/* How many that break a rule nobody names, by the name that they had first. */
static unsigned unnamed(const char *path, bool says)
{
    char *log = text_of(path);
    unsigned count = 0;
    for (unsigned i = 0; i < crowd_size(); i++) {
        struct buffer text = {0};
        const struct peer_id id = id_of(i);
        peer_id_put_text(&text, &id);
        buffer_put_byte(&text, 0);
        if (flood_role_breaks(i % FLOOD_ROLE_COUNT) &&
            !strstr(log, (const char *)text.at)) {
            count++;
            if (says)
                print_message("  nobody names %s: %s\n",
                              flood_role_text(i % FLOOD_ROLE_COUNT),
                              (const char *)text.at);
        }
        buffer_free(&text);
    }
    free(log);
    return count;
}

static void assert_liars_lost_their_score(void)
{
    for (unsigned i = 0; i < crowd_size(); i++)
        switch ((enum flood_role)(i % FLOOD_ROLE_COUNT)) {
        case FLOOD_FORGER:
        case FLOOD_LIAR:
        case FLOOD_CONTROLLER:
            assert_true(board->score_least[i] < GOSSIP_THRESHOLDS.graylist);
            break;
        default:
            break;
        }
}

/* The sanitizers keep what was freed. */
static void assert_memory_is_bounded(void)
{
    assert_true(board->memory_most <= PEER_HOST_LIMITS.memory_bytes_max);
    assert_true(board->pending_most <= PEER_HOST_LIMITS.pending_max);
    assert_true(board->conns_most <= PEER_HOST_LIMITS.conns_max);
#ifndef __SANITIZE_ADDRESS__
    assert_true(board->rss_bytes_most - board->rss_bytes_first <=
                RSS_GROWTH_BYTES_MAX);
#endif
}

static void assert_honest_were_served(void)
{
    assert_true(honest.samples > 0);
    assert_int_equal(honest.failed, 0);
    assert_int_equal(honest.losses, 0);
    assert_int_equal(honest.hearer.delivered, honest.published);
}

/* Goes on until all that break a rule had the time to. */
static void run_flood(struct loop *loop, const char *path, uint64_t seconds)
{
    ping(NULL);
    publish(NULL);
    run_honest(loop, seconds * 1000);
    for (unsigned i = 0; i < 2 * NAMED_WITHIN_S && unnamed(path, false); i++)
        run_honest(loop, 500);
    board->flood_has_ended = true;
}

static void the_honest_are_served_in_a_flood(void **state)
{
    uint64_t seconds = number_of("FLOOD_SECONDS", SECONDS_DEFAULT);
    char path[] = "/tmp/loft-flood-XXXXXX";
    struct loop *loop;
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    pid_t victim = begin(be_victim, path);
    while (!board->port)
        usleep(1000);
    assert_int_equal(loop_open(&loop), LOFT_OK);
    be_honest(loop);
    uint64_t spent_ms = board->cpu_ms, began = clock_monotonic_ns();
    pid_t crowd = begin(be_crowd, path);
    run_flood(loop, path, seconds);
    spent_ms = board->cpu_ms - spent_ms;
    double took = (double)(clock_monotonic_ns() - began) / 1e9;
    assert_ended(crowd);
    await_hearer(loop);
    board->has_ended = true;
    honest_over(loop);
    assert_ended(victim);
    print_all(took, spent_ms);
    assert_int_equal(unnamed(path, true), 0);
    unlink(path);
    assert_liars_lost_their_score();
    assert_memory_is_bounded();
    assert_honest_were_served();
    if (seconds >= SECONDS_JUDGED)
        assert_true(quantile(50) <= PING_MEDIAN_US_MAX);
}

/* The crowd alone, against whoever listens at that port of this machine, until
 * it is told to end. */

static volatile bool crowd_is_over;

static void on_end(int signal)
{
    (void)signal;
    crowd_is_over = true;
}

static int attack(const char *port)
{
    static struct flood_report report;
    const struct flood_config config = {
        .port = (uint16_t)strtoul(port, NULL, 10),
        .topic = TOPIC,
        .spam = SPAM,
        .peers = crowd_size(),
        .has_ended = &crowd_is_over,
    };
    signal(SIGTERM, on_end);
    (void)!nice(5);
    flood_run(&report, &config);
    printf("{\"cpu_ms\": %" PRIu64 ", \"bytes\": {", report.cpu_ms);
    for (unsigned i = 0; i < FLOOD_ROLE_COUNT; i++)
        printf("%s\"%s\": %" PRIu64, i ? ", " : "", flood_role_text(i),
               report.roles[i].bytes);
    printf("}}\n");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "attack") == 0)
        return attack(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_honest_are_served_in_a_flood),
    };
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (board == MAP_FAILED)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
