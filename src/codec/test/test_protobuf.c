#include "codec/protobuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/hex.h"

static struct arena arena;

struct sample {
    struct protobuf_number count;
    bytes name;
    struct protobuf_list items;
};

static const struct protobuf_rule sample_rules[] = {
    {1, PROTOBUF_NUMBER, false, offsetof(struct sample, count), 1000, 0},
    {2, PROTOBUF_BYTES, true, offsetof(struct sample, name), 7, 0},
    {20, PROTOBUF_LIST, false, offsetof(struct sample, items), 2, 9},
};

static const struct protobuf_shape sample_shape = {
    sample_rules, ARRAY_LEN(sample_rules), sizeof(struct sample), "sample"};

static loft_err read_hex(struct sample *out, const char *hex)
{
    bytes from = BYTES_EMPTY;
    assert_int_equal(hex_read(&arena, &from, bytes_str(hex)), LOFT_OK);
    return protobuf_read(&arena, out, &sample_shape, from);
}

/* protobuf.dev, "Encoding": 150 in field 1, "testing" in field 2. */
static void the_documents_examples_are_read(void **state)
{
    (void)state;
    struct sample sample;
    assert_int_equal(read_hex(&sample, "089601120774657374696e67"), LOFT_OK);
    assert_true(sample.count.present && sample.count.value == 150);
    assert_true(bytes_equal(sample.name, bytes_str("testing")));
    assert_int_equal(sample.items.len, 0);
    assert_null(sample.items.at);
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    bytes items[9];
    struct sample sample = {{999, true}, bytes_str("n"), {items, 9}}, again;
    struct buffer out = {0};
    for (size_t i = 0; i < ARRAY_LEN(items); i++)
        items[i] = bytes_of(&"0123456789"[i], i % 3);
    protobuf_put(&out, &sample, &sample_shape);
    assert_int_equal(
        protobuf_read(&arena, &again, &sample_shape, buffer_bytes(&out)),
        LOFT_OK);
    assert_true(again.count.value == 999);
    assert_int_equal(again.items.len, 9);
    for (size_t i = 0; i < ARRAY_LEN(items); i++)
        assert_true(bytes_equal(again.items.at[i], items[i]));
    buffer_free(&out);
}

static void an_empty_value_is_not_an_absent_one(void **state)
{
    (void)state;
    struct sample sample;
    assert_int_equal(read_hex(&sample, "1200"), LOFT_OK);
    assert_non_null(sample.name.at);
    assert_false(sample.count.present);
    assert_int_equal(read_hex(&sample, "0801"), LOFT_ERR_FORMAT);
    assert_string_equal(err_sentence(), "sample: field 2 is missing");
}

static void unknown_fields_are_skipped(void **state)
{
    (void)state;
    struct sample sample;
    /* 3: varint, 4: eight bytes, 5: bytes, 6: four bytes; then 2. */
    assert_int_equal(read_hex(&sample, "18ffffffffffffffffff01"
                                       "210102030405060708"
                                       "2a03010203"
                                       "3501020304"
                                       "120161"),
                     LOFT_OK);
    assert_true(bytes_equal(sample.name, bytes_str("a")));
}

static void bounds_hold(void **state)
{
    (void)state;
    struct sample sample;
    assert_int_equal(read_hex(&sample, "120008e807"), LOFT_OK);
    assert_int_equal(read_hex(&sample, "120008e907"), LOFT_ERR_LIMIT);
    assert_int_equal(read_hex(&sample, "12083031323334353637"), LOFT_ERR_LIMIT);
    assert_int_equal(read_hex(&sample, "1200a20103616263"), LOFT_ERR_LIMIT);
    assert_int_equal(read_hex(&sample, "1200a20100a20100a20100a20100a20100"
                                       "a20100a20100a20100a20100"),
                     LOFT_OK);
    assert_int_equal(read_hex(&sample, "1200a20100a20100a20100a20100a20100"
                                       "a20100a20100a20100a20100a20100"),
                     LOFT_ERR_LIMIT);
}

static void malformed_messages_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "1200ff",                   /* a tag that does not end */
        "1201",                     /* a value beyond the end */
        "12ffffffffffffffffff01",   /* a length near 2^64 */
        "1200ffffffffffffffffff02", /* a varint of 65 bits */
        "12000b0c",                 /* a group */
        "12000e",
        "12000f", /* wire types that do not exist */
        "120002",
        "120000",         /* field 0 */
        "12008080808010", /* a number beyond 2^29 */
        "12001200",
        "120008010801", /* twice */
        "1001",
        "12000a00",
        "120009", /* another wire type */
        "12001d010203",
        "1200190102", /* cut */
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct sample sample;
        assert_int_equal(read_hex(&sample, bad[i]), LOFT_ERR_FORMAT);
    }
}

int main(void)
{
    arena_init(&arena);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documents_examples_are_read),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(an_empty_value_is_not_an_absent_one),
        cmocka_unit_test(unknown_fields_are_skipped),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(malformed_messages_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
