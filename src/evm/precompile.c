#include "evm/precompile.h"

#include "base/assert.h"
#include "crypto/bn254.h"
#include "crypto/digest.h"
#include "crypto/ecdsa.h"
#include "crypto/p256.h"
#include "evm/precompile_bls.h"
#include "evm/precompile_modexp.h"

/* Gas for an input; UINT64_MAX where no gas is enough. */
typedef uint64_t price_of(enum evm_rules rules, bytes input);
/* False: the call fails. Nothing appended is a good, empty output. */
typedef bool run_of(bytes input, struct buffer *output);

/* The len bytes at offset, with zeros beyond the input's end. */
static void read_padded(uint8_t *to, bytes input, size_t offset, size_t len)
{
    size_t have = offset < input.len ? input.len - offset : 0;
    if (have > len)
        have = len;
    if (have)
        memcpy(to, input.at + offset, have);
    memset(to + have, 0, len - have);
}

static uint64_t words_price(bytes input, uint64_t base, uint64_t word)
{
    return base + (input.len + 31) / 32 * word;
}

static uint64_t price_ecrecover(enum evm_rules rules, bytes input)
{
    (void)rules, (void)input;
    return 3000;
}

static bool run_ecrecover(bytes input, struct buffer *output)
{
    uint8_t at[128];
    hash32 digest;
    address signer;
    read_padded(at, input, 0, sizeof at);
    memcpy(digest.at, at, sizeof digest.at);
    u256 v = u256_load_be(at + 32);
    if (!u256_fits_u64(v) || (v.limb[0] != 27 && v.limb[0] != 28))
        return true;
    struct ecdsa_signature signature = {
        .r = u256_load_be(at + 64),
        .s = u256_load_be(at + 96),
        .parity = (uint8_t)(v.limb[0] - 27),
    };
    if (!ecdsa_recover(&signer, &digest, &signature))
        return true;
    memset(buffer_extend(output, 12), 0, 12);
    buffer_put(output, signer.at, sizeof signer.at);
    return true;
}

static uint64_t price_sha256(enum evm_rules rules, bytes input)
{
    (void)rules;
    return words_price(input, 60, 12);
}

static bool run_sha256(bytes input, struct buffer *output)
{
    hash32 hash = sha256(input);
    buffer_put(output, hash.at, sizeof hash.at);
    return true;
}

static uint64_t price_ripemd160(enum evm_rules rules, bytes input)
{
    (void)rules;
    return words_price(input, 600, 120);
}

static bool run_ripemd160(bytes input, struct buffer *output)
{
    uint8_t *out = buffer_extend(output, 32);
    memset(out, 0, 12);
    ripemd160(out + 12, input);
    return true;
}

static uint64_t price_identity(enum evm_rules rules, bytes input)
{
    (void)rules;
    return words_price(input, 15, 3);
}

static bool run_identity(bytes input, struct buffer *output)
{
    buffer_put_bytes(output, input);
    return true;
}

/* EIP-1108 lowers the prices of what EIP-196 and EIP-197 define. */
static uint64_t price_bn254_add(enum evm_rules rules, bytes input)
{
    (void)input;
    return rules >= EVM_ISTANBUL ? 150 : 500;
}

static bool run_bn254_add(bytes input, struct buffer *output)
{
    uint8_t at[2 * BN254_G1_BYTES], point[BN254_G1_BYTES];
    read_padded(at, input, 0, sizeof at);
    if (!bn254_add(point, at))
        return false;
    buffer_put(output, point, sizeof point);
    return true;
}

static uint64_t price_bn254_mul(enum evm_rules rules, bytes input)
{
    (void)input;
    return rules >= EVM_ISTANBUL ? 6000 : 40000;
}

static bool run_bn254_mul(bytes input, struct buffer *output)
{
    uint8_t at[BN254_G1_BYTES + 32], point[BN254_G1_BYTES];
    read_padded(at, input, 0, sizeof at);
    if (!bn254_mul(point, at))
        return false;
    buffer_put(output, point, sizeof point);
    return true;
}

static uint64_t price_bn254_pairing(enum evm_rules rules, bytes input)
{
    uint64_t pairs = input.len / BN254_PAIR_BYTES;
    return rules >= EVM_ISTANBUL ? 45000 + 34000 * pairs
                                 : 100000 + 80000 * pairs;
}

static bool run_bn254_pairing(bytes input, struct buffer *output)
{
    bool is_one;
    if (input.len % BN254_PAIR_BYTES != 0 ||
        !bn254_pairing_check(&is_one, input.at, input.len / BN254_PAIR_BYTES))
        return false;
    uint8_t *out = buffer_extend(output, 32);
    memset(out, 0, 32);
    out[31] = is_one;
    return true;
}

/* EIP-152: rounds (4, big endian), h (64), m (128), t (16), final (1). */
#define BLAKE2F_INPUT_LEN 213

static uint64_t price_blake2f(enum evm_rules rules, bytes input)
{
    (void)rules;
    return input.len == BLAKE2F_INPUT_LEN ? load_be32(input.at) : 0;
}

static void read_words(uint64_t *to, const uint8_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = load_le64(from + 8 * i);
}

static bool run_blake2f(bytes input, struct buffer *output)
{
    uint64_t h[8], m[16], t[2];
    if (input.len != BLAKE2F_INPUT_LEN || input.at[212] > 1)
        return false;
    read_words(h, input.at + 4, 8);
    read_words(m, input.at + 68, 16);
    read_words(t, input.at + 196, 2);
    blake2b_f(h, load_be32(input.at), m, t, input.at[212]);
    uint8_t *out = buffer_extend(output, 64);
    for (int i = 0; i < 8; i++)
        store_le64(out + 8 * i, h[i]);
    return true;
}

static uint64_t price_p256(enum evm_rules rules, bytes input)
{
    (void)rules, (void)input;
    return 6900;
}

static bool run_p256(bytes input, struct buffer *output)
{
    const uint8_t *at = input.at;
    if (input.len != 160 ||
        !p256_verify(at, at + 32, at + 64, at + 96, at + 128))
        return true;
    uint8_t *out = buffer_extend(output, 32);
    memset(out, 0, 32);
    out[31] = 1;
    return true;
}

static const struct precompile {
    uint16_t at;
    uint8_t since;
    price_of *price;
    run_of *run;
} precompiles[] = {
    {0x01, EVM_FRONTIER, price_ecrecover, run_ecrecover},
    {0x02, EVM_FRONTIER, price_sha256, run_sha256},
    {0x03, EVM_FRONTIER, price_ripemd160, run_ripemd160},
    {0x04, EVM_FRONTIER, price_identity, run_identity},
    {0x05, EVM_BYZANTIUM, modexp_price, modexp_run},               /* EIP-198 */
    {0x06, EVM_BYZANTIUM, price_bn254_add, run_bn254_add},         /* EIP-196 */
    {0x07, EVM_BYZANTIUM, price_bn254_mul, run_bn254_mul},         /* EIP-196 */
    {0x08, EVM_BYZANTIUM, price_bn254_pairing, run_bn254_pairing}, /* EIP-197 */
    {0x09, EVM_ISTANBUL, price_blake2f, run_blake2f},              /* EIP-152 */
    {0x0a, EVM_CANCUN, point_evaluation_price,
     point_evaluation_run},                                 /* EIP-4844 */
    {0x0b, EVM_PRAGUE, bls_g1_add_price, bls_g1_add_run},   /* EIP-2537 */
    {0x0c, EVM_PRAGUE, bls_g1_msm_price, bls_g1_msm_run},   /* EIP-2537 */
    {0x0d, EVM_PRAGUE, bls_g2_add_price, bls_g2_add_run},   /* EIP-2537 */
    {0x0e, EVM_PRAGUE, bls_g2_msm_price, bls_g2_msm_run},   /* EIP-2537 */
    {0x0f, EVM_PRAGUE, bls_pairing_price, bls_pairing_run}, /* EIP-2537 */
    {0x10, EVM_PRAGUE, bls_map_fp_price, bls_map_fp_run},   /* EIP-2537 */
    {0x11, EVM_PRAGUE, bls_map_fp2_price, bls_map_fp2_run}, /* EIP-2537 */
    {0x100, EVM_OSAKA, price_p256, run_p256},               /* EIP-7951 */
};

static const struct precompile *find(enum evm_rules rules, const address *who)
{
    static const uint8_t zeros[18];
    if (memcmp(who->at, zeros, sizeof zeros) != 0)
        return NULL;
    unsigned at = load_be16(who->at + 18);
    if (at == 0 || at > EVM_PRECOMPILE_LAST)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(precompiles); i++)
        if (precompiles[i].at == at)
            return precompiles[i].since <= rules ? &precompiles[i] : NULL;
    return NULL;
}

bool evm_is_precompile(enum evm_rules rules, const address *who)
{
    return find(rules, who) != NULL;
}

struct precompile_result precompile_run(enum evm_rules rules,
                                        const address *who, int64_t gas,
                                        bytes input, struct buffer *output)
{
    const struct precompile *is = find(rules, who);
    ASSERT(is);
    uint64_t price = is->price(rules, input);
    if (price > (uint64_t)gas)
        return (struct precompile_result){EVM_OUT_OF_GAS, 0};
    if (!is->run(input, output))
        return (struct precompile_result){EVM_PRECOMPILE_FAILED, 0};
    return (struct precompile_result){EVM_NONE, gas - (int64_t)price};
}
