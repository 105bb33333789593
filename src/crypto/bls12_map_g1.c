#include "base/attributes.h"
#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"
#include "crypto/bls12_map.h"
#include "crypto/expand_message.h"

#define ELEMENT_LEN 64

static void load_element(fp *out, const uint8_t uniform[ELEMENT_LEN])
{
    fp_load_wide(out, uniform);
}

/* RFC 9380, F.2.1.2, for p = 3 mod 4: a root of a / v or (false) Z a / v. */
static bool sqrt_ratio(fp *out, const fp *a, const fp *v)
{
    fp product, root, other, check;
    fp_mul(&product, a, v);
    fp_sqr(&root, v);
    fp_mul(&root, &root, &product);
    fp_inverse_sqrt(&root, &root);
    fp_mul(&root, &root, &product);
    fp_mul(&other, &root, &BLS12_SSWU_G1_ROOT);
    fp_sqr(&check, &root);
    fp_mul(&check, &check, v);
    bool is_square = fp_equal(&check, a);
    fp_pick(&root, &other, !is_square);
    *out = root;
    return is_square;
}

#define F fp
#define F_(name) fp_##name
#define F_ONE FP_ONE
#define G g1
#define G_(name) g1_##name
#define SSWU_A BLS12_SSWU_G1_A
#define SSWU_B BLS12_SSWU_G1_B
#define SSWU_Z BLS12_SSWU_G1_Z
#define ISO_X BLS12_ISO_G1_X
#define ISO_Y BLS12_ISO_G1_Y
#define ISO_KERNEL BLS12_ISO_G1_KERNEL
#include "crypto/bls12_sswu.inc"
