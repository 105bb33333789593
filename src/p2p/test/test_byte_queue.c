#include "p2p/byte_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void an_empty_queue_has_no_memory(void **state)
{
    (void)state;
    struct byte_queue queue = {0};
    assert_int_equal(byte_queue_front(&queue).len, 0);
    byte_queue_push(&queue, bytes_str("hello"));
    assert_true(queue.memory_bytes > 0);
    byte_queue_pop(&queue, 5);
    assert_int_equal(queue.memory_bytes, 0);
    assert_null(queue.first);
    byte_queue_clear(&queue);
}

/* Pushes of 1 to 100,000 bytes and pops of others, in the order of a count. */
static void bytes_come_out_as_they_went_in(void **state)
{
    (void)state;
    static uint8_t data[100000];
    struct byte_queue queue = {0};
    uint32_t random = 1, put = 0, taken = 0;
    for (int i = 0; i < 300; i++) {
        random = random * 1103515245 + 12345;
        size_t len = 1 + (random >> 8) % (i % 3 ? 500 : sizeof data);
        for (size_t j = 0; j < len; j++)
            data[j] = (uint8_t)(put++ % 251);
        byte_queue_push(&queue, bytes_of(data, len));
        for (size_t left = queue.len / 2 + 1; left > 0;) {
            bytes front = byte_queue_front(&queue);
            size_t here = front.len < left ? front.len : left;
            for (size_t j = 0; j < here; j++)
                assert_int_equal(front.at[j], taken++ % 251);
            byte_queue_pop(&queue, here);
            left -= here;
        }
        assert_int_equal(queue.len, put - taken);
        assert_true(queue.memory_bytes < 2 * queue.len + (200 << 10));
    }
    byte_queue_clear(&queue);
}

static void small_pushes_share_pieces(void **state)
{
    (void)state;
    struct byte_queue queue = {0};
    for (int i = 0; i < 10000; i++)
        byte_queue_push(&queue, bytes_str("x"));
    assert_true(queue.memory_bytes < 3 * queue.len);
    byte_queue_clear(&queue);
}

static void joining_moves_all(void **state)
{
    (void)state;
    struct byte_queue a = {0}, b = {0};
    byte_queue_join(&a, &b);
    assert_int_equal(a.len, 0);
    byte_queue_push(&b, bytes_str("world"));
    byte_queue_push(&a, bytes_str("hello "));
    byte_queue_join(&a, &b);
    assert_int_equal(a.len, 11);
    assert_int_equal(b.memory_bytes, 0);
    byte_queue_pop(&a, 6);
    assert_true(bytes_equal(byte_queue_front(&a), bytes_str("world")));
    byte_queue_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_queue_has_no_memory),
        cmocka_unit_test(bytes_come_out_as_they_went_in),
        cmocka_unit_test(small_pushes_share_pieces),
        cmocka_unit_test(joining_moves_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
