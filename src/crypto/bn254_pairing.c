/* The optimal ate pairing. The Miller loop runs over the digits of 6 x + 2
 * with the squarings shared by all pairs; T wanders on the twist in
 * homogeneous coordinates (x / z, y / z) and each step yields the line it
 * draws, as the coefficients at 1, w and w^3 that mul_013 takes.
 *
 * Formulas: Costello, Lange, Naehrig 2010 with Aranha et al. 2011; the final
 * exponent: Fuentes-Castaneda, Knapp, Rodriguez-Henriquez 2011. */
#include "base/assert.h"
#include "crypto/bn254_curve.h"

#define FQ (&BN254_FQ)

struct wanderer {
    fp256x2 x, y, z;
};

struct line {
    fp256x2 c0, c1, c3; /* to be scaled: c0 by y and c1 by x of P */
};

/* t = 2 t and the tangent:
 *     a = x y / 2, b = y^2, e = 3 b' z^2, h = 2 y z
 *     x = a (b - 3 e), y = ((b + 3 e) / 2)^2 - 3 e^2, z = b h
 *     line -h, 3 x^2, e - b */
static void double_step(struct line *line, struct wanderer *t)
{
    fp256x2 a, b, c, e, f, h;
    fp256x2_mul(FQ, &a, &t->x, &t->y);
    fp256x2_halve(FQ, &a, &a);
    fp256x2_square(FQ, &b, &t->y);
    fp256x2_square(FQ, &c, &t->z);
    fp256x2_double(FQ, &e, &c);
    fp256x2_add(FQ, &e, &e, &c);
    fp256x2_mul(FQ, &e, &e, &BN254_TWIST_B);
    fp256x2_add(FQ, &h, &t->y, &t->z);
    fp256x2_square(FQ, &h, &h);
    fp256x2_sub(FQ, &h, &h, &b);
    fp256x2_sub(FQ, &h, &h, &c);
    fp256x2_neg(FQ, &line->c0, &h);
    fp256x2_square(FQ, &c, &t->x);
    fp256x2_double(FQ, &line->c1, &c);
    fp256x2_add(FQ, &line->c1, &line->c1, &c);
    fp256x2_sub(FQ, &line->c3, &e, &b);

    fp256x2_double(FQ, &f, &e);
    fp256x2_add(FQ, &f, &f, &e);
    fp256x2_sub(FQ, &c, &b, &f);
    fp256x2_mul(FQ, &t->x, &a, &c);
    fp256x2_mul(FQ, &t->z, &b, &h);
    fp256x2_add(FQ, &f, &b, &f);
    fp256x2_halve(FQ, &f, &f);
    fp256x2_square(FQ, &f, &f);
    fp256x2_square(FQ, &e, &e);
    fp256x2_sub(FQ, &f, &f, &e);
    fp256x2_double(FQ, &e, &e);
    fp256x2_sub(FQ, &t->y, &f, &e);
}

/* t = t + q and the chord, for t and q with different x:
 *     theta = y - qy z, lambda = x - qx z
 *     e = lambda^3, f = z theta^2, g = x lambda^2, h = e + f - 2 g
 *     x = lambda h, y = theta (g - h) - e y, z = z e
 *     line lambda, -theta, theta qx - lambda qy */
static void add_step(struct line *line, struct wanderer *t, const fp256x2 *qx,
                     const fp256x2 *qy)
{
    fp256x2 theta, lambda, e, f, g, h;
    fp256x2_mul(FQ, &theta, qy, &t->z);
    fp256x2_sub(FQ, &theta, &t->y, &theta);
    fp256x2_mul(FQ, &lambda, qx, &t->z);
    fp256x2_sub(FQ, &lambda, &t->x, &lambda);
    line->c0 = lambda;
    fp256x2_neg(FQ, &line->c1, &theta);
    fp256x2_mul(FQ, &line->c3, &theta, qx);
    fp256x2_mul(FQ, &e, &lambda, qy);
    fp256x2_sub(FQ, &line->c3, &line->c3, &e);

    fp256x2_square(FQ, &f, &theta);
    fp256x2_mul(FQ, &f, &f, &t->z);
    fp256x2_square(FQ, &g, &lambda);
    fp256x2_mul(FQ, &e, &g, &lambda);
    fp256x2_mul(FQ, &g, &g, &t->x);
    fp256x2_add(FQ, &h, &e, &f);
    fp256x2_sub(FQ, &h, &h, &g);
    fp256x2_sub(FQ, &h, &h, &g);
    fp256x2_mul(FQ, &t->x, &lambda, &h);
    fp256x2_mul(FQ, &f, &e, &t->y);
    fp256x2_sub(FQ, &g, &g, &h);
    fp256x2_mul(FQ, &t->y, &theta, &g);
    fp256x2_sub(FQ, &t->y, &t->y, &f);
    fp256x2_mul(FQ, &t->z, &t->z, &e);
}

static void multiply_by_line(fq12 *f, const struct line *line,
                             const bn254_g1 *p)
{
    fp256x2 c0, c1;
    fp256x2_scale(FQ, &c0, &line->c0, &p->y);
    fp256x2_scale(FQ, &c1, &line->c1, &p->x);
    fq12_mul_013(f, f, &c0, &c1, &line->c3);
}

/* One pair of points, and where its T is. */
struct pair {
    const bn254_g1 *p;
    const bn254_g2 *q;
    struct wanderer t;
};

static void double_all(fq12 *f, struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct line line;
        double_step(&line, &pairs[i].t);
        multiply_by_line(f, &line, pairs[i].p);
    }
}

static void add_to(fq12 *f, struct pair *pair, const fp256x2 *x,
                   const fp256x2 *y)
{
    struct line line;
    add_step(&line, &pair->t, x, y);
    multiply_by_line(f, &line, pair->p);
}

static void add_all(fq12 *f, struct pair *pairs, size_t count, int digit)
{
    for (size_t i = 0; i < count; i++) {
        fp256x2 y = pairs[i].q->y;
        if (digit < 0)
            fp256x2_neg(FQ, &y, &y);
        add_to(f, &pairs[i], &pairs[i].q->x, &y);
    }
}

/* The lines to pi(Q) and from there to -pi^2(Q). */
static void add_frobenius(fq12 *f, struct pair *pair)
{
    const fp256x2(*power)[6] = BN254_FROBENIUS;
    fp256x2 x, y;
    fp256x2_conjugate(FQ, &x, &pair->q->x);
    fp256x2_mul(FQ, &x, &x, &power[0][2]);
    fp256x2_conjugate(FQ, &y, &pair->q->y);
    fp256x2_mul(FQ, &y, &y, &power[0][3]);
    add_to(f, pair, &x, &y);
    fp256x2_mul(FQ, &x, &pair->q->x, &power[1][2]);
    fp256x2_mul(FQ, &y, &pair->q->y, &power[1][3]);
    fp256x2_neg(FQ, &y, &y);
    add_to(f, pair, &x, &y);
}

/* A pair with infinity in it counts as one. */
static size_t start(struct pair *pairs, const bn254_g1 *p, const bn254_g2 *q,
                    size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!p[i].infinite && !q[i].infinite)
            pairs[kept++] = (struct pair){
                &p[i], &q[i], {q[i].x, q[i].y, fp256x2_one(FQ)}};
    return kept;
}

void bn254_miller_vartime(fq12 *out, const bn254_g1 *p, const bn254_g2 *q,
                          size_t count)
{
    struct pair pairs[BN254_MILLER_PAIRS_MAX];
    ASSERT(count <= BN254_MILLER_PAIRS_MAX);
    count = start(pairs, p, q, count);
    fq12 f = fq12_one();
    for (size_t i = ARRAY_LEN(BN254_LOOP) - 1; i-- > 0;) {
        fq12_sqr(&f, &f);
        double_all(&f, pairs, count);
        if (BN254_LOOP[i])
            add_all(&f, pairs, count, BN254_LOOP[i]);
    }
    for (size_t i = 0; i < count; i++)
        add_frobenius(&f, &pairs[i]);
    *out = f;
}

/* f ^ -x, for f in the cyclotomic subgroup, where conjugates are inverses. */
static void power_minus_x(fq12 *out, const fq12 *f)
{
    fq12 table[4], acc = fq12_one(), factor; /* f, f^3, ... */
    table[0] = *f;
    fq12_cyclotomic_sqr(&factor, f);
    for (size_t i = 1; i < ARRAY_LEN(table); i++)
        fq12_mul(&table[i], &table[i - 1], &factor);
    for (size_t i = ARRAY_LEN(BN254_X); i-- > 0;) {
        int digit = BN254_X[i];
        fq12_cyclotomic_sqr(&acc, &acc);
        if (digit == 0)
            continue;
        factor = table[(digit < 0 ? -digit : digit) / 2];
        if (digit < 0)
            fq12_conjugate(&factor, &factor);
        fq12_mul(&acc, &acc, &factor);
    }
    fq12_conjugate(out, &acc);
}

/* With m = f^-x: y1 = m^2, y3 = y1^3, y4 = y3^-x, y6 = (y4^2)^-x, and from
 * inverses of y3 and y6
 *     y8 = y6 y4 y3, y9 = y8 y1
 *     out = y9^q  (y8 y4 f)  y8^(q^2)  (y9 / f)^(q^3)
 * tools/make_bn254.py checks the exponent. */
void bn254_final_exponentiation(fq12 *out, const fq12 *in)
{
    fq12 f, y1, y3, y4, y6, y8, y9;
    fq12_to_cyclotomic(&f, in);
    power_minus_x(&y1, &f);
    fq12_cyclotomic_sqr(&y1, &y1);
    fq12_cyclotomic_sqr(&y3, &y1);
    fq12_mul(&y3, &y3, &y1);
    power_minus_x(&y4, &y3);
    fq12_cyclotomic_sqr(&y6, &y4);
    power_minus_x(&y6, &y6);
    fq12_conjugate(&y3, &y3);
    fq12_conjugate(&y6, &y6);
    fq12_mul(&y8, &y6, &y4);
    fq12_mul(&y8, &y8, &y3);
    fq12_mul(&y9, &y8, &y1);
    fq12_mul(&y4, &y8, &y4);
    fq12_mul(&y4, &y4, &f);
    fq12_frobenius(&y1, &y9, 1);
    fq12_mul(&y4, &y4, &y1);
    fq12_frobenius(&y8, &y8, 2);
    fq12_mul(&y4, &y4, &y8);
    fq12_conjugate(&f, &f);
    fq12_mul(&y9, &y9, &f);
    fq12_frobenius(&y9, &y9, 3);
    fq12_mul(out, &y4, &y9);
}
