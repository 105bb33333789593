#include "codec/abi_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena arena;

static const struct abi_type *type_of(const char *text)
{
    const struct abi_type *type = NULL;
    if (abi_type_read(&type, &arena, bytes_str(text)) != LOFT_OK)
        fail_msg("%s: %s", text, err_sentence());
    return type;
}

static void assert_buffer(struct buffer *out, const char *want)
{
    buffer_put_byte(out, 0);
    assert_string_equal((char *)out->at, want);
    buffer_free(out);
}

static void assert_text(const struct abi_value *value, const char *want)
{
    struct buffer out = {0};
    abi_put_text(&out, value);
    assert_buffer(&out, want);
}

static void text_is_read(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"uint256", "0", "0"},
        {"uint256", " 42 ", "42"},
        {"uint8", "0xff", "255"},
        {"int8", "-128", "-128"},
        {"int8", "127", "127"},
        {"int16", "-0x1", "-1"},
        {"int8", "-0", "0"},
        {"int256",
         "-57896044618658097711785492504343953926634992332820282019728792003956"
         "564819968",
         "-57896044618658097711785492504343953926634992332820282019728792003956"
         "564819968"},
        {"bool", "true", "true"},
        {"bool", "false", "false"},
        {"bytes", "0x", "0x"},
        {"bytes2", "0xABcd", "0xabcd"},
        {"string", "hello", "\"hello\""},
        {"string", "\"a,b\\n\"", "\"a,b\\n\""},
        {"uint8[]", "[]", "[]"},
        {"uint8[]", "[ ]", "[]"},
        {"uint8[]", "[1,2 , 3]", "[1, 2, 3]"},
        {"uint8[2][]", "[[1,2],[3,4]]", "[[1, 2], [3, 4]]"},
        {"(uint8,string)[]", "[(1,a),(2,\"]),(\")]",
         "[(1, \"a\"), (2, \"]),(\")]"},
        {"string[]", "[\"\\\"\",\"\\\\\",x]", "[\"\\\"\", \"\\\\\", \"x\"]"},
        {"address", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
         "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct abi_value value;
        if (abi_read_text(&value, &arena, type_of(cases[i][0]),
                          bytes_str(cases[i][1])) != LOFT_OK)
            fail_msg("%s: %s", cases[i][1], err_sentence());
        assert_text(&value, cases[i][2]);
    }
}

static void other_text_is_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"uint256", ""},
        {"uint256", "-1"},
        {"uint256", "0x"},
        {"uint256", "1e18"},
        {"uint256", "1.0"},
        {"uint256", "115792089237316195423570985008687907853269984665640564039"
                    "457584007913129639936"},
        {"uint8", "256"},
        {"int8", "128"},
        {"int8", "-129"},
        {"int8", "--1"},
        {"int8", ""},
        {"bool", "1"},
        {"bool", "True"},
        {"bytes", "0x1"},
        {"bytes", "0xzz"},
        {"bytes2", "0xab"},
        {"bytes2", "0xabcdef"},
        {"address", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae"},
        {"address", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"},
        {"uint8[]", "1,2"},
        {"uint8[]", "[1,2"},
        {"uint8[]", "[1,,2]"},
        {"uint8[]", "[1,]"},
        {"uint8[]", "(1)"},
        {"uint8[2]", "[1]"},
        {"uint8[2]", "[1,2,3]"},
        {"(uint8,uint8)", "(1)"},
        {"(uint8,uint8)", "[1,2]"},
        {"uint8[][]", "[[1],[2]"},
        {"uint8[][]", "[[1]],[2]]"},
        {"string[]", "[\"a]"},
        {"string[]", "[\"a\"b]"},
        {"string[]", "[\"\\x\"]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct abi_value value;
        if (abi_read_text(&value, &arena, type_of(cases[i][0]),
                          bytes_str(cases[i][1])) != LOFT_ERR_FORMAT)
            fail_msg("%s accepts %s", cases[i][0], cases[i][1]);
    }
}

static void errors_name_the_type(void **state)
{
    (void)state;
    struct abi_value value;
    assert_int_equal(
        abi_read_text(&value, &arena, type_of("uint8[]"), bytes_str("[1,256]")),
        LOFT_ERR_FORMAT);
    assert_string_equal(err_sentence(),
                        "uint8[]: uint8: the number is out of range");
}

static void arguments_need_no_quotes(void **state)
{
    (void)state;
    const bytes texts[] = {bytes_str("a, \"b\""), bytes_str("[1]")};
    struct abi_value value;
    const struct abi_type *type = type_of("(string,uint8[])");
    assert_int_equal(abi_read_texts(&value, &arena, type, texts, 2), LOFT_OK);
    assert_text(&value, "(\"a, \\\"b\\\"\", [1])");
    assert_int_equal(abi_read_texts(&value, &arena, type, texts, 1),
                     LOFT_ERR_FORMAT);
}

static loft_err read_json(struct abi_value *out, const char *type,
                          const char *text)
{
    const struct json *json;
    assert_int_equal(
        json_parse(&json, &arena, bytes_str(text), &JSON_FROM_PEER), LOFT_OK);
    return abi_read_json(out, &arena, type_of(type), json);
}

static void json_is_read_and_written(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"(uint256 a,bool b)", "{\"b\":true,\"a\":5}",
         "{\"a\":\"5\",\"b\":true}"},
        {"(uint256 a,bool b)", "[\"0x05\",false]", "{\"a\":\"5\",\"b\":false}"},
        {"(uint256,bool)", "[58750000000000000000000,true]",
         "[\"58750000000000000000000\",true]"},
        {"(uint8 a,uint8 a)", "[1,2]", "[\"1\",\"2\"]"},
        {"int8[]", "[-1,\"-2\"]", "[\"-1\",\"-2\"]"},
        {"(bytes,string)[]", "[[\"0xAB\",\"\\u0000\"]]",
         "[[\"0xab\",\"\\u0000\"]]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct abi_value value;
        if (read_json(&value, cases[i][0], cases[i][1]) != LOFT_OK)
            fail_msg("%s: %s", cases[i][1], err_sentence());
        struct buffer out = {0};
        struct json_writer json = {&out, false};
        abi_put_json(&json, &value);
        assert_buffer(&out, cases[i][2]);
    }
}

static void other_json_is_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"uint8", "1.5"},
        {"uint8", "1e1"},
        {"uint8", "null"},
        {"uint8", "[1]"},
        {"bool", "1"},
        {"bool", "\"true\""},
        {"string", "1"},
        {"uint8[]", "1"},
        {"uint8[]", "{}"},
        {"(uint8 a)", "{\"b\":1}"},
        {"(uint8 a)", "{\"a\":1,\"b\":1}"},
        {"(uint8)", "{\"a\":1}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct abi_value value;
        if (read_json(&value, cases[i][0], cases[i][1]) == LOFT_OK)
            fail_msg("%s accepts %s", cases[i][0], cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_read),
        cmocka_unit_test(other_text_is_refused),
        cmocka_unit_test(errors_name_the_type),
        cmocka_unit_test(arguments_need_no_quotes),
        cmocka_unit_test(json_is_read_and_written),
        cmocka_unit_test(other_json_is_refused),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
