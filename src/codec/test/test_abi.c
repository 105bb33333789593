#include "codec/abi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/hex.h"
#include "codec/abi_text.h"
#include "tests/vectors.h"

static struct arena arena;

static int reset(void **state)
{
    (void)state;
    arena_reset(&arena);
    return 0;
}

#define W0 "0000000000000000000000000000000000000000000000000000000000000000"
#define W1 "0000000000000000000000000000000000000000000000000000000000000001"
#define W2 "0000000000000000000000000000000000000000000000000000000000000002"
#define W3 "0000000000000000000000000000000000000000000000000000000000000003"
#define W20 "0000000000000000000000000000000000000000000000000000000000000020"
#define W40 "0000000000000000000000000000000000000000000000000000000000000040"
#define W60 "0000000000000000000000000000000000000000000000000000000000000060"
#define W80 "0000000000000000000000000000000000000000000000000000000000000080"
#define WA0 "00000000000000000000000000000000000000000000000000000000000000a0"
#define WE0 "00000000000000000000000000000000000000000000000000000000000000e0"
#define WFF "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static bytes unhex(const char *hex)
{
    bytes data = BYTES_EMPTY;
    assert_int_equal(hex_read(&arena, &data, bytes_str(hex)), LOFT_OK);
    return data;
}

static const struct abi_type *type_of(const char *text)
{
    const struct abi_type *type = NULL;
    if (abi_type_read(&type, &arena, bytes_str(text)) != LOFT_OK)
        fail_msg("%s: %s", text, err_sentence());
    return type;
}

/* Type, value, encoding: the first ones stand in Solidity's specification. */
static const struct {
    const char *type, *text, *data;
} cases[] = {
    {"(uint32,bool)", "(69, true)",
     "0000000000000000000000000000000000000000000000000000000000000045" W1},
    {"(bytes3[2])", "([0x616263, 0x646566])",
     "6162630000000000000000000000000000000000000000000000000000000000"
     "6465660000000000000000000000000000000000000000000000000000000000"},
    {"(bytes,bool,uint256[])", "(0x64617665, true, [1, 2, 3])",
     W60 W1 WA0
     "0000000000000000000000000000000000000000000000000000000000000004"
     "6461766500000000000000000000000000000000000000000000000000000000" W3 W1 W2
         W3},
    {"(uint256[][],string[])", "([[1, 2], [3]], [\"one\", \"two\"])",
     W40
     "0000000000000000000000000000000000000000000000000000000000000140" W2 W40
         WA0 W2 W1 W2 W1 W3 W2 W40 W80 W3
     "6f6e650000000000000000000000000000000000000000000000000000000000" W3
     "74776f0000000000000000000000000000000000000000000000000000000000"},
    {"(int8,int256)", "(-1, -1)", WFF WFF},
    {"(int8)", "(-128)",
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff80"},
    {"(address)", "(0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed)",
     "0000000000000000000000005aaeb6053f3e94c9b9a09f33669435e7ef1beaed"},
    {"((uint256,string),uint256[2])", "((1, \"\"), [2, 3])",
     W60 W2 W3 W1 W40 W0},
    {"((uint256,uint256)[2])", "([(1, 2), (3, 1)])", W1 W2 W3 W1},
    {"(uint256[])", "([])", W20 W0},
    {"(string[2])", "([\"\", \"\"])", W20 W40 W60 W0 W0},
    {"(function)", "(0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed01020304)",
     "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed010203040000000000000000"},
};

static void values_are_encoded(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct abi_value value;
        struct buffer out = {0};
        assert_int_equal(abi_read_text(&value, &arena, type_of(cases[i].type),
                                       bytes_str(cases[i].text)),
                         LOFT_OK);
        abi_encode(&out, &value);
        assert_string_equal(hex_string(&arena, buffer_bytes(&out)) + 2,
                            cases[i].data);
        buffer_free(&out);
    }
}

static void encodings_are_decoded(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct abi_value value;
        struct buffer text = {0};
        if (abi_decode(&value, &arena, type_of(cases[i].type),
                       unhex(cases[i].data)) != LOFT_OK)
            fail_msg("%s: %s", cases[i].type, err_sentence());
        abi_put_text(&text, &value);
        buffer_put_byte(&text, 0);
        assert_string_equal((char *)text.at, cases[i].text);
        buffer_free(&text);
    }
}

static void data_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bytes data = unhex(cases[i].data);
        const struct abi_type *type = type_of(cases[i].type);
        for (size_t len = 0; len < data.len; len++) {
            struct abi_value value;
            loft_err err = abi_decode(&value, &arena, type,
                                      bytes_of(data.at, len));
            /* Padding may be missing behind bytes at the very end. */
            bool in_padding = len + 32 > data.len && type->is_dynamic;
            assert_true(err == LOFT_ERR_FORMAT || in_padding);
        }
    }
}

static void values_out_of_range_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"(bool)", W2},
        {"(uint8)",
         "0000000000000000000000000000000000000000000000000000000000000100"},
        {"(int8)",
         "0000000000000000000000000000000000000000000000000000000000000080"},
        {"(int8)",
         "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
        {"(address)",
         "0000000000000000000000015aaeb6053f3e94c9b9a09f33669435e7ef1beaed"},
        {"(bytes2)",
         "6162630000000000000000000000000000000000000000000000000000000000"},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct abi_value value;
        assert_int_equal(abi_decode(&value, &arena, type_of(wrong[i][0]),
                                    unhex(wrong[i][1])),
                         LOFT_ERR_FORMAT);
    }
}

static void offsets_and_lengths_stay_within_the_data(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"(string)", WFF W1},
        {"(string)", W40 W1},
        {"(string)", W20 WFF},
        {"(string)", W20 W40 W0},
        {"(uint256[])", W20 WFF},
        {"(uint256[])", W20 W2 W0},
        {"(uint256[])",
         "0000000000000000000000000000000000000000000000010000000000000020" W0},
        {"(uint256[])", W20
         "0000000000000000000000000000000000000000000000010000000000000000"},
        {"(uint256[500000])", W0},
        {"((uint256[500000])[])", W20 W1},
        {"(string[])", W20 W1 W20},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct abi_value value;
        if (abi_decode(&value, &arena, type_of(wrong[i][0]),
                       unhex(wrong[i][1])) != LOFT_ERR_FORMAT)
            fail_msg("%s accepts %s", wrong[i][0], wrong[i][1]);
    }
}

/* Each list's elements all lead to the one list below: 63 ^ 10 words. */
static void offsets_to_the_same_place_are_bounded(void **state)
{
    (void)state;
    struct buffer data = {0};
    uint8_t word[32] = {0};
    enum { LISTS = 10, ELEMENTS = 63 };
    store_be64(word + 24, 32);
    buffer_put(&data, word, 32);
    for (size_t i = 0; i < LISTS; i++) {
        store_be64(word + 24, ELEMENTS);
        buffer_put(&data, word, 32);
        store_be64(word + 24, ELEMENTS * 32);
        for (size_t k = 0; k < ELEMENTS; k++)
            buffer_put(&data, word, 32);
    }
    store_be64(word + 24, 0);
    buffer_put(&data, word, 32);
    struct abi_value value;
    size_t held = arena.held;
    assert_int_equal(abi_decode(&value, &arena,
                                type_of("(uint256[][][][][][][][][][][])"),
                                buffer_bytes(&data)),
                     LOFT_ERR_LIMIT);
    assert_true(arena.held - held < 40 * data.len);
    buffer_free(&data);
}

static void events_are_decoded_from_topics_and_data(void **state)
{
    (void)state;
    struct abi_signature event;
    assert_int_equal(
        abi_signature_read(&event, &arena,
                           bytes_str("Sent(address indexed from, uint256 a, "
                                     "string indexed note, string text)")),
        LOFT_OK);
    hash32 topics[3] = {abi_topic(&event)};
    topics[1].at[31] = 7;
    memset(topics[2].at, 0xee, 32);
    struct abi_value value;
    assert_int_equal(
        abi_decode_event(&value, &arena, &event, topics, 3, unhex(W1 W40 W0)),
        LOFT_OK);
    struct buffer out = {0};
    struct json_writer json = {&out, false};
    abi_put_json(&json, &value);
    buffer_put_byte(&out, 0);
    assert_string_equal(
        (char *)out.at,
        "{\"from\":\"0x0000000000000000000000000000000000000007\",\"a\":\"1\","
        "\"note\":\"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
        "eeeeeeee\",\"text\":\"\"}");
    buffer_free(&out);
    assert_int_equal(
        abi_decode_event(&value, &arena, &event, topics, 2, unhex(W1 W40 W0)),
        LOFT_ERR_FORMAT);
}

static void reverts_give_their_reason(void **state)
{
    (void)state;
    assert_string_equal(
        abi_revert_reason(
            &arena,
            unhex("08c379a0" W20
                  "0000000000000000000000000000000000000000000000000000000000"
                  "00001a"
                  "4e6f7420656e6f7567682045746865722070726f76696465642e000000"
                  "000000")),
        "Not enough Ether provided.");
    assert_string_equal(
        abi_revert_reason(
            &arena,
            unhex("4e487b71000000000000000000000000000000000000000000000000000"
                  "0000000000011")),
        "panic: arithmetic overflow or underflow (0x11)");
    assert_string_equal(abi_revert_reason(&arena, unhex("4e487b71" W3)),
                        "panic: unknown code 3");
    assert_null(abi_revert_reason(&arena, unhex("08c379a0" WFF)));
    assert_null(abi_revert_reason(&arena, unhex("08c379")));
    assert_null(abi_revert_reason(&arena, unhex("12345678" W0)));
    assert_null(abi_revert_reason(&arena, BYTES_EMPTY));
}

/* The published cases give the types and the arguments apart, and bytes as
 * the characters that they are. */
static void read_published(struct abi_value *out, const struct json *args)
{
    enum abi_kind kind = out->type->kind;
    loft_err err = json_kind(args) == JSON_IS_STRING &&
                           (kind == ABI_BYTES || kind == ABI_FIXED_BYTES)
                       ? json_read_string(&out->data, args)
                       : abi_read_json(out, &arena, out->type, args);
    assert_int_equal(err, LOFT_OK);
}

static const struct abi_type *published_type(const struct json *types)
{
    struct buffer text = {0};
    for (size_t i = 0; i < json_len(types); i++) {
        const char *type;
        assert_int_equal(json_read_text(&type, json_at(types, i)), LOFT_OK);
        buffer_printf(&text, "%c%s", i ? ',' : '(', type);
    }
    buffer_put_byte(&text, ')');
    buffer_put_byte(&text, 0);
    const struct abi_type *type = type_of((char *)text.at);
    buffer_free(&text);
    return type;
}

static void run_published(const char *name, const struct json *test)
{
    const struct json *args = json_get(test, "args");
    const struct abi_type *type = published_type(json_get(test, "types"));
    const char *want;
    assert_int_equal(json_get_text(&want, test, "result"), LOFT_OK);
    assert_int_equal(json_len(args), type->count);
    struct abi_value value = {.type = type, .count = type->count};
    value.items = ARENA_ARRAY(&arena, struct abi_value, type->count);
    for (size_t i = 0; i < type->count; i++) {
        value.items[i].type = type->params[i].type;
        read_published(&value.items[i], json_at(args, i));
    }
    struct buffer out = {0}, again = {0};
    abi_encode(&out, &value);
    if (!bytes_equal(buffer_bytes(&out), unhex(want)))
        fail_msg("%s", name);
    assert_int_equal(abi_decode(&value, &arena, type, buffer_bytes(&out)),
                     LOFT_OK);
    abi_encode(&again, &value);
    assert_true(bytes_equal(buffer_bytes(&out), buffer_bytes(&again)));
    buffer_free(&out);
    buffer_free(&again);
}

static void run_file(void *context, const char *path)
{
    size_t *count = context;
    JSON_FOR_EACH (member, vectors_json(&arena, path)) {
        run_published((const char *)member.key.at, member.value);
        ++*count;
    }
}

static void published_cases_agree(void **state)
{
    (void)state;
    const char *dir = vectors_unpack("ethereum-basic-tests.tar.xz");
    if (!dir)
        skip();
    size_t count = 0;
    vectors_each(arena_printf(&arena, "%s/ABITests", dir), ".json", run_file,
                 &count);
    print_message("%zu cases\n", count);
    assert_true(count >= 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, reset)
    const struct CMUnitTest tests[] = {
        TEST(values_are_encoded),
        TEST(encodings_are_decoded),
        TEST(data_cut_anywhere_is_refused),
        TEST(values_out_of_range_are_refused),
        TEST(offsets_and_lengths_stay_within_the_data),
        TEST(offsets_to_the_same_place_are_bounded),
        TEST(events_are_decoded_from_topics_and_data),
        TEST(reverts_give_their_reason),
        TEST(published_cases_agree),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return vectors_exit(failed);
}
