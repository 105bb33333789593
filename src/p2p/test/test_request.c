#include "p2p/request.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "codec/bigsize.h"
#include "p2p/request_frame.h"
#include "p2p/test/fake_peers.h"

enum { ECHO = 2, HOLD = 4, SILENT = 6, OPTIONAL = 7 };

static struct peer_host *ours, *theirs;
static struct requests *ask, *serve;
static struct request *held; /* the last of them */
static struct request *all_held[8];
static unsigned held_count;
static struct request_result result;
static uint8_t answer[1000];
static unsigned results;

static void echo(void *context, struct request *request, bytes payload)
{
    (void)context;
    request_answer(request, payload);
}

static void hold(void *context, struct request *request, bytes payload)
{
    (void)context, (void)payload;
    held = all_held[held_count++] = request;
}

static const struct request_kind kinds[] = {
    {ECHO, 1000, 1000, echo},
    {HOLD, 10, 10, hold},
    {SILENT, 10, 10, NULL},
};

static const struct request_protocol protocol = {
    "/loft/test/1", kinds, 3, 4, 4, 500};
/* A later version, with one more thing to ask. */
static const struct request_kind later_kinds[] = {
    {ECHO, 2000, 1000, echo}, {HOLD, 10, 10, NULL}, {SILENT, 10, 10, NULL},
    {OPTIONAL, 10, 10, NULL}, {8, 10, 10, NULL},
};
static const struct request_protocol later = {
    "/loft/test/1", later_kinds, 5, 4, 8, 500};

static void begin(void)
{
    fake_begin();
    ours = fake_host();
    theirs = fake_host();
    ask = requests_open(ours, &later, NULL);
    serve = requests_open(theirs, &protocol, NULL);
    held_count = 0;
    results = 0;
}

static void end(void)
{
    fake_end_all();
    requests_close(ask);
    requests_close(serve);
}

static void keep_result(void *context, const struct request_result *from)
{
    (void)context;
    result = *from;
    assert_true(from->payload.len <= sizeof answer);
    if (from->payload.len)
        memcpy(answer, from->payload.at, from->payload.len);
    results++;
}

static struct request_call *send(uint16_t type, bytes payload)
{
    struct request_call *call;
    assert_int_equal(request_send(&call, ask, &theirs->id, type, payload, 300,
                                  keep_result, NULL),
                     LOFT_OK);
    return call;
}

static void refused_with(uint64_t code)
{
    assert_int_equal(results, 1);
    assert_int_equal(result.status, REQUEST_REFUSED);
    assert_int_equal(result.code, code);
}

static void an_answer_comes_back(void **state)
{
    static const size_t sizes[] = {0, 1, 250, 251, 1000};
    static const uint8_t payload[1000] = {1, 2, 3, [999] = 4};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        begin();
        fake.piece = i % 2 ? 1 : 65536;
        send(ECHO, bytes_of(payload, sizes[i]));
        fake_pump();
        assert_int_equal(results, 1);
        assert_int_equal(result.status, REQUEST_ANSWERED);
        assert_int_equal(result.payload.len, sizes[i]);
        assert_memory_equal(answer, payload, sizes[i]);
        fake_wait(10000); /* idle for as long as that */
        assert_null(fake.streams);
        end();
    }
}

static void requests_overtake_each_other(void **state)
{
    (void)state;
    begin();
    send(HOLD, BYTES_EMPTY);
    send(ECHO, bytes_str("quick"));
    fake_pump();
    assert_int_equal(results, 1);
    assert_memory_equal(answer, "quick", 5);
    request_answer(held, bytes_str("slow"));
    fake_pump();
    assert_int_equal(results, 2);
    assert_memory_equal(answer, "slow", 4);
    end();
}

static unsigned count_streams(void)
{
    unsigned count = 0;
    for (struct peer_stream *s = fake.streams; s; s = s->next)
        count += s->host == ours;
    return count;
}

static void a_stream_serves_one_request_after_another(void **state)
{
    (void)state;
    begin();
    fake.piece = 3;
    for (unsigned i = 0; i < 10; i++) {
        fake_wait(9999);
        send(ECHO, bytes_of(&i, sizeof i));
        fake_pump();
        assert_int_equal(results, i + 1);
        assert_int_equal(result.status, REQUEST_ANSWERED);
        assert_memory_equal(answer, &i, sizeof i);
        assert_int_equal(count_streams(), 1);
    }
    send(OPTIONAL, BYTES_EMPTY);
    fake_pump();
    assert_int_equal(result.status, REQUEST_REFUSED);
    assert_int_equal(result.code, REQUEST_UNKNOWN);
    assert_int_equal(count_streams(), 0);
    assert_int_equal(ours->blame + theirs->blame, 0);
    end();
}

static void who_answers_may_refuse_with_a_code_of_its_own(void **state)
{
    (void)state;
    begin();
    send(HOLD, BYTES_EMPTY);
    fake_pump();
    request_refuse(held, REQUEST_CODES_OWN + 5, "not today");
    fake_pump();
    refused_with(REQUEST_CODES_OWN + 5);
    end();
}

static void types_that_are_not_known_are_refused(void **state)
{
    static const uint16_t types[] = {8, OPTIONAL, SILENT};
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        begin();
        send(types[i], bytes_str("x"));
        fake_pump();
        refused_with(REQUEST_UNKNOWN);
        assert_int_equal(theirs->blame, 0);
        end();
    }
}

static void a_request_beyond_its_bound_is_refused_and_blamed(void **state)
{
    static const uint8_t payload[1001];
    (void)state;
    begin();
    send(ECHO, bytes_of(payload, sizeof payload));
    fake_pump();
    refused_with(REQUEST_TOO_LARGE);
    assert_true(theirs->blame > 0);
    end();
}

static void requests_in_flight_are_bounded_on_both_sides(void **state)
{
    struct request_call *call;
    (void)state;
    begin();
    for (unsigned i = 0; i < 8; i++)
        send(HOLD, BYTES_EMPTY);
    assert_int_equal(request_send(&call, ask, &theirs->id, HOLD, BYTES_EMPTY, 1,
                                  keep_result, NULL),
                     LOFT_ERR_LIMIT);
    fake_pump();
    assert_int_equal(results, 4);
    assert_int_equal(result.status, REQUEST_LOST);
    for (unsigned i = 0; i < 4; i++)
        request_answer(all_held[i], BYTES_EMPTY);
    fake_pump();
    assert_int_equal(results, 8);
    assert_int_equal(result.status, REQUEST_ANSWERED);
    end();
}

/* The end of a stream whose request is held: the answer goes nowhere. */
static void a_deadline_ends_both_sides(void **state)
{
    (void)state;
    begin();
    send(HOLD, BYTES_EMPTY);
    fake_wait(299);
    assert_int_equal(results, 0);
    assert_false(request_is_gone(held));
    fake_wait(1);
    assert_int_equal(results, 1);
    assert_int_equal(result.status, REQUEST_TIMED_OUT);
    assert_true(request_is_gone(held));
    assert_true(peer_id_equal(request_peer(held), &ours->id));
    request_answer(held, BYTES_EMPTY);
    end();
}

static void what_is_cancelled_tells_nobody(void **state)
{
    (void)state;
    begin();
    struct request_call *call = send(HOLD, BYTES_EMPTY);
    fake_pump();
    request_cancel(call);
    fake_pump();
    assert_int_equal(results, 0);
    assert_true(request_is_gone(held));
    request_refuse(held, REQUEST_BUSY, NULL);
    end();
}

static void a_peer_without_the_protocol_is_told_apart(void **state)
{
    struct request_call *call;
    (void)state;
    begin();
    struct peer_host *other = fake_host();
    assert_int_equal(request_send(&call, ask, &other->id, ECHO, BYTES_EMPTY,
                                  300, keep_result, NULL),
                     LOFT_OK);
    fake_pump();
    assert_int_equal(result.status, REQUEST_UNSUPPORTED);
    other->is_away = true;
    assert_int_equal(request_send(&call, ask, &other->id, ECHO, BYTES_EMPTY,
                                  300, keep_result, NULL),
                     LOFT_ERR_NOT_FOUND);
    end();
}

/* Raw bytes instead of a request, or of an answer. */

static struct buffer heard;

static void hear(void *context, struct peer_stream *stream, bytes data)
{
    (void)context, (void)stream;
    buffer_put_bytes(&heard, data);
}

static const struct peer_stream_calls raw_calls = {.got = hear};

static void send_raw(bytes data, bool finish)
{
    static const char *const names[] = {"/loft/test/1"};
    struct peer_stream *stream = peer_host_open_stream(ours, &theirs->id, names,
                                                       1, &raw_calls, NULL);
    heard.len = 0;
    assert_true(peer_stream_send(stream, data));
    if (finish)
        peer_stream_finish(stream);
    fake_pump();
}

static void frames_of_odd_types_are_skipped(void **state)
{
    struct buffer frames = {0};
    (void)state;
    begin();
    fake.piece = 3;
    request_frame_put(&frames, 99, bytes_str("of a later version"));
    request_frame_put(&frames, 101, BYTES_EMPTY);
    request_frame_put(&frames, ECHO, bytes_str("hello"));
    send_raw(buffer_bytes(&frames), true);
    assert_int_equal(heard.len, 8);
    assert_memory_equal(heard.at, "\7\0\2hello", 8);
    buffer_free(&frames);
    buffer_free(&heard);
    end();
}

static void endless_frames_of_odd_types_are_refused(void **state)
{
    struct buffer frames = {0};
    (void)state;
    begin();
    while (frames.len < REQUEST_SKIPPED_BYTES_MAX + 10)
        request_frame_put(&frames, 99, BYTES_EMPTY);
    send_raw(buffer_bytes(&frames), false);
    assert_true(heard.len > 3);
    assert_memory_equal(heard.at + 1, "\0\0\0\1\3\1", 6);
    assert_true(theirs->blame > 0);
    buffer_free(&frames);
    buffer_free(&heard);
    end();
}

static void a_frame_that_is_cut_short_is_refused(void **state)
{
    (void)state;
    begin();
    send_raw(bytes_of("\7\0\2hell", 7), true);
    assert_memory_equal(heard.at + 1, "\0\0\0\1\1\1", 6);
    buffer_free(&heard);
    end();
}

static void a_request_before_the_last_ones_answer_is_refused(void **state)
{
    (void)state;
    begin();
    send_raw(bytes_of("\3\0\2a\3\0\2b", 8), true);
    assert_memory_equal(heard.at + 1, "\0\0\0\1\1\1", 6);
    assert_true(theirs->blame > 0);
    buffer_free(&heard);
    end();
}

static bytes reply;

static void reply_raw(void *context, struct peer_stream *stream, bytes data)
{
    (void)context, (void)data;
    assert_true(peer_stream_send(stream, reply));
    peer_stream_finish(stream);
}

static void answers_that_break_the_rules_are_blamed(void **state)
{
    static const struct peer_stream_calls calls = {.got = reply_raw};
    static const struct peer_protocol liar = {"/loft/liar/1", &calls, NULL, 0,
                                              0};
    static const struct request_protocol asked = {
        "/loft/liar/1", later_kinds, 5, 4, 8, 500};
    static const struct {
        const char *at;
        size_t len;
    } replies[] = {
        {"", 0},           {"\1\0", 2},         {"\2\0\6", 3},
        {"\2\0\0", 3},     {"\xfd\0\2\0\2", 5}, {"\xfd\x0f\xff\0\2", 5},
        {"\4\0\0\0\0", 5}, {"\5\0\0\0\1\0", 6},
    };
    (void)state;
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        struct request_call *call;
        begin();
        struct requests *liars = requests_open(ours, &asked, NULL);
        peer_host_handle(theirs, &liar, &fake);
        reply = bytes_of(replies[i].at, replies[i].len);
        assert_int_equal(request_send(&call, liars, &theirs->id, ECHO,
                                      BYTES_EMPTY, 300, keep_result, NULL),
                         LOFT_OK);
        fake_pump();
        assert_int_equal(results, 1);
        assert_int_equal(result.status, REQUEST_BROKEN);
        assert_true(ours->blame > 0);
        end();
        requests_close(liars);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_back),
        cmocka_unit_test(requests_overtake_each_other),
        cmocka_unit_test(a_stream_serves_one_request_after_another),
        cmocka_unit_test(who_answers_may_refuse_with_a_code_of_its_own),
        cmocka_unit_test(types_that_are_not_known_are_refused),
        cmocka_unit_test(a_request_beyond_its_bound_is_refused_and_blamed),
        cmocka_unit_test(requests_in_flight_are_bounded_on_both_sides),
        cmocka_unit_test(a_deadline_ends_both_sides),
        cmocka_unit_test(what_is_cancelled_tells_nobody),
        cmocka_unit_test(a_peer_without_the_protocol_is_told_apart),
        cmocka_unit_test(frames_of_odd_types_are_skipped),
        cmocka_unit_test(endless_frames_of_odd_types_are_refused),
        cmocka_unit_test(a_frame_that_is_cut_short_is_refused),
        cmocka_unit_test(a_request_before_the_last_ones_answer_is_refused),
        cmocka_unit_test(answers_that_break_the_rules_are_blamed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
