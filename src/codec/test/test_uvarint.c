#include "codec/uvarint.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/hex.h"

struct known {
    uint64_t value;
    const char *hex;
};

/* The specification's examples, and the largest value. */
static const struct known known[] = {
    {0, "00"},         {1, "01"},
    {127, "7f"},       {128, "8001"},
    {255, "ff01"},     {300, "ac02"},
    {16384, "808001"}, {UVARINT_MAX, "ffffffffffffffff7f"},
};

static bytes from_hex(uint8_t room[16], const char *hex)
{
    size_t len = strlen(hex) / 2;
    assert_int_equal(hex_read_exact(room, len, bytes_str(hex)), LOFT_OK);
    return bytes_of(room, len);
}

static void known_values_are_written_and_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        struct buffer out = {0};
        uint8_t room[16];
        uint64_t value = 7;
        bytes rest = from_hex(room, known[i].hex);
        uvarint_put(&out, known[i].value);
        assert_true(bytes_equal(buffer_bytes(&out), rest));
        assert_int_equal(uvarint_read(&value, &rest), LOFT_OK);
        assert_true(value == known[i].value);
        assert_int_equal(rest.len, 0);
        buffer_free(&out);
    }
}

static void scan_as(enum uvarint_status expected, const char *hex)
{
    uint8_t room[16];
    uint64_t value = 7;
    bytes all = from_hex(room, hex), rest = all;
    assert_int_equal(uvarint_scan(&value, &rest), expected);
    assert_int_equal(uvarint_read(&value, &rest), LOFT_ERR_FORMAT);
    assert_true(value == 7 && rest.at == all.at && rest.len == all.len);
}

static void bytes_that_are_still_to_come_are_told_from_bad_ones(void **state)
{
    (void)state;
    scan_as(UVARINT_SHORT, "");
    scan_as(UVARINT_SHORT, "80");
    scan_as(UVARINT_SHORT, "ffffffffffffffff");
    scan_as(UVARINT_NOT_LEAST, "8000");
    scan_as(UVARINT_NOT_LEAST, "ff00");
    scan_as(UVARINT_TOO_LONG, "ffffffffffffffffff");
    scan_as(UVARINT_TOO_LONG, "ffffffffffffffffff01");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values_are_written_and_read),
        cmocka_unit_test(bytes_that_are_still_to_come_are_told_from_bad_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
