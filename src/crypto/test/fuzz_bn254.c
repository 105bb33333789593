/* Runs the operations of precompiles 0x06 to 0x08 with both forms of
 * multiplication, and wants the same of them.
 *
 * Input: the operation, then its bytes. A byte whose highest bit is set asks
 * for points that are on the curve: each then comes from a scalar. */
#include <stdint.h>

#include "base/assert.h"
#include "crypto/bn254.h"
#include "crypto/montgomery.h"
#include "crypto/test/bn254_points.h"

#define PAIRS_MAX 4
#define INPUT_MAX (PAIRS_MAX * BN254_PAIR_BYTES)

struct outcome {
    bool good, is_one;
    uint8_t point[BN254_G1_BYTES];
};

static void write_g1(uint8_t *at)
{
    bn254_g1 p = bn254_g1_generator();
    bn254_g1_mul_vartime(&p, &p, u256_load_be(at));
    if (p.infinite)
        return;
    fp256_to_bytes(&BN254_FQ, at, &p.x);
    fp256_to_bytes(&BN254_FQ, at + 32, &p.y);
}

static void write_g2(uint8_t *at)
{
    bn254_g2 q = bn254_g2_generator();
    bn254_g2_mul_vartime(&q, &q, u256_load_be(at));
    if (q.infinite)
        return;
    fp256_to_bytes(&BN254_FQ, at, &q.x.c1);
    fp256_to_bytes(&BN254_FQ, at + 32, &q.x.c0);
    fp256_to_bytes(&BN254_FQ, at + 64, &q.y.c1);
    fp256_to_bytes(&BN254_FQ, at + 96, &q.y.c0);
}

static void write_points(uint8_t *at, unsigned operation, size_t pairs)
{
    write_g1(at);
    if (operation == 0)
        write_g1(at + BN254_G1_BYTES);
    for (size_t i = 0; operation == 2 && i < pairs; i++) {
        write_g2(at + i * BN254_PAIR_BYTES + BN254_G1_BYTES);
        if (i > 0)
            write_g1(at + i * BN254_PAIR_BYTES);
    }
}

static struct outcome run(unsigned operation, const uint8_t *in, size_t pairs)
{
    struct outcome out = {.good = false};
    if (operation == 0)
        out.good = bn254_add(out.point, in);
    else if (operation == 1)
        out.good = bn254_mul(out.point, in);
    else
        out.good = bn254_pairing_check(&out.is_one, in, pairs);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t in[INPUT_MAX] = {0};
    if (size == 0 || size > sizeof in)
        return 0;
    unsigned operation = (data[0] & 0x7f) % 3;
    size_t pairs = (size - 1 + BN254_PAIR_BYTES - 1) / BN254_PAIR_BYTES;
    memcpy(in, data + 1, size - 1);
    if (data[0] & 0x80)
        write_points(in, operation, pairs);
    bool fast = montgomery_use_mulx;
    struct outcome first = run(operation, in, pairs);
    montgomery_use_mulx = false;
    struct outcome second = run(operation, in, pairs);
    montgomery_use_mulx = fast;
    ASSERT(first.good == second.good);
    ASSERT(first.is_one == second.is_one);
    ASSERT(memcmp(first.point, second.point, sizeof first.point) == 0);
    return 0;
}
