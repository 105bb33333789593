/* Lines are taken through the points of the twist and then mapped: with
 * (x, y) -> (x / w^2, y / w^3) the line of slope m through (x, y), at (xP,
 * yP) and times w^3, is (m x - y) - m xP w^2 + yP w^3. Factors from fp2
 * vanish in the final exponentiation, so every line is multiplied by its
 * slope's denominator: c0 + c1 v + c4 v w. */
#include "crypto/bls12_pairing.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"
#include "crypto/bls12_fp12.h"

/* A pair on its way: T = (x / z, y / z), some multiple of q; or q's lines, of
 * which so many are used. */
struct pair {
    g1_affine p;
    g2_affine q;
    fp2 x, y, z;
    const struct bls12_lines *lines;
    unsigned used;
};

static void at_point(fp2 line[3], const g1_affine *p)
{
    fp2_mul_fp(&line[1], &line[1], &p->x);
    fp2_mul_fp(&line[2], &line[2], &p->y);
}

static void triple(fp2 *out, const fp2 *a)
{
    fp2 twice;
    fp2_double(&twice, a);
    fp2_add(out, &twice, a);
}

/* T = 2 T, and the tangent: y^2 - 3 b z^2, -3 x^2 xP, 2 y z yP. */
static void double_step(fp2 line[3], struct pair *t)
{
    fp2 a, b, c, e, f, h;
    fp2_mul(&a, &t->x, &t->y);
    fp2_half(&a, &a);
    fp2_sqr(&b, &t->y);
    fp2_sqr(&c, &t->z);
    fp2_add(&h, &t->y, &t->z);
    fp2_sqr(&h, &h);
    fp2_sub(&h, &h, &b);
    fp2_sub(&h, &h, &c);
    triple(&e, &c); /* 3 b z^2, b = 4 (1 + u) */
    fp2_double(&e, &e);
    fp2_double(&e, &e);
    fp2_mul_xi(&e, &e);
    fp2_sqr(&c, &t->x);
    triple(&c, &c);
    fp2_sub(&line[0], &b, &e);
    fp2_neg(&line[1], &c);
    line[2] = h;

    triple(&f, &e);
    fp2_sub(&c, &b, &f);
    fp2_mul(&t->x, &a, &c);
    fp2_mul(&t->z, &b, &h);
    fp2_add(&b, &b, &f);
    fp2_half(&b, &b);
    fp2_sqr(&b, &b);
    fp2_sqr(&e, &e);
    triple(&e, &e);
    fp2_sub(&t->y, &b, &e);
}

/* T = T + q, and the chord: with theta = y - yq z and lambda = x - xq z,
 * theta xq - lambda yq, -theta xP, lambda yP. */
static void add_step(fp2 line[3], struct pair *t)
{
    fp2 theta, lambda, c, d, e, f, g;
    fp2_mul(&theta, &t->q.y, &t->z);
    fp2_sub(&theta, &t->y, &theta);
    fp2_mul(&lambda, &t->q.x, &t->z);
    fp2_sub(&lambda, &t->x, &lambda);
    fp2_mul(&line[0], &theta, &t->q.x);
    fp2_mul(&c, &lambda, &t->q.y);
    fp2_sub(&line[0], &line[0], &c);
    fp2_neg(&line[1], &theta);
    line[2] = lambda;

    fp2_sqr(&c, &theta);
    fp2_sqr(&d, &lambda);
    fp2_mul(&e, &lambda, &d);
    fp2_mul(&f, &t->z, &c);
    fp2_mul(&g, &t->x, &d);
    fp2_add(&f, &f, &e);
    fp2_sub(&f, &f, &g);
    fp2_sub(&f, &f, &g);
    fp2_mul(&t->x, &lambda, &f);
    fp2_sub(&g, &g, &f);
    fp2_mul(&g, &g, &theta);
    fp2_mul(&c, &e, &t->y);
    fp2_sub(&t->y, &g, &c);
    fp2_mul(&t->z, &t->z, &e);
}

static struct pair start(const g2_affine *q)
{
    return (struct pair){.q = *q, .x = q->x, .y = q->y, .z = FP2_ONE};
}

/* The pairs without infinity, each with T = q. */
static size_t start_pairs(struct pair *pairs, const g1_affine *p,
                          const g2_affine *q, size_t count)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (!g1_affine_is_infinity(&p[i]) && !g2_affine_is_infinity(&q[i])) {
            pairs[used] = start(&q[i]);
            pairs[used++].p = p[i];
        }
    return used;
}

typedef void step(fp2 line[3], struct pair *t);

static void multiply_lines(fp12 *f, struct pair *pairs, size_t count,
                           step *take)
{
    fp2 line[3];
    for (size_t i = 0; i < count; i++) {
        struct pair *pair = &pairs[i];
        if (pair->lines)
            memcpy(line, pair->lines->at[pair->used++], sizeof line);
        else
            take(line, pair);
        at_point(line, &pair->p);
        fp12_mul_line(f, f, line);
    }
}

void bls12_lines_make(struct bls12_lines *out, const g2_affine *q)
{
    struct pair pair = start(q);
    unsigned made = 0;
    for (int i = 62; i >= 0; i--) {
        double_step(out->at[made++], &pair);
        if (BLS12_X >> i & 1)
            add_step(out->at[made++], &pair);
    }
    ASSERT(made == BLS12_LINES);
}

/* All pairs share the squarings. The parameter is negative: conjugated. */
static void miller_loop(fp12 *f, struct pair *pairs, size_t count)
{
    *f = fp12_one();
    for (int i = 62; i >= 0; i--) {
        if (i < 62)
            fp12_sqr(f, f);
        multiply_lines(f, pairs, count, double_step);
        if (BLS12_X >> i & 1)
            multiply_lines(f, pairs, count, add_step);
    }
    fp12_conjugate(f, f);
}

/* a^x in the cyclotomic subgroup, where conjugates are inverses. */
static void power_x(fp12 *out, const fp12 *a)
{
    fp12 result = *a;
    for (int i = 62; i >= 0; i--) {
        fp12_cyclotomic_sqr(&result, &result);
        if (BLS12_X >> i & 1)
            fp12_mul(&result, &result, a);
    }
    fp12_conjugate(out, &result);
}

/* a^(x - 1) */
static void power_x_less_1(fp12 *out, const fp12 *a)
{
    fp12 power, inverse;
    power_x(&power, a);
    fp12_conjugate(&inverse, a);
    fp12_mul(out, &power, &inverse);
}

/* To the power (p^6 - 1) (p^2 + 1): into the cyclotomic subgroup. */
static void easy_part(fp12 *out, const fp12 *f)
{
    fp12 inverse, power;
    fp12_inverse(&inverse, f);
    fp12_conjugate(&power, f);
    fp12_mul(&power, &power, &inverse);
    fp12_frobenius_2(&inverse, &power);
    fp12_mul(out, &inverse, &power);
}

/* To the power (x - 1)^2 (x + p) (x^2 + p^2 - 1) + 3, three times (p^4 - p^2
 * + 1) / r: the result is one exactly where the pairing is, 3 being prime to
 * r. */
static void hard_part(fp12 *out, const fp12 *f)
{
    fp12 a, b, c;
    power_x_less_1(&a, f);
    power_x_less_1(&a, &a);
    power_x(&b, &a);
    fp12_frobenius(&a, &a);
    fp12_mul(&a, &a, &b); /* f^((x - 1)^2 (x + p)) */
    power_x(&b, &a);
    power_x(&b, &b);
    fp12_frobenius_2(&c, &a);
    fp12_mul(&b, &b, &c);
    fp12_conjugate(&a, &a);
    fp12_mul(&b, &b, &a);
    fp12_cyclotomic_sqr(&c, f);
    fp12_mul(&c, &c, f);
    fp12_mul(out, &b, &c);
}

static bool is_one(struct pair *pairs, size_t count)
{
    fp12 f;
    miller_loop(&f, pairs, count);
    easy_part(&f, &f);
    hard_part(&f, &f);
    return fp12_is_one(&f);
}

bool bls12_pairing_is_one(const g1_affine *p, const g2_affine *q, size_t count)
{
    struct pair *pairs = memory_alloc((count + 1) * sizeof *pairs);
    bool one = is_one(pairs, start_pairs(pairs, p, q, count));
    free(pairs);
    return one;
}

bool bls12_pairing_is_one_by_lines(const g1_affine *p,
                                   const struct bls12_lines *const *q,
                                   size_t count)
{
    struct pair *pairs = memory_alloc((count + 1) * sizeof *pairs);
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (!g1_affine_is_infinity(&p[i]))
            pairs[used++] = (struct pair){.p = p[i], .lines = q[i]};
    bool one = is_one(pairs, used);
    free(pairs);
    return one;
}
