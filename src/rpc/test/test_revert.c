#include "rpc/revert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"

static struct arena arena;

#define WORD(end) \
    "00000000000000000000000000000000000000000000000000000000000000" end

static const char *reason_of(const char *hex)
{
    bytes output;
    assert_int_equal(hex_read(&arena, &output, bytes_str(hex)), LOFT_OK);
    return revert_reason(&arena, output);
}

static void a_string_is_the_reason(void **state)
{
    (void)state;
    assert_string_equal(
        reason_of("08c379a0" WORD("20") WORD("0a") "75736572206572726f72"),
        "user error");
    assert_string_equal(reason_of("08c379a0" WORD("20") WORD("00")), "");
}

static void a_panic_has_its_meaning(void **state)
{
    (void)state;
    assert_string_equal(reason_of("4e487b71" WORD("01")), "assert(false)");
    assert_string_equal(reason_of("4e487b71" WORD("11")),
                        "arithmetic underflow or overflow");
    assert_string_equal(reason_of("4e487b71" WORD("99")),
                        "unknown panic code: 0x99");
}

static void other_outputs_have_none(void **state)
{
    (void)state;
    static const char *const outputs[] = {
        "",
        "08c379",
        "08c379a0",
        "deadbeef" WORD("20") WORD("00"),
        "4e487b71",
        "4e487b7100",
        "08c379a0" WORD("20"),
        "08c379a0" WORD("20") WORD("0a") "7573",
        "08c379a0" WORD("41") WORD("0a") "75736572206572726f72",
        "08c379a0"
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" WORD(
            "01"),
        "08c379a0" WORD("20") "ffffffffffffffffffffffffffffffffffffffffffffffff"
                              "ffffffffffffffff",
    };
    for (size_t i = 0; i < ARRAY_LEN(outputs); i++)
        assert_null(reason_of(outputs[i]));
}

static void a_long_reason_is_cut(void **state)
{
    (void)state;
    struct buffer hex = {0};
    buffer_printf(&hex,
                  "08c379a0%s"
                  "0000000000000000000000000000000000000000000000000000"
                  "000000001000",
                  WORD("20"));
    for (int i = 0; i < 0x1000; i++)
        buffer_printf(&hex, "61");
    buffer_put_byte(&hex, 0);
    assert_true(strlen(reason_of((char *)hex.at)) < 1000);
    buffer_free(&hex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_is_the_reason),
        cmocka_unit_test(a_panic_has_its_meaning),
        cmocka_unit_test(other_outputs_have_none),
        cmocka_unit_test(a_long_reason_is_cut),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
