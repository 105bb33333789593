/* The host on real sockets: what strangers do to it, and what it costs.
 *
 * PEER_CONNECTIONS  how many are opened and closed, one after the other
 * PEER_IDLE         how many stay open at a time */
#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/memory.h"
#include "io/loop.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_host.h"
#include "p2p/tcp_transport.h"

#define CHURN_DEFAULT 200
#define IDLE_DEFAULT 200
#define FLOOD 300

struct net {
    struct loop *loop;
    struct loop_timer *timer;
    struct tcp_transport *tcp;
    bool has_rung;
};

struct member {
    struct net *net;
    struct peer_private_key key;
    struct peer_host *host;
    int connected, disconnected, failed;
};

static void rang(void *context)
{
    struct net *net = context;
    net->has_rung = true;
    loop_stop(net->loop);
}

static void net_open(struct net *net)
{
    *net = (struct net){0};
    assert_int_equal(loop_open(&net->loop), LOFT_OK);
    net->timer = loop_timer_open(net->loop, rang, net);
    net->tcp = tcp_transport_new(net->loop);
}

static void net_close(struct net *net)
{
    tcp_transport_free(net->tcp);
    loop_timer_close(net->timer);
    loop_close(net->loop);
}

/* Runs until something stops the loop, at most so long. */
static bool run_for(struct net *net, uint64_t ms)
{
    net->has_rung = false;
    loop_timer_start(net->timer, ms);
    loop_run(net->loop);
    return !net->has_rung;
}

static void on_connected(void *context, const struct peer_id *peer)
{
    struct member *member = context;
    (void)peer;
    member->connected++;
    loop_stop(member->net->loop);
}

static void on_disconnected(void *context, const struct peer_id *peer)
{
    struct member *member = context;
    (void)peer;
    member->disconnected++;
    loop_stop(member->net->loop);
}

static void on_failed(void *context, const struct peer_id *peer,
                      const char *why)
{
    struct member *member = context;
    (void)peer;
    (void)why;
    member->failed++;
    loop_stop(member->net->loop);
}

static const struct peer_watcher watcher = {.connected = on_connected,
                                            .disconnected = on_disconnected,
                                            .failed = on_failed};

static void member_open(struct member *out, struct net *net, uint32_t seed,
                        const struct peer_host_limits *limits)
{
    secret32 secret = {{1}};
    memcpy(secret.at + 8, &seed, sizeof seed);
    *out = (struct member){.net = net};
    assert_int_equal(
        peer_private_key_init(&out->key, PEER_KEY_ED25519, &secret), LOFT_OK);
    assert_int_equal(peer_host_open(&out->host,
                                    &(struct peer_host_config){
                                        .identity = &out->key,
                                        .transport = tcp_transport_of(net->tcp),
                                        .limits = limits,
                                        .agent = "test/1",
                                        .unix_ms = clock_unix_ms(),
                                    }),
                     LOFT_OK);
    peer_host_watch(out->host, &watcher, out);
}

static void member_close(struct member *member)
{
    peer_host_close(member->host);
    peer_private_key_fini(&member->key);
}

static void listen_at(struct member *member, const char *text)
{
    struct buffer addr = {0};
    assert_int_equal(multiaddr_read_text(&addr, bytes_str(text)), LOFT_OK);
    assert_int_equal(peer_host_listen(member->host, buffer_bytes(&addr)),
                     LOFT_OK);
    buffer_free(&addr);
}

static void dial(struct member *from, const struct member *to)
{
    bytes addr;
    assert_true(peer_host_addr(to->host, 0, &addr));
    assert_int_equal(
        peer_host_connect(from->host, peer_host_id(to->host), &addr, 1),
        LOFT_OK);
}

static void connect_to(struct member *from, const struct member *to)
{
    dial(from, to);
    while (!peer_host_is_connected(from->host, peer_host_id(to->host)))
        assert_true(run_for(from->net, 60000) && !from->failed);
}

/* Strangers, by their sockets */

static uint16_t port_of(const struct member *member)
{
    bytes addr;
    assert_true(peer_host_addr(member->host, 0, &addr));
    return load_be16(addr.at + addr.len - 2);
}

static int stranger(const struct member *to)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons(port_of(to)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* Whether the other side has closed it. */
static bool is_cut(int fd)
{
    uint8_t room[256];
    for (;;) {
        ssize_t got = recv(fd, room, sizeof room, MSG_DONTWAIT);
        if (got <= 0)
            return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    }
}

static void connects_over_ip6(void **state)
{
    struct net net;
    struct member a, b;
    (void)state;
    net_open(&net);
    member_open(&a, &net, 1, NULL);
    member_open(&b, &net, 2, NULL);
    listen_at(&b, "/ip6/::1/tcp/0");
    connect_to(&a, &b);
    member_close(&a);
    member_close(&b);
    net_close(&net);
}

/* A byte of a handshake now and then. */
static void a_slow_handshake_ends_while_others_are_served(void **state)
{
    struct net net;
    struct member a, honest;
    struct peer_host_limits limits = PEER_HOST_LIMITS;
    static const char hello[] = "\x13/multistream/1.0.0\n\x07/noise\n";
    size_t sent = 0;
    (void)state;
    limits.link = PEER_LINK_LIMITS;
    limits.link.handshake_ms = 1500;
    net_open(&net);
    member_open(&a, &net, 1, &limits);
    member_open(&honest, &net, 2, NULL);
    listen_at(&a, "/ip4/127.0.0.1/tcp/0");
    int fd = stranger(&a);
    connect_to(&honest, &a);
    while (!is_cut(fd)) {
        if (sent < sizeof hello - 1)
            sent += send(fd, hello + sent, 1, MSG_NOSIGNAL) == 1;
        run_for(&net, 100);
    }
    assert_int_equal(peer_host_stats(a.host).refused_total[PEER_HOST_HANDSHAKE],
                     1);
    assert_true(peer_host_is_connected(a.host, peer_host_id(honest.host)));
    close(fd);
    member_close(&a);
    member_close(&honest);
    net_close(&net);
}

static void a_flood_of_silent_ones_leaves_room(void **state)
{
    struct net net;
    struct member a, honest;
    struct peer_host_limits limits = PEER_HOST_LIMITS;
    static int fds[FLOOD];
    (void)state;
    limits.pending_max = 64;
    limits.link = PEER_LINK_LIMITS;
    limits.link.handshake_ms = 1500;
    net_open(&net);
    member_open(&a, &net, 1, &limits);
    member_open(&honest, &net, 2, NULL);
    listen_at(&a, "/ip4/127.0.0.1/tcp/0");
    for (int i = 0; i < FLOOD; i++)
        fds[i] = stranger(&a);
    connect_to(&honest, &a);
    assert_true(peer_host_stats(a.host).pending <= 64);
    for (int i = 0; i < FLOOD; i++) {
        while (!is_cut(fds[i]))
            run_for(&net, 100);
        close(fds[i]);
    }
    assert_int_equal(peer_host_stats(a.host).pending, 0);
    assert_int_equal(peer_host_count(a.host), 1);
    member_close(&a);
    member_close(&honest);
    net_close(&net);
}

static void rubbish_ends_the_connection(void **state)
{
    struct net net;
    struct member a;
    (void)state;
    net_open(&net);
    member_open(&a, &net, 1, NULL);
    listen_at(&a, "/ip4/127.0.0.1/tcp/0");
    int fd = stranger(&a);
    static const char rubbish[] = "GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n"
                                  "User-Agent: something of a browser\r\n\r\n";
    assert_int_equal(send(fd, rubbish, sizeof rubbish, MSG_NOSIGNAL),
                     sizeof rubbish);
    while (!is_cut(fd))
        run_for(&net, 100);
    close(fd);
    member_close(&a);
    net_close(&net);
}

static void a_second_host_cannot_take_the_port(void **state)
{
    struct net net;
    struct member a, b;
    bytes addr;
    (void)state;
    net_open(&net);
    member_open(&a, &net, 1, NULL);
    member_open(&b, &net, 2, NULL);
    listen_at(&a, "/ip4/127.0.0.1/tcp/0");
    assert_true(peer_host_addr(a.host, 0, &addr));
    assert_int_equal(peer_host_listen(b.host, addr), LOFT_ERR_BUSY);
    member_close(&a);
    member_close(&b);
    net_close(&net);
}

/* What it costs */

static unsigned long number_of(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);
    return text ? strtoul(text, NULL, 10) : otherwise;
}

static void allow_files(unsigned long count)
{
    struct rlimit files;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    if (files.rlim_cur < count) {
        files.rlim_cur = count < files.rlim_max ? count : files.rlim_max;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    }
}

/* 0 under the sanitizers, whose heap is another. */
static size_t heap_used(void)
{
    return mallinfo2().uordblks;
}

/* Loops once to let what has ended be freed. */
static void settle(struct net *net)
{
    run_for(net, 1200);
}

static void idle_connections_are_small(void **state)
{
    struct net net;
    struct member a;
    unsigned long count = number_of("PEER_IDLE", IDLE_DEFAULT);
    struct peer_host_limits limits = PEER_HOST_LIMITS;
    struct member *each = memory_zalloc(count * sizeof *each);
    (void)state;
    allow_files(2 * count + 64);
    limits.conns_max = limits.conns_high = (unsigned)count + 8;
    net_open(&net);
    member_open(&a, &net, 1, &limits);
    listen_at(&a, "/ip4/127.0.0.1/tcp/0");
    for (unsigned long i = 0; i < count; i++)
        member_open(&each[i], &net, (uint32_t)i + 2, NULL);
    size_t before = heap_used();
    for (unsigned long i = 0; i < count; i++)
        connect_to(&each[i], &a);
    while (peer_host_count(a.host) < count)
        assert_true(run_for(&net, 60000));
    settle(&net);
    assert_int_equal(peer_host_count(a.host), count);
    print_message("%lu idle connections: %zu bytes of heap for both ends of "
                  "each, %zu of them queues\n",
                  count, (heap_used() - before) / count,
                  2 * peer_host_stats(a.host).memory_bytes / count);
    for (unsigned long i = 0; i < count; i++)
        member_close(&each[i]);
    member_close(&a);
    net_close(&net);
    free(each);
}

static void once(struct member *a, const struct member *b)
{
    const struct peer_id *id = peer_host_id(b->host);
    connect_to(a, b);
    peer_host_disconnect(a->host, id);
    while (peer_host_is_connected(a->host, id))
        assert_true(run_for(a->net, 60000));
    while (peer_host_is_connected(b->host, peer_host_id(a->host)))
        assert_true(run_for(a->net, 60000));
}

static void connections_leave_nothing_behind(void **state)
{
    struct net net;
    struct member a, b;
    unsigned long count = number_of("PEER_CONNECTIONS", CHURN_DEFAULT);
    (void)state;
    net_open(&net);
    member_open(&a, &net, 1, NULL);
    member_open(&b, &net, 2, NULL);
    listen_at(&b, "/ip4/127.0.0.1/tcp/0");
    for (int i = 0; i < 50; i++)
        once(&a, &b);
    settle(&net);
    size_t before = heap_used();
    uint64_t began = clock_monotonic_ns();
    for (unsigned long i = 0; i < count; i++)
        once(&a, &b);
    double seconds = (double)(clock_monotonic_ns() - began) / 1e9;
    settle(&net);
    print_message("%lu connections opened and closed, %.0f a second: the heap "
                  "has grown by %zd bytes\n",
                  count, (double)count / seconds,
                  (ssize_t)(heap_used() - before));
    assert_true(heap_used() <= before + 16384);
    assert_int_equal(peer_host_stats(b.host).conns_in, 0);
    assert_int_equal(peer_host_stats(b.host).memory_bytes, 0);
    member_close(&a);
    member_close(&b);
    net_close(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connects_over_ip6),
        cmocka_unit_test(a_slow_handshake_ends_while_others_are_served),
        cmocka_unit_test(a_flood_of_silent_ones_leaves_room),
        cmocka_unit_test(rubbish_ends_the_connection),
        cmocka_unit_test(a_second_host_cannot_take_the_port),
        cmocka_unit_test(idle_connections_are_small),
        cmocka_unit_test(connections_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
