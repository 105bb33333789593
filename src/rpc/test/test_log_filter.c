#include "rpc/log_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

#define ADDRESS "0x00000000000000000000000000000000000000"
#define TOPIC "0x00000000000000000000000000000000000000000000000000000000000000"

static struct rpc_call call_with(const char *text)
{
    struct rpc_call call = {.arena = &arena};
    assert_int_equal(
        json_parse(&call.params[0], &arena, bytes_str(text), &JSON_FROM_PEER),
        LOFT_OK);
    return call;
}

static struct log_filter read_filter(const char *text)
{
    struct log_filter filter;
    struct rpc_call call = call_with(text);
    assert_true(rpc_param_log_filter(&call, &filter, 0));
    return filter;
}

static struct log_entry log_with(uint8_t emitter, const hash32 *topics,
                                 size_t count)
{
    struct log_entry log = {.topics = topics, .topic_count = count};
    log.emitter.at[19] = emitter;
    return log;
}

static void an_empty_filter_matches_everything(void **state)
{
    (void)state;
    struct log_filter filter = read_filter("{}");
    struct log_entry log = log_with(1, NULL, 0);
    bloom none = {{0}};
    assert_true(log_filter_matches(&filter, &log));
    assert_true(log_filter_may_match(&filter, &none));
}

static void emitters_are_alternatives(void **state)
{
    (void)state;
    struct log_filter filter = read_filter("{\"address\":[\"" ADDRESS
                                           "01\",\"" ADDRESS "02\"]}");
    for (uint8_t i = 0; i < 5; i++) {
        struct log_entry log = log_with(i, NULL, 0);
        assert_int_equal(log_filter_matches(&filter, &log), i == 1 || i == 2);
    }
    filter = read_filter("{\"address\":\"" ADDRESS "03\"}");
    struct log_entry log = log_with(3, NULL, 0);
    assert_true(log_filter_matches(&filter, &log));
}

static void topics_go_by_position(void **state)
{
    (void)state;
    hash32 topics[2] = {{{0}}, {{0}}};
    topics[0].at[31] = 0xaa;
    topics[1].at[31] = 0xbb;
    struct log_entry log = log_with(1, topics, 2);
    static const struct {
        const char *text;
        bool matches;
    } cases[] = {
        {"{\"topics\":[\"" TOPIC "aa\"]}", true},
        {"{\"topics\":[\"" TOPIC "bb\"]}", false},
        {"{\"topics\":[null,\"" TOPIC "bb\"]}", true},
        {"{\"topics\":[[],\"" TOPIC "bb\"]}", true},
        {"{\"topics\":[[\"" TOPIC "11\",\"" TOPIC "aa\"]]}", true},
        {"{\"topics\":[[\"" TOPIC "11\",null]]}", true},
        {"{\"topics\":[null,null,null]}", false},
        {"{\"topics\":[null,null]}", true},
        {"{\"topics\":null,\"address\":null}", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct log_filter filter = read_filter(cases[i].text);
        if (log_filter_matches(&filter, &log) != cases[i].matches)
            fail_msg("%s", cases[i].text);
    }
}

static void a_bloom_rules_out_and_never_in_wrongly(void **state)
{
    (void)state;
    hash32 topics[1] = {{{0}}};
    topics[0].at[31] = 0xaa;
    struct log_entry log = log_with(1, topics, 1);
    struct receipt receipt = {.logs = &log, .log_count = 1};
    bloom seen = {{0}};
    bloom_add_receipts(&seen, &receipt, 1);
    struct log_filter same = read_filter("{\"address\":\"" ADDRESS
                                         "01\",\"topics\":[\"" TOPIC "aa\"]}");
    struct log_filter other = read_filter("{\"address\":\"" ADDRESS "07\"}");
    struct log_filter wrong_topic = read_filter("{\"topics\":[\"" TOPIC
                                                "cc\"]}");
    assert_true(log_filter_may_match(&same, &seen));
    assert_false(log_filter_may_match(&other, &seen));
    assert_false(log_filter_may_match(&wrong_topic, &seen));
}

static void malformed_filters_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "[]",
        "{\"fromBlock\":\"1\"}",
        "{\"fromBlock\":\"soon\"}",
        "{\"toBlock\":1}",
        "{\"address\":\"0x01\"}",
        "{\"address\":[1]}",
        "{\"topics\":\"" TOPIC "aa\"}",
        "{\"topics\":[\"0xaa\"]}",
        "{\"topics\":[null,null,null,null,null]}",
        "{\"blockHash\":\"" TOPIC "aa\",\"toBlock\":\"0x1\"}",
        "{\"blockHash\":\"0xaa\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct log_filter filter;
        struct rpc_call call = call_with(bad[i]);
        if (rpc_param_log_filter(&call, &filter, 0))
            fail_msg("%s", bad[i]);
        assert_int_equal(call.error.code, RPC_INVALID_PARAMS);
    }
}

static void choices_have_a_limit(void **state)
{
    (void)state;
    struct buffer text = {0};
    buffer_printf(&text, "{\"address\":[");
    for (int i = 0; i <= LOG_FILTER_CHOICES_MAX; i++)
        buffer_printf(&text, "%s\"" ADDRESS "01\"", i ? "," : "");
    buffer_printf(&text, "]}%c", 0);
    struct log_filter filter;
    struct rpc_call call = call_with((char *)text.at);
    assert_false(rpc_param_log_filter(&call, &filter, 0));
    buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_filter_matches_everything),
        cmocka_unit_test(emitters_are_alternatives),
        cmocka_unit_test(topics_go_by_position),
        cmocka_unit_test(a_bloom_rules_out_and_never_in_wrongly),
        cmocka_unit_test(malformed_filters_are_refused),
        cmocka_unit_test(choices_have_a_limit),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
