#include "crypto/p256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"
#include "base/u256.h"

enum part { DIGEST, R, S, X, Y, PARTS };

struct call {
    uint8_t part[PARTS][32];
};

/* RFC 6979, A.2.5: "sample" with SHA-256. */
static const char *const sample[PARTS] = {
    [DIGEST] =
        "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf",
    [R] = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
    [S] = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    [X] = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
    [Y] = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
};

static const char *const order =
    "0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
static const char *const field =
    "0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff";

static u256 number(const char *hex)
{
    u256 out;
    assert_int_equal(hex_read_u256(&out, bytes_str(hex)), LOFT_OK);
    return out;
}

static struct call good_call(void)
{
    struct call call;
    for (int i = 0; i < PARTS; i++)
        assert_int_equal(hex_read_exact(call.part[i], 32, bytes_str(sample[i])),
                         LOFT_OK);
    return call;
}

static bool verify(const struct call *call)
{
    return p256_verify(call->part[DIGEST], call->part[R], call->part[S],
                       call->part[X], call->part[Y]);
}

static bool verify_with(enum part which, u256 value)
{
    struct call call = good_call();
    u256_store_be(call.part[which], value);
    return verify(&call);
}

static void accepts_the_signature_of_rfc6979(void **state)
{
    (void)state;
    struct call call = good_call();
    assert_true(verify(&call));
}

static void accepts_the_high_s_too(void **state)
{
    (void)state;
    u256 s = u256_load_be(good_call().part[S]);
    assert_true(verify_with(S, u256_sub(number(order), s)));
}

static void refuses_a_flipped_bit_in_any_part(void **state)
{
    (void)state;
    for (int part = 0; part < PARTS; part++) {
        for (int bit = 0; bit < 256; bit += 17) {
            struct call call = good_call();
            call.part[part][bit / 8] ^= (uint8_t)(1 << (bit % 8));
            assert_false(verify(&call));
        }
    }
}

static void refuses_scalars_out_of_range(void **state)
{
    (void)state;
    for (enum part which = R; which <= S; which++) {
        assert_false(verify_with(which, U256_ZERO));
        assert_false(verify_with(which, number(order)));
        assert_false(verify_with(which, U256_MAX));
    }
}

static void refuses_infinity_and_points_off_the_curve(void **state)
{
    (void)state;
    struct call call = good_call();
    memset(call.part[X], 0, 32);
    memset(call.part[Y], 0, 32);
    assert_false(verify(&call));
    assert_false(verify_with(Y, U256_ONE));
    assert_false(verify_with(X, number(field)));
    assert_false(verify_with(Y, U256_MAX));
}

/* 5 + p is 5 modulo p, but not a coordinate. With x = 5 on the curve, a
 * verifier that reduces would take it. */
static void refuses_a_coordinate_that_is_not_reduced(void **state)
{
    (void)state;
    u256 y = u256_load_be(good_call().part[Y]);
    u256 wrapped;
    if (!u256_add_overflow(&wrapped, y, number(field)))
        assert_false(verify_with(Y, wrapped));
    assert_false(verify_with(X, u256_add(number(field), u256_from(5))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_the_signature_of_rfc6979),
        cmocka_unit_test(accepts_the_high_s_too),
        cmocka_unit_test(refuses_a_flipped_bit_in_any_part),
        cmocka_unit_test(refuses_scalars_out_of_range),
        cmocka_unit_test(refuses_infinity_and_points_off_the_curve),
        cmocka_unit_test(refuses_a_coordinate_that_is_not_reduced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
