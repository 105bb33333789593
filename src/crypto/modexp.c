#include "crypto/modexp.h"

#include <gmp.h>

static bytes without_leading_zeros(bytes number)
{
    for (; number.len >= 8 && load_be64(number.at) == 0; number.len -= 8)
        number.at += 8;
    for (; number.len > 0 && number.at[0] == 0; number.len--)
        number.at++;
    return number;
}

static void load(mpz_t out, bytes number)
{
    mpz_init2(out, 8 * number.len + 64);
    mpz_import(out, number.len, 1, 1, 1, 0, number.at);
}

static void store(uint8_t *out, size_t len, const mpz_t number)
{
    size_t used = (mpz_sizeinbase(number, 2) + 7) / 8;
    memset(out, 0, len);
    if (mpz_sgn(number))
        mpz_export(out + len - used, NULL, 1, 1, 1, 0, number);
}

void modexp(uint8_t *out, bytes base, bytes exponent, bytes modulus)
{
    bytes short_modulus = without_leading_zeros(modulus);
    if (short_modulus.len == 0) {
        if (modulus.len)
            memset(out, 0, modulus.len);
        return;
    }
    mpz_t b, e, m;
    load(b, without_leading_zeros(base));
    load(e, without_leading_zeros(exponent));
    load(m, short_modulus);
    mpz_powm(b, b, e, m);
    store(out, modulus.len, b);
    mpz_clears(b, e, m, NULL);
}
