#include "p2p/yamux_stream.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static loft_err receive(struct yamux_stream *stream, enum yamux_type type,
                        uint16_t flags, uint32_t length)
{
    const struct yamux_header header = {type, flags, 1, length};
    return yamux_stream_receive(stream, &header, false);
}

static struct yamux_stream theirs(void)
{
    const struct yamux_header syn = {YAMUX_DATA, YAMUX_SYN, 1, 0};
    struct yamux_stream stream = yamux_stream_of(false);
    assert_int_equal(yamux_stream_receive(&stream, &syn, true), LOFT_OK);
    return stream;
}

static void data_beyond_the_window_is_refused(void **state)
{
    (void)state;
    struct yamux_stream stream = theirs();
    assert_int_equal(receive(&stream, YAMUX_DATA, 0, YAMUX_WINDOW_FIRST - 1),
                     LOFT_OK);
    assert_int_equal(receive(&stream, YAMUX_DATA, 0, 2), LOFT_ERR_REFUSED);
    assert_int_equal(receive(&stream, YAMUX_DATA, 0, 1), LOFT_OK);
    assert_int_equal(receive(&stream, YAMUX_DATA, 0, 1), LOFT_ERR_REFUSED);
    assert_int_equal(receive(&stream, YAMUX_DATA, 0, 0), LOFT_OK);
}

static void credit_comes_by_halves_and_for_what_was_read(void **state)
{
    (void)state;
    struct yamux_stream stream = theirs();
    uint32_t half = YAMUX_WINDOW_FIRST / 2;
    assert_int_equal(receive(&stream, YAMUX_DATA, 0, half), LOFT_OK);
    assert_int_equal(yamux_stream_credit(&stream, 1), 0);
    assert_int_equal(yamux_stream_credit(&stream, 0), half);
    assert_int_equal(yamux_stream_credit(&stream, 0), 0);
    assert_int_equal(stream.may_receive, YAMUX_WINDOW_FIRST);
}

static void a_window_grows_to_its_bound(void **state)
{
    (void)state;
    struct yamux_stream stream = theirs();
    yamux_stream_grow(&stream);
    assert_int_equal(yamux_stream_credit(&stream, 0), YAMUX_WINDOW_FIRST);
    for (int i = 0; i < 40; i++)
        yamux_stream_grow(&stream);
    assert_int_equal(stream.window, YAMUX_WINDOW_MAX);
}

static void a_window_of_more_than_32_bits_is_refused(void **state)
{
    (void)state;
    struct yamux_stream stream = theirs();
    uint32_t most = UINT32_MAX - YAMUX_WINDOW_FIRST;
    assert_int_equal(receive(&stream, YAMUX_WINDOW, 0, most + 1),
                     LOFT_ERR_REFUSED);
    assert_int_equal(receive(&stream, YAMUX_WINDOW, 0, most), LOFT_OK);
    assert_int_equal(yamux_stream_room(&stream), UINT32_MAX);
    assert_int_equal(receive(&stream, YAMUX_WINDOW, 0, 1), LOFT_ERR_REFUSED);
}

static void sending_uses_the_window_up(void **state)
{
    (void)state;
    struct yamux_stream stream = yamux_stream_of(true);
    yamux_stream_flagged(&stream, YAMUX_SYN);
    yamux_stream_sent(&stream, YAMUX_WINDOW_FIRST);
    assert_int_equal(yamux_stream_room(&stream), 0);
    assert_int_equal(receive(&stream, YAMUX_WINDOW, YAMUX_ACK, 5), LOFT_OK);
    assert_int_equal(yamux_stream_room(&stream), 5);
    yamux_stream_flagged(&stream, YAMUX_FIN);
    assert_int_equal(yamux_stream_room(&stream), 0);
}

static void both_sides_finish_on_their_own(void **state)
{
    (void)state;
    struct yamux_stream stream = theirs();
    assert_int_equal(receive(&stream, YAMUX_DATA, YAMUX_FIN, 3), LOFT_OK);
    assert_int_equal(receive(&stream, YAMUX_DATA, 0, 1), LOFT_ERR_REFUSED);
    assert_int_equal(receive(&stream, YAMUX_DATA, YAMUX_FIN, 0),
                     LOFT_ERR_REFUSED);
    assert_int_equal(receive(&stream, YAMUX_WINDOW, 0, 1), LOFT_OK);
    assert_int_equal(yamux_stream_credit(&stream, 0), 0);
    assert_false(yamux_stream_is_over(&stream));
    yamux_stream_flagged(&stream, YAMUX_FIN);
    assert_true(yamux_stream_is_over(&stream));
}

static void a_reset_ends_both_sides(void **state)
{
    (void)state;
    struct yamux_stream stream = theirs();
    assert_int_equal(receive(&stream, YAMUX_WINDOW, YAMUX_RST, 0), LOFT_OK);
    assert_true(yamux_stream_is_over(&stream));
    assert_int_equal(yamux_stream_room(&stream), 0);
    stream = theirs();
    yamux_stream_flagged(&stream, YAMUX_RST);
    assert_int_equal(receive(&stream, YAMUX_DATA, 0, UINT32_MAX), LOFT_OK);
    assert_int_equal(stream.may_receive, YAMUX_WINDOW_FIRST);
}

static void flags_out_of_turn_are_refused(void **state)
{
    (void)state;
    struct yamux_stream stream = theirs(), ours = yamux_stream_of(true);
    const struct yamux_header data = {YAMUX_DATA, 0, 1, 0};
    struct yamux_stream fresh = yamux_stream_of(false);
    assert_int_equal(receive(&stream, YAMUX_DATA, YAMUX_SYN, 0),
                     LOFT_ERR_REFUSED);
    assert_int_equal(receive(&stream, YAMUX_DATA, YAMUX_ACK, 0),
                     LOFT_ERR_REFUSED);
    assert_int_equal(yamux_stream_receive(&fresh, &data, true),
                     LOFT_ERR_REFUSED);
    assert_int_equal(receive(&ours, YAMUX_DATA, YAMUX_ACK, 0), LOFT_OK);
    assert_int_equal(receive(&ours, YAMUX_DATA, YAMUX_ACK, 0),
                     LOFT_ERR_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_beyond_the_window_is_refused),
        cmocka_unit_test(credit_comes_by_halves_and_for_what_was_read),
        cmocka_unit_test(a_window_grows_to_its_bound),
        cmocka_unit_test(a_window_of_more_than_32_bits_is_refused),
        cmocka_unit_test(sending_uses_the_window_up),
        cmocka_unit_test(both_sides_finish_on_their_own),
        cmocka_unit_test(a_reset_ends_both_sides),
        cmocka_unit_test(flags_out_of_turn_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
