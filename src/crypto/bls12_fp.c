#include "crypto/bls12_fp.h"

#include "base/assert.h"
#include "crypto/bls12_constants.h"

/* p is 3 modulo 4, so (p - 3) / 4 is p shifted. */
void fp_inverse_sqrt(fp *out, const fp *a)
{
    static const uint64_t exponent[6] = {
        0xee7fbfffffffeaaa, 0x07aaffffac54ffff, 0xd9cc34a83dac3d89,
        0xd91dd2e13ce144af, 0x92c6e9ed90d2eb35, 0x0680447a8e5ff9a6};
    fp384_pow(&BLS12_381_FP, out, a, exponent, ARRAY_LEN(exponent));
}

bool fp_sign(const fp *a)
{
    uint64_t plain[6];
    fp384_to_limbs(&BLS12_381_FP, plain, a);
    return plain[0] & 1;
}

/* Where 2 a is at least p, which is odd, it is odd once reduced. */
bool fp_is_larger_half(const fp *a)
{
    fp twice;
    fp_double(&twice, a);
    return fp_sign(&twice);
}

/* high 2^256 + low, both of 32 bytes and so below p. */
void fp_load_wide(fp *out, const uint8_t be[64])
{
    uint8_t half[BLS12_FP_LEN] = {0};
    fp high, low;
    memcpy(half + BLS12_FP_LEN - 32, be, 32);
    bool fits = fp_load(&high, half);
    memcpy(half + BLS12_FP_LEN - 32, be + 32, 32);
    fits &= fp_load(&low, half);
    ASSERT(fits);
    fp_mul(&high, &high, &FP_2_TO_256);
    fp_add(out, &high, &low);
}
