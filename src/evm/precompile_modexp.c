#include "evm/precompile_modexp.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/u256.h"
#include "crypto/modexp.h"

#define MODEXP_BYTES_MAX 1024 /* EIP-7823 */

struct lengths {
    uint64_t base, exponent, modulus; /* bytes; UINT64_MAX: or more */
};

static u256 read_word(bytes input, uint64_t offset, uint64_t len)
{
    uint8_t at[32] = {0};
    for (uint64_t i = 0; i < len && offset + i < input.len; i++)
        at[i] = input.at[offset + i];
    return u256_shr(u256_load_be(at), 8 * (32 - len));
}

static struct lengths read_lengths(bytes input)
{
    return (struct lengths){
        u256_clamp_u64(read_word(input, 0, 32)),
        u256_clamp_u64(read_word(input, 32, 32)),
        u256_clamp_u64(read_word(input, 64, 32)),
    };
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Products and sums that stay at UINT64_MAX once they get there. */
static uint64_t saturated(u128 value)
{
    return value > UINT64_MAX ? UINT64_MAX : (uint64_t)value;
}

/* Numbers longer than this cost more than 10^9 gas under every rule and are
 * refused, unless there is nothing to compute. */
#define LENGTH_MAX (UINT64_C(1) << 32)

static uint64_t complexity_eip_198(uint64_t len)
{
    u128 x = len;
    if (len <= 64)
        return saturated(x * x);
    if (len <= 1024)
        return saturated(x * x / 4 + 96 * x - 3072);
    return saturated(x * x / 16 + 480 * x - 199680);
}

static uint64_t complexity_eip_2565(uint64_t len)
{
    u128 words = (len + 7) / 8;
    return saturated(words * words);
}

static uint64_t complexity_eip_7883(uint64_t len)
{
    return len <= 32 ? 16 : saturated((u128)2 * complexity_eip_2565(len));
}

static const struct modexp_rules {
    uint64_t (*complexity)(uint64_t len);
    uint64_t byte_factor, divisor, least;
} eip_198 = {complexity_eip_198, 8, 20, 0},
  eip_2565 = {complexity_eip_2565, 8, 3, 200},
  eip_7883 = {complexity_eip_7883, 16, 1, 500};

/* The exponent's length in bits less one, as its first 32 bytes show it and
 * its further bytes are counted. */
static uint64_t iterations(bytes input, const struct lengths *len,
                           uint64_t byte_factor)
{
    uint64_t at = saturated((u128)96 + len->base);
    u256 head = U256_ZERO;
    if (at < input.len && len->exponent)
        head = read_word(input, at, min_u64(len->exponent, 32));
    uint64_t count = u256_bits(head);
    if (count)
        count--;
    if (len->exponent > 32)
        count += byte_factor * (len->exponent - 32);
    return count ? count : 1;
}

uint64_t modexp_price(enum evm_rules rules, bytes input)
{
    const struct modexp_rules *is = rules >= EVM_OSAKA    ? &eip_7883
                                    : rules >= EVM_BERLIN ? &eip_2565
                                                          : &eip_198;
    struct lengths len = read_lengths(input);
    uint64_t longest = len.base > len.modulus ? len.base : len.modulus;
    if (rules >= EVM_OSAKA &&
        (longest > MODEXP_BYTES_MAX || len.exponent > MODEXP_BYTES_MAX))
        return UINT64_MAX;
    if (longest == 0 && rules < EVM_OSAKA) /* EIP-7883: never for nothing */
        return is->least;
    if (longest > LENGTH_MAX || len.exponent > LENGTH_MAX)
        return UINT64_MAX;
    u128 work = (u128)is->complexity(longest) *
                iterations(input, &len, is->byte_factor);
    uint64_t price = saturated(work / is->divisor);
    return price > is->least ? price : is->least;
}

/* The part of the input, followed by zeros in `room` where it is cut off. */
static bytes part(uint8_t *room, bytes input, uint64_t offset, uint64_t len)
{
    uint64_t have = offset < input.len ? input.len - offset : 0;
    if (have >= len)
        return bytes_of(input.at + offset, len);
    if (have)
        memcpy(room, input.at + offset, have);
    memset(room + have, 0, len - have);
    return bytes_of(room, len);
}

/* A number that lies wholly beyond the input is zero whatever its length. */
static uint64_t length_that_matters(bytes input, uint64_t offset, uint64_t len)
{
    return offset < input.len ? len : 0;
}

bool modexp_run(bytes input, struct buffer *output)
{
    struct lengths len = read_lengths(input);
    if (len.modulus == 0)
        return true;
    uint64_t exponent_at = 96 + len.base;
    uint64_t modulus_at = exponent_at + len.exponent;
    /* An exponent of zeros costs next to nothing at any length. */
    uint64_t exponent_len = length_that_matters(input, exponent_at,
                                                len.exponent);
    uint8_t *room = memory_alloc(len.base + exponent_len + len.modulus);
    bytes base = part(room, input, 96, len.base);
    bytes exponent = part(room + len.base, input, exponent_at, exponent_len);
    bytes modulus = part(room + len.base + exponent_len, input, modulus_at,
                         len.modulus);
    modexp(buffer_extend(output, len.modulus), base, exponent, modulus);
    free(room);
    return true;
}
