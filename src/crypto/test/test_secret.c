#include "crypto/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void random_secrets_differ(void **state)
{
    (void)state;
    secret32 a, b;
    secret_random(&a);
    secret_random(&b);
    assert_false(secret_equal(&a, &b));
}

static void a_difference_in_any_bit_is_seen(void **state)
{
    (void)state;
    secret32 a;
    secret_random(&a);
    for (unsigned bit = 0; bit < 256; bit++) {
        secret32 b = a;
        assert_true(secret_equal(&a, &b));
        b.at[bit / 8] ^= (uint8_t)(1 << (bit % 8));
        assert_false(secret_equal(&a, &b));
    }
}

static void a_finished_secret_is_zero(void **state)
{
    (void)state;
    static const uint8_t zero[32];
    secret32 a;
    secret_random(&a);
    secret_fini(&a);
    assert_memory_equal(a.at, zero, 32);
}

/* The system's generator gives at most 32 MiB at once. */
static void random_bytes_fills_all_of_a_large_buffer(void **state)
{
    (void)state;
    static uint8_t data[1 << 20];
    random_bytes(data, sizeof data);
    for (size_t at = 0; at < sizeof data; at += 4096) {
        unsigned set = 0;
        for (size_t i = at; i < at + 4096; i++)
            set += data[i] != 0;
        assert_in_range(set, 3900, 4096);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_secrets_differ),
        cmocka_unit_test(a_difference_in_any_bit_is_seen),
        cmocka_unit_test(a_finished_secret_is_zero),
        cmocka_unit_test(random_bytes_fills_all_of_a_large_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
