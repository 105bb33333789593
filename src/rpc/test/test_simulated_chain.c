#include "rpc/simulated_chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rpc/test/world.h"

#define ONE "0xc100000000000000000000000000000000000000"
#define TWO "0xc200000000000000000000000000000000000000"
#define RICH "\"stateOverrides\":{\"" ONE "\":{\"balance\":\"0xffffffffff\"}}"

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

/* blocks: elements of blockStateCalls; options: members after it. */
static const char *simulate(const char *blocks, const char *options)
{
    char params[4096];
    snprintf(params, sizeof params, "[{\"blockStateCalls\":[%s]%s}]", blocks,
             options);
    return world_ask(&world, NULL, "eth_simulateV1", params);
}

static void assert_answer(const char *answer, const char *part)
{
    if (!strstr(answer, part))
        fail_msg("%s, without %s", answer, part);
}

static void gaps_are_filled_with_empty_blocks(void **state)
{
    (void)state;
    const char *answer = simulate(
        "{},{\"blockOverrides\":{\"number\":\"0x5\"}}", "");
    assert_int_equal(count_of(answer, "\"calls\":[]"), 5);
    assert_answer(answer, "\"number\":\"0x4\"");
    assert_answer(answer, "\"timestamp\":\"0x424\""); /* 1000 + 5 * 12 */
}

static void blocks_come_in_their_order(void **state)
{
    (void)state;
    assert_answer(simulate("{\"blockOverrides\":{\"number\":\"0x2\"}},"
                           "{\"blockOverrides\":{\"number\":\"0x2\"}}",
                           ""),
                  "-38020");
    assert_answer(simulate("{\"blockOverrides\":{\"time\":\"0x3e8\"}}", ""),
                  "-38021");
    assert_answer(simulate("{\"blockOverrides\":{\"number\":\"0x101\"}}", ""),
                  "-38026");
    assert_answer(simulate("", ""), "empty input");
}

static void a_block_sees_those_before_it(void **state)
{
    (void)state;
    /* BLOCKHASH of the number before this one, in each of two blocks. */
    static const char code[] =
        "{\"stateOverrides\":{\"" TWO
        "\":{\"code\":\"0x60014303405f5260205ff3\"}},\"calls\":[{\"to\":\"" TWO
        "\"}]},{\"calls\":[{\"to\":\"" TWO "\"}]}";
    const char *answer = simulate(code, "");
    const char *first = strstr(answer, "\"hash\":\"0x");
    assert_non_null(first);
    char wanted[200];
    snprintf(wanted, sizeof wanted, "\"returnData\":\"%.66s", first + 8);
    assert_answer(answer, wanted);
}

static void transfers_are_shown_as_logs(void **state)
{
    (void)state;
    static const char calls[] = "{" RICH ",\"calls\":[{\"from\":\"" ONE
                                "\",\"to\":\"" TWO
                                "\",\"value\":\"0x7\"},{\"from\":\"" ONE
                                "\",\"to\":\"" TWO "\",\"value\":\"0x8\"}]}";
    assert_int_equal(count_of(simulate(calls, ""), "\"logs\":[]"), 2);
    const char *answer = simulate(calls, ",\"traceTransfers\":true");
    assert_int_equal(
        count_of(answer, "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"), 2);
    assert_answer(answer, "\"logIndex\":\"0x1\"");
}

static void what_reverts_shows_no_logs(void **state)
{
    (void)state;
    /* LOG0 of nothing, then REVERT; then INVALID. */
    static const char calls[] =
        "{\"stateOverrides\":{\"" TWO "\":{\"code\":\"0x5f5fa05f5ffd\"},\"" ONE
        "\":{\"code\":\"0xfe\"}},\"calls\":[{\"to\":\"" TWO "\"},{\"to\":\"" ONE
        "\",\"gas\":\"0x5300\"}]}";
    const char *answer = simulate(calls, ",\"traceTransfers\":true");
    assert_int_equal(count_of(answer, "\"logs\":[]"), 2);
    assert_answer(answer, "\"message\":\"execution reverted\",\"code\":3,"
                          "\"data\":\"0x\"");
    assert_answer(answer,
                  "\"message\":\"invalid opcode: INVALID\",\"code\":-32015");
}

static void validation_asks_what_blocks_do(void **state)
{
    (void)state;
    static const char call[] =
        "{\"blockOverrides\":{\"baseFeePerGas\":\"0x0\"}," RICH
        ",\"calls\":[{\"from\":\"" ONE "\",\"to\":\"" TWO
        "\",\"nonce\":\"0x5\",\"gas\":\"0x5208\"}]}";
    assert_answer(simulate(call, ""), "\"status\":\"0x1\"");
    const char *answer = simulate(call, ",\"validation\":true");
    assert_answer(answer, "-38011");
    assert_answer(answer, "tx: 5 state: 0");
    assert_answer(simulate("{\"calls\":[{\"from\":\"" ONE "\",\"to\":\"" TWO
                           "\",\"gas\":\"0x5208\"}]}",
                           ",\"validation\":true"),
                  "-38012");
    assert_answer(simulate("{\"calls\":[{\"from\":\"" ONE "\",\"to\":\"" TWO
                           "\",\"value\":\"0x1\"}]}",
                           ""),
                  "-38014");
    assert_answer(
        simulate("{\"calls\":[{\"to\":\"" TWO "\",\"gas\":\"0x1\"}]}", ""),
        "-38013");
    assert_answer(simulate("{\"blockOverrides\":{\"gasLimit\":\"0x5208\"},"
                           "\"calls\":[{\"to\":\"" TWO
                           "\",\"gas\":\"0x5209\"}]}",
                           ""),
                  "-38015");
}

/* The identity at its own place and at another. */
static void a_precompile_moves_for_one_block(void **state)
{
    (void)state;
    static const char blocks[] =
        "{\"stateOverrides\":{\"0x0000000000000000000000000000000000000004\":"
        "{\"movePrecompileToAddress\":\"" TWO "\"}},\"calls\":[{\"to\":\"" TWO
        "\",\"input\":\"0xabcd\"}]},{\"calls\":[{\"to\":\"" TWO
        "\",\"input\":\"0xabcd\"}]}";
    assert_int_equal(
        count_of(simulate(blocks, ""), "\"returnData\":\"0xabcd\""), 1);
    assert_answer(simulate("{\"stateOverrides\":{\"" ONE
                           "\":{\"movePrecompileToAddress\":\"" TWO "\"}}}",
                           ""),
                  "is not a precompile");
    assert_answer(
        simulate("{\"stateOverrides\":{\"" ONE
                 "\":{},\"0x0000000000000000000000000000000000000004\":"
                 "{\"movePrecompileToAddress\":\"" ONE "\"}}}",
                 ""),
        "is already overridden");
}

static void nothing_of_it_stays(void **state)
{
    (void)state;
    simulate("{" RICH "}", "");
    assert_answer(world_ask(&world, NULL, "eth_getBalance", "[\"" ONE "\"]"),
                  "\"result\":\"0x0\"");
    assert_answer(world_ask(&world, NULL, "eth_blockNumber", "[]"),
                  "\"result\":\"0x0\"");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(gaps_are_filled_with_empty_blocks),
        TEST(blocks_come_in_their_order),
        TEST(a_block_sees_those_before_it),
        TEST(transfers_are_shown_as_logs),
        TEST(what_reverts_shows_no_logs),
        TEST(validation_asks_what_blocks_do),
        TEST(a_precompile_moves_for_one_block),
        TEST(nothing_of_it_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
