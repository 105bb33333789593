#include "rpc/development.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct development dev;

static int set_up(void **state)
{
    (void)state;
    development_init(&dev);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    development_fini(&dev);
    return 0;
}

static uint64_t take(void)
{
    struct snapshot snapshot = {.clock = 7};
    assert_int_equal(development_snapshot(&dev, &snapshot), LOFT_OK);
    return snapshot.id;
}

static void ids_begin_with_one_and_are_given_once(void **state)
{
    (void)state;
    assert_int_equal(take(), 1);
    assert_int_equal(take(), 2);
    development_drop_snapshots(&dev, 1);
    assert_int_equal(take(), 3);
}

static void a_snapshot_goes_with_those_after_it(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        take();
    development_drop_snapshots(&dev, 40);
    for (uint64_t id = 0; id < 110; id++) {
        const struct snapshot *found = development_find_snapshot(&dev, id);
        if (id == 0 || id >= 40)
            assert_null(found);
        else
            assert_int_equal(found->id, id);
    }
    take(); /* 101: there is a gap now */
    assert_null(development_find_snapshot(&dev, 40));
    assert_int_equal(development_find_snapshot(&dev, 101)->clock, 7);
}

static void snapshots_are_bounded(void **state)
{
    (void)state;
    struct snapshot snapshot = {0};
    for (int i = 0; i < DEVELOPMENT_SNAPSHOTS_MAX; i++)
        take();
    assert_int_equal(development_snapshot(&dev, &snapshot), LOFT_ERR_LIMIT);
    development_drop_snapshots(&dev, DEVELOPMENT_SNAPSHOTS_MAX);
    assert_int_equal(take(), DEVELOPMENT_SNAPSHOTS_MAX + 1);
}

static void accounts_are_impersonated_one_by_one_or_all(void **state)
{
    (void)state;
    address one = {{1}}, other = {{2}};
    assert_false(development_impersonates(&dev, &one));
    assert_int_equal(development_impersonate(&dev, &one), LOFT_OK);
    assert_int_equal(development_impersonate(&dev, &one), LOFT_OK);
    assert_true(development_impersonates(&dev, &one));
    assert_false(development_impersonates(&dev, &other));
    development_stop_impersonating(&dev, &other);
    development_stop_impersonating(&dev, &one);
    assert_false(development_impersonates(&dev, &one));
    dev.auto_impersonate = true;
    assert_true(development_impersonates(&dev, &other));
}

static void impersonated_accounts_are_bounded(void **state)
{
    (void)state;
    address who = {{0}};
    for (uint32_t i = 0; i < DEVELOPMENT_ACCOUNTS_MAX; i++) {
        store_be32(who.at, i);
        assert_int_equal(development_impersonate(&dev, &who), LOFT_OK);
    }
    who.at[19] = 1;
    assert_int_equal(development_impersonate(&dev, &who), LOFT_ERR_LIMIT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ids_begin_with_one_and_are_given_once),
        TEST(a_snapshot_goes_with_those_after_it),
        TEST(snapshots_are_bounded),
        TEST(accounts_are_impersonated_one_by_one_or_all),
        TEST(impersonated_accounts_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
