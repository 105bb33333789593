#include "crypto/aes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"

static void read_hex(uint8_t *out, size_t len, const char *hex)
{
    assert_int_equal(hex_read_exact(out, len, bytes_str(hex)), LOFT_OK);
}

/* SP 800-38A, F.5.1. */
static const char *const key_hex = "2b7e151628aed2a6abf7158809cf4f3c";
static const char *const counter_hex = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
static const char *const plain_hex =
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";
static const char *const cipher_hex =
    "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff";

static void known_answer_both_ways_and_in_place(void **state)
{
    (void)state;
    uint8_t key[16], counter[16], plain[32], cipher[32], got[32];
    read_hex(key, 16, key_hex);
    read_hex(counter, 16, counter_hex);
    read_hex(plain, 32, plain_hex);
    read_hex(cipher, 32, cipher_hex);
    aes128_ctr(got, key, counter, bytes_of(plain, 32));
    assert_memory_equal(got, cipher, 32);
    aes128_ctr(got, key, counter, bytes_of(got, 32));
    assert_memory_equal(got, plain, 32);
}

static void part_of_a_block_is_the_start_of_the_whole(void **state)
{
    (void)state;
    uint8_t key[16], counter[16], plain[32], cipher[32], got[33];
    read_hex(key, 16, key_hex);
    read_hex(counter, 16, counter_hex);
    read_hex(plain, 32, plain_hex);
    read_hex(cipher, 32, cipher_hex);
    for (size_t len = 0; len <= 32; len++) {
        memset(got, 0xaa, sizeof got);
        aes128_ctr(got, key, counter, bytes_of(plain, len));
        assert_memory_equal(got, cipher, len);
        assert_int_equal(got[len], 0xaa);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answer_both_ways_and_in_place),
        cmocka_unit_test(part_of_a_block_is_the_start_of_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
