#include "evm/precompile_bls.h"

#include <stdlib.h>

#include "base/attributes.h"
#include "base/memory.h"
#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"
#include "crypto/bls12_encoding.h"
#include "crypto/bls12_map.h"
#include "crypto/bls12_pairing.h"
#include "crypto/digest.h"
#include "crypto/kzg.h"

#define SCALAR_LEN 32
#define G1_TERM_LEN (EIP2537_G1_LEN + SCALAR_LEN)
#define G2_TERM_LEN (EIP2537_G2_LEN + SCALAR_LEN)
#define PAIR_LEN (EIP2537_G1_LEN + EIP2537_G2_LEN)

/* EIP-2537, "Gas schedule clarifications for the variable-length
 * operations": thousandths of a multiplication's price, for 1 to 128 terms;
 * the last holds for more. */
#define DISCOUNT_TERMS_MAX 128

static const uint16_t g1_discount[DISCOUNT_TERMS_MAX] = {
    1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682,
    677,  673, 669, 665, 661, 658, 654, 651, 648, 645, 642, 640, 637, 635, 632,
    630,  627, 625, 623, 621, 619, 617, 615, 613, 611, 609, 608, 606, 604, 603,
    601,  599, 598, 596, 595, 593, 592, 591, 589, 588, 586, 585, 584, 582, 581,
    580,  579, 577, 576, 575, 574, 573, 572, 570, 569, 568, 567, 566, 565, 564,
    563,  562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 551, 550, 549,
    548,  547, 547, 546, 545, 544, 543, 542, 541, 540, 540, 539, 538, 537, 536,
    536,  535, 534, 533, 532, 532, 531, 530, 529, 528, 528, 527, 526, 525, 525,
    524,  523, 522, 522, 521, 520, 520, 519,
};

static const uint16_t g2_discount[DISCOUNT_TERMS_MAX] = {
    1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724,
    717,  711,  704, 699, 693, 688, 683, 679, 674, 670, 666, 663, 659, 655, 652,
    649,  646,  643, 640, 637, 634, 632, 629, 627, 624, 622, 620, 618, 615, 613,
    611,  609,  607, 606, 604, 602, 600, 598, 597, 595, 593, 592, 590, 589, 587,
    586,  584,  583, 582, 580, 579, 578, 576, 575, 574, 573, 571, 570, 569, 568,
    567,  566,  565, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552,
    552,  551,  550, 549, 548, 547, 546, 545, 545, 544, 543, 542, 541, 541, 540,
    539,  538,  537, 537, 536, 535, 535, 534, 533, 532, 532, 531, 530, 530, 529,
    528,  528,  527, 526, 526, 525, 524, 524,
};

static uint64_t msm_price(size_t terms, uint64_t multiplication,
                          const uint16_t discount[DISCOUNT_TERMS_MAX])
{
    if (terms == 0)
        return 0;
    size_t row = terms < DISCOUNT_TERMS_MAX ? terms : DISCOUNT_TERMS_MAX;
    return terms * multiplication * discount[row - 1] / 1000;
}

/* How many items of item_len the input holds; 0 where it is empty or none
 * fits whole. */
static size_t count_items(bytes input, size_t item_len)
{
    return input.len % item_len == 0 ? input.len / item_len : 0;
}

static bool put_g1(struct buffer *output, const g1 *point)
{
    g1_affine affine;
    g1_to_affine(&affine, point);
    g1_store_eip2537(buffer_extend(output, EIP2537_G1_LEN), &affine);
    return true;
}

static bool put_g2(struct buffer *output, const g2 *point)
{
    g2_affine affine;
    g2_to_affine(&affine, point);
    g2_store_eip2537(buffer_extend(output, EIP2537_G2_LEN), &affine);
    return true;
}

uint64_t bls_g1_add_price(enum evm_rules rules, bytes input)
{
    (void)rules, (void)input;
    return 375;
}

bool bls_g1_add_run(bytes input, struct buffer *output)
{
    g1_affine a, b;
    g1 sum;
    if (input.len != 2 * EIP2537_G1_LEN || !g1_load_eip2537(&a, input.at) ||
        !g1_load_eip2537(&b, input.at + EIP2537_G1_LEN))
        return false;
    g1_from_affine(&sum, &a);
    g1_add_affine(&sum, &sum, &b);
    return put_g1(output, &sum);
}

uint64_t bls_g2_add_price(enum evm_rules rules, bytes input)
{
    (void)rules, (void)input;
    return 600;
}

bool bls_g2_add_run(bytes input, struct buffer *output)
{
    g2_affine a, b;
    g2 sum;
    if (input.len != 2 * EIP2537_G2_LEN || !g2_load_eip2537(&a, input.at) ||
        !g2_load_eip2537(&b, input.at + EIP2537_G2_LEN))
        return false;
    g2_from_affine(&sum, &a);
    g2_add_affine(&sum, &sum, &b);
    return put_g2(output, &sum);
}

/* EIP-2537: "There MUST be a subgroup check" in multiplications and pairings,
 * and none in additions. */
static bool load_g1_in_subgroup(g1_affine *out, const uint8_t *at)
{
    return g1_load_eip2537(out, at) && g1_in_subgroup(out);
}

static bool load_g2_in_subgroup(g2_affine *out, const uint8_t *at)
{
    return g2_load_eip2537(out, at) && g2_in_subgroup(out);
}

uint64_t bls_g1_msm_price(enum evm_rules rules, bytes input)
{
    (void)rules;
    return msm_price(input.len / G1_TERM_LEN, 12000, g1_discount);
}

static bool load_g1_terms(g1_affine *points, u256 *scalars, const uint8_t *at,
                          size_t count)
{
    for (size_t i = 0; i < count; i++, at += G1_TERM_LEN) {
        if (!load_g1_in_subgroup(&points[i], at))
            return false;
        scalars[i] = u256_load_be(at + EIP2537_G1_LEN);
    }
    return true;
}

bool bls_g1_msm_run(bytes input, struct buffer *output)
{
    size_t count = count_items(input, G1_TERM_LEN);
    if (count == 0)
        return false;
    g1_affine *points = memory_alloc(count * sizeof *points);
    u256 *scalars = memory_alloc(count * sizeof *scalars);
    bool good = load_g1_terms(points, scalars, input.at, count);
    if (good) {
        g1 sum;
        g1_msm(&sum, points, scalars, count);
        put_g1(output, &sum);
    }
    free(points);
    free(scalars);
    return good;
}

uint64_t bls_g2_msm_price(enum evm_rules rules, bytes input)
{
    (void)rules;
    return msm_price(input.len / G2_TERM_LEN, 22500, g2_discount);
}

static bool load_g2_terms(g2_affine *points, u256 *scalars, const uint8_t *at,
                          size_t count)
{
    for (size_t i = 0; i < count; i++, at += G2_TERM_LEN) {
        if (!load_g2_in_subgroup(&points[i], at))
            return false;
        scalars[i] = u256_load_be(at + EIP2537_G2_LEN);
    }
    return true;
}

bool bls_g2_msm_run(bytes input, struct buffer *output)
{
    size_t count = count_items(input, G2_TERM_LEN);
    if (count == 0)
        return false;
    g2_affine *points = memory_alloc(count * sizeof *points);
    u256 *scalars = memory_alloc(count * sizeof *scalars);
    bool good = load_g2_terms(points, scalars, input.at, count);
    if (good) {
        g2 sum;
        g2_msm(&sum, points, scalars, count);
        put_g2(output, &sum);
    }
    free(points);
    free(scalars);
    return good;
}

uint64_t bls_pairing_price(enum evm_rules rules, bytes input)
{
    (void)rules;
    return 37700 + input.len / PAIR_LEN * UINT64_C(32600);
}

static bool load_pairs(g1_affine *p, g2_affine *q, const uint8_t *at,
                       size_t count)
{
    for (size_t i = 0; i < count; i++, at += PAIR_LEN)
        if (!load_g1_in_subgroup(&p[i], at) ||
            !load_g2_in_subgroup(&q[i], at + EIP2537_G1_LEN))
            return false;
    return true;
}

bool bls_pairing_run(bytes input, struct buffer *output)
{
    size_t count = count_items(input, PAIR_LEN);
    if (count == 0)
        return false;
    g1_affine *p = memory_alloc(count * sizeof *p);
    g2_affine *q = memory_alloc(count * sizeof *q);
    bool good = load_pairs(p, q, input.at, count);
    if (good) {
        u256 is_one = u256_from(bls12_pairing_is_one(p, q, count));
        u256_store_be(buffer_extend(output, 32), is_one);
    }
    free(p);
    free(q);
    return good;
}

uint64_t bls_map_fp_price(enum evm_rules rules, bytes input)
{
    (void)rules, (void)input;
    return 5500;
}

bool bls_map_fp_run(bytes input, struct buffer *output)
{
    fp u;
    g1 point;
    if (input.len != EIP2537_FP_LEN || !fp_load_eip2537(&u, input.at))
        return false;
    g1_map(&point, &u);
    return put_g1(output, &point);
}

uint64_t bls_map_fp2_price(enum evm_rules rules, bytes input)
{
    (void)rules, (void)input;
    return 23800;
}

bool bls_map_fp2_run(bytes input, struct buffer *output)
{
    fp2 u;
    g2 point;
    if (input.len != 2 * EIP2537_FP_LEN || !fp2_load_eip2537(&u, input.at))
        return false;
    g2_map(&point, &u);
    return put_g2(output, &point);
}

uint64_t point_evaluation_price(enum evm_rules rules, bytes input)
{
    (void)rules, (void)input;
    return 50000;
}

/* EIP-4844: versioned hash (32), z (32), y (32), commitment (48), proof
 * (48). */
#define POINT_EVALUATION_LEN 192
#define VERSIONED_HASH_VERSION_KZG 1
#define FIELD_ELEMENTS_PER_BLOB 4096

static bool hash_fits(const uint8_t versioned[32], bytes commitment)
{
    hash32 hash = sha256(commitment);
    hash.at[0] = VERSIONED_HASH_VERSION_KZG;
    return memcmp(hash.at, versioned, sizeof hash.at) == 0;
}

bool point_evaluation_run(bytes input, struct buffer *output)
{
    const uint8_t *at = input.at;
    if (input.len != POINT_EVALUATION_LEN ||
        !hash_fits(at, bytes_of(at + 96, G1_COMPRESSED_LEN)) ||
        !kzg_verify_proof(at + 96, at + 32, at + 64, at + 144))
        return false;
    uint8_t *out = buffer_extend(output, 64);
    u256_store_be(out, u256_from(FIELD_ELEMENTS_PER_BLOB));
    u256_store_be(out + 32, BLS12_ORDER);
    return true;
}
