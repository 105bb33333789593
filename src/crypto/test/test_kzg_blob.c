#include "crypto/kzg_blob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"
#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"
#include "crypto/bls12_pairing.h"
#include "crypto/kzg_setup.h"
#include "crypto/test/blob_proofs.h"

struct proven {
    uint8_t blob[KZG_BLOB_LEN];
    uint8_t commitment[G1_COMPRESSED_LEN];
    uint8_t proof[G1_COMPRESSED_LEN];
    uint8_t cells[KZG_CELLS][G1_COMPRESSED_LEN];
};

static struct proven proven;

static void read_point(uint8_t *out, const char *text)
{
    assert_int_equal(hex_read_exact(out, G1_COMPRESSED_LEN, bytes_str(text)),
                     LOFT_OK);
}

static int make_proven(void **state)
{
    (void)state;
    memset(proven.blob, 0, sizeof proven.blob);
    for (uint64_t i = 0; i < KZG_BLOB_LEN / KZG_SCALAR_LEN; i++) {
        uint64_t n = i + 1; /* n^5 fits: n is at most 2^12 */
        store_be64(proven.blob + i * KZG_SCALAR_LEN + 24, n * n * n * n * n);
    }
    read_point(proven.commitment, BLOB_COMMITMENT);
    read_point(proven.proof, BLOB_PROOF);
    for (size_t k = 0; k < KZG_CELLS; k++)
        read_point(proven.cells[k], BLOB_CELL_PROOFS[k]);
    return 0;
}

static bool verify_blob(void)
{
    return kzg_verify_blob(proven.blob, proven.commitment, proven.proof);
}

static bool verify_cells(void)
{
    return kzg_verify_cells(proven.blob, proven.commitment,
                            (const uint8_t(*)[G1_COMPRESSED_LEN])proven.cells);
}

static void a_blob_is_proven_by_one_proof_and_by_a_proof_a_cell(void **state)
{
    (void)state;
    assert_true(verify_blob());
    assert_true(verify_cells());
}

/* Both checks fail with the byte changed, and hold again with it put back. */
static void assert_counts(uint8_t *byte)
{
    *byte ^= 1;
    assert_false(verify_blob());
    assert_false(verify_cells());
    *byte ^= 1;
}

static void another_blob_is_not_proven(void **state)
{
    (void)state;
    for (size_t i = 31; i < KZG_BLOB_LEN; i += 33333 / 32 * 32)
        assert_counts(&proven.blob[i]);
    assert_counts(&proven.blob[KZG_BLOB_LEN - 1]);
    assert_true(verify_blob() && verify_cells());
}

/* Points of the subgroup, so that the equation itself must tell. */
static void another_commitment_proves_nothing(void **state)
{
    (void)state;
    memcpy(proven.commitment, KZG_SETUP_G1[1], G1_COMPRESSED_LEN);
    assert_false(verify_blob());
    assert_false(verify_cells());
}

static void another_proof_proves_nothing(void **state)
{
    (void)state;
    memcpy(proven.proof, KZG_SETUP_G1[1], G1_COMPRESSED_LEN);
    assert_false(verify_blob());
}

static void every_cell_has_its_own_proof(void **state)
{
    (void)state;
    for (size_t k = 0; k < KZG_CELLS; k += 9) {
        uint8_t was[G1_COMPRESSED_LEN];
        memcpy(was, proven.cells[k], sizeof was);
        memcpy(proven.cells[k], KZG_SETUP_G1[1], sizeof was);
        assert_false(verify_cells());
        memcpy(proven.cells[k], proven.cells[k ^ 1], sizeof was);
        assert_false(verify_cells());
        memcpy(proven.cells[k], was, sizeof was);
    }
    assert_true(verify_cells());
}

static void what_is_malformed_is_refused(void **state)
{
    (void)state;
    memset(proven.blob, 0xff, KZG_SCALAR_LEN); /* above the order */
    assert_false(verify_blob());
    assert_false(verify_cells());
    make_proven(NULL);
    proven.commitment[0] &= 0x7f; /* not compressed */
    assert_false(verify_blob());
    assert_false(verify_cells());
    make_proven(NULL);
    proven.proof[0] &= 0x7f;
    proven.cells[KZG_CELLS - 1][0] &= 0x7f;
    assert_false(verify_blob());
    assert_false(verify_cells());
}

static void zeros_are_proven_by_infinity(void **state)
{
    (void)state;
    memset(&proven, 0, sizeof proven);
    proven.commitment[0] = proven.proof[0] = 0xc0;
    for (size_t k = 0; k < KZG_CELLS; k++)
        proven.cells[k][0] = 0xc0;
    assert_true(verify_blob());
    assert_true(verify_cells());
    proven.blob[KZG_BLOB_LEN - 1] = 1;
    assert_false(verify_blob());
    assert_false(verify_cells());
}

/* e(a, b) = e(c, d) */
static bool pairs_equal(const g1_affine *a, const g2_affine *b,
                        const g1_affine *c, const g2_affine *d)
{
    g1_affine left[2] = {*a};
    const g2_affine right[2] = {*b, *d};
    g1_affine_neg(&left[1], c);
    return bls12_pairing_is_one(left, right, 2);
}

static void each_power_of_the_setup_is_the_one_before_it_times_tau(void **state)
{
    (void)state;
    g1_affine before = BLS12_G1, power;
    g2_affine tau_64;
    assert_true(g1_load_compressed(&power, KZG_SETUP_G1[0]));
    assert_memory_equal(&power, &BLS12_G1, sizeof power);
    for (size_t i = 1; i < KZG_SETUP_G1_COUNT; i++, before = power) {
        assert_true(g1_load_compressed(&power, KZG_SETUP_G1[i]));
        assert_true(pairs_equal(&power, &BLS12_G2, &before, &BLS12_TAU_G2));
    }
    assert_true(g2_load_compressed(&tau_64, KZG_SETUP_TAU_64_G2));
    assert_true(pairs_equal(&BLS12_G1, &tau_64, &power, &BLS12_TAU_G2));
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup(test, make_proven)
    const struct CMUnitTest tests[] = {
        FRESH(a_blob_is_proven_by_one_proof_and_by_a_proof_a_cell),
        FRESH(another_blob_is_not_proven),
        FRESH(another_commitment_proves_nothing),
        FRESH(another_proof_proves_nothing),
        FRESH(every_cell_has_its_own_proof),
        FRESH(what_is_malformed_is_refused),
        FRESH(zeros_are_proven_by_infinity),
        cmocka_unit_test(
            each_power_of_the_setup_is_the_one_before_it_times_tau),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
