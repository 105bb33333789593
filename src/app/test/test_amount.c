#include "app/amount.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/attributes.h"

static void amounts_are_read_in_their_unit(void **state)
{
    (void)state;
    static const struct {
        const char *text, *wei;
    } cases[] = {
        {"0", "0"},
        {"1000", "1000"},
        {"0x10", "16"},
        {"7 wei", "7"},
        {"1ether", "1000000000000000000"},
        {"1.5ether", "1500000000000000000"},
        {"0.000000000000000001 ether", "1"},
        {"20gwei", "20000000000"},
        {"0.5gwei", "500000000"},
        {"115792089237316195423570985008687907853269984665640564039457.5840079"
         "13129639935ether",
         "115792089237316195423570985008687907853269984665640564039457584007913"
         "1"
         "29639935"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        u256 wei, expected;
        assert_true(u256_read_decimal(&expected, bytes_str(cases[i].wei)));
        if (amount_read(&wei, cases[i].text) != LOFT_OK ||
            !u256_equal(wei, expected))
            fail_msg("%s", cases[i].text);
    }
}

static void what_is_no_amount_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "ether",
        "1.ether",
        ".5ether",
        "1.5",
        "1.5wei",
        "1eth",
        "-1",
        "1 2",
        "0.0000000001gwei",
        "1.1.1ether",
        "1ether ",
        "115792089237316195423570985008687907853269984665640564039458ether",
        "0x",
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        u256 wei;
        if (amount_read(&wei, cases[i]) == LOFT_OK)
            fail_msg("%s", cases[i]);
    }
}

static void amounts_are_shown_in_the_unit_that_suits(void **state)
{
    (void)state;
    static const struct {
        const char *amount, *text;
    } cases[] = {
        {"0", "0 ether"},
        {"1", "1 wei"},
        {"999999", "999999 wei"},
        {"1000000", "0.001 gwei"},
        {"1500000000", "1.5 gwei"},
        {"0.001ether", "0.001 ether"},
        {"10000ether", "10000 ether"},
        {"1000000000000000001", "1.000000000000000001 ether"},
    };
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        u256 wei;
        assert_int_equal(amount_read(&wei, cases[i].amount), LOFT_OK);
        assert_string_equal(amount_text(&arena, wei), cases[i].text);
    }
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_are_read_in_their_unit),
        cmocka_unit_test(what_is_no_amount_is_refused),
        cmocka_unit_test(amounts_are_shown_in_the_unit_that_suits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
