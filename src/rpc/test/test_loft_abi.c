#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rpc/methods.h"
#include "rpc/rpc_host.h"

/* These methods ask nothing of the node but its view, which they leave
 * alone. */
static struct rpc_host host;
static struct rpc *rpc;

static int open_rpc(void **state)
{
    (void)state;
    rpc = rpc_new(rpc_methods, rpc_method_count, &host);
    return 0;
}

static int close_rpc(void **state)
{
    (void)state;
    rpc_free(rpc);
    return 0;
}

static void assert_answer(const char *method, const char *params,
                          const char *member)
{
    struct buffer request = {0};
    struct rpc_reply reply = {0};
    buffer_printf(&request,
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\","
                  "\"params\":%s}",
                  method, params);
    rpc_handle(rpc, &reply, buffer_bytes(&request), NULL);
    char want[4096];
    snprintf(want, sizeof want, "{\"jsonrpc\":\"2.0\",\"id\":1,%s}", member);
    if (!bytes_equal(buffer_bytes(&reply.text), bytes_str(want)))
        fail_msg("%s %s\nanswers %.*s\n    not %s", method, params,
                 (int)reply.text.len, (const char *)reply.text.at, want);
    buffer_free(&request);
    rpc_reply_fini(&reply);
}

#define WORD(last) \
    "000000000000000000000000000000000000000000000000000000000000" last
#define TRANSFER_TOPIC \
    "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
#define TRANSFER_EVENT                                                  \
    "\"event Transfer(address indexed from,address indexed to,uint256 " \
    "value)\""
#define ADDRESS_1 "0x0000000000000000000000000000000000000001"

static void a_call_is_encoded_from_text_and_from_json(void **state)
{
    (void)state;
    const char *want = "\"result\":\"0xa9059cbb" WORD("0001") WORD("0010") "\"";
    assert_answer("loft_encodeCall",
                  "[\"transfer(address,uint256)\",[\"" ADDRESS_1 "\",\"16\"]]",
                  want);
    assert_answer("loft_encodeCall",
                  "[\"transfer(address,uint256)\",[\"" ADDRESS_1 "\",16]]",
                  want);
    assert_answer("loft_encodeCall",
                  "[{\"type\":\"function\",\"name\":\"transfer\",\"inputs\":["
                  "{\"type\":\"address\"},{\"type\":\"uint256\"}]},"
                  "[\"" ADDRESS_1 "\",\"0x10\"]]",
                  want);
}

static void lists_are_typed_or_given_as_json(void **state)
{
    (void)state;
    const char *want = "\"result\":\"0x" WORD("0001") WORD("0002") "\"";
    assert_answer("loft_encodeCall", "[\"(uint8[2])\",[\"[1, 2]\"]]", want);
    assert_answer("loft_encodeCall", "[\"(uint8[2])\",[[1,2]]]", want);
    assert_answer("loft_encodeCall", "[\"(bool,bool)\",[\"true\",false]]",
                  "\"result\":\"0x" WORD("0001") WORD("0000") "\"");
}

static void a_constructor_has_no_selector(void **state)
{
    (void)state;
    assert_answer("loft_encodeCall", "[\"constructor(uint256)\",[\"1\"]]",
                  "\"result\":\"0x" WORD("0001") "\"");
}

static void a_wrong_argument_is_named(void **state)
{
    (void)state;
    assert_answer("loft_encodeCall", "[\"f(uint8)\",[]]",
                  "\"error\":{\"code\":-32602,\"message\":\"invalid argument "
                  "1: 0 values where 1 are needed\"}");
    assert_answer("loft_encodeCall", "[\"f(uint8,uint8)\",[\"1\",\"256\"]]",
                  "\"error\":{\"code\":-32602,\"message\":\"invalid argument "
                  "1: value 1: uint8: the number is out of range\"}");
    assert_answer("loft_encodeCall", "[{\"type\":\"receive\"},[]]",
                  "\"error\":{\"code\":-32602,\"message\":\"invalid argument "
                  "0: an entry without a signature\"}");
}

static void a_call_is_decoded_by_the_entry_with_its_selector(void **state)
{
    (void)state;
    assert_answer("loft_decodeCall",
                  "[[\"f(uint8)\",\"transfer(address to,uint256 value)\"],"
                  "\"0xa9059cbb" WORD("0001") WORD("0010") "\"]",
                  "\"result\":{\"kind\":\"function\",\"name\":\"transfer\","
                  "\"signature\":\"transfer(address,uint256)\",\"inputs\":["
                  "{\"name\":\"to\",\"type\":\"address\",\"value\":"
                  "\"" ADDRESS_1 "\"},{\"name\":\"value\",\"type\":\"uint256\","
                  "\"value\":\"16\"}]}");
    assert_answer("loft_decodeCall", "[[\"f(uint8)\"],\"0xa9059cbb\"]",
                  "\"result\":null");
    assert_answer("loft_decodeCall", "[\"f(uint8)\",\"0x\"]",
                  "\"result\":null");
}

static void results_are_decoded_by_what_is_returned(void **state)
{
    (void)state;
    const char *want = "\"result\":[{\"name\":\"\",\"type\":\"uint256\","
                       "\"value\":\"16\"}]";
    assert_answer("loft_decodeResult",
                  "[\"f() returns (uint256)\",\"0x" WORD("0010") "\"]", want);
    assert_answer("loft_decodeResult", "[\"(uint256)\",\"0x" WORD("0010") "\"]",
                  want);
    assert_answer("loft_decodeResult", "[\"f(uint256)\",\"0x\"]",
                  "\"error\":{\"code\":-32602,\"message\":\"invalid argument "
                  "0: the entry names no results\"}");
}

static void a_log_is_decoded_by_its_first_topic(void **state)
{
    (void)state;
    assert_answer(
        "loft_decodeLog",
        "[[" TRANSFER_EVENT "],{\"topics\":[\"" TRANSFER_TOPIC
        "\",\"0x" WORD("0001") "\",\"0x" WORD("0001") "\"],\"data\":\"0x" WORD(
            "0010") "\"}]",
        "\"result\":{\"kind\":\"event\",\"name\":\"Transfer\",\"signature\":"
        "\"Transfer(address,address,uint256)\",\"inputs\":[{\"name\":\"from\","
        "\"type\":\"address\",\"indexed\":true,\"value\":\"" ADDRESS_1 "\"},"
        "{\"name\":\"to\",\"type\":\"address\",\"indexed\":true,\"value\":"
        "\"" ADDRESS_1 "\"},{\"name\":\"value\",\"type\":\"uint256\","
        "\"value\":\"16\"}]}");
    /* The same event with another number of indexed parameters. */
    assert_answer("loft_decodeLog",
                  "[[" TRANSFER_EVENT "],{\"topics\":[\"" TRANSFER_TOPIC
                  "\"],\"data\":\"0x\"}]",
                  "\"result\":null");
    assert_answer("loft_decodeLog",
                  "[[" TRANSFER_EVENT "],{\"topics\":[],\"data\":\"0x\"}]",
                  "\"result\":null");
}

static void errors_of_solidity_need_no_abi(void **state)
{
    (void)state;
    assert_answer("loft_decodeError", "[[],\"0x4e487b71" WORD("0011") "\"]",
                  "\"result\":{\"kind\":\"error\",\"name\":\"Panic\","
                  "\"signature\":\"Panic(uint256)\",\"inputs\":[{\"name\":"
                  "\"code\",\"type\":\"uint256\",\"value\":\"17\"}]}");
    assert_answer("loft_decodeError",
                  "[[\"error Low(uint256 have)\"],\"0x6a12f104\"]",
                  "\"result\":null");
}

static void an_abi_is_read_entry_by_entry(void **state)
{
    (void)state;
    assert_answer(
        "loft_readAbi",
        "[[\"function transfer(address to,uint256) returns (bool)\","
        "{\"type\":\"receive\"},\"g(\"," TRANSFER_EVENT "]]",
        "\"result\":[{\"kind\":\"function\",\"name\":\"transfer\","
        "\"signature\":\"transfer(address,uint256)\",\"selector\":"
        "\"0xa9059cbb\",\"inputs\":[{\"name\":\"to\",\"type\":\"address\"},"
        "{\"name\":\"\",\"type\":\"uint256\"}],\"outputs\":[{\"name\":\"\","
        "\"type\":\"bool\"}]},{\"kind\":\"fallback\"},"
        "{\"error\":\"ABI type ends where a type is needed\"},"
        "{\"kind\":\"event\",\"name\":\"Transfer\",\"signature\":"
        "\"Transfer(address,address,uint256)\",\"topic\":\"" TRANSFER_TOPIC
        "\",\"inputs\":[{\"name\":\"from\",\"type\":\"address\",\"indexed\":"
        "true},{\"name\":\"to\",\"type\":\"address\",\"indexed\":true},"
        "{\"name\":\"value\",\"type\":\"uint256\"}]}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_encoded_from_text_and_from_json),
        cmocka_unit_test(lists_are_typed_or_given_as_json),
        cmocka_unit_test(a_constructor_has_no_selector),
        cmocka_unit_test(a_wrong_argument_is_named),
        cmocka_unit_test(a_call_is_decoded_by_the_entry_with_its_selector),
        cmocka_unit_test(results_are_decoded_by_what_is_returned),
        cmocka_unit_test(a_log_is_decoded_by_its_first_topic),
        cmocka_unit_test(errors_of_solidity_need_no_abi),
        cmocka_unit_test(an_abi_is_read_entry_by_entry),
    };
    return cmocka_run_group_tests(tests, open_rpc, close_rpc);
}
