#include "p2p/peer_actions.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "p2p/multiaddr.h"
#include "p2p/test/fake_peers.h"

static struct peer_host *ours, *theirs;
static struct peer_actions *actions;
static struct perf_server *server;
static unsigned woken;

static void note_woken(void *context)
{
    (void)context;
    woken++;
}

/* Sends back what comes. */
static void echo(void *context, struct peer_stream *stream, bytes data)
{
    (void)context;
    assert_true(peer_stream_send(stream, data));
}

static void finish(void *context, struct peer_stream *stream)
{
    (void)context;
    peer_stream_finish(stream);
}

static const struct peer_stream_calls echo_calls = {.got = echo,
                                                    .finished = finish};
static const struct peer_protocol ping = {"/ipfs/ping/1.0.0", &echo_calls, NULL,
                                          0, 0};

static void begin(void)
{
    fake_begin();
    ours = fake_host();
    theirs = fake_host();
    peer_host_handle(theirs, &ping, &fake);
    server = perf_serve(theirs, &PERF_LIMITS);
    actions = peer_actions_open(ours, note_woken, NULL);
    woken = 0;
}

static void end(void)
{
    peer_actions_close(actions);
    fake_end_all();
    perf_server_free(server);
}

static void a_ping_says_how_long_it_took(void **state)
{
    struct peer_outcome outcome;
    uint64_t id;
    (void)state;
    begin();
    assert_int_equal(peer_actions_ping(actions, &id, &theirs->id), LOFT_OK);
    assert_false(peer_actions_take(actions, id, &outcome));
    fake.now_ms += 7;
    fake_pump();
    assert_int_equal(woken, 0);
    fake_wait(1);
    assert_int_equal(woken, 1);
    assert_true(peer_actions_take(actions, id, &outcome));
    assert_true(outcome.is_good);
    assert_int_equal(outcome.round_trip_us, 7000);
    assert_true(peer_actions_take(actions, id, &outcome));
    assert_false(outcome.is_good);
    end();
}

static void a_measurement_has_its_result(void **state)
{
    const struct perf_order order = {1000, 2000, 500};
    struct peer_outcome outcome;
    uint64_t id;
    (void)state;
    begin();
    assert_int_equal(peer_actions_perf(actions, &id, &theirs->id, &order),
                     LOFT_OK);
    fake_pump();
    assert_true(peer_actions_take(actions, id, &outcome));
    assert_true(outcome.is_good);
    assert_int_equal(outcome.perf.download_bytes, 2000);
    end();
}

static void a_connection_is_awaited(void **state)
{
    struct peer_outcome outcome;
    uint64_t first, second;
    (void)state;
    begin();
    ours->is_apart = true;
    assert_int_equal(
        peer_actions_connect(actions, &first, &theirs->id, BYTES_EMPTY),
        LOFT_OK);
    assert_int_equal(ours->asked, 1);
    fake_wait(PEER_CONNECT_MS - 1);
    assert_false(peer_actions_take(actions, first, &outcome));
    fake_join(ours, theirs);
    assert_false(peer_actions_take(actions, first, &outcome));
    fake_wait(500); /* for what the peer says of itself */
    assert_true(peer_actions_take(actions, first, &outcome));
    assert_true(outcome.is_good);
    assert_true(peer_id_equal(&outcome.peer, &theirs->id));
    assert_int_equal(
        peer_actions_connect(actions, &second, &theirs->id, BYTES_EMPTY),
        LOFT_OK);
    assert_int_equal(ours->asked, 1);
    assert_true(peer_actions_take(actions, second, &outcome));
    assert_true(outcome.is_good);
    end();
}

static void whoever_answers_at_an_address_is_told_apart_by_it(void **state)
{
    struct peer_outcome outcome;
    uint64_t there, elsewhere;
    (void)state;
    begin();
    ours->is_apart = true;
    assert_int_equal(
        peer_actions_connect(actions, &there, NULL,
                             bytes_of("\4\x7f\0\0\1\6\x0f\xa1", 8)),
        LOFT_OK);
    assert_int_equal(
        peer_actions_connect(actions, &elsewhere, NULL,
                             bytes_of("\4\x7f\0\0\2\6\x0f\xa1", 8)),
        LOFT_OK);
    fake_join(ours, theirs);
    fake_wait(500);
    assert_true(peer_actions_take(actions, there, &outcome));
    assert_true(peer_id_equal(&outcome.peer, &theirs->id));
    assert_false(peer_actions_take(actions, elsewhere, &outcome));
    fake_wait(PEER_CONNECT_MS);
    assert_true(peer_actions_take(actions, elsewhere, &outcome));
    assert_string_equal(outcome.why, "no connection in time");
    end();
}

static void what_nobody_takes_is_dropped_and_bounded(void **state)
{
    struct peer_outcome outcome;
    uint64_t id, last;
    (void)state;
    begin();
    for (int i = 0; i < PEER_ACTIONS_MAX; i++)
        assert_int_equal(peer_actions_ping(actions, &id, &theirs->id), LOFT_OK);
    assert_int_equal(peer_actions_ping(actions, &last, &theirs->id),
                     LOFT_ERR_LIMIT);
    fake_wait(0);
    fake_wait(PEER_ACTIONS_KEPT_MS);
    assert_int_equal(peer_actions_ping(actions, &last, &theirs->id), LOFT_OK);
    assert_true(peer_actions_take(actions, id, &outcome));
    assert_false(outcome.is_good);
    end();
}

static void who_is_not_connected_is_not_pinged(void **state)
{
    uint64_t id;
    (void)state;
    begin();
    theirs->is_away = true;
    assert_int_equal(peer_actions_ping(actions, &id, &theirs->id),
                     LOFT_ERR_NOT_FOUND);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ping_says_how_long_it_took),
        cmocka_unit_test(a_measurement_has_its_result),
        cmocka_unit_test(a_connection_is_awaited),
        cmocka_unit_test(whoever_answers_at_an_address_is_told_apart_by_it),
        cmocka_unit_test(what_nobody_takes_is_dropped_and_bounded),
        cmocka_unit_test(who_is_not_connected_is_not_pinged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
