#include "crypto/bn254_curve.h"

#define FE fp256
#define FE_(name) fp256_##name
#define FIELD (&BN254_FQ)
#define AFFINE bn254_g1
#define POINT bn254_g1_jacobian
#include "crypto/jacobian.h"

bool bn254_g1_on_curve(const bn254_g1 *p)
{
    fp256 left, right;
    if (p->infinite)
        return true;
    fp256_square(FIELD, &left, &p->y);
    fp256_square(FIELD, &right, &p->x);
    fp256_mul(FIELD, &right, &right, &p->x);
    fp256_add(FIELD, &right, &right, &BN254_B);
    return fp256_equal(&left, &right);
}

/* The slope of the line through a and b, not opposites: of the chord, or of
 * the tangent where they are equal. */
static void slope_of(fp256 *slope, const bn254_g1 *a, const bn254_g1 *b)
{
    fp256 run, rise;
    fp256_sub(FIELD, &run, &b->x, &a->x);
    fp256_sub(FIELD, &rise, &b->y, &a->y);
    if (fp256_is_zero(&run)) {
        fp256_double(FIELD, &run, &a->y);
        fp256_square(FIELD, slope, &a->x);
        fp256_double(FIELD, &rise, slope);
        fp256_add(FIELD, &rise, &rise, slope);
    }
    fp256_inverse(FIELD, &run, &run);
    fp256_mul(FIELD, slope, &rise, &run);
}

static bool opposite(const bn254_g1 *a, const bn254_g1 *b)
{
    fp256 sum;
    fp256_add(FIELD, &sum, &a->y, &b->y);
    return fp256_equal(&a->x, &b->x) && fp256_is_zero(&sum);
}

void bn254_g1_add_vartime(bn254_g1 *out, const bn254_g1 *a, const bn254_g1 *b)
{
    if (a->infinite || b->infinite) {
        *out = a->infinite ? *b : *a;
        return;
    }
    if (opposite(a, b)) {
        *out = (bn254_g1){.infinite = true};
        return;
    }
    fp256 slope;
    bn254_g1 sum = {.infinite = false};
    slope_of(&slope, a, b);
    fp256_square(FIELD, &sum.x, &slope);
    fp256_sub(FIELD, &sum.x, &sum.x, &a->x);
    fp256_sub(FIELD, &sum.x, &sum.x, &b->x);
    fp256_sub(FIELD, &sum.y, &a->x, &sum.x);
    fp256_mul(FIELD, &sum.y, &sum.y, &slope);
    fp256_sub(FIELD, &sum.y, &sum.y, &a->y);
    *out = sum;
}

/* a b / 2^256 */
static u256 high_product(u256 a, u256 b)
{
    fp256 left, right;
    fp256_wide wide;
    u256 out;
    memcpy(&left, a.limb, sizeof left);
    memcpy(&right, b.limb, sizeof right);
    fp256_mul_wide(&wide, &left, &right);
    memcpy(out.limb, wide.limb + 4, sizeof out.limb);
    return out;
}

/* scalar = half[0] + half[1] lambda, as signed numbers. */
static void split(u256 half[2], u256 scalar)
{
    const struct bn254_glv *glv = &BN254_GLV;
    half[0] = scalar;
    half[1] = U256_ZERO;
    for (int i = 0; i < 2; i++) {
        u256 times = high_product(scalar, glv->estimate[i]);
        half[0] = u256_sub(half[0], u256_mul(times, glv->first[i]));
        half[1] = u256_sub(half[1], u256_mul(times, glv->second[i]));
    }
}

/* One scalar's digits and what they count. */
struct term {
    int8_t digits[POINT_DIGITS_MAX];
    unsigned count;
    POINT table[POINT_TABLE];
};

static void term_init(struct term *term, const POINT *p, u256 scalar)
{
    POINT base = *p;
    if (u256_is_negative(scalar)) {
        point_neg(&base, &base);
        scalar = u256_negate(scalar);
    }
    term->count = point_recode(term->digits, scalar);
    point_multiples(term->table, &base);
}

/* (x, y) -> (beta x, y) */
static void endomorphism(POINT *out, const POINT *p)
{
    *out = *p;
    fp256_mul(FIELD, &out->x, &out->x, &BN254_GLV.beta);
}

void bn254_g1_mul_vartime(bn254_g1 *out, const bn254_g1 *p, u256 scalar)
{
    u256 order, half[2];
    struct term term[2];
    memcpy(order.limb, BN254_FR.p, sizeof order.limb);
    split(half, u256_mod(scalar, order));
    POINT base = point_from_affine(p), acc = point_infinity();
    term_init(&term[0], &base, half[0]);
    endomorphism(&base, &base);
    term_init(&term[1], &base, half[1]);
    for (unsigned i = POINT_DIGITS_MAX; i-- > 0;) {
        if (i >= term[0].count && i >= term[1].count)
            continue;
        point_double(&acc, &acc);
        for (int j = 0; j < 2; j++)
            if (i < term[j].count)
                point_add_digit(&acc, term[j].table, term[j].digits[i]);
    }
    *out = point_to_affine(&acc);
}
