/* The examples are those of BOLT-1, appendix A. */
#include "codec/bigsize.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/assert.h"
#include "base/hex.h"

static const struct {
    uint64_t value;
    const char *hex;
} good[] = {
    {0, "00"},
    {252, "fc"},
    {253, "fd00fd"},
    {65535, "fdffff"},
    {65536, "fe00010000"},
    {4294967295, "feffffffff"},
    {4294967296, "ff0000000100000000"},
    {UINT64_MAX, "ffffffffffffffffff"},
};

static bytes of_hex(uint8_t room[16], const char *hex)
{
    size_t len = strlen(hex) / 2;
    assert_int_equal(hex_read_exact(room, len, bytes_str(hex)), LOFT_OK);
    return bytes_of(room, len);
}

static void each_number_has_one_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        uint8_t room[16];
        uint64_t value = 1;
        bytes from = of_hex(room, good[i].hex), rest = from;
        struct buffer out = {0};
        assert_int_equal(bigsize_bytes(from.at[0]), from.len);
        assert_int_equal(bigsize_read(&value, &rest), LOFT_OK);
        assert_int_equal(value, good[i].value);
        assert_int_equal(rest.len, 0);
        bigsize_put(&out, value);
        assert_true(bytes_equal(buffer_bytes(&out), from));
        buffer_free(&out);
    }
}

static void longer_forms_and_cut_ones_are_refused(void **state)
{
    static const char *const bad[] = {
        "fd00fc", "fe0000ffff", "ff00000000ffffffff",
        "fd00",   "feffff",     "ffffffffff",
        "",       "fd",         "fe",
        "ff",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        uint8_t room[16];
        uint64_t value = 77;
        bytes rest = of_hex(room, bad[i]);
        size_t len = rest.len;
        assert_int_equal(bigsize_read(&value, &rest), LOFT_ERR_FORMAT);
        assert_int_equal(value, 77);
        assert_int_equal(rest.len, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_number_has_one_form),
        cmocka_unit_test(longer_forms_and_cut_ones_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
