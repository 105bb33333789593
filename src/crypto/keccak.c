#include "crypto/keccak.h"

#include "crypto/keccak_f.h"

const hash32 KECCAK_EMPTY = {{0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c,
                              0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03, 0xc0,
                              0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82, 0x27, 0x3b,
                              0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70}};

const hash32 KECCAK_EMPTY_TRIE = {
    {0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45,
     0xe6, 0x92, 0xc0, 0xf8, 0x6e, 0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c,
     0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21}};

static void absorb(uint64_t state[KECCAK_LANES], const uint8_t *block)
{
    UNROLL
    for (int i = 0; i < KECCAK_RATE_LANES; i++)
        state[i] ^= load_le64(block + 8 * i);
    keccak_f(state);
}

/* The bytes after the last whole block, and the padding: a 1 bit, zeros, and
 * a 1 bit at the block's end. */
static void absorb_last(uint64_t state[KECCAK_LANES], bytes rest)
{
    size_t i = 0;
    for (; i < rest.len / 8; i++)
        state[i] ^= load_le64(rest.at + 8 * i);
    uint8_t word[8] = {0};
    size_t tail = rest.len % 8;
    for (size_t j = 0; j < tail; j++)
        word[j] = rest.at[8 * i + j];
    word[tail] = 0x01;
    state[i] ^= load_le64(word);
    state[KECCAK_RATE_LANES - 1] ^= (uint64_t)1 << 63;
    keccak_f(state);
}

hash32 keccak256_finish(uint64_t state[KECCAK_LANES], bytes rest)
{
    for (; rest.len >= KECCAK_RATE;
         rest.at += KECCAK_RATE, rest.len -= KECCAK_RATE)
        absorb(state, rest.at);
    absorb_last(state, rest);
    hash32 out;
    for (int i = 0; i < 4; i++)
        store_le64(out.at + 8 * i, state[i]);
    return out;
}

hash32 keccak256(bytes data)
{
    uint64_t state[KECCAK_LANES] = {0};
    return keccak256_finish(state, data);
}
