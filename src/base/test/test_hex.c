#include "base/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct arena arena;

static void bytes_come_back(void **state)
{
    (void)state;
    for (size_t len = 0; len < 300; len++) {
        uint8_t data[300], exact[300];
        for (size_t i = 0; i < len; i++)
            data[i] = (uint8_t)rand();
        const char *text = hex_string(&arena, bytes_of(data, len));
        assert_int_equal(strlen(text), 2 * len + 2);
        bytes back;
        assert_int_equal(hex_read(&arena, &back, bytes_str(text)), LOFT_OK);
        assert_true(bytes_equal(back, bytes_of(data, len)));
        assert_int_equal(hex_read(&arena, &back, bytes_str(text + 2)), LOFT_OK);
        assert_true(bytes_equal(back, bytes_of(data, len)));
        assert_int_equal(hex_read_exact(exact, len, bytes_str(text)), LOFT_OK);
        assert_memory_equal(exact, data, len);
        assert_int_equal(hex_read_exact(exact, len + 1, bytes_str(text)),
                         LOFT_ERR_FORMAT);
        arena_reset(&arena);
    }
}

static void either_case_is_read_and_the_lower_written(void **state)
{
    (void)state;
    bytes out;
    assert_int_equal(hex_read(&arena, &out, bytes_str("0XaBcDeF09")), LOFT_OK);
    assert_string_equal(hex_string(&arena, out), "0xabcdef09");
}

/* Every character in either place of a pair. */
static void only_digits_are_digits(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        uint8_t text[2][2] = {{(uint8_t)c, '0'}, {'1', (uint8_t)c}};
        bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
                        (c >= 'A' && c <= 'F');
        for (int i = 0; i < 2; i++) {
            bytes out;
            assert_int_equal(hex_read(&arena, &out, bytes_of(text[i], 2)),
                             is_digit ? LOFT_OK : LOFT_ERR_FORMAT);
        }
    }
}

static void an_odd_count_is_refused(void **state)
{
    (void)state;
    bytes out;
    assert_int_equal(hex_read(&arena, &out, bytes_str("0x1")), LOFT_ERR_FORMAT);
    assert_int_equal(hex_read(&arena, &out, bytes_str("123")), LOFT_ERR_FORMAT);
}

static void quantities_are_shortest_and_come_back(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        const char *text;
    } cases[] = {
        {0, "0x0"},       {1, "0x1"},    {16, "0x10"},
        {0x400, "0x400"}, {255, "0xff"}, {UINT64_MAX, "0xffffffffffffffff"},
    };
    char text[HEX_QUANTITY_MAX];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(hex_quantity(text, u256_from(cases[i].value)),
                         strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
    for (unsigned shift = 0; shift < 256; shift++) {
        u256 back, value = u256_shr(U256_MAX, shift);
        size_t len = hex_quantity(text, value);
        assert_int_equal(len, 2 + (259 - shift) / 4);
        assert_int_equal(hex_read_u256(&back, bytes_of(text, len)), LOFT_OK);
        assert_true(u256_equal(back, value));
        uint64_t narrow;
        assert_int_equal(hex_read_u64(&narrow, bytes_of(text, len)),
                         shift < 192 ? LOFT_ERR_FORMAT : LOFT_OK);
    }
}

static void numbers_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "0",
        "0x",
        "12",
        "x1",
        "0xg",
        "-0x1",
        "0x 1",
        "0x-1",
        "0x10000000000000000000000000000000000000000000000000000000000000000",
    };
    u256 out;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(hex_read_u256(&out, bytes_str(bad[i])),
                         LOFT_ERR_FORMAT);
    assert_int_equal(
        hex_read_u256(&out, bytes_str("0x00000000000000000000000000"
                                      "000000000000000000000000000"
                                      "0000000000001")),
        LOFT_OK);
    assert_true(u256_equal(out, U256_ONE));
}

int main(void)
{
    unsigned seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    srand(seed);
    arena_init(&arena);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(either_case_is_read_and_the_lower_written),
        cmocka_unit_test(only_digits_are_digits),
        cmocka_unit_test(an_odd_count_is_refused),
        cmocka_unit_test(quantities_are_shortest_and_come_back),
        cmocka_unit_test(numbers_that_are_none_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
