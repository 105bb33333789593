#include "codec/json_writer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct buffer out;
static struct json_writer json;

static int begin(void **state)
{
    (void)state;
    out.len = 0;
    json = (struct json_writer){&out, false};
    return 0;
}

static void assert_written(const char *want)
{
    buffer_put_byte(&out, 0);
    assert_string_equal((const char *)out.at, want);
    begin(NULL);
}

static void commas_come_by_themselves(void **state)
{
    (void)state;
    json_begin_object(&json);
    json_key(&json, "a");
    json_begin_array(&json);
    json_end_array(&json);
    json_key(&json, "b");
    json_begin_array(&json);
    json_put_u64(&json, 1);
    json_begin_object(&json);
    json_end_object(&json);
    json_put_null(&json);
    json_put_bool(&json, true);
    json_put_raw(&json, bytes_str("[0]"));
    json_put_bool(&json, false);
    json_end_array(&json);
    json_key(&json, "c");
    json_put_text(&json, "d");
    json_end_object(&json);
    assert_written("{\"a\":[],\"b\":[1,{},null,true,[0],false],\"c\":\"d\"}");
}

static void numbers_have_their_digits(void **state)
{
    (void)state;
    json_begin_array(&json);
    json_put_u64(&json, UINT64_MAX);
    json_put_i64(&json, INT64_MIN);
    json_put_u256(&json, u256_shl(U256_ONE, 64));
    json_end_array(&json);
    assert_written("[18446744073709551615,-9223372036854775808,"
                   "18446744073709551616]");
}

static void quantities_are_shortest(void **state)
{
    (void)state;
    json_begin_array(&json);
    json_put_quantity(&json, 0);
    json_put_quantity(&json, 15);
    json_put_quantity(&json, 16);
    json_put_quantity(&json, UINT64_MAX);
    json_put_quantity_u256(&json, u256_from(255));
    json_put_quantity_u256(&json, u256_shl(U256_ONE, 64));
    json_end_array(&json);
    assert_written("[\"0x0\",\"0xf\",\"0x10\",\"0xffffffffffffffff\","
                   "\"0xff\",\"0x10000000000000000\"]");
}

static void data_is_hexadecimal(void **state)
{
    (void)state;
    const address who = {{0xab}};
    json_begin_array(&json);
    json_put_data(&json, BYTES_EMPTY);
    json_put_data(&json, bytes_str("\x01\xfe"));
    json_put_address(&json, &who);
    json_end_array(&json);
    assert_written("[\"0x\",\"0x01fe\","
                   "\"0xab00000000000000000000000000000000000000\"]");
    const hash32 hash = {{0x12}};
    json_put_hash(&json, &hash);
    assert_written("\"0x12000000000000000000000000000000000000000000000000000"
                   "00000000000\"");
}

static void strings_are_escaped(void **state)
{
    (void)state;
    json_put_string(&json, bytes_of("a\"\\\b\f\n\r\t\0\x1f\x7f/", 12));
    assert_written("\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\x7f/\"");
    json_put_text(&json, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_written("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

/* The examples of the Unicode Standard 15, tables 3-8 to 3-11. */
static void what_is_not_utf8_is_replaced(void **state)
{
    (void)state;
#define X "\xef\xbf\xbd"
    static const char *const cases[][2] = {
        {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", X X X X X X X X "A"},
        {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", X X X X X X X X "A"},
        {"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", X X X X X "A" X X "B"},
        {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", X X X X "A"},
        {"\xe2\x82", X},
        {"\xf0", X},
        {"\x80", X},
    };
#undef X
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer want = {0};
        buffer_printf(&want, "\"%s\"", cases[i][1]);
        buffer_put_byte(&want, 0);
        json_put_text(&json, cases[i][0]);
        assert_written((const char *)want.at);
        buffer_free(&want);
    }
}

static void values_are_written_as_they_were_read(void **state)
{
    (void)state;
    static const char text[] =
        "{\"id\":58750000000000000000000,\"n\":[1.10,-1,1e400,null,true,false,"
        "{}],\"s\":\"\\u0000\\n\",\"\":[]}";
    struct arena arena;
    arena_init(&arena);
    const struct json *value;
    assert_int_equal(
        json_parse(&value, &arena, bytes_str(text), &JSON_FROM_PEER), LOFT_OK);
    json_put_value(&json, value);
    assert_written(text);
    json_put_value(&json, NULL);
    assert_written("null");
    arena_fini(&arena);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        TEST(commas_come_by_themselves),
        TEST(numbers_have_their_digits),
        TEST(quantities_are_shortest),
        TEST(data_is_hexadecimal),
        TEST(strings_are_escaped),
        TEST(what_is_not_utf8_is_replaced),
        TEST(values_are_written_as_they_were_read),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buffer_free(&out);
    return failed;
}
