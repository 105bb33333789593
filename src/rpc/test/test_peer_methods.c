/* Two nodes on a network in memory; the calls that wait are run again when it
 * has moved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "p2p/multiaddr.h"
#include "p2p/peer_actions.h"
#include "p2p/test/sim_network.h"
#include "rpc/test/world.h"

static struct world world;
static struct sim_network *network;
static struct peer_private_key keys[2];
static struct peer_host *hosts[2];
static struct perf_server *perf;
static char id_text[2][80], addr_text[160];
static unsigned woken;

static void note_woken(void *context)
{
    (void)context;
    woken++;
}

static void open_host(unsigned at)
{
    const secret32 secret = {.at = {(uint8_t)(at + 1)}};
    struct buffer id = {0}, addr = {0};
    char text[64];
    assert_int_equal(
        peer_private_key_init(&keys[at], PEER_KEY_ED25519, &secret), LOFT_OK);
    const struct peer_host_config config = {
        .identity = &keys[at],
        .transport = sim_network_transport(network, 0x0a000001u + at),
        .agent = at ? "other/1" : "loft/1",
        .unix_ms = 1700000000000u,
    };
    assert_int_equal(peer_host_open(&hosts[at], &config), LOFT_OK);
    snprintf(text, sizeof text, "/ip4/10.0.0.%u/tcp/4001", at + 1);
    assert_int_equal(multiaddr_read_text(&addr, bytes_str(text)), LOFT_OK);
    assert_int_equal(peer_host_listen(hosts[at], buffer_bytes(&addr)), LOFT_OK);
    peer_id_put_text(&id, peer_host_id(hosts[at]));
    snprintf(id_text[at], sizeof id_text[at], "%.*s", (int)id.len,
             (const char *)id.at);
    snprintf(addr_text, sizeof addr_text, "%s/p2p/%s", text, id_text[at]);
    buffer_free(&id);
    buffer_free(&addr);
}

static void begin(void)
{
    world_open(&world, FORK_PRAGUE);
    network = sim_network_new(3);
    sim_network_delay(network, 1, 2);
    open_host(0);
    open_host(1);
    perf = perf_serve(hosts[1], &PERF_LIMITS);
    world.host.peers = hosts[0];
    world.host.peer_actions = peer_actions_open(hosts[0], note_woken, NULL);
}

static void end(void)
{
    peer_actions_close(world.host.peer_actions);
    for (int i = 0; i < 2; i++) {
        peer_host_close(hosts[i]);
        peer_private_key_fini(&keys[i]);
    }
    perf_server_free(perf);
    sim_network_free(network);
    world_close(&world);
}

static const char *ask(const char *method, const char *params)
{
    return world_ask(&world, NULL, method, params);
}

/* A call that waits; its answer is good until the next one. */
static const char *ask_and_wait(const char *method, const char *params)
{
    static char answer[4096];
    char request[512];
    snprintf(request, sizeof request,
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}",
             method, params);
    struct rpc_job *job = rpc_job_new(world.rpc, bytes_str(request), NULL);
    for (int i = 0; !rpc_job_run(world.rpc, job, RPC_ON_LOOP); i++) {
        assert_true(i < 10);
        assert_int_equal(job->wants, RPC_WHEN_WOKEN);
        for (unsigned before = woken, ms = 0; woken == before; ms++) {
            assert_true(ms < 60000);
            sim_network_run(network, 1);
        }
    }
    snprintf(answer, sizeof answer, "%.*s", (int)job->reply.text.len,
             (const char *)job->reply.text.at);
    rpc_job_free(world.rpc, job);
    return answer;
}

static void has(const char *answer, const char *text)
{
    if (!strstr(answer, text))
        fail_msg("%s is not in %s", text, answer);
}

static const char *params_of(const char *text, const char *more)
{
    static char params[256];
    snprintf(params, sizeof params, "[\"%s\"%s]", text, more);
    return params;
}

static void connect_peers(void)
{
    const char *peer = ask_and_wait("loft_peerConnect",
                                    params_of(addr_text, ""));
    has(peer, id_text[1]);
    has(peer, "\"agent\":\"other/1\"");
    sim_network_run(network, 5000);
}

static void a_node_says_who_it_is(void **state)
{
    char expected[200];
    (void)state;
    begin();
    const char *answer = ask("loft_peerId", "[]");
    snprintf(expected, sizeof expected, "\"/ip4/10.0.0.1/tcp/4001/p2p/%s\"",
             id_text[0]);
    has(answer, expected);
    has(answer, "\"peers\":\"0x0\"");
    end();
}

static void peers_that_are_connected_are_told(void **state)
{
    (void)state;
    begin();
    has(ask("net_peerCount", "[]"), "\"0x0\"");
    connect_peers();
    has(ask("net_peerCount", "[]"), "\"0x1\"");
    const char *peers = ask("loft_peers", "[]");
    has(peers, id_text[1]);
    has(peers, "\"agent\":\"other/1\"");
    has(peers, "\"direction\":\"out\"");
    has(peers, "\"address\":\"/ip4/10.0.0.2/tcp/4001\"");
    has(peers, "\"/ipfs/ping/1.0.0\"");
    has(peers, "\"roundTripMicroseconds\":\"0x");
    has(ask("admin_peers", "[]"), "\"inbound\":false");
    end();
}

static void what_fails_says_why(void **state)
{
    (void)state;
    begin();
    has(ask_and_wait("loft_peerConnect", "[\"/ip4/10.0.0.9/tcp/1\"]"),
        "\"error\"");
    has(ask("loft_peerConnect", "[\"/ip4/1.2.3\"]"), "invalid argument 0");
    has(ask("loft_peerConnect", "[\"nobody\"]"), "invalid argument 0");
    has(ask_and_wait("loft_peerPing", params_of(id_text[1], "")),
        "not connected");
    has(ask("loft_peerConnect", params_of(addr_text, "")), "no place to wait");
    end();
}

static void pings_and_measurements_have_figures(void **state)
{
    (void)state;
    begin();
    connect_peers();
    has(ask_and_wait("loft_peerPing", params_of(id_text[1], "")),
        "{\"roundTripMicroseconds\":\"0x");
    const char *answer = ask_and_wait(
        "loft_peerPerf", params_of(id_text[1], ",\"0x1000\",\"0x2000\""));
    has(answer, "\"uploadBytes\":\"0x1000\",\"downloadBytes\":\"0x2000\"");
    has(ask_and_wait("loft_peerPerf",
                     params_of(id_text[1], ",\"0xffffffffff\"")),
        "invalid argument 1: more than");
    end();
}

static void a_connection_is_ended(void **state)
{
    (void)state;
    begin();
    connect_peers();
    has(ask("loft_peerDisconnect", params_of(id_text[1], "")),
        "\"result\":true");
    sim_network_run(network, 1000);
    has(ask("loft_peerDisconnect", params_of(id_text[1], "")),
        "\"result\":false");
    has(ask("net_peerCount", "[]"), "\"0x0\"");
    end();
}

static void who_is_banned_is_listed_and_refused(void **state)
{
    (void)state;
    begin();
    connect_peers();
    has(ask("loft_peerBan",
            params_of(id_text[1], ",\"0x3c\",\"for the test\"")),
        "\"result\":true");
    sim_network_run(network, 1000);
    has(ask("net_peerCount", "[]"), "\"0x0\"");
    const char *bans = ask("loft_peerBans", "[]");
    has(bans, id_text[1]);
    has(bans, "\"why\":\"for the test\"");
    has(ask_and_wait("loft_peerConnect", params_of(addr_text, "")),
        "the peer is banned");
    has(ask("loft_peerUnban", params_of(id_text[1], "")), "\"result\":true");
    has(ask("loft_peerUnban", params_of(id_text[1], "")), "\"result\":false");
    has(ask("loft_peerBans", "[]"), "\"result\":[]");
    connect_peers();
    has(ask("loft_peerBan", params_of(id_text[1], "")), "\"result\":true");
    has(ask("loft_peerBans", "[]"), "\"until\":null");
    has(ask("loft_peerBan", params_of(id_text[0], "")), "the peer is this one");
    end();
}

static void a_node_without_peers_says_so(void **state)
{
    static const char *const methods[] = {
        "loft_peerId",   "loft_peers",          "loft_peerConnect",
        "loft_peerPing", "loft_peerDisconnect", "loft_peerPerf",
        "loft_peerBan",  "loft_peerUnban",      "loft_peerBans"};
    (void)state;
    world_open(&world, FORK_PRAGUE);
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        has(ask(methods[i], strcmp(methods[i] + 5, "peerId") &&
                                    strcmp(methods[i] + 5, "peers") &&
                                    strcmp(methods[i] + 5, "peerBans")
                                ? "[\"x\"]"
                                : "[]"),
            "(--no-p2p)");
    has(ask("net_peerCount", "[]"), "\"0x0\"");
    has(ask("admin_peers", "[]"), "[]");
    world_close(&world);
}

static void what_changes_something_needs_the_right_to(void **state)
{
    static const char *const writing[] = {
        "loft_peerConnect", "loft_peerBan",  "loft_peerUnban",
        "loft_peerPerf",    "loft_peerPing", "loft_peerDisconnect"};
    static const char *const reading[] = {"loft_peerId", "loft_peers",
                                          "loft_peerBans"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(writing); i++)
        assert_true(rpc_method_writes(writing[i]));
    for (size_t i = 0; i < ARRAY_LEN(reading); i++)
        assert_false(rpc_method_writes(reading[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_says_who_it_is),
        cmocka_unit_test(peers_that_are_connected_are_told),
        cmocka_unit_test(what_fails_says_why),
        cmocka_unit_test(pings_and_measurements_have_figures),
        cmocka_unit_test(a_connection_is_ended),
        cmocka_unit_test(who_is_banned_is_listed_and_refused),
        cmocka_unit_test(a_node_without_peers_says_so),
        cmocka_unit_test(what_changes_something_needs_the_right_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
