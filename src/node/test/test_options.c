#include "node/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "p2p/relay_slots.h"

#define READ(out, ...)                                                        \
    options_read(                                                             \
        out,                                                                  \
        (int)(sizeof(const char *[]){"loftd", __VA_ARGS__} / sizeof(char *)), \
        (const char *const[]){"loftd", __VA_ARGS__, NULL})

static void defaults_are_the_ones_users_know(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(options_read(&options, 1, (const char *[]){"loftd", NULL}),
                     LOFT_OK);
    assert_string_equal(options.host, "127.0.0.1");
    assert_int_equal(options.port, 8545);
    assert_int_equal(options.chain_id, 31337);
    assert_int_equal(options.accounts, 10);
    assert_int_equal(options.balance, 10000);
    assert_int_equal(options.gas_limit, 30000000);
    assert_int_equal(options.block_time, 0);
    assert_false(options.no_mining);
    assert_int_equal(options.durability, 0);
    assert_string_equal(options.genesis, "");
    assert_int_equal(options.allow_host.count, 0);
    assert_true(u256_equal(options.base_fee, u256_from(1000000000)));
    options_fini(&options);
}

static void a_relay_gives_what_others_give(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(options_read(&options, 1, (const char *[]){"loftd", NULL}),
                     LOFT_OK);
    assert_int_equal(options.relay_reservations_max,
                     RELAY_LIMITS.reservations_max);
    assert_int_equal(options.relay_address_reservations_max,
                     RELAY_LIMITS.reservations_per_ip_max);
    assert_int_equal(options.relay_reservation_seconds,
                     RELAY_LIMITS.reservation_s);
    assert_int_equal(options.relay_circuits_max, RELAY_LIMITS.circuits_max);
    assert_int_equal(options.relay_peer_circuits_max,
                     RELAY_LIMITS.circuits_per_peer_max);
    assert_int_equal(options.relay_circuit_seconds_max, RELAY_LIMITS.circuit_s);
    assert_int_equal(options.relay_circuit_bytes_max,
                     RELAY_LIMITS.circuit_bytes_max);
    options_fini(&options);
    assert_int_equal(READ(&options, "--relay-circuits-max", "0"),
                     LOFT_ERR_USAGE);
    options_fini(&options);
    assert_int_equal(READ(&options, "--relay-circuit-bytes-max", "0",
                          "--relay-circuit-seconds-max", "0"),
                     LOFT_OK);
    options_fini(&options);
}

static void values_follow_or_stand_after_an_equals_sign(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(READ(&options, "--port", "0", "--chain-id=7", "-a", "3",
                          "--block-base-fee-per-gas", "5", "--silent",
                          "--no-mine", "--block-time", "0.25", "--durability",
                          "group", "--log-level=debug"),
                     LOFT_OK);
    assert_int_equal(options.port, 0);
    assert_int_equal(options.chain_id, 7);
    assert_int_equal(options.accounts, 3);
    assert_true(u256_equal(options.base_fee, u256_from(5)));
    assert_true(options.quiet);
    assert_true(options.no_mining);
    assert_int_equal(options.block_time, 250);
    assert_int_equal(options.durability, 1);
    assert_int_equal(options.log_level, 3);
    options_fini(&options);
}

static void lists_grow_up_to_their_limit(void **state)
{
    (void)state;
    struct options options;
    assert_int_equal(READ(&options, "--allow-host", "a", "--allow-host=b"),
                     LOFT_OK);
    assert_int_equal(options.allow_host.count, 2);
    assert_string_equal(options.allow_host.at[1], "b");
    options_fini(&options);
    const char *many[2 + OPTION_LIST_MAX + 1] = {"loftd"};
    for (int i = 0; i <= OPTION_LIST_MAX; i++)
        many[1 + i] = "--allow-host=x";
    assert_int_equal(options_read(&options, 2 + OPTION_LIST_MAX, many),
                     LOFT_ERR_USAGE);
    options_fini(&options);
}

static void wrong_options_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *arguments[2], *sentence;
    } cases[] = {
        {{"--prot", "1"}, "--prot; is it --port?"},
        {{"port", "1"}, "unknown option port"},
        {{"-port", "1"}, "-port"},
        {{"--p", "1"}, "--p"},
        {{"--port", "65536"}, "--port: 65536: not within 0 and 65535"},
        {{"--port", "-1"}, "not a number"},
        {{"--port", "0x10"}, "not a number"},
        {{"--port", NULL}, "wants a value"},
        {{"--port=", NULL}, "not a number"},
        {{"--quiet=1", NULL}, "neither true nor false"},
        {{"--durability", "fast"}, "not one of durable|group|dev"},
        {{"--durability", "dur"}, "not one of durable|group|dev"},
        {{"--block-time", "1.2345"}, "seconds"},
        {{"--block-time", "1."}, "seconds"},
        {{"--block-time", "x"}, "seconds"},
        {{"--block-time", "100000"}, "not within"},
        {{"--base-fee", "1gwei"}, "wei"},
        {{"--", NULL}, "unknown option"},
        {{"-", NULL}, "unknown option"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct options options;
        const char *argv[] = {"loftd", cases[i].arguments[0],
                              cases[i].arguments[1], NULL};
        int argc = argv[2] ? 3 : 2;
        assert_int_equal(options_read(&options, argc, argv), LOFT_ERR_USAGE);
        if (!strstr(err_sentence(), cases[i].sentence))
            fail_msg("%s: %s", argv[1], err_sentence());
        options_fini(&options);
    }
}

static void help_fits_a_terminal_and_names_every_option(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    options_help(to);
    fclose(to);
#define SECTION(title) assert_non_null(strstr(text, "\n" title ":\n"));
#define OPTION(kind, field, name, ...) \
    assert_non_null(strstr(text, "\n  --" name));
#include "node/options.def"
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= 79);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_the_ones_users_know),
        cmocka_unit_test(a_relay_gives_what_others_give),
        cmocka_unit_test(values_follow_or_stand_after_an_equals_sign),
        cmocka_unit_test(lists_grow_up_to_their_limit),
        cmocka_unit_test(wrong_options_are_named),
        cmocka_unit_test(help_fits_a_terminal_and_names_every_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
