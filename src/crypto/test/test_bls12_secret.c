#include "crypto/bls12_secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"
#include "crypto/digest.h"

static void check_g1(u256 k, const g1_affine *point)
{
    secret32 secret;
    g1_affine is, want;
    g1 product;
    u256_store_be(secret.at, k);
    g1_mul_secret(&is, point, &secret);
    g1_msm(&product, point, &k, 1);
    g1_to_affine(&want, &product);
    assert_memory_equal(&is, &want, sizeof is);
}

static void check_g2(u256 k, const g2_affine *point)
{
    secret32 secret;
    g2_affine is, want;
    g2 product;
    u256_store_be(secret.at, k);
    g2_mul_secret(&is, point, &secret);
    g2_msm(&product, point, &k, 1);
    g2_to_affine(&want, &product);
    assert_memory_equal(&is, &want, sizeof is);
}

static void products_are_those_of_the_public_way(void **state)
{
    hash32 hash = {{0}};
    (void)state;
    for (int i = 0; i < 20; i++) {
        hash = sha256(bytes_hash(&hash));
        u256 k = u256_from_hash(&hash);
        check_g1(k, &BLS12_G1);
        check_g2(k, &BLS12_G2);
    }
}

static void no_scalar_and_no_point_is_an_exception(void **state)
{
    g1_affine infinite_p = {0};
    g2_affine infinite_q = {0};
    u256 scalars[] = {U256_ZERO,
                      u256_from(1),
                      u256_from(2),
                      BLS12_ORDER,
                      u256_sub_u64(BLS12_ORDER, 1),
                      u256_add_u64(BLS12_ORDER, 1),
                      u256_not(U256_ZERO)};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(scalars); i++) {
        check_g1(scalars[i], &BLS12_G1);
        check_g1(scalars[i], &infinite_p);
        check_g2(scalars[i], &BLS12_G2);
        check_g2(scalars[i], &infinite_q);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_those_of_the_public_way),
        cmocka_unit_test(no_scalar_and_no_point_is_an_exception),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
