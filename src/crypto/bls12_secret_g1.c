#include "base/memory.h"
#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"
#include "crypto/bls12_secret.h"

/* b = 4 */
static void times_3b(fp *out, const fp *a)
{
    fp twice;
    fp_double(&twice, a);
    fp_add(out, &twice, a);
    fp_double(out, out);
    fp_double(out, out);
}

#define F fp
#define F_(name) fp_##name
#define F_ZERO FP_ZERO
#define F_ONE FP_ONE
#define G_(name) g1_##name
#include "crypto/bls12_secret.inc"
