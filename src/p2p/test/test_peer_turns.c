/* Turns, where each look at the clock finds that time has passed: whoever takes
 * much waits, and nothing of it is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "p2p/gossip.h"
#include "p2p/gossip_frame.h"
#include "p2p/multiaddr.h"
#include "p2p/peer_host.h"
#include "p2p/test/sim_network.h"

#define LOOK_US 300 /* that pass between two looks at the clock */
#define CROWD 6
#define TOPIC "turns"
#define MESSAGES 100
#define ECHO_BYTES 200000
#define PIECE_BYTES 4000

static struct sim_network *network;
static struct transport_ops slow_ops;
static const struct transport_ops *sim_ops;
static uint64_t passed_us;

static uint64_t slow_now_us(void *context)
{
    passed_us += LOOK_US;
    return sim_ops->now_ms(context) * 1000 + passed_us;
}

struct member {
    struct peer_private_key key;
    struct peer_host *host;
    uint32_t ip;
};

static struct member victim, crowd[CROWD];

static void addr_of(struct buffer *out, uint32_t ip)
{
    char text[64];
    snprintf(text, sizeof text, "/ip4/10.0.0.%u/tcp/4001", ip & 255);
    assert_int_equal(multiaddr_read_text(out, bytes_str(text)), LOFT_OK);
}

static void join(struct member *out, uint8_t name)
{
    secret32 secret = {{name, 3}};
    struct buffer addr = {0};
    *out = (struct member){.ip = 0x0a000000u + name};
    assert_int_equal(
        peer_private_key_init(&out->key, PEER_KEY_ED25519, &secret), LOFT_OK);
    struct transport transport = sim_network_transport(network, out->ip);
    if (out == &victim) {
        sim_ops = transport.ops;
        slow_ops = *transport.ops;
        slow_ops.now_us = slow_now_us;
        transport.ops = &slow_ops;
    }
    assert_int_equal(peer_host_open(&out->host,
                                    &(struct peer_host_config){
                                        .identity = &out->key,
                                        .transport = transport,
                                        .agent = "test/1",
                                        .unix_ms = 1700000000000,
                                    }),
                     LOFT_OK);
    addr_of(&addr, out->ip);
    assert_int_equal(peer_host_listen(out->host, buffer_bytes(&addr)), LOFT_OK);
    buffer_free(&addr);
}

static void leave(struct member *member)
{
    peer_host_close(member->host);
    peer_private_key_fini(&member->key);
}

static void dial(struct member *from)
{
    struct buffer addr = {0};
    addr_of(&addr, victim.ip);
    bytes one = buffer_bytes(&addr);
    assert_int_equal(
        peer_host_connect(from->host, peer_host_id(victim.host), &one, 1),
        LOFT_OK);
    buffer_free(&addr);
    sim_network_run(network, 500);
    assert_true(peer_host_is_connected(from->host, peer_host_id(victim.host)));
}

/* Streams whose answer is what was said. */

static void echo_got(void *context, struct peer_stream *stream, bytes data)
{
    (void)context;
    assert_true(peer_stream_send(stream, data));
}

static const struct peer_stream_calls echo_calls = {.got = echo_got};
static const struct peer_protocol echo = {.name = "/test/echo/1",
                                          .calls = &echo_calls};
static const char *const echo_names[] = {"/test/echo/1"};

static void count_got(void *context, struct peer_stream *stream, bytes data)
{
    size_t *count = context;
    (void)stream;
    *count += data.len;
}

static const struct peer_stream_calls count_calls = {.got = count_got};

static void those_who_take_much_wait_and_lose_nothing(void **state)
{
    static uint8_t zeros[ECHO_BYTES];
    size_t came[CROWD] = {0};
    (void)state;
    network = sim_network_new(5);
    sim_network_pieces(network, PIECE_BYTES);
    join(&victim, 1);
    peer_host_handle(victim.host, &echo, NULL);
    for (unsigned i = 0; i < CROWD; i++) {
        join(&crowd[i], (uint8_t)(2 + i));
        dial(&crowd[i]);
        struct peer_stream *stream = peer_host_open_stream(
            crowd[i].host, peer_host_id(victim.host), echo_names, 1,
            &count_calls, &came[i]);
        assert_non_null(stream);
        assert_true(peer_stream_send(stream, bytes_of(zeros, ECHO_BYTES)));
    }
    sim_network_run(network, 5000);
    for (unsigned i = 0; i < CROWD; i++)
        assert_int_equal(came[i], ECHO_BYTES);
    assert_true(peer_host_stats(victim.host).waits_total >= CROWD);
    for (unsigned i = 0; i < CROWD; i++)
        leave(&crowd[i]);
    leave(&victim);
    sim_network_free(network);
}

/* Gossip from one that speaks its bytes. */

static struct gossip *gossip;
static unsigned delivered;
static struct peer_stream *ours; /* the victim's, at the other side */

static void on_deliver(void *context, const struct gossip_message *message)
{
    (void)context;
    (void)message;
    delivered++;
}

static void *raw_accept(void *context, struct peer_stream *stream)
{
    (void)context;
    ours = stream;
    return network;
}

static void raw_ended(void *context, struct peer_stream *stream,
                      enum peer_stream_end end)
{
    (void)context;
    (void)end;
    if (stream == ours)
        ours = NULL;
}

static const struct peer_stream_calls raw_calls = {.ended = raw_ended};
static const struct peer_protocol raw = {
    .name = "/meshsub/1.1.0", .calls = &raw_calls, .accept = raw_accept};
static const char *const raw_names[] = {"/meshsub/1.1.0"};

static struct peer_stream *begin_gossip(void)
{
    const struct gossip_use use = {.deliver = on_deliver};
    network = sim_network_new(5);
    delivered = 0;
    ours = NULL;
    join(&victim, 1);
    join(&crowd[0], 2);
    gossip = gossip_open(victim.host,
                         &(struct gossip_config){.unix_ms = 1700000000000});
    assert_int_equal(gossip_subscribe(gossip, bytes_str(TOPIC), &use), LOFT_OK);
    peer_host_handle(crowd[0].host, &raw, NULL);
    dial(&crowd[0]);
    struct peer_stream *stream = peer_host_open_stream(
        crowd[0].host, peer_host_id(victim.host), raw_names, 1, &raw_calls,
        NULL);
    assert_non_null(stream);
    sim_network_run(network, 500);
    assert_non_null(ours);
    return stream;
}

static void end_gossip(void)
{
    leave(&crowd[0]);
    leave(&victim);
    gossip_close(gossip);
    sim_network_free(network);
}

static void put_messages(struct buffer *out, unsigned count)
{
    static struct buffer each[MESSAGES];
    static bytes list[MESSAGES];
    const struct gossip_rpc rpc = {.messages = list, .message_count = count};
    for (unsigned i = 0; i < count; i++) {
        each[i].len = 0;
        gossip_message_seal(&each[i], &crowd[0].key, bytes_str(TOPIC),
                            bytes_str("something"), 1000 + i);
        list[i] = buffer_bytes(&each[i]);
    }
    struct gossip_frame *frame = gossip_frame_new(&rpc);
    buffer_put_bytes(out, gossip_frame_bytes(frame));
    gossip_frame_drop(frame);
    for (unsigned i = 0; i < count; i++)
        buffer_free(&each[i]);
}

/* Also where its sender has finished meanwhile. */
static void an_rpc_that_takes_long_is_taken_whole_in_parts(void **state)
{
    struct buffer out = {0};
    (void)state;
    struct peer_stream *stream = begin_gossip();
    put_messages(&out, MESSAGES);
    assert_true(peer_stream_send(stream, buffer_bytes(&out)));
    peer_stream_finish(stream);
    sim_network_run(network, 1000);
    assert_int_equal(delivered, MESSAGES);
    buffer_free(&out);
    end_gossip();
}

/* Without an end to it, an RPC that was begun would be kept for good. */
static void one_that_resets_our_gossip_is_read_no_more(void **state)
{
    static uint8_t zeros[65536] = {0x80, 0x80, 0x40};
    size_t sent = 0;
    (void)state;
    struct peer_stream *stream = begin_gossip();
    while (ours) { /* it is opened anew a few times */
        peer_stream_reset(ours);
        sim_network_run(network, 3000);
    }
    for (int i = 0; i < 200; i++) {
        if (peer_stream_send(stream, bytes_of(zeros, sizeof zeros)))
            sent += sizeof zeros;
        sim_network_run(network, 100);
    }
    /* What waits here, and the window that it may fill there. */
    assert_true(sent <= PEER_STREAM_QUEUE_BYTES + (512u << 10));
    assert_true(peer_host_stats(victim.host).memory_bytes <= 512u << 10);
    end_gossip();
}

/* What it sends waits with it, and is taken when it is believed again. */
static void one_that_is_not_listened_to_is_not_read(void **state)
{
    struct buffer out = {0};
    size_t sent = 0;
    (void)state;
    struct peer_stream *stream = begin_gossip();
    const struct peer_id *id = peer_host_id(crowd[0].host);
    gossip_score(gossip, id, -1000);
    sim_network_run(network, 2500);
    put_messages(&out, MESSAGES);
    for (int i = 0; i < 200; i++) {
        if (peer_stream_send(stream, buffer_bytes(&out)))
            sent += out.len;
        sim_network_run(network, 100);
    }
    assert_true(sent <= PEER_STREAM_QUEUE_BYTES + (512u << 10));
    assert_int_equal(delivered, 0);
    assert_true(
        peer_host_is_connected(victim.host, peer_host_id(crowd[0].host)));
    gossip_score(gossip, id, 0);
    sim_network_run(network, 3000);
    assert_int_equal(delivered, MESSAGES);
    buffer_free(&out);
    end_gossip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_who_take_much_wait_and_lose_nothing),
        cmocka_unit_test(an_rpc_that_takes_long_is_taken_whole_in_parts),
        cmocka_unit_test(one_that_resets_our_gossip_is_read_no_more),
        cmocka_unit_test(one_that_is_not_listened_to_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
