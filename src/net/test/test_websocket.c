#include "net/websocket.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/vec.h"

/* The budget is shared by what is half read and what waits to leave. */
struct trial {
    struct loop *loop;
    struct loop_timer *timer;
    struct stream_budget budget;
    struct text_link *link;
    int other;
    struct buffer texts; /* each with a newline */
    char why[100];
    int closed;
    bool echoes, closes_on_text;
};

static void on_text(void *context, bytes text)
{
    struct trial *trial = context;
    buffer_put_bytes(&trial->texts, text);
    buffer_put_byte(&trial->texts, '\n');
    if (trial->echoes)
        trial->link->ops->send(trial->link, text);
    if (trial->closes_on_text) {
        trial->link->ops->close(trial->link);
        trial->link = NULL;
    }
}

static void on_closed(void *context, const char *why)
{
    struct trial *trial = context;
    trial->closed++;
    snprintf(trial->why, sizeof trial->why, "%s", why);
}

static void stop(void *context)
{
    struct trial *trial = context;
    loop_stop(trial->loop);
}

static void begin_with(struct trial *trial, uint64_t idle_ms)
{
    int ends[2];
    *trial = (struct trial){.budget = {.bytes_max = 1000000}};
    assert_int_equal(loop_open(&trial->loop), LOFT_OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends),
                     0);
    trial->timer = loop_timer_open(trial->loop, stop, trial);
    trial->other = ends[1];
    assert_int_equal(
        websocket_open(&trial->link,
                       &(struct text_link_options){.loop = trial->loop,
                                                   .fd = ends[0],
                                                   .message_bytes_max = 1000,
                                                   .queue_bytes_max = 100000,
                                                   .idle_ms = idle_ms,
                                                   .budget = &trial->budget}),
        LOFT_OK);
    trial->link->text = on_text;
    trial->link->closed = on_closed;
    trial->link->context = trial;
}

static int begin(void **state)
{
    static struct trial trial;
    begin_with(&trial, 60000);
    *state = &trial;
    return 0;
}

static int end(void **state)
{
    struct trial *trial = *state;
    if (trial->link)
        trial->link->ops->close(trial->link);
    assert_int_equal(trial->budget.used, 0);
    loop_timer_close(trial->timer);
    loop_close(trial->loop);
    close(trial->other);
    buffer_free(&trial->texts);
    return 0;
}

static void turn(struct trial *trial, uint64_t ms)
{
    loop_timer_start(trial->timer, ms);
    loop_run(trial->loop);
}

/* A client's frame; first: its first byte. */
static void put_frame(struct buffer *out, uint8_t first, const void *data,
                      size_t len)
{
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    const uint8_t *from = data;
    uint8_t head[4] = {first, (uint8_t)(0x80 | (len < 126 ? len : 126))};
    store_be16(head + 2, (uint16_t)len);
    buffer_put(out, head, len < 126 ? 2 : 4);
    buffer_put(out, mask, 4);
    for (size_t i = 0; i < len; i++)
        buffer_put_byte(out, from[i] ^ mask[i % 4]);
}

static void send_frame(struct trial *trial, uint8_t first, const char *text)
{
    struct buffer frame = {0};
    put_frame(&frame, first, text, strlen(text));
    assert_int_equal(write(trial->other, frame.at, frame.len), frame.len);
    buffer_free(&frame);
}

/* What has come back, in a static buffer; *end: and then the end. */
static bytes received(struct trial *trial, bool *has_ended)
{
    static uint8_t room[1 << 16];
    size_t total = 0;
    ssize_t len;
    while ((len = read(trial->other, room + total, sizeof room - total)) > 0)
        total += (size_t)len;
    *has_ended = len == 0;
    return bytes_of(room, total);
}

static void assert_received(struct trial *trial, const char *bytes_expected,
                            size_t len)
{
    bool has_ended;
    turn(trial, 10);
    bytes back = received(trial, &has_ended);
    assert_int_equal(back.len, len);
    assert_memory_equal(back.at, bytes_expected, len);
}

static void assert_texts(struct trial *trial, const char *texts)
{
    turn(trial, 10);
    assert_int_equal(trial->texts.len, strlen(texts));
    if (trial->texts.len)
        assert_memory_equal(trial->texts.at, texts, strlen(texts));
}

/* A close frame with this code, then the end once ours has come. */
static void assert_refused(struct trial *trial, uint16_t code, const char *why)
{
    bool has_ended;
    turn(trial, 10);
    bytes back = received(trial, &has_ended);
    assert_true(back.len >= 4);
    assert_true(has_ended);
    assert_int_equal(back.at[0], 0x88);
    assert_int_equal(load_be16(back.at + 2), code);
    assert_int_equal(trial->closed, 0);
    shutdown(trial->other, SHUT_WR);
    turn(trial, 10);
    assert_int_equal(trial->closed, 1);
    if (!strstr(trial->why, why))
        fail_msg("%s", trial->why);
}

static void the_accept_key_is_that_of_the_rfc(void **state)
{
    char out[WEBSOCKET_ACCEPT_CHARS + 1];
    (void)state;
    assert_true(websocket_accept(out, "dGhlIHNhbXBsZSBub25jZQ=="));
    assert_string_equal(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_false(websocket_accept(out, ""));
    assert_false(websocket_accept(out, "dGhlIHNhbXBsZSBub25jZQ="));
    assert_false(websocket_accept(out, "dGhlIHNhbXBsZSBub25jZQAA"));
    assert_false(websocket_accept(out, "dGhlIHNhbXBsZSBub2 jZQ=="));
}

static void texts_come_whole_and_go_back(void **state)
{
    struct trial *trial = *state;
    trial->echoes = true;
    send_frame(trial, 0x81, "hello");
    send_frame(trial, 0x81, "");
    assert_received(trial, "\x81\x05hello\x81\x00", 9);
    assert_texts(trial, "hello\n\n");
}

static void early_bytes_are_the_first_frame(void **state)
{
    struct trial *trial = *state;
    struct buffer frame = {0};
    put_frame(&frame, 0x81, "early", 5);
    trial->link->ops->begin(trial->link, buffer_bytes(&frame));
    assert_texts(trial, "early\n");
    buffer_free(&frame);
}

static void lengths_take_the_form_that_fits(void **state)
{
    struct trial *trial = *state;
    static const struct {
        size_t len;
        const char *head;
        size_t head_len;
    } cases[] = {
        {125, "\x81\x7d", 2},
        {126, "\x81\x7e\x00\x7e", 4},
        {65535, "\x81\x7e\xff\xff", 4},
        {65536, "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10},
    };
    static uint8_t text[65536];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t head[10];
        trial->link->ops->send(trial->link, bytes_of(text, cases[i].len));
        assert_int_equal(recv(trial->other, head, cases[i].head_len, 0),
                         cases[i].head_len);
        assert_memory_equal(head, cases[i].head, cases[i].head_len);
        size_t total = 0;
        while (total < cases[i].len) {
            static uint8_t room[65536];
            ssize_t len = read(trial->other, room, cases[i].len - total);
            if (len < 0) {
                assert_int_equal(errno, EAGAIN);
                turn(trial, 1);
                continue;
            }
            total += (size_t)len;
        }
    }
}

static void fragments_are_put_together_around_pings(void **state)
{
    struct trial *trial = *state;
    send_frame(trial, 0x01, "he");
    send_frame(trial, 0x89, "are you there");
    send_frame(trial, 0x00, "l");
    send_frame(trial, 0x80, "lo");
    assert_received(trial,
                    "\x8a\x0d"
                    "are you there",
                    15);
    assert_texts(trial, "hello\n");
}

static void a_character_may_be_split_between_fragments(void **state)
{
    struct trial *trial = *state;
    send_frame(trial, 0x01, "\xe2\x82");
    send_frame(trial, 0x80, "\xac");
    assert_texts(trial, "\xe2\x82\xac\n");
}

static void text_that_is_not_utf8_is_refused(void **state)
{
    send_frame(*state, 0x81, "\xc3\x28");
    assert_refused(*state, 1007, "");
}

static void binary_data_are_refused(void **state)
{
    send_frame(*state, 0x82, "x");
    assert_refused(*state, 1003, "text");
}

static void frames_without_a_mask_are_refused(void **state)
{
    struct trial *trial = *state;
    assert_int_equal(write(trial->other, "\x81\x01x", 3), 3);
    assert_refused(trial, 1002, "");
}

static void a_message_that_is_too_large_is_refused(void **state)
{
    struct trial *trial = *state;
    struct buffer frame = {0};
    static const char text[1001];
    put_frame(&frame, 0x81, text, 1000); /* is none too many */
    put_frame(&frame, 0x81, text, 1001);
    assert_int_equal(write(trial->other, frame.at, frame.len), frame.len);
    buffer_free(&frame);
    assert_refused(trial, 1009, "--body-bytes-max");
    assert_int_equal(trial->texts.len, 1001);
}

static void fragments_count_together(void **state)
{
    struct trial *trial = *state;
    struct buffer frames = {0};
    static const char text[400];
    put_frame(&frames, 0x01, text, 400);
    put_frame(&frames, 0x00, text, 400);
    put_frame(&frames, 0x00, text, 400);
    assert_int_equal(write(trial->other, frames.at, frames.len), frames.len);
    buffer_free(&frames);
    assert_refused(trial, 1009, "--body-bytes-max");
}

static void incomplete_messages_share_a_budget(void **state)
{
    struct trial *trial = *state;
    struct buffer frame = {0};
    static const char text[400];
    put_frame(&frame, 0x01, text, 400);
    assert_int_equal(write(trial->other, frame.at, frame.len), frame.len);
    turn(trial, 10);
    assert_int_equal(trial->budget.used, 400);
    trial->budget.used += 999500; /* others' */
    frame.at[0] = 0x80;
    assert_int_equal(write(trial->other, frame.at, frame.len), frame.len);
    assert_refused(trial, 1013, "PEERS_BYTES_MAX");
    trial->budget.used -= 999500;
    buffer_free(&frame);
}

static void a_close_is_answered_with_a_close(void **state)
{
    struct trial *trial = *state;
    send_frame(trial, 0x88, "\x03\xe8");
    assert_refused(trial, 1000, "closed");
}

static void the_owner_may_close_while_a_text_comes(void **state)
{
    struct trial *trial = *state;
    trial->closes_on_text = true;
    send_frame(trial, 0x81, "one");
    send_frame(trial, 0x81, "two");
    assert_texts(trial, "one\n");
    assert_null(trial->link);
    assert_int_equal(trial->closed, 0);
}

static void one_that_does_not_read_is_cut(void **state)
{
    struct trial *trial = *state;
    static const uint8_t text[60000];
    int sent = 0;
    while (trial->link->ops->send(trial->link, bytes_of(text, sizeof text)))
        assert_in_range(++sent, 1, 100);
    turn(trial, 10);
    assert_int_equal(trial->closed, 1);
    assert_non_null(strstr(trial->why, "--peer-queue-bytes-max"));
}

static void a_silent_peer_is_pinged_and_then_dropped(void **state)
{
    struct trial trial;
    void *own = &trial;
    (void)state;
    begin_with(&trial, 100);
    bool has_ended;
    turn(&trial, 80);
    bytes back = received(&trial, &has_ended);
    assert_int_equal(back.len, 2);
    assert_int_equal(back.at[0], 0x89);
    assert_int_equal(trial.closed, 0);
    turn(&trial, 100);
    assert_int_equal(trial.closed, 1);
    assert_non_null(strstr(trial.why, "silent"));
    end(&own);
}

static void a_peer_that_answers_pings_stays(void **state)
{
    struct trial trial;
    void *own = &trial;
    (void)state;
    begin_with(&trial, 200);
    for (int i = 0; i < 6; i++) {
        turn(&trial, 80);
        send_frame(&trial, 0x8a, "");
    }
    assert_int_equal(trial.closed, 0);
    end(&own);
}

static void a_message_may_not_take_for_ever(void **state)
{
    struct trial trial;
    void *own = &trial;
    (void)state;
    begin_with(&trial, 200);
    send_frame(&trial, 0x01, "a");
    for (int i = 0; i < 10 && !trial.closed; i++) {
        turn(&trial, 50);
        send_frame(&trial, 0x00, "");
    }
    assert_int_equal(trial.closed, 1);
    assert_non_null(strstr(trial.why, "takes too long"));
    end(&own);
}

#define OPENED(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_accept_key_is_that_of_the_rfc),
        OPENED(texts_come_whole_and_go_back),
        OPENED(early_bytes_are_the_first_frame),
        OPENED(lengths_take_the_form_that_fits),
        OPENED(fragments_are_put_together_around_pings),
        OPENED(a_character_may_be_split_between_fragments),
        OPENED(text_that_is_not_utf8_is_refused),
        OPENED(binary_data_are_refused),
        OPENED(frames_without_a_mask_are_refused),
        OPENED(a_message_that_is_too_large_is_refused),
        OPENED(fragments_count_together),
        OPENED(incomplete_messages_share_a_budget),
        OPENED(a_close_is_answered_with_a_close),
        OPENED(the_owner_may_close_while_a_text_comes),
        OPENED(one_that_does_not_read_is_cut),
        cmocka_unit_test(a_silent_peer_is_pinged_and_then_dropped),
        cmocka_unit_test(a_peer_that_answers_pings_stays),
        cmocka_unit_test(a_message_may_not_take_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
