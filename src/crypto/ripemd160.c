/* Two lines of five rounds of sixteen steps over the same block, the left with
 * its functions in order and the right in reverse, added crosswise. */
#include "base/attributes.h"
#include "crypto/digest.h"

struct line {
    uint32_t a, b, c, d, e;
};

static const uint8_t left_word[80] = {
    0,  1, 2,  3, 4,  5,  6, 7,  8, 9,  10, 11, 12, 13, 14, 15, 7,  4,  13, 1,
    10, 6, 15, 3, 12, 0,  9, 5,  2, 14, 11, 8,  3,  10, 14, 4,  9,  15, 8,  1,
    2,  7, 0,  6, 13, 11, 5, 12, 1, 9,  11, 10, 0,  8,  12, 4,  13, 3,  7,  15,
    14, 5, 6,  2, 4,  0,  5, 9,  7, 12, 2,  10, 14, 1,  3,  8,  11, 6,  15, 13,
};

static const uint8_t right_word[80] = {
    5,  14, 7,  0,  9,  2,  11, 4,  13, 6, 15, 8, 1,  10, 3,  12, 6, 11, 3, 7,
    0,  13, 5,  10, 14, 15, 8,  12, 4,  9, 1,  2, 15, 5,  1,  3,  7, 14, 6, 9,
    11, 8,  12, 2,  10, 0,  4,  13, 8,  6, 4,  1, 3,  11, 15, 0,  5, 12, 2, 13,
    9,  7,  10, 14, 12, 15, 10, 4,  1,  5, 8,  7, 6,  2,  13, 14, 0, 3,  9, 11,
};

static const uint8_t left_turn[80] = {
    11, 14, 15, 12, 5,  8,  7,  9,  11, 13, 14, 15, 6,  7,  9,  8,
    7,  6,  8,  13, 11, 9,  7,  15, 7,  12, 15, 9,  11, 7,  13, 12,
    11, 13, 6,  7,  14, 9,  13, 15, 14, 8,  13, 6,  5,  12, 7,  5,
    11, 12, 14, 15, 14, 15, 9,  8,  9,  14, 5,  6,  8,  6,  5,  12,
    9,  15, 5,  11, 6,  8,  13, 12, 5,  12, 13, 14, 11, 8,  5,  6,
};

static const uint8_t right_turn[80] = {
    8,  9,  9,  11, 13, 15, 15, 5,  7,  7,  8,  11, 14, 14, 12, 6,
    9,  13, 15, 7,  12, 8,  9,  11, 7,  7,  12, 7,  6,  15, 13, 11,
    9,  7,  15, 11, 8,  6,  6,  14, 12, 13, 5,  14, 13, 13, 7,  5,
    15, 5,  8,  11, 14, 14, 6,  14, 6,  9,  12, 9,  12, 5,  15, 8,
    8,  5,  12, 9,  12, 5,  14, 6,  8,  13, 6,  5,  15, 13, 11, 11,
};

static const uint32_t left_constant[5] = {0, 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc,
                                          0xa953fd4e};
static const uint32_t right_constant[5] = {0x50a28be6, 0x5c4dd124, 0x6d703ef3,
                                           0x7a6d76e9, 0};

static ALWAYS_INLINE uint32_t rotate(uint32_t value, unsigned left)
{
    return value << left | value >> (-left & 31);
}

/* The function of round 0 to 4. */
static ALWAYS_INLINE uint32_t mix(unsigned which, uint32_t x, uint32_t y,
                                  uint32_t z)
{
    return which == 0   ? x ^ y ^ z
           : which == 1 ? (x & y) | (~x & z)
           : which == 2 ? (x | ~y) ^ z
           : which == 3 ? (x & z) | (y & ~z)
                        : x ^ (y | ~z);
}

static ALWAYS_INLINE void step(struct line *at, unsigned which, uint32_t input,
                               unsigned turn)
{
    uint32_t sum = at->a + mix(which, at->b, at->c, at->d) + input;
    uint32_t new_b = rotate(sum, turn) + at->e;
    *at = (struct line){at->e, new_b, at->b, rotate(at->c, 10), at->d};
}

/* Sixteen steps of both lines, which the processor runs side by side. */
static ALWAYS_INLINE void sixteen(struct line *left, struct line *right,
                                  const uint32_t *block, unsigned round)
{
    UNROLL
    for (unsigned i = 16 * round; i < 16 * round + 16; i++) {
        step(left, round, block[left_word[i]] + left_constant[round],
             left_turn[i]);
        step(right, 4 - round, block[right_word[i]] + right_constant[round],
             right_turn[i]);
    }
}

static void compress(uint32_t h[5], const uint8_t *from)
{
    uint32_t block[16];
    for (int i = 0; i < 16; i++)
        block[i] = load_le32(from + 4 * i);
    struct line left = {h[0], h[1], h[2], h[3], h[4]}, right = left;
    sixteen(&left, &right, block, 0);
    sixteen(&left, &right, block, 1);
    sixteen(&left, &right, block, 2);
    sixteen(&left, &right, block, 3);
    sixteen(&left, &right, block, 4);
    uint32_t first = h[1] + left.c + right.d;
    h[1] = h[2] + left.d + right.e;
    h[2] = h[3] + left.e + right.a;
    h[3] = h[4] + left.a + right.b;
    h[4] = h[0] + left.b + right.c;
    h[0] = first;
}

void ripemd160(uint8_t out[20], bytes data)
{
    uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
                     0xc3d2e1f0};
    uint8_t last[128] = {0};
    uint64_t bits = (uint64_t)data.len * 8;
    for (; data.len >= 64; data.at += 64, data.len -= 64)
        compress(h, data.at);
    if (data.len)
        memcpy(last, data.at, data.len);
    last[data.len] = 0x80;
    size_t blocks = data.len < 56 ? 1 : 2;
    store_le64(last + 64 * blocks - 8, bits);
    for (size_t i = 0; i < blocks; i++)
        compress(h, last + 64 * i);
    for (int i = 0; i < 5; i++)
        store_le32(out + 4 * i, h[i]);
}
