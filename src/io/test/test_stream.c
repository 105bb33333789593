#include "io/stream.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/vec.h"
#include "io/listener.h"

struct trial {
    struct loop *loop;
    struct loop_timer *timer;
    struct stream *stream;
    int other; /* the far end */
    struct buffer got;
    size_t got_until; /* stops the loop */
    int ended;
    bool closes_on_read;
};

static void stop(void *context)
{
    struct trial *trial = context;
    loop_stop(trial->loop);
}

static void got(void *context, bytes data)
{
    struct trial *trial = context;
    buffer_put_bytes(&trial->got, data);
    if (trial->closes_on_read) {
        stream_close(trial->stream);
        trial->stream = NULL;
    }
    if (trial->got.len >= trial->got_until)
        loop_stop(trial->loop);
}

static void ended(void *context)
{
    struct trial *trial = context;
    trial->ended++;
    loop_stop(trial->loop);
}

static void begin(struct trial *trial, size_t queue_bytes_max)
{
    int ends[2];
    *trial = (struct trial){.got_until = 1};
    assert_int_equal(loop_open(&trial->loop), LOFT_OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends),
                     0);
    trial->timer = loop_timer_open(trial->loop, stop, trial);
    loop_timer_start(trial->timer, 20000); /* never comes */
    trial->other = ends[1];
    assert_int_equal(
        stream_open(&trial->stream,
                    &(struct stream_options){.loop = trial->loop,
                                             .fd = ends[0],
                                             .queue_bytes_max = queue_bytes_max,
                                             .got = got,
                                             .ended = ended,
                                             .context = trial}),
        LOFT_OK);
}

static void end(struct trial *trial)
{
    stream_close(trial->stream);
    loop_timer_close(trial->timer);
    loop_close(trial->loop);
    close(trial->other);
    buffer_free(&trial->got);
}

static void what_is_written_is_read(void **state)
{
    struct trial trial;
    char back[16];
    (void)state;
    begin(&trial, 1000);
    assert_int_equal(write(trial.other, "hello", 5), 5);
    loop_run(trial.loop);
    assert_memory_equal(trial.got.at, "hello", 5);
    assert_true(stream_send(trial.stream, bytes_str("he"), bytes_str("llo")));
    assert_int_equal(read(trial.other, back, sizeof back), 5);
    assert_memory_equal(back, "hello", 5);
    end(&trial);
}

static void the_far_end_going_is_told_once(void **state)
{
    struct trial trial;
    (void)state;
    begin(&trial, 1000);
    shutdown(trial.other, SHUT_RDWR);
    loop_run(trial.loop);
    assert_int_equal(trial.ended, 1);
    loop_timer_start(trial.timer, 20);
    loop_run(trial.loop);
    assert_int_equal(trial.ended, 1);
    assert_false(stream_has_overflowed(trial.stream));
    end(&trial);
}

static void a_stream_may_close_while_it_reads(void **state)
{
    struct trial trial;
    (void)state;
    begin(&trial, 1000);
    trial.closes_on_read = true;
    assert_int_equal(write(trial.other, "x", 1), 1);
    loop_run(trial.loop);
    assert_null(trial.stream);
    end(&trial);
}

/* Reads at the far end whatever is there. */
static size_t drain(int fd, uint8_t expected)
{
    static uint8_t room[1 << 16];
    size_t total = 0;
    ssize_t len;
    while ((len = read(fd, room, sizeof room)) > 0) {
        for (ssize_t i = 0; i < len; i++)
            assert_int_equal(room[i], (uint8_t)(expected + total + i));
        total += (size_t)len;
    }
    return total;
}

static void what_does_not_fit_leaves_later_and_in_order(void **state)
{
    enum { SIZE = 4 << 20 };
    static uint8_t data[SIZE];
    struct trial trial;
    size_t read_so_far = 0;
    (void)state;
    begin(&trial, SIZE);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t)i;
    for (size_t at = 0; at < SIZE; at += SIZE / 4)
        assert_true(stream_send(trial.stream, bytes_of(data + at, 100),
                                bytes_of(data + at + 100, SIZE / 4 - 100)));
    assert_true(stream_queued(trial.stream) > 0);
    while (read_so_far < SIZE) {
        read_so_far += drain(trial.other, (uint8_t)read_so_far);
        loop_timer_start(trial.timer, 1);
        loop_run(trial.loop);
    }
    assert_int_equal(stream_queued(trial.stream), 0);
    assert_int_equal(read_so_far, SIZE);
    end(&trial);
}

static void one_that_does_not_read_is_cut(void **state)
{
    static const uint8_t data[100000];
    struct trial trial;
    int sent = 0;
    (void)state;
    begin(&trial, 1 << 20);
    while (stream_send(trial.stream, BYTES_EMPTY, bytes_of(data, sizeof data)))
        assert_in_range(++sent, 1, 100);
    assert_true(stream_has_overflowed(trial.stream));
    assert_in_range(stream_queued(trial.stream), 1 << 20,
                    (1 << 20) + sizeof data);
    assert_int_equal(trial.ended, 0);
    loop_run(trial.loop);
    assert_int_equal(trial.ended, 1);
    end(&trial);
}

static void a_shut_stream_sends_what_waits_and_then_its_end(void **state)
{
    static const uint8_t data[1 << 20];
    static uint8_t room[1 << 16];
    struct trial trial;
    size_t total = 0;
    ssize_t len = -1;
    (void)state;
    begin(&trial, sizeof data);
    assert_true(
        stream_send(trial.stream, bytes_of(data, sizeof data), BYTES_EMPTY));
    assert_true(stream_queued(trial.stream) > 0);
    stream_shut(trial.stream);
    assert_false(stream_send(trial.stream, bytes_str("x"), BYTES_EMPTY));
    while (len != 0) {
        while ((len = read(trial.other, room, sizeof room)) > 0)
            total += (size_t)len;
        loop_timer_start(trial.timer, 1);
        loop_run(trial.loop);
    }
    assert_int_equal(total, sizeof data);
    assert_int_equal(write(trial.other, "x", 1), 1);
    loop_run(trial.loop);
    assert_int_equal(trial.got.len, 1);
    end(&trial);
}

/* What a peer has sent is thrown away, and the end is told, though the system
 * reports a fault of the connection meanwhile. */
static void a_cut_tcp_stream_with_bytes_unread_ends(void **state)
{
    static const uint8_t data[1 << 20];
    struct trial trial;
    uint16_t port;
    int listener;
    (void)state;
    begin(&trial, 1 << 16);
    assert_int_equal(listener_open(&listener, &port, "127.0.0.1", 0), LOFT_OK);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons(port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int far = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(far, (struct sockaddr *)&at, sizeof at), 0);
    struct stream_options options = {.loop = trial.loop,
                                     .fd = listener_accept(listener),
                                     .queue_bytes_max = 1 << 16,
                                     .got = got,
                                     .ended = ended,
                                     .context = &trial};
    struct stream *stream;
    assert_true(options.fd >= 0);
    assert_int_equal(stream_open(&stream, &options), LOFT_OK);
    assert_true(send(far, data, sizeof data / 2, MSG_DONTWAIT) > 0);
    while (stream_send(stream, bytes_of(data, sizeof data), BYTES_EMPTY))
        continue;
    close(far); /* with bytes unread: a reset */
    loop_run(trial.loop);
    assert_int_equal(trial.ended, 1);
    stream_close(stream);
    close(listener);
    end(&trial);
}

static void a_paused_stream_is_not_read(void **state)
{
    struct trial trial;
    (void)state;
    begin(&trial, 1000);
    stream_pause(trial.stream, true);
    assert_int_equal(write(trial.other, "x", 1), 1);
    loop_timer_start(trial.timer, 20);
    loop_run(trial.loop);
    assert_int_equal(trial.got.len, 0);
    stream_pause(trial.stream, false);
    loop_timer_start(trial.timer, 20000);
    loop_run(trial.loop);
    assert_int_equal(trial.got.len, 1);
    end(&trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_far_end_going_is_told_once),
        cmocka_unit_test(a_stream_may_close_while_it_reads),
        cmocka_unit_test(what_does_not_fit_leaves_later_and_in_order),
        cmocka_unit_test(one_that_does_not_read_is_cut),
        cmocka_unit_test(a_shut_stream_sends_what_waits_and_then_its_end),
        cmocka_unit_test(a_cut_tcp_stream_with_bytes_unread_ends),
        cmocka_unit_test(a_paused_stream_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
