#include "crypto/bls12_encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"

/* p, big endian: the least number that is no element. */
static void put_p(uint8_t at[BLS12_FP_LEN])
{
    for (int i = 0; i < 6; i++)
        store_be64(at + 8 * i, BLS12_381_FP.p[5 - i]);
}

static void points_survive_both_forms(void **state)
{
    (void)state;
    for (uint64_t k = 1; k < 20; k++) {
        u256 factor = u256_from(k);
        uint8_t at[EIP2537_G2_LEN];
        g1 p;
        g2 q;
        g1_affine p_in, p_out;
        g2_affine q_in, q_out;
        g1_msm(&p, &BLS12_G1, &factor, 1);
        g2_msm(&q, &BLS12_G2, &factor, 1);
        g1_to_affine(&p_in, &p);
        g2_to_affine(&q_in, &q);
        g1_store_eip2537(at, &p_in);
        assert_true(g1_load_eip2537(&p_out, at));
        assert_memory_equal(&p_in, &p_out, sizeof p_in);
        g1_store_compressed(at, &p_in);
        assert_true(g1_load_compressed(&p_out, at));
        assert_memory_equal(&p_in, &p_out, sizeof p_in);
        g2_store_eip2537(at, &q_in);
        assert_true(g2_load_eip2537(&q_out, at));
        assert_memory_equal(&q_in, &q_out, sizeof q_in);
        g2_store_compressed(at, &q_in);
        assert_true(g2_load_compressed(&q_out, at));
        assert_memory_equal(&q_in, &q_out, sizeof q_in);
    }
}

static void generators_have_their_published_encoding(void **state)
{
    static const char g1_text[] =
        "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac58"
        "6c55e83ff97a1aeffb3af00adb22c6bb";
    static const char g2_text[] =
        "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049"
        "334cf11213945d57e5ac7d055d042b7e024aa2b2f08f0a91260805272dc51051"
        "c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8";
    uint8_t at[G2_COMPRESSED_LEN], want[G2_COMPRESSED_LEN];
    (void)state;
    g1_store_compressed(at, &BLS12_G1);
    assert_int_equal(hex_read_exact(want, 48, bytes_str(g1_text)), LOFT_OK);
    assert_memory_equal(at, want, 48);
    g2_store_compressed(at, &BLS12_G2);
    assert_int_equal(hex_read_exact(want, 96, bytes_str(g2_text)), LOFT_OK);
    assert_memory_equal(at, want, 96);
}

static void infinity_has_one_encoding_in_each_form(void **state)
{
    uint8_t at[EIP2537_G2_LEN] = {0};
    g1_affine p;
    g2_affine q;
    (void)state;
    assert_true(g1_load_eip2537(&p, at) && g1_affine_is_infinity(&p));
    assert_true(g2_load_eip2537(&q, at) && g2_affine_is_infinity(&q));
    for (unsigned flags = 0; flags < 8; flags++) {
        at[0] = (uint8_t)(flags << 5);
        assert_int_equal(g1_load_compressed(&p, at), flags == 6);
        assert_int_equal(g2_load_compressed(&q, at), flags == 6);
    }
    at[0] = 0xc0;
    for (size_t i = 0; i < G2_COMPRESSED_LEN; i++) {
        at[i] ^= 1;
        assert_false(g2_load_compressed(&q, at));
        assert_true(i >= G1_COMPRESSED_LEN || !g1_load_compressed(&p, at));
        at[i] ^= 1;
    }
}

static void numbers_from_the_modulus_on_are_refused(void **state)
{
    uint8_t at[EIP2537_G2_LEN] = {0};
    fp u;
    fp2 v;
    g1_affine p;
    g2_affine q;
    (void)state;
    put_p(at + 16);
    assert_false(fp_load_eip2537(&u, at));
    assert_false(fp2_load_eip2537(&v, at));
    for (size_t i = 0; i < 4; i++) {
        memset(at, 0, sizeof at);
        put_p(at + i * EIP2537_FP_LEN + 16);
        assert_true(i >= 2 || !g1_load_eip2537(&p, at));
        assert_true(i >= 2 || !fp2_load_eip2537(&v, at));
        assert_false(g2_load_eip2537(&q, at));
    }
    memset(at, 0, sizeof at);
    put_p(at);
    at[0] |= 0x80;
    assert_false(g1_load_compressed(&p, at));
    assert_false(g2_load_compressed(&q, at));
    g2_store_compressed(at, &BLS12_G2);
    put_p(at + BLS12_FP_LEN);
    assert_false(g2_load_compressed(&q, at));
}

static void each_of_the_leading_zeros_counts(void **state)
{
    uint8_t at[EIP2537_G1_LEN];
    g1_affine p;
    (void)state;
    g1_store_eip2537(at, &BLS12_G1);
    for (size_t i = 0; i < 16; i++) {
        at[i] = 1;
        assert_false(g1_load_eip2537(&p, at));
        at[i] = 0;
        at[EIP2537_FP_LEN + i] = 0x80;
        assert_false(g1_load_eip2537(&p, at));
        at[EIP2537_FP_LEN + i] = 0;
    }
    assert_true(g1_load_eip2537(&p, at));
}

static void points_off_the_curve_are_refused(void **state)
{
    uint8_t at[EIP2537_G2_LEN];
    g1_affine p;
    g2_affine q;
    (void)state;
    g1_store_eip2537(at, &BLS12_G1);
    at[EIP2537_G1_LEN - 1] ^= 1;
    assert_false(g1_load_eip2537(&p, at));
    g2_store_eip2537(at, &BLS12_G2);
    at[EIP2537_G2_LEN - 1] ^= 1;
    assert_false(g2_load_eip2537(&q, at));
    /* One coordinate zero is not infinity. */
    memset(at, 0, sizeof at);
    at[EIP2537_FP_LEN - 1] = 1;
    assert_false(g1_load_eip2537(&p, at));
}

/* (0, 2) is on the curve and of order 3. */
static void compressed_points_are_in_the_subgroup(void **state)
{
    uint8_t at[EIP2537_G1_LEN] = {0};
    g1_affine p;
    (void)state;
    at[EIP2537_G1_LEN - 1] = 2;
    assert_true(g1_load_eip2537(&p, at));
    assert_false(g1_in_subgroup(&p));
    uint8_t compressed[G1_COMPRESSED_LEN];
    g1_store_compressed(compressed, &p);
    assert_int_equal(compressed[0], 0x80);
    assert_false(g1_load_compressed(&p, compressed));
}

static void the_sign_flag_picks_the_root(void **state)
{
    uint8_t at[G2_COMPRESSED_LEN];
    g1_affine p, p_minus;
    g2_affine q, q_minus;
    (void)state;
    g1_store_compressed(at, &BLS12_G1);
    at[0] ^= 0x20;
    assert_true(g1_load_compressed(&p, at));
    g1_affine_neg(&p_minus, &BLS12_G1);
    assert_memory_equal(&p, &p_minus, sizeof p);
    g2_store_compressed(at, &BLS12_G2);
    at[0] ^= 0x20;
    assert_true(g2_load_compressed(&q, at));
    g2_affine_neg(&q_minus, &BLS12_G2);
    assert_memory_equal(&q, &q_minus, sizeof q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_survive_both_forms),
        cmocka_unit_test(generators_have_their_published_encoding),
        cmocka_unit_test(infinity_has_one_encoding_in_each_form),
        cmocka_unit_test(numbers_from_the_modulus_on_are_refused),
        cmocka_unit_test(each_of_the_leading_zeros_counts),
        cmocka_unit_test(points_off_the_curve_are_refused),
        cmocka_unit_test(compressed_points_are_in_the_subgroup),
        cmocka_unit_test(the_sign_flag_picks_the_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
