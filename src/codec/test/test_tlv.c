/* The examples are those of BOLT-1, appendix B. */
#include "codec/tlv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/assert.h"
#include "base/hex.h"

struct n1 {
    struct tlv_number amount;
    bytes scid, node, delta;
};

static const struct tlv_rule n1_rules[] = {
    {1, TLV_NUMBER, false, offsetof(struct n1, amount), 0, UINT64_MAX},
    {2, TLV_BYTES, false, offsetof(struct n1, scid), 8, 8},
    {3, TLV_BYTES, false, offsetof(struct n1, node), 49, 49},
    {254, TLV_BYTES, false, offsetof(struct n1, delta), 2, 2},
};

static const struct tlv_shape n1 = {n1_rules, ARRAY_LEN(n1_rules),
                                    sizeof(struct n1), "n1"};

struct n2 {
    struct tlv_number amount, expiry;
};

static const struct tlv_rule n2_rules[] = {
    {0, TLV_NUMBER, false, offsetof(struct n2, amount), 0, UINT64_MAX},
    {11, TLV_NUMBER, false, offsetof(struct n2, expiry), 0, UINT32_MAX},
};

static const struct tlv_shape n2 = {n2_rules, ARRAY_LEN(n2_rules),
                                    sizeof(struct n2), "n2"};

static loft_err read_hex(void *message, const struct tlv_shape *shape,
                         const char *hex)
{
    static uint8_t from[1024];
    size_t len = strlen(hex) / 2;
    assert_true(len <= sizeof from);
    assert_int_equal(hex_read_exact(from, len, bytes_str(hex)), LOFT_OK);
    return tlv_read(message, shape, bytes_of(from, len));
}

static void refused(const struct tlv_shape *shape, const char *const *all,
                    size_t count)
{
    struct n1 message;
    for (size_t i = 0; i < count; i++)
        if (read_hex(&message, shape, all[i]) == LOFT_OK)
            fail_msg("%s in %s", all[i], shape->name);
}

static void what_is_malformed_is_refused_in_any_namespace(void **state)
{
    static const char *const all[] = {
        "fd",         "fd01",     "fd000100",     "fd0101",
        "0ffd",       "0ffd26",   "0ffd2602",     "0ffd000100",
        "1200",       "fd010200", "fe0100000200", "ff010000000000000200",
        "0ffd020100",
    };
    (void)state;
    refused(&n1, all, ARRAY_LEN(all));
    refused(&n2, all, ARRAY_LEN(all));
}

#define POINT \
    "023da092f6980e58d2c037173180e9a465476026ee50f96695963e8efe436f54eb"

static void a_field_that_is_not_as_its_rule_says_is_refused(void **state)
{
    static const char *const of_n1[] = {
        "0109ffffffffffffffffff",
        "010100",
        "01020001",
        "0103000100",
        "010400010000",
        "01050001000000",
        "0106000100000000",
        "010700010000000000",
        "01080001000000000000",
        "020701010101010101",
        "0209010101010101010101",
        "0321" POINT,
        "0329" POINT "0000000000000001",
        "0330" POINT "000000000000000100000000000001",
        "0332" POINT "0000000000000001000000000000000001",
        "fd00fe00",
        "fd00fe0101",
        "fd00fe03010101",
        "0000",
    };
    static const char *const of_n2[] = {"0b050100000000", "0b0100"};
    (void)state;
    refused(&n1, of_n1, ARRAY_LEN(of_n1));
    refused(&n2, of_n2, ARRAY_LEN(of_n2));
}

static void types_that_do_not_ascend_are_refused(void **state)
{
    static const char *const of_n1[] = {
        "0208000000000000022601012a",
        "0208000000000000023102080000000000000451",
        "1f000f012a",
        "1f001f012a",
    };
    static const char *const of_n2[] = {"ffffffffffffffffff000000"};
    (void)state;
    refused(&n1, of_n1, ARRAY_LEN(of_n1));
    refused(&n2, of_n2, ARRAY_LEN(of_n2));
}

static void odd_types_that_are_not_known_are_skipped(void **state)
{
    static const char *const all[] = {
        "",
        "2100",
        "fd020100",
        "fd00fd00",
        "fd00ff00",
        "fe0200000100",
        "ff020000000000000100",
    };
    struct n1 message;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        assert_int_equal(read_hex(&message, &n1, all[i]), LOFT_OK);
        assert_false(message.amount.present);
        assert_null(message.scid.at);
        assert_int_equal(read_hex(&message, &n2, all[i]), LOFT_OK);
    }
}

static void an_even_type_that_is_not_known_is_told_apart(void **state)
{
    struct n1 message;
    (void)state;
    assert_int_equal(read_hex(&message, &n1, "1200"), LOFT_ERR_REFUSED);
    assert_int_equal(read_hex(&message, &n1, "fd"), LOFT_ERR_FORMAT);
}

static void numbers_are_read_in_their_shortest_form(void **state)
{
    (void)state;
    for (unsigned len = 0; len <= 8; len++) {
        uint64_t value = len ? (uint64_t)1 << (8 * (len - 1)) : 0;
        uint8_t from[10] = {1, (uint8_t)len, 1};
        struct n1 message;
        assert_int_equal(tlv_read(&message, &n1, bytes_of(from, 2 + len)),
                         LOFT_OK);
        assert_true(message.amount.present);
        assert_int_equal(message.amount.value, value);
    }
}

static void what_is_written_is_read_and_is_the_same_bytes(void **state)
{
    static const char hex[] = "0101010208000000000000022603"
                              "31" POINT
                              "00000000000000010000000000000002fd00fe020226";
    uint8_t from[sizeof hex / 2];
    size_t len = sizeof hex / 2;
    struct buffer out = {0};
    struct n1 message;
    (void)state;
    assert_int_equal(hex_read_exact(from, len, bytes_str(hex)), LOFT_OK);
    assert_int_equal(tlv_read(&message, &n1, bytes_of(from, len)), LOFT_OK);
    assert_int_equal(message.amount.value, 1);
    assert_int_equal(load_be64(message.scid.at), 0x226);
    assert_int_equal(load_be64(message.node.at + 41), 2);
    assert_int_equal(load_be16(message.delta.at), 550);
    tlv_put(&out, &message, &n1);
    assert_true(bytes_equal(buffer_bytes(&out), bytes_of(from, len)));
    buffer_free(&out);
}

static void what_is_required_must_be_there(void **state)
{
    static const struct tlv_rule rules[] = {
        {2, TLV_BYTES, true, offsetof(struct n1, scid), 0, 8}};
    static const struct tlv_shape shape = {rules, 1, sizeof(struct n1), "it"};
    struct n1 message;
    (void)state;
    assert_int_equal(read_hex(&message, &shape, ""), LOFT_ERR_FORMAT);
    assert_string_equal(err_sentence(), "it: field 2 is missing");
    assert_int_equal(read_hex(&message, &shape, "0200"), LOFT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_malformed_is_refused_in_any_namespace),
        cmocka_unit_test(a_field_that_is_not_as_its_rule_says_is_refused),
        cmocka_unit_test(types_that_do_not_ascend_are_refused),
        cmocka_unit_test(odd_types_that_are_not_known_are_skipped),
        cmocka_unit_test(an_even_type_that_is_not_known_is_told_apart),
        cmocka_unit_test(numbers_are_read_in_their_shortest_form),
        cmocka_unit_test(what_is_written_is_read_and_is_the_same_bytes),
        cmocka_unit_test(what_is_required_must_be_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
