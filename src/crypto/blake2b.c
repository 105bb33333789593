#include "base/attributes.h"
#include "base/cpu.h"
#include "crypto/blake2b_rounds.h"
#include "crypto/digest.h"

static const uint64_t initial[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
    0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
    0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static ALWAYS_INLINE uint64_t rotate(uint64_t value, unsigned right)
{
    return value >> right | value << (64 - right);
}

static ALWAYS_INLINE void mix(uint64_t *v, unsigned a, unsigned b, unsigned c,
                              unsigned d, uint64_t x, uint64_t y)
{
    v[a] = (v[a] + x) + v[b];
    v[d] = rotate(v[d] ^ v[a], 32);
    v[c] += v[d];
    v[b] = rotate(v[b] ^ v[c], 24);
    v[a] = (v[a] + y) + v[b];
    v[d] = rotate(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = rotate(v[b] ^ v[c], 63);
}

static ALWAYS_INLINE void one_round(uint64_t *v, const uint64_t *m,
                                    unsigned number)
{
    const uint8_t *at = blake2b_schedule[number];
    mix(v, 0, 4, 8, 12, m[at[0]], m[at[1]]);
    mix(v, 1, 5, 9, 13, m[at[2]], m[at[3]]);
    mix(v, 2, 6, 10, 14, m[at[4]], m[at[5]]);
    mix(v, 3, 7, 11, 15, m[at[6]], m[at[7]]);
    mix(v, 0, 5, 10, 15, m[at[8]], m[at[9]]);
    mix(v, 1, 6, 11, 12, m[at[10]], m[at[11]]);
    mix(v, 2, 7, 8, 13, m[at[12]], m[at[13]]);
    mix(v, 3, 4, 9, 14, m[at[14]], m[at[15]]);
}

/* Ten rounds in a row, each with its schedule as constants; the entry that
 * ends first leaves the row. */
void blake2b_rounds_portable(uint64_t v[16], const uint64_t m[16],
                             uint32_t rounds)
{
#define ROUND(number)  \
    if (rounds-- == 0) \
        return;        \
    one_round(v, m, number)
    for (;;) {
        ROUND(0);
        ROUND(1);
        ROUND(2);
        ROUND(3);
        ROUND(4);
        ROUND(5);
        ROUND(6);
        ROUND(7);
        ROUND(8);
        ROUND(9);
    }
#undef ROUND
}

static void run(uint64_t v[16], const uint64_t m[16], uint32_t rounds)
{
#if LOFT_X86_64
    if (cpu_features()->avx2) {
        blake2b_rounds_avx2(v, m, rounds);
        return;
    }
#endif
    blake2b_rounds_portable(v, m, rounds);
}

void blake2b_f(uint64_t h[8], uint32_t rounds, const uint64_t m[16],
               const uint64_t t[2], bool final)
{
    uint64_t v[16];
    memcpy(v, h, 8 * sizeof *v);
    memcpy(v + 8, initial, 8 * sizeof *v);
    v[12] ^= t[0];
    v[13] ^= t[1];
    if (final)
        v[14] = ~v[14];
    run(v, m, rounds);
    for (int i = 0; i < 8; i++)
        h[i] ^= v[i] ^ v[i + 8];
}
