#include "base/spelling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static size_t distance(const char *a, const char *b)
{
    return spelling_distance(bytes_str(a), bytes_str(b));
}

static void letters_that_differ_are_counted(void **state)
{
    (void)state;
    assert_int_equal(distance("", ""), 0);
    assert_int_equal(distance("port", "port"), 0);
    assert_int_equal(distance("prot", "port"), 2);
    assert_int_equal(distance("kitten", "sitting"), 3);
    assert_int_equal(distance("", "abc"), 3);
    assert_int_equal(distance("abc", ""), 3);
}

static void what_is_too_long_is_far(void **state)
{
    char name[SPELLING_LEN_MAX + 2];
    (void)state;
    memset(name, 'a', sizeof name);
    name[SPELLING_LEN_MAX + 1] = 0;
    assert_int_equal(distance(name, "a"), SIZE_MAX);
    name[SPELLING_LEN_MAX] = 0;
    assert_int_equal(distance(name, "a"), SPELLING_LEN_MAX - 1);
}

static bool is_nearer(struct spelling *spelling, const char *name)
{
    return spelling_is_nearer(spelling, bytes_str("blcok"), bytes_str(name));
}

static void the_nearest_is_meant_if_it_is_near(void **state)
{
    (void)state;
    struct spelling spelling = {SPELLING_NEAR_MAX + 1};
    assert_false(is_nearer(&spelling, "nothing of that kind"));
    assert_true(is_nearer(&spelling, "lock"));
    assert_false(is_nearer(&spelling, "clocks"));
    assert_true(is_nearer(&spelling, "blok"));
    assert_false(is_nearer(&spelling, "block"));
}

static void one_letter_means_nothing(void **state)
{
    (void)state;
    struct spelling spelling = {SPELLING_NEAR_MAX + 1};
    assert_false(spelling_is_nearer(&spelling, bytes_str("x"), bytes_str("y")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_that_differ_are_counted),
        cmocka_unit_test(what_is_too_long_is_far),
        cmocka_unit_test(the_nearest_is_meant_if_it_is_near),
        cmocka_unit_test(one_letter_means_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
