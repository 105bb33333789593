/* Networks of honest routers: what arrives, how soon, and how often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "p2p/test/gossip_sim.h"

/* As on one machine, or in one room. */
static struct sim_config near_by(unsigned nodes, unsigned links)
{
    return (struct sim_config){.seed = 1,
                               .nodes = nodes,
                               .links = links,
                               .latency_min_us = 200,
                               .latency_max_us = 800,
                               .jitter_us = 100};
}

static void publish_many(struct sim *sim, unsigned nodes, unsigned count,
                         size_t len)
{
    for (unsigned i = 0; i < count; i++) {
        sim_publish(sim, sim_chance(sim, nodes), len);
        sim_run(sim, 50);
    }
    sim_run(sim, 5000);
}

static struct sim_result run(const struct sim_config *config, unsigned count,
                             size_t len)
{
    struct sim *sim = sim_new(config);
    sim_run(sim, 5000);
    publish_many(sim, config->nodes, count, len);
    struct sim_result result = sim_result(sim, 0);
    print_message("%u nodes: %u of %u, %.2f duplicates, p50 %.1f ms, p99 %.1f "
                  "ms, at most %.1f ms\n",
                  config->nodes, result.delivered, result.expected,
                  result.duplicates, result.latency_ms_p50,
                  result.latency_ms_p99, result.latency_ms_max);
    sim_free(sim);
    return result;
}

static void all_32_get_all_soon_and_not_too_often(void **state)
{
    (void)state;
    const struct sim_config config = near_by(32, 0);
    struct sim_result result = run(&config, 60, 100);
    assert_int_equal(result.delivered, result.expected);
    assert_true(result.duplicates <= 3);
    assert_true(result.latency_ms_max <= 100);
}

static void all_100_that_know_few_get_all(void **state)
{
    (void)state;
    const struct sim_config config = near_by(100, 10);
    struct sim_result result = run(&config, 20, 100);
    assert_int_equal(result.delivered, result.expected);
    assert_true(result.duplicates <= 3);
    assert_true(result.latency_ms_max <= 200);
}

static void far_apart_all_get_all_in_a_beat(void **state)
{
    (void)state;
    struct sim_config config = near_by(32, 8);
    config.latency_min_us = 20000;
    config.latency_max_us = 120000;
    struct sim_result result = run(&config, 30, 100);
    assert_int_equal(result.delivered, result.expected);
    assert_true(result.latency_ms_max <= 1000);
}

static void large_messages_are_doubled_less_far_apart(void **state)
{
    (void)state;
    struct sim_config config = near_by(32, 8);
    config.latency_min_us = 20000;
    config.latency_max_us = 120000;
    struct sim_result small = run(&config, 20, 1000);
    struct sim_result large = run(&config, 20, 1024);
    assert_int_equal(large.delivered, large.expected);
    assert_true(large.duplicates <= small.duplicates);
}

/* A twentieth of all frames is lost, also of grafts and subscriptions: what
 * the mesh misses, gossip brings. */
static void what_is_lost_is_offered_again(void **state)
{
    (void)state;
    struct sim_config config = near_by(32, 0);
    config.loss = 0.05;
    struct sim_result result = run(&config, 60, 100);
    assert_int_equal(result.delivered, result.expected);
    assert_true(result.latency_ms_max <= 5000);
}

static void halves_apart_are_one_again_after(void **state)
{
    (void)state;
    const struct sim_config config = near_by(32, 0);
    struct sim *sim = sim_new(&config);
    sim_run(sim, 5000);
    for (unsigned i = 0; i < 16; i++)
        sim_group(sim, i, 1);
    unsigned apart = sim_publish(sim, 0, 100);
    sim_run(sim, 1000);
    assert_int_equal(sim_delivered(sim, apart), 16);
    for (unsigned i = 0; i < 16; i++)
        sim_group(sim, i, 0);
    /* Still offered: the others learn of it. */
    sim_run(sim, 3000);
    assert_int_equal(sim_delivered(sim, apart), 32);
    unsigned after = sim_publish(sim, 0, 100);
    sim_run(sim, 200);
    assert_int_equal(sim_delivered(sim, after), 32);
    sim_free(sim);
}

static void those_who_come_and_go_do_not_break_it(void **state)
{
    (void)state;
    const struct sim_config config = near_by(40, 8);
    struct sim *sim = sim_new(&config);
    sim_run(sim, 5000);
    for (unsigned round = 0; round < 30; round++) {
        unsigned gone = 8 + sim_chance(sim, 32);
        for (unsigned i = 0; i < 40; i++)
            if (i != gone && sim_number(sim, gone, i) != UINT32_MAX)
                sim_disconnect(sim, gone, i);
        sim_run(sim, 1000);
        for (unsigned i = 0; i < 8; i++)
            sim_connect(sim, gone, i, NULL);
        sim_run(sim, 2000);
        unsigned message = sim_publish(sim, sim_chance(sim, 40), 100);
        sim_run(sim, 3000);
        assert_int_equal(sim_delivered(sim, message), 40);
    }
    sim_free(sim);
}

static void the_same_seed_runs_alike(void **state)
{
    (void)state;
    const struct sim_config config = near_by(32, 6);
    struct sim_result one = run(&config, 10, 100);
    struct sim_result two = run(&config, 10, 100);
    assert_int_equal(one.frames, two.frames);
    assert_int_equal(one.bytes, two.bytes);
}

static void nobody_honest_is_thought_ill_of(void **state)
{
    (void)state;
    const struct sim_config config = near_by(32, 0);
    struct sim *sim = sim_new(&config);
    sim_run(sim, 5000);
    publish_many(sim, 32, 40, 100);
    sim_run(sim, 120000);
    for (unsigned i = 0; i < 32; i++)
        for (unsigned j = 0; j < 32; j++)
            if (i != j)
                assert_true(sim_score(sim, i, j) >= 0);
    sim_free(sim);
}

static void memory_falls_back_when_it_is_quiet(void **state)
{
    (void)state;
    const struct sim_config config = near_by(16, 0);
    struct sim *sim = sim_new(&config);
    sim_run(sim, 5000);
    publish_many(sim, 16, 50, 2000);
    sim_run(sim, 130000);
    for (unsigned i = 0; i < 16; i++) {
        struct gossip_router_stats stats = gossip_router_stats(
            sim_router(sim, i));
        assert_int_equal(stats.seen, 0);
        assert_int_equal(stats.cached_bytes, 0);
        assert_int_equal(stats.pending, 0);
        assert_int_equal(stats.promises, 0);
    }
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_32_get_all_soon_and_not_too_often),
        cmocka_unit_test(all_100_that_know_few_get_all),
        cmocka_unit_test(far_apart_all_get_all_in_a_beat),
        cmocka_unit_test(large_messages_are_doubled_less_far_apart),
        cmocka_unit_test(what_is_lost_is_offered_again),
        cmocka_unit_test(halves_apart_are_one_again_after),
        cmocka_unit_test(those_who_come_and_go_do_not_break_it),
        cmocka_unit_test(the_same_seed_runs_alike),
        cmocka_unit_test(nobody_honest_is_thought_ill_of),
        cmocka_unit_test(memory_falls_back_when_it_is_quiet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
