#include "evm/pair_hashes.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "crypto/keccak.h"

static struct pair_hashes hashes;

static void check(const uint8_t *pair)
{
    hash32 want = keccak256(bytes_of(pair, PAIR_BYTES));
    hash32 got = pair_hashes_find(&hashes, pair);
    assert_true(hash32_equal(&want, &got));
}

static void zeros_are_a_pair_like_others(void **state)
{
    (void)state;
    uint8_t pair[PAIR_BYTES] = {0};
    check(pair);
    check(pair);
}

/* Many more pairs than have room, each twice in a row and once more later. */
static void hashes_are_right_however_often_they_are_asked_for(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 10 * PAIR_HASHES; i++) {
            uint8_t pair[PAIR_BYTES] = {0};
            store_be32(pair + 28, i);
            store_be32(pair + 60, i % 7);
            check(pair);
            check(pair);
        }
    }
}

/* Bytes that the place does not depend on. */
static void one_byte_makes_another_pair(void **state)
{
    (void)state;
    for (size_t i = 0; i < PAIR_BYTES; i++) {
        uint8_t pair[PAIR_BYTES] = {0};
        check(pair);
        pair[i] = 1;
        check(pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeros_are_a_pair_like_others),
        cmocka_unit_test(hashes_are_right_however_often_they_are_asked_for),
        cmocka_unit_test(one_byte_makes_another_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
