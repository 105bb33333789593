/* What fields, curves and pairings cost: the best of many short runs, on one
 * processor. */
#include <stdio.h>

#include "base/assert.h"
#include "base/cpu.h"
#include "base/hex.h"
#include "bench/timing.h"
#include "crypto/bn254.h"
#include "crypto/bn254_curve.h"
#include "crypto/prime_field.h"

/* Eight numbers that do not wait for each other, and one that does. */
#define MANY 8
static fp256 many_256[MANY], chain_256;
static fp384 many_384[MANY], chain_384;

static void mul_256(void)
{
    for (int i = 0; i < MANY; i++)
        fp256_mul(&BN254_FQ, &many_256[i], &many_256[i], &chain_256);
}

static void square_256(void)
{
    for (int i = 0; i < MANY; i++)
        fp256_square(&BN254_FQ, &many_256[i], &many_256[i]);
}

static void mul_chain_256(void)
{
    for (int i = 0; i < MANY; i++)
        fp256_mul(&BN254_FQ, &chain_256, &chain_256, &many_256[0]);
}

static void add_256(void)
{
    for (int i = 0; i < MANY; i++)
        fp256_add(&BN254_FQ, &many_256[i], &many_256[i], &chain_256);
}

static void inverse_256(void)
{
    for (int i = 0; i < MANY; i++)
        fp256_inverse(&BN254_FQ, &chain_256, &chain_256);
}

static void mul_384(void)
{
    for (int i = 0; i < MANY; i++)
        fp384_mul(&BLS12_381_FP, &many_384[i], &many_384[i], &chain_384);
}

static void square_384(void)
{
    for (int i = 0; i < MANY; i++)
        fp384_square(&BLS12_381_FP, &many_384[i], &many_384[i]);
}

static void add_384(void)
{
    for (int i = 0; i < MANY; i++)
        fp384_add(&BLS12_381_FP, &many_384[i], &many_384[i], &chain_384);
}

static void inverse_384(void)
{
    for (int i = 0; i < MANY; i++)
        fp384_inverse(&BLS12_381_FP, &chain_384, &chain_384);
}

static fp256x2 pair_256, other_pair_256;
static fq12 tower_256;

static void mul_256x2(void)
{
    for (int i = 0; i < MANY; i++)
        fp256x2_mul(&BN254_FQ, &pair_256, &pair_256, &other_pair_256);
}

static void mul_256x12(void)
{
    for (int i = 0; i < MANY; i++)
        fq12_mul(&tower_256, &tower_256, &tower_256);
}

static uint8_t add_input[2 * BN254_G1_BYTES], mul_input[BN254_G1_BYTES + 32];
static uint8_t pairs[2 * BN254_PAIR_BYTES];

static void add_points(void)
{
    uint8_t out[BN254_G1_BYTES];
    ASSERT(bn254_add(out, add_input));
}

static void mul_point(void)
{
    uint8_t out[BN254_G1_BYTES];
    ASSERT(bn254_mul(out, mul_input));
}

static void check_two_pairs(void)
{
    bool is_one;
    ASSERT(bn254_pairing_check(&is_one, pairs, 2));
    ASSERT(is_one);
}

/* EIP-197's generator of G2, and (1, 2), that of G1. */
static const char generator_g2[] =
    "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
    "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
    "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
    "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";

/* e(P, Q) e(-P, Q) for a P that is 7 ... 7 times the generator. */
static void prepare_points(void)
{
    struct arena arena;
    arena_init(&arena);
    bytes g2;
    ASSERT(!hex_read(&arena, &g2, bytes_str(generator_g2)));
    memset(mul_input, 0x77, sizeof mul_input);
    memset(mul_input, 0, BN254_G1_BYTES);
    mul_input[31] = 1;
    mul_input[63] = 2;
    uint8_t *second = pairs + BN254_PAIR_BYTES;
    ASSERT(bn254_mul(pairs, mul_input));
    memcpy(pairs + BN254_G1_BYTES, g2.at, BN254_G2_BYTES);
    memcpy(second, pairs, BN254_PAIR_BYTES);
    fp256 y;
    ASSERT(fp256_from_bytes(&BN254_FQ, &y, second + 32));
    fp256_neg(&BN254_FQ, &y, &y);
    fp256_to_bytes(&BN254_FQ, second + 32, &y);
    memcpy(add_input, mul_input, BN254_G1_BYTES);
    memcpy(add_input + BN254_G1_BYTES, pairs, BN254_G1_BYTES);
    arena_fini(&arena);
}

static void prepare_fields(void)
{
    fp256_from_u64(&BN254_FQ, &chain_256, 3);
    fp384_from_u64(&BLS12_381_FP, &chain_384, 3);
    for (unsigned i = 0; i < MANY; i++) {
        fp256_inverse(&BN254_FQ, &many_256[i], &chain_256);
        fp384_inverse(&BLS12_381_FP, &many_384[i], &chain_384);
    }
    pair_256 = (fp256x2){many_256[0], chain_256};
    other_pair_256 = (fp256x2){chain_256, many_256[0]};
    tower_256 = (fq12){{pair_256, other_pair_256, pair_256},
                       {other_pair_256, pair_256, pair_256}};
}

int main(void)
{
    static const struct {
        const char *what;
        void (*work)(void);
        int count;
    } rows[] = {
        {"BN254 Fq mul", mul_256, MANY},
        {"BN254 Fq mul, each waiting", mul_chain_256, MANY},
        {"BN254 Fq square", square_256, MANY},
        {"BN254 Fq add", add_256, MANY},
        {"BN254 Fq inverse", inverse_256, MANY},
        {"BN254 Fq2 mul", mul_256x2, MANY},
        {"BN254 Fq12 mul", mul_256x12, MANY},
        {"BLS12-381 Fp mul", mul_384, MANY},
        {"BLS12-381 Fp square", square_384, MANY},
        {"BLS12-381 Fp add", add_384, MANY},
        {"BLS12-381 Fp inverse", inverse_384, MANY},
        {"bn254_add", add_points, 1},
        {"bn254_mul", mul_point, 1},
        {"bn254_pairing_check of 2, a pair", check_two_pairs, 2},
    };
    prepare_fields();
    prepare_points();
    printf("MULX: %s\n", cpu_features()->bmi2 ? "used" : "not used");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        printf("%-34s %10.1f ns\n", rows[i].what,
               measure(rows[i].work) / rows[i].count);
    return 0;
}
