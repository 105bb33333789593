#include "rpc/tracers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rpc/full_trace.h"
#include "rpc/test/traced_program.h"

#define GAS 80000
#define SELF "0x5e0000000000000000000000000000000000001f"
#define CALLER "0xca00000000000000000000000000000000000011"
#define ZEROS_31 \
    "00000000000000000000000000000000000000000000000000000000000000"

static struct arena arena;
static struct buffer out;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    buffer_free(&out);
    return 0;
}

static struct tx_tracer *tracer_of(const char *name, const char *config)
{
    const struct json *options;
    struct tx_tracer *tracer = NULL;
    assert_int_equal(
        json_parse(&options, &arena, bytes_str(config), &JSON_FROM_PEER),
        LOFT_OK);
    if (*name)
        assert_int_equal(
            tx_tracer_by_name(&arena, &tracer, bytes_str(name), options),
            LOFT_OK);
    else
        assert_int_equal(struct_log_new(&arena, &tracer, options), LOFT_OK);
    return tracer;
}

static const char *run(struct tx_tracer *tracer, const void *code, size_t len)
{
    out.len = 0;
    traced_program_run(&arena, &out, tracer, FORK_LONDON, bytes_of(code, len),
                       GAS);
    buffer_put_byte(&out, 0);
    return (const char *)out.at;
}

#define RUN(tracer, code) run(tracer, code, sizeof code - 1)

static void instructions_are_shown_as_geth_shows_them(void **state)
{
    (void)state;
    /* PUSH1 5, PUSH1 1, SSTORE, STOP */
    assert_string_equal(
        RUN(tracer_of("", "{}"), "\x60\x05\x60\x01\x55\x00"),
        "{\"structLogs\":["
        "{\"pc\":0,\"op\":\"PUSH1\",\"gas\":59000,\"gasCost\":3,\"depth\":1,"
        "\"stack\":[]},"
        "{\"pc\":2,\"op\":\"PUSH1\",\"gas\":58997,\"gasCost\":3,\"depth\":1,"
        "\"stack\":[\"0x5\"]},"
        "{\"pc\":4,\"op\":\"SSTORE\",\"gas\":58994,\"gasCost\":22100,"
        "\"depth\":1,\"stack\":[\"0x5\",\"0x1\"],\"storage\":{\"0x" ZEROS_31
        "01\":\"0x" ZEROS_31 "05\"}},"
        "{\"pc\":5,\"op\":\"STOP\",\"gas\":36894,\"gasCost\":0,\"depth\":1,"
        "\"stack\":[]}],"
        "\"gas\":43106,\"failed\":false,\"returnValue\":\"0x\"}");
}

static void options_leave_out_and_add(void **state)
{
    (void)state;
    /* PUSH1 7, PUSH1 0, MSTORE, LOG3 without its operands */
    assert_string_equal(
        RUN(tracer_of("", "{\"disableStack\":true,\"disableStorage\":true,"
                          "\"enableMemory\":true}"),
            "\x60\x07\x60\x00\x52\xa3"),
        "{\"structLogs\":["
        "{\"pc\":0,\"op\":\"PUSH1\",\"gas\":59000,\"gasCost\":3,\"depth\":1},"
        "{\"pc\":2,\"op\":\"PUSH1\",\"gas\":58997,\"gasCost\":3,\"depth\":1},"
        "{\"pc\":4,\"op\":\"MSTORE\",\"gas\":58994,\"gasCost\":6,\"depth\":1},"
        "{\"pc\":5,\"op\":\"LOG3\",\"gas\":58988,\"gasCost\":1500,\"depth\":1,"
        "\"error\":\"stack underflow (0 <=> 5)\",\"memory\":[\"0x" ZEROS_31
        "07\"]}],"
        "\"gas\":80000,\"failed\":true,\"returnValue\":\"0x\"}");
}

static void a_limit_ends_the_list(void **state)
{
    (void)state;
    const char *text = RUN(tracer_of("", "{\"limit\":1}"),
                           "\x60\x07\x60\x00\x52\x00");
    assert_non_null(strstr(text, "\"op\":\"PUSH1\""));
    assert_null(strstr(text, "\"pc\":2"));
    assert_non_null(strstr(text, "\"gas\":21012,"));
}

/* With 63 of 64 parts of the gas that its price, 2600, has left. */
static void a_call_of_nobody_is_shown(void **state)
{
    (void)state;
    /* six zeros, 0xff, GAS, CALL */
    assert_string_equal(
        RUN(tracer_of("callTracer", "{}"),
            "\x60\x00\x80\x80\x80\x80\x60\xff\x5a\xf1"),
        "{\"from\":\"" CALLER "\",\"gas\":\"0x13880\",\"gasUsed\":\"0x5c44\","
        "\"to\":\"" SELF "\",\"input\":\"0x\",\"calls\":[{\"from\":\"" SELF
        "\",\"gas\":\"0xd8cc\",\"gasUsed\":\"0x0\","
        "\"to\":\"0x00000000000000000000000000000000000000ff\","
        "\"input\":\"0x\",\"value\":\"0x0\",\"type\":\"CALL\"}],"
        "\"value\":\"0x0\",\"type\":\"CALL\"}");
}

static void calls_that_cannot_pay_are_shown_with_their_reason(void **state)
{
    (void)state;
    /* CALL 0xff with more value than there is */
    const char *text = RUN(tracer_of("callTracer", "{}"),
                           "\x60\x00\x80\x80\x80\x61\xff\xff\x60\xff\x5a\xf1");
    assert_non_null(
        strstr(text, "\"error\":\"insufficient balance for transfer\""));
}

static void several_tracers_run_at_once(void **state)
{
    (void)state;
    assert_string_equal(
        RUN(tracer_of("muxTracer", "{\"noopTracer\":{},\"4byteTracer\":{},"
                                   "\"callTracer\":{\"onlyTopCall\":true}}"),
            "\x00"),
        "{\"noopTracer\":{},\"4byteTracer\":{},\"callTracer\":{\"from\":"
        "\"" CALLER "\",\"gas\":\"0x13880\",\"gasUsed\":\"0x5208\",\"to\":"
        "\"" SELF "\",\"input\":\"0x\",\"value\":\"0x0\",\"type\":\"CALL\"}}");
}

static void a_full_trace_tells_changes_and_every_effect(void **state)
{
    static const struct full_trace_kinds all = {true, true, true};
    (void)state;
    assert_string_equal(
        RUN(full_trace_new(&arena, &all, false), "\x60\x05\x60\x01\x55\x00"),
        "{\"output\":\"0x\",\"stateDiff\":{\"" SELF
        "\":{\"balance\":\"=\",\"code\":\"=\",\"nonce\":\"=\",\"storage\":"
        "{\"0x" ZEROS_31 "01\":{\"*\":{\"from\":\"0x" ZEROS_31
        "00\",\"to\":\"0x" ZEROS_31 "05\"}}}},\"" CALLER
        "\":{\"balance\":\"=\",\"code\":\"=\",\"nonce\":{\"*\":{\"from\":"
        "\"0x0\",\"to\":\"0x1\"}},\"storage\":{}}},"
        "\"trace\":[{\"action\":{\"callType\":\"call\",\"from\":\"" CALLER
        "\",\"gas\":\"0xe678\",\"input\":\"0x\",\"to\":\"" SELF
        "\",\"value\":\"0x0\"},\"result\":{\"gasUsed\":\"0x565a\",\"output\":"
        "\"0x\"},\"subtraces\":0,\"traceAddress\":[],\"type\":\"call\"}],"
        "\"vmTrace\":{\"code\":\"0x600560015500\",\"ops\":["
        "{\"cost\":3,\"ex\":{\"mem\":null,\"push\":[\"0x5\"],\"store\":null,"
        "\"used\":58997},\"pc\":0,\"op\":\"PUSH1\",\"sub\":null},"
        "{\"cost\":3,\"ex\":{\"mem\":null,\"push\":[\"0x1\"],\"store\":null,"
        "\"used\":58994},\"pc\":2,\"op\":\"PUSH1\",\"sub\":null},"
        "{\"cost\":22100,\"ex\":{\"mem\":null,\"push\":[],\"store\":{\"key\":"
        "\"0x1\",\"val\":\"0x5\"},\"used\":36894},\"pc\":4,\"op\":\"SSTORE\","
        "\"sub\":null},"
        "{\"cost\":0,\"ex\":{\"mem\":null,\"push\":[],\"store\":null,\"used\":"
        "36894},\"pc\":5,\"op\":\"STOP\",\"sub\":null}]}}");
}

static void what_is_no_tracer_or_option_is_said(void **state)
{
    (void)state;
    struct tx_tracer *tracer;
    const struct json *config;
    assert_int_equal(
        tx_tracer_by_name(&arena, &tracer, bytes_str("gone"), NULL),
        LOFT_ERR_NOT_FOUND);
    assert_non_null(strstr(err_sentence(), "\"gone\""));
    assert_int_equal(json_parse(&config, &arena,
                                bytes_str("{\"diffMode\":true,"
                                          "\"includeEmpty\":true}"),
                                &JSON_FROM_PEER),
                     LOFT_OK);
    assert_int_equal(
        tx_tracer_by_name(&arena, &tracer, bytes_str("prestateTracer"), config),
        LOFT_ERR_FORMAT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(instructions_are_shown_as_geth_shows_them),
        TEST(options_leave_out_and_add),
        TEST(a_limit_ends_the_list),
        TEST(a_call_of_nobody_is_shown),
        TEST(calls_that_cannot_pay_are_shown_with_their_reason),
        TEST(several_tracers_run_at_once),
        TEST(a_full_trace_tells_changes_and_every_effect),
        TEST(what_is_no_tracer_or_option_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
