/* Gossip over hosts, on a network in memory. */
#include "p2p/gossip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/memory.h"
#include "codec/uvarint.h"
#include "p2p/gossip_queue.h"
#include "p2p/multiaddr.h"
#include "p2p/test/sim_network.h"

#define FIRST_IP 0x0a000001u /* 10.0.0.1 */
#define MEMBERS_MAX 32

struct member {
    struct peer_private_key key;
    struct peer_host *host;
    struct gossip *gossip;
    uint32_t ip;
    unsigned delivered, answered;
    size_t last_len;
    bool answers, leaves;
};

static struct sim_network *network;
static struct member members[MEMBERS_MAX];
static unsigned member_count;

static bytes topic(void)
{
    return bytes_str("blocks");
}

static void on_deliver(void *context, const struct gossip_message *message)
{
    struct member *member = context;
    member->delivered++;
    member->last_len = message->data.len;
    if (member->answers) {
        member->answers = false;
        assert_int_equal(
            gossip_publish(member->gossip, NULL, topic(), bytes_str("answer")),
            LOFT_OK);
    }
    if (member->leaves)
        assert_int_equal(gossip_unsubscribe(member->gossip, topic()), LOFT_OK);
}

static void addr_of(struct buffer *out, const struct member *member)
{
    char text[64];
    snprintf(text, sizeof text, "/ip4/%u.%u.%u.%u/tcp/4001", member->ip >> 24,
             member->ip >> 16 & 255, member->ip >> 8 & 255, member->ip & 255);
    assert_int_equal(multiaddr_read_text(out, bytes_str(text)), LOFT_OK);
}

static struct member *add_host(void)
{
    struct member *member = &members[member_count];
    secret32 secret = {.at = {(uint8_t)(member_count + 1), 7}};
    struct buffer addr = {0};
    *member = (struct member){.ip = FIRST_IP + member_count++};
    assert_int_equal(
        peer_private_key_init(&member->key, PEER_KEY_ED25519, &secret),
        LOFT_OK);
    const struct peer_host_config config = {
        .identity = &member->key,
        .transport = sim_network_transport(network, member->ip),
        .agent = "test/1",
        .unix_ms = 1700000000000,
    };
    assert_int_equal(peer_host_open(&member->host, &config), LOFT_OK);
    addr_of(&addr, member);
    assert_int_equal(peer_host_listen(member->host, buffer_bytes(&addr)),
                     LOFT_OK);
    buffer_free(&addr);
    return member;
}

static void subscribe(struct member *member)
{
    const struct gossip_use use = {
        .deliver = on_deliver, .context = member, .seqnos_rise = true};
    assert_int_equal(gossip_subscribe(member->gossip, topic(), &use), LOFT_OK);
}

static struct member *add(void)
{
    struct member *member = add_host();
    const struct gossip_config config = {.unix_ms = 1700000000000};
    member->gossip = gossip_open(member->host, &config);
    subscribe(member);
    return member;
}

static void dial(struct member *from, struct member *to)
{
    struct buffer addr = {0};
    addr_of(&addr, to);
    bytes one = buffer_bytes(&addr);
    assert_int_equal(
        peer_host_connect(from->host, peer_host_id(to->host), &one, 1),
        LOFT_OK);
    buffer_free(&addr);
}

static void publish(struct member *from, size_t len)
{
    uint8_t *data = memory_zalloc(len);
    assert_int_equal(
        gossip_publish(from->gossip, NULL, topic(), bytes_of(data, len)),
        LOFT_OK);
    free(data);
}

static void two_hear_each_other(void **state)
{
    (void)state;
    struct member *a = add(), *b = add();
    dial(a, b);
    sim_network_run(network, 3000);
    publish(a, 10);
    publish(b, 10);
    publish(b, 20);
    sim_network_run(network, 1000);
    assert_int_equal(a->delivered, 2);
    assert_int_equal(b->delivered, 1);
    struct gossip_peer_info info;
    assert_true(gossip_peer(a->gossip, peer_host_id(b->host), &info));
    assert_int_equal(info.meshes, 1);
    assert_true(info.is_outbound);
    assert_true(gossip_peer(b->gossip, peer_host_id(a->host), &info));
    assert_false(info.is_outbound);
}

static void both_dialing_at_once_is_one_connection(void **state)
{
    (void)state;
    struct member *a = add(), *b = add();
    dial(a, b);
    dial(b, a);
    sim_network_run(network, 5000);
    publish(a, 10);
    publish(b, 10);
    sim_network_run(network, 1000);
    assert_int_equal(a->delivered, 1);
    assert_int_equal(b->delivered, 1);
    assert_int_equal(gossip_stats(a->gossip).router.peers, 1);
}

static void one_that_comes_back_is_heard_again(void **state)
{
    (void)state;
    struct member *a = add(), *b = add();
    dial(a, b);
    sim_network_run(network, 3000);
    peer_host_disconnect(a->host, peer_host_id(b->host));
    sim_network_run(network, 3000);
    assert_int_equal(gossip_stats(a->gossip).router.peers, 0);
    assert_int_equal(gossip_stats(b->gossip).router.peers, 0);
    dial(b, a);
    sim_network_run(network, 3000);
    publish(a, 10);
    sim_network_run(network, 3000);
    assert_int_equal(b->delivered, 1);
}

static void gossip_that_opens_late_meets_who_is_there(void **state)
{
    (void)state;
    struct member *a = add(), *b = add_host();
    dial(a, b);
    sim_network_run(network, 1000);
    assert_int_equal(gossip_stats(a->gossip).router.peers, 0);
    const struct gossip_config config = {.unix_ms = 1};
    b->gossip = gossip_open(b->host, &config);
    subscribe(b);
    sim_network_run(network, 3000);
    publish(b, 10);
    publish(a, 10);
    sim_network_run(network, 1000);
    assert_int_equal(a->delivered, 1);
    assert_int_equal(b->delivered, 1);
}

static void all_of_many_hear_all(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 24; i++)
        add();
    for (unsigned i = 0; i < 24; i++)
        for (unsigned j = 1; j <= 5; j++)
            dial(&members[i], &members[(i + j * j) % 24]);
    sim_network_run(network, 5000);
    for (unsigned i = 0; i < 24; i++) {
        publish(&members[i], 100);
        sim_network_run(network, 100);
    }
    sim_network_run(network, 3000);
    uint64_t duplicates = 0;
    for (unsigned i = 0; i < 24; i++) {
        struct gossip_stats stats = gossip_stats(members[i].gossip);
        assert_int_equal(members[i].delivered, 23);
        assert_int_equal(stats.queued_bytes, 0);
        assert_int_equal(stats.dropped_data, 0);
        duplicates += stats.router.counts.duplicates;
    }
    print_message("%.2f duplicates a message\n",
                  (double)duplicates / (24 * 23));
}

static void a_message_as_large_as_any_goes_whole(void **state)
{
    (void)state;
    struct member *a = add(), *b = add(), *c = add();
    dial(a, b);
    dial(b, c);
    sim_network_run(network, 3000);
    size_t len = GOSSIP_MESSAGE_BYTES_MAX - 1024;
    publish(a, len);
    sim_network_run(network, 20000);
    assert_int_equal(b->last_len, len);
    assert_int_equal(c->last_len, len);
    static uint8_t more[GOSSIP_MESSAGE_BYTES_MAX];
    assert_int_equal(
        gossip_publish(a->gossip, NULL, topic(), bytes_of(more, sizeof more)),
        LOFT_ERR_LIMIT);
}

static void one_that_takes_nothing_costs_a_bounded_queue(void **state)
{
    (void)state;
    struct member *a = add(), *b = add(), *c = add();
    dial(a, b);
    dial(a, c);
    sim_network_run(network, 3000);
    sim_network_silence(network, c->ip, true);
    for (int i = 0; i < 300; i++) {
        publish(a, 50000);
        sim_network_run(network, 20);
        assert_true(gossip_stats(a->gossip).queued_bytes <=
                    2 * (GOSSIP_QUEUE_DATA_BYTES + GOSSIP_QUEUE_CONTROL_BYTES +
                         GOSSIP_QUEUE_OFFER_BYTES + GOSSIP_RPC_BYTES_MAX));
    }
    assert_true(gossip_stats(a->gossip).dropped_data > 0);
    assert_int_equal(b->delivered, 300);
}

static void a_use_may_publish_and_leave(void **state)
{
    (void)state;
    struct member *a = add(), *b = add();
    dial(a, b);
    sim_network_run(network, 3000);
    b->answers = true;
    publish(a, 10);
    sim_network_run(network, 1000);
    assert_int_equal(a->delivered, 1);
    assert_int_equal(a->last_len, strlen("answer"));
    b->leaves = true;
    publish(a, 10);
    publish(a, 10);
    sim_network_run(network, 1000);
    assert_int_equal(b->delivered, 2);
    struct gossip_topic_info info;
    assert_false(gossip_topic_at(b->gossip, 0, &info));
}

static uint64_t last_ticket;

static enum gossip_verdict judge_later(void *context,
                                       const struct gossip_message *message,
                                       uint64_t ticket)
{
    (void)context;
    (void)message;
    last_ticket = ticket;
    return GOSSIP_LATER;
}

static void a_verdict_may_come_later(void **state)
{
    (void)state;
    struct member *a = add(), *b = add_host(), *c = add();
    const struct gossip_config config = {.unix_ms = 1};
    const struct gossip_use use = {
        .validate = judge_later, .deliver = on_deliver, .context = b};
    b->gossip = gossip_open(b->host, &config);
    assert_int_equal(gossip_subscribe(b->gossip, topic(), &use), LOFT_OK);
    dial(a, b);
    dial(b, c);
    sim_network_run(network, 3000);
    publish(a, 10);
    sim_network_run(network, 500);
    assert_int_equal(b->delivered, 0);
    assert_int_equal(c->delivered, 0);
    gossip_judge(b->gossip, last_ticket, GOSSIP_ACCEPT);
    sim_network_run(network, 500);
    assert_int_equal(b->delivered, 1);
    assert_int_equal(c->delivered, 1);
}

static void direct_peers_are_sent_all_outside_the_mesh(void **state)
{
    (void)state;
    struct member *a = add(), *b = add();
    assert_int_equal(gossip_direct(a->gossip, peer_host_id(b->host)), LOFT_OK);
    assert_int_equal(gossip_direct(b->gossip, peer_host_id(a->host)), LOFT_OK);
    dial(a, b);
    sim_network_run(network, 3000);
    publish(a, 10);
    sim_network_run(network, 500);
    assert_int_equal(b->delivered, 1);
    struct gossip_peer_info info;
    assert_true(gossip_peer(a->gossip, peer_host_id(b->host), &info));
    assert_true(info.is_direct);
    assert_int_equal(info.meshes, 0);
}

static struct member *add_with(const struct gossip_params *params)
{
    struct member *member = add_host();
    const struct gossip_config config = {.params = params, .unix_ms = 1};
    member->gossip = gossip_open(member->host, &config);
    subscribe(member);
    return member;
}

/* The third does not find room in the first one's mesh. It knows nothing of the
 * second but what the first one says of it. */
static void one_that_is_pruned_finds_another(void **state)
{
    (void)state;
    struct gossip_params params = GOSSIP_PARAMS;
    params.degree = params.degree_low = params.degree_high = 1;
    params.degree_out = params.degree_score = 0;
    struct member *full = add_with(&params), *b = add(), *c = add();
    dial(b, full);
    sim_network_run(network, 3000);
    dial(c, full);
    sim_network_run(network, 300);
    gossip_score(c->gossip, peer_host_id(full->host), 20);
    sim_network_run(network, 5000);
    assert_true(peer_host_is_connected(c->host, peer_host_id(b->host)));
    publish(b, 10);
    sim_network_run(network, 1000);
    assert_int_equal(c->delivered, 1);
}

/* One that speaks another's bytes on gossip's stream. */

static const char *const raw_names[] = {"/meshsub/1.1.0"};
static struct buffer raw_got;
static unsigned raw_ended;

static void raw_take(void *context, struct peer_stream *stream, bytes data)
{
    (void)context;
    (void)stream;
    buffer_put_bytes(&raw_got, data);
}

static void raw_end(void *context, struct peer_stream *stream,
                    enum peer_stream_end end)
{
    (void)context;
    (void)stream;
    (void)end;
    raw_ended++;
}

static const struct peer_stream_calls raw_calls = {.got = raw_take,
                                                   .ended = raw_end};
static const struct peer_protocol raw_protocol = {.name = "/meshsub/1.1.0",
                                                  .calls = &raw_calls};

static struct peer_stream *raw_open(struct member *a, struct member *b)
{
    peer_host_handle(b->host, &raw_protocol, NULL);
    dial(b, a);
    sim_network_run(network, 500);
    struct peer_stream *stream = peer_host_open_stream(
        b->host, peer_host_id(a->host), raw_names, 1, &raw_calls, NULL);
    assert_non_null(stream);
    sim_network_run(network, 500);
    return stream;
}

static void put_rpc(struct buffer *out, const struct gossip_rpc *rpc)
{
    struct gossip_frame *frame = gossip_frame_new(rpc);
    buffer_put_bytes(out, gossip_frame_bytes(frame));
    gossip_frame_drop(frame);
}

static void an_older_peer_is_spoken_to_in_its_version(void **state)
{
    (void)state;
    struct member *a = add(), *b = add_host();
    struct peer_stream *stream = raw_open(a, b);
    const struct gossip_subscription subscription = {true, topic()};
    const struct gossip_rpc rpc = {.subscriptions = &subscription,
                                   .subscription_count = 1};
    struct buffer out = {0};
    put_rpc(&out, &rpc);
    /* Byte by byte, as a network may. */
    for (size_t i = 0; i < out.len; i++) {
        assert_true(peer_stream_send(stream, bytes_of(out.at + i, 1)));
        sim_network_run(network, 5);
    }
    buffer_free(&out);
    sim_network_run(network, 2000);
    struct gossip_topic_info info;
    assert_true(gossip_topic_at(a->gossip, 0, &info));
    assert_int_equal(info.peers, 1);
    assert_int_equal(info.mesh_count, 1);
    assert_true(raw_got.len > 0); /* our subscription, and a graft */
    assert_int_equal(raw_ended, 0);
}

static void bytes_that_are_no_rpc_end_the_stream(void **state)
{
    (void)state;
    struct member *a = add(), *b = add_host();
    struct peer_stream *stream = raw_open(a, b);
    assert_true(peer_stream_send(stream, bytes_of("\3\xff\xff\xff", 4)));
    sim_network_run(network, 1000);
    assert_true(raw_ended >= 1);
}

static void a_length_beyond_the_bound_ends_the_stream(void **state)
{
    (void)state;
    struct member *a = add(), *b = add_host();
    struct peer_stream *stream = raw_open(a, b);
    struct buffer out = {0};
    uvarint_put(&out, GOSSIP_RPC_BYTES_MAX + 1);
    assert_true(peer_stream_send(stream, buffer_bytes(&out)));
    buffer_free(&out);
    sim_network_run(network, 1000);
    assert_true(raw_ended >= 1);
}

static int begin(void **state)
{
    (void)state;
    network = sim_network_new(1);
    member_count = 0;
    raw_ended = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (unsigned i = 0; i < member_count; i++) {
        peer_host_close(members[i].host);
        gossip_close(members[i].gossip);
    }
    sim_network_free(network);
    buffer_free(&raw_got);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(two_hear_each_other),
        TEST(both_dialing_at_once_is_one_connection),
        TEST(one_that_comes_back_is_heard_again),
        TEST(gossip_that_opens_late_meets_who_is_there),
        TEST(all_of_many_hear_all),
        TEST(a_message_as_large_as_any_goes_whole),
        TEST(one_that_takes_nothing_costs_a_bounded_queue),
        TEST(a_use_may_publish_and_leave),
        TEST(a_verdict_may_come_later),
        TEST(direct_peers_are_sent_all_outside_the_mesh),
        TEST(one_that_is_pruned_finds_another),
        TEST(an_older_peer_is_spoken_to_in_its_version),
        TEST(bytes_that_are_no_rpc_end_the_stream),
        TEST(a_length_beyond_the_bound_ends_the_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
