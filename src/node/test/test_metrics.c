#include "node/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"
#include "rpc/rpc.h"

static const struct rpc_method methods[] = {{.name = "a_one"},
                                            {.name = "b_two"}};

/* The text for these figures, ended as C has it. */
static const char *text_of(struct buffer *out, const struct metrics *metrics)
{
    metrics_put(out, metrics);
    buffer_put_byte(out, 0);
    return (const char *)out->at;
}

static void figures_stand_under_their_names(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct rpc_counters calls;
    rpc_counters_init(&calls, methods, ARRAY_LEN(methods));
    rpc_counters_add(&calls, &methods[1], rpc_counters_now(), true);
    calls.at[1].nanoseconds = 1234567890;
    const struct metrics metrics = {.chain_id = 7,
                                    .head_number = 11,
                                    .gas = UINT64_MAX,
                                    .pool_queued = 3,
                                    .calls = &calls,
                                    .usage = {.disk_bytes = 4096}};
    const char *text = text_of(&out, &metrics);
    static const char *const lines[] = {
        "\nloft_info{version=\"" LOFT_VERSION "\",chain_id=\"7\"} 1\n",
        "\nloft_head_number 11\n",
        "\nloft_gas_used_total 18446744073709551615\n",
        "\nloft_pool_transactions{state=\"queued\"} 3\n",
        "\nloft_rpc_calls_total{method=\"b_two\"} 1\n",
        "\nloft_rpc_failures_total{method=\"b_two\"} 1\n",
        "\nloft_rpc_seconds_total{method=\"b_two\"} 1.234567890\n",
        "\nloft_ready 0\n",
        "\nloft_data_bytes 4096\n",
        "\n# TYPE loft_rpc_calls_total counter\n",
        "\n# TYPE loft_head_number gauge\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        if (!strstr(text, lines[i]))
            fail_msg("no %s", lines[i]);
    /* A method that nobody calls takes no line. */
    assert_null(strstr(text, "a_one"));
    buffer_free(&out);
    rpc_counters_fini(&calls);
}

/* "# HELP name", "# TYPE name", and samples of that name, again and again. */
static void samples_follow_their_kind(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct rpc_counters calls;
    char name[128] = "";
    rpc_counters_init(&calls, methods, ARRAY_LEN(methods));
    rpc_counters_add(&calls, &methods[0], rpc_counters_now(), false);
    const struct metrics metrics = {.calls = &calls};
    text_of(&out, &metrics);
    for (char *line = strtok((char *)out.at, "\n"); line;
         line = strtok(NULL, "\n")) {
        if (strncmp(line, "# TYPE ", 7) == 0)
            assert_int_equal(sscanf(line, "# TYPE %127s", name), 1);
        else if (line[0] != '#')
            assert_memory_equal(line, name, strlen(name));
    }
    buffer_free(&out);
    rpc_counters_fini(&calls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_stand_under_their_names),
        cmocka_unit_test(samples_follow_their_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
