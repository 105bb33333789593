#include "p2p/gossip_score.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct gossip_score_weights weights = {
    .topics_max = 100,
    .application_weight = 2,
    .colocation_weight = -3,
    .colocation_threshold = 2,
    .behaviour_weight = -1,
    .behaviour_decay = 0.5,
    .behaviour_threshold = 1,
    .decay_to_zero = 0.1,
    .decay_ms = 1000,
    .retain_ms = 10000,
    .retained_max = 2,
};

static const struct gossip_topic_weights topic_weights = {
    .weight = 1,
    .time_weight = 0.5,
    .time_max = 10,
    .time_quantum_ms = 1000,
    .first_weight = 4,
    .first_decay = 0.5,
    .first_max = 3,
    .mesh_weight = -1,
    .mesh_decay = 0.5,
    .mesh_threshold = 4,
    .mesh_max = 8,
    .mesh_activation_ms = 2000,
    .mesh_window_ms = 10,
    .failure_weight = -1,
    .failure_decay = 0.5,
    .invalid_weight = -2,
    .invalid_decay = 0.5,
};

static struct gossip_score *score;

static struct peer_id id_of(uint8_t number)
{
    return (struct peer_id){.at = {0, 1, number}, .len = 3};
}

static struct gossip_scored *join(uint8_t number)
{
    struct peer_id id = id_of(number);
    return gossip_score_join(score, &id, BYTES_EMPTY);
}

static void is_near(double is, double should)
{
    if (fabs(is - should) > 1e-9)
        fail_msg("%f, not %f", is, should);
}

static double of(const struct gossip_scored *peer)
{
    return gossip_score_of(score, peer);
}

static void one_of_whom_nothing_is_known_has_none(void **state)
{
    (void)state;
    is_near(of(join(1)), 0);
}

static void time_in_the_mesh_counts_up_to_its_cap(void **state)
{
    (void)state;
    struct gossip_scored *peer = join(1);
    struct gossip_topic_weights lenient = topic_weights;
    lenient.mesh_weight = 0;
    gossip_score_topic(score, 1, &lenient);
    gossip_score_graft(score, peer, 1, 0);
    gossip_score_decay(score, 2000);
    is_near(of(peer), 2 * 0.5);
    gossip_score_decay(score, 60000);
    is_near(of(peer), 10 * 0.5);
    gossip_score_prune(score, peer, 1);
    gossip_score_topic(score, 1, NULL);
    is_near(of(peer), 0);
}

static void first_deliveries_count_decay_and_are_capped(void **state)
{
    (void)state;
    struct gossip_scored *peer = join(1);
    gossip_score_first(score, peer, 0);
    is_near(of(peer), 4);
    for (int i = 0; i < 9; i++)
        gossip_score_first(score, peer, 0);
    is_near(of(peer), 12);
    gossip_score_decay(score, 1000);
    is_near(of(peer), 6);
    gossip_score_decay(score, 6000);
    is_near(of(peer), 0);
}

static void too_few_deliveries_cost_their_square_once_active(void **state)
{
    (void)state;
    struct gossip_scored *peer = join(1);
    gossip_score_graft(score, peer, 0, 0);
    gossip_score_decay(score, 2000);
    is_near(of(peer), 1);
    gossip_score_decay(score, 3000);
    is_near(of(peer), 1.5 - 16);
    gossip_score_again(score, peer, 0, 0);
    gossip_score_again(score, peer, 0, 10);
    is_near(of(peer), 1.5 - 4);
    gossip_score_again(score, peer, 0, 11);
    is_near(of(peer), 1.5 - 4);
    /* The deficit sticks. */
    gossip_score_prune(score, peer, 0);
    is_near(of(peer), -4);
    gossip_score_prune(score, peer, 0);
    is_near(of(peer), -4);
    gossip_score_decay(score, 4000);
    is_near(of(peer), -2);
}

static void deliveries_outside_the_mesh_do_not_count_for_it(void **state)
{
    (void)state;
    struct gossip_scored *peer = join(1);
    for (int i = 0; i < 9; i++)
        gossip_score_again(score, peer, 0, 0);
    gossip_score_graft(score, peer, 0, 0);
    gossip_score_decay(score, 3000);
    is_near(of(peer), 1.5 - 16);
}

static void invalid_messages_cost_their_square(void **state)
{
    (void)state;
    struct gossip_scored *peer = join(1);
    gossip_score_invalid(score, peer, 0);
    is_near(of(peer), -2);
    gossip_score_invalid(score, peer, 0);
    gossip_score_invalid(score, peer, 0);
    is_near(of(peer), -18);
}

static void breaches_cost_beyond_what_is_forgiven(void **state)
{
    (void)state;
    struct gossip_scored *peer = join(1);
    gossip_score_breach(peer, 1);
    is_near(of(peer), 0);
    gossip_score_breach(peer, 4);
    is_near(of(peer), -16);
    gossip_score_decay(score, 1000);
    is_near(of(peer), -2.25);
}

static void the_application_has_its_say(void **state)
{
    (void)state;
    struct gossip_scored *peer = join(1);
    gossip_score_application(peer, -7);
    is_near(of(peer), -14);
    is_near(gossip_score_parts(score, peer).application, -14);
}

static void many_at_one_address_cost_the_square_of_the_surplus(void **state)
{
    (void)state;
    struct gossip_scored *peers[5];
    for (uint8_t i = 0; i < 4; i++) {
        struct peer_id id = id_of(i);
        peers[i] = gossip_score_join(score, &id, bytes_of("\x0a\0\0\1", 4));
    }
    struct peer_id id = id_of(9);
    peers[4] = gossip_score_join(score, &id, bytes_of("\x0a\0\0\2", 4));
    is_near(of(peers[0]), -12);
    is_near(of(peers[4]), 0);
    gossip_score_leave(score, peers[4], 0);
    is_near(of(peers[3]), -12);
    /* Gone with a score below 0, it still counts. */
    gossip_score_leave(score, peers[0], 0);
    is_near(of(peers[3]), -12);
    gossip_score_decay(score, 10000);
    is_near(of(peers[3]), -3);
}

static void an_ip6_address_counts_as_its_network(void **state)
{
    (void)state;
    struct gossip_scored *last = NULL;
    for (uint8_t i = 0; i < 3; i++) {
        struct peer_id id = id_of(i);
        uint8_t ip[16] = {0x20, 1, [7] = i, [15] = i};
        last = gossip_score_join(score, &id, bytes_of(ip, sizeof ip));
    }
    is_near(of(last), -3);
}

static void topics_together_are_capped_above_alone(void **state)
{
    (void)state;
    struct gossip_topic_weights high = topic_weights;
    high.first_weight = 1000;
    gossip_score_topic(score, 5, &high);
    struct gossip_scored *peer = join(1);
    gossip_score_first(score, peer, 5);
    is_near(of(peer), 100);
    for (int i = 0; i < 100; i++)
        gossip_score_invalid(score, peer, 5);
    is_near(of(peer), 1000 - 20000);
}

static void a_topic_without_weights_is_not_scored(void **state)
{
    (void)state;
    struct gossip_scored *peer = join(1);
    gossip_score_invalid(score, peer, 7);
    is_near(of(peer), 0);
    gossip_score_invalid(score, peer, 0);
    gossip_score_topic(score, 0, NULL);
    is_near(of(peer), 0);
    gossip_score_topic(score, 0, &topic_weights);
    is_near(of(peer), 0);
}

static void coming_back_does_not_clear_a_low_score(void **state)
{
    (void)state;
    struct gossip_scored *peer = join(1);
    gossip_score_invalid(score, peer, 0);
    gossip_score_leave(score, peer, 0);
    gossip_score_decay(score, 9000);
    peer = join(1);
    is_near(of(peer), -2);
    gossip_score_leave(score, peer, 9000);
    gossip_score_decay(score, 19000);
    is_near(of(join(1)), 0);
}

static void leaving_the_mesh_in_deficit_is_remembered(void **state)
{
    (void)state;
    struct gossip_scored *peer = join(1);
    gossip_score_graft(score, peer, 0, 0);
    gossip_score_first(score, peer, 0);
    gossip_score_decay(score, 3000);
    gossip_score_leave(score, peer, 3000);
    double missing = 4 - 0.125;
    is_near(of(join(1)), -missing * missing);
}

static void a_good_score_is_not_kept(void **state)
{
    (void)state;
    struct gossip_scored *peer = join(1);
    gossip_score_first(score, peer, 0);
    gossip_score_leave(score, peer, 0);
    assert_int_equal(gossip_score_count(score), 0);
}

static void those_remembered_are_bounded(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < 50; i++) {
        struct gossip_scored *peer = join(i);
        gossip_score_invalid(score, peer, 0);
        gossip_score_leave(score, peer, i);
        assert_true(gossip_score_count(score) <= 2);
    }
    is_near(of(join(48)), -2);
    is_near(of(join(47)), 0);
}

/* What the defaults promise: an honest peer is never low, a few invalid
 * messages make a peer one that is not listened to. */
static void the_defaults_tell_honest_from_hostile(void **state)
{
    (void)state;
    struct gossip_score *usual = gossip_score_new(&GOSSIP_SCORE_WEIGHTS, 0);
    struct peer_id id = id_of(1), other = id_of(2);
    gossip_score_topic(usual, 0, &GOSSIP_TOPIC_WEIGHTS);
    struct gossip_scored *honest = gossip_score_join(usual, &id, BYTES_EMPTY);
    struct gossip_scored *bad = gossip_score_join(usual, &other, BYTES_EMPTY);
    gossip_score_graft(usual, honest, 0, 0);
    gossip_score_graft(usual, bad, 0, 0);
    for (uint64_t now = 1000; now < 600000; now += 1000) {
        gossip_score_decay(usual, now);
        assert_true(gossip_score_of(usual, honest) >= 0);
    }
    gossip_score_invalid(usual, bad, 0);
    assert_true(gossip_score_of(usual, bad) < 0);
    gossip_score_invalid(usual, bad, 0);
    gossip_score_invalid(usual, bad, 0);
    assert_true(gossip_score_of(usual, bad) < GOSSIP_THRESHOLDS.graylist);
    gossip_score_free(usual);
}

static int begin(void **state)
{
    (void)state;
    score = gossip_score_new(&weights, 0);
    gossip_score_topic(score, 0, &topic_weights);
    return 0;
}

static int end(void **state)
{
    (void)state;
    gossip_score_free(score);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_of_whom_nothing_is_known_has_none),
        TEST(time_in_the_mesh_counts_up_to_its_cap),
        TEST(first_deliveries_count_decay_and_are_capped),
        TEST(too_few_deliveries_cost_their_square_once_active),
        TEST(deliveries_outside_the_mesh_do_not_count_for_it),
        TEST(invalid_messages_cost_their_square),
        TEST(breaches_cost_beyond_what_is_forgiven),
        TEST(the_application_has_its_say),
        TEST(many_at_one_address_cost_the_square_of_the_surplus),
        TEST(an_ip6_address_counts_as_its_network),
        TEST(topics_together_are_capped_above_alone),
        TEST(a_topic_without_weights_is_not_scored),
        TEST(coming_back_does_not_clear_a_low_score),
        TEST(leaving_the_mesh_in_deficit_is_remembered),
        TEST(a_good_score_is_not_kept),
        TEST(those_remembered_are_bounded),
        TEST(the_defaults_tell_honest_from_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
