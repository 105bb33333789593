#include "rpc/rpc_counters.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/attributes.h"
#include "rpc/rpc.h"

#define THREADS 4
#define CALLS 1000

static const struct rpc_method methods[] = {{.name = "a_one"},
                                            {.name = "b_two"}};
static struct rpc_counters counters;

static void each_method_has_its_own_count(void **state)
{
    (void)state;
    rpc_counters_init(&counters, methods, ARRAY_LEN(methods));
    uint64_t began = rpc_counters_now();
    rpc_counters_add(&counters, &methods[1], began, false);
    rpc_counters_add(&counters, &methods[1], began - 1000, true);
    rpc_counters_add_unknown(&counters);
    assert_int_equal(counters.at[0].calls, 0);
    assert_int_equal(counters.at[1].calls, 2);
    assert_int_equal(counters.at[1].failures, 1);
    assert_true(counters.at[1].nanoseconds >= 1000);
    assert_string_equal(counters.at[1].name, "b_two");
    assert_int_equal(counters.unknown, 1);
    rpc_counters_fini(&counters);
}

static void *call_often(void *unused)
{
    (void)unused;
    for (int i = 0; i < CALLS; i++)
        rpc_counters_add(&counters, &methods[0], rpc_counters_now(), i % 2);
    return NULL;
}

static void threads_lose_no_call(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    rpc_counters_init(&counters, methods, ARRAY_LEN(methods));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, NULL),
                         0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(counters.at[0].calls, THREADS * CALLS);
    assert_int_equal(counters.at[0].failures, THREADS * CALLS / 2);
    rpc_counters_fini(&counters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_method_has_its_own_count),
        cmocka_unit_test(threads_lose_no_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
