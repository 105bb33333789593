#include "codec/json_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/vec.h"

/* Writes each value that is found on a line of its own, '!' where the stream
 * is wrong, given `piece` bytes at a time. */
static void split(struct buffer *out, const char *text, size_t piece)
{
    struct json_stream stream = {0};
    size_t len = strlen(text), at = 0, skip, used;
    out->len = 0;
    while (at < len) {
        size_t most = len - at < piece ? len - at : piece;
        enum json_stream_found found = json_stream_next(
            &stream, &skip, &used, bytes_of(text + at, most));
        assert_true(skip <= used && used <= most);
        if (found == JSON_STREAM_WRONG) {
            buffer_put_byte(out, '!');
            break;
        }
        buffer_put(out, text + at + skip, used - skip);
        if (found == JSON_STREAM_END)
            buffer_put_byte(out, '\n');
        else
            assert_int_equal(used, most);
        at += used;
    }
    buffer_put_byte(out, 0);
}

static void assert_split(const char *text, const char *values)
{
    struct buffer out = {0};
    for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
        split(&out, text, piece);
        assert_string_equal((char *)out.at, values);
    }
    buffer_free(&out);
}

static void values_need_nothing_between_them(void **state)
{
    (void)state;
    assert_split("{}[]{\"a\":[1,{}]}", "{}\n[]\n{\"a\":[1,{}]}\n");
}

static void white_space_between_values_is_skipped(void **state)
{
    (void)state;
    assert_split(" \r\n{ }\t\n[ 1 ]\n ", "{ }\n[ 1 ]\n");
}

static void brackets_in_strings_do_not_count(void **state)
{
    (void)state;
    assert_split("{\"}\":\"\\\"]\\\\\"}[]", "{\"}\":\"\\\"]\\\\\"}\n[]\n");
}

static void a_value_may_be_incomplete(void **state)
{
    (void)state;
    assert_split("[] {\"a\":", "[]\n{\"a\":");
}

static void anything_else_between_values_is_wrong(void **state)
{
    (void)state;
    assert_split("{}1", "{}\n!");
    assert_split("]", "!");
    assert_split("{},{}", "{}\n!");
    assert_split("\"{}\"", "!");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_need_nothing_between_them),
        cmocka_unit_test(white_space_between_values_is_skipped),
        cmocka_unit_test(brackets_in_strings_do_not_count),
        cmocka_unit_test(a_value_may_be_incomplete),
        cmocka_unit_test(anything_else_between_values_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
