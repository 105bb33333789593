#include "codec/rlp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "codec/json.h"
#include "tests/vectors.h"

static struct arena arena;

static bytes unhex(const char *text)
{
    bytes out = BYTES_EMPTY;
    assert_int_equal(hex_read(&arena, &out, bytes_str(text)), LOFT_OK);
    return out;
}

static void assert_buffer(struct buffer *out, const char *hex)
{
    assert_string_equal(hex_string(&arena, buffer_bytes(out)), hex);
    buffer_free(out);
}

static void integers_are_shortest(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        const char *hex;
    } cases[] = {
        {0, "0x80"},
        {1, "0x01"},
        {0x7f, "0x7f"},
        {0x80, "0x8180"},
        {0xff, "0x81ff"},
        {0x100, "0x820100"},
        {0xffffff, "0x83ffffff"},
        {1ull << 56, "0x880100000000000000"},
        {UINT64_MAX, "0x88ffffffffffffffff"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buffer out = {0};
        rlp_put_u64(&out, cases[i].value);
        assert_buffer(&out, cases[i].hex);
        rlp_put_u256(&out, u256_from(cases[i].value));
        assert_buffer(&out, cases[i].hex);
        uint64_t back;
        bytes rest = unhex(cases[i].hex);
        assert_int_equal(rlp_read_u64(&back, &rest), LOFT_OK);
        assert_int_equal(back, cases[i].value);
        assert_int_equal(rest.len, 0);
    }
}

static void big_integers_come_back(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 256; bits++) {
        struct buffer out = {0};
        u256 value = u256_shl(U256_ONE, bits), back;
        rlp_put_u256(&out, value);
        bytes rest = buffer_bytes(&out);
        assert_int_equal(rest.len, bits < 7 ? 1 : 2 + bits / 8);
        assert_int_equal(rlp_read_u256(&back, &rest), LOFT_OK);
        assert_true(u256_equal(back, value));
        buffer_free(&out);
    }
}

static void other_forms_of_integers_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "0x00", "0x820001", "0x89010000000000000000", "0xc0", "0x8101", "0x",
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t value = 77;
        bytes rest = unhex(cases[i]), before = rest;
        assert_int_equal(rlp_read_u64(&value, &rest), LOFT_ERR_FORMAT);
        assert_int_equal(value, 77);
        assert_true(rest.at == before.at && rest.len == before.len);
    }
    u256 value;
    bytes rest = unhex("a1010000000000000000000000000000000000000000000000"
                       "00000000000000000000");
    assert_int_equal(rlp_read_u256(&value, &rest), LOFT_ERR_FORMAT);
}

static void lengths_out_of_bounds_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "81",
        "b8",
        "b800",
        "b838",
        "b90038",
        "bb",
        "bf",
        "b837",
        "c1",
        "f8",
        "f837",
        "f838",
        "f90100",
        "bfffffffffffffffff",
        "ffffffffffffffffff",
        "fffffffffffffffff7",
        "b8ff",
        "8100",
        "817f",
        "c28100",
        "c18f",
        "c3c281",
        "8080",
        "c000",
        "bfffffffffffffffff00000000000000",
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(rlp_check(unhex(cases[i])), LOFT_ERR_FORMAT);
}

static void lists_close_at_every_length(void **state)
{
    (void)state;
    static const size_t lens[] = {0,   1,     55,    56,      255,
                                  256, 65535, 65536, 1 << 20, 1 << 24};
    for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
        struct buffer out = {0}, header = {0};
        size_t opened = rlp_open(&out);
        memset(buffer_extend(&out, lens[i]), 0x01, lens[i]);
        rlp_close(&out, opened);
        bytes rest = buffer_bytes(&out), items;
        size_t count;
        assert_int_equal(rlp_check(rest), LOFT_OK);
        rlp_put_list_header(&header, lens[i]);
        assert_memory_equal(header.at, out.at, header.len);
        assert_int_equal(rlp_read_list(&items, &rest), LOFT_OK);
        assert_int_equal(rlp_read_end(rest), LOFT_OK);
        assert_int_equal(items.len, lens[i]);
        assert_int_equal(rlp_count(&count, items), LOFT_OK);
        assert_int_equal(count, lens[i]);
        buffer_free(&out);
        buffer_free(&header);
    }
}

static void lists_nest(void **state)
{
    (void)state;
    struct buffer out = {0};
    size_t outer = rlp_open(&out);
    size_t first = rlp_open(&out);
    rlp_close(&out, first);
    size_t second = rlp_open(&out);
    rlp_put_bytes(&out, bytes_str("cat"));
    rlp_put_bytes(&out, BYTES_EMPTY);
    rlp_close(&out, second);
    rlp_close(&out, outer);
    assert_buffer(&out, "0xc7c0c58363617480");
}

static void hash_and_address_have_their_length(void **state)
{
    (void)state;
    struct buffer out = {0};
    hash32 hash = {{0x11}}, hash_back;
    address who = {{0x22}}, who_back;
    rlp_put_hash(&out, &hash);
    rlp_put_address(&out, &who);
    bytes rest = buffer_bytes(&out), before = rest;
    assert_int_equal(rlp_read_exact(&who_back, 20, &rest), LOFT_ERR_FORMAT);
    assert_true(rest.at == before.at);
    assert_int_equal(rlp_read_exact(&hash_back, 32, &rest), LOFT_OK);
    assert_int_equal(rlp_read_exact(&who_back, 20, &rest), LOFT_OK);
    assert_true(hash32_equal(&hash, &hash_back));
    assert_true(address_equal(&who, &who_back));
    assert_int_equal(rest.len, 0);
    buffer_free(&out);
}

static void raw_items_keep_their_header(void **state)
{
    (void)state;
    bytes rest = unhex("c2010205"), item;
    assert_int_equal(rlp_read_raw(&item, &rest), LOFT_OK);
    assert_int_equal(item.len, 3);
    assert_int_equal(rlp_read_raw(&item, &rest), LOFT_OK);
    assert_int_equal(item.len, 1);
    assert_int_equal(rlp_read_raw(&item, &rest), LOFT_ERR_FORMAT);
}

static void kinds_are_told_apart(void **state)
{
    (void)state;
    bytes rest = unhex("c0"), out;
    assert_int_equal(rlp_read_bytes(&out, &rest), LOFT_ERR_FORMAT);
    assert_string_equal(err_sentence(), "RLP list where a string belongs");
    rest = unhex("80");
    assert_int_equal(rlp_read_list(&out, &rest), LOFT_ERR_FORMAT);
    bool is_list;
    rest = unhex("c080");
    assert_int_equal(rlp_read_item(&out, &is_list, &rest), LOFT_OK);
    assert_true(is_list);
    assert_int_equal(rlp_read_item(&out, &is_list, &rest), LOFT_OK);
    assert_false(is_list);
}

static loft_err check_depth(size_t depth)
{
    struct buffer out = {0};
    size_t *opened = calloc(depth, sizeof *opened);
    for (size_t i = 0; i < depth; i++)
        opened[i] = rlp_open(&out);
    rlp_put_u64(&out, 7);
    for (size_t i = depth; i-- > 0;)
        rlp_close(&out, opened[i]);
    loft_err result = rlp_check(buffer_bytes(&out));
    free(opened);
    buffer_free(&out);
    return result;
}

static void depth_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(check_depth(RLP_DEPTH_MAX), LOFT_OK);
    assert_int_equal(check_depth(RLP_DEPTH_MAX + 1), LOFT_ERR_FORMAT);
    assert_int_equal(check_depth(30000), LOFT_ERR_FORMAT);
}

/* Decimal digits of any length as a big-endian integer: the published cases
 * go beyond 256 bits. */
static void put_decimal(struct buffer *out, bytes digits)
{
    uint8_t be[128] = {0};
    for (size_t i = 0; i < digits.len; i++) {
        unsigned carry = digits.at[i] - '0';
        for (size_t k = sizeof be; k-- > 0; carry >>= 8) {
            carry += 10u * be[k];
            be[k] = (uint8_t)carry;
        }
        assert_int_equal(carry, 0);
    }
    size_t zeros = 0;
    while (zeros < sizeof be && be[zeros] == 0)
        zeros++;
    rlp_put_bytes(out, bytes_of(be + zeros, sizeof be - zeros));
}

/* The "in" of a published case: "#123" and 123 are integers. */
static void put_value(struct buffer *out, const struct json *value)
{
    char room[JSON_SHORT_MAX];
    bytes text;
    if (json_kind(value) == JSON_IS_ARRAY) {
        size_t opened = rlp_open(out);
        for (size_t i = 0; i < json_len(value); i++)
            put_value(out, json_at(value, i));
        rlp_close(out, opened);
    } else if (json_kind(value) == JSON_IS_NUMBER) {
        put_decimal(out, json_number(room, value));
    } else {
        assert_int_equal(json_read_string(&text, value), LOFT_OK);
        if (text.len && text.at[0] == '#')
            put_decimal(out, bytes_of(text.at + 1, text.len - 1));
        else
            rlp_put_bytes(out, text);
    }
}

static bool input_is(const struct json *test, const char *word)
{
    bytes text;
    return json_read_string(&text, json_get(test, "in")) == LOFT_OK &&
           bytes_equal(text, bytes_str(word));
}

static void run_published(const char *path, const char *name,
                          const struct json *test)
{
    bytes hex, want;
    assert_int_equal(json_get_string(&hex, test, "out"), LOFT_OK);
    assert_int_equal(hex_read(&arena, &want, hex), LOFT_OK);
    bool is_valid = !input_is(test, "INVALID");
    if ((rlp_check(want) == LOFT_OK) != is_valid)
        fail_msg("%s: %s: %s", path, name, err_sentence());
    if (!is_valid || input_is(test, "VALID"))
        return;
    struct buffer out = {0};
    put_value(&out, json_get(test, "in"));
    if (!bytes_equal(buffer_bytes(&out), want))
        fail_msg("%s: %s: written as %s", path, name,
                 hex_string(&arena, buffer_bytes(&out)));
    buffer_free(&out);
}

static void run_file(void *context, const char *path)
{
    size_t *count = context;
    JSON_FOR_EACH (member, vectors_json(&arena, path)) {
        run_published(path, (const char *)member.key.at, member.value);
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
    vectors_each(arena_printf(&arena, "%s/RLPTests", dir), ".json", run_file,
                 &count);
    print_message("%zu cases\n", count);
    assert_true(count >= 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_shortest),
        cmocka_unit_test(big_integers_come_back),
        cmocka_unit_test(other_forms_of_integers_are_refused),
        cmocka_unit_test(lengths_out_of_bounds_are_refused),
        cmocka_unit_test(lists_close_at_every_length),
        cmocka_unit_test(lists_nest),
        cmocka_unit_test(hash_and_address_have_their_length),
        cmocka_unit_test(raw_items_keep_their_header),
        cmocka_unit_test(kinds_are_told_apart),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(published_cases_agree),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return vectors_exit(failed);
}
