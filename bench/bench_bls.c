/* What BLS12-381 costs through the EVM's precompiles, input and output
 * included: the best of many short runs, on one processor. Gas a second is by
 * the price of Prague. */
#include <stdio.h>

#include "base/assert.h"
#include "bench/timing.h"
#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"
#include "crypto/bls12_encoding.h"
#include "crypto/digest.h"
#include "crypto/kzg.h"
#include "evm/precompile.h"

#define RUNS 40
#define RUN_NS 4e6
#define TERMS_MAX 1024
#define SCALAR_LEN 32

static uint8_t input[TERMS_MAX * (EIP2537_G2_LEN + SCALAR_LEN)];

static int64_t gas_of(unsigned at, size_t len)
{
    struct buffer output = {0};
    address who = {.at = {[19] = (uint8_t)at}};
    struct precompile_result result = precompile_run(
        EVM_PRAGUE, &who, INT64_C(1) << 40, bytes_of(input, len), &output);
    ASSERT(result.why == EVM_NONE);
    buffer_free(&output);
    return (INT64_C(1) << 40) - result.gas_left;
}

static double run_ns(void (*work)(unsigned at, size_t len), unsigned at,
                     size_t len)
{
    double best = 1e18;
    for (int run = 0; run < RUNS; run++) {
        int times = 0;
        double start = now_ns(), spent;
        do {
            work(at, len);
            times++;
            spent = now_ns() - start;
        } while (spent < RUN_NS);
        if (spent / times < best)
            best = spent / times;
    }
    return best;
}

static void print(const char *name, double ns, int64_t gas)
{
    printf("%-28s %10.1f us %8.0f Mgas/s\n", name, ns / 1e3,
           (double)gas * 1e3 / ns);
}

static void call(unsigned at, size_t len)
{
    gas_of(at, len);
}

static void report(const char *name, unsigned at, size_t len)
{
    print(name, run_ns(call, at, len), gas_of(at, len));
}

/* Any number below the order, each index another. */
static u256 scalar(size_t index)
{
    uint8_t at[8];
    store_le64(at, index);
    hash32 hash = sha256(bytes_of(at, sizeof at));
    return u256_mod(u256_from_hash(&hash), BLS12_ORDER);
}

static g1_affine g1_point(size_t index)
{
    u256 k = scalar(2 * index);
    g1 point;
    g1_affine out;
    g1_msm(&point, &BLS12_G1, &k, 1);
    g1_to_affine(&out, &point);
    return out;
}

static g2_affine g2_point(size_t index)
{
    u256 k = scalar(2 * index);
    g2 point;
    g2_affine out;
    g2_msm(&point, &BLS12_G2, &k, 1);
    g2_to_affine(&out, &point);
    return out;
}

static uint8_t *put_g1(uint8_t *at, size_t index)
{
    g1_affine point = g1_point(index);
    g1_store_eip2537(at, &point);
    return at + EIP2537_G1_LEN;
}

static uint8_t *put_g2(uint8_t *at, size_t index)
{
    g2_affine point = g2_point(index);
    g2_store_eip2537(at, &point);
    return at + EIP2537_G2_LEN;
}

static uint8_t *put_scalar(uint8_t *at, size_t index)
{
    u256_store_be(at, scalar(2 * index + 1));
    return at + SCALAR_LEN;
}

static void sums(void)
{
    uint8_t *at = input;
    at = put_g1(at, 1);
    at = put_g1(at, 2);
    report("G1 addition", 0x0b, (size_t)(at - input));
    at = input;
    at = put_g2(at, 1);
    at = put_g2(at, 2);
    report("G2 addition", 0x0d, (size_t)(at - input));
}

static const size_t terms[] = {1, 2, 8, 32, 128, TERMS_MAX};

static void multiplications(void)
{
    char name[32];
    for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
        uint8_t *at = input;
        for (size_t j = 0; j < terms[i]; j++)
            at = put_scalar(put_g1(at, j), j);
        snprintf(name, sizeof name, "G1 MSM of %zu", terms[i]);
        report(name, 0x0c, (size_t)(at - input));
    }
    for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
        uint8_t *at = input;
        for (size_t j = 0; j < terms[i]; j++)
            at = put_scalar(put_g2(at, j), j);
        snprintf(name, sizeof name, "G2 MSM of %zu", terms[i]);
        report(name, 0x0e, (size_t)(at - input));
    }
}

static void pairings(void)
{
    static const size_t pairs[] = {1, 2, 4, 8};
    char name[32];
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        uint8_t *at = input;
        for (size_t j = 0; j < pairs[i]; j++)
            at = put_g2(put_g1(at, j), j);
        snprintf(name, sizeof name, "pairing check of %zu", pairs[i]);
        report(name, 0x0f, (size_t)(at - input));
    }
}

static void maps(void)
{
    g2_affine point = g2_point(1);
    uint8_t encoded[EIP2537_G2_LEN];
    g2_store_eip2537(encoded, &point);
    memcpy(input, encoded, 2 * EIP2537_FP_LEN);
    report("map to G1", 0x10, EIP2537_FP_LEN);
    report("map to G2", 0x11, 2 * EIP2537_FP_LEN);
}

/* A wrong proof costs what a right one does, which nobody can make here
 * without the ceremony's points. */
static void verify_proof(unsigned at, size_t len)
{
    (void)at, (void)len;
    ASSERT(!kzg_verify_proof(input, input + 96, input + 128, input + 48));
}

static void point_evaluation(void)
{
    g1_affine commitment = g1_point(1), proof = g1_point(2);
    g1_store_compressed(input, &commitment);
    g1_store_compressed(input + 48, &proof);
    put_scalar(put_scalar(input + 96, 1), 2);
    print("point evaluation", run_ns(verify_proof, 0, 0), 50000);
}

int main(void)
{
    sums();
    multiplications();
    pairings();
    maps();
    point_evaluation();
    return 0;
}
