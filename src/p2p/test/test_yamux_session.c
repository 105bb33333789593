#include "p2p/yamux_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "p2p/test/yamux_model.h"

#define QUEUE_BYTES 100000
#define MEMORY_MAX ((size_t)100 << 10)

static const struct yamux_limits limits = {
    .streams_in_max = 8,
    .streams_out_max = 300,
    .opens_per_s_max = 100,
    .pings_per_s_max = 5,
    .window_bytes_max = (size_t)128 << 20,
};

/* One session, and the test as the other side. */
struct scene {
    struct yamux_session session;
    struct yamux_channel *newest;
    struct buffer out;
    uint64_t now_ms, got;
    unsigned opened, finished, drained, ended;
    bool pauses;
};

static struct yamux_channel *opened(void *context)
{
    struct scene *scene = context;
    scene->newest = MEMORY_NEW(struct yamux_channel);
    scene->newest->queue_bytes_max = QUEUE_BYTES;
    scene->opened++;
    return scene->newest;
}

static size_t got(void *context, struct yamux_channel *channel, bytes data)
{
    struct scene *scene = context;
    if (scene->pauses) {
        yamux_channel_pause(channel, true);
        return 0;
    }
    scene->got += data.len;
    return data.len;
}

static void finished(void *context, struct yamux_channel *channel)
{
    struct scene *scene = context;
    (void)channel;
    scene->finished++;
}

static void drained(void *context, struct yamux_channel *channel)
{
    struct scene *scene = context;
    (void)channel;
    scene->drained++;
}

static void ended(void *context, struct yamux_channel *channel)
{
    struct scene *scene = context;
    scene->ended++;
    if (scene->newest == channel)
        scene->newest = NULL;
    free(channel);
}

static void wake(void *context)
{
    (void)context;
}

static const struct yamux_calls calls = {
    opened, got, finished, drained, ended, wake,
};

static void begin(struct scene *scene, bool is_dialer)
{
    *scene = (struct scene){.now_ms = 1000};
    yamux_session_init(&scene->session, is_dialer, &limits, &calls, scene,
                       scene->now_ms);
}

static void fini(struct scene *scene)
{
    yamux_session_fini(&scene->session);
    buffer_free(&scene->out);
}

static struct yamux_channel *dial(struct scene *scene)
{
    struct yamux_channel *channel = MEMORY_NEW(struct yamux_channel);
    if (yamux_session_open(&scene->session, channel, QUEUE_BYTES))
        return channel;
    free(channel);
    return NULL;
}

static loft_err hear(struct scene *scene, bytes data)
{
    return yamux_session_receive(&scene->session, data, scene->now_ms);
}

static loft_err frame(struct scene *scene, enum yamux_type type, uint16_t flags,
                      uint32_t stream, uint32_t length)
{
    uint8_t header[YAMUX_HEADER_BYTES];
    const struct yamux_header fields = {type, flags, stream, length};
    yamux_header_write(header, &fields);
    return hear(scene, bytes_of(header, sizeof header));
}

static loft_err data(struct scene *scene, uint16_t flags, uint32_t stream,
                     uint32_t len)
{
    static const uint8_t zeros[YAMUX_WINDOW_FIRST * 4];
    loft_err err = frame(scene, YAMUX_DATA, flags, stream, len);
    return err == LOFT_OK ? hear(scene, bytes_of(zeros, len)) : err;
}

/* The frames that the session says next, as "type flags stream length;". */
static void says(struct scene *scene, const char *expected)
{
    struct buffer text = {0};
    scene->out.len = 0;
    while (yamux_session_take(&scene->session, &scene->out, 65000))
        ;
    for (size_t at = 0; at < scene->out.len;) {
        struct yamux_header header;
        assert_int_equal(yamux_header_read(&header, scene->out.at + at),
                         LOFT_OK);
        buffer_printf(&text, "%d %d %u %u;", (int)header.type, header.flags,
                      header.stream, header.length);
        at += YAMUX_HEADER_BYTES +
              (header.type == YAMUX_DATA ? header.length : 0);
    }
    buffer_put_byte(&text, 0);
    assert_string_equal((const char *)text.at, expected);
    buffer_free(&text);
}

static void fails(struct scene *scene, loft_err err, loft_err expected,
                  const char *sentence)
{
    assert_int_equal(err, expected);
    assert_string_equal(err_sentence(), sentence);
    assert_true(yamux_session_memory(&scene->session) < MEMORY_MAX);
    assert_int_equal(frame(scene, YAMUX_PING, YAMUX_SYN, 0, 1),
                     LOFT_ERR_REFUSED);
}

/* Rules */

static void opening_and_data_share_a_frame(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, true);
    struct yamux_channel *first = dial(&scene), *second = dial(&scene);
    assert_true(yamux_channel_send(first, bytes_str("hello")));
    yamux_channel_finish(first);
    says(&scene, "0 1 1 5;1 4 1 0;1 1 3 0;");
    (void)second;
    fini(&scene);
    assert_int_equal(scene.ended, 2);
}

static void an_acknowledgement_travels_with_the_answer(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, false);
    assert_int_equal(data(&scene, YAMUX_SYN, 1, 3), LOFT_OK);
    assert_true(yamux_channel_send(scene.newest, bytes_str("hi")));
    assert_int_equal(frame(&scene, YAMUX_WINDOW, YAMUX_SYN, 3, 0), LOFT_OK);
    says(&scene, "0 2 1 2;1 2 3 0;");
    says(&scene, "");
    fini(&scene);
}

static void pings_are_answered_with_their_value(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, false);
    assert_int_equal(frame(&scene, YAMUX_PING, YAMUX_SYN, 0, 77), LOFT_OK);
    says(&scene, "2 2 0 77;");
    fini(&scene);
}

static void streams_take_turns(void **state)
{
    (void)state;
    struct scene scene;
    static const uint8_t zeros[40000];
    begin(&scene, true);
    struct yamux_channel *first = dial(&scene), *second = dial(&scene);
    assert_true(yamux_channel_send(first, bytes_of(zeros, 40000)));
    assert_true(yamux_channel_send(second, bytes_of(zeros, 20000)));
    says(&scene, "0 1 1 16384;0 1 3 16384;0 0 1 16384;0 0 3 3616;"
                 "0 0 1 7232;");
    fini(&scene);
}

static void a_window_holds_a_sender(void **state)
{
    (void)state;
    struct scene scene;
    static const uint8_t zeros[QUEUE_BYTES];
    uint64_t sent = 0;
    begin(&scene, true);
    struct yamux_channel *channel = dial(&scene);
    for (int i = 0; i < 10; i++) {
        if (yamux_channel_send(channel, bytes_of(zeros, sizeof zeros)))
            sent += sizeof zeros;
        scene.out.len = 0;
        yamux_session_take(&scene.session, &scene.out, 65000);
    }
    assert_int_equal(scene.session.bytes_out, YAMUX_WINDOW_FIRST);
    assert_int_equal(channel->out.len, sent - YAMUX_WINDOW_FIRST);
    assert_int_equal(frame(&scene, YAMUX_WINDOW, YAMUX_ACK, 1, 10), LOFT_OK);
    says(&scene, "0 0 1 10;");
    fini(&scene);
}

/* So fast a reader that each half of the window is gone within a round trip,
 * and one that takes its time. */
static void a_window_grows_for_a_fast_reader_alone(void **state)
{
    (void)state;
    for (int slow = 0; slow <= 1; slow++) {
        struct scene scene;
        begin(&scene, false);
        assert_int_equal(data(&scene, YAMUX_SYN, 1, YAMUX_WINDOW_FIRST / 2),
                         LOFT_OK);
        says(&scene, "1 2 1 131072;2 1 0 1;");
        scene.now_ms += 50;
        assert_int_equal(frame(&scene, YAMUX_PING, YAMUX_ACK, 0, 1), LOFT_OK);
        assert_int_equal(scene.session.round_trip_ms, 50);
        scene.now_ms += slow ? 51 : 50;
        assert_int_equal(data(&scene, 0, 1, YAMUX_WINDOW_FIRST / 2), LOFT_OK);
        says(&scene, slow ? "1 0 1 131072;" : "1 0 1 393216;");
        assert_int_equal(scene.newest->flow.window,
                         slow ? YAMUX_WINDOW_FIRST : 2 * YAMUX_WINDOW_FIRST);
        fini(&scene);
    }
}

/* A later one waits behind what the window let in. */
static void the_shortest_round_trip_counts(void **state)
{
    (void)state;
    static const unsigned took_ms[] = {50, 200, 20}, counts_ms[] = {50, 50, 20};
    struct scene scene;
    begin(&scene, false);
    for (uint32_t i = 0; i < ARRAY_LEN(took_ms); i++) {
        scene.now_ms += 10000;
        assert_int_equal(
            data(&scene, i ? 0 : YAMUX_SYN, 1, YAMUX_WINDOW_FIRST / 2),
            LOFT_OK);
        says(&scene, i == 0   ? "1 2 1 131072;2 1 0 1;"
                     : i == 1 ? "1 0 1 131072;2 1 0 2;"
                              : "1 0 1 131072;2 1 0 3;");
        scene.now_ms += took_ms[i];
        assert_int_equal(frame(&scene, YAMUX_PING, YAMUX_ACK, 0, i + 1),
                         LOFT_OK);
        assert_int_equal(scene.session.round_trip_ms, counts_ms[i]);
    }
    fini(&scene);
}

static void windows_stay_within_the_links_bound(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, false);
    for (uint32_t id = 1; id < 17; id += 2)
        assert_int_equal(frame(&scene, YAMUX_WINDOW, YAMUX_SYN, id, 0),
                         LOFT_OK);
    for (int round = 0; round < 12; round++) {
        for (uint32_t id = 1; id < 17; id += 2) {
            void *found = map_get(&scene.session.channels, &id);
            struct yamux_channel *channel;
            memcpy(&channel, found, sizeof channel);
            while (channel->flow.may_receive > YAMUX_WINDOW_FIRST)
                assert_int_equal(data(&scene, 0, id, YAMUX_WINDOW_FIRST),
                                 LOFT_OK);
            assert_int_equal(data(&scene, 0, id, channel->flow.may_receive),
                             LOFT_OK);
            assert_true(channel->flow.window <= YAMUX_WINDOW_MAX);
        }
        scene.out.len = 0;
        while (yamux_session_take(&scene.session, &scene.out, 65000))
            ;
        scene.now_ms++;
        assert_int_equal(
            frame(&scene, YAMUX_PING, YAMUX_ACK, 0, scene.session.ping),
            LOFT_OK);
        assert_true(scene.session.window_bytes <= limits.window_bytes_max);
    }
    assert_int_equal(scene.session.window_bytes, limits.window_bytes_max);
    fini(&scene);
}

static void a_paused_channel_holds_its_window_at_most(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, false);
    scene.pauses = true;
    assert_int_equal(data(&scene, YAMUX_SYN, 1, YAMUX_WINDOW_FIRST), LOFT_OK);
    says(&scene, "1 2 1 0;");
    assert_int_equal(scene.newest->in.len, YAMUX_WINDOW_FIRST);
    scene.pauses = false;
    yamux_channel_pause(scene.newest, false);
    assert_int_equal(scene.got, 0);
    yamux_session_work(&scene.session, scene.now_ms);
    assert_int_equal(scene.got, YAMUX_WINDOW_FIRST);
    says(&scene, "1 0 1 262144;2 1 0 1;");
    fini(&scene);
}

static void an_end_waits_for_its_reader(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, false);
    scene.pauses = true;
    assert_int_equal(data(&scene, YAMUX_SYN, 1, 10), LOFT_OK);
    assert_int_equal(frame(&scene, YAMUX_WINDOW, YAMUX_FIN, 1, 0), LOFT_OK);
    yamux_channel_finish(scene.newest);
    says(&scene, "1 2 1 0;1 4 1 0;");
    yamux_session_work(&scene.session, scene.now_ms);
    assert_int_equal(scene.finished + scene.ended, 0);
    assert_int_equal(scene.session.streams_in, 1);
    scene.pauses = false;
    yamux_channel_pause(scene.newest, false);
    yamux_session_work(&scene.session, scene.now_ms);
    assert_int_equal(scene.got, 10);
    assert_int_equal(scene.finished, 1);
    assert_int_equal(scene.ended, 1);
    assert_int_equal(yamux_session_memory(&scene.session), 0);
    fini(&scene);
}

static void parting_stops_new_streams_alone(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, true);
    struct yamux_channel *channel = dial(&scene);
    says(&scene, "1 1 1 0;");
    assert_int_equal(frame(&scene, YAMUX_GO_AWAY, 0, 0, YAMUX_NORMAL), LOFT_OK);
    assert_null(dial(&scene));
    assert_true(yamux_channel_send(channel, bytes_str("still")));
    says(&scene, "0 0 1 5;");
    yamux_session_part(&scene.session, YAMUX_NORMAL);
    yamux_session_part(&scene.session, YAMUX_NORMAL);
    assert_int_equal(data(&scene, YAMUX_SYN, 2, 3), LOFT_OK);
    says(&scene, "3 0 0 0;1 8 2 0;");
    fini(&scene);
}

static void a_backlog_of_ours_is_bounded(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, true);
    unsigned count = 0;
    while (dial(&scene))
        count++;
    assert_int_equal(count, YAMUX_BACKLOG_MAX);
    fini(&scene);
}

static void a_stream_reset_before_its_syn_was_never_heard_of(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, true);
    yamux_channel_reset(dial(&scene));
    says(&scene, "");
    yamux_session_work(&scene.session, scene.now_ms);
    assert_int_equal(scene.ended, 1);
    assert_int_equal(scene.session.unacknowledged, 0);
    fini(&scene);
}

/* A FIN and an RST that cross, data behind our RST, credit after both ends. */
static void late_frames_are_let_pass(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, false);
    assert_int_equal(data(&scene, YAMUX_SYN, 1, 10), LOFT_OK);
    yamux_channel_reset(scene.newest);
    yamux_session_work(&scene.session, scene.now_ms);
    says(&scene, "1 8 1 0;");
    assert_int_equal(data(&scene, 0, 1, 1000), LOFT_OK);
    assert_int_equal(frame(&scene, YAMUX_WINDOW, 0, 1, 1000), LOFT_OK);
    assert_int_equal(frame(&scene, YAMUX_WINDOW, YAMUX_FIN, 1, 0), LOFT_OK);
    assert_int_equal(frame(&scene, YAMUX_WINDOW, YAMUX_RST, 1, 0), LOFT_OK);
    assert_int_equal(scene.got, 10);
    assert_int_equal(yamux_session_memory(&scene.session), 0);
    says(&scene, "");
    fini(&scene);
}

static void streams_may_open_a_little_out_of_order(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, false);
    assert_int_equal(frame(&scene, YAMUX_WINDOW, YAMUX_SYN, 5, 0), LOFT_OK);
    assert_int_equal(frame(&scene, YAMUX_WINDOW, YAMUX_SYN, 1, 0), LOFT_OK);
    assert_int_equal(frame(&scene, YAMUX_WINDOW, YAMUX_SYN, 3, 0), LOFT_OK);
    assert_int_equal(scene.opened, 3);
    fini(&scene);
}

/* Attacks */

struct attack {
    const char *sentence;
    loft_err err;
    struct {
        enum yamux_type type;
        uint16_t flags;
        uint32_t stream, length;
    } frames[4];
};

static const struct attack attacks[] = {
    {"yamux: 262145 bytes of data where 262144 may come",
     LOFT_ERR_REFUSED,
     {{YAMUX_DATA, YAMUX_SYN, 1, 262145}}},
    {"yamux: a window of more than 32 bits",
     LOFT_ERR_REFUSED,
     {{YAMUX_WINDOW, YAMUX_SYN, 1, 0xffffffff}}},
    {"yamux: stream 2 opened, a number of our side",
     LOFT_ERR_REFUSED,
     {{YAMUX_WINDOW, YAMUX_SYN, 2, 0}}},
    {"yamux: a stream opened twice",
     LOFT_ERR_REFUSED,
     {{YAMUX_WINDOW, YAMUX_SYN, 1, 0}, {YAMUX_WINDOW, YAMUX_SYN, 1, 0}}},
    {"yamux: stream 1 opened again",
     LOFT_ERR_REFUSED,
     {{YAMUX_WINDOW, YAMUX_SYN, 1, 0},
      {YAMUX_WINDOW, YAMUX_RST, 1, 0},
      {YAMUX_WINDOW, YAMUX_SYN, 1, 0}}},
    {"yamux: stream 7 opened again", /* too far behind the newest */
     LOFT_ERR_REFUSED,
     {{YAMUX_WINDOW, YAMUX_SYN, 0xffffffff, 0},
      {YAMUX_WINDOW, YAMUX_SYN, 7, 0}}},
    {"yamux: stream 9 was not opened",
     LOFT_ERR_REFUSED,
     {{YAMUX_DATA, 0, 9, 0}}},
    {"yamux: stream 2 was not opened",
     LOFT_ERR_REFUSED,
     {{YAMUX_WINDOW, YAMUX_ACK, 2, 0}}},
    {"yamux: data after the end",
     LOFT_ERR_REFUSED,
     {{YAMUX_WINDOW, YAMUX_SYN | YAMUX_FIN, 1, 0}, {YAMUX_DATA, 0, 1, 1}}},
    {"yamux: a stream finished twice",
     LOFT_ERR_REFUSED,
     {{YAMUX_WINDOW, YAMUX_SYN | YAMUX_FIN, 1, 0},
      {YAMUX_WINDOW, YAMUX_FIN, 1, 0}}},
    {"yamux: an ACK that none asked for",
     LOFT_ERR_REFUSED,
     {{YAMUX_WINDOW, YAMUX_SYN, 1, 0}, {YAMUX_WINDOW, YAMUX_ACK, 1, 0}}},
    {"yamux: 262145 bytes for stream 1, which is over",
     LOFT_ERR_REFUSED,
     {{YAMUX_WINDOW, YAMUX_SYN | YAMUX_RST, 1, 0}, {YAMUX_DATA, 0, 1, 262145}}},
    {"yamux: the other side parts, for an error of protocol",
     LOFT_ERR_REFUSED,
     {{YAMUX_GO_AWAY, 0, 0, YAMUX_PROTOCOL_ERROR}}},
    {"yamux: flags 0x3 in type 1",
     LOFT_ERR_FORMAT,
     {{YAMUX_WINDOW, YAMUX_SYN | YAMUX_ACK, 1, 0}}},
};

static void attacks_end_the_session_and_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
        struct scene scene;
        loft_err err = LOFT_OK;
        begin(&scene, false);
        for (size_t j = 0; j < 4 && err == LOFT_OK; j++)
            err = frame(&scene, attacks[i].frames[j].type,
                        attacks[i].frames[j].flags, attacks[i].frames[j].stream,
                        attacks[i].frames[j].length);
        fails(&scene, err, attacks[i].err, attacks[i].sentence);
        scene.out.len = 0;
        while (yamux_session_take(&scene.session, &scene.out, 65000))
            ;
        struct yamux_header last;
        assert_int_equal(yamux_header_read(&last, scene.out.at + scene.out.len -
                                                      YAMUX_HEADER_BYTES),
                         LOFT_OK);
        assert_int_equal(last.type, YAMUX_GO_AWAY);
        assert_int_equal(last.length, YAMUX_PROTOCOL_ERROR);
        fini(&scene);
    }
}

static void a_hundred_thousand_streams_are_not_opened(void **state)
{
    (void)state;
    struct scene scene;
    loft_err err = LOFT_OK;
    uint32_t count = 0;
    begin(&scene, false);
    for (; count < 100000 && err == LOFT_OK; count++)
        err = frame(&scene, YAMUX_WINDOW, YAMUX_SYN, 2 * count + 1, 0);
    fails(&scene, err, LOFT_ERR_LIMIT,
          "yamux: more than 100 streams opened a second");
    assert_int_equal(count, limits.opens_per_s_max + 1);
    assert_int_equal(scene.opened, limits.streams_in_max);
    fini(&scene);
}

/* As many a second as are allowed, by one who never reads the answers. */
static void answers_that_are_not_taken_are_bounded(void **state)
{
    (void)state;
    struct scene scene;
    loft_err err = LOFT_OK;
    begin(&scene, false);
    for (uint32_t count = 0; count < 100000 && err == LOFT_OK; count++) {
        err = frame(&scene, YAMUX_WINDOW, YAMUX_SYN, 2 * count + 1, 0);
        scene.now_ms += 10;
        assert_true(yamux_session_memory(&scene.session) <
                    2 * YAMUX_CONTROL_BYTES_MAX);
    }
    assert_int_equal(err, LOFT_ERR_LIMIT);
    assert_string_equal(err_sentence(),
                        "yamux: 65544 bytes of answers that are not taken");
    fini(&scene);
}

static void a_flood_of_pings_is_named(void **state)
{
    (void)state;
    struct scene scene;
    loft_err err = LOFT_OK;
    begin(&scene, false);
    for (int i = 0; i < 100 && err == LOFT_OK; i++) {
        err = frame(&scene, YAMUX_PING, YAMUX_SYN, 0, 1);
        if (i < 20) /* slow ones are fine */
            scene.now_ms += 200;
    }
    fails(&scene, err, LOFT_ERR_LIMIT, "yamux: more than 5 pings a second");
    fini(&scene);
}

static void answers_to_pings_that_none_sent_measure_nothing(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, false);
    assert_int_equal(frame(&scene, YAMUX_PING, YAMUX_ACK, 0, 0), LOFT_OK);
    assert_int_equal(scene.session.round_trip_ms, 0);
    fini(&scene);
}

static void any_order_of_events_keeps_the_model(void **state)
{
    (void)state;
    const char *text = getenv("SEED");
    uint64_t seed = text ? strtoull(text, NULL, 0) : 1;
    for (int run = 0; run < 200; run++) {
        uint8_t commands[2000];
        for (size_t i = 0; i < sizeof commands; i++) {
            seed = seed * 6364136223846793005 + 1442695040888963407;
            commands[i] = (uint8_t)(seed >> 56);
        }
        yamux_model_run(bytes_of(commands, sizeof commands));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_and_data_share_a_frame),
        cmocka_unit_test(an_acknowledgement_travels_with_the_answer),
        cmocka_unit_test(pings_are_answered_with_their_value),
        cmocka_unit_test(streams_take_turns),
        cmocka_unit_test(a_window_holds_a_sender),
        cmocka_unit_test(a_window_grows_for_a_fast_reader_alone),
        cmocka_unit_test(the_shortest_round_trip_counts),
        cmocka_unit_test(windows_stay_within_the_links_bound),
        cmocka_unit_test(a_paused_channel_holds_its_window_at_most),
        cmocka_unit_test(an_end_waits_for_its_reader),
        cmocka_unit_test(parting_stops_new_streams_alone),
        cmocka_unit_test(a_backlog_of_ours_is_bounded),
        cmocka_unit_test(a_stream_reset_before_its_syn_was_never_heard_of),
        cmocka_unit_test(late_frames_are_let_pass),
        cmocka_unit_test(streams_may_open_a_little_out_of_order),
        cmocka_unit_test(attacks_end_the_session_and_are_named),
        cmocka_unit_test(a_hundred_thousand_streams_are_not_opened),
        cmocka_unit_test(answers_that_are_not_taken_are_bounded),
        cmocka_unit_test(a_flood_of_pings_is_named),
        cmocka_unit_test(answers_to_pings_that_none_sent_measure_nothing),
        cmocka_unit_test(any_order_of_events_keeps_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
