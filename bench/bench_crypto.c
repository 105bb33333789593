/* What cryptography costs: the best of many short runs, on one processor.
 *
 * Figures that precompiles are judged by are also given as gas a second. */
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/hex.h"
#include "bench/timing.h"
#include "crypto/digest.h"
#include "crypto/ecdsa.h"
#include "crypto/keccak.h"
#include "crypto/keccak_f.h"
#include "crypto/modexp.h"
#include "crypto/p256.h"

static uint8_t data[4096];
static bytes many[1024];
static hash32 hashes[1024];
static const struct keccak_width *width;

static void keccak_permutation(void)
{
    static uint64_t state[KECCAK_LANES];
    keccak_f(state);
}

static void keccak_one_block(void)
{
    hashes[0] = keccak256(bytes_of(data, 64));
}

static void keccak_long(void)
{
    hashes[0] = keccak256(bytes_of(data, sizeof data));
}

static void keccak_many(void)
{
    keccak256_many_by(width, hashes, many, ARRAY_LEN(many));
}

static void sha256_short(void)
{
    hashes[0] = sha256(bytes_of(data, 32));
}

static void sha256_long(void)
{
    hashes[0] = sha256(bytes_of(data, sizeof data));
}

static void ripemd160_long(void)
{
    ripemd160(hashes[0].at, bytes_of(data, sizeof data));
}

static void bench_hashes(void)
{
    printf("keccak-f               %8.1f ns\n", measure(keccak_permutation));
    printf("keccak256, 64 bytes    %8.1f ns\n", measure(keccak_one_block));
    printf("keccak256, 4 KiB       %8.1f ns a block\n",
           measure(keccak_long) / (sizeof data / KECCAK_RATE + 1));
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = bytes_of(data + i, 110);
    const struct keccak_width *widths[KECCAK_WIDTHS_MAX];
    for (size_t i = keccak_widths(widths); i-- > 0;) {
        width = widths[i];
        printf("keccak256, %zu at once   %8.1f ns a block (%s)\n", width->lanes,
               measure(keccak_many) / ARRAY_LEN(many), width->name);
    }
    printf("sha256, 32 bytes       %8.1f ns\n", measure(sha256_short));
    printf("sha256, 4 KiB          %8.1f ns a block\n",
           measure(sha256_long) / 65);
    printf("ripemd160, 4 KiB       %8.1f ns a block\n",
           measure(ripemd160_long) / 65);
}

static uint32_t rounds;

static void blake2b_rounds(void)
{
    static uint64_t h[8];
    static const uint64_t m[16] = {1, 2, 3}, t[2] = {128};
    blake2b_f(h, rounds, m, t, true);
}

static void bench_blake2b(void)
{
    static const uint32_t counts[] = {1, 12, 1000};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        rounds = counts[i];
        double ns = measure(blake2b_rounds);
        printf("blake2b_f, %4u rounds %8.1f ns %8.0f Mgas/s\n", rounds, ns,
               rounds * 1e3 / ns);
    }
}

static secret32 key;
static struct ecdsa_signature signature;

static void sign(void)
{
    ASSERT(ecdsa_sign(&signature, &hashes[0], &key) == LOFT_OK);
}

static void recover(void)
{
    address signer;
    ASSERT(ecdsa_recover(&signer, &hashes[0], &signature));
}

static uint8_t p256[5][32];

static void verify_p256(void)
{
    ASSERT(p256_verify(p256[0], p256[1], p256[2], p256[3], p256[4]));
}

static void bench_signatures(void)
{
    /* RFC 6979, A.2.5: digest, r, s, x, y. */
    static const char *const sample[] = {
        "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf",
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
    };
    for (size_t i = 0; i < ARRAY_LEN(sample); i++)
        ASSERT(hex_read_exact(p256[i], 32, bytes_str(sample[i])) == LOFT_OK);
    secret_random(&key);
    printf("secp256k1 sign         %8.1f us\n", measure(sign) / 1e3);
    double ns = measure(recover);
    printf("secp256k1 recover      %8.1f us %8.0f Mgas/s\n", ns / 1e3,
           3000e3 / ns);
    ns = measure(verify_p256);
    printf("P-256 verify           %8.1f us %8.0f Mgas/s\n", ns / 1e3,
           6900e3 / ns);
}

static struct {
    size_t base, exponent, modulus;
    double gas; /* EIP-7883, the exponent all ones */
    bool is_odd;
} power;

static void raise(void)
{
    static uint8_t exponent[1024], modulus[1024], out[1024];
    memset(exponent, 0xff, sizeof exponent);
    memset(modulus, 0x9d, sizeof modulus);
    modulus[power.modulus - 1] = power.is_odd ? 0x9d : 0x9c;
    modexp(out, bytes_of(data, power.base), bytes_of(exponent, power.exponent),
           bytes_of(modulus, power.modulus));
}

/* EIP-7883: 16 for operands up to 32 bytes, else twice the square of their
 * words; times one a bit of the exponent, and 16 a byte beyond 32. */
static double power_gas(void)
{
    double longest = (double)(power.base > power.modulus ? power.base
                                                         : power.modulus);
    double words = (longest + 7) / 8;
    double each = longest <= 32 ? 16 : 2 * words * words;
    double exponent = (double)power.exponent;
    double times = exponent <= 32 ? 8 * exponent - 1
                                  : 16 * (exponent - 32) + 255;
    double gas = each * times;
    return gas < 500 ? 500 : gas;
}

static void bench_modexp(void)
{
    static const size_t sizes[][3] = {
        {8, 1, 8},      {32, 32, 32},     {33, 32, 33}, {256, 3, 256},
        {256, 32, 256}, {1024, 32, 1024}, {1024, 1, 1}, {1, 32, 1024}};
    for (size_t i = 0; i < 2 * ARRAY_LEN(sizes); i++) {
        const size_t *size = sizes[i / 2];
        power.base = size[0];
        power.exponent = size[1];
        power.modulus = size[2];
        power.is_odd = i % 2;
        double ns = measure(raise);
        printf("modexp %4zu^%2zu %% %4zu %-4s %8.1f us %8.0f Mgas/s\n", size[0],
               size[1], size[2], power.is_odd ? "odd" : "even", ns / 1e3,
               power_gas() * 1e3 / ns);
    }
}

int main(void)
{
    srand(1);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)rand();
    bench_hashes();
    bench_blake2b();
    bench_signatures();
    bench_modexp();
    return 0;
}
