#include "p2p/perf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "p2p/test/fake_peers.h"

static const char *const names[] = {"/perf/1.0.0"};
static struct peer_host *ours, *theirs;
static struct perf_server *server;
static struct perf_result result;
static unsigned results, complete;

static void keep_result(void *context, const struct perf_result *from)
{
    (void)context;
    result = *from;
    results++;
    complete += from->is_complete;
}

static void begin(const struct perf_limits *limits)
{
    fake_begin();
    ours = fake_host();
    theirs = fake_host();
    server = limits ? perf_serve(theirs, limits) : NULL;
    results = complete = 0;
}

static void end(void)
{
    fake_end_all();
    perf_server_free(server);
}

static struct perf_run *start(uint64_t upload, uint64_t download)
{
    struct perf_run *run;
    const struct perf_order order = {upload, download, 1000};
    assert_int_equal(
        perf_start(&run, ours, &theirs->id, &order, keep_result, NULL),
        LOFT_OK);
    return run;
}

static void all_that_is_ordered_passes(void **state)
{
    static const uint64_t sizes[][2] = {
        {0, 0}, {1, 0}, {0, 1}, {65536, 65537}, {3000000, 5000000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        begin(&PERF_LIMITS);
        fake.piece = 7001;
        start(sizes[i][0], sizes[i][1]);
        fake_pump();
        assert_int_equal(results, 1);
        assert_true(result.is_complete);
        assert_int_equal(result.upload_bytes, sizes[i][0]);
        assert_int_equal(result.download_bytes, sizes[i][1]);
        end();
    }
}

static void the_header_may_come_byte_by_byte(void **state)
{
    (void)state;
    begin(&PERF_LIMITS);
    fake.piece = 1;
    start(20, 30);
    fake_pump();
    assert_true(result.is_complete);
    assert_int_equal(result.download_bytes, 30);
    end();
}

static void a_node_that_does_not_serve_refuses(void **state)
{
    (void)state;
    begin(NULL);
    start(1, 1);
    fake_pump();
    assert_int_equal(results, 1);
    assert_false(result.is_complete);
    assert_int_equal(result.end, PEER_STREAM_REFUSED);
    end();
}

static void more_than_the_bound_is_cut(void **state)
{
    struct perf_limits limits = PERF_LIMITS;
    limits.bytes_max = 100000;
    (void)state;
    begin(&limits);
    start(0, UINT64_MAX);
    fake_pump();
    assert_false(result.is_complete);
    assert_int_equal(result.end, PEER_STREAM_RESET);
    assert_true(result.download_bytes <= limits.bytes_max);
    start(100001, 0);
    fake_pump();
    assert_int_equal(results, 2);
    assert_int_equal(result.end, PEER_STREAM_RESET);
    end();
}

static void streams_are_bounded_in_all(void **state)
{
    struct perf_limits limits = PERF_LIMITS;
    limits.streams_max = limits.streams_per_peer_max = 1;
    (void)state;
    begin(&limits);
    fake.piece = 10;
    start(0, 1000);
    start(0, 1000);
    fake_pump();
    assert_int_equal(results, 2);
    assert_int_equal(complete, 1);
    end();
}

static void a_slow_stream_ends_at_its_deadline(void **state)
{
    struct perf_limits limits = PERF_LIMITS;
    limits.ms_max = 500;
    (void)state;
    begin(&limits);
    struct peer_stream *stream = peer_host_open_stream(
        ours, &theirs->id, names, 1, &(struct peer_stream_calls){0}, NULL);
    assert_true(peer_stream_send(stream, bytes_str("1234")));
    fake_wait(499);
    assert_non_null(fake.streams);
    fake_wait(1);
    assert_null(fake.streams);
    end();
}

static void an_end_within_the_header_is_reset(void **state)
{
    (void)state;
    begin(&PERF_LIMITS);
    struct peer_stream *stream = peer_host_open_stream(
        ours, &theirs->id, names, 1, &(struct peer_stream_calls){0}, NULL);
    assert_true(peer_stream_send(stream, bytes_str("1234567")));
    peer_stream_finish(stream);
    fake_pump();
    assert_null(fake.streams);
    end();
}

static void what_is_cancelled_tells_nobody(void **state)
{
    (void)state;
    begin(&PERF_LIMITS);
    perf_cancel(start(10, 10));
    fake_pump();
    assert_int_equal(results, 0);
    end();
}

/* A server of our own that sends one byte too many. */
static void send_too_much(void *context, struct peer_stream *stream)
{
    (void)context;
    assert_true(peer_stream_send(stream, bytes_str("12345")));
    peer_stream_finish(stream);
}

static void more_than_was_asked_for_is_no_result(void **state)
{
    static const struct peer_stream_calls calls = {.finished = send_too_much};
    static const struct peer_protocol liar = {"/perf/1.0.0", &calls, NULL, 0,
                                              0};
    (void)state;
    begin(NULL);
    peer_host_handle(theirs, &liar, &fake);
    start(0, 4);
    fake_pump();
    assert_int_equal(results, 1);
    assert_false(result.is_complete);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_is_ordered_passes),
        cmocka_unit_test(the_header_may_come_byte_by_byte),
        cmocka_unit_test(a_node_that_does_not_serve_refuses),
        cmocka_unit_test(more_than_the_bound_is_cut),
        cmocka_unit_test(streams_are_bounded_in_all),
        cmocka_unit_test(a_slow_stream_ends_at_its_deadline),
        cmocka_unit_test(an_end_within_the_header_is_reset),
        cmocka_unit_test(what_is_cancelled_tells_nobody),
        cmocka_unit_test(more_than_was_asked_for_is_no_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
