#include "crypto/modexp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/u256.h"

static u256 random_number(void)
{
    u256 out;
    for (int i = 0; i < 4; i++)
        out.limb[i] = (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^
                      (uint64_t)rand();
    return u256_shr(out, (uint64_t)(rand() % 256));
}

/* Square and multiply, one bit of the exponent after the other. */
static u256 power(u256 base, u256 exponent, u256 modulus)
{
    u256 result = u256_mod(U256_ONE, modulus);
    for (unsigned i = u256_bits(exponent); i-- > 0;) {
        result = u256_mulmod(result, result, modulus);
        if (exponent.limb[i / 64] >> (i % 64) & 1)
            result = u256_mulmod(result, base, modulus);
    }
    return result;
}

/* Big endian in `len` bytes, which are enough. */
static bytes wide(uint8_t *room, size_t len, u256 value)
{
    uint8_t be[32];
    u256_store_be(be, value);
    memset(room, 0, len);
    size_t take = len < 32 ? len : 32;
    memcpy(room + len - take, be + 32 - take, take);
    return bytes_of(room, len);
}

static u256 call(u256 base, u256 exponent, u256 modulus, size_t padding)
{
    uint8_t b[132], e[132], m[132], out[132];
    size_t len = 32 + padding;
    memset(out, 0xaa, sizeof out);
    modexp(out, wide(b, len, base), wide(e, len, exponent),
           wide(m, len, modulus));
    for (size_t i = 0; i < padding; i++)
        assert_int_equal(out[i], 0);
    return u256_load_be(out + padding);
}

static void agrees_with_square_and_multiply(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++) {
        u256 base = random_number(), exponent = random_number();
        u256 modulus = random_number();
        u256 got = call(base, exponent, modulus, (size_t)(rand() % 100));
        assert_true(u256_equal(got, power(base, exponent, modulus)));
    }
}

static void edges(void **state)
{
    (void)state;
    u256 seven = u256_from(7);
    assert_true(u256_equal(call(U256_ZERO, U256_ZERO, seven, 3), U256_ONE));
    assert_true(u256_is_zero(call(U256_ZERO, U256_ZERO, U256_ONE, 0)));
    assert_true(u256_is_zero(call(seven, seven, U256_ZERO, 5)));
    assert_true(u256_is_zero(call(seven, U256_ZERO, U256_ONE, 5)));
    assert_true(u256_is_zero(call(U256_ZERO, seven, seven, 0)));
}

static void values_of_no_bytes_are_zero(void **state)
{
    (void)state;
    uint8_t out[2] = {9, 9}, three[2] = {0, 3};
    modexp(out, BYTES_EMPTY, BYTES_EMPTY, bytes_of(three, 2));
    assert_int_equal(out[0], 0);
    assert_int_equal(out[1], 1);
    modexp(out, BYTES_EMPTY, bytes_of(three, 2), bytes_of(three, 2));
    assert_int_equal(out[1], 0);
    modexp(NULL, bytes_of(three, 2), bytes_of(three, 2), BYTES_EMPTY);
}

/* Beyond 256 bits: b^(e + f) is b^e * b^f, here with e + f a carry away from
 * a power of two and modulus 2^k, where multiplying is cutting off. */
static void large_even_moduli_cut_off(void **state)
{
    (void)state;
    enum { LEN = 1024 };
    static uint8_t base[LEN], modulus[LEN], out[LEN], expected[LEN];
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < LEN; i++)
            base[i] = (uint8_t)rand();
        memset(modulus, 0, LEN);
        int keep = rand() % (LEN - 1) + 1; /* modulus = 256^keep */
        modulus[LEN - 1 - keep] = 1;
        memset(expected, 0, LEN);
        memcpy(expected + LEN - keep, base + LEN - keep, (size_t)keep);
        uint8_t one = 1;
        modexp(out, bytes_of(base, LEN), bytes_of(&one, 1),
               bytes_of(modulus, LEN));
        assert_memory_equal(out, expected, LEN);
    }
}

/* 2^521 - 1 is prime: Fermat's theorem on 521 bits. */
static void fermat_holds_for_a_large_prime(void **state)
{
    (void)state;
    uint8_t prime[66], less[66], base[66], out[66], one[66] = {0};
    memset(prime, 0xff, sizeof prime);
    prime[0] = 0x01;
    memcpy(less, prime, sizeof less);
    less[65] = 0xfe;
    one[65] = 1;
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < sizeof base; i++)
            base[i] = (uint8_t)rand();
        base[65] |= 1;
        modexp(out, bytes_of(base, 66), bytes_of(less, 66),
               bytes_of(prime, 66));
        assert_memory_equal(out, one, 66);
    }
}

int main(void)
{
    unsigned seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    srand(seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_square_and_multiply),
        cmocka_unit_test(edges),
        cmocka_unit_test(values_of_no_bytes_are_zero),
        cmocka_unit_test(large_even_moduli_cut_off),
        cmocka_unit_test(fermat_holds_for_a_large_prime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
