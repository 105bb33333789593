#include "codec/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/vec.h"
#include "codec/test/json_cases.h"
#include "tests/vectors.h"

static struct arena arena;

static int reset(void **state)
{
    (void)state;
    arena_reset(&arena);
    return 0;
}

static const struct json *parse(const char *text)
{
    const struct json *value = NULL;
    loft_err err = json_parse(&value, &arena, bytes_str(text), &JSON_FROM_PEER);
    if (err != LOFT_OK)
        fail_msg("%s: %s", text, err_sentence());
    return value;
}

static loft_err parse_error(const char *text)
{
    const struct json *value;
    return json_parse(&value, &arena, bytes_str(text), &JSON_FROM_PEER);
}

static loft_err parse_case(const struct json_case *which)
{
    const struct json *value;
    return json_parse(&value, &arena, bytes_of(which->text, which->len),
                      &JSON_FROM_PEER);
}

static void json_is_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ACCEPTED); i++)
        if (parse_case(&ACCEPTED[i]) != LOFT_OK)
            fail_msg("refused: %s: %s", ACCEPTED[i].text, err_sentence());
}

static void other_text_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(REFUSED); i++)
        if (parse_case(&REFUSED[i]) != LOFT_ERR_FORMAT)
            fail_msg("accepted: %s", REFUSED[i].text);
}

/* Whatever the scan rewrites, what is not JSON stays so in every place that
 * a value has. */
static void refused_text_is_refused_within(void **state)
{
    (void)state;
    static const char *const frames[][2] = {
        {"[0,", "]"},
        {"[1e5,", "]"},
        {"{\"\\u0000\":", "}"},
        {"[99999999999999999999,\"\\u0000\",", ",1]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(REFUSED); i++) {
        for (size_t k = 0; k < ARRAY_LEN(frames); k++) {
            struct buffer text = {0};
            buffer_put_bytes(&text, bytes_str(frames[k][0]));
            buffer_put(&text, REFUSED[i].text, REFUSED[i].len);
            buffer_put_bytes(&text, bytes_str(frames[k][1]));
            const struct json *value;
            loft_err err = json_parse(&value, &arena, buffer_bytes(&text),
                                      &JSON_FROM_PEER);
            buffer_put_byte(&text, 0);
            if (err == LOFT_OK)
                fail_msg("accepted: %s", (char *)text.at);
            buffer_free(&text);
        }
    }
}

static void numbers_keep_every_digit(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "0",
        "-1",
        "999999999999999999",
        "-999999999999999999",
        "9223372036854775807",
        "18446744073709551616",
        "58750000000000000000000",
        "1.10",
        "-0.0",
        "1e400",
        "1E-5",
        "123456789012345678901234567890.123456789012345678901234567890e-99",
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char room[JSON_SHORT_MAX];
        const struct json *value = parse(cases[i]);
        assert_int_equal(json_kind(value), JSON_IS_NUMBER);
        bytes text = json_number(room, value);
        assert_true(bytes_equal(text, bytes_str(cases[i])));
    }
}

static void integers_are_read_within_their_range(void **state)
{
    (void)state;
    uint64_t u;
    int64_t i;
    u256 wide;
    assert_int_equal(json_read_u64(&u, parse("18446744073709551615")), LOFT_OK);
    assert_true(u == UINT64_MAX);
    assert_int_equal(json_read_u64(&u, parse("18446744073709551616")),
                     LOFT_ERR_FORMAT);
    assert_int_equal(json_read_u64(&u, parse("-1")), LOFT_ERR_FORMAT);
    assert_int_equal(json_read_u64(&u, parse("1.0")), LOFT_ERR_FORMAT);
    assert_int_equal(json_read_u64(&u, parse("1e3")), LOFT_ERR_FORMAT);
    assert_int_equal(json_read_u64(&u, parse("\"1\"")), LOFT_ERR_FORMAT);
    assert_int_equal(json_read_i64(&i, parse("-9223372036854775808")), LOFT_OK);
    assert_true(i == INT64_MIN);
    assert_int_equal(json_read_i64(&i, parse("9223372036854775807")), LOFT_OK);
    assert_true(i == INT64_MAX);
    assert_int_equal(json_read_i64(&i, parse("9223372036854775808")),
                     LOFT_ERR_FORMAT);
    assert_int_equal(json_read_i64(&i, parse("-9223372036854775809")),
                     LOFT_ERR_FORMAT);
    assert_int_equal(
        json_read_u256(
            &wide,
            parse("115792089237316195423570985008687907853269984665640564039457"
                  "584007913129639935")),
        LOFT_OK);
    assert_true(u256_equal(wide, U256_MAX));
    assert_int_equal(
        json_read_u256(
            &wide,
            parse("115792089237316195423570985008687907853269984665640564039457"
                  "584007913129639936")),
        LOFT_ERR_FORMAT);
}

static void strings_hold_anything(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct json_case want;
    } cases[] = {
        {"\"\\u0000\"", {"\0", 1}},
        {"\"\\u0000N1\"", {"\0N1", 3}},
        {"\"\\u0000S\\u0000\"", {"\0S\0", 3}},
        {"\"a\\u0000b\"", {"a\0b", 3}},
        {"\"\\ud83d\\ude00\"", {"\xf0\x9f\x98\x80", 4}},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", {"\"\\/\b\f\n\r\t", 8}},
        {"\"\\\\u0000\"", {"\\u0000", 6}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bytes text;
        const struct json *value = parse(cases[i].text);
        assert_int_equal(json_kind(value), JSON_IS_STRING);
        assert_int_equal(json_read_string(&text, value), LOFT_OK);
        assert_int_equal(text.len, cases[i].want.len);
        assert_memory_equal(text.at, cases[i].want.text, text.len);
    }
    const char *text;
    assert_int_equal(json_read_text(&text, parse("\"a\\u0000\"")),
                     LOFT_ERR_FORMAT);
    assert_int_equal(json_read_text(&text, parse("\"abc\"")), LOFT_OK);
    assert_string_equal(text, "abc");
}

static void members_come_in_the_order_of_the_text(void **state)
{
    (void)state;
    const struct json *object = parse("{\"z\":1,\"a\":2,\"m\":3,\"\":4}");
    const char *const keys[] = {"z", "a", "m", ""};
    size_t i = 0;
    JSON_FOR_EACH (member, object) {
        uint64_t value;
        assert_string_equal((const char *)member.key.at, keys[i++]);
        assert_int_equal(json_read_u64(&value, member.value), LOFT_OK);
        assert_int_equal(value, i);
    }
    assert_int_equal(i, 4);
    assert_int_equal(json_len(object), 4);
    JSON_FOR_EACH (member, parse("[1]"))
        fail();
    JSON_FOR_EACH (member, (const struct json *)NULL)
        fail();
}

static void what_is_not_there_is_null(void **state)
{
    (void)state;
    const struct json *value = parse("{\"a\":[null,true],\"n\":null}");
    assert_null(json_get(value, "b"));
    assert_null(json_get(json_get(value, "a"), "a"));
    assert_null(json_get(NULL, "a"));
    assert_null(json_at(value, 0));
    assert_null(json_at(json_get(value, "a"), 2));
    assert_null(json_at(NULL, 0));
    assert_int_equal(json_len(NULL), 0);
    assert_int_equal(json_kind(NULL), JSON_IS_ABSENT);
    assert_true(json_absent(json_get(value, "n")));
    assert_true(json_absent(json_get(value, "b")));
    assert_false(json_absent(json_get(value, "a")));
    bool truth = false;
    assert_int_equal(json_read_bool(&truth, json_at(json_get(value, "a"), 1)),
                     LOFT_OK);
    assert_true(truth);
}

static void assert_says(loft_err err, loft_err want, const char *sentence)
{
    assert_int_equal(err, want);
    assert_string_equal(err_sentence(), sentence);
}

static void errors_name_the_key(void **state)
{
    (void)state;
    const struct json *tx = parse(
        "{\"gas\":\"0xzz\",\"to\":\"0x12\",\"value\":\"0x00\",\"data\":"
        "\"12\",\"n\":{}}");
    uint64_t u;
    u256 wide;
    address who;
    hash32 hash;
    bytes data;
    assert_says(json_get_quantity_u64(&u, tx, "gas"), LOFT_ERR_FORMAT,
                "gas: not a hexadecimal digit");
    assert_says(json_get_address(&who, tx, "to"), LOFT_ERR_FORMAT,
                "to: 2 hexadecimal digits where 40 are needed");
    assert_says(json_get_quantity(&wide, tx, "value"), LOFT_ERR_FORMAT,
                "value: a quantity with leading zeros");
    assert_int_equal(json_get_hex_u256(&wide, tx, "value"), LOFT_OK);
    assert_says(json_get_data(&arena, &data, tx, "data"), LOFT_ERR_FORMAT,
                "data: does not begin with 0x");
    assert_says(json_get_hash(&hash, tx, "n"), LOFT_ERR_FORMAT,
                "n: an object where a string is needed");
    assert_says(json_get_hash(&hash, tx, "hash"), LOFT_ERR_NOT_FOUND,
                "hash: missing");
}

static void assert_strings(const struct json *array, const char *const *want,
                           size_t count)
{
    assert_int_equal(json_len(array), count);
    for (size_t i = 0; i < count; i++) {
        bytes text;
        assert_int_equal(json_read_string(&text, json_at(array, i)), LOFT_OK);
        assert_int_equal(text.len, strlen(want[i]));
        assert_string_equal(text.at, want[i]);
    }
}

static void strings_stay_in_their_places(void **state)
{
    (void)state;
    static const char *const want[] = {
        "", "a longer one than eight", "q\"q", "", "\xc3\xa9", "\x7f", "x"};
    const struct json *array = parse(
        "[\"\", \"a longer one than eight\" ,\"q\\\"q\",\"\",\"\xc3\xa9\","
        "\"\x7f\",\"x\"]");
    assert_strings(array, want, ARRAY_LEN(want));

    static const char *const inner[] = {"b", ""}, *const last[] = {"d"};
    const struct json *object = parse(
        "{\"\" : \"\" , \"b\" "
        ":{\"a\":[\"b\",\"\"]},\n\"c\":\"c\",\"d\":[\"d\"]}");
    const char *text;
    assert_strings(json_get(json_get(object, "b"), "a"), inner, 2);
    assert_strings(json_get(object, "d"), last, 1);
    assert_int_equal(json_get_text(&text, object, "c"), LOFT_OK);
    assert_string_equal(text, "c");
    assert_int_equal(json_get_text(&text, object, ""), LOFT_OK);
    assert_string_equal(text, "");
    assert_int_equal(json_read_text(&text, parse(" \"alone\"\n")), LOFT_OK);
    assert_string_equal(text, "alone");
}

static void whitespace_parts_what_it_stands_between(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "[1 2]",         "[tru e]",       "[- 1]",     "[1 .5]",
        "[1 e5]",        "[\"a\" \"b\"]", "[1 \"a\"]", "{\"a\" \"b\"}",
        "{\"a\" : : 1}", "[true false]",
    };
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        assert_int_equal(parse_error(refused[i]), LOFT_ERR_FORMAT);
    assert_int_equal(json_len(parse(" [ 1 , true ,\r\n\t\"a b\" ] ")), 3);
}

static void errors_say_where(void **state)
{
    (void)state;
    assert_int_equal(parse_error("{\n \"a\": 1,\n \"b\" 2}"), LOFT_ERR_FORMAT);
    assert_non_null(strstr(err_sentence(), "line 3, column 7"));
    assert_int_equal(
        parse_error("[99999999999999999999,\n\"\\u0000\", 1.5,\n 1 2]"),
        LOFT_ERR_FORMAT);
    assert_non_null(strstr(err_sentence(), "line 3, column 5"));
    assert_int_equal(parse_error("[\"a string that is left out\",\n  x]"),
                     LOFT_ERR_FORMAT);
    assert_non_null(strstr(err_sentence(), "line 2, column 4"));
}

static void genesis_numbers_come_in_three_forms(void **state)
{
    (void)state;
    const struct json *genesis = parse(
        "{\"terminalTotalDifficulty\":58750000000000000000000,"
        "\"difficulty\":\"0x00020000\",\"balance\":\"1000\","
        "\"bad\":\"1x\"}");
    u256 wide, want;
    uint64_t u;
    assert_int_equal(
        json_get_any_u256(&wide, genesis, "terminalTotalDifficulty"), LOFT_OK);
    assert_true(u256_read_decimal(&want, bytes_str("58750000000000000000000")));
    assert_true(u256_equal(wide, want));
    assert_int_equal(json_get_any_u64(&u, genesis, "difficulty"), LOFT_OK);
    assert_int_equal(u, 0x20000);
    assert_int_equal(json_get_any_u64(&u, genesis, "balance"), LOFT_OK);
    assert_int_equal(u, 1000);
    assert_int_equal(json_get_any_u64(&u, genesis, "bad"), LOFT_ERR_FORMAT);
}

static const struct json *
parse_within(bytes text, const struct json_limits *limits, loft_err want)
{
    const struct json *value = NULL;
    assert_int_equal(json_parse(&value, &arena, text, limits), want);
    return value;
}

static void limits_come_before_the_work(void **state)
{
    (void)state;
    static char brackets[1 << 20];
    memset(brackets, '[', sizeof brackets);
    parse_within(bytes_of(brackets, sizeof brackets), &JSON_FROM_PEER,
                 LOFT_ERR_LIMIT);
    parse_within(bytes_of(brackets, sizeof brackets), &JSON_FROM_FILE,
                 LOFT_ERR_LIMIT);
    const struct json_limits small = {
        .bytes_max = 20, .values_max = 3, .depth_max = 2};
    parse_within(bytes_str("[[1,2]]"), &small, LOFT_ERR_LIMIT);
    parse_within(bytes_str("[[[]]]"), &small, LOFT_ERR_LIMIT);
    parse_within(bytes_str("[\"[[,,,,\"]"), &small, LOFT_OK);
    parse_within(bytes_str("[\"01234567890123456\"]"), &small, LOFT_ERR_LIMIT);
    parse_within(bytes_str("[[1]]"), &small, LOFT_OK);
}

static void the_deepest_text_is_read(void **state)
{
    (void)state;
    char text[2 * JSON_DEPTH_MAX];
    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    parse_within(bytes_of(text, sizeof text), &JSON_FROM_FILE, LOFT_OK);
}

static void a_failure_takes_no_memory(void **state)
{
    (void)state;
    parse("[1,2,3]");
    struct arena_mark before = arena_mark(&arena);
    assert_int_equal(parse_error("[1,2,3,{\"a\":\"b\"},"), LOFT_ERR_FORMAT);
    assert_ptr_equal(arena_mark(&arena).at, before.at);
}

static void members_may_change_places_in_equals(void **state)
{
    (void)state;
    assert_true(json_same(parse("{\"a\":1,\"b\":[1e5]}"),
                          parse(" {\"b\" : [1e5], \"a\":1}")));
    assert_false(json_same(parse("[1.0]"), parse("[\"1.0\"]")));
    assert_false(json_same(parse("1e5"), parse("\"\\u0000N1e5\"")));
}

static void parse_file(void *context, const char *path)
{
    (void)context;
    struct arena_mark mark = arena_mark(&arena);
    assert_int_not_equal(json_kind(vectors_json(&arena, path)), JSON_IS_ABSENT);
    arena_rewind(&arena, mark);
}

static void published_files_are_read(void **state)
{
    (void)state;
    const char *dir = vectors_unpack("ethereum-basic-tests.tar.xz");
    if (!dir)
        skip();
    assert_true(vectors_each(dir, ".json", parse_file, NULL) > 200);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, reset)
    const struct CMUnitTest tests[] = {
        TEST(json_is_accepted),
        TEST(other_text_is_refused),
        TEST(refused_text_is_refused_within),
        TEST(numbers_keep_every_digit),
        TEST(integers_are_read_within_their_range),
        TEST(strings_hold_anything),
        TEST(members_come_in_the_order_of_the_text),
        TEST(what_is_not_there_is_null),
        TEST(errors_name_the_key),
        TEST(strings_stay_in_their_places),
        TEST(whitespace_parts_what_it_stands_between),
        TEST(errors_say_where),
        TEST(genesis_numbers_come_in_three_forms),
        TEST(limits_come_before_the_work),
        TEST(the_deepest_text_is_read),
        TEST(a_failure_takes_no_memory),
        TEST(members_may_change_places_in_equals),
        TEST(published_files_are_read),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return vectors_exit(failed);
}
