/* One router among peers that the test plays. */
#include "p2p/gossip_router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "p2p/envelope.h"

#define PEERS 24
#define NONE UINT32_MAX

struct sent {
    unsigned peer;
    enum gossip_class class;
    struct gossip_frame *frame;
};

static struct gossip_router *router;
static struct gossip_params params;
static struct peer_private_key self, keys[PEERS];
static struct peer_id ids[PEERS];
static unsigned numbers[PEERS];
static VEC(struct sent) sent;
static struct arena arena;
static uint64_t now_ms, last_ticket;
static enum gossip_verdict verdict;
static unsigned delivered, blamed, graves, turned_to, asked_to_judge, unsent;

static void on_send(void *context, unsigned peer, enum gossip_class class,
                    struct gossip_frame *frame)
{
    (void)context;
    VEC_PUSH(&sent, ((struct sent){peer, class, gossip_frame_hold(frame)}));
}

static enum gossip_verdict on_validate(void *context, void *topic,
                                       const struct gossip_message *message,
                                       uint64_t ticket)
{
    (void)context;
    (void)topic;
    (void)message;
    last_ticket = ticket;
    asked_to_judge++;
    return verdict;
}

static void on_deliver(void *context, void *topic,
                       const struct gossip_message *message)
{
    (void)context;
    (void)topic;
    (void)message;
    delivered++;
}

static void on_blame(void *context, unsigned peer, bool is_grave,
                     const char *why)
{
    (void)context;
    (void)peer;
    assert_true(strlen(why) > 0);
    blamed++;
    graves += is_grave;
}

static void on_turn_to(void *context, const struct peer_id *peer, bytes record)
{
    (void)context;
    (void)peer;
    (void)record;
    turned_to++;
}

static void on_record_of(void *context, struct buffer *out,
                         const struct peer_id *peer)
{
    (void)context;
    (void)peer;
    buffer_put_bytes(out, bytes_str("record"));
}

static void on_unsend(void *context, unsigned peer,
                      const struct gossip_frame *frame)
{
    (void)context, (void)peer, (void)frame;
    unsent++;
}

static const struct gossip_router_calls calls = {
    on_send,  on_unsend,  on_validate, on_deliver,
    on_blame, on_turn_to, on_record_of};

static void clear_sent(void)
{
    VEC_FOR_EACH (it, &sent)
        gossip_frame_drop(it->frame);
    sent.len = 0;
}

enum part { SUBSCRIBE, MESSAGE, IHAVE, IWANT, GRAFT, PRUNE, IDONTWANT };

static size_t parts_of(const struct gossip_rpc *rpc, enum part part)
{
    const size_t counts[] = {rpc->subscription_count, rpc->message_count,
                             rpc->ihave_count,        rpc->iwant_count,
                             rpc->graft_count,        rpc->prune_count,
                             rpc->idontwant_count};
    return counts[part];
}

/* How many of a part a peer was sent, NONE: all of them together. */
static size_t count_sent(unsigned peer, enum part part)
{
    size_t count = 0;
    VEC_FOR_EACH (it, &sent) {
        struct gossip_rpc rpc;
        if (peer != NONE && it->peer != numbers[peer])
            continue;
        assert_int_equal(
            gossip_rpc_read(&arena, &rpc, gossip_frame_rpc(it->frame)),
            LOFT_OK);
        count += parts_of(&rpc, part);
    }
    return count;
}

static struct gossip_prune last_prune(unsigned peer)
{
    struct gossip_prune prune = {0};
    VEC_FOR_EACH (it, &sent) {
        struct gossip_rpc rpc;
        assert_int_equal(
            gossip_rpc_read(&arena, &rpc, gossip_frame_rpc(it->frame)),
            LOFT_OK);
        if (it->peer == numbers[peer] && rpc.prune_count > 0)
            prune = rpc.prune[0];
    }
    return prune;
}

static bytes topic(void)
{
    return bytes_str("blocks");
}

static loft_err give(unsigned peer, const struct gossip_rpc *rpc)
{
    struct buffer out = {0};
    gossip_rpc_put(&out, rpc);
    loft_err err = gossip_router_receive(router, numbers[peer],
                                         buffer_bytes(&out), now_ms);
    buffer_free(&out);
    return err;
}

static void connect_one(unsigned peer, bool is_outbound)
{
    const uint8_t ip[4] = {10, 0, 0, (uint8_t)peer};
    const struct gossip_peer_config config = {.id = &ids[peer],
                                              .ip = bytes_of(ip, 4),
                                              .is_outbound = is_outbound,
                                              .is_v12 = true};
    assert_int_equal(
        gossip_router_connect(router, &numbers[peer], &config, now_ms),
        LOFT_OK);
}

static void say_subscribed(unsigned peer)
{
    const struct gossip_subscription subscription = {true, topic()};
    const struct gossip_rpc rpc = {.subscriptions = &subscription,
                                   .subscription_count = 1};
    assert_int_equal(give(peer, &rpc), LOFT_OK);
}

static void join(unsigned from, unsigned to, bool is_outbound)
{
    for (unsigned i = from; i < to; i++) {
        connect_one(i, is_outbound);
        say_subscribed(i);
    }
}

static void beats(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        now_ms += params.heartbeat_ms;
        gossip_router_beat(router, now_ms);
    }
}

static void graft(unsigned peer)
{
    const bytes name = topic();
    const struct gossip_rpc rpc = {.graft = &name, .graft_count = 1};
    assert_int_equal(give(peer, &rpc), LOFT_OK);
}

static bool in_mesh(unsigned peer)
{
    struct gossip_topic_info info;
    assert_true(gossip_router_topic(router, 0, &info));
    for (unsigned i = 0; i < info.mesh_count; i++)
        if (info.mesh[i] == numbers[peer])
            return true;
    return false;
}

static unsigned mesh_count(void)
{
    struct gossip_topic_info info;
    return gossip_router_topic(router, 0, &info) ? info.mesh_count : 0;
}

static double score(unsigned peer)
{
    struct gossip_peer_info info;
    assert_true(gossip_router_peer(router, numbers[peer], &info));
    return info.score;
}

static bytes message_of(unsigned author, uint64_t seqno, size_t len)
{
    struct buffer out = {0};
    uint8_t *data = arena_zalloc(&arena, len + 1);
    gossip_message_seal(&out, &keys[author], topic(), bytes_of(data, len),
                        seqno);
    bytes copy = arena_copy(&arena, buffer_bytes(&out));
    buffer_free(&out);
    return copy;
}

static void give_message(unsigned peer, bytes raw)
{
    const struct gossip_rpc rpc = {.messages = &raw, .message_count = 1};
    assert_int_equal(give(peer, &rpc), LOFT_OK);
}

static bytes id_of(bytes raw)
{
    struct gossip_message message;
    assert_int_equal(gossip_message_read(&message, raw), LOFT_OK);
    struct gossip_id id = gossip_id_by_author(&message);
    return arena_copy(&arena, gossip_id_bytes(&id));
}

static void give_ids(unsigned peer, enum part part, const bytes *at, size_t len)
{
    const struct gossip_ids list = {topic(), at, len};
    struct gossip_ids plain = {BYTES_EMPTY, at, len};
    struct gossip_rpc rpc = {0};
    if (part == IHAVE)
        rpc.ihave = &list, rpc.ihave_count = 1;
    else if (part == IWANT)
        rpc.iwant = &plain, rpc.iwant_count = 1;
    else
        rpc.idontwant = &plain, rpc.idontwant_count = 1;
    assert_int_equal(give(peer, &rpc), LOFT_OK);
}

static const struct gossip_topic_config usual = {
    .weights = &GOSSIP_TOPIC_WEIGHTS, .seqnos_rise = true};

static void a_new_peer_hears_our_subscriptions_first(void **state)
{
    (void)state;
    connect_one(0, true);
    assert_int_equal(sent.len, 1);
    assert_int_equal(count_sent(0, SUBSCRIBE), 1);
    const struct gossip_peer_config again = {.id = &ids[0]};
    unsigned number;
    assert_int_equal(gossip_router_connect(router, &number, &again, 0),
                     LOFT_ERR_EXISTS);
}

static void the_mesh_is_filled_to_its_degree_and_told(void **state)
{
    (void)state;
    join(0, 20, true);
    beats(1);
    assert_int_equal(mesh_count(), params.degree);
    assert_int_equal(count_sent(NONE, GRAFT), params.degree);
    beats(5);
    assert_int_equal(mesh_count(), params.degree);
}

static void joining_grafts_at_once(void **state)
{
    (void)state;
    join(0, 20, true);
    assert_int_equal(gossip_router_unsubscribe(router, topic(), now_ms),
                     LOFT_OK);
    clear_sent();
    assert_int_equal(gossip_router_subscribe(router, topic(), &usual, now_ms),
                     LOFT_OK);
    assert_int_equal(count_sent(NONE, GRAFT), params.degree);
    assert_int_equal(count_sent(NONE, SUBSCRIBE), 20);
    assert_int_equal(gossip_router_subscribe(router, topic(), &usual, now_ms),
                     LOFT_ERR_EXISTS);
}

static void a_mesh_too_large_is_cut_and_keeps_those_we_dialed(void **state)
{
    (void)state;
    join(0, 2, true);
    for (unsigned i = 0; i < 2; i++)
        graft(i);
    join(2, 8, false);
    for (unsigned i = 2; i < 8; i++)
        graft(i);
    assert_int_equal(mesh_count(), 8);
    beats(1);
    assert_int_equal(mesh_count(), 8);
    join(8, 9, true);
    graft(8);
    assert_int_equal(mesh_count(), 9);
    clear_sent();
    beats(1);
    assert_int_equal(mesh_count(), params.degree);
    assert_true(in_mesh(0) + in_mesh(1) + in_mesh(8) >= (int)params.degree_out);
    assert_int_equal(count_sent(NONE, PRUNE), 3);
}

static void a_full_mesh_takes_no_more_but_whom_we_dialed(void **state)
{
    (void)state;
    join(0, 8, true);
    for (unsigned i = 0; i < 8; i++)
        graft(i);
    join(8, 9, false);
    graft(8);
    assert_false(in_mesh(8));
    assert_int_equal(count_sent(8, PRUNE), 1);
    const struct gossip_prune prune = last_prune(8);
    assert_int_equal(prune.backoff_s, params.prune_backoff_ms / 1000);
    join(9, 10, true);
    graft(9);
    assert_true(in_mesh(9));
}

static void a_prune_names_others_of_no_low_score(void **state)
{
    (void)state;
    join(0, 8, true);
    for (unsigned i = 0; i < 8; i++)
        graft(i);
    join(8, 12, false);
    gossip_router_score(router, numbers[9], -5);
    beats(1);
    graft(8);
    const struct gossip_prune prune = last_prune(8);
    assert_int_equal(prune.peer_count, 10);
    for (size_t i = 0; i < prune.peer_count; i++) {
        assert_false(
            bytes_equal(prune.peers[i].peer_id, peer_id_bytes(&ids[8])));
        assert_false(
            bytes_equal(prune.peers[i].peer_id, peer_id_bytes(&ids[9])));
        assert_true(
            bytes_equal(prune.peers[i].signed_record, bytes_str("record")));
    }
}

static void a_graft_of_a_foreign_topic_is_not_answered(void **state)
{
    (void)state;
    join(0, 1, true);
    clear_sent();
    const bytes names[] = {bytes_str("foreign"), bytes_str("other")};
    const struct gossip_rpc rpc = {.graft = names, .graft_count = 2};
    assert_int_equal(give(0, &rpc), LOFT_OK);
    assert_int_equal(sent.len, 0);
}

static void pruned_is_not_grafted_until_the_back_off_is_over(void **state)
{
    (void)state;
    join(0, 1, true);
    graft(0);
    const struct gossip_prune prune = {.topic = topic(), .backoff_s = 5};
    const struct gossip_rpc rpc = {.prune = &prune, .prune_count = 1};
    assert_int_equal(give(0, &rpc), LOFT_OK);
    assert_false(in_mesh(0));
    clear_sent();
    beats(5);
    assert_int_equal(count_sent(0, GRAFT), 0);
    beats(4);
    assert_int_equal(count_sent(0, GRAFT), 1);
}

static void an_endless_back_off_is_cut(void **state)
{
    (void)state;
    join(0, 1, true);
    const struct gossip_prune prune = {.topic = topic(),
                                       .backoff_s = UINT64_MAX};
    const struct gossip_rpc rpc = {.prune = &prune, .prune_count = 1};
    assert_int_equal(give(0, &rpc), LOFT_OK);
    now_ms += 3600000 + 3000;
    gossip_router_beat(router, now_ms);
    assert_true(in_mesh(0));
}

static void grafting_again_too_early_is_pruned_and_counted(void **state)
{
    (void)state;
    join(0, 1, false);
    gossip_router_score(router, numbers[0], -1);
    graft(0);
    assert_int_equal(count_sent(0, PRUNE), 1);
    gossip_router_score(router, numbers[0], 0);
    for (int i = 0; i < 2; i++)
        graft(0);
    assert_true(score(0) >= 0); /* forgiven as yet */
    for (int i = 0; i < 4; i++)
        graft(0);
    assert_true(score(0) < GOSSIP_THRESHOLDS.graylist);
    clear_sent();
    graft(0);
    assert_int_equal(sent.len, 0);
}

static void a_low_score_leaves_the_mesh(void **state)
{
    (void)state;
    join(0, 3, true);
    beats(1);
    assert_true(in_mesh(1));
    gossip_router_score(router, numbers[1], -1);
    clear_sent();
    beats(1);
    assert_false(in_mesh(1));
    assert_int_equal(count_sent(1, PRUNE), 1);
    assert_int_equal(last_prune(1).peer_count, 0);
}

static void a_poor_mesh_is_bettered(void **state)
{
    (void)state;
    join(0, 6, true);
    for (unsigned i = 0; i < 6; i++)
        graft(i);
    join(6, 12, true);
    for (unsigned i = 6; i < 12; i++)
        gossip_router_score(router, numbers[i], 5);
    for (unsigned i = 0; i < 59; i++) {
        now_ms += 10; /* that time in the mesh scores nothing */
        gossip_router_beat(router, now_ms);
    }
    assert_int_equal(mesh_count(), 6);
    now_ms += 10;
    gossip_router_beat(router, now_ms);
    assert_int_equal(mesh_count(), 6 + params.opportunistic_peers);
}

static void a_message_goes_on_when_it_is_found_valid(void **state)
{
    (void)state;
    join(0, 6, true);
    beats(1);
    verdict = GOSSIP_LATER;
    clear_sent();
    give_message(0, message_of(9, 1, 10));
    give_message(1, message_of(9, 1, 10));
    assert_int_equal(asked_to_judge, 1);
    assert_int_equal(delivered, 0);
    assert_int_equal(sent.len, 0);
    gossip_router_judge(router, last_ticket, GOSSIP_ACCEPT, now_ms);
    assert_int_equal(delivered, 1);
    assert_int_equal(sent.len, 4);
    assert_int_equal(count_sent(0, MESSAGE), 0);
    assert_int_equal(count_sent(1, MESSAGE), 0);
    assert_int_equal(count_sent(2, MESSAGE), 1);
    gossip_router_judge(router, last_ticket, GOSSIP_ACCEPT, now_ms);
    give_message(2, message_of(9, 1, 10));
    assert_int_equal(delivered, 1);
    assert_int_equal(sent.len, 4);
}

static void those_who_sent_an_invalid_message_are_to_blame(void **state)
{
    (void)state;
    join(0, 4, true);
    beats(1);
    verdict = GOSSIP_LATER;
    clear_sent();
    give_message(0, message_of(9, 1, 10));
    give_message(1, message_of(9, 1, 10));
    gossip_router_judge(router, last_ticket, GOSSIP_REJECT, now_ms);
    assert_true(score(0) < 0);
    assert_true(score(1) < 0);
    assert_true(score(2) >= 0);
    give_message(2, message_of(9, 1, 10));
    assert_true(score(2) < 0);
    assert_int_equal(delivered, 0);
    assert_int_equal(sent.len, 0);
}

static void what_is_ignored_costs_nothing_and_goes_nowhere(void **state)
{
    (void)state;
    join(0, 4, true);
    beats(1);
    verdict = GOSSIP_IGNORE;
    clear_sent();
    give_message(0, message_of(9, 1, 10));
    assert_true(score(0) >= 0);
    assert_int_equal(sent.len, 0);
    assert_int_equal(delivered, 0);
}

static void the_queue_of_validation_is_bounded_and_forgets(void **state)
{
    (void)state;
    join(0, 2, true);
    verdict = GOSSIP_LATER;
    for (uint64_t i = 0; i < 20; i++)
        give_message(0, message_of(9, i + 1, 10));
    /* Of one peer a quarter of the eight. */
    assert_int_equal(asked_to_judge, 3);
    assert_int_equal(gossip_router_stats(router).pending, 3);
    assert_int_equal(gossip_router_stats(router).counts.throttled, 17);
    give_message(1, message_of(9, 20, 10));
    assert_int_equal(asked_to_judge, 4);
}

static void a_verdict_after_we_left_the_topic_does_nothing(void **state)
{
    (void)state;
    join(0, 4, true);
    verdict = GOSSIP_LATER;
    give_message(0, message_of(9, 1, 10));
    assert_int_equal(gossip_router_unsubscribe(router, topic(), now_ms),
                     LOFT_OK);
    clear_sent();
    gossip_router_judge(router, last_ticket, GOSSIP_ACCEPT, now_ms);
    assert_int_equal(delivered, 0);
    assert_int_equal(sent.len, 0);
}

static void a_forgery_is_to_blame_and_takes_no_place(void **state)
{
    (void)state;
    join(0, 2, true);
    bytes good = message_of(9, 1, 10);
    uint8_t *bad = memcpy(arena_alloc(&arena, good.len), good.at, good.len);
    bad[good.len - 1] ^= 1;
    give_message(0, bytes_of(bad, good.len));
    assert_true(score(0) < 0);
    assert_int_equal(asked_to_judge, 0);
    give_message(1, good);
    assert_int_equal(delivered, 1);
}

static void an_unsigned_message_is_not_looked_at(void **state)
{
    (void)state;
    join(0, 1, true);
    give_message(0, bytes_str("\x12\4data\x22\6blocks"));
    assert_int_equal(asked_to_judge, 0);
    assert_int_equal(gossip_router_stats(router).counts.malformed, 1);
    for (int i = 0; i < 12; i++)
        give_message(0, bytes_str("\x12\4data\x22\6blocks"));
    assert_true(score(0) < GOSSIP_THRESHOLDS.graylist);
    assert_true(gossip_router_stats(router).counts.malformed < 12);
}

static void a_message_of_long_ago_is_not_taken_again(void **state)
{
    (void)state;
    join(0, 2, true);
    bytes old = message_of(9, 5, 10);
    give_message(0, old);
    assert_int_equal(delivered, 1);
    now_ms += params.seen_ms + 1000;
    gossip_router_beat(router, now_ms);
    assert_int_equal(gossip_router_stats(router).seen, 0);
    give_message(0, old);
    assert_int_equal(delivered, 1);
    assert_int_equal(gossip_router_stats(router).counts.replayed, 1);
    give_message(0, message_of(9, 6, 10));
    assert_int_equal(delivered, 2);
    /* Out of order, but not of long ago. */
    give_message(0, message_of(9, 9, 10));
    give_message(0, message_of(9, 8, 10));
    assert_int_equal(delivered, 4);
}

static void our_own_messages_from_elsewhere_are_left_alone(void **state)
{
    (void)state;
    join(0, 1, true);
    struct buffer out = {0};
    gossip_message_seal(&out, &self, topic(), bytes_str("x"), 5);
    give_message(0, buffer_bytes(&out));
    buffer_free(&out);
    assert_int_equal(delivered, 0);
    assert_true(score(0) >= 0);
}

static void what_is_offered_and_not_seen_is_asked_for(void **state)
{
    (void)state;
    join(0, 2, true);
    bytes seen = message_of(9, 1, 10);
    give_message(1, seen);
    clear_sent();
    const bytes names[] = {id_of(seen), bytes_str("unseen")};
    give_ids(0, IHAVE, names, 2);
    assert_int_equal(count_sent(0, IWANT), 1);
    struct gossip_rpc rpc;
    assert_int_equal(
        gossip_rpc_read(&arena, &rpc, gossip_frame_rpc(sent.at[0].frame)),
        LOFT_OK);
    assert_int_equal(rpc.iwant[0].len, 1);
    assert_true(bytes_equal(rpc.iwant[0].at[0], bytes_str("unseen")));
}

static void offers_of_a_beat_are_bounded(void **state)
{
    (void)state;
    join(0, 1, true);
    clear_sent();
    for (unsigned i = 0; i < 50; i++) {
        char name[16];
        snprintf(name, sizeof name, "m%u", i);
        bytes id = bytes_str(name);
        give_ids(0, IHAVE, &id, 1);
    }
    assert_int_equal(count_sent(0, IWANT), params.offers_per_beat_max);
    beats(1);
    clear_sent();
    const bytes id = bytes_str("next");
    give_ids(0, IHAVE, &id, 1);
    assert_int_equal(count_sent(0, IWANT), 1);
}

static void an_offer_that_is_not_kept_is_a_breach(void **state)
{
    (void)state;
    join(0, 2, true);
    bytes kept = message_of(9, 1, 10), id = id_of(kept);
    give_ids(1, IHAVE, &id, 1);
    give_message(1, kept);
    for (unsigned i = 0; i < 8; i++) {
        char name[16];
        snprintf(name, sizeof name, "m%u", i);
        bytes never = bytes_str(name);
        give_ids(0, IHAVE, &never, 1);
    }
    beats(4);
    assert_int_equal(gossip_router_stats(router).counts.broken_promises, 8);
    assert_true(score(0) < 0);
    assert_true(score(1) >= 0);
}

static void what_we_are_late_for_is_no_breach(void **state)
{
    (void)state;
    join(0, 1, true);
    beats(1);
    for (unsigned i = 0; i < 8; i++) {
        char name[16];
        snprintf(name, sizeof name, "m%u", i);
        bytes never = bytes_str(name);
        give_ids(0, IHAVE, &never, 1);
    }
    now_ms += 20000;
    gossip_router_beat(router, now_ms);
    assert_int_equal(gossip_router_stats(router).counts.broken_promises, 0);
    beats(3);
    assert_int_equal(gossip_router_stats(router).counts.broken_promises, 8);
}

static void what_is_wanted_is_given_a_few_times(void **state)
{
    (void)state;
    join(0, 2, true);
    bytes raw = message_of(9, 1, 10), id = id_of(raw);
    give_message(0, raw);
    clear_sent();
    for (int i = 0; i < 9; i++)
        give_ids(1, IWANT, &id, 1);
    assert_int_equal(count_sent(1, MESSAGE), params.retransmissions_max);
    beats(params.cache_beats);
    clear_sent();
    give_ids(0, IWANT, &id, 1);
    assert_int_equal(count_sent(0, MESSAGE), 0);
}

static void recent_messages_are_offered_outside_the_mesh(void **state)
{
    (void)state;
    join(0, 12, true);
    beats(1);
    give_message(0, message_of(20, 1, 10));
    clear_sent();
    beats(1);
    assert_int_equal(count_sent(NONE, IHAVE), 6);
    for (unsigned i = 0; i < 12; i++)
        assert_true(!in_mesh(i) || count_sent(i, IHAVE) == 0);
    beats(2);
    assert_int_equal(count_sent(NONE, IHAVE), 18);
    beats(2);
    assert_int_equal(count_sent(NONE, IHAVE), 18);
}

static void a_large_message_is_not_sent_where_it_is_not_wanted(void **state)
{
    (void)state;
    join(0, 6, true);
    beats(1);
    bytes raw = message_of(9, 1, 2000), id = id_of(raw);
    verdict = GOSSIP_LATER;
    clear_sent();
    give_message(0, raw);
    assert_int_equal(count_sent(0, IDONTWANT), 0);
    assert_int_equal(count_sent(NONE, IDONTWANT), 5);
    give_ids(3, IDONTWANT, &id, 1);
    gossip_router_judge(router, last_ticket, GOSSIP_ACCEPT, now_ms);
    assert_int_equal(count_sent(3, MESSAGE), 0);
    assert_int_equal(count_sent(NONE, MESSAGE), 4);
    clear_sent();
    give_ids(3, IWANT, &id, 1);
    assert_int_equal(sent.len, 0);
    beats(params.unwanted_beats);
    give_ids(3, IWANT, &id, 1);
    assert_int_equal(count_sent(3, MESSAGE), 1);
}

static void what_a_peer_has_by_now_need_not_leave(void **state)
{
    (void)state;
    join(0, 6, true);
    beats(1);
    bytes raw = message_of(9, 1, 2000), id = id_of(raw);
    give_message(0, raw);
    assert_int_equal(unsent, 0);
    give_ids(2, IDONTWANT, &id, 1);
    assert_int_equal(unsent, 1);
    give_message(3, raw);
    assert_int_equal(unsent, 2);
    give_message(3, raw);
    assert_int_equal(unsent, 2);
    id = id_of(message_of(9, 2, 2000)); /* which nobody has sent */
    give_ids(2, IDONTWANT, &id, 1);
    assert_int_equal(unsent, 2);
}

static void small_messages_are_not_told_of(void **state)
{
    (void)state;
    join(0, 6, true);
    beats(1);
    clear_sent();
    give_message(0, message_of(9, 1, 1023));
    assert_int_equal(count_sent(NONE, IDONTWANT), 0);
    assert_int_equal(count_sent(NONE, MESSAGE), 5);
}

static void others_messages_wait_a_moment_and_are_not_doubled(void **state)
{
    (void)state;
    join(0, 6, true);
    beats(1);
    clear_sent();
    give_message(0, message_of(9, 1, 10));
    assert_int_equal(sent.len, 0);
    uint64_t due_ms = gossip_router_due(router);
    assert_true(due_ms >= now_ms && due_ms <= now_ms + params.spread_ms);
    give_message(1, message_of(9, 1, 10));
    gossip_router_pass_on(router, due_ms);
    assert_int_equal(count_sent(NONE, MESSAGE), 4);
    assert_int_equal(count_sent(1, MESSAGE), 0);
    assert_true(gossip_router_due(router) == UINT64_MAX);
}

static void our_own_messages_go_beyond_the_mesh_at_once(void **state)
{
    (void)state;
    unsigned reached = 0;
    join(0, 20, true);
    gossip_router_score(router, numbers[3], -50);
    beats(1);
    clear_sent();
    assert_int_equal(gossip_router_publish(router, &reached, topic(),
                                           bytes_str("hello"), now_ms),
                     LOFT_OK);
    assert_int_equal(reached, 19);
    assert_int_equal(count_sent(NONE, MESSAGE), reached);
    assert_int_equal(count_sent(3, MESSAGE), 0);
}

static void a_proven_mesh_needs_few_others(void **state)
{
    (void)state;
    unsigned reached = 0;
    join(0, 20, true);
    beats(1);
    for (unsigned i = 0; i < 20; i++)
        give_message(i, message_of(9, i + 1, 10));
    assert_int_equal(gossip_router_publish(router, &reached, topic(),
                                           bytes_str("hello"), now_ms),
                     LOFT_OK);
    assert_int_equal(reached, params.degree + params.flood_max);
}

static void publishing_needs_no_subscription(void **state)
{
    (void)state;
    unsigned reached = 0;
    join(0, 20, true);
    assert_int_equal(gossip_router_unsubscribe(router, topic(), now_ms),
                     LOFT_OK);
    clear_sent();
    assert_int_equal(gossip_router_publish(router, &reached, topic(),
                                           bytes_str("hello"), now_ms),
                     LOFT_OK);
    assert_int_equal(reached, 20);
    assert_int_equal(count_sent(NONE, GRAFT), 0);
    struct gossip_topic_info info;
    assert_true(gossip_router_topic(router, 0, &info));
    assert_false(info.is_subscribed);
    beats(61);
    assert_false(gossip_router_topic(router, 0, &info));
}

static void leaving_prunes_with_the_shorter_back_off(void **state)
{
    (void)state;
    join(0, 6, true);
    beats(1);
    clear_sent();
    assert_int_equal(gossip_router_unsubscribe(router, topic(), now_ms),
                     LOFT_OK);
    assert_int_equal(count_sent(NONE, PRUNE), 6);
    assert_int_equal(last_prune(0).backoff_s, 10);
    assert_int_equal(gossip_router_subscribe(router, topic(), &usual, now_ms),
                     LOFT_OK);
    assert_int_equal(mesh_count(), 0);
    beats(13);
    assert_int_equal(mesh_count(), 6);
}

static void one_that_unsubscribes_leaves_the_mesh(void **state)
{
    (void)state;
    join(0, 6, true);
    beats(1);
    const struct gossip_subscription subscription = {false, topic()};
    const struct gossip_rpc rpc = {.subscriptions = &subscription,
                                   .subscription_count = 1};
    assert_int_equal(give(2, &rpc), LOFT_OK);
    assert_false(in_mesh(2));
    beats(3);
    assert_false(in_mesh(2));
}

static void direct_peers_are_sent_all_and_never_grafted(void **state)
{
    (void)state;
    assert_int_equal(gossip_router_direct(router, &ids[0]), LOFT_OK);
    beats(1);
    assert_int_equal(turned_to, 1);
    join(0, 3, true);
    beats(1);
    assert_false(in_mesh(0));
    clear_sent();
    graft(0);
    assert_int_equal(count_sent(0, PRUNE), 1);
    clear_sent();
    give_message(1, message_of(9, 1, 10));
    assert_int_equal(count_sent(0, MESSAGE), 1);
    gossip_router_score(router, numbers[0], -1000);
    give_message(0, message_of(9, 2, 10));
    assert_int_equal(delivered, 2);
}

static void the_graylisted_are_not_listened_to(void **state)
{
    (void)state;
    join(0, 2, true);
    gossip_router_score(router, numbers[0], -1000);
    beats(1);
    assert_int_equal(graves, 1);
    beats(1);
    assert_int_equal(graves, 1);
    give_message(0, message_of(9, 1, 10));
    assert_int_equal(delivered, 0);
}

static void peers_are_turned_to_at_the_word_of_the_good_alone(void **state)
{
    (void)state;
    struct buffer record = {0}, forged = {0};
    const struct peer_record mine = {.sequence = 1};
    peer_record_seal(&record, &keys[20], &mine);
    peer_record_seal(&forged, &keys[21], &mine);
    const struct gossip_exchange peers[] = {
        {peer_id_bytes(&ids[20]), buffer_bytes(&record)},
        {peer_id_bytes(&ids[22]), buffer_bytes(&forged)},
        {peer_id_bytes(&ids[23]), BYTES_EMPTY},
        {peer_id_bytes(&ids[0]), BYTES_EMPTY},
        {bytes_str("nonsense"), BYTES_EMPTY},
    };
    const struct gossip_prune prune = {topic(), peers, 5, 60};
    const struct gossip_rpc rpc = {.prune = &prune, .prune_count = 1};
    join(0, 2, true);
    assert_int_equal(give(0, &rpc), LOFT_OK);
    assert_int_equal(turned_to, 0);
    gossip_router_score(router, numbers[0], 10);
    assert_int_equal(give(0, &rpc), LOFT_OK);
    assert_int_equal(turned_to, 2);
    buffer_free(&record);
    buffer_free(&forged);
}

static void what_is_no_rpc_is_a_grave_fault(void **state)
{
    (void)state;
    join(0, 1, true);
    assert_int_equal(gossip_router_receive(router, numbers[0],
                                           bytes_str("\xff\xff"), now_ms),
                     LOFT_ERR_FORMAT);
    assert_int_equal(graves, 1);
}

static void a_peer_has_so_many_topics_and_no_more(void **state)
{
    (void)state;
    connect_one(0, true);
    for (unsigned i = 0; i < 1000; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%u", i);
        const struct gossip_subscription subscription = {true, bytes_str(name)};
        const struct gossip_rpc rpc = {.subscriptions = &subscription,
                                       .subscription_count = 1};
        (void)!give(0, &rpc);
    }
    struct gossip_peer_info info;
    assert_true(gossip_router_peer(router, numbers[0], &info));
    assert_int_equal(info.topics, params.peer_topics_max);
    assert_true(info.score < 0);
}

static void peers_and_topics_are_bounded(void **state)
{
    (void)state;
    const struct gossip_topic_config config = {0};
    for (unsigned i = 1; i < GOSSIP_TOPICS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%u", i);
        assert_int_equal(
            gossip_router_subscribe(router, bytes_str(name), &config, now_ms),
            LOFT_OK);
    }
    assert_int_equal(
        gossip_router_subscribe(router, bytes_str("more"), &config, now_ms),
        LOFT_ERR_LIMIT);
    join(0, PEERS, true);
    const struct peer_id other = {.at = {0, 1, 1}, .len = 3};
    const struct gossip_peer_config peer = {.id = &other};
    unsigned number;
    assert_int_equal(gossip_router_connect(router, &number, &peer, now_ms),
                     LOFT_ERR_LIMIT);
    gossip_router_disconnect(router, numbers[4], now_ms);
    assert_int_equal(gossip_router_connect(router, &number, &peer, now_ms),
                     LOFT_OK);
}

static void leaving_takes_its_traces_with_it(void **state)
{
    (void)state;
    join(0, 6, true);
    beats(1);
    verdict = GOSSIP_LATER;
    give_message(0, message_of(9, 1, 10));
    gossip_router_disconnect(router, numbers[0], now_ms);
    assert_int_equal(mesh_count(), 5);
    /* Another under its number did not send that message. */
    connect_one(7, true);
    assert_int_equal(numbers[7], numbers[0]);
    gossip_router_judge(router, last_ticket, GOSSIP_REJECT, now_ms);
    assert_true(score(7) >= 0);
}

static int begin(void **state)
{
    (void)state;
    struct gossip_router_config config = {
        .params = &params,
        .weights = &GOSSIP_SCORE_WEIGHTS,
        .thresholds = &GOSSIP_THRESHOLDS,
        .identity = &self,
        .seed = {1},
        .first_seqno = 1,
        .calls = &calls,
    };
    params = GOSSIP_PARAMS;
    params.peers_max = PEERS;
    params.pending_max = 8;
    params.spread_ms = *state ? GOSSIP_PARAMS.spread_ms : 0;
    now_ms = 1000000;
    config.now_ms = now_ms;
    verdict = GOSSIP_ACCEPT;
    delivered = blamed = graves = turned_to = asked_to_judge = unsent = 0;
    arena_init(&arena);
    router = gossip_router_new(&config);
    return gossip_router_subscribe(router, topic(), &usual, now_ms);
}

static int end(void **state)
{
    (void)state;
    clear_sent();
    VEC_FREE(&sent);
    gossip_router_free(router);
    arena_fini(&arena);
    return 0;
}

static void make_keys(void)
{
    const secret32 secret = {.at = {9, 9}};
    (void)!peer_private_key_init(&self, PEER_KEY_ED25519, &secret);
    for (unsigned i = 0; i < PEERS; i++) {
        const secret32 other = {.at = {(uint8_t)(i + 1)}};
        (void)!peer_private_key_init(&keys[i], PEER_KEY_ED25519, &other);
        ids[i] = peer_id_of(&keys[i].public);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
#define TEST_SPREAD(name) \
    cmocka_unit_test_prestate_setup_teardown(name, begin, end, &params)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_peer_hears_our_subscriptions_first),
        TEST(the_mesh_is_filled_to_its_degree_and_told),
        TEST(joining_grafts_at_once),
        TEST(a_mesh_too_large_is_cut_and_keeps_those_we_dialed),
        TEST(a_full_mesh_takes_no_more_but_whom_we_dialed),
        TEST(a_prune_names_others_of_no_low_score),
        TEST(a_graft_of_a_foreign_topic_is_not_answered),
        TEST(pruned_is_not_grafted_until_the_back_off_is_over),
        TEST(an_endless_back_off_is_cut),
        TEST(grafting_again_too_early_is_pruned_and_counted),
        TEST(a_low_score_leaves_the_mesh),
        TEST(a_poor_mesh_is_bettered),
        TEST(a_message_goes_on_when_it_is_found_valid),
        TEST(those_who_sent_an_invalid_message_are_to_blame),
        TEST(what_is_ignored_costs_nothing_and_goes_nowhere),
        TEST(the_queue_of_validation_is_bounded_and_forgets),
        TEST(a_verdict_after_we_left_the_topic_does_nothing),
        TEST(a_forgery_is_to_blame_and_takes_no_place),
        TEST(an_unsigned_message_is_not_looked_at),
        TEST(a_message_of_long_ago_is_not_taken_again),
        TEST(our_own_messages_from_elsewhere_are_left_alone),
        TEST(what_is_offered_and_not_seen_is_asked_for),
        TEST(offers_of_a_beat_are_bounded),
        TEST(an_offer_that_is_not_kept_is_a_breach),
        TEST(what_we_are_late_for_is_no_breach),
        TEST(what_is_wanted_is_given_a_few_times),
        TEST(recent_messages_are_offered_outside_the_mesh),
        TEST(a_large_message_is_not_sent_where_it_is_not_wanted),
        TEST(what_a_peer_has_by_now_need_not_leave),
        TEST(small_messages_are_not_told_of),
        TEST_SPREAD(others_messages_wait_a_moment_and_are_not_doubled),
        TEST(our_own_messages_go_beyond_the_mesh_at_once),
        TEST(a_proven_mesh_needs_few_others),
        TEST(publishing_needs_no_subscription),
        TEST(leaving_prunes_with_the_shorter_back_off),
        TEST(one_that_unsubscribes_leaves_the_mesh),
        TEST(direct_peers_are_sent_all_and_never_grafted),
        TEST(the_graylisted_are_not_listened_to),
        TEST(peers_are_turned_to_at_the_word_of_the_good_alone),
        TEST(what_is_no_rpc_is_a_grave_fault),
        TEST(a_peer_has_so_many_topics_and_no_more),
        TEST(peers_and_topics_are_bounded),
        TEST(leaving_takes_its_traces_with_it),
    };
    make_keys();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
