#include "rpc/sender_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct sender_cache cache;

static void what_was_put_is_found_until_its_place_is_taken(void **state)
{
    (void)state;
    hash32 first = {{1, 2, 3}}, second = first, other = {{9}};
    second.at[31] = 7; /* the same place */
    address alice = {{1}}, bob = {{2}}, found;
    assert_false(sender_cache_get(&cache, &found, &first));
    sender_cache_put(&cache, &first, &alice);
    assert_true(sender_cache_get(&cache, &found, &first));
    assert_true(address_equal(&found, &alice));
    assert_false(sender_cache_get(&cache, &found, &second));
    assert_false(sender_cache_get(&cache, &found, &other));
    sender_cache_put(&cache, &second, &bob);
    assert_false(sender_cache_get(&cache, &found, &first));
    assert_true(sender_cache_get(&cache, &found, &second));
    assert_true(address_equal(&found, &bob));
}

static void no_transaction_is_named_zero(void **state)
{
    (void)state;
    hash32 zero = {{0}};
    address found;
    assert_false(sender_cache_get(&cache, &found, &zero));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found_until_its_place_is_taken),
        cmocka_unit_test(no_transaction_is_named_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
