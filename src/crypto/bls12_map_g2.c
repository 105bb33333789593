#include "base/attributes.h"
#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"
#include "crypto/bls12_map.h"
#include "crypto/expand_message.h"

#define ELEMENT_LEN 128

static void load_element(fp2 *out, const uint8_t uniform[ELEMENT_LEN])
{
    fp_load_wide(&out->c0, uniform);
    fp_load_wide(&out->c1, uniform + ELEMENT_LEN / 2);
}

static bool sqrt_ratio(fp2 *out, const fp2 *a, const fp2 *v)
{
    return fp2_sqrt_ratio(out, a, v, &BLS12_SSWU_G2_Z, &BLS12_SSWU_G2_ROOT);
}

#define F fp2
#define F_(name) fp2_##name
#define F_ONE FP2_ONE
#define G g2
#define G_(name) g2_##name
#define SSWU_A BLS12_SSWU_G2_A
#define SSWU_B BLS12_SSWU_G2_B
#define SSWU_Z BLS12_SSWU_G2_Z
#define ISO_X BLS12_ISO_G2_X
#define ISO_Y BLS12_ISO_G2_Y
#define ISO_KERNEL BLS12_ISO_G2_KERNEL
#include "crypto/bls12_sswu.inc"
