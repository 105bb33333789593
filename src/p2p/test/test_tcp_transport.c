#include "p2p/tcp_transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "codec/uvarint.h"
#include "p2p/multiaddr.h"

struct side {
    struct trial *trial;
    struct transport_conn *conn;
    struct buffer got;
    char why[200];
    int connected, drained, ended;
    bool closes_on_got, stays;
};

struct trial {
    struct loop *loop;
    struct loop_timer *timer;
    struct tcp_transport *tcp;
    struct transport transport;
    struct transport_listener *listener;
    struct buffer bound, remote;
    struct side near, far;
    size_t far_until; /* stops the loop */
    int accepted;
};

static void stop(void *context)
{
    loop_stop(context);
}

static void on_connected(void *context)
{
    struct side *side = context;
    side->connected++;
    if (!side->stays)
        loop_stop(side->trial->loop);
}

static void on_got(void *context, bytes data)
{
    struct side *side = context;
    buffer_put_bytes(&side->got, data);
    if (side->closes_on_got) {
        side->trial->transport.ops->close(side->conn, true);
        side->conn = NULL;
    }
    if (side->got.len >= side->trial->far_until)
        loop_stop(side->trial->loop);
}

static void on_drained(void *context)
{
    struct side *side = context;
    side->drained++;
    loop_stop(side->trial->loop);
}

static void on_ended(void *context, const char *why)
{
    struct side *side = context;
    side->ended++;
    strncpy(side->why, why, sizeof side->why - 1);
    loop_stop(side->trial->loop);
}

static const struct transport_user user = {.connected = on_connected,
                                           .got = on_got,
                                           .drained = on_drained,
                                           .ended = on_ended};

static void on_accepted(void *context, struct transport_conn *conn, bytes from)
{
    struct trial *trial = context;
    trial->accepted++;
    trial->remote.len = 0;
    buffer_put_bytes(&trial->remote, from);
    if (trial->far.conn) {
        trial->transport.ops->close(conn, true);
        return;
    }
    trial->far.conn = conn;
    trial->transport.ops->use(conn, &user, &trial->far);
}

static void begin(struct trial *trial)
{
    *trial = (struct trial){.far_until = 1};
    trial->near.trial = trial->far.trial = trial;
    assert_int_equal(loop_open(&trial->loop), LOFT_OK);
    trial->timer = loop_timer_open(trial->loop, stop, trial->loop);
    loop_timer_start(trial->timer, 60000); /* never comes */
    trial->tcp = tcp_transport_new(trial->loop);
    trial->transport = tcp_transport_of(trial->tcp);
}

static void end(struct trial *trial)
{
    if (trial->near.conn)
        trial->transport.ops->close(trial->near.conn, true);
    if (trial->far.conn)
        trial->transport.ops->close(trial->far.conn, true);
    if (trial->listener)
        trial->transport.ops->unlisten(trial->listener);
    tcp_transport_free(trial->tcp);
    loop_timer_close(trial->timer);
    loop_close(trial->loop);
    buffer_free(&trial->near.got);
    buffer_free(&trial->far.got);
    buffer_free(&trial->bound);
    buffer_free(&trial->remote);
}

static loft_err listen_at(struct trial *trial, const char *text)
{
    struct buffer addr = {0};
    assert_int_equal(multiaddr_read_text(&addr, bytes_str(text)), LOFT_OK);
    trial->bound.len = 0;
    loft_err code = trial->transport.ops->listen(
        trial->transport.context, &trial->listener, buffer_bytes(&addr),
        &trial->bound, on_accepted, trial);
    buffer_free(&addr);
    return code;
}

static bytes first_bound(const struct trial *trial)
{
    bytes rest = buffer_bytes(&trial->bound);
    uint64_t len;
    assert_int_equal(uvarint_read(&len, &rest), LOFT_OK);
    assert_true(len <= rest.len);
    return bytes_of(rest.at, len);
}

static loft_err dial(struct trial *trial, bytes addr)
{
    return trial->transport.ops->dial(
        trial->transport.context, &trial->near.conn, addr, &user, &trial->near);
}

static loft_err dial_text(struct trial *trial, const char *text)
{
    struct buffer addr = {0};
    assert_int_equal(multiaddr_read_text(&addr, bytes_str(text)), LOFT_OK);
    loft_err code = dial(trial, buffer_bytes(&addr));
    buffer_free(&addr);
    return code;
}

static void connect_both(struct trial *trial, const char *at)
{
    assert_int_equal(listen_at(trial, at), LOFT_OK);
    assert_int_equal(dial(trial, first_bound(trial)), LOFT_OK);
    loop_run(trial->loop);
    assert_int_equal(trial->near.connected, 1);
}

/* The last "/tcp/" part: its port. */
static uint16_t port_of(bytes addr)
{
    return load_be16(addr.at + addr.len - 2);
}

static void carries_bytes(const char *at)
{
    struct trial trial;
    begin(&trial);
    connect_both(&trial, at);
    trial.transport.ops->send(trial.near.conn, bytes_str("from near to far"));
    while (trial.far.got.len < 16)
        loop_run(trial.loop);
    assert_memory_equal(trial.far.got.at, "from near to far", 16);
    assert_int_equal(trial.far.connected, 0);
    assert_int_equal(trial.remote.at[0], first_bound(&trial).at[0]);
    trial.transport.ops->send(trial.far.conn, bytes_str("back"));
    while (trial.near.got.len < 4)
        loop_run(trial.loop);
    assert_memory_equal(trial.near.got.at, "back", 4);
    end(&trial);
}

static void carries_bytes_over_ip4(void **state)
{
    (void)state;
    carries_bytes("/ip4/127.0.0.1/tcp/0");
}

static void carries_bytes_over_ip6(void **state)
{
    (void)state;
    carries_bytes("/ip6/::1/tcp/0");
}

#define RINGS_MAX 100000

struct ringing {
    struct trial *trial;
    struct transport_timer *timer;
    unsigned rings;
};

static void ring_again(void *context)
{
    struct ringing *ringing = context;
    if (++ringing->rings < RINGS_MAX)
        ringing->trial->transport.ops->timer_start(ringing->timer, 0);
}

/* Whoever is never done does not keep bytes from coming. */
static void a_timer_of_no_delay_leaves_descriptors_their_turn(void **state)
{
    struct trial trial;
    struct ringing ringing = {.trial = &trial};
    (void)state;
    begin(&trial);
    connect_both(&trial, "/ip4/127.0.0.1/tcp/0");
    ringing.timer = trial.transport.ops->timer(trial.transport.context,
                                               ring_again, &ringing);
    trial.transport.ops->timer_start(ringing.timer, 0);
    trial.transport.ops->send(trial.near.conn, bytes_str("x"));
    while (trial.far.got.len == 0)
        loop_run(trial.loop);
    assert_in_range(ringing.rings, 1, RINGS_MAX - 1);
    trial.transport.ops->timer_close(ringing.timer);
    end(&trial);
}

static void a_name_is_looked_up(void **state)
{
    struct trial trial;
    char text[80];
    (void)state;
    begin(&trial);
    assert_int_equal(listen_at(&trial, "/ip4/127.0.0.1/tcp/0"), LOFT_OK);
    snprintf(text, sizeof text, "/dns4/localhost/tcp/%u",
             port_of(first_bound(&trial)));
    assert_int_equal(dial_text(&trial, text), LOFT_OK);
    assert_int_equal(trial.near.connected, 0);
    loop_run(trial.loop);
    assert_int_equal(trial.near.connected, 1);
    end(&trial);
}

static void a_name_that_is_not_ends_the_dial(void **state)
{
    struct trial trial;
    (void)state;
    begin(&trial);
    assert_int_equal(dial_text(&trial, "/dns/name.invalid/tcp/1"), LOFT_OK);
    loop_run(trial.loop);
    assert_int_equal(trial.near.ended, 1);
    assert_non_null(strstr(trial.near.why, "name.invalid"));
    end(&trial);
}

static void a_lookup_may_be_left_alone(void **state)
{
    struct trial trial;
    (void)state;
    begin(&trial);
    assert_int_equal(dial_text(&trial, "/dns/name.invalid/tcp/1"), LOFT_OK);
    end(&trial);
}

static void a_refused_dial_ends(void **state)
{
    struct trial trial;
    char text[80];
    (void)state;
    begin(&trial);
    assert_int_equal(listen_at(&trial, "/ip4/127.0.0.1/tcp/0"), LOFT_OK);
    snprintf(text, sizeof text, "/ip4/127.0.0.1/tcp/%u",
             port_of(first_bound(&trial)));
    trial.transport.ops->unlisten(trial.listener);
    trial.listener = NULL;
    assert_int_equal(dial_text(&trial, text), LOFT_OK);
    assert_int_equal(trial.near.ended, 0);
    loop_run(trial.loop);
    assert_int_equal(trial.near.ended, 1);
    assert_int_equal(trial.near.connected, 0);
    assert_non_null(strstr(trial.near.why, "refused"));
    end(&trial);
}

static void addresses_of_other_protocols_are_refused(void **state)
{
    static const char *const texts[] = {
        "/ip4/127.0.0.1/udp/1/quic-v1", "/ip4/127.0.0.1", "/tcp/1",
        "/ip4/127.0.0.1/tcp/1/ws", "/ip4/127.0.0.1/tcp/0"};
    struct trial trial;
    (void)state;
    begin(&trial);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(dial_text(&trial, texts[i]), LOFT_ERR_USAGE);
    assert_int_equal(listen_at(&trial, "/dns/localhost/tcp/0"), LOFT_ERR_USAGE);
    end(&trial);
}

static void a_port_is_listened_at_once(void **state)
{
    struct trial trial;
    struct transport_listener *second = NULL;
    struct buffer bound = {0};
    (void)state;
    begin(&trial);
    assert_int_equal(listen_at(&trial, "/ip4/127.0.0.1/tcp/0"), LOFT_OK);
    assert_int_equal(trial.transport.ops->listen(trial.transport.context,
                                                 &second, first_bound(&trial),
                                                 &bound, on_accepted, &trial),
                     LOFT_ERR_BUSY);
    buffer_free(&bound);
    end(&trial);
}

static void any_interface_becomes_each_of_them(void **state)
{
    struct trial trial;
    bool found = false;
    (void)state;
    begin(&trial);
    assert_int_equal(listen_at(&trial, "/ip4/0.0.0.0/tcp/0"), LOFT_OK);
    bytes rest = buffer_bytes(&trial.bound);
    uint16_t port = port_of(first_bound(&trial));
    while (rest.len) {
        uint64_t len;
        assert_int_equal(uvarint_read(&len, &rest), LOFT_OK);
        bytes one = bytes_of(rest.at, len);
        rest = bytes_of(rest.at + len, rest.len - len);
        assert_int_equal(port_of(one), port);
        assert_int_not_equal(one.at[1], 0);
        found |= one.at[1] == 127;
    }
    assert_true(found);
    end(&trial);
}

/* A megabyte at a time until the system takes no more. */
static void fill(struct trial *trial)
{
    size_t len = (size_t)1 << 20;
    uint8_t *block = memory_zalloc(len);
    while (trial->transport.ops->queued(trial->near.conn) < TCP_QUEUE_BYTES)
        trial->transport.ops->send(trial->near.conn, bytes_of(block, len));
    free(block);
}

static void who_waits_to_send_is_told(void **state)
{
    struct trial trial;
    (void)state;
    begin(&trial);
    trial.far_until = SIZE_MAX;
    connect_both(&trial, "/ip4/127.0.0.1/tcp/0");
    while (!trial.far.conn) {
        loop_timer_start(trial.timer, 1);
        loop_run(trial.loop);
    }
    loop_timer_start(trial.timer, 60000);
    trial.transport.ops->pause(trial.far.conn, true);
    fill(&trial);
    assert_int_equal(trial.near.drained, 0);
    trial.transport.ops->pause(trial.far.conn, false);
    loop_run(trial.loop);
    assert_int_equal(trial.near.drained, 1);
    assert_true(trial.transport.ops->queued(trial.near.conn) <=
                TCP_QUEUE_BYTES / 2);
    end(&trial);
}

static void what_was_queued_leaves_after_close(void **state)
{
    struct trial trial;
    (void)state;
    begin(&trial);
    trial.far_until = SIZE_MAX;
    connect_both(&trial, "/ip4/127.0.0.1/tcp/0");
    fill(&trial);
    trial.transport.ops->close(trial.near.conn, false);
    trial.near.conn = NULL;
    while (!trial.far.ended)
        loop_run(trial.loop);
    assert_true(trial.far.got.len >= (size_t)1 << 20);
    assert_int_equal(trial.far.got.len % ((size_t)1 << 20), 0);
    end(&trial);
}

static void a_connection_may_end_inside_its_call(void **state)
{
    struct trial trial;
    (void)state;
    begin(&trial);
    connect_both(&trial, "/ip4/127.0.0.1/tcp/0");
    trial.far.closes_on_got = true;
    trial.transport.ops->send(trial.near.conn, bytes_str("x"));
    while (!trial.near.ended)
        loop_run(trial.loop);
    assert_null(trial.far.conn);
    end(&trial);
}

static void without_descriptors_connections_wait(void **state)
{
    struct trial trial;
    struct rlimit before, few;
    (void)state;
    begin(&trial);
    trial.near.stays = true;
    assert_int_equal(listen_at(&trial, "/ip4/127.0.0.1/tcp/0"), LOFT_OK);
    assert_int_equal(dial(&trial, first_bound(&trial)), LOFT_OK);
    /* The dial has its descriptor; the accept finds none. */
    int next = dup(0);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)next;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    loop_timer_start(trial.timer, 2 * TCP_EXHAUSTED_PAUSE_MS);
    loop_run(trial.loop);
    assert_int_equal(trial.accepted, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    while (!trial.accepted) {
        loop_timer_start(trial.timer, 20);
        loop_run(trial.loop);
    }
    end(&trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_bytes_over_ip4),
        cmocka_unit_test(carries_bytes_over_ip6),
        cmocka_unit_test(a_timer_of_no_delay_leaves_descriptors_their_turn),
        cmocka_unit_test(a_name_is_looked_up),
        cmocka_unit_test(a_name_that_is_not_ends_the_dial),
        cmocka_unit_test(a_lookup_may_be_left_alone),
        cmocka_unit_test(a_refused_dial_ends),
        cmocka_unit_test(addresses_of_other_protocols_are_refused),
        cmocka_unit_test(a_port_is_listened_at_once),
        cmocka_unit_test(any_interface_becomes_each_of_them),
        cmocka_unit_test(who_waits_to_send_is_told),
        cmocka_unit_test(what_was_queued_leaves_after_close),
        cmocka_unit_test(a_connection_may_end_inside_its_call),
        cmocka_unit_test(without_descriptors_connections_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
