#include "p2p/gossip_rpc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena arena;
static struct buffer out;

static bytes text(const char *from)
{
    return bytes_str(from);
}

static void an_rpc_of_all_parts_is_read_as_it_was_put(void **state)
{
    (void)state;
    const bytes ids[] = {text("one"), text("two"), text("three")};
    const bytes messages[] = {text("first"), text("second")};
    const bytes graft[] = {text("blue")};
    const struct gossip_subscription subscriptions[] = {{true, text("blue")},
                                                        {false, text("red")}};
    const struct gossip_ids ihave[] = {{text("blue"), ids, 3}};
    const struct gossip_ids iwant[] = {{BYTES_EMPTY, ids, 1},
                                       {BYTES_EMPTY, ids + 1, 2}};
    const struct gossip_exchange peers[] = {{text("peer"), text("record")},
                                            {text("other"), BYTES_EMPTY}};
    const struct gossip_prune prune[] = {{text("red"), peers, 2, 60},
                                         {text("blue"), NULL, 0, 0}};
    const struct gossip_rpc from = {subscriptions,
                                    messages,
                                    ihave,
                                    iwant,
                                    iwant,
                                    graft,
                                    prune,
                                    2,
                                    2,
                                    1,
                                    2,
                                    2,
                                    1,
                                    2};
    struct gossip_rpc rpc;
    gossip_rpc_put(&out, &from);
    assert_int_equal(gossip_rpc_read(&arena, &rpc, buffer_bytes(&out)),
                     LOFT_OK);
    assert_int_equal(rpc.subscription_count, 2);
    assert_true(rpc.subscriptions[0].subscribe);
    assert_false(rpc.subscriptions[1].subscribe);
    assert_true(bytes_equal(rpc.subscriptions[1].topic, text("red")));
    assert_int_equal(rpc.message_count, 2);
    assert_true(bytes_equal(rpc.messages[1], text("second")));
    assert_int_equal(rpc.ihave_count, 1);
    assert_true(bytes_equal(rpc.ihave[0].topic, text("blue")));
    assert_true(bytes_equal(rpc.ihave[0].at[2], text("three")));
    assert_int_equal(rpc.iwant_count, 2);
    assert_int_equal(rpc.iwant[1].len, 2);
    assert_int_equal(rpc.idontwant_count, 2);
    assert_true(bytes_equal(rpc.idontwant[0].at[0], text("one")));
    assert_int_equal(rpc.graft_count, 1);
    assert_int_equal(rpc.prune_count, 2);
    assert_int_equal(rpc.prune[0].backoff_s, 60);
    assert_int_equal(rpc.prune[0].peer_count, 2);
    assert_true(
        bytes_equal(rpc.prune[0].peers[0].signed_record, text("record")));
    assert_int_equal(rpc.prune[0].peers[1].signed_record.len, 0);
    assert_int_equal(rpc.prune[1].backoff_s, 0);
}

/* By hand from the schema: field 1 subscribes, field 3 holds a graft (3) and
 * an IDONTWANT (5). */
static void the_bytes_are_those_of_the_schema(void **state)
{
    (void)state;
    const bytes id = text("id"), topic = text("t");
    const struct gossip_subscription subscription = {true, topic};
    const struct gossip_ids idontwant = {BYTES_EMPTY, &id, 1};
    const struct gossip_rpc rpc = {.subscriptions = &subscription,
                                   .subscription_count = 1,
                                   .graft = &topic,
                                   .graft_count = 1,
                                   .idontwant = &idontwant,
                                   .idontwant_count = 1};
    gossip_rpc_put(&out, &rpc);
    assert_true(bytes_equal(
        buffer_bytes(&out),
        bytes_of("\x0a\5\x08\1\x12\1t\x1a\x0b\x1a\3\x0a\1t\x2a\4\x0a\2id",
                 20)));
}

static void nothing_is_an_rpc_of_nothing(void **state)
{
    (void)state;
    struct gossip_rpc rpc;
    assert_int_equal(gossip_rpc_read(&arena, &rpc, BYTES_EMPTY), LOFT_OK);
    gossip_rpc_put(&out, &rpc);
    assert_int_equal(out.len, 0);
}

static loft_err read_many(size_t count, size_t of_ids, size_t id_len)
{
    static uint8_t zeros[GOSSIP_ID_BYTES_MAX + 1];
    struct gossip_ids *lists = ARENA_ARRAY(&arena, struct gossip_ids, count);
    bytes *ids = ARENA_ARRAY(&arena, bytes, of_ids);
    struct gossip_rpc rpc = {.iwant = lists, .iwant_count = count};
    for (size_t i = 0; i < of_ids; i++)
        ids[i] = bytes_of(zeros, id_len);
    for (size_t i = 0; i < count; i++)
        lists[i] = (struct gossip_ids){BYTES_EMPTY, ids, of_ids};
    out.len = 0;
    gossip_rpc_put(&out, &rpc);
    return gossip_rpc_read(&arena, &rpc, buffer_bytes(&out));
}

static void each_limit_is_kept_to_the_item(void **state)
{
    (void)state;
    assert_int_equal(read_many(GOSSIP_RPC_CONTROLS_MAX, 1, 1), LOFT_OK);
    assert_int_equal(read_many(GOSSIP_RPC_CONTROLS_MAX + 1, 1, 1),
                     LOFT_ERR_LIMIT);
    assert_int_equal(read_many(1, GOSSIP_RPC_IDS_MAX, 1), LOFT_OK);
    assert_int_equal(read_many(1, GOSSIP_RPC_IDS_MAX + 1, 1), LOFT_ERR_LIMIT);
    assert_int_equal(read_many(2, GOSSIP_RPC_IDS_MAX / 2, 1), LOFT_OK);
    assert_int_equal(read_many(2, GOSSIP_RPC_IDS_MAX / 2 + 1, 1),
                     LOFT_ERR_LIMIT);
    assert_int_equal(read_many(1, 1, GOSSIP_ID_BYTES_MAX), LOFT_OK);
    assert_int_equal(read_many(1, 1, GOSSIP_ID_BYTES_MAX + 1), LOFT_ERR_LIMIT);
}

static void an_rpc_that_is_too_long_is_not_looked_at(void **state)
{
    (void)state;
    struct gossip_rpc rpc;
    memset(buffer_extend(&out, GOSSIP_RPC_BYTES_MAX + 1), 0xff,
           GOSSIP_RPC_BYTES_MAX + 1);
    assert_int_equal(gossip_rpc_read(&arena, &rpc, buffer_bytes(&out)),
                     LOFT_ERR_LIMIT);
    assert_null(rpc.messages);
}

/* Of a 1.3 peer, and of whatever is to come. */
static void fields_of_later_versions_are_skipped(void **state)
{
    (void)state;
    struct gossip_rpc rpc;
    const bytes from = bytes_of(
        "\x0a\7\x08\1\x12\1t\x18\1\x1a\7\x32\5later\x52\2xx", 22);
    assert_int_equal(gossip_rpc_read(&arena, &rpc, from), LOFT_OK);
    assert_int_equal(rpc.subscription_count, 1);
    assert_true(bytes_equal(rpc.subscriptions[0].topic, text("t")));
}

static void what_is_cut_is_refused(void **state)
{
    (void)state;
    const bytes id = text("id");
    const struct gossip_ids ihave = {text("topic"), &id, 1};
    const struct gossip_rpc rpc = {.ihave = &ihave, .ihave_count = 1};
    struct gossip_rpc again;
    gossip_rpc_put(&out, &rpc);
    for (size_t len = 1; len < out.len; len++)
        assert_int_equal(gossip_rpc_read(&arena, &again, bytes_of(out.at, len)),
                         LOFT_ERR_FORMAT);
}

static int begin(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_fini(&arena);
    buffer_free(&out);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_rpc_of_all_parts_is_read_as_it_was_put),
        TEST(the_bytes_are_those_of_the_schema),
        TEST(nothing_is_an_rpc_of_nothing),
        TEST(each_limit_is_kept_to_the_item),
        TEST(an_rpc_that_is_too_long_is_not_looked_at),
        TEST(fields_of_later_versions_are_skipped),
        TEST(what_is_cut_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
