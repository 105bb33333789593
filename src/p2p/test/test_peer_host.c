#include "p2p/peer_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_store.h"
#include "p2p/test/sim_network.h"

#define PORT 4000            /* and a bit, by the key */
#define FIRST_IP 0x0a000001u /* 10.0.0.1 */

/* A protocol whose answer is what was asked. */

static void echo_got(void *context, struct peer_stream *stream, bytes data)
{
    (void)context;
    assert_true(peer_stream_send(stream, data));
}

static void echo_finished(void *context, struct peer_stream *stream)
{
    (void)context;
    peer_stream_finish(stream);
}

static const struct peer_stream_calls echo_calls = {.got = echo_got,
                                                    .finished = echo_finished};
static const struct peer_protocol echo = {.name = "/test/echo/1",
                                          .calls = &echo_calls};
static const char *const echo_names[] = {"/test/echo/1"};

/* One who asks it. */

struct talk {
    struct buffer got;
    bool has_ended;
    enum peer_stream_end end;
};

static void talk_got(void *context, struct peer_stream *stream, bytes data)
{
    struct talk *talk = context;
    (void)stream;
    buffer_put_bytes(&talk->got, data);
}

static void talk_ended(void *context, struct peer_stream *stream,
                       enum peer_stream_end end)
{
    struct talk *talk = context;
    (void)stream;
    talk->has_ended = true;
    talk->end = end;
}

static const struct peer_stream_calls talk_calls = {.got = talk_got,
                                                    .ended = talk_ended};

/* Hosts on a network in memory */

struct member {
    struct sim_network *network;
    struct peer_private_key key;
    struct peer_host *host;
    uint32_t ip;
    uint16_t port;
    int connected, disconnected, identified, failed;
    char why[200];
};

static void on_connected(void *context, const struct peer_id *peer)
{
    struct member *member = context;
    assert_true(peer_host_is_connected(member->host, peer));
    member->connected++;
}

static void on_disconnected(void *context, const struct peer_id *peer)
{
    struct member *member = context;
    assert_false(peer_host_is_connected(member->host, peer));
    member->disconnected++;
}

static void on_identified(void *context, const struct peer_id *peer)
{
    struct member *member = context;
    (void)peer;
    member->identified++;
}

static void on_failed(void *context, const struct peer_id *peer,
                      const char *why)
{
    struct member *member = context;
    (void)peer;
    member->failed++;
    snprintf(member->why, sizeof member->why, "%s", why);
}

static const struct peer_watcher watcher = {.connected = on_connected,
                                            .disconnected = on_disconnected,
                                            .identified = on_identified,
                                            .failed = on_failed};

static void addr_of(struct buffer *out, const struct member *member)
{
    char text[64];
    snprintf(text, sizeof text, "/ip4/%u.%u.%u.%u/tcp/%u", member->ip >> 24,
             member->ip >> 16 & 255, member->ip >> 8 & 255, member->ip & 255,
             member->port);
    assert_int_equal(multiaddr_read_text(out, bytes_str(text)), LOFT_OK);
}

static void join_with(struct member *out, struct sim_network *network,
                      uint32_t ip, uint8_t key,
                      const struct peer_host_limits *limits,
                      struct peer_store *store)
{
    secret32 secret = {{0}};
    struct buffer addr = {0};
    memset(&secret, key, sizeof secret);
    *out = (struct member){
        .network = network, .ip = ip, .port = (uint16_t)(PORT + key)};
    assert_int_equal(
        peer_private_key_init(&out->key,
                              key % 2 ? PEER_KEY_ED25519 : PEER_KEY_SECP256K1,
                              &secret),
        LOFT_OK);
    struct peer_host_config config = {
        .identity = &out->key,
        .transport = sim_network_transport(network, ip),
        .limits = limits,
        .agent = "test/1",
        .store = store,
        .unix_ms = 1700000000000,
    };
    assert_int_equal(peer_host_open(&out->host, &config), LOFT_OK);
    peer_host_watch(out->host, &watcher, out);
    peer_host_handle(out->host, &echo, NULL);
    addr_of(&addr, out);
    assert_int_equal(peer_host_listen(out->host, buffer_bytes(&addr)), LOFT_OK);
    buffer_free(&addr);
}

static void join(struct member *out, struct sim_network *network, unsigned n)
{
    join_with(out, network, FIRST_IP + n, (uint8_t)(n + 1), NULL, NULL);
}

static void leave(struct member *member)
{
    peer_host_close(member->host);
    peer_private_key_fini(&member->key);
}

static const struct peer_id *id_of(const struct member *member)
{
    return peer_host_id(member->host);
}

static loft_err dial(struct member *from, const struct member *to)
{
    struct buffer addr = {0};
    addr_of(&addr, to);
    bytes one = buffer_bytes(&addr);
    loft_err code = peer_host_connect(from->host, id_of(to), &one, 1);
    buffer_free(&addr);
    return code;
}

static bool are_connected(const struct member *a, const struct member *b)
{
    return peer_host_is_connected(a->host, id_of(b)) &&
           peer_host_is_connected(b->host, id_of(a));
}

/* Says something and waits for it to come back. */
static void assert_talks(struct member *from, const struct member *to)
{
    struct talk talk = {0};
    struct peer_stream *stream = peer_host_open_stream(
        from->host, id_of(to), echo_names, 1, &talk_calls, &talk);
    assert_non_null(stream);
    assert_true(peer_stream_send(stream, bytes_str("hello")));
    peer_stream_finish(stream);
    sim_network_run(from->network, 500);
    assert_int_equal(talk.got.len, 5);
    assert_memory_equal(talk.got.at, "hello", 5);
    assert_true(talk.has_ended);
    assert_int_equal(talk.end, PEER_STREAM_DONE);
    buffer_free(&talk.got);
}

struct pair {
    struct sim_network *network;
    struct member a, b;
};

static void begin(struct pair *pair, uint64_t seed)
{
    pair->network = sim_network_new(seed);
    join(&pair->a, pair->network, 0);
    join(&pair->b, pair->network, 1);
}

static void end(struct pair *pair)
{
    leave(&pair->a);
    leave(&pair->b);
    sim_network_free(pair->network);
}

static void begin_connected(struct pair *pair)
{
    begin(pair, 1);
    assert_int_equal(dial(&pair->a, &pair->b), LOFT_OK);
    sim_network_run(pair->network, 200);
    assert_true(are_connected(&pair->a, &pair->b));
}

/* Dialing */

static void a_dialed_peer_is_connected_and_talks(void **state)
{
    struct pair pair;
    (void)state;
    begin_connected(&pair);
    assert_int_equal(pair.a.connected, 1);
    assert_int_equal(pair.b.connected, 1);
    assert_talks(&pair.a, &pair.b);
    assert_talks(&pair.b, &pair.a);
    assert_int_equal(dial(&pair.b, &pair.a), LOFT_OK);
    sim_network_run(pair.network, 2000);
    assert_int_equal(peer_host_stats(pair.a.host).conns_out, 1);
    assert_int_equal(peer_host_stats(pair.a.host).conns_in, 0);
    end(&pair);
}

static void peers_know_each_other(void **state)
{
    struct pair pair;
    struct peer_info info;
    bool has_echo = false;
    (void)state;
    begin_connected(&pair);
    sim_network_run(pair.network, 5000);
    assert_true(pair.a.identified > 0 && pair.b.identified > 0);
    assert_true(peer_host_info(pair.b.host, id_of(&pair.a), &info));
    assert_false(info.is_dialer);
    assert_string_equal(info.agent, "test/1");
    assert_int_equal(info.addr_count, 1);
    assert_int_equal(info.round_trip_us, 2000);
    for (size_t i = 0; i < info.protocol_count; i++)
        has_echo |= strcmp(info.protocols[i], "/test/echo/1") == 0;
    assert_true(has_echo);
    assert_true(peer_host_info(pair.a.host, id_of(&pair.b), &info));
    assert_int_equal(info.observed_addr.len, 8);
    assert_int_equal(load_be32(info.observed_addr.at + 1), FIRST_IP);
    end(&pair);
}

static const struct peer_protocol late = {.name = "/test/late/1",
                                          .calls = &echo_calls};

static void a_new_protocol_is_told(void **state)
{
    struct pair pair;
    struct peer_info info;
    bool has_late = false;
    (void)state;
    begin_connected(&pair);
    sim_network_run(pair.network, 1000);
    peer_host_handle(pair.a.host, &late, NULL);
    sim_network_run(pair.network, 1000);
    assert_true(peer_host_info(pair.b.host, id_of(&pair.a), &info));
    for (size_t i = 0; i < info.protocol_count; i++)
        has_late |= strcmp(info.protocols[i], "/test/late/1") == 0;
    assert_true(has_late);
    end(&pair);
}

static void a_dial_to_nobody_fails_and_waits(void **state)
{
    struct pair pair;
    (void)state;
    begin(&pair, 1);
    struct member nobody = pair.b;
    nobody.ip = FIRST_IP + 77;
    assert_int_equal(dial(&pair.a, &nobody), LOFT_OK);
    assert_int_equal(pair.a.failed, 0);
    sim_network_run(pair.network, 500);
    assert_int_equal(pair.a.failed, 1);
    assert_int_equal(dial(&pair.a, &pair.b), LOFT_ERR_LIMIT);
    sim_network_run(pair.network, 1000);
    assert_int_equal(dial(&pair.a, &pair.b), LOFT_OK);
    sim_network_run(pair.network, 500);
    assert_true(are_connected(&pair.a, &pair.b));
    end(&pair);
}

static void another_peer_than_the_one_meant_is_refused(void **state)
{
    struct pair pair;
    struct member c;
    (void)state;
    begin(&pair, 1);
    join(&c, pair.network, 2);
    struct member wrong = c;
    wrong.ip = pair.b.ip;
    assert_int_equal(dial(&pair.a, &wrong), LOFT_OK);
    sim_network_run(pair.network, 500);
    assert_int_equal(pair.a.failed, 1);
    assert_int_equal(peer_host_count(pair.a.host), 0);
    assert_int_equal(peer_host_count(pair.b.host), 0);
    leave(&c);
    end(&pair);
}

static void the_second_address_serves_where_the_first_is_silent(void **state)
{
    struct pair pair;
    struct buffer silent = {0}, good = {0};
    (void)state;
    begin(&pair, 1);
    struct member nobody = {.ip = FIRST_IP + 9};
    sim_network_silence(pair.network, nobody.ip, true);
    addr_of(&silent, &nobody);
    addr_of(&good, &pair.b);
    bytes both[] = {buffer_bytes(&silent), buffer_bytes(&good)};
    assert_int_equal(peer_host_connect(pair.a.host, id_of(&pair.b), both, 2),
                     LOFT_OK);
    sim_network_run(pair.network, 600);
    assert_true(are_connected(&pair.a, &pair.b));
    assert_int_equal(peer_host_stats(pair.a.host).dials, 0);
    buffer_free(&silent);
    buffer_free(&good);
    end(&pair);
}

static void a_dial_that_is_never_answered_ends(void **state)
{
    struct pair pair;
    (void)state;
    begin(&pair, 1);
    sim_network_silence(pair.network, pair.b.ip, true);
    assert_int_equal(dial(&pair.a, &pair.b), LOFT_OK);
    sim_network_run(pair.network, 20000);
    assert_int_equal(pair.a.failed, 1);
    assert_int_equal(peer_host_stats(pair.a.host).dials, 0);
    end(&pair);
}

static void ourselves_and_the_unknown_are_not_dialed(void **state)
{
    struct pair pair;
    (void)state;
    begin(&pair, 1);
    assert_int_equal(dial(&pair.a, &pair.a), LOFT_ERR_REFUSED);
    assert_int_equal(peer_host_connect(pair.a.host, id_of(&pair.b), NULL, 0),
                     LOFT_ERR_NOT_FOUND);
    end(&pair);
}

static void whoever_answers_may_be_dialed(void **state)
{
    struct pair pair;
    struct buffer addr = {0};
    (void)state;
    begin(&pair, 1);
    addr_of(&addr, &pair.b);
    bytes one = buffer_bytes(&addr);
    assert_int_equal(peer_host_connect(pair.a.host, NULL, &one, 1), LOFT_OK);
    sim_network_run(pair.network, 500);
    assert_true(are_connected(&pair.a, &pair.b));
    /* Once more: the dialer finds that it is connected already. */
    assert_int_equal(peer_host_connect(pair.a.host, NULL, &one, 1), LOFT_OK);
    sim_network_run(pair.network, 8000);
    assert_int_equal(pair.a.connected, 1);
    assert_int_equal(pair.b.connected, 1);
    assert_int_equal(peer_host_stats(pair.b.host).conns_in, 1);
    buffer_free(&addr);
    end(&pair);
}

/* Both sides dial */

static uint64_t seed_of_tests(void)
{
    const char *text = getenv("SEED");
    return text ? strtoull(text, NULL, 10) : 7;
}

/* A stream of each side that opens as soon as it is connected. */
struct caller {
    struct member *member;
    const struct member *to;
    struct peer_stream *stream;
    struct talk talk;
};

static void caller_ended(void *context, struct peer_stream *stream,
                         enum peer_stream_end why)
{
    struct caller *caller = context;
    (void)why;
    if (caller->stream == stream)
        caller->stream = NULL;
}

static void caller_got(void *context, struct peer_stream *stream, bytes data)
{
    struct caller *caller = context;
    talk_got(&caller->talk, stream, data);
}

static const struct peer_stream_calls caller_calls = {.got = caller_got,
                                                      .ended = caller_ended};

static void call_when_connected(void *context, const struct peer_id *peer)
{
    struct caller *caller = context;
    caller->stream = peer_host_open_stream(
        caller->member->host, peer, echo_names, 1, &caller_calls, caller);
    assert_non_null(caller->stream);
}

static const struct peer_watcher call_watcher = {
    .connected = call_when_connected};

static void assert_one_connection(const struct member *member)
{
    struct peer_host_stats stats = peer_host_stats(member->host);
    assert_int_equal(stats.conns_in + stats.conns_out, 1);
    assert_int_equal(peer_host_count(member->host), 1);
    assert_int_equal(member->connected - member->disconnected, 1);
}

static void dial_at_once(uint64_t seed)
{
    struct pair pair;
    struct peer_info of_a, of_b;
    begin(&pair, seed);
    sim_network_delay(pair.network, 1, 60);
    struct caller a = {.member = &pair.a, .to = &pair.b};
    struct caller b = {.member = &pair.b, .to = &pair.a};
    peer_host_watch(pair.a.host, &call_watcher, &a);
    peer_host_watch(pair.b.host, &call_watcher, &b);
    assert_int_equal(dial(&pair.a, &pair.b), LOFT_OK);
    sim_network_run(pair.network, sim_network_draw(pair.network, 80));
    (void)!dial(&pair.b, &pair.a);
    sim_network_run(pair.network, 10000);
    assert_one_connection(&pair.a);
    assert_one_connection(&pair.b);
    assert_true(peer_host_info(pair.a.host, id_of(&pair.b), &of_b));
    assert_true(peer_host_info(pair.b.host, id_of(&pair.a), &of_a));
    assert_int_not_equal(of_a.is_dialer, of_b.is_dialer);
    /* The streams of the one that stayed are there, and carry bytes. */
    assert_non_null(a.stream);
    assert_non_null(b.stream);
    assert_true(peer_stream_send(a.stream, bytes_str("from a")));
    assert_true(peer_stream_send(b.stream, bytes_str("from b")));
    sim_network_run(pair.network, 2000);
    assert_int_equal(a.talk.got.len, 6);
    assert_int_equal(b.talk.got.len, 6);
    peer_host_unwatch(pair.a.host, &a);
    peer_host_unwatch(pair.b.host, &b);
    end(&pair);
    buffer_free(&a.talk.got);
    buffer_free(&b.talk.got);
}

static void of_two_dials_at_once_both_keep_the_same(void **state)
{
    uint64_t seed = seed_of_tests();
    (void)state;
    for (unsigned i = 0; i < 100; i++)
        dial_at_once(seed * 1000 + i);
}

/* Loss */

static void a_lost_peer_is_noticed_by_its_silence(void **state)
{
    struct pair pair;
    (void)state;
    begin_connected(&pair);
    sim_network_silence(pair.network, pair.b.ip, true);
    sim_network_run(pair.network, 120000);
    assert_int_equal(pair.a.disconnected, 1);
    assert_int_equal(
        peer_host_stats(pair.a.host).refused_total[PEER_HOST_SILENT], 1);
    end(&pair);
}

static void a_kept_peer_comes_back(void **state)
{
    struct pair pair;
    struct buffer addr = {0};
    (void)state;
    begin(&pair, 1);
    addr_of(&addr, &pair.b);
    assert_int_equal(
        peer_host_keep(pair.a.host, id_of(&pair.b), buffer_bytes(&addr)),
        LOFT_OK);
    sim_network_run(pair.network, 500);
    assert_true(are_connected(&pair.a, &pair.b));
    leave(&pair.b);
    sim_network_run(pair.network, 20000);
    assert_int_equal(pair.a.disconnected, 1);
    assert_true(pair.a.failed > 1 && pair.a.failed < 10);
    join(&pair.b, pair.network, 1);
    sim_network_run(pair.network, 90000);
    assert_true(are_connected(&pair.a, &pair.b));
    peer_host_disconnect(pair.a.host, id_of(&pair.b));
    sim_network_run(pair.network, 90000);
    assert_false(are_connected(&pair.a, &pair.b));
    buffer_free(&addr);
    end(&pair);
}

static void a_peer_that_lost_its_connection_gets_a_new_one(void **state)
{
    struct pair pair;
    (void)state;
    begin_connected(&pair);
    sim_network_run(pair.network, 20000);
    /* It crashes without a word, and is there again. */
    sim_network_silence(pair.network, pair.b.ip, true);
    leave(&pair.b);
    sim_network_run(pair.network, 100);
    sim_network_silence(pair.network, pair.b.ip, false);
    join(&pair.b, pair.network, 1);
    assert_int_equal(dial(&pair.b, &pair.a), LOFT_OK);
    sim_network_run(pair.network, 15000);
    assert_true(are_connected(&pair.a, &pair.b));
    assert_one_connection(&pair.a);
    assert_talks(&pair.a, &pair.b);
    end(&pair);
}

/* Limits */

#define CROWD 12

struct crowd {
    struct sim_network *network;
    struct member host, each[CROWD];
};

static void gather(struct crowd *crowd, const struct peer_host_limits *limits)
{
    crowd->network = sim_network_new(3);
    join_with(&crowd->host, crowd->network, FIRST_IP, 1, limits, NULL);
    for (unsigned i = 0; i < CROWD; i++)
        join(&crowd->each[i], crowd->network, 1 + i);
}

static void disperse(struct crowd *crowd)
{
    leave(&crowd->host);
    for (unsigned i = 0; i < CROWD; i++)
        leave(&crowd->each[i]);
    sim_network_free(crowd->network);
}

static void more_than_may_be_are_refused(void **state)
{
    struct crowd crowd;
    struct peer_host_limits limits = PEER_HOST_LIMITS;
    (void)state;
    limits.conns_max = 5;
    gather(&crowd, &limits);
    for (unsigned i = 0; i < CROWD; i++)
        assert_int_equal(dial(&crowd.each[i], &crowd.host), LOFT_OK);
    sim_network_run(crowd.network, 1000);
    assert_int_equal(peer_host_count(crowd.host.host), 5);
    assert_int_equal(
        peer_host_stats(crowd.host.host).refused_total[PEER_HOST_CONNECTIONS],
        CROWD - 5);
    disperse(&crowd);
}

static void the_least_valued_go_when_they_are_too_many(void **state)
{
    struct crowd crowd;
    struct peer_host_limits limits = PEER_HOST_LIMITS;
    (void)state;
    limits.conns_high = 4;
    gather(&crowd, &limits);
    for (unsigned i = 0; i < CROWD; i++)
        assert_int_equal(dial(&crowd.each[i], &crowd.host), LOFT_OK);
    sim_network_run(crowd.network, 1000);
    assert_int_equal(peer_host_count(crowd.host.host), CROWD);
    peer_host_tag(crowd.host.host, id_of(&crowd.each[CROWD - 1]), "test", 5);
    peer_host_tag(crowd.host.host, id_of(&crowd.each[CROWD - 2]), "test", 3);
    peer_host_protect(crowd.host.host, id_of(&crowd.each[CROWD - 3]), "test",
                      true);
    sim_network_run(crowd.network, 30000);
    assert_int_equal(peer_host_count(crowd.host.host), 4);
    for (unsigned i = 1; i <= 3; i++)
        assert_true(are_connected(&crowd.host, &crowd.each[CROWD - i]));
    disperse(&crowd);
}

static void one_address_gets_its_share(void **state)
{
    struct sim_network *network = sim_network_new(3);
    struct member host, each[4];
    struct peer_host_limits limits = PEER_HOST_LIMITS;
    (void)state;
    limits.conns_per_ip_max = 2;
    join_with(&host, network, FIRST_IP, 1, &limits, NULL);
    for (unsigned i = 0; i < 4; i++) {
        join_with(&each[i], network, FIRST_IP + 1, (uint8_t)(2 + i), NULL,
                  NULL);
        assert_int_equal(dial(&each[i], &host), LOFT_OK);
        sim_network_run(network, 500);
        assert_int_equal(peer_host_count(host.host), i < 2 ? i + 1 : 2);
    }
    assert_int_equal(
        peer_host_stats(host.host).refused_total[PEER_HOST_ADDRESS], 2);
    leave(&each[0]);
    sim_network_run(network, 500);
    assert_int_equal(dial(&each[3], &host), LOFT_ERR_LIMIT);
    sim_network_run(network, 2000);
    assert_int_equal(dial(&each[3], &host), LOFT_OK);
    sim_network_run(network, 500);
    assert_true(are_connected(&each[3], &host));
    for (unsigned i = 1; i < 4; i++)
        leave(&each[i]);
    leave(&host);
    sim_network_free(network);
}

static void one_address_comes_no_more_often_than_it_may(void **state)
{
    struct sim_network *network = sim_network_new(3);
    struct member host, each[6];
    struct peer_host_limits limits = PEER_HOST_LIMITS;
    (void)state;
    limits.conns_per_ip_max = 4;
    limits.arrivals_per_ip_per_s = 1;
    join_with(&host, network, FIRST_IP, 1, &limits, NULL);
    for (unsigned i = 0; i < 6; i++) {
        join_with(&each[i], network, i < 5 ? FIRST_IP + 1 : FIRST_IP + 2,
                  (uint8_t)(2 + i), NULL, NULL);
        assert_int_equal(dial(&each[i], &host), LOFT_OK);
        sim_network_run(network, 100);
        if (i < 4)
            peer_host_disconnect(each[i].host, id_of(&host));
        sim_network_run(network, 100);
    }
    assert_int_equal(
        peer_host_stats(host.host).refused_total[PEER_HOST_ARRIVALS], 1);
    assert_false(are_connected(&each[4], &host));
    assert_true(are_connected(&each[5], &host));
    sim_network_run(network, 5000);
    assert_int_equal(dial(&each[4], &host), LOFT_OK);
    sim_network_run(network, 500);
    assert_true(are_connected(&each[4], &host));
    for (unsigned i = 0; i < 6; i++)
        leave(&each[i]);
    leave(&host);
    sim_network_free(network);
}

/* Bans and blame */

static void a_banned_peer_is_out_until_it_is_not(void **state)
{
    struct pair pair;
    (void)state;
    begin_connected(&pair);
    peer_host_ban(pair.a.host, id_of(&pair.b), 60000, "a test");
    sim_network_run(pair.network, 500);
    assert_false(are_connected(&pair.a, &pair.b));
    assert_int_equal(dial(&pair.a, &pair.b), LOFT_ERR_REFUSED);
    assert_int_equal(dial(&pair.b, &pair.a), LOFT_OK);
    sim_network_run(pair.network, 2000);
    assert_int_equal(peer_host_count(pair.a.host), 0);
    assert_int_equal(
        peer_host_stats(pair.a.host).refused_total[PEER_HOST_BANNED], 1);
    sim_network_run(pair.network, 60000);
    assert_false(peer_host_is_banned(pair.a.host, id_of(&pair.b)));
    assert_int_equal(dial(&pair.b, &pair.a), LOFT_OK);
    sim_network_run(pair.network, 2000);
    assert_true(are_connected(&pair.a, &pair.b));
    end(&pair);
}

static void faults_that_come_too_often_ban(void **state)
{
    struct pair pair;
    (void)state;
    begin_connected(&pair);
    for (int i = 0; i < 3; i++) {
        peer_host_blame(pair.a.host, id_of(&pair.b), 60, "a test");
        sim_network_run(pair.network, 180000);
    }
    assert_true(are_connected(&pair.a, &pair.b));
    peer_host_blame(pair.a.host, id_of(&pair.b), 60, "a test");
    peer_host_blame(pair.a.host, id_of(&pair.b), 60, "a test");
    sim_network_run(pair.network, 500);
    assert_false(are_connected(&pair.a, &pair.b));
    assert_true(peer_host_is_banned(pair.a.host, id_of(&pair.b)));
    end(&pair);
}

static void streams_end_with_their_connection(void **state)
{
    struct pair pair;
    struct talk talk = {0};
    (void)state;
    begin_connected(&pair);
    assert_non_null(peer_host_open_stream(pair.a.host, id_of(&pair.b),
                                          echo_names, 1, &talk_calls, &talk));
    sim_network_run(pair.network, 100);
    peer_host_disconnect(pair.b.host, id_of(&pair.a));
    sim_network_run(pair.network, 100);
    assert_true(talk.has_ended);
    assert_int_equal(talk.end, PEER_STREAM_LOST);
    assert_null(peer_host_open_stream(pair.a.host, id_of(&pair.b), echo_names,
                                      1, &talk_calls, &talk));
    end(&pair);
}

static void a_known_peer_is_dialed_without_an_address(void **state)
{
    struct pair pair;
    (void)state;
    begin_connected(&pair);
    sim_network_run(pair.network, 2000);
    peer_host_disconnect(pair.b.host, id_of(&pair.a));
    sim_network_run(pair.network, 1000);
    assert_int_equal(peer_host_connect(pair.b.host, id_of(&pair.a), NULL, 0),
                     LOFT_OK);
    sim_network_run(pair.network, 1000);
    assert_true(are_connected(&pair.a, &pair.b));
    end(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dialed_peer_is_connected_and_talks),
        cmocka_unit_test(peers_know_each_other),
        cmocka_unit_test(a_new_protocol_is_told),
        cmocka_unit_test(a_dial_to_nobody_fails_and_waits),
        cmocka_unit_test(another_peer_than_the_one_meant_is_refused),
        cmocka_unit_test(the_second_address_serves_where_the_first_is_silent),
        cmocka_unit_test(a_dial_that_is_never_answered_ends),
        cmocka_unit_test(ourselves_and_the_unknown_are_not_dialed),
        cmocka_unit_test(whoever_answers_may_be_dialed),
        cmocka_unit_test(of_two_dials_at_once_both_keep_the_same),
        cmocka_unit_test(a_lost_peer_is_noticed_by_its_silence),
        cmocka_unit_test(a_kept_peer_comes_back),
        cmocka_unit_test(a_peer_that_lost_its_connection_gets_a_new_one),
        cmocka_unit_test(more_than_may_be_are_refused),
        cmocka_unit_test(the_least_valued_go_when_they_are_too_many),
        cmocka_unit_test(one_address_gets_its_share),
        cmocka_unit_test(one_address_comes_no_more_often_than_it_may),
        cmocka_unit_test(a_banned_peer_is_out_until_it_is_not),
        cmocka_unit_test(faults_that_come_too_often_ban),
        cmocka_unit_test(streams_end_with_their_connection),
        cmocka_unit_test(a_known_peer_is_dialed_without_an_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
