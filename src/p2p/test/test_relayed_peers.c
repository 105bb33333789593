/* Hosts that reach each other through a relay, as they do in earnest: links,
 * streams and hosts are the real ones, the network below is in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "codec/uvarint.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_actions.h"
#include "p2p/perf.h"
#include "p2p/relay.h"
#include "p2p/relay_transport.h"
#include "p2p/request.h"
#include "p2p/test/sim_network.h"

#define UNIX_MS 1700000000000u

struct node {
    struct peer_private_key key;
    struct relay_transport *transport;
    struct peer_host *host;
    struct peer_actions *actions;
    struct perf_server *perf;
    struct requests *requests;
    struct peer_id id;
    uint32_t ip;
};

enum { RELAY, ALICE, BOB, COUNT };

static struct sim_network *network;
static struct node nodes[COUNT];
static struct relay *relay;

enum { ECHO = 2 };

static void echo(void *context, struct request *request, bytes payload)
{
    (void)context;
    request_answer(request, payload);
}

static const struct request_kind kinds[] = {{ECHO, 70000, 70000, echo}};
static const struct request_protocol protocol = {
    "/loft/test/1", kinds, 1, 16, 16, 5000};

static void open_node(struct node *node, unsigned at)
{
    const secret32 secret = {.at = {[31] = (uint8_t)(at + 1)}};
    node->ip = 0x0a000001u + at;
    struct transport below = sim_network_transport(network, node->ip);
    assert_int_equal(
        peer_private_key_init(&node->key, PEER_KEY_ED25519, &secret), LOFT_OK);
    node->transport = relay_transport_new(&below);
    const struct peer_host_config config = {
        .identity = &node->key,
        .transport = relay_transport_of(node->transport),
        .agent = "test",
        .unix_ms = UNIX_MS,
    };
    assert_int_equal(peer_host_open(&node->host, &config), LOFT_OK);
    relay_transport_bind(node->transport, node->host, UNIX_MS);
    node->id = *peer_host_id(node->host);
    node->actions = peer_actions_open(node->host, NULL, NULL);
    node->perf = perf_serve(node->host, &PERF_LIMITS);
    node->requests = requests_open(node->host, &protocol, NULL);
}

static void close_node(struct node *node)
{
    peer_actions_close(node->actions);
    peer_host_close(node->host);
    requests_close(node->requests);
    perf_server_free(node->perf);
    relay_transport_free(node->transport);
    peer_private_key_fini(&node->key);
}

/* "/ip4/.../tcp/4001" of a node. */
static void put_addr(struct buffer *out, const struct node *node)
{
    uint8_t ip[4], port[2];
    store_be32(ip, node->ip);
    store_be16(port, 4001);
    uvarint_put(out, MULTIADDR_IP4);
    buffer_put(out, ip, sizeof ip);
    uvarint_put(out, MULTIADDR_TCP);
    buffer_put(out, port, sizeof port);
}

/* Of the relay, and of whoever is behind it, or NULL. */
static struct buffer relayed_addr(const struct node *behind)
{
    struct buffer addr = {0};
    put_addr(&addr, &nodes[RELAY]);
    multiaddr_put_peer(&addr, &nodes[RELAY].id);
    multiaddr_put_circuit(&addr);
    if (behind)
        multiaddr_put_peer(&addr, &behind->id);
    return addr;
}

static void listen_at(struct node *node, struct buffer addr)
{
    assert_int_equal(peer_host_listen(node->host, buffer_bytes(&addr)),
                     LOFT_OK);
    buffer_free(&addr);
}

static void begin(const struct relay_limits *limits)
{
    struct buffer addr = {0};
    network = sim_network_new(7);
    sim_network_delay(network, 1, 3);
    for (unsigned i = 0; i < COUNT; i++)
        open_node(&nodes[i], i);
    relay = relay_open(nodes[RELAY].host, limits, UNIX_MS);
    put_addr(&addr, &nodes[RELAY]);
    listen_at(&nodes[RELAY], addr);
    listen_at(&nodes[ALICE], relayed_addr(NULL));
    sim_network_run(network, 2000);
}

static void end(void)
{
    for (unsigned i = COUNT; i-- > 0;)
        close_node(&nodes[i]);
    relay_close(relay);
    sim_network_free(network);
}

/* The outcome, which must come in time. */
static struct peer_outcome await_action(struct node *node, uint64_t id,
                                        uint64_t ms)
{
    struct peer_outcome outcome = {0};
    bool has = false;
    for (uint64_t at = 0; at < ms && !has; at += 10) {
        sim_network_run(network, 10);
        has = peer_actions_take(node->actions, id, &outcome);
    }
    assert_true(has);
    return outcome;
}

static struct peer_outcome connect_to(struct node *from, struct buffer addr)
{
    uint64_t id;
    assert_int_equal(
        peer_actions_connect(from->actions, &id, NULL, buffer_bytes(&addr)),
        LOFT_OK);
    buffer_free(&addr);
    return await_action(from, id, 25000);
}

static void peers_connect_through_a_relay(void **state)
{
    struct peer_info info;
    uint64_t id;
    (void)state;
    begin(&RELAY_LIMITS);
    assert_int_equal(relay_stats(relay).reservations, 1);
    struct peer_outcome outcome = connect_to(&nodes[BOB],
                                             relayed_addr(&nodes[ALICE]));
    assert_string_equal(outcome.why, "");
    assert_true(peer_id_equal(&outcome.peer, &nodes[ALICE].id));
    assert_int_equal(relay_stats(relay).circuits, 1);
    assert_true(peer_host_info(nodes[ALICE].host, &nodes[BOB].id, &info));
    assert_true(multiaddr_is_relayed(info.remote_addr));
    assert_false(info.is_dialer);
    assert_int_equal(
        peer_actions_ping(nodes[BOB].actions, &id, &nodes[ALICE].id), LOFT_OK);
    outcome = await_action(&nodes[BOB], id, 1000);
    assert_true(outcome.is_good);
    assert_true(outcome.round_trip_us >= 4000);
    end();
}

static void keep_result(void *context, const struct request_result *result)
{
    size_t *len = context;
    assert_int_equal(result->status, REQUEST_ANSWERED);
    *len = result->payload.len;
}

static void requests_pass_through_a_relay(void **state)
{
    static const uint8_t payload[30000];
    struct request_call *call;
    size_t len = 0;
    (void)state;
    begin(&RELAY_LIMITS);
    connect_to(&nodes[BOB], relayed_addr(&nodes[ALICE]));
    assert_int_equal(request_send(&call, nodes[BOB].requests, &nodes[ALICE].id,
                                  ECHO, bytes_of(payload, sizeof payload), 5000,
                                  keep_result, &len),
                     LOFT_OK);
    sim_network_run(network, 2000);
    assert_int_equal(len, sizeof payload);
    end();
}

static void much_data_passes_where_the_relay_allows_it(void **state)
{
    const struct perf_order order = {5000000, 5000000, 60000};
    struct relay_limits limits = RELAY_LIMITS;
    uint64_t id;
    limits.circuit_bytes_max = (uint64_t)20 << 20;
    (void)state;
    begin(&limits);
    connect_to(&nodes[BOB], relayed_addr(&nodes[ALICE]));
    assert_int_equal(
        peer_actions_perf(nodes[BOB].actions, &id, &nodes[ALICE].id, &order),
        LOFT_OK);
    struct peer_outcome outcome = await_action(&nodes[BOB], id, 60000);
    assert_string_equal(outcome.why, "");
    assert_true(relay_stats(relay).bytes_total > 10000000);
    end();
}

static void the_relays_limit_ends_the_connection(void **state)
{
    const struct perf_order order = {0, 1000000, 60000};
    uint64_t id;
    (void)state;
    begin(&RELAY_LIMITS);
    connect_to(&nodes[BOB], relayed_addr(&nodes[ALICE]));
    assert_int_equal(
        peer_actions_perf(nodes[BOB].actions, &id, &nodes[ALICE].id, &order),
        LOFT_OK);
    struct peer_outcome outcome = await_action(&nodes[BOB], id, 60000);
    assert_false(outcome.is_good);
    sim_network_run(network, 1000);
    assert_false(peer_host_is_connected(nodes[BOB].host, &nodes[ALICE].id));
    assert_true(peer_host_is_connected(nodes[BOB].host, &nodes[RELAY].id));
    assert_int_equal(relay_stats(relay).circuits, 0);
    end();
}

static void a_silent_relay_ends_it_all(void **state)
{
    (void)state;
    begin(&RELAY_LIMITS);
    connect_to(&nodes[BOB], relayed_addr(&nodes[ALICE]));
    sim_network_silence(network, nodes[RELAY].ip, true);
    sim_network_run(network, 300000);
    assert_false(peer_host_is_connected(nodes[BOB].host, &nodes[ALICE].id));
    assert_int_equal(relay_stats(relay).reservations, 0);
    end();
}

static void a_lost_reservation_is_made_anew(void **state)
{
    (void)state;
    begin(&RELAY_LIMITS);
    peer_host_disconnect(nodes[RELAY].host, &nodes[ALICE].id);
    sim_network_run(network, 100);
    assert_int_equal(relay_stats(relay).reservations, 0);
    sim_network_run(network, 60000);
    assert_int_equal(relay_stats(relay).reservations, 1);
    struct peer_outcome outcome = connect_to(&nodes[BOB],
                                             relayed_addr(&nodes[ALICE]));
    assert_true(outcome.is_good);
    end();
}

static void a_host_that_closes_first_leaves_nothing_behind(void **state)
{
    (void)state;
    for (unsigned first = 0; first < COUNT; first++) {
        begin(&RELAY_LIMITS);
        connect_to(&nodes[BOB], relayed_addr(&nodes[ALICE]));
        close_node(&nodes[first]);
        sim_network_run(network, 1000);
        for (unsigned i = 0; i < COUNT; i++)
            if (i != first)
                close_node(&nodes[i]);
        relay_close(relay);
        sim_network_free(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peers_connect_through_a_relay),
        cmocka_unit_test(requests_pass_through_a_relay),
        cmocka_unit_test(much_data_passes_where_the_relay_allows_it),
        cmocka_unit_test(the_relays_limit_ends_the_connection),
        cmocka_unit_test(a_silent_relay_ends_it_all),
        cmocka_unit_test(a_lost_reservation_is_made_anew),
        cmocka_unit_test(a_host_that_closes_first_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
