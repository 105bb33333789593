#include "rpc/pending.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rpc/test/world.h"

#define WHO "\"0x00000000000000000000000000000000000000aa\""
#define ASK(method, params)                              \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method \
    "\",\"params\":" params "}"
#define BALANCE ASK("eth_getBalance", "[" WHO ",\"pending\"]")
#define ESTIMATE ASK("eth_estimateGas", "[{\"to\":" WHO "},\"pending\"]")
#define LIST ASK("eth_createAccessList", "[{\"to\":" WHO "},\"pending\"]")

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

/* Where a request was run, in order: l and w. */
static const char *run(const char *request, const char *answer)
{
    static char places[16];
    size_t count = 0;
    enum rpc_place place = RPC_ON_LOOP;
    struct rpc_job *job = rpc_job_new(world.rpc, bytes_str(request), NULL);
    bool done = false;
    while (!done) {
        assert_in_range(count, 0, sizeof places - 2);
        places[count++] = place == RPC_ON_LOOP ? 'l' : 'w';
        done = rpc_job_run(world.rpc, job, place);
        place = job->wants;
    }
    places[count] = 0;
    buffer_put_byte(&job->reply.text, 0);
    assert_non_null(strstr((char *)job->reply.text.at, answer));
    rpc_job_free(world.rpc, job);
    return places;
}

static void what_is_made_by_a_worker_serves_the_loop(void **state)
{
    (void)state;
    assert_string_equal(run(BALANCE, "\"0x0\""), "lw");
    assert_string_equal(run(BALANCE, "\"0x0\""), "l");
    pending_drop(world.host.pending);
    assert_string_equal(run(BALANCE, "\"0x0\""), "lw");
    world.now++;
    assert_string_equal(run(BALANCE, "\"0x0\""), "lw");
}

static void a_long_call_fetches_the_order_and_comes_back(void **state)
{
    (void)state;
    assert_string_equal(run(LIST, "\"0x5208\""), "lwlw");
    assert_string_equal(run("[" LIST "," LIST "]", "\"0x5208\""), "lwlw");
    /* What the loop does in between may change what is pending. */
    assert_string_equal(run("[" LIST "," ASK("eth_chainId", "[]") "," //
                            LIST "]",
                            "\"0x5208\""),
                        "lwlwlwlw");
}

static void a_call_that_is_tried_brings_the_order_along(void **state)
{
    (void)state;
    assert_string_equal(run(ESTIMATE, "\"0x5208\""), "lw");
    assert_string_equal(run(ESTIMATE, "\"0x5208\""), "l");
    world.now++;
    assert_string_equal(run("[" ESTIMATE "," ESTIMATE "]", "\"0x5208\""), "lw");
}

static void a_block_in_between_leaves_what_is_newest(void **state)
{
    (void)state;
    char number[64];
    struct rpc_job *job = rpc_job_new(
        world.rpc,
        bytes_str(ASK("eth_getBlockByNumber", "[\"pending\",false]")), NULL);
    assert_false(rpc_job_run(world.rpc, job, RPC_ON_LOOP));
    world_append_log(&world, 1);
    assert_true(rpc_job_run(world.rpc, job, RPC_ON_WORKER));
    buffer_put_byte(&job->reply.text, 0);
    snprintf(number, sizeof number, "\"number\":\"0x%llx\"",
             (unsigned long long)chain_head(world.host.chain)->number + 1);
    assert_non_null(strstr((char *)job->reply.text.at, number));
    rpc_job_free(world.rpc, job);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(what_is_made_by_a_worker_serves_the_loop),
        IN_WORLD(a_long_call_fetches_the_order_and_comes_back),
        IN_WORLD(a_call_that_is_tried_brings_the_order_along),
        IN_WORLD(a_block_in_between_leaves_what_is_newest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
