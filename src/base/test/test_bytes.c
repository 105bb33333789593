#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void integers_have_the_named_order(void **state)
{
    (void)state;
    static const uint8_t at[] = {1, 2, 3, 4, 5, 6, 7, 8};
    assert_int_equal(load_be16(at), 0x0102);
    assert_int_equal(load_be32(at), 0x01020304);
    assert_int_equal(load_be64(at), 0x0102030405060708);
    assert_int_equal(load_le32(at), 0x04030201);
    assert_int_equal(load_le64(at), 0x0807060504030201);
}

static void integers_come_back_from_any_address(void **state)
{
    (void)state;
    const uint64_t value = 0x89abcdef01234567;
    for (size_t skip = 0; skip < 8; skip++) {
        uint8_t room[16];
        uint8_t *at = room + skip;
        store_be16(at, (uint16_t)value);
        assert_int_equal(load_be16(at), 0x4567);
        store_be32(at, (uint32_t)value);
        assert_int_equal(load_be32(at), 0x01234567);
        store_le32(at, (uint32_t)value);
        assert_int_equal(load_le32(at), 0x01234567);
        store_be64(at, value);
        assert_int_equal(load_be64(at), value);
        assert_int_equal(at[0], 0x89);
        store_le64(at, value);
        assert_int_equal(load_le64(at), value);
        assert_int_equal(at[0], 0x67);
    }
}

static void ranges_compare_by_content(void **state)
{
    (void)state;
    static const char *const sorted[] = {"", "a", "aa", "ab", "b", "\xff"};
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < 6; j++) {
            bytes a = bytes_str(sorted[i]), b = bytes_str(sorted[j]);
            int order = bytes_compare(a, b);
            assert_int_equal(order > 0, i > j);
            assert_int_equal(order < 0, i < j);
            assert_int_equal(bytes_equal(a, b), i == j);
        }
    }
    assert_true(bytes_equal(BYTES_EMPTY, bytes_str("")));
}

static void fixed_sizes_compare_whole(void **state)
{
    (void)state;
    hash32 a = {{0}}, b = {{0}};
    address who = {{0}}, other = {{0}};
    assert_true(hash32_is_zero(&a) && hash32_equal(&a, &b));
    assert_true(address_is_zero(&who) && address_equal(&who, &other));
    b.at[31] = 1;
    other.at[19] = 1;
    assert_false(hash32_is_zero(&b));
    assert_false(hash32_equal(&a, &b));
    assert_false(address_is_zero(&other));
    assert_false(address_equal(&who, &other));
    assert_int_equal(bytes_hash(&b).len, 32);
    assert_int_equal(bytes_address(&other).len, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_have_the_named_order),
        cmocka_unit_test(integers_come_back_from_any_address),
        cmocka_unit_test(ranges_compare_by_content),
        cmocka_unit_test(fixed_sizes_compare_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
