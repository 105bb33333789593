#include "base/memory.h"
#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"
#include "crypto/bls12_secret.h"

/* b = 4 (1 + u) */
static void times_3b(fp2 *out, const fp2 *a)
{
    fp2 twice;
    fp2_double(&twice, a);
    fp2_add(out, &twice, a);
    fp2_double(out, out);
    fp2_double(out, out);
    fp2_mul_xi(out, out);
}

#define F fp2
#define F_(name) fp2_##name
#define F_ZERO FP2_ZERO
#define F_ONE FP2_ONE
#define G_(name) g2_##name
#include "crypto/bls12_secret.inc"
