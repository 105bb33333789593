#include "crypto/bls12_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "crypto/bls12_curve.h"
#include "crypto/bls12_encoding.h"
#include "tests/vectors.h"

static struct arena arena;

static bytes text_of(const struct json *object, const char *key)
{
    const char *text;
    assert_int_equal(json_get_text(&text, object, key), LOFT_OK);
    return bytes_str(text);
}

/* The `index`th number of "0x...,0x...". */
static void read_number(fp *out, bytes text, size_t index)
{
    size_t each = 2 + 2 * BLS12_FP_LEN, at = index * (each + 1);
    bytes value;
    assert_true(at + each <= text.len);
    assert_int_equal(hex_read(&arena, &value, bytes_of(text.at + at, each)),
                     LOFT_OK);
    assert_true(fp_load(out, value.at));
}

typedef void hash_to_g1(g1 *out, bytes message, bytes dst);
typedef void hash_to_g2(g2 *out, bytes message, bytes dst);

static void check_g1(const struct json *vector, hash_to_g1 *hash, bytes dst)
{
    const struct json *expected = json_get(vector, "P");
    g1 point;
    g1_affine is, want;
    hash(&point, text_of(vector, "msg"), dst);
    g1_to_affine(&is, &point);
    read_number(&want.x, text_of(expected, "x"), 0);
    read_number(&want.y, text_of(expected, "y"), 0);
    assert_memory_equal(&is, &want, sizeof is);
    assert_true(g1_in_subgroup(&is));
}

static void check_g2(const struct json *vector, hash_to_g2 *hash, bytes dst)
{
    const struct json *expected = json_get(vector, "P");
    g2 point;
    g2_affine is, want;
    hash(&point, text_of(vector, "msg"), dst);
    g2_to_affine(&is, &point);
    read_number(&want.x.c0, text_of(expected, "x"), 0);
    read_number(&want.x.c1, text_of(expected, "x"), 1);
    read_number(&want.y.c0, text_of(expected, "y"), 0);
    read_number(&want.y.c1, text_of(expected, "y"), 1);
    assert_memory_equal(&is, &want, sizeof is);
    assert_true(g2_in_subgroup(&is));
}

static void check_suite(const char *name, hash_to_g1 *to_g1, hash_to_g2 *to_g2)
{
    const char *dir = vectors_unpack("hash-to-curve.tar.xz");
    if (!dir)
        skip();
    const struct json *suite = vectors_json(
        &arena, arena_printf(&arena, "%s/hash-to-curve/poc/vectors/%s.json",
                             dir, name));
    const struct json *vectors = json_get(suite, "vectors");
    bytes dst = text_of(suite, "dst");
    assert_true(json_len(vectors) > 0);
    for (size_t i = 0; i < json_len(vectors); i++)
        if (to_g1)
            check_g1(json_at(vectors, i), to_g1, dst);
        else
            check_g2(json_at(vectors, i), to_g2, dst);
}

static void g1_suites_agree_with_rfc_9380(void **state)
{
    (void)state;
    check_suite("BLS12381G1_XMD:SHA-256_SSWU_RO_", g1_hash, NULL);
    check_suite("BLS12381G1_XMD:SHA-256_SSWU_NU_", g1_encode, NULL);
}

static void g2_suites_agree_with_rfc_9380(void **state)
{
    (void)state;
    check_suite("BLS12381G2_XMD:SHA-256_SSWU_RO_", NULL, g2_hash);
    check_suite("BLS12381G2_XMD:SHA-256_SSWU_NU_", NULL, g2_encode);
}

/* RFC 9380, 6.6.2: u = 0, and u with Z u^2 = -1 where there is one, make a
 * denominator vanish, for which the map has another. */
static void exceptional_numbers_map_into_the_subgroup(void **state)
{
    fp u = {{0}};
    fp2 v = {{{0}}, {{0}}};
    g1 p;
    g2 q;
    g1_affine p_affine;
    g2_affine q_affine;
    (void)state;
    g1_map(&p, &u);
    g1_to_affine(&p_affine, &p);
    assert_false(g1_affine_is_infinity(&p_affine));
    assert_true(g1_on_curve(&p_affine) && g1_in_subgroup(&p_affine));
    g2_map(&q, &v);
    g2_to_affine(&q_affine, &q);
    assert_false(g2_affine_is_infinity(&q_affine));
    assert_true(g2_on_curve(&q_affine) && g2_in_subgroup(&q_affine));
}

static void opposite_numbers_map_to_opposite_points(void **state)
{
    uint8_t wide[64];
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        fp u, minus;
        g1 a, b;
        memset(wide, (int)i + 1, sizeof wide);
        fp_load_wide(&u, wide);
        fp_neg(&minus, &u);
        g1_map(&a, &u);
        g1_map(&b, &minus);
        g1_neg(&b, &b);
        assert_true(g1_equal(&a, &b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(g1_suites_agree_with_rfc_9380),
        cmocka_unit_test(g2_suites_agree_with_rfc_9380),
        cmocka_unit_test(exceptional_numbers_map_into_the_subgroup),
        cmocka_unit_test(opposite_numbers_map_to_opposite_points),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return vectors_exit(failed);
}
