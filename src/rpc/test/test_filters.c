#include "rpc/filters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rpc/test/world.h"

static struct world world;

static int set_up(void **state)
{
    (void)state;
    world_open(&world, FORK_BPO2);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_close(&world);
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

static void make(char id[128], const char *method, const char *params)
{
    world_result(id, world_ask(&world, NULL, method, params));
}

static const char *changes(const char *id)
{
    char params[160];
    snprintf(params, sizeof params, "[\"%s\"]", id);
    return world_ask(&world, NULL, "eth_getFilterChanges", params);
}

#define NOTHING "\"result\":[]"
#define HASHES "\"0x"

static void a_block_filter_tells_what_is_new_once(void **state)
{
    (void)state;
    char id[128];
    world_append_log(&world, 1);
    make(id, "eth_newBlockFilter", "[]");
    assert_non_null(strstr(changes(id), NOTHING));
    world_append_log(&world, 2);
    struct made_block newest = world_append_log(&world, 3);
    const char *answer = changes(id);
    assert_int_equal(count_of(answer, HASHES), 2);
    char tail[8];
    snprintf(tail, sizeof tail, "%02x%02x\"]", newest.block.hash.at[30],
             newest.block.hash.at[31]);
    assert_non_null(strstr(answer, tail));
    assert_non_null(strstr(changes(id), NOTHING));
}

static void a_log_filter_shows_what_matches(void **state)
{
    (void)state;
    char id[128];
    make(id, "eth_newFilter",
         "[{\"topics\":[\"0x00000000000000000000000000000000000000000000000000"
         "00000000000007\"]}]");
    world_append_log(&world, 7);
    world_append_log(&world, 8);
    world_append_log(&world, 7);
    assert_int_equal(count_of(changes(id), "\"removed\":false"), 2);
    assert_non_null(strstr(changes(id), NOTHING));
}

static void removed_blocks_come_back_as_removed_logs(void **state)
{
    (void)state;
    char logs[128], blocks[128];
    world_append_log(&world, 1);
    make(logs, "eth_newFilter", "[{}]");
    make(blocks, "eth_newBlockFilter", "[]");
    world_append_log(&world, 2);
    world_append_log(&world, 3);
    changes(logs), changes(blocks);
    assert_int_equal(chain_rewind(world.host.chain, 1), LOFT_OK);
    world_append_log(&world, 4);
    const char *answer = changes(logs);
    assert_int_equal(count_of(answer, "\"removed\":true"), 2);
    assert_int_equal(count_of(answer, "\"removed\":false"), 1);
    assert_int_equal(count_of(changes(blocks), HASHES), 1);
    assert_non_null(strstr(changes(logs), NOTHING));
}

static void a_filter_of_a_range_keeps_to_it(void **state)
{
    (void)state;
    char id[128];
    make(id, "eth_newFilter", "[{\"fromBlock\":\"0x2\",\"toBlock\":\"0x2\"}]");
    for (uint8_t topic = 1; topic <= 3; topic++)
        world_append_log(&world, topic);
    assert_int_equal(count_of(changes(id), "\"removed\""), 1);
    char params[160];
    snprintf(params, sizeof params, "[\"%s\"]", id);
    assert_int_equal(
        count_of(world_ask(&world, NULL, "eth_getFilterLogs", params),
                 "\"removed\""),
        1);
    assert_non_null(strstr(world_ask(&world, NULL, "eth_newFilter",
                                     "[{\"fromBlock\":\"0x2\","
                                     "\"toBlock\":\"0x1\"}]"),
                           "invalid block range params"));
}

static void pending_transactions_are_told_by_their_hashes(void **state)
{
    (void)state;
    char id[128], params[2048] = "[\"0x";
    make(id, "eth_newPendingTransactionFilter", "[]");
    struct signed_transaction tx = maker_transfer(&world.maker, 0, 0, 1, 5);
    for (size_t i = 0; i < tx.raw.len; i++)
        sprintf(params + 4 + 2 * i, "%02x", tx.raw.at[i]);
    strcat(params, "\"]");
    char hash[128];
    world_result(hash,
                 world_ask(&world, NULL, "eth_sendRawTransaction", params));
    assert_non_null(strstr(changes(id), hash));
    assert_non_null(strstr(changes(id), NOTHING));
}

static void an_old_hash_makes_room_for_a_new_one(void **state)
{
    (void)state;
    char id[128];
    make(id, "eth_newPendingTransactionFilter", "[]");
    for (uint32_t i = 0; i < FILTER_HASHES_MAX + 10; i++) {
        hash32 hash = {{0}};
        store_be32(hash.at, i);
        filters_tell_transaction(world.host.filters, &hash);
    }
    const char *answer = changes(id);
    assert_int_equal(count_of(answer, HASHES), FILTER_HASHES_MAX);
    assert_non_null(strstr(answer, "[\"0x0000000a00"));
}

static void filters_are_few_and_are_forgotten(void **state)
{
    (void)state;
    char first[128], other[128];
    make(first, "eth_newBlockFilter", "[]");
    make(other, "eth_newFilter", "[{}]");
    make(other, "eth_newBlockFilter", "[]");
    assert_non_null(
        strstr(world_ask(&world, NULL, "eth_newBlockFilter", "[]"), "-32005"));
    world.now += 200;
    assert_non_null(strstr(changes(first), NOTHING));
    world.now += 200;
    assert_non_null(strstr(changes(first), NOTHING));
    assert_int_equal(filters_count(world.host.filters), 1);
    assert_non_null(strstr(changes(other), "filter not found"));
}

static void a_filter_is_uninstalled_once(void **state)
{
    (void)state;
    char id[128], params[160];
    make(id, "eth_newFilter", "[{}]");
    snprintf(params, sizeof params, "[\"%s\"]", id);
    assert_non_null(
        strstr(world_ask(&world, NULL, "eth_uninstallFilter", params),
               "\"result\":true"));
    assert_non_null(
        strstr(world_ask(&world, NULL, "eth_uninstallFilter", params),
               "\"result\":false"));
    assert_non_null(strstr(changes(id), "filter not found"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_block_filter_tells_what_is_new_once),
        TEST(a_log_filter_shows_what_matches),
        TEST(removed_blocks_come_back_as_removed_logs),
        TEST(a_filter_of_a_range_keeps_to_it),
        TEST(pending_transactions_are_told_by_their_hashes),
        TEST(an_old_hash_makes_room_for_a_new_one),
        TEST(filters_are_few_and_are_forgotten),
        TEST(a_filter_is_uninstalled_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
