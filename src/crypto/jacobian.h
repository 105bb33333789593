/* Points of y^2 = x^3 + b in Jacobian coordinates, one at a time, for a file
 * that says over what field before it includes this one:
 *
 *     #define FE fp256              the field's elements
 *     #define FE_(name) fp256_##name
 *     #define FIELD (&BN254_FQ)
 *     #define AFFINE bn254_g1       x, y and infinite
 *     #define POINT bn254_g1_jacobian
 *
 * Source   Bernstein and Lange's Explicit-Formulas Database: dbl-2009-l,
 *          add-2007-bl, madd-2007-bl.
 * Trust    times depend on the points.
 *
 * bls12_curve.inc is for sums over many points: its tables are of affine
 * points, made with one inversion for all, and infinity is told by (0, 0).
 * Multiplying a single point, as BN254's precompiles do, needs no inversion
 * for its table here.
 */
#ifdef POINT

static inline bool point_is_infinite(const POINT *p)
{
    return FE_(is_zero)(&p->z);
}

static inline POINT point_infinity(void)
{
    return (POINT){FE_(one)(FIELD), FE_(one)(FIELD), FE_(zero)()};
}

static inline POINT point_from_affine(const AFFINE *p)
{
    if (p->infinite)
        return point_infinity();
    return (POINT){p->x, p->y, FE_(one)(FIELD)};
}

static inline AFFINE point_to_affine(const POINT *p)
{
    AFFINE out = {.infinite = point_is_infinite(p)};
    FE inverse, square;
    FE_(inverse)(FIELD, &inverse, &p->z);
    FE_(square)(FIELD, &square, &inverse);
    FE_(mul)(FIELD, &out.x, &p->x, &square);
    FE_(mul)(FIELD, &square, &square, &inverse);
    FE_(mul)(FIELD, &out.y, &p->y, &square);
    return out;
}

static inline void point_neg(POINT *out, const POINT *p)
{
    *out = *p;
    FE_(neg)(FIELD, &out->y, &p->y);
}

static inline void point_double(POINT *out, const POINT *p)
{
    FE a, b, c, d, e;
    FE_(square)(FIELD, &a, &p->x);
    FE_(square)(FIELD, &b, &p->y);
    FE_(square)(FIELD, &c, &b);
    FE_(add)(FIELD, &d, &p->x, &b); /* d = 2 ((x + b)^2 - a - c) */
    FE_(square)(FIELD, &d, &d);
    FE_(sub)(FIELD, &d, &d, &a);
    FE_(sub)(FIELD, &d, &d, &c);
    FE_(double)(FIELD, &d, &d);
    FE_(double)(FIELD, &e, &a);
    FE_(add)(FIELD, &e, &e, &a);
    FE_(mul)(FIELD, &out->z, &p->y, &p->z);
    FE_(double)(FIELD, &out->z, &out->z);
    FE_(square)(FIELD, &out->x, &e);
    FE_(sub)(FIELD, &out->x, &out->x, &d);
    FE_(sub)(FIELD, &out->x, &out->x, &d);
    FE_(sub)(FIELD, &d, &d, &out->x);
    FE_(mul)(FIELD, &d, &d, &e);
    FE_(double)(FIELD, &c, &c);
    FE_(double)(FIELD, &c, &c);
    FE_(double)(FIELD, &c, &c);
    FE_(sub)(FIELD, &out->y, &d, &c);
}

/* The sum from u1 = x1 z2^2, s1 = y1 z2^3, their differences h = u2 - u1 and
 * r = s2 - s1, and z = 2 z1 z2. */
static inline void point_join(POINT *out, const FE *u1, const FE *s1,
                              const FE *h, const FE *r, const FE *z)
{
    FE i, j, v, twice_r;
    FE_(double)(FIELD, &i, h);
    FE_(square)(FIELD, &i, &i);
    FE_(mul)(FIELD, &j, h, &i);
    FE_(mul)(FIELD, &v, u1, &i);
    FE_(mul)(FIELD, &out->z, z, h);
    FE_(double)(FIELD, &twice_r, r);
    FE_(square)(FIELD, &out->x, &twice_r);
    FE_(sub)(FIELD, &out->x, &out->x, &j);
    FE_(sub)(FIELD, &out->x, &out->x, &v);
    FE_(sub)(FIELD, &out->x, &out->x, &v);
    FE_(sub)(FIELD, &v, &v, &out->x);
    FE_(mul)(FIELD, &v, &v, &twice_r);
    FE_(mul)(FIELD, &j, &j, s1);
    FE_(double)(FIELD, &j, &j);
    FE_(sub)(FIELD, &out->y, &v, &j);
}

static inline void point_add(POINT *out, const POINT *a, const POINT *b)
{
    if (point_is_infinite(a) || point_is_infinite(b)) {
        *out = point_is_infinite(a) ? *b : *a;
        return;
    }
    FE zz1, zz2, u1, s1, h, r, z;
    FE_(square)(FIELD, &zz1, &a->z);
    FE_(square)(FIELD, &zz2, &b->z);
    FE_(mul)(FIELD, &u1, &a->x, &zz2);
    FE_(mul)(FIELD, &h, &b->x, &zz1);
    FE_(sub)(FIELD, &h, &h, &u1);
    FE_(mul)(FIELD, &z, &a->z, &b->z);
    FE_(double)(FIELD, &z, &z);
    FE_(mul)(FIELD, &s1, &a->y, &b->z);
    FE_(mul)(FIELD, &s1, &s1, &zz2);
    FE_(mul)(FIELD, &r, &b->y, &a->z);
    FE_(mul)(FIELD, &r, &r, &zz1);
    FE_(sub)(FIELD, &r, &r, &s1);
    if (!FE_(is_zero)(&h))
        point_join(out, &u1, &s1, &h, &r, &z);
    else if (FE_(is_zero)(&r))
        point_double(out, a);
    else
        *out = point_infinity();
}

static inline bool point_equal(const POINT *a, const POINT *b)
{
    POINT difference;
    point_neg(&difference, b);
    point_add(&difference, a, &difference);
    return point_is_infinite(&difference);
}

/* Odd digits of width 5, lowest first; every other is zero. Returns how many
 * there are. */
#define POINT_WINDOW 5
#define POINT_TABLE (1 << (POINT_WINDOW - 2))
#define POINT_DIGITS_MAX 258

static inline unsigned point_recode(int8_t digits[POINT_DIGITS_MAX],
                                    u256 scalar)
{
    unsigned count = 0;
    while (!u256_is_zero(scalar)) {
        int digit = 0;
        if (scalar.limb[0] & 1) {
            digit = (int)(scalar.limb[0] & ((1 << POINT_WINDOW) - 1));
            scalar = u256_sub_u64(scalar, (uint64_t)digit);
            if (digit >> (POINT_WINDOW - 1)) {
                digit -= 1 << POINT_WINDOW;
                scalar = u256_add_u64(scalar, 1 << POINT_WINDOW);
            }
        }
        digits[count++] = (int8_t)digit;
        scalar = u256_shr(scalar, 1);
    }
    return count;
}

/* p, 3 p, 5 p, ... */
static inline void point_multiples(POINT table[POINT_TABLE], const POINT *p)
{
    POINT twice;
    point_double(&twice, p);
    table[0] = *p;
    for (unsigned i = 1; i < POINT_TABLE; i++)
        point_add(&table[i], &table[i - 1], &twice);
}

static inline void point_add_digit(POINT *acc, const POINT table[POINT_TABLE],
                                   int digit)
{
    if (digit == 0)
        return;
    POINT term = table[(digit < 0 ? -digit : digit) / 2];
    if (digit < 0)
        point_neg(&term, &term);
    point_add(acc, acc, &term);
}
#endif
