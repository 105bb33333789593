#include "crypto/modular_inverse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/digest.h"
#include "crypto/prime_field.h"

static const struct prime_field *const fields[] = {
    &BN254_FQ, &BN254_FR, &BLS12_381_FP, &BLS12_381_FR};

/* Is the product with what the function gives one, or zero for zero? */
static void check_4(const struct prime_field *f, const fp256 *a)
{
    fp256 inverse, product, one = fp256_one(f), zero = fp256_zero();
    modular_inverse(f, inverse.limb, a->limb);
    fp256_mul(f, &product, &inverse, a);
    assert_true(fp256_equal(&product, fp256_is_zero(a) ? &zero : &one));
}

static void check_6(const struct prime_field *f, const fp384 *a)
{
    fp384 inverse, product, one = fp384_one(f), zero = fp384_zero();
    modular_inverse(f, inverse.limb, a->limb);
    fp384_mul(f, &product, &inverse, a);
    assert_true(fp384_equal(&product, fp384_is_zero(a) ? &zero : &one));
}

/* limbs: lowest first, reduced here to stay below p. */
static void check(const struct prime_field *f, const uint64_t limbs[6])
{
    if (f->limbs == 4) {
        fp256 a;
        memcpy(a.limb, limbs, sizeof a.limb);
        a.limb[3] %= f->p[3];
        check_4(f, &a);
    } else {
        fp384 a;
        memcpy(a.limb, limbs, sizeof a.limb);
        a.limb[5] %= f->p[5];
        check_6(f, &a);
    }
}

static void product_with_the_inverse_is_one(void **state)
{
    uint64_t limbs[6] = {0};
    (void)state;
    for (int round = 0; round < 3000; round++) {
        hash32 hash = sha256(bytes_of(limbs, sizeof limbs));
        memmove(limbs + 2, limbs, 4 * sizeof *limbs);
        memcpy(limbs, hash.at, 2 * sizeof *limbs);
        for (size_t i = 0; i < ARRAY_LEN(fields); i++)
            check(fields[i], limbs);
    }
}

/* Zeros and ones in long rows are what a step's shortened numbers and their
 * carries may stumble over. */
static void numbers_with_long_rows_of_equal_bits_have_inverses(void **state)
{
    (void)state;
    for (unsigned from = 0; from < 384; from++)
        for (unsigned len = 0; len < 384 - from; len += 7) {
            uint64_t row[6] = {0}, others[6];
            for (unsigned bit = from; bit <= from + len; bit++)
                row[bit / 64] |= UINT64_C(1) << (bit % 64);
            for (int i = 0; i < 6; i++)
                others[i] = ~row[i];
            for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
                check(fields[i], row);
                check(fields[i], others);
            }
        }
}

static void numbers_next_to_zero_and_to_the_prime_have_inverses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        for (uint64_t by = 0; by < 100; by++) {
            uint64_t small[6] = {by}, large[6];
            memcpy(large, fields[i]->p, sizeof large);
            large[0] -= 1 + by % large[0];
            if (fields[i]->limbs == 4) {
                fp256 a;
                memcpy(a.limb, large, sizeof a.limb);
                check_4(fields[i], &a);
                memcpy(a.limb, small, sizeof a.limb);
                check_4(fields[i], &a);
            } else {
                fp384 a;
                memcpy(a.limb, large, sizeof a.limb);
                check_6(fields[i], &a);
                memcpy(a.limb, small, sizeof a.limb);
                check_6(fields[i], &a);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(product_with_the_inverse_is_one),
        cmocka_unit_test(numbers_with_long_rows_of_equal_bits_have_inverses),
        cmocka_unit_test(numbers_next_to_zero_and_to_the_prime_have_inverses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
