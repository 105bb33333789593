#include "base/vec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct item {
    uint32_t number;
    char name[8];
};

static void keeps_what_is_pushed(void **state)
{
    (void)state;
    VEC(struct item) items = {0};
    for (uint32_t i = 0; i < 5000; i++)
        VEC_PUSH(&items, ((struct item){i, "item"}));
    assert_int_equal(items.len, 5000);
    assert_true(items.cap >= items.len);
    uint32_t expected = 0;
    VEC_FOR_EACH (item, &items) {
        assert_int_equal(item->number, expected++);
        assert_string_equal(item->name, "item");
    }
    assert_int_equal(expected, 5000);
    VEC_FREE(&items);
    assert_null(items.at);
    assert_int_equal(items.len, 0);
}

static void reserved_room_is_not_moved(void **state)
{
    (void)state;
    VEC(uint64_t) numbers = {0};
    VEC_RESERVE(&numbers, 1000);
    const uint64_t *at = numbers.at;
    for (uint64_t i = 0; i < 1000; i++)
        VEC_PUSH(&numbers, i);
    assert_ptr_equal(numbers.at, at);
    VEC_FREE(&numbers);
}

static void an_empty_one_iterates_over_nothing(void **state)
{
    (void)state;
    VEC(int) none = {0};
    VEC_FOR_EACH (item, &none)
        fail();
    VEC_FREE(&none);
}

static void a_buffer_collects_bytes_in_order(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    buffer_put_byte(&buffer, 'a');
    buffer_put(&buffer, NULL, 0);
    buffer_put_bytes(&buffer, bytes_str("bc"));
    memcpy(buffer_extend(&buffer, 2), "de", 2);
    buffer_printf(&buffer, "%d%s", 12, "!");
    buffer_printf(&buffer, "%s", "");
    assert_true(bytes_equal(buffer_bytes(&buffer), bytes_str("abcde12!")));
    buffer_free(&buffer);
    assert_int_equal(buffer_bytes(&buffer).len, 0);
}

static void a_buffer_prints_more_than_it_has_room_for(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    for (int i = 0; i < 300; i++)
        buffer_printf(&buffer, "%0*d", i, 0);
    assert_int_equal(buffer.len, 300 * 299 / 2 + 1); /* "%00d" prints a 0 */
    for (size_t i = 0; i < buffer.len; i++)
        assert_int_equal(buffer.at[i], '0');
    buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_is_pushed),
        cmocka_unit_test(reserved_room_is_not_moved),
        cmocka_unit_test(an_empty_one_iterates_over_nothing),
        cmocka_unit_test(a_buffer_collects_bytes_in_order),
        cmocka_unit_test(a_buffer_prints_more_than_it_has_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
