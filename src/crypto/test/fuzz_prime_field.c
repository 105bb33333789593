/* Every operation of prime_field.h with both forms of multiplication, and
 * every sum and product of limbs in both forms: they must be the same, and
 * obey the laws of a field.
 *
 * Input: the field; for each operand its kind, of which a few are numbers at
 * an edge; then the limbs of the operands that are none of these. */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "crypto/montgomery.h"
#include "crypto/test/field_operations.h"

static const struct prime_field *const fields[] = {
    &BN254_FQ, &BN254_FR, &BLS12_381_FP, &BLS12_381_FR};

/* Where carries and reductions change their course. */
enum edge {
    ZERO,
    ONE,
    TWO,
    P_LESS_ONE,
    P,
    P_MORE_ONE,
    HALF,
    R,
    R_SQUARED,
    ALL_ONES,
    ONES_BELOW_P,
    TOP_LIMB,
    EDGES
};

static void edge(uint64_t *out, const struct prime_field *f, enum edge which)
{
    static const uint64_t one[LIMBS_MAX] = {1};
    unsigned n = f->limbs;
    memset(out, 0, 8 * LIMBS_MAX);
    switch (which) {
    case ZERO:
    case EDGES:
        break;
    case ONE:
    case TWO:
        out[0] = which == ONE ? 1 : 2;
        break;
    case P_LESS_ONE:
        limbs_sub(out, f->p, one, n);
        break;
    case P:
        memcpy(out, f->p, 8 * n);
        break;
    case P_MORE_ONE:
        limbs_add(out, f->p, one, n);
        break;
    case HALF:
        for (unsigned i = 0; i < n; i++)
            out[i] = f->p[i] >> 1 | (i + 1 < n ? f->p[i + 1] << 63 : 0);
        break;
    case R:
        memcpy(out, f->one, 8 * n);
        break;
    case R_SQUARED:
        memcpy(out, f->r_squared, 8 * n);
        break;
    case ALL_ONES:
        memset(out, 0xff, 8 * n);
        break;
    case ONES_BELOW_P:
        memset(out, 0xff, 8 * (n - 1));
        out[n - 1] = f->p[n - 1] - 1;
        break;
    case TOP_LIMB:
        out[n - 1] = f->p[n - 1];
        break;
    }
}

struct input {
    const struct prime_field *f;
    uint64_t a[LIMBS_MAX], b[LIMBS_MAX]; /* any limbs at all */
};

static const uint8_t *read_operand(uint64_t *out, const struct prime_field *f,
                                   uint8_t kind, const uint8_t *at,
                                   const uint8_t *end)
{
    edge(out, f, kind % 16 < EDGES ? (enum edge)(kind % 16) : ZERO);
    if (kind % 16 < EDGES)
        return at;
    size_t len = (size_t)(end - at) < 8 * f->limbs ? (size_t)(end - at)
                                                   : 8 * f->limbs;
    memcpy(out, at, len);
    return at + len;
}

static bool is_below(const uint64_t *a, const struct prime_field *f)
{
    uint64_t unused[LIMBS_MAX];
    return limbs_sub(unused, a, f->p, f->limbs);
}

/* R is less than 16 p for all of the fields. */
static void bring_below(uint64_t *a, const struct prime_field *f)
{
    for (int i = 0; i < 16; i++)
        if (!is_below(a, f))
            limbs_sub(a, a, f->p, f->limbs);
    ASSERT(is_below(a, f));
}

static void same(const uint64_t *a, const uint64_t *b, unsigned n)
{
    ASSERT(limbs_difference(a, b, n) == 0);
}

static void join(uint64_t *wide, const uint64_t *low, const uint64_t *high,
                 unsigned n)
{
    memcpy(wide, low, 8 * n);
    memcpy(wide + n, high, 8 * n);
}

#if LOFT_X86_64
/* The forms of montgomery.h, with any limbs where it lets them be; a is below
 * p. */
static void compare_products(const struct input *in, const uint64_t *a)
{
    static const struct {
        montgomery_mul *mul[2];
        montgomery_wide *wide[2];
        montgomery_reduce *reduce[2];
    } of[2] = {
        {{montgomery_mul_4_mulx, montgomery_mul_4_portable},
         {montgomery_wide_4_mulx, montgomery_wide_4_portable},
         {montgomery_reduce_4_mulx, montgomery_reduce_4_portable}},
        {{montgomery_mul_6_mulx, montgomery_mul_6_portable},
         {montgomery_wide_6_mulx, montgomery_wide_6_portable},
         {montgomery_reduce_6_mulx, montgomery_reduce_6_portable}},
    };
    const struct prime_field *f = in->f;
    unsigned n = f->limbs, six = n == 6;
    uint64_t out[2][LIMBS_MAX], wide[2][2 * LIMBS_MAX], from[2 * LIMBS_MAX];
    join(from, in->b, a, n);
    for (int i = 0; i < 2; i++) {
        of[six].wide[i](wide[i], in->a, in->b);
        of[six].reduce[i](f, out[i], from);
    }
    same(wide[0], wide[1], 2 * n);
    same(out[0], out[1], n);
    for (int i = 0; i < 2; i++)
        of[six].mul[i](f, out[i], a, in->b);
    same(out[0], out[1], n);
}

/* The forms of limbs_mod.h; a and b are below p. */
static void compare_sums(const struct input *in, const uint64_t *a,
                         const uint64_t *b)
{
    const struct prime_field *f = in->f;
    unsigned n = f->limbs;
    uint64_t out[2][2 * LIMBS_MAX], one[2 * LIMBS_MAX], other[2 * LIMBS_MAX];
    limbs_add_mod(out[0], a, b, f->p, n);
    limbs_add_mod_portable(out[1], a, b, f->p, n);
    same(out[0], out[1], n);
    limbs_sub_mod(out[0], a, b, f->p, n);
    limbs_sub_mod_portable(out[1], a, b, f->p, n);
    same(out[0], out[1], n);
    join(one, in->b, a, n);
    join(other, in->a, b, n);
    limbs_sub_wide(out[0], one, other, f->p, n);
    limbs_sub_wide_portable(out[1], one, other, f->p, n);
    same(out[0], out[1], 2 * n);
}

static void compare_forms(const struct input *in)
{
    uint64_t a[LIMBS_MAX], b[LIMBS_MAX];
    memcpy(a, in->a, sizeof a);
    memcpy(b, in->b, sizeof b);
    bring_below(a, in->f);
    bring_below(b, in->f);
    if (montgomery_use_mulx)
        compare_products(in, a);
    compare_sums(in, a, b);
}
#else
/* Only one form is there. */
static void compare_forms(const struct input *in)
{
    (void)in;
}
#endif

struct results {
    bool below[2], is_square;
    int legendre;
    uint8_t bytes[8 * LIMBS_MAX];
    uint64_t x[LIMBS_MAX], y[LIMBS_MAX];
    uint64_t product[LIMBS_MAX], square[LIMBS_MAX], sum[LIMBS_MAX],
        difference[LIMBS_MAX], negative[LIMBS_MAX], twice[LIMBS_MAX],
        half[LIMBS_MAX], inverse[LIMBS_MAX], power[LIMBS_MAX], root[LIMBS_MAX],
        limbs[LIMBS_MAX], reduced[LIMBS_MAX], many[3 * LIMBS_MAX];
};

static void write_be(uint8_t *out, const uint64_t *limbs, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        store_be64(out + 8 * (n - 1 - i), limbs[i]);
}

/* What is not below p is refused, and what is read comes back. */
static bool read_number(struct results *r, uint64_t *out,
                        const struct prime_field *f, const uint64_t *limbs)
{
    uint8_t in[8 * LIMBS_MAX];
    static const uint64_t zero[LIMBS_MAX];
    write_be(in, limbs, f->limbs);
    bool below = do_from_bytes(f, out, in);
    ASSERT(below == is_below(limbs, f));
    do_to_bytes(f, r->bytes, out);
    if (below)
        ASSERT(memcmp(in, r->bytes, 8 * f->limbs) == 0);
    else
        same(out, zero, f->limbs);
    return below;
}

static void run_operations(struct results *r, const struct input *in)
{
    const struct prime_field *f = in->f;
    uint64_t wide[2 * LIMBS_MAX] = {0}, room[3 * LIMBS_MAX];
    unsigned n = f->limbs;
    memset(r, 0, sizeof *r);
    r->below[0] = read_number(r, r->x, f, in->a);
    r->below[1] = read_number(r, r->y, f, in->b);
    do_mul(f, r->product, r->x, r->y);
    do_square(f, r->square, r->x);
    do_add(f, r->sum, r->x, r->y);
    do_sub(f, r->difference, r->x, r->y);
    do_neg(f, r->negative, r->x);
    do_double(f, r->twice, r->x);
    do_halve(f, r->half, r->x);
    do_inverse(f, r->inverse, r->x);
    do_pow(f, r->power, r->x, in->b);
    do_to_limbs(f, r->limbs, r->x);
    r->legendre = do_legendre(f, r->x);
    r->is_square = (f->p[0] & 3) == 3 && do_sqrt(f, r->root, r->x);
    join(wide, in->b, r->x, n);
    do_reduce(f, r->reduced, wide);
    memcpy(r->many, r->x, 8 * n);
    memcpy(r->many + n, r->y, 8 * n);
    memcpy(r->many + 2 * n, r->sum, 8 * n);
    do_inverse_many(f, r->many, room, 3);
}

static void check_laws(const struct prime_field *f, const struct results *r)
{
    static const uint64_t zero[LIMBS_MAX];
    uint64_t t[LIMBS_MAX], u[LIMBS_MAX];
    unsigned n = f->limbs;
    /* x (x + y) = x^2 + x y; (x - y) (x + y) = x^2 - y^2 */
    do_mul(f, t, r->x, r->sum);
    do_add(f, u, r->square, r->product);
    same(t, u, n);
    do_mul(f, t, r->difference, r->sum);
    do_square(f, u, r->y);
    do_sub(f, u, r->square, u);
    same(t, u, n);
    do_add(f, t, r->negative, r->x);
    same(t, zero, n);
    do_add(f, t, r->half, r->half);
    same(t, r->x, n);
    do_sub(f, t, r->twice, r->x);
    same(t, r->x, n);
    bool is_zero = limbs_difference(r->x, zero, n) == 0;
    do_mul(f, t, r->inverse, r->x);
    same(t, is_zero ? zero : f->one, n);
    same(r->inverse, r->many, n);
    ASSERT(r->legendre == 0 ? is_zero : !is_zero);
    if (r->is_square) {
        do_square(f, t, r->root);
        same(t, r->x, n);
        ASSERT(r->legendre >= 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in;
    struct results fast, portable;
    if (size < 3)
        return 0;
    in.f = fields[data[0] % ARRAY_LEN(fields)];
    const uint8_t *end = data + size;
    const uint8_t *at = read_operand(in.a, in.f, data[1], data + 3, end);
    read_operand(in.b, in.f, data[2], at, end);
    compare_forms(&in);
    bool use_mulx = montgomery_use_mulx;
    run_operations(&fast, &in);
    check_laws(in.f, &fast);
    montgomery_use_mulx = false;
    run_operations(&portable, &in);
    montgomery_use_mulx = use_mulx;
    ASSERT(memcmp(&fast, &portable, sizeof fast) == 0);
    return 0;
}
