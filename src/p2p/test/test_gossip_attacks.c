/* Attacks on the mesh and on its members, most of them those of the report
 * that gossipsub 1.1 was evaluated in (PL-TechRep-2020-001). Each test says
 * what the honest side keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/memory.h"
#include "p2p/test/gossip_sim.h"

#define HONEST 20
#define BACKOFF_US 61000000u

/* What a hostile node does with a message that it gets. */
typedef bool (*pass_rule)(struct sim *sim, unsigned node,
                          const struct gossip_message *message);

struct attack {
    pass_rule passes; /* NULL: it drops all */
    bool grafts;      /* wherever it may */
    uint64_t begins_us;
    bool seen[SIM_NODES_MAX][SIM_MESSAGES_MAX];
    bool is_grafted[SIM_NODES_MAX][HONEST];
    uint64_t until_us[SIM_NODES_MAX][HONEST];
    struct buffer kept; /* of the replayer: a message */
};

static struct attack *attack;
static struct sim *sim;
static struct arena arena;

/* Topics with a known rate, some messages a second, name what a member of the
 * mesh has to bring. */
static const struct gossip_topic_weights watchful = {
    .weight = 1,
    .time_weight = 0.01,
    .time_max = 300,
    .time_quantum_ms = 1000,
    .first_weight = 1,
    .first_decay = 0.99,
    .first_max = 20,
    .mesh_weight = -40,
    .mesh_decay = 0.9,
    .mesh_threshold = 1,
    .mesh_max = 20,
    .mesh_activation_ms = 8000,
    .mesh_window_ms = 200,
    .failure_weight = -5,
    .failure_decay = 0.99,
    .invalid_weight = -10,
    .invalid_decay = 0.995,
};

static void pass_to_all(unsigned node, unsigned from, bytes raw)
{
    const struct gossip_rpc rpc = {.messages = &raw, .message_count = 1};
    for (unsigned i = 0; i < HONEST; i++)
        if (i != from)
            sim_send(sim, node, i, &rpc);
}

static void hostile_message(unsigned node, unsigned from, bytes raw)
{
    struct gossip_message message;
    if (gossip_message_read(&message, raw) != LOFT_OK || message.data.len < 8)
        return;
    uint64_t number = load_be64(message.data.at);
    if (number >= SIM_MESSAGES_MAX || attack->seen[node][number])
        return;
    attack->seen[node][number] = true;
    if (attack->passes && attack->passes(sim, node, &message))
        pass_to_all(node, from, raw);
}

static void hostile_got(struct sim *of, unsigned node, unsigned from, bytes raw)
{
    struct gossip_rpc rpc;
    (void)of;
    arena_reset(&arena);
    if (gossip_rpc_read(&arena, &rpc, raw) != LOFT_OK)
        return;
    for (size_t i = 0; i < rpc.message_count; i++)
        hostile_message(node, from, rpc.messages[i]);
    if (rpc.graft_count > 0)
        attack->is_grafted[node][from] = true;
    if (rpc.prune_count == 0)
        return;
    attack->is_grafted[node][from] = false;
    attack->until_us[node][from] = sim_now_us(sim) + BACKOFF_US;
}

static void graft(unsigned node, unsigned to)
{
    const bytes topic = bytes_str(SIM_TOPIC);
    const struct gossip_rpc rpc = {.graft = &topic, .graft_count = 1};
    sim_send(sim, node, to, &rpc);
    attack->is_grafted[node][to] = true;
}

/* As early as the back-off permits. */
static void hostile_beat(struct sim *of, unsigned node)
{
    (void)of;
    for (unsigned i = 0; attack->grafts && i < HONEST; i++)
        if (sim_number(sim, node, i) != UINT32_MAX &&
            !attack->is_grafted[node][i] &&
            sim_now_us(sim) >= attack->until_us[node][i])
            graft(node, i);
}

static struct sim_config config_of(unsigned hostile)
{
    return (struct sim_config){.seed = 5,
                               .nodes = HONEST,
                               .hostile = hostile,
                               .links = 4,
                               .latency_min_us = 1000,
                               .latency_max_us = 20000,

                               .hostile_got = hostile_got,
                               .hostile_beat = hostile_beat};
}

static void assail(unsigned node, unsigned target, const uint8_t *ip)
{
    sim_connect(sim, node, target, ip);
    sim_say_subscribed(sim, node, target);
}

static void assail_all(unsigned hostile)
{
    for (unsigned i = HONEST; i < HONEST + hostile; i++)
        for (unsigned j = 0; j < HONEST; j++)
            assail(i, j, NULL);
}

/* Four messages a second of honest nodes, of `publisher` alone where it is
 * one of them. */
static unsigned traffic(unsigned publisher, unsigned seconds)
{
    unsigned first = UINT32_MAX;
    for (unsigned i = 0; i < 4 * seconds; i++) {
        unsigned node = publisher < HONEST ? publisher
                                           : sim_chance(sim, HONEST);
        unsigned message = sim_publish(sim, node, 100);
        if (first == UINT32_MAX)
            first = message;
        sim_run(sim, 250);
    }
    return first;
}

static void assert_share_gets_all(const char *name, unsigned first,
                                  double share, double ms_max)
{
    sim_run(sim, 5000);
    struct sim_result result = sim_result(sim, first);
    print_message("%s: %u of %u, p50 %.0f ms, p99 %.0f ms, at most %.0f ms\n",
                  name, result.delivered, result.expected,
                  result.latency_ms_p50, result.latency_ms_p99,
                  result.latency_ms_max);
    assert_true(result.delivered >= share * result.expected);
    assert_true(result.latency_ms_max <= ms_max);
}

static void assert_all_get_all(const char *name, unsigned first, double ms_max)
{
    assert_share_gets_all(name, first, 1, ms_max);
}

static void assert_honest_are_trusted(void)
{
    for (unsigned i = 0; i < HONEST; i++)
        for (unsigned j = 0; j < HONEST; j++)
            if (i != j && sim_number(sim, i, j) != UINT32_MAX)
                assert_true(sim_score(sim, i, j) >= GOSSIP_THRESHOLDS.gossip);
}

/* How many places of honest meshes are taken by hostile nodes. */
static unsigned places_taken(unsigned hostile)
{
    unsigned taken = 0;
    for (unsigned i = 0; i < HONEST; i++)
        for (unsigned j = HONEST; j < HONEST + hostile; j++)
            taken += sim_in_mesh(sim, i, j);
    return taken;
}

static void assert_not_listened_to(unsigned hostile)
{
    for (unsigned i = 0; i < HONEST; i++)
        for (unsigned j = HONEST; j < HONEST + hostile; j++)
            if (sim_number(sim, i, j) != UINT32_MAX)
                assert_true(sim_score(sim, i, j) < GOSSIP_THRESHOLDS.graylist);
}

static void one_who_is_surrounded_misses_nothing(void **state)
{
    (void)state;
    const struct sim_config config = config_of(40);
    sim = sim_new(&config);
    attack->grafts = true;
    for (unsigned i = HONEST; i < HONEST + 40; i++)
        assail(i, 0, NULL);
    sim_run(sim, 5000);
    unsigned first = traffic(UINT32_MAX, 30);
    assert_all_get_all("eclipse of one", first, 4000);
    assert_true(places_taken(40) < GOSSIP_PARAMS.degree_high);
}

static void a_network_outnumbered_three_to_one_misses_nothing(void **state)
{
    (void)state;
    const struct sim_config config = config_of(60);
    sim = sim_new(&config);
    attack->grafts = true;
    sim_run(sim, 5000);
    assail_all(60);
    unsigned first = traffic(UINT32_MAX, 20);
    assert_all_get_all("eclipse of all", first, 4000);
    assert_honest_are_trusted();
}

static void a_publisher_that_is_surrounded_is_heard(void **state)
{
    (void)state;
    const struct sim_config config = config_of(40);
    sim = sim_new(&config);
    attack->grafts = true;
    for (unsigned i = HONEST; i < HONEST + 40; i++)
        assail(i, 3, NULL);
    sim_run(sim, 5000);
    unsigned first = traffic(3, 20);
    assert_all_get_all("eclipse of a publisher", first, 4000);
}

static bool passes_all_but_of_3(struct sim *of, unsigned node,
                                const struct gossip_message *message)
{
    (void)node;
    struct peer_id victim = peer_id_of(&sim_key(of, 3)->public);
    return !bytes_equal(message->from, peer_id_bytes(&victim));
}

static void censor_3(const struct gossip_params *params)
{
    struct sim_config config = config_of(40);
    config.params = params;
    sim = sim_new(&config);
    attack->grafts = true;
    attack->passes = passes_all_but_of_3;
    assail_all(40);
    sim_run(sim, 5000);
    traffic(UINT32_MAX, 20);
}

/* Five of six peers of each node are hostile, and are trusted for all that they
 * do pass on. */
static void one_that_all_attackers_leave_out_is_mostly_heard(void **state)
{
    (void)state;
    censor_3(NULL);
    unsigned first = traffic(3, 10);
    assert_share_gets_all("censoring of one", first, 0.95, 4000);
}

static void one_that_floods_is_heard_whoever_leaves_it_out(void **state)
{
    (void)state;
    struct gossip_params params = GOSSIP_PARAMS;
    params.flood_max = params.peers_max;
    censor_3(&params);
    unsigned first = traffic(3, 10);
    assert_share_gets_all("censoring of one that floods", first, 0.99, 4000);
}

static bool passes_half(struct sim *of, unsigned node,
                        const struct gossip_message *message)
{
    (void)node;
    (void)message;
    return sim_chance(of, 2) == 0;
}

static void members_that_pass_on_half_degrade_nothing(void **state)
{
    (void)state;
    const struct sim_config config = config_of(40);
    sim = sim_new(&config);
    attack->grafts = true;
    attack->passes = passes_half;
    assail_all(40);
    sim_run(sim, 5000);
    unsigned first = traffic(UINT32_MAX, 20);
    assert_all_get_all("degradation", first, 4000);
}

/* Both sides begin at once, so that no honest node has a mesh yet, and of its
 * peers seven of eight are hostile. */
static void a_network_that_begins_under_attack_forms(void **state)
{
    (void)state;
    const struct sim_config config = config_of(60);
    sim = sim_new(&config);
    attack->grafts = true;
    assail_all(60);
    for (unsigned i = HONEST; i < HONEST + 60; i++)
        for (unsigned j = 0; j < HONEST; j++)
            graft(i, j);
    unsigned first = traffic(UINT32_MAX, 30);
    assert_share_gets_all("cold boot, at first", first, 0.98, 8000);
    first = traffic(UINT32_MAX, 30);
    assert_all_get_all("cold boot", first, 4000);
}

static bool passes_until_it_begins(struct sim *of, unsigned node,
                                   const struct gossip_message *message)
{
    (void)node;
    (void)message;
    return sim_now_us(of) < attack->begins_us;
}

static void flash(const struct gossip_topic_weights *weights)
{
    struct sim_config config = config_of(40);
    config.topic_weights = weights;
    sim = sim_new(&config);
    attack->grafts = true;
    attack->passes = passes_until_it_begins;
    attack->begins_us = UINT64_MAX;
    assail_all(40);
    sim_run(sim, 2000);
    traffic(UINT32_MAX, 40);
    attack->begins_us = 0;
}

static void attackers_that_behaved_and_turn_at_once_stop_little(void **state)
{
    (void)state;
    flash(&GOSSIP_TOPIC_WEIGHTS);
    unsigned first = traffic(UINT32_MAX, 30);
    assert_share_gets_all("covert flash", first, 0.99, 5000);
}

/* P3 finds out those that bring nothing, which P2 had believed for longer. */
static void where_the_rate_is_known_silence_costs_the_place(void **state)
{
    (void)state;
    flash(&watchful);
    unsigned before = places_taken(40);
    traffic(UINT32_MAX, 30);
    print_message("places in meshes: %u, then %u\n", before, places_taken(40));
    assert_true(places_taken(40) <= before / 2);
}

/* Attackers take the meshes of the few that are up; the others wake later and
 * find these. */
static void those_who_wake_later_are_not_lost(void **state)
{
    (void)state;
    const struct sim_config config = config_of(40);
    sim = sim_new(&config);
    attack->grafts = true;
    for (unsigned i = 5; i < HONEST; i++)
        sim_group(sim, i, 1 + i);
    for (unsigned i = HONEST; i < HONEST + 40; i++)
        for (unsigned j = 0; j < 5; j++)
            assail(i, j, NULL);
    sim_run(sim, 10000);
    for (unsigned i = 5; i < HONEST; i++) {
        sim_group(sim, i, 0);
        for (unsigned j = 0; j < 5; j++)
            sim_disconnect(sim, i, j);
        for (unsigned j = 0; j < 5; j++)
            sim_connect(sim, i, j, NULL);
        sim_run(sim, 500);
    }
    unsigned first = traffic(UINT32_MAX, 20);
    assert_all_get_all("attack at dawn", first, 4000);
}

static void many_at_one_address_enter_no_mesh(void **state)
{
    (void)state;
    const struct sim_config config = config_of(30);
    const uint8_t ip[4] = {192, 0, 2, 1};
    sim = sim_new(&config);
    attack->grafts = true;
    for (unsigned i = HONEST; i < HONEST + 30; i++)
        for (unsigned j = 0; j < HONEST; j++)
            assail(i, j, ip);
    sim_run(sim, 5000);
    unsigned first = traffic(UINT32_MAX, 5);
    assert_all_get_all("colocation", first, 4000);
    assert_int_equal(places_taken(30), 0);
}

/* Spam of one kind in each of some beats. */
static void spam(unsigned hostile, unsigned beats, void (*act)(unsigned node))
{
    for (unsigned i = 0; i < beats; i++) {
        for (unsigned node = HONEST; node < HONEST + hostile; node++)
            act(node);
        sim_publish(sim, sim_chance(sim, HONEST), 100);
        sim_run(sim, 500);
    }
}

static void begin_spam(unsigned hostile)
{
    const struct sim_config config = config_of(hostile);
    sim = sim_new(&config);
    assail_all(hostile);
    sim_run(sim, 5000);
}

static void send_to_all(unsigned node, const struct gossip_rpc *rpc)
{
    for (unsigned i = 0; i < HONEST; i++)
        sim_send(sim, node, i, rpc);
}

static void offer_what_is_not(unsigned node)
{
    static uint8_t names[1000][46];
    bytes ids[1000];
    for (unsigned i = 0; i < 1000; i++) {
        store_be32(names[i], sim_chance(sim, UINT32_MAX));
        store_be32(names[i] + 4, i);
        ids[i] = bytes_of(names[i], sizeof names[i]);
    }
    const struct gossip_ids ihave = {bytes_str(SIM_TOPIC), ids, 1000};
    const struct gossip_rpc rpc = {.ihave = &ihave, .ihave_count = 1};
    send_to_all(node, &rpc);
}

/* Each is asked for some of what it offers, and then no more. */
static void offers_that_are_empty_are_soon_ignored(void **state)
{
    (void)state;
    begin_spam(3);
    spam(3, 60, offer_what_is_not);
    assert_all_get_all("IHAVE spam", 0, 4000);
    assert_int_equal(places_taken(3), 0);
    assert_honest_are_trusted();
    for (unsigned i = 0; i < HONEST; i++) {
        struct gossip_router_stats stats = gossip_router_stats(
            sim_router(sim, i));
        assert_int_equal(stats.promises, 0);
        assert_true(stats.counts.asked < 3 * 60 * 1000 / 4);
    }
}

static void ask_for_all(unsigned node)
{
    bytes ids[64];
    static uint8_t names[64][46];
    for (unsigned i = 0; i < 64; i++) {
        struct peer_id author = peer_id_of(&sim_key(sim, i % 4)->public);
        memcpy(names[i], author.at, 38);
        store_be64(names[i] + 38, 1001 + i / 4);
        ids[i] = bytes_of(names[i], 46);
    }
    const struct gossip_ids iwant = {BYTES_EMPTY, ids, 64};
    const struct gossip_rpc rpc = {.iwant = &iwant, .iwant_count = 1};
    for (unsigned i = 0; i < 20; i++)
        send_to_all(node, &rpc);
}

static void asking_again_and_again_is_answered_thrice(void **state)
{
    (void)state;
    begin_spam(3);
    spam(3, 60, ask_for_all);
    assert_all_get_all("IWANT spam", 0, 4000);
    for (unsigned i = 0; i < HONEST; i++)
        assert_true(gossip_router_stats(sim_router(sim, i)).counts.given <=
                    3 * 60 * GOSSIP_PARAMS.retransmissions_max + 60 * HONEST);
}

static void graft_now(unsigned node)
{
    for (unsigned i = 0; i < HONEST; i++)
        graft(node, i);
}

static void leave_and_come_back(unsigned node)
{
    const bytes topic = bytes_str(SIM_TOPIC);
    const struct gossip_prune prune = {.topic = topic, .backoff_s = 1};
    const struct gossip_rpc rpc = {.prune = &prune, .prune_count = 1};
    send_to_all(node, &rpc);
    graft_now(node);
}

static void grafting_in_spite_of_the_back_off_ends_in_silence(void **state)
{
    (void)state;
    begin_spam(20);
    for (unsigned i = 0; i < 20; i++)
        spam(20, 1, graft_now);
    assert_all_get_all("GRAFT spam", 0, 4000);
    spam(20, 40, leave_and_come_back);
    assert_all_get_all("PRUNE and GRAFT spam", 20, 4000);
    assert_int_equal(places_taken(20), 0);
    assert_honest_are_trusted();
}

static void name_strangers(unsigned node)
{
    struct gossip_exchange peers[GOSSIP_PRUNE_PEERS_MAX];
    static uint8_t ids[GOSSIP_PRUNE_PEERS_MAX][38];
    for (unsigned i = 0; i < GOSSIP_PRUNE_PEERS_MAX; i++) {
        memcpy(ids[i], "\0\x24\x08\1\x12\x20", 6);
        store_be32(ids[i] + 6, sim_chance(sim, UINT32_MAX));
        peers[i] = (struct gossip_exchange){bytes_of(ids[i], 38), BYTES_EMPTY};
    }
    const struct gossip_prune prune = {bytes_str(SIM_TOPIC), peers,
                                       GOSSIP_PRUNE_PEERS_MAX, UINT64_MAX};
    const struct gossip_rpc rpc = {.prune = &prune, .prune_count = 1};
    send_to_all(node, &rpc);
}

static void strangers_that_strangers_name_are_not_dialed(void **state)
{
    (void)state;
    begin_spam(3);
    spam(3, 40, name_strangers);
    assert_all_get_all("PX spam", 0, 4000);
    for (unsigned i = 0; i < HONEST; i++) {
        struct gossip_router_stats stats = gossip_router_stats(
            sim_router(sim, i));
        assert_true(stats.backoffs <= HONEST + 3);
    }
}

static enum gossip_verdict
rejects_odd_lengths(struct sim *of, unsigned node,
                    const struct gossip_message *message)
{
    (void)of;
    (void)node;
    return message->data.len % 2 ? GOSSIP_REJECT : GOSSIP_ACCEPT;
}

static uint64_t own_seqno;

static void send_invalid(unsigned node)
{
    struct buffer raw = {0};
    for (unsigned i = 0; i < 10; i++) {
        raw.len = 0;
        gossip_message_seal(&raw, sim_key(sim, node), bytes_str(SIM_TOPIC),
                            bytes_str("odd"), ++own_seqno);
        bytes message = buffer_bytes(&raw);
        const struct gossip_rpc rpc = {.messages = &message,
                                       .message_count = 1};
        send_to_all(node, &rpc);
    }
    buffer_free(&raw);
}

/* None of them goes a hop, so nobody honest is blamed for passing it on. */
static void invalid_messages_go_no_hop(void **state)
{
    (void)state;
    struct sim_config config = config_of(3);
    config.validate = rejects_odd_lengths;
    sim = sim_new(&config);
    assail_all(3);
    sim_run(sim, 5000);
    spam(3, 40, send_invalid);
    assert_all_get_all("invalid flood", 0, 4000);
    assert_not_listened_to(3);
    assert_honest_are_trusted();
    for (unsigned i = 0; i < HONEST; i++)
        assert_true(gossip_router_stats(sim_router(sim, i)).counts.rejected <=
                    3 * 4);
}

static void send_forged(unsigned node)
{
    struct buffer raw = {0};
    for (unsigned i = 0; i < 10; i++) {
        raw.len = 0;
        gossip_message_seal(&raw, sim_key(sim, i % HONEST),
                            bytes_str(SIM_TOPIC), bytes_str("forged.."),
                            1001 + i);
        raw.at[raw.len - 1] ^= 1;
        bytes message = buffer_bytes(&raw);
        const struct gossip_rpc rpc = {.messages = &message,
                                       .message_count = 1};
        send_to_all(node, &rpc);
    }
    buffer_free(&raw);
}

/* They carry the names of messages that are still to come. */
static void forgeries_do_not_stand_in_for_what_they_forge(void **state)
{
    (void)state;
    begin_spam(3);
    spam(3, 40, send_forged);
    assert_all_get_all("forgeries", 0, 4000);
    assert_not_listened_to(3);
    assert_honest_are_trusted();
}

static void send_unsigned(unsigned node)
{
    const bytes message = bytes_str("\x12\4data\x22\6blocks");
    const struct gossip_rpc rpc = {.messages = &message, .message_count = 1};
    for (unsigned i = 0; i < 10; i++)
        send_to_all(node, &rpc);
}

static void unsigned_messages_end_in_silence(void **state)
{
    (void)state;
    begin_spam(3);
    spam(3, 40, send_unsigned);
    assert_all_get_all("unsigned", 0, 4000);
    assert_honest_are_trusted();
    for (unsigned i = 0; i < HONEST; i++)
        assert_true(gossip_router_stats(sim_router(sim, i)).counts.malformed <=
                    3 * 30);
}

static bool keeps_one(struct sim *of, unsigned node,
                      const struct gossip_message *message)
{
    (void)of;
    (void)node;
    if (attack->kept.len == 0)
        buffer_put_bytes(&attack->kept, message->raw);
    return false;
}

/* The network's deliveries are asserted to come once. */
static void a_message_replayed_when_it_is_forgotten_is_not_news(void **state)
{
    (void)state;
    const struct sim_config config = config_of(3);
    sim = sim_new(&config);
    attack->grafts = true;
    attack->passes = keeps_one;
    assail_all(3);
    sim_run(sim, 5000);
    traffic(2, 5);
    sim_run(sim, GOSSIP_PARAMS.seen_ms + 5000);
    assert_true(attack->kept.len > 0);
    assert_int_equal(gossip_router_stats(sim_router(sim, 5)).seen, 0);
    bytes old = buffer_bytes(&attack->kept);
    const struct gossip_rpc rpc = {.messages = &old, .message_count = 1};
    send_to_all(HONEST, &rpc);
    sim_run(sim, 5000);
    unsigned refused = 0;
    for (unsigned i = 0; i < HONEST; i++)
        refused += gossip_router_stats(sim_router(sim, i)).counts.replayed > 0;
    assert_int_equal(refused, HONEST - 1); /* and its author, who knows it */
    unsigned first = traffic(2, 2);
    assert_all_get_all("replay", first, 4000);
}

static int begin(void **state)
{
    (void)state;
    attack = MEMORY_NEW(struct attack);
    arena_init(&arena);
    own_seqno = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    sim_free(sim);
    buffer_free(&attack->kept);
    free(attack);
    arena_fini(&arena);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_who_is_surrounded_misses_nothing),
        TEST(a_network_outnumbered_three_to_one_misses_nothing),
        TEST(a_publisher_that_is_surrounded_is_heard),
        TEST(one_that_all_attackers_leave_out_is_mostly_heard),
        TEST(one_that_floods_is_heard_whoever_leaves_it_out),
        TEST(members_that_pass_on_half_degrade_nothing),
        TEST(a_network_that_begins_under_attack_forms),
        TEST(attackers_that_behaved_and_turn_at_once_stop_little),
        TEST(where_the_rate_is_known_silence_costs_the_place),
        TEST(those_who_wake_later_are_not_lost),
        TEST(many_at_one_address_enter_no_mesh),
        TEST(offers_that_are_empty_are_soon_ignored),
        TEST(asking_again_and_again_is_answered_thrice),
        TEST(grafting_in_spite_of_the_back_off_ends_in_silence),
        TEST(strangers_that_strangers_name_are_not_dialed),
        TEST(invalid_messages_go_no_hop),
        TEST(forgeries_do_not_stand_in_for_what_they_forge),
        TEST(unsigned_messages_end_in_silence),
        TEST(a_message_replayed_when_it_is_forgotten_is_not_news),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
