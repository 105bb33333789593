#include "crypto/kzg_blob.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/vec.h"
#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"
#include "crypto/bls12_pairing.h"
#include "crypto/digest.h"
#include "crypto/kzg_setup.h"

#define SCALARS 4096
#define SCALARS_LOG 12
#define CELL_LEN 64 /* scalars of a cell */

typedef fp256 fr;
static const struct prime_field *const FR = &BLS12_381_FR;

/* The setup, decoded. */
struct setup {
    g1_affine powers[KZG_SETUP_G1_COUNT];
    struct bls12_lines g2, tau_64_g2;
};

/* The points are constants: that they are points a test knows. */
static struct setup *make_setup(void)
{
    struct setup *made = MEMORY_NEW(struct setup);
    g2_affine tau_64;
    bool ok = g2_load_compressed(&tau_64, KZG_SETUP_TAU_64_G2);
    for (size_t i = 0; i < KZG_SETUP_G1_COUNT; i++)
        ok &= g1_load_compressed(&made->powers[i], KZG_SETUP_G1[i]);
    ASSERT(ok);
    bls12_lines_make(&made->g2, &BLS12_G2);
    bls12_lines_make(&made->tau_64_g2, &tau_64);
    return made;
}

/* Made when it is first asked for; threads that ask at the same time each make
 * it, and all but one throw theirs away. */
static const struct setup *setup(void)
{
    static _Atomic(struct setup *) kept;
    struct setup *is = atomic_load(&kept);
    if (is)
        return is;
    struct setup *made = make_setup();
    if (atomic_compare_exchange_strong(&kept, &is, made))
        return made;
    free(made);
    return is;
}

/* A root of unity whose order is 2^log. */
static fr root_of_unity(unsigned log)
{
    fr root;
    memcpy(&root, FR->root_of_unity, sizeof root);
    for (unsigned i = log; i < FR->two_adicity; i++)
        fp256_square(FR, &root, &root);
    return root;
}

/* base^0, base^1, … */
static void powers_of(fr *out, const fr *base, size_t count)
{
    out[0] = fp256_one(FR);
    for (size_t i = 1; i < count; i++)
        fp256_mul(FR, &out[i], &out[i - 1], base);
}

/* From a polynomial's values at the powers of a root of unity, in the order of
 * their exponents' reversed bits, to SCALARS times its coefficients: the
 * decimated transform, whose first step is that order, by the inverse root. */
static void interpolate(fr *values, const fr *roots)
{
    for (size_t half = 1; half < SCALARS; half *= 2)
        for (size_t begin = 0; begin < SCALARS; begin += 2 * half)
            for (size_t i = 0; i < half; i++) {
                fr *low = &values[begin + i], *high = low + half, product;
                fp256_mul(FR, &product, high, &roots[SCALARS / 2 / half * i]);
                fp256_sub(FR, high, low, &product);
                fp256_add(FR, low, low, &product);
            }
}

static void scale(fr *values)
{
    fr count, inverse;
    fp256_from_u64(FR, &count, SCALARS);
    fp256_inverse(FR, &inverse, &count);
    for (size_t i = 0; i < SCALARS; i++)
        fp256_mul(FR, &values[i], &values[i], &inverse);
}

/* The coefficients of a blob's polynomial. */
static bool read_polynomial(fr out[SCALARS], const uint8_t *blob)
{
    fr root = root_of_unity(SCALARS_LOG);
    for (size_t i = 0; i < SCALARS; i++)
        if (!fp256_from_bytes(FR, &out[i], blob + i * KZG_SCALAR_LEN))
            return false;
    fr *roots = memory_alloc(SCALARS / 2 * sizeof *roots);
    fp256_inverse(FR, &root, &root);
    powers_of(roots, &root, SCALARS / 2);
    interpolate(out, roots);
    free(roots);
    scale(out);
    return true;
}

/* "hash_to_bls_field" */
static void scalar_of_hash(uint8_t out[KZG_SCALAR_LEN], bytes data)
{
    hash32 hash = sha256(data);
    u256_store_be(out, u256_mod(u256_load_be(hash.at), BLS12_ORDER));
}

/* "compute_challenge" */
static void challenge_of_blob(uint8_t out[KZG_SCALAR_LEN], const uint8_t *blob,
                              const uint8_t *commitment)
{
    static const uint8_t degree[16] = {[14] = SCALARS >> 8};
    struct buffer data = {0};
    buffer_put_bytes(&data, bytes_str("FSBLOBVERIFY_V1_"));
    buffer_put(&data, degree, sizeof degree);
    buffer_put(&data, blob, KZG_BLOB_LEN);
    buffer_put(&data, commitment, G1_COMPRESSED_LEN);
    scalar_of_hash(out, buffer_bytes(&data));
    buffer_free(&data);
}

static void evaluate(uint8_t out[KZG_SCALAR_LEN], const fr *coefficients,
                     const uint8_t at[KZG_SCALAR_LEN])
{
    fr x, sum = fp256_zero();
    (void)!fp256_from_bytes(FR, &x, at);
    for (size_t i = SCALARS; i-- > 0;) {
        fp256_mul(FR, &sum, &sum, &x);
        fp256_add(FR, &sum, &sum, &coefficients[i]);
    }
    fp256_to_bytes(FR, out, &sum);
}

bool kzg_verify_blob(const uint8_t blob[KZG_BLOB_LEN],
                     const uint8_t commitment[G1_COMPRESSED_LEN],
                     const uint8_t proof[G1_COMPRESSED_LEN])
{
    uint8_t z[KZG_SCALAR_LEN], y[KZG_SCALAR_LEN];
    fr *polynomial = memory_alloc(SCALARS * sizeof *polynomial);
    bool ok = read_polynomial(polynomial, blob);
    if (ok) {
        challenge_of_blob(z, blob, commitment);
        evaluate(y, polynomial, z);
    }
    free(polynomial);
    return ok && kzg_verify_proof(commitment, z, y, proof);
}

/* All cells of a blob at once. Cell k is the polynomial p's values where
 * X^64 = s_k, a 128th root of unity; there p is its remainder I_k modulo
 * X^64 - s_k, and the proof Q_k is the quotient:
 *
 *     p - I_k = Q_k * (X^64 - s_k)
 *
 * Times the powers r^k of a number that nobody chooses, and summed:
 *
 *     sum r^k (C - [I_k] + s_k Q_k) paired with G2
 *         = sum r^k Q_k paired with [tau^64] of G2
 *
 * With S_m = sum over k of r^k s_k^m, the sum of the remainders has at X^j
 * the coefficient sum over m of p_(j + 64 m) S_m. */
struct cells {
    fr polynomial[SCALARS];
    fr sums[SCALARS / CELL_LEN];                /* S_m */
    g1_affine points[KZG_CELLS + 1 + CELL_LEN]; /* Q_k, C, [tau^j] */
    u256 plain[KZG_CELLS];                      /* r^k */
    u256 shifted[KZG_CELLS + 1 + CELL_LEN];     /* r^k s_k, S_0, remainders */
};

static u256 to_scalar(const fr *a)
{
    u256 out;
    fp256_to_limbs(FR, out.limb, a);
    return out;
}

/* The bits of a number below KZG_CELLS, last one first. */
static size_t reversed(size_t k)
{
    size_t out = 0;
    for (size_t bit = 1; bit < KZG_CELLS; bit *= 2)
        out = 2 * out + ((k & bit) != 0);
    return out;
}

static void weigh_proofs(struct cells *cells, const fr *r)
{
    fr shifts[KZG_CELLS], root = root_of_unity(7), weight = fp256_one(FR);
    powers_of(shifts, &root, KZG_CELLS);
    memset(cells->sums, 0, sizeof cells->sums);
    for (size_t k = 0; k < KZG_CELLS; k++) {
        const fr *shift = &shifts[reversed(k)];
        fr term = weight;
        cells->plain[k] = to_scalar(&weight);
        for (size_t m = 0; m < ARRAY_LEN(cells->sums); m++) {
            fp256_add(FR, &cells->sums[m], &cells->sums[m], &term);
            fp256_mul(FR, &term, &term, shift);
            if (m == 0)
                cells->shifted[k] = to_scalar(&term);
        }
        fp256_mul(FR, &weight, &weight, r);
    }
}

/* The commitment's weight, and the remainders' with a minus. */
static void weigh_remainders(struct cells *cells)
{
    u256 *out = &cells->shifted[KZG_CELLS];
    out[0] = to_scalar(&cells->sums[0]);
    for (size_t j = 0; j < CELL_LEN; j++) {
        fr sum = fp256_zero(), term;
        for (size_t m = 0; m < ARRAY_LEN(cells->sums); m++) {
            fp256_mul(FR, &term, &cells->polynomial[j + CELL_LEN * m],
                      &cells->sums[m]);
            fp256_sub(FR, &sum, &sum, &term);
        }
        out[1 + j] = to_scalar(&sum);
    }
}

static bool read_points(struct cells *cells, const uint8_t *commitment,
                        const uint8_t (*proofs)[G1_COMPRESSED_LEN])
{
    for (size_t k = 0; k < KZG_CELLS; k++)
        if (!g1_load_compressed(&cells->points[k], proofs[k]))
            return false;
    memcpy(&cells->points[KZG_CELLS + 1], setup()->powers,
           sizeof setup()->powers);
    return g1_load_compressed(&cells->points[KZG_CELLS], commitment);
}

/* r, which all that is checked goes into. */
static void challenge_of_cells(fr *out, const uint8_t *blob,
                               const uint8_t *commitment,
                               const uint8_t (*proofs)[G1_COMPRESSED_LEN])
{
    struct buffer data = {0};
    uint8_t r[KZG_SCALAR_LEN];
    hash32 blob_hash = sha256(bytes_of(blob, KZG_BLOB_LEN));
    buffer_put_bytes(&data, bytes_hash(&blob_hash));
    buffer_put(&data, commitment, G1_COMPRESSED_LEN);
    buffer_put(&data, proofs, KZG_CELLS * G1_COMPRESSED_LEN);
    scalar_of_hash(r, buffer_bytes(&data));
    buffer_free(&data);
    (void)!fp256_from_bytes(FR, out, r);
}

static bool sums_pair(const struct cells *cells)
{
    const struct bls12_lines *right[2] = {&setup()->tau_64_g2, &setup()->g2};
    g1_affine left[2];
    g1 quotients, rest;
    g1_msm(&quotients, cells->points, cells->plain, KZG_CELLS);
    g1_msm(&rest, cells->points, cells->shifted, ARRAY_LEN(cells->points));
    g1_neg(&quotients, &quotients);
    g1_to_affine(&left[0], &quotients);
    g1_to_affine(&left[1], &rest);
    return bls12_pairing_is_one_by_lines(left, right, 2);
}

bool kzg_verify_cells(const uint8_t blob[KZG_BLOB_LEN],
                      const uint8_t commitment[G1_COMPRESSED_LEN],
                      const uint8_t proofs[KZG_CELLS][G1_COMPRESSED_LEN])
{
    struct cells *cells = MEMORY_NEW(struct cells);
    bool ok = read_polynomial(cells->polynomial, blob) &&
              read_points(cells, commitment, proofs);
    if (ok) {
        fr r;
        challenge_of_cells(&r, blob, commitment, proofs);
        weigh_proofs(cells, &r);
        weigh_remainders(cells);
        ok = sums_pair(cells);
    }
    free(cells);
    return ok;
}
