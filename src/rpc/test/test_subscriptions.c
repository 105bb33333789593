#include "rpc/subscriptions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rpc/test/world.h"

static struct world world;
static struct listening_peer peer;

static int set_up(void **state)
{
    (void)state;
    world_open(&world, FORK_BPO2);
    listening_peer_init(&peer);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_close(&world);
    listening_peer_fini(&peer);
    return 0;
}

static unsigned count_of(const char *text, const char *what)
{
    unsigned count = 0;
    size_t len = strlen(what);
    for (; *text; text++) /* strstr() would measure the whole text each time */
        count += *text == *what && strncmp(text, what, len) == 0;
    return count;
}

static const char *ask(const char *method, const char *params)
{
    return world_ask(&world, &peer.peer, method, params);
}

static const char *told(void)
{
    subscriptions_tell_head(world.host.subscriptions);
    return listening_peer_take(&peer);
}

static void heads_are_told_in_their_order(void **state)
{
    (void)state;
    char id[128];
    world_result(id, ask("eth_subscribe", "[\"newHeads\"]"));
    assert_string_equal(told(), "");
    world_append_log(&world, 1);
    world_append_log(&world, 2);
    const char *text = told();
    assert_int_equal(count_of(text, id), 2);
    assert_int_equal(count_of(text, "\n"), 2);
    assert_int_equal(count_of(text, "\"method\":\"eth_subscription\""), 2);
    const char *first = strstr(text, "\"number\":\"0x1\"");
    assert_non_null(first);
    assert_non_null(strstr(first, "\"number\":\"0x2\""));
    assert_null(strstr(text, "\"transactions\""));
    assert_string_equal(told(), "");
}

static void logs_are_told_and_taken_back(void **state)
{
    (void)state;
    ask("eth_subscribe",
        "[\"logs\",{\"topics\":[[\"0x0000000000000000000000000000000000000000"
        "000000000000000000000001\",\"0x000000000000000000000000000000000000"
        "0000000000000000000000000003\"]]}]");
    for (uint8_t topic = 1; topic <= 3; topic++)
        world_append_log(&world, topic);
    const char *text = told();
    assert_int_equal(count_of(text, "\"removed\":false"), 2);
    assert_int_equal(count_of(text, "\n"), 2);
    assert_int_equal(chain_rewind(world.host.chain, 2), LOFT_OK);
    world_append_log(&world, 1);
    text = told();
    assert_int_equal(count_of(text, "\"removed\":true"), 1);
    assert_int_equal(count_of(text, "\"removed\":false"), 1);
    assert_true(strstr(text, "true") < strstr(text, "false"));
}

static void send(unsigned from, uint64_t nonce)
{
    char params[2048] = "[\"0x";
    struct signed_transaction tx = maker_transfer(&world.maker, from, nonce, 1,
                                                  5);
    for (size_t i = 0; i < tx.raw.len; i++)
        sprintf(params + 4 + 2 * i, "%02x", tx.raw.at[i]);
    strcat(params, "\"]");
    const char *answer = ask("eth_sendRawTransaction", params);
    if (!strstr(answer, "result"))
        fail_msg("%s", answer);
}

static void pending_transactions_are_told_when_they_are(void **state)
{
    (void)state;
    ask("eth_subscribe", "[\"newPendingTransactions\"]");
    send(0, 0);
    assert_int_equal(count_of(listening_peer_take(&peer), "\n"), 1);
    send(0, 2); /* waits for the one before it */
    assert_string_equal(listening_peer_take(&peer), "");
    send(0, 1);
    assert_int_equal(count_of(listening_peer_take(&peer), "\n"), 2);
    ask("eth_subscribe", "[\"newPendingTransactions\",true]");
    send(2, 0);
    assert_int_equal(count_of(listening_peer_take(&peer), "\"nonce\""), 1);
}

static void a_subscription_ends_when_it_is_asked_to(void **state)
{
    (void)state;
    char id[128], params[160];
    world_result(id, ask("eth_subscribe", "[\"newHeads\"]"));
    snprintf(params, sizeof params, "[\"%s\"]", id);
    struct listening_peer other;
    listening_peer_init(&other);
    assert_non_null(
        strstr(world_ask(&world, &other.peer, "eth_unsubscribe", params),
               "subscription not found"));
    assert_non_null(strstr(ask("eth_unsubscribe", params), "true"));
    world_append_log(&world, 1);
    assert_string_equal(told(), "");
    listening_peer_fini(&other);
}

static void a_peer_that_is_gone_hears_nothing(void **state)
{
    (void)state;
    struct listening_peer other;
    listening_peer_init(&other);
    ask("eth_subscribe", "[\"newHeads\"]");
    ask("eth_subscribe", "[\"syncing\"]");
    world_ask(&world, &other.peer, "eth_subscribe", "[\"newHeads\"]");
    subscriptions_drop(world.host.subscriptions, &other.peer);
    assert_int_equal(subscriptions_count(world.host.subscriptions), 2);
    world_append_log(&world, 1);
    assert_int_equal(count_of(told(), "\n"), 1);
    assert_int_equal(other.count, 0);
    peer.is_deaf = true;
    world_append_log(&world, 2);
    told();
    assert_int_equal(subscriptions_count(world.host.subscriptions), 1);
    listening_peer_fini(&other);
}

/* Closes in the middle of being told, as a full connection does. */
static bool leave(struct rpc_peer *self, struct buffer *text)
{
    buffer_free(text);
    subscriptions_drop(world.host.subscriptions, self);
    return false;
}

static void a_peer_may_leave_while_it_is_told(void **state)
{
    (void)state;
    struct rpc_peer leaving = {.push = leave};
    world_ask(&world, &leaving, "eth_subscribe", "[\"newHeads\"]");
    ask("eth_subscribe", "[\"newHeads\"]");
    world_ask(&world, &leaving, "eth_subscribe", "[\"newHeads\"]");
    ask("eth_subscribe", "[\"newHeads\"]");
    world_append_log(&world, 1);
    assert_int_equal(count_of(told(), "\n"), 2);
    assert_int_equal(subscriptions_count(world.host.subscriptions), 2);
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    assert_non_null(
        strstr(world_ask(&world, NULL, "eth_subscribe", "[\"newHeads\"]"),
               "\"notifications not supported\""));
    assert_non_null(strstr(ask("eth_subscribe", "[\"weather\"]"),
                           "no \\\"weather\\\" subscription in eth namespace"));
    for (int i = 0; i < 3; i++)
        ask("eth_subscribe", "[\"syncing\"]");
    assert_non_null(strstr(ask("eth_subscribe", "[\"newHeads\"]"), "-32005"));
}

static void many_blocks_at_once_are_passed_over(void **state)
{
    (void)state;
    ask("eth_subscribe", "[\"newHeads\"]");
    for (int i = 0; i < SUBSCRIPTION_BLOCKS_MAX + 5; i++)
        maker_append(&world.maker, 1, NULL, 0);
    assert_int_equal(count_of(told(), "\n"), SUBSCRIPTION_BLOCKS_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(heads_are_told_in_their_order),
        TEST(logs_are_told_and_taken_back),
        TEST(pending_transactions_are_told_when_they_are),
        TEST(a_subscription_ends_when_it_is_asked_to),
        TEST(a_peer_that_is_gone_hears_nothing),
        TEST(a_peer_may_leave_while_it_is_told),
        TEST(what_cannot_be_is_said),
        TEST(many_blocks_at_once_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
