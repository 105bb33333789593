/* Connections through a relay, from dial() to close(): the relay is ours, what
 * lies below are streams that are queues. */
#include "p2p/relay_transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "p2p/multiaddr.h"
#include "p2p/relay.h"
#include "p2p/test/fake_peers.h"

#define RELAY                                                   \
    "/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA" \
    "/p2p-circuit"
#define UNIX_MS 1700000000000u

static struct peer_host *host, *alice, *bob;
static struct relay *relay;
static struct relay_transport *alices, *bobs;

/* A connection's user. */
struct user {
    struct transport_conn *conn;
    struct buffer got;
    bool is_connected;
    unsigned drained;
    char why[128]; /* "": it is not over */
};

static struct user caller, called;
static struct buffer called_from;

static void user_connected(void *context)
{
    struct user *user = context;
    user->is_connected = true;
}

static void user_got(void *context, bytes data)
{
    struct user *user = context;
    buffer_put_bytes(&user->got, data);
}

static void user_drained(void *context)
{
    struct user *user = context;
    user->drained++;
}

static void user_ended(void *context, const char *why)
{
    struct user *user = context;
    assert_string_equal(user->why, "");
    snprintf(user->why, sizeof user->why, "%s", why);
}

static const struct transport_user calls = {user_connected, user_got,
                                            user_drained, user_ended};

static const struct transport_ops *ops_of(struct relay_transport *of)
{
    return relay_transport_of(of).ops;
}

static void accepted(void *context, struct transport_conn *conn,
                     bytes remote_addr)
{
    (void)context;
    assert_null(called.conn);
    called.conn = conn;
    buffer_put_bytes(&called_from, remote_addr);
    ops_of(alices)->use(conn, &calls, &called);
}

static void begin(const struct relay_limits *limits)
{
    fake_begin();
    host = fake_host();
    alice = fake_host();
    bob = fake_host();
    relay = relay_open(host, limits, UNIX_MS);
    alices = relay_transport_new(&alice->transport);
    bobs = relay_transport_new(&bob->transport);
    relay_transport_bind(alices, alice, UNIX_MS);
    relay_transport_bind(bobs, bob, UNIX_MS);
    caller = called = (struct user){0};
}

static void end_user(struct user *user, struct relay_transport *of)
{
    if (user->conn)
        ops_of(of)->close(user->conn, true);
    buffer_free(&user->got);
    user->conn = NULL;
}

static void end(void)
{
    end_user(&caller, bobs);
    end_user(&called, alices);
    buffer_free(&called_from);
    fake_end_all();
    relay_close(relay);
    relay_transport_free(alices);
    relay_transport_free(bobs);
}

static struct buffer addr_of(const struct peer_host *behind)
{
    struct buffer addr = {0};
    buffer_put(&addr, "\4\x7f\0\0\1\6\x0f\xa1", 8);
    multiaddr_put_peer(&addr, &host->id);
    multiaddr_put_circuit(&addr);
    if (behind)
        multiaddr_put_peer(&addr, &behind->id);
    return addr;
}

static struct transport_listener *listen_at_relay(void)
{
    struct transport_listener *listener = NULL;
    struct buffer addr = addr_of(NULL), bound = {0};
    struct transport transport = relay_transport_of(alices);
    assert_int_equal(transport.ops->listen(transport.context, &listener,
                                           buffer_bytes(&addr), &bound,
                                           accepted, NULL),
                     LOFT_OK);
    assert_int_equal(bound.at[0], addr.len);
    assert_true(bytes_equal(bytes_of(bound.at + 1, bound.len - 1),
                            buffer_bytes(&addr)));
    buffer_free(&addr);
    buffer_free(&bound);
    return listener;
}

static void dial(void)
{
    struct buffer addr = addr_of(alice);
    struct transport transport = relay_transport_of(bobs);
    assert_int_equal(transport.ops->dial(transport.context, &caller.conn,
                                         buffer_bytes(&addr), &calls, &caller),
                     LOFT_OK);
    buffer_free(&addr);
}

static void bytes_pass_through_a_relay_both_ways(void **state)
{
    struct buffer expected = {0};
    (void)state;
    begin(&RELAY_LIMITS);
    struct transport_listener *listener = listen_at_relay();
    fake_wait(0);
    assert_int_equal(relay_stats(relay).reservations, 1);
    dial();
    assert_false(caller.is_connected);
    fake_wait(0);
    assert_true(caller.is_connected);
    expected = addr_of(bob);
    assert_true(
        bytes_equal(buffer_bytes(&called_from), buffer_bytes(&expected)));
    ops_of(bobs)->send(caller.conn, bytes_str("there"));
    ops_of(alices)->send(called.conn, bytes_str("and back"));
    fake_pump();
    assert_true(bytes_equal(buffer_bytes(&called.got), bytes_str("there")));
    assert_true(bytes_equal(buffer_bytes(&caller.got), bytes_str("and back")));
    ops_of(bobs)->send(caller.conn, bytes_str(" it ends"));
    ops_of(bobs)->close(caller.conn, false);
    caller.conn = NULL;
    fake_pump();
    assert_true(
        bytes_equal(buffer_bytes(&called.got), bytes_str("there it ends")));
    assert_string_equal(called.why, "closed by the other side");
    ops_of(alices)->unlisten(listener);
    buffer_free(&expected);
    end();
}

static void the_relay_is_connected_first(void **state)
{
    (void)state;
    begin(&RELAY_LIMITS);
    bob->is_apart = true;
    struct transport_listener *listener = listen_at_relay();
    fake_wait(0);
    dial();
    fake_wait(0);
    assert_int_equal(bob->asked, 1);
    assert_false(caller.is_connected);
    fake_join(bob, host);
    assert_true(caller.is_connected);
    ops_of(alices)->unlisten(listener);
    end();
}

static void a_relay_that_is_not_reached_ends_the_dial(void **state)
{
    (void)state;
    begin(&RELAY_LIMITS);
    bob->is_apart = true;
    dial();
    fake_wait(0);
    fake_wait(RELAY_DIAL_MS - 1);
    assert_string_equal(caller.why, "");
    fake_wait(1);
    assert_string_equal(caller.why, "the relay was not reached in time");
    end();
}

static void what_the_relay_refuses_is_said(void **state)
{
    (void)state;
    begin(&RELAY_LIMITS);
    dial();
    fake_wait(0);
    assert_false(caller.is_connected);
    assert_string_equal(caller.why, "the peer has no reservation at the relay");
    end();
}

static void a_reservation_is_renewed(void **state)
{
    struct relay_limits limits = RELAY_LIMITS;
    limits.reservation_s = 200;
    (void)state;
    begin(&limits);
    struct transport_listener *listener = listen_at_relay();
    fake_wait(0);
    for (int i = 0; i < 10; i++)
        fake_wait(99 * 1000);
    dial();
    fake_wait(0);
    assert_true(caller.is_connected);
    ops_of(alices)->unlisten(listener);
    end();
}

static void a_refused_reservation_is_asked_for_again(void **state)
{
    struct relay_limits none = RELAY_LIMITS;
    none.reservations_max = 0;
    (void)state;
    begin(&none);
    struct transport_listener *listener = listen_at_relay();
    fake_wait(0);
    assert_int_equal(relay_stats(relay).refused_total, 1);
    fake_wait(15 * 1000);
    assert_int_equal(relay_stats(relay).refused_total, 2);
    fake_wait(29 * 1000);
    assert_int_equal(relay_stats(relay).refused_total, 2);
    fake_wait(1000);
    assert_int_equal(relay_stats(relay).refused_total, 3);
    ops_of(alices)->unlisten(listener);
    end();
}

static void relays_that_are_not_listened_at_bring_nobody(void **state)
{
    (void)state;
    begin(&RELAY_LIMITS);
    struct transport_listener *listener = listen_at_relay();
    fake_wait(0);
    ops_of(alices)->unlisten(listener);
    dial();
    fake_wait(0);
    assert_null(called.conn);
    assert_string_equal(caller.why, "the relay does not reach the peer");
    end();
}

static void much_data_waits_and_drains(void **state)
{
    static const uint8_t data[3 * PEER_STREAM_QUEUE_BYTES];
    struct relay_limits limits = RELAY_LIMITS;
    limits.circuit_bytes_max = sizeof data;
    (void)state;
    begin(&limits);
    struct transport_listener *listener = listen_at_relay();
    fake_wait(0);
    dial();
    fake_wait(0);
    ops_of(alices)->pause(called.conn, true);
    ops_of(bobs)->send(caller.conn, bytes_of(data, sizeof data));
    fake_pump();
    assert_true(ops_of(bobs)->queued(caller.conn) > 0);
    assert_int_equal(caller.drained, 0);
    ops_of(alices)->pause(called.conn, false);
    fake_pump();
    assert_int_equal(called.got.len, sizeof data);
    assert_int_equal(ops_of(bobs)->queued(caller.conn), 0);
    assert_true(caller.drained > 0);
    ops_of(alices)->unlisten(listener);
    end();
}

static void a_lost_relay_ends_the_connection(void **state)
{
    (void)state;
    begin(&RELAY_LIMITS);
    struct transport_listener *listener = listen_at_relay();
    fake_wait(0);
    dial();
    fake_wait(0);
    fake_leave(host);
    assert_string_not_equal(caller.why, "");
    assert_string_not_equal(called.why, "");
    ops_of(alices)->unlisten(listener);
    end();
}

static void addresses_that_name_no_relay_are_refused(void **state)
{
    static const char *const bad[] = {
        "/p2p-circuit",
        "/ip4/127.0.0.1/tcp/1/p2p-circuit",
        RELAY,
        RELAY "/tcp/1",
    };
    (void)state;
    begin(&RELAY_LIMITS);
    struct transport transport = relay_transport_of(bobs);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct buffer addr = {0};
        struct transport_conn *conn;
        assert_int_equal(multiaddr_read_text(&addr, bytes_str(bad[i])),
                         LOFT_OK);
        assert_int_equal(transport.ops->dial(transport.context, &conn,
                                             buffer_bytes(&addr), &calls, NULL),
                         LOFT_ERR_USAGE);
        buffer_free(&addr);
    }
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_pass_through_a_relay_both_ways),
        cmocka_unit_test(the_relay_is_connected_first),
        cmocka_unit_test(a_relay_that_is_not_reached_ends_the_dial),
        cmocka_unit_test(what_the_relay_refuses_is_said),
        cmocka_unit_test(a_reservation_is_renewed),
        cmocka_unit_test(a_refused_reservation_is_asked_for_again),
        cmocka_unit_test(relays_that_are_not_listened_at_bring_nobody),
        cmocka_unit_test(much_data_waits_and_drains),
        cmocka_unit_test(a_lost_relay_ends_the_connection),
        cmocka_unit_test(addresses_that_name_no_relay_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
