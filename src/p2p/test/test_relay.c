/* A relay between peers whose messages are written by hand. */
#include "p2p/relay.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "p2p/relay_message.h"
#include "p2p/test/fake_peers.h"

#define UNIX_MS 1700000000000u

static const char *const hop_names[] = {RELAY_HOP_PROTOCOL};
static struct peer_host *host, *alice, *bob;
static struct relay *relay;
static struct arena arena;

/* One side of a stream: what came, and how it ended. */
struct side {
    struct peer_stream *stream;
    struct buffer got;
    bool has_ended, has_finished;
    enum peer_stream_end end;
};

static struct side caller, called;
static uint64_t answer_with; /* of the peer that is called; 0: silence */

static void side_got(void *context, struct peer_stream *stream, bytes data)
{
    struct side *side = context;
    (void)stream;
    buffer_put_bytes(&side->got, data);
}

static void side_finished(void *context, struct peer_stream *stream)
{
    struct side *side = context;
    (void)stream;
    side->has_finished = true;
}

static void side_ended(void *context, struct peer_stream *stream,
                       enum peer_stream_end end)
{
    struct side *side = context;
    (void)stream;
    side->has_ended = true;
    side->end = end;
    side->stream = NULL;
}

static const struct peer_stream_calls side_calls = {
    .got = side_got, .finished = side_finished, .ended = side_ended};

/* The messages of what a side got, one at a time. */
static struct relay_message take(struct side *side, bool is_stop)
{
    struct relay_reader reader = {0};
    struct relay_message message = {.status = 999};
    bytes from, data = buffer_bytes(&side->got);
    assert_int_equal(relay_reader_take(&reader, &from, &data), LOFT_OK);
    if (from.len == 0)
        return message;
    from = arena_copy(&arena, from);
    if (is_stop)
        assert_int_equal(relay_stop_read(&message, from), LOFT_OK);
    else
        assert_int_equal(relay_hop_read(&arena, &message, from), LOFT_OK);
    memmove(side->got.at, data.at, data.len);
    side->got.len = data.len;
    relay_reader_fini(&reader);
    return message;
}

static void *accept_stop(void *context, struct peer_stream *stream)
{
    struct buffer out = {0};
    (void)context;
    called.stream = stream;
    called.has_ended = called.has_finished = false;
    called.got.len = 0;
    if (answer_with) {
        relay_stop_put(&out, &(struct relay_message){.type = RELAY_STATUS,
                                                     .status = answer_with});
        assert_true(peer_stream_send(stream, buffer_bytes(&out)));
    }
    buffer_free(&out);
    return &called;
}

static const struct peer_protocol stop = {RELAY_STOP_PROTOCOL, &side_calls,
                                          accept_stop, 0, 0};

static void begin(const struct relay_limits *limits)
{
    fake_begin();
    arena_init(&arena);
    host = fake_host();
    alice = fake_host();
    bob = fake_host();
    relay = relay_open(host, limits, UNIX_MS);
    peer_host_handle(alice, &stop, NULL);
    answer_with = RELAY_OK;
    caller = called = (struct side){0};
}

static void end(void)
{
    fake_end_all();
    relay_close(relay);
    buffer_free(&caller.got);
    buffer_free(&called.got);
    arena_fini(&arena);
}

static void open_hop(struct peer_host *from,
                     const struct relay_message *message)
{
    struct buffer out = {0};
    if (caller.stream)
        peer_stream_reset(caller.stream);
    fake_pump();
    buffer_free(&caller.got);
    caller = (struct side){0};
    caller.stream = peer_host_open_stream(from, &host->id, hop_names, 1,
                                          &side_calls, &caller);
    assert_non_null(caller.stream);
    relay_hop_put(&out, message);
    assert_true(peer_stream_send(caller.stream, buffer_bytes(&out)));
    buffer_free(&out);
    fake_pump();
}

static uint64_t reserve(struct peer_host *from)
{
    open_hop(from, &(struct relay_message){.type = RELAY_RESERVE});
    return take(&caller, false).status;
}

static uint64_t connect_to(struct peer_host *from, const struct peer_host *to)
{
    open_hop(from, &(struct relay_message){.type = RELAY_CONNECT,
                                           .has_peer = true,
                                           .peer = to->id});
    return take(&caller, false).status;
}

static void a_reservation_comes_with_a_voucher(void **state)
{
    struct relay_voucher voucher;
    (void)state;
    begin(&RELAY_LIMITS);
    open_hop(alice, &(struct relay_message){.type = RELAY_RESERVE});
    struct relay_message answer = take(&caller, false);
    assert_int_equal(answer.type, RELAY_STATUS);
    assert_int_equal(answer.status, RELAY_OK);
    assert_int_equal(answer.limit.duration_s, RELAY_LIMITS.circuit_s);
    assert_int_equal(answer.limit.data_bytes, RELAY_LIMITS.circuit_bytes_max);
    assert_int_equal(answer.reservation.expire_s, UNIX_MS / 1000 + 3600);
    assert_int_equal(answer.reservation.addr_count, 1);
    assert_int_equal(answer.reservation.addrs[0].len, 8 + 2 + 1 + host->id.len);
    assert_int_equal(relay_voucher_open(&voucher, answer.reservation.voucher),
                     LOFT_OK);
    assert_true(peer_id_equal(&voucher.relay, &host->id));
    assert_true(peer_id_equal(&voucher.peer, &alice->id));
    assert_int_equal(voucher.expire_s, answer.reservation.expire_s);
    assert_true(caller.has_finished);
    end();
}

static void bytes_pass_both_ways(void **state)
{
    (void)state;
    begin(&RELAY_LIMITS);
    fake.piece = 5;
    assert_int_equal(reserve(alice), RELAY_OK);
    assert_int_equal(connect_to(bob, alice), RELAY_OK);
    struct relay_message told = take(&called, true);
    assert_int_equal(told.type, RELAY_CONNECT);
    assert_true(peer_id_equal(&told.peer, &bob->id));
    assert_true(told.has_limit);
    assert_true(peer_stream_send(caller.stream, bytes_str("from the caller")));
    assert_true(peer_stream_send(called.stream, bytes_str("from the called")));
    peer_stream_finish(caller.stream);
    fake_pump();
    assert_true(
        bytes_equal(buffer_bytes(&called.got), bytes_str("from the caller")));
    assert_true(
        bytes_equal(buffer_bytes(&caller.got), bytes_str("from the called")));
    assert_true(called.has_finished);
    assert_int_equal(relay_stats(relay).circuits, 1);
    peer_stream_finish(called.stream);
    fake_pump();
    assert_int_equal(caller.end, PEER_STREAM_DONE);
    assert_int_equal(called.end, PEER_STREAM_DONE);
    assert_int_equal(relay_stats(relay).circuits, 0);
    assert_int_equal(relay_stats(relay).bytes_total, 30);
    end();
}

static void who_has_no_reservation_is_not_reached(void **state)
{
    (void)state;
    begin(&RELAY_LIMITS);
    assert_int_equal(connect_to(bob, alice), RELAY_NO_RESERVATION);
    assert_int_equal(reserve(alice), RELAY_OK);
    fake_wait(3600 * 1000);
    assert_int_equal(connect_to(bob, alice), RELAY_NO_RESERVATION);
    assert_int_equal(relay_stats(relay).reservations, 0);
    end();
}

static void nobody_connects_to_itself(void **state)
{
    (void)state;
    begin(&RELAY_LIMITS);
    assert_int_equal(reserve(alice), RELAY_OK);
    assert_int_equal(connect_to(alice, alice), RELAY_PERMISSION_DENIED);
    end();
}

static void a_reservation_ends_with_its_connection(void **state)
{
    (void)state;
    begin(&RELAY_LIMITS);
    assert_int_equal(reserve(alice), RELAY_OK);
    fake_leave(alice);
    assert_int_equal(relay_stats(relay).reservations, 0);
    assert_int_equal(connect_to(bob, alice), RELAY_NO_RESERVATION);
    end();
}

static void a_peer_that_does_not_accept_fails_the_connection(void **state)
{
    (void)state;
    begin(&RELAY_LIMITS);
    assert_int_equal(reserve(alice), RELAY_OK);
    answer_with = RELAY_PERMISSION_DENIED;
    assert_int_equal(connect_to(bob, alice), RELAY_CONNECTION_FAILED);
    assert_true(caller.has_finished);
    assert_true(called.has_ended);
    answer_with = 0;
    assert_int_equal(connect_to(bob, alice), 999);
    fake_wait(30000);
    assert_int_equal(take(&caller, false).status, RELAY_CONNECTION_FAILED);
    assert_int_equal(relay_stats(relay).circuits, 0);
    assert_int_equal(reserve(bob), RELAY_OK); /* who speaks no Stop */
    assert_int_equal(connect_to(alice, bob), RELAY_CONNECTION_FAILED);
    end();
}

static void a_connection_is_cut_at_its_data_limit(void **state)
{
    struct relay_limits limits = RELAY_LIMITS;
    limits.circuit_bytes_max = 10;
    (void)state;
    begin(&limits);
    assert_int_equal(reserve(alice), RELAY_OK);
    assert_int_equal(connect_to(bob, alice), RELAY_OK);
    assert_true(peer_stream_send(called.stream, bytes_str("0123456789")));
    fake_pump();
    assert_false(caller.has_ended);
    assert_true(peer_stream_send(called.stream, bytes_str("x")));
    fake_pump();
    assert_int_equal(caller.end, PEER_STREAM_RESET);
    assert_int_equal(called.end, PEER_STREAM_RESET);
    end();
}

static void a_connection_is_cut_at_its_time(void **state)
{
    (void)state;
    begin(&RELAY_LIMITS);
    assert_int_equal(reserve(alice), RELAY_OK);
    assert_int_equal(connect_to(bob, alice), RELAY_OK);
    fake_wait(119999);
    assert_false(caller.has_ended || called.has_ended);
    fake_wait(1);
    assert_true(caller.has_ended && called.has_ended);
    end();
}

static void a_side_that_does_not_read_stops_the_other(void **state)
{
    static const uint8_t data[3 * RELAY_STREAM_QUEUE_BYTES];
    struct relay_limits limits = RELAY_LIMITS;
    limits.circuit_bytes_max = sizeof data;
    (void)state;
    begin(&limits);
    assert_int_equal(reserve(alice), RELAY_OK);
    assert_int_equal(connect_to(bob, alice), RELAY_OK);
    fake.piece = 1000;
    peer_stream_pause(caller.stream, true);
    assert_true(peer_stream_send(called.stream, bytes_of(data, sizeof data)));
    peer_stream_finish(called.stream);
    fake_pump();
    assert_true(called.stream->queue.len > RELAY_STREAM_QUEUE_BYTES);
    peer_stream_pause(caller.stream, false);
    fake_pump();
    assert_int_equal(caller.got.len, sizeof data);
    assert_true(caller.has_finished);
    end();
}

static void reservations_are_bounded(void **state)
{
    struct relay_limits limits = RELAY_LIMITS;
    limits.reservations_per_ip_max = 1;
    (void)state;
    begin(&limits);
    assert_int_equal(reserve(alice), RELAY_OK);
    assert_int_equal(reserve(alice), RELAY_OK);
    assert_int_equal(reserve(bob), RELAY_RESERVATION_REFUSED);
    assert_int_equal(relay_stats(relay).reservations, 1);
    end();
}

static void connections_of_a_peer_are_bounded(void **state)
{
    struct relay_limits limits = RELAY_LIMITS;
    limits.circuits_per_peer_max = 1;
    (void)state;
    begin(&limits);
    struct side first;
    assert_int_equal(reserve(alice), RELAY_OK);
    assert_int_equal(connect_to(bob, alice), RELAY_OK);
    struct peer_stream *stream = caller.stream;
    first = (struct side){.stream = stream};
    peer_stream_use(stream, &side_calls, &first);
    caller.stream = NULL;
    assert_int_equal(connect_to(bob, alice), RELAY_RESOURCE_LIMIT_EXCEEDED);
    peer_stream_reset(first.stream);
    fake_pump();
    assert_int_equal(connect_to(bob, alice), RELAY_OK);
    buffer_free(&first.got);
    end();
}

static void messages_out_of_turn_are_refused(void **state)
{
    (void)state;
    begin(&RELAY_LIMITS);
    open_hop(bob,
             &(struct relay_message){.type = RELAY_STATUS, .status = RELAY_OK});
    assert_int_equal(take(&caller, false).status, RELAY_UNEXPECTED_MESSAGE);
    open_hop(bob, &(struct relay_message){.type = RELAY_CONNECT});
    assert_int_equal(take(&caller, false).status, RELAY_MALFORMED_MESSAGE);
    peer_stream_reset(caller.stream);
    fake_pump();
    buffer_free(&caller.got);
    caller = (struct side){0};
    caller.stream = peer_host_open_stream(bob, &host->id, hop_names, 1,
                                          &side_calls, &caller);
    assert_true(peer_stream_send(caller.stream, bytes_of("\2\x08\x09", 3)));
    fake_pump();
    assert_int_equal(take(&caller, false).status, RELAY_MALFORMED_MESSAGE);
    assert_true(host->blame > 0);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reservation_comes_with_a_voucher),
        cmocka_unit_test(bytes_pass_both_ways),
        cmocka_unit_test(who_has_no_reservation_is_not_reached),
        cmocka_unit_test(nobody_connects_to_itself),
        cmocka_unit_test(a_reservation_ends_with_its_connection),
        cmocka_unit_test(a_peer_that_does_not_accept_fails_the_connection),
        cmocka_unit_test(a_connection_is_cut_at_its_data_limit),
        cmocka_unit_test(a_connection_is_cut_at_its_time),
        cmocka_unit_test(a_side_that_does_not_read_stops_the_other),
        cmocka_unit_test(reservations_are_bounded),
        cmocka_unit_test(connections_of_a_peer_are_bounded),
        cmocka_unit_test(messages_out_of_turn_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
