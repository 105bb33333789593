#include "codec/gzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MANY ((size_t)1 << 20)

static void what_is_packed_comes_back(void **state)
{
    (void)state;
    static uint8_t plain[MANY];
    uint32_t seed = 1;
    for (size_t i = 0; i < MANY; i++)
        plain[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
    for (size_t len = 0; len <= MANY; len = len * 3 + 1) {
        struct buffer packed = {0}, out = {0};
        assert_int_equal(gzip_pack(&packed, bytes_of(plain, len)), LOFT_OK);
        assert_true(gzip_is(buffer_bytes(&packed)));
        assert_int_equal(gzip_unpack(&out, buffer_bytes(&packed), len + 1),
                         LOFT_OK);
        assert_true(bytes_equal(buffer_bytes(&out), bytes_of(plain, len)));
        buffer_free(&packed);
        buffer_free(&out);
    }
}

static void what_unfolds_to_too_much_is_refused(void **state)
{
    (void)state;
    static const uint8_t zeros[MANY];
    struct buffer packed = {0}, out = {0};
    assert_int_equal(gzip_pack(&packed, bytes_of(zeros, MANY)), LOFT_OK);
    assert_true(packed.len < MANY / 100);
    assert_int_equal(gzip_unpack(&out, buffer_bytes(&packed), MANY / 2),
                     LOFT_ERR_LIMIT);
    assert_true(out.len <= MANY / 2);
    buffer_free(&packed);
    buffer_free(&out);
}

static void what_is_cut_or_spoilt_is_refused(void **state)
{
    (void)state;
    struct buffer packed = {0}, out = {0};
    assert_int_equal(gzip_pack(&packed, bytes_str("some text, some text")),
                     LOFT_OK);
    for (size_t len = 0; len < packed.len; len++)
        assert_int_equal(gzip_unpack(&out, bytes_of(packed.at, len), 1000),
                         LOFT_ERR_FORMAT);
    packed.at[packed.len - 5] ^= 1; /* of the checksum */
    assert_int_equal(gzip_unpack(&out, buffer_bytes(&packed), 1000),
                     LOFT_ERR_FORMAT);
    assert_false(gzip_is(bytes_str("{}")));
    assert_false(gzip_is(BYTES_EMPTY));
    buffer_free(&packed);
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_back),
        cmocka_unit_test(what_unfolds_to_too_much_is_refused),
        cmocka_unit_test(what_is_cut_or_spoilt_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
