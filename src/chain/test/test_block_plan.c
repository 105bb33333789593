#include "chain/block_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void time_is_the_clocks_and_after_the_block_before(void **state)
{
    (void)state;
    struct block_plan plan = {0};
    assert_int_equal(block_plan_time(&plan, 100, 500), 500);
    assert_int_equal(block_plan_time(&plan, 500, 500), 501);
    assert_int_equal(block_plan_time(&plan, 900, 500), 901);
}

static void two_blocks_have_the_same_time_where_they_may(void **state)
{
    (void)state;
    struct block_plan plan = {.departure.has_same_time = true};
    assert_int_equal(block_plan_time(&plan, 500, 500), 500);
    assert_int_equal(block_plan_time(&plan, 900, 500), 900);
    assert_int_equal(block_plan_time(&plan, 100, 500), 500);
    assert_int_equal(block_plan_least_time(&plan, 7), 7);
}

static void a_moved_clock_stays_moved(void **state)
{
    (void)state;
    struct block_plan plan = {0};
    block_plan_set_clock(&plan, 1500, 500);
    assert_int_equal(block_plan_clock(&plan, 510), 1510);
    assert_int_equal(block_plan_time(&plan, 100, 520), 1520);
    block_plan_set_clock(&plan, 100, 500);
    assert_int_equal(block_plan_clock(&plan, 510), 110);
}

static void a_chosen_time_holds_once_and_moves_the_clock(void **state)
{
    (void)state;
    struct block_plan plan = {.next_timestamp = 5000};
    assert_int_equal(block_plan_time(&plan, 100, 500), 5000);
    block_plan_made(&plan, 5000, 500);
    assert_int_equal(block_plan_time(&plan, 5000, 510), 5010);
}

static void an_interval_counts_from_the_block_before(void **state)
{
    (void)state;
    struct block_plan plan = {.has_interval = true, .interval_seconds = 12};
    assert_int_equal(block_plan_time(&plan, 100, 500), 112);
    plan.interval_seconds = 0;
    assert_int_equal(block_plan_time(&plan, 100, 500), 101);
    plan.interval_seconds = UINT64_MAX;
    assert_int_equal(block_plan_time(&plan, 100, 500), UINT64_MAX);
}

static void the_clock_stays_within_its_range(void **state)
{
    (void)state;
    struct block_plan plan = {.offset_seconds = -1000};
    assert_int_equal(block_plan_clock(&plan, 500), 0);
    block_plan_set_clock(&plan, UINT64_MAX, 500);
    assert_int_equal(block_plan_clock(&plan, 500), INT64_MAX);
    assert_int_equal(block_plan_clock(&plan, 5000), INT64_MAX);
}

static void what_was_chosen_for_one_block_is_forgotten_with_it(void **state)
{
    (void)state;
    struct block_plan plan = {.departure.has_base_fee = true,
                              .has_prev_randao = true,
                              .gas_limit = 7};
    block_plan_made(&plan, 600, 500);
    assert_false(plan.departure.has_base_fee || plan.has_prev_randao);
    assert_int_equal(plan.gas_limit, 7);
    assert_int_equal(plan.offset_seconds, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_is_the_clocks_and_after_the_block_before),
        cmocka_unit_test(two_blocks_have_the_same_time_where_they_may),
        cmocka_unit_test(a_moved_clock_stays_moved),
        cmocka_unit_test(a_chosen_time_holds_once_and_moves_the_clock),
        cmocka_unit_test(an_interval_counts_from_the_block_before),
        cmocka_unit_test(the_clock_stays_within_its_range),
        cmocka_unit_test(what_was_chosen_for_one_block_is_forgotten_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
