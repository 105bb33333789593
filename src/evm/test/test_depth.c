/* Calls as deep as the EVM lets them be, on a small C stack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>

#include "evm/test/program.h"

/* Calls itself with all gas; returns 1 more than the call returned:
 * CALL(gas, self, 0, 0, 0, 0, 32); MSTORE(0, MLOAD(0) + 1); RETURN(0, 32) */
#define DEEPER                                                      \
    "6020 6000 6000 6000 6000 30 5a f1 50 6000 51 6001 01 6000 52 " \
    "6020 6000 f3"

static struct evm_result deepest;
static uint64_t answer;

static void *run_deep(void *rules)
{
    struct machine machine;
    machine_init(&machine);
    const struct program program = {
        .rules = *(enum evm_rules *)rules,
        .code = hexed(DEEPER),
        .gas = INT64_C(1) << 50,
    };
    deepest = machine_run(&machine, &program);
    answer = deepest.output.len == 32 ? load_be64(deepest.output.at + 24) : 0;
    machine_fini(&machine);
    return NULL;
}

static void run_on_small_stack(enum evm_rules rules, size_t stack_size)
{
    pthread_t thread;
    pthread_attr_t small;
    pthread_attr_init(&small);
    assert_int_equal(pthread_attr_setstacksize(&small, stack_size), 0);
    assert_int_equal(pthread_create(&thread, &small, run_deep, &rules), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&small);
}

static void calls_go_1024_deep_on_a_stack_of_256_KiB(void **state)
{
    (void)state;
    run_on_small_stack(EVM_OSAKA, 256 << 10);
    assert_int_equal(deepest.status, EVM_STOPPED);
    assert_int_equal(answer, EVM_DEPTH_MAX + 1);
}

static void gas_ends_depth_before_the_limit_does(void **state)
{
    (void)state;
    struct machine machine;
    machine_init(&machine);
    const struct program program = {
        .rules = EVM_OSAKA,
        .code = hexed(DEEPER),
        .gas = 1000000,
    };
    struct evm_result result = machine_run(&machine, &program);
    assert_int_equal(result.status, EVM_STOPPED);
    uint64_t depth = load_be64(result.output.at + 24);
    assert_in_range(depth, 100, 400);
    machine_fini(&machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_go_1024_deep_on_a_stack_of_256_KiB),
        cmocka_unit_test(gas_ends_depth_before_the_limit_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
