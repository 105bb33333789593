#include "crypto/expand_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "tests/vectors.h"

static struct arena arena;

static const char *text_of(const struct json *object, const char *key)
{
    const char *text;
    assert_int_equal(json_get_text(&text, object, key), LOFT_OK);
    return text;
}

static void check_case(const struct json *json, bytes dst)
{
    bytes expected;
    bytes text = bytes_str(text_of(json, "uniform_bytes"));
    assert_int_equal(hex_read(&arena, &expected, text), LOFT_OK);
    size_t len = strtoul(text_of(json, "len_in_bytes"), NULL, 16);
    assert_int_equal(len, expected.len);
    uint8_t *out = arena_alloc(&arena, len);
    expand_message(out, len, bytes_str(text_of(json, "msg")), dst);
    assert_memory_equal(out, expected.at, len);
}

static void check_file(const char *name)
{
    const char *dir = vectors_unpack("hash-to-curve.tar.xz");
    if (!dir)
        skip();
    const struct json *suite = vectors_json(
        &arena,
        arena_printf(&arena, "%s/hash-to-curve/poc/vectors/%s", dir, name));
    const struct json *tests = json_get(suite, "tests");
    assert_true(json_len(tests) > 0);
    for (size_t i = 0; i < json_len(tests); i++)
        check_case(json_at(tests, i), bytes_str(text_of(suite, "DST")));
}

static void output_agrees_with_rfc_9380(void **state)
{
    (void)state;
    check_file("expand_message_xmd_SHA256_38.json");
}

static void long_tags_agree_with_rfc_9380(void **state)
{
    (void)state;
    check_file("expand_message_xmd_SHA256_256.json");
}

static void the_longest_output_starts_unlike_a_shorter_one(void **state)
{
    static uint8_t longest[EXPAND_MESSAGE_LEN_MAX], shorter[32];
    (void)state;
    expand_message(longest, sizeof longest, BYTES_EMPTY, bytes_str("tag"));
    expand_message(shorter, sizeof shorter, BYTES_EMPTY, bytes_str("tag"));
    assert_memory_not_equal(longest, shorter, sizeof shorter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_agrees_with_rfc_9380),
        cmocka_unit_test(long_tags_agree_with_rfc_9380),
        cmocka_unit_test(the_longest_output_starts_unlike_a_shorter_one),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return vectors_exit(failed);
}
