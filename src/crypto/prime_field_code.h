/* The functions of prime_field.h for one width: instances of what
 * prime_field.c, which alone includes this file, has for both. */
#ifdef FP_FASTEST

void FP_(mul)(const struct prime_field *f, FP *out, const FP *a, const FP *b)
{
    FP_FASTEST(mul)(f, out->limb, a->limb, b->limb);
}

void FP_(mul_wide)(FP_(wide) * out, const FP *a, const FP *b)
{
    FP_FASTEST(wide)(out->limb, a->limb, b->limb);
}

void FP_(reduce)(const struct prime_field *f, FP *out, const FP_(wide) * from)
{
    FP_FASTEST(reduce)(f, out->limb, from->limb);
}

void FP_(halve)(const struct prime_field *f, FP *out, const FP *a)
{
    halve(f, out->limb, a->limb, FP_LIMBS);
}

void FP_(inverse)(const struct prime_field *f, FP *out, const FP *a)
{
    modular_inverse(f, out->limb, a->limb);
}

void FP_(inverse_many)(const struct prime_field *f, FP *many, FP *scratch,
                       size_t count)
{
    if (count > 0)
        inverse_many(f, many->limb, scratch->limb, count);
}

void FP_(pow)(const struct prime_field *f, FP *out, const FP *a,
              const uint64_t *exponent, size_t limbs)
{
    power(f, out->limb, a->limb, exponent, limbs);
}

bool FP_(sqrt)(const struct prime_field *f, FP *out, const FP *a)
{
    return square_root(f, out->limb, a->limb);
}

int FP_(legendre)(const struct prime_field *f, const FP *a)
{
    return legendre(f, a->limb);
}

bool FP_(from_bytes)(const struct prime_field *f, FP *out,
                     const uint8_t in[8 * FP_LIMBS])
{
    return from_bytes(f, out->limb, in);
}

void FP_(to_bytes)(const struct prime_field *f, uint8_t out[8 * FP_LIMBS],
                   const FP *a)
{
    to_bytes(f, out, a->limb);
}

void FP_(from_u64)(const struct prime_field *f, FP *out, uint64_t value)
{
    from_u64(f, out->limb, value);
}

void FP_(to_limbs)(const struct prime_field *f, uint64_t out[FP_LIMBS],
                   const FP *a)
{
    to_limbs(f, out, a->limb);
}
#endif
