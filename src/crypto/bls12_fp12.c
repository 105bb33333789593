#include "crypto/bls12_fp12.h"

#include "crypto/bls12_constants.h"

static fp2 fp2_one(void)
{
    return FP2_ONE;
}

#define E2 fp2
#define E2_(name) fp2_##name
#define E6 fp6
#define E12 fp12
#define E12_(name) fp12_##name
#include "crypto/tower.inc"

/* Times b1 v. */
static void fp6_mul_1(fp6 *out, const fp6 *a, const fp2 *b1)
{
    fp2 top;
    fp2_mul(&top, &a->c2, b1);
    fp2_mul(&out->c2, &a->c1, b1);
    fp2_mul(&out->c1, &a->c0, b1);
    fp2_mul_xi(&out->c0, &top);
}

void fp12_mul_line(fp12 *out, const fp12 *a, const fp2 line[3])
{
    fp6 p0, p1, sum;
    fp2 both;
    e6_mul_01(&p0, &a->c0, &line[0], &line[1]);
    fp6_mul_1(&p1, &a->c1, &line[2]);
    e6_add(&sum, &a->c0, &a->c1);
    fp2_add(&both, &line[1], &line[2]);
    e6_mul_01(&out->c1, &sum, &line[0], &both);
    e12_combine(out, &p0, &p1);
}

void fp12_frobenius(fp12 *out, const fp12 *a)
{
    e12_frobenius(out, a, BLS12_FROBENIUS, true);
}

void fp12_frobenius_2(fp12 *out, const fp12 *a)
{
    for (int i = 0; i < 6; i++)
        fp2_mul_fp(coefficient_of(out, i), coefficient(a, i),
                   &BLS12_FROBENIUS_2[i]);
}
