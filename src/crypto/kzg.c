#include "crypto/kzg.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"
#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"
#include "crypto/bls12_pairing.h"

/* The two points of G2 that every proof is paired with. */
struct setup {
    struct bls12_lines g2, tau_g2;
};

/* Made when it is first asked for; threads that ask at the same time each make
 * it, and all but one throw theirs away. */
static const struct setup *setup(void)
{
    static _Atomic(struct setup *) kept;
    struct setup *is = atomic_load(&kept);
    if (is)
        return is;
    struct setup *made = MEMORY_NEW(struct setup);
    bls12_lines_make(&made->g2, &BLS12_G2);
    bls12_lines_make(&made->tau_g2, &BLS12_TAU_G2);
    if (atomic_compare_exchange_strong(&kept, &is, made))
        return made;
    free(made);
    return is;
}

static bool load_scalar(u256 *out, const uint8_t at[KZG_SCALAR_LEN])
{
    *out = u256_load_be(at);
    return u256_less(*out, BLS12_ORDER);
}

/* "Verify: P - y = Q * (X - z)", both sides paired: C - y G1 + z Q with G2
 * against Q with tau G2, which leaves the constants alone in G2. */
static bool quotient_fits(const g1_affine *commitment, u256 z, u256 y,
                          const g1_affine *proof)
{
    g1_affine points[2] = {*proof, BLS12_G1}, left[2];
    u256 scalars[2] = {z, u256_sub(BLS12_ORDER, y)};
    const struct bls12_lines *right[2] = {&setup()->g2, &setup()->tau_g2};
    g1 sum;
    g1_msm(&sum, points, scalars, 2);
    g1_add_affine(&sum, &sum, commitment);
    g1_to_affine(&left[0], &sum);
    g1_affine_neg(&left[1], proof);
    return bls12_pairing_is_one_by_lines(left, right, 2);
}

bool kzg_verify_proof(const uint8_t commitment[G1_COMPRESSED_LEN],
                      const uint8_t z[KZG_SCALAR_LEN],
                      const uint8_t y[KZG_SCALAR_LEN],
                      const uint8_t proof[G1_COMPRESSED_LEN])
{
    g1_affine c, q;
    u256 at, value;
    return load_scalar(&at, z) && load_scalar(&value, y) &&
           g1_load_compressed(&c, commitment) &&
           g1_load_compressed(&q, proof) && quotient_fits(&c, at, value, &q);
}
