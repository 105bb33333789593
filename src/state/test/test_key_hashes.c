#include "state/key_hashes.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "crypto/keccak.h"

static void check(u256 word)
{
    hash32 key = u256_to_hash(word);
    hash32 want = keccak256(bytes_hash(&key)), got = key_hash_of_slot(&word);
    assert_true(hash32_equal(&want, &got));

    address who;
    memcpy(who.at, key.at + sizeof key.at - sizeof who.at, sizeof who.at);
    want = keccak256(bytes_address(&who));
    got = key_hash_of_account(&who);
    assert_true(hash32_equal(&want, &got));
}

static void zeros_are_a_key_like_others(void **state)
{
    (void)state;
    check(U256_ZERO);
    check(U256_ZERO);
}

/* Many more keys than have room, each twice in a row and once more later; some
 * differ in their first bytes alone. */
static void hashes_are_right_however_often_they_are_asked_for(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        for (uint64_t i = 0; i < 1000; i++) {
            u256 high = {.limb = {i % 7, 0, i, i << 32}};
            check(u256_from(i));
            check(u256_from(i));
            check(high);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeros_are_a_key_like_others),
        cmocka_unit_test(hashes_are_right_however_often_they_are_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
