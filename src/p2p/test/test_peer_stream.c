#include "p2p/peer_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/vec.h"
#include "p2p/test/link_pair.h"

/* What a stream was told, as a text: "opened got:5 finished ended:done". */
struct diary {
    struct buffer text, data;
    struct peer_stream *stream;
    size_t sent;
    bool pauses, is_ended;
    enum peer_stream_end end;
};

static void note(struct diary *diary, const char *what)
{
    if (diary->text.len > 0)
        buffer_put_byte(&diary->text, ' ');
    buffer_put_bytes(&diary->text, bytes_str(what));
}

static void opened(void *context, struct peer_stream *stream)
{
    assert_non_null(peer_stream_protocol(stream));
    note(context, "opened");
}

static void got(void *context, struct peer_stream *stream, bytes data)
{
    struct diary *diary = context;
    buffer_put_bytes(&diary->data, data);
    if (diary->pauses)
        peer_stream_pause(stream, true);
}

static void finished(void *context, struct peer_stream *stream)
{
    (void)stream;
    note(context, "finished");
}

static void drained(void *context, struct peer_stream *stream)
{
    (void)stream;
    note(context, "drained");
}

static void ended(void *context, struct peer_stream *stream,
                  enum peer_stream_end end)
{
    struct diary *diary = context;
    (void)stream;
    note(diary, peer_stream_end_name(end));
    diary->end = end;
    diary->is_ended = true;
    diary->stream = NULL;
}

static const struct peer_stream_calls diary_calls = {opened, got, finished,
                                                     drained, ended};

static void *accept(void *context, struct peer_stream *stream)
{
    struct diary *diary = context;
    note(diary, "accepted");
    diary->stream = stream;
    return diary;
}

static void *accept_nobody(void *context, struct peer_stream *stream)
{
    (void)context;
    (void)stream;
    return NULL;
}

static const struct peer_protocol serving = {
    .name = "/diary/1", .calls = &diary_calls, .accept = accept};
static const struct peer_protocol refusing = {
    .name = "/closed/1", .calls = &diary_calls, .accept = accept_nobody};
static const char *const diary_names[] = {"/diary/1"};
static const char *const later_names[] = {"/other/1", "/diary/1"};
static const char *const other_names[] = {"/other/1", "/more/1"};
static const char *const closed_names[] = {"/closed/1"};

struct scene {
    struct link_pair pair;
    struct diary ours, theirs;
};

static void begin(struct scene *scene, uint32_t seed)
{
    *scene = (struct scene){0};
    pair_begin(&scene->pair, seed, &PAIR_LIMITS, NULL);
    pair_serve(&scene->pair.ends[1], &serving, &scene->theirs);
    pair_serve(&scene->pair.ends[1], &refusing, NULL);
    pair_run(&scene->pair);
    assert_true(scene->pair.ends[0].is_secured);
    assert_true(scene->pair.ends[1].is_secured);
}

static struct peer_stream *dial(struct scene *scene, const char *const *names,
                                size_t count)
{
    scene->ours.stream = peer_link_open_stream(
        scene->pair.ends[0].link, names, count, &diary_calls, &scene->ours);
    assert_non_null(scene->ours.stream);
    return scene->ours.stream;
}

static void fini(struct scene *scene)
{
    struct diary *diaries[] = {&scene->ours, &scene->theirs};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(scene->pair.ends[i].err, LOFT_OK);
        assert_true(peer_link_stats(scene->pair.ends[i].link).memory_bytes <
                        8192 ||
                    scene->ours.stream || scene->theirs.stream);
    }
    pair_end(&scene->pair);
    for (int i = 0; i < 2; i++) {
        buffer_free(&diaries[i]->text);
        buffer_free(&diaries[i]->data);
    }
}

static void reads(struct diary *diary, const char *text)
{
    buffer_put_byte(&diary->text, 0);
    assert_string_equal((const char *)diary->text.at, text);
    diary->text.len--;
}

static void holds(const struct diary *diary, const char *text)
{
    assert_true(bytes_equal(buffer_bytes(&diary->data), bytes_str(text)));
}

static void a_request_is_answered_and_both_finish(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 1);
    struct peer_stream *stream = dial(&scene, diary_names, 1);
    assert_true(peer_stream_send(stream, bytes_str("hello")));
    peer_stream_finish(stream);
    assert_false(peer_stream_send(stream, bytes_str("more")));
    assert_int_equal(peer_stream_room(stream), 0);
    pair_run(&scene.pair);
    holds(&scene.theirs, "hello");
    reads(&scene.theirs, "accepted finished");
    assert_true(peer_stream_send(scene.theirs.stream, bytes_str("world")));
    peer_stream_finish(scene.theirs.stream);
    pair_run(&scene.pair);
    holds(&scene.ours, "world");
    reads(&scene.ours, "opened finished done");
    reads(&scene.theirs, "accepted finished done");
    fini(&scene);
}

/* What was sent at once was not lost on the name that they do not know. */
static void data_waits_for_the_last_of_several_names(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 2);
    struct peer_stream *stream = dial(&scene, later_names, 2);
    assert_true(peer_stream_send(stream, bytes_str("hello")));
    assert_int_equal(peer_stream_room(stream),
                     PEER_STREAM_QUEUE_BYTES - 5 - 20 - 10);
    peer_stream_finish(stream);
    pair_run(&scene.pair);
    holds(&scene.theirs, "hello");
    reads(&scene.theirs, "accepted finished");
    reads(&scene.ours, "opened");
    peer_stream_finish(scene.theirs.stream);
    pair_run(&scene.pair);
    reads(&scene.ours, "opened finished done");
    fini(&scene);
}

static void a_protocol_that_none_speaks_is_refused(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 3);
    struct peer_stream *stream = dial(&scene, other_names, 2);
    assert_true(peer_stream_send(stream, bytes_str("hello")));
    pair_run(&scene.pair);
    reads(&scene.ours, "refused");
    dial(&scene, other_names, 1);
    scene.ours.text.len = 0;
    pair_run(&scene.pair);
    reads(&scene.ours, "refused");
    reads(&scene.theirs, "");
    fini(&scene);
}

/* What the dialer sends at once is no proposal, and must not cost the answer.
 */
static void a_refusal_is_heard_by_who_sent_at_once(void **state)
{
    static const uint8_t data[100000] = {0xff, 0xff, 0xff};
    (void)state;
    for (int finishes = 0; finishes < 2; finishes++) {
        struct scene scene;
        begin(&scene, 3);
        struct peer_stream *stream = dial(&scene, other_names, 1);
        assert_true(peer_stream_send(stream, bytes_of(data, sizeof data)));
        if (finishes)
            peer_stream_finish(stream);
        pair_run(&scene.pair);
        reads(&scene.ours, "refused");
        reads(&scene.theirs, "");
        fini(&scene);
    }
}

static void an_accept_of_nobody_resets(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 4);
    dial(&scene, closed_names, 1);
    pair_run(&scene.pair);
    reads(&scene.ours, "reset");
    fini(&scene);
}

static void a_reset_reaches_both(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 5);
    struct peer_stream *stream = dial(&scene, diary_names, 1);
    pair_run(&scene.pair);
    reads(&scene.ours, "opened");
    peer_stream_reset(stream);
    reads(&scene.ours, "opened"); /* never from inside */
    pair_run(&scene.pair);
    reads(&scene.ours, "opened abandoned");
    reads(&scene.theirs, "accepted reset");
    fini(&scene);
}

/* Every order in which each side finishes or resets, and the other hears. */
static void every_order_of_ends_is_clean(void **state)
{
    (void)state;
    for (uint32_t order = 0; order < 256; order++) {
        struct scene scene;
        begin(&scene, order);
        dial(&scene, diary_names, 1);
        pair_run(&scene.pair);
        for (unsigned step = 0; step < 8; step += 2) {
            unsigned what = order >> step & 3;
            struct diary *diary = what & 1 ? &scene.ours : &scene.theirs;
            if (diary->stream && what & 2)
                peer_stream_finish(diary->stream);
            else if (diary->stream)
                peer_stream_reset(diary->stream);
            if (order % 3 == 0)
                pair_run(&scene.pair);
        }
        pair_run(&scene.pair);
        assert_true(scene.ours.is_ended == scene.theirs.is_ended);
        if (scene.ours.is_ended) {
            bool done = scene.ours.end == PEER_STREAM_DONE;
            assert_true(done == (scene.theirs.end == PEER_STREAM_DONE));
        }
        fini(&scene);
    }
}

static void a_paused_reader_holds_the_sender_back(void **state)
{
    (void)state;
    struct scene scene;
    static uint8_t data[64 << 10];
    size_t sent = 0;
    begin(&scene, 6);
    struct peer_stream *stream = dial(&scene, diary_names, 1);
    scene.theirs.pauses = true;
    for (int i = 0; i < 100; i++) {
        if (peer_stream_send(stream, bytes_of(data, sizeof data)))
            sent += sizeof data;
        pair_run(&scene.pair);
        size_t memory = peer_link_stats(scene.pair.ends[1].link).memory_bytes;
        assert_true(memory < ((size_t)1 << 20));
    }
    /* A window there, a queue here. */
    assert_true(sent > PEER_STREAM_QUEUE_BYTES);
    assert_true(sent <= PEER_STREAM_QUEUE_BYTES + (256 << 10));
    scene.theirs.pauses = false;
    peer_stream_pause(scene.theirs.stream, false);
    pair_run(&scene.pair);
    reads(&scene.ours, "opened drained");
    assert_int_equal(scene.theirs.data.len, sent);
    peer_stream_reset(stream);
    pair_run(&scene.pair);
    fini(&scene);
}

static void an_owner_bounds_what_waits(void **state)
{
    (void)state;
    struct scene scene;
    static uint8_t data[1000];
    begin(&scene, 6);
    struct peer_stream *stream = dial(&scene, diary_names, 1);
    pair_run(&scene.pair);
    peer_stream_bound(stream, sizeof data);
    assert_int_equal(peer_stream_room(stream), sizeof data);
    assert_true(peer_stream_send(stream, bytes_of(data, sizeof data)));
    assert_false(peer_stream_send(stream, bytes_of(data, 1)));
    pair_run(&scene.pair);
    reads(&scene.ours, "opened drained");
    assert_int_equal(scene.theirs.data.len, sizeof data);
    assert_int_equal(peer_stream_room(stream), sizeof data);
    fini(&scene);
}

static void a_deadline_ends_a_stream(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 7);
    pair_wait(&scene.pair, 1000000); /* an idle link's time may be old */
    struct peer_stream *stream = dial(&scene, diary_names, 1);
    pair_run(&scene.pair);
    peer_stream_deadline(stream, 500);
    pair_run(&scene.pair);
    assert_int_equal(scene.pair.ends[0].next_ms, scene.pair.now_ms + 500);
    pair_wait(&scene.pair, 499);
    peer_stream_deadline(stream, 500);
    pair_run(&scene.pair);
    pair_wait(&scene.pair, 499);
    reads(&scene.ours, "opened");
    pair_wait(&scene.pair, 1);
    reads(&scene.ours, "opened timeout");
    reads(&scene.theirs, "accepted reset");
    fini(&scene);
}

static void a_negotiation_without_an_answer_times_out(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 8);
    dial(&scene, diary_names, 1);
    scene.pair.now_ms += PAIR_LIMITS.negotiate_ms;
    pair_take(&scene.pair.ends[0]);
    reads(&scene.ours, "");
    scene.pair.now_ms += PAIR_LIMITS.negotiate_ms;
    pair_take(&scene.pair.ends[0]);
    reads(&scene.ours, "timeout");
    pair_run(&scene.pair);
    fini(&scene);
}

static void streams_are_lost_with_their_link(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 9);
    dial(&scene, diary_names, 1);
    pair_run(&scene.pair);
    peer_link_free(scene.pair.ends[0].link);
    scene.pair.ends[0].link = NULL;
    reads(&scene.ours, "opened lost");
    peer_link_free(scene.pair.ends[1].link);
    scene.pair.ends[1].link = NULL;
    reads(&scene.theirs, "accepted lost");
    pair_end(&scene.pair);
    buffer_free(&scene.ours.text);
    buffer_free(&scene.theirs.text);
}

static void a_protocol_bounds_its_streams(void **state)
{
    (void)state;
    struct scene scene;
    static const struct peer_protocol once = {
        .name = "/once/1", .calls = &diary_calls, .streams_per_peer_max = 1};
    static const char *const names[] = {"/once/1"};
    begin(&scene, 10);
    pair_serve(&scene.pair.ends[1], &once, &scene.theirs);
    dial(&scene, names, 1);
    pair_run(&scene.pair);
    reads(&scene.ours, "opened");
    scene.ours.text.len = 0;
    dial(&scene, names, 1);
    pair_run(&scene.pair);
    reads(&scene.ours, "reset");
    fini(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_answered_and_both_finish),
        cmocka_unit_test(data_waits_for_the_last_of_several_names),
        cmocka_unit_test(a_protocol_that_none_speaks_is_refused),
        cmocka_unit_test(a_refusal_is_heard_by_who_sent_at_once),
        cmocka_unit_test(an_accept_of_nobody_resets),
        cmocka_unit_test(a_reset_reaches_both),
        cmocka_unit_test(every_order_of_ends_is_clean),
        cmocka_unit_test(a_paused_reader_holds_the_sender_back),
        cmocka_unit_test(an_owner_bounds_what_waits),
        cmocka_unit_test(a_deadline_ends_a_stream),
        cmocka_unit_test(a_negotiation_without_an_answer_times_out),
        cmocka_unit_test(streams_are_lost_with_their_link),
        cmocka_unit_test(a_protocol_bounds_its_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
