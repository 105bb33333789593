#pragma once
/* Keccak-f[1600] on several states side by side, for a file that says how
 * many and on what processor before it includes this one. The code is plain
 * arithmetic on vectors: where there are instructions for rotations and for
 * functions of three lanes, compilers find them.
 *
 *     #define KECCAK_WIDTH 8
 *     #define KECCAK_TARGET __attribute__((target("avx512f")))
 */
#include "crypto/keccak_f.h"

#ifndef KECCAK_WIDTH
#define KECCAK_WIDTH 2
#define KECCAK_TARGET
#endif

typedef uint64_t keccak_vector __attribute__((vector_size(8 * KECCAK_WIDTH)));

KECCAK_TARGET static ALWAYS_INLINE keccak_vector
keccak_wide_load(const uint64_t *from)
{
    keccak_vector out;
    memcpy(&out, from, sizeof out);
    return out;
}

KECCAK_TARGET static ALWAYS_INLINE keccak_vector
keccak_wide_rotate(keccak_vector lanes, unsigned left)
{
    return left == 0 ? lanes : lanes << left | lanes >> (64 - left);
}

KECCAK_TARGET static ALWAYS_INLINE keccak_vector
keccak_wide_parity(const keccak_vector *a, unsigned x)
{
    return a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
}

/* Adds to a column the parities of its neighbours. */
KECCAK_TARGET static ALWAYS_INLINE void keccak_wide_theta(keccak_vector *a,
                                                          unsigned x,
                                                          keccak_vector left,
                                                          keccak_vector right)
{
    right = keccak_wide_rotate(right, 1);
    a[x] ^= left ^ right;
    a[x + 5] ^= left ^ right;
    a[x + 10] ^= left ^ right;
    a[x + 15] ^= left ^ right;
    a[x + 20] ^= left ^ right;
}

/* Lane x of row y after rho and pi. */
KECCAK_TARGET static ALWAYS_INLINE keccak_vector
keccak_wide_moved(const keccak_vector *in, unsigned x, unsigned y)
{
    unsigned from = 5 * x + (x + 3 * y) % 5;
    return keccak_wide_rotate(in[from], keccak_turn[from]);
}

/* Row y after rho, pi and chi. */
KECCAK_TARGET static ALWAYS_INLINE void
keccak_wide_row(keccak_vector *out, const keccak_vector *in, unsigned y)
{
    keccak_vector b0 = keccak_wide_moved(in, 0, y),
                  b1 = keccak_wide_moved(in, 1, y),
                  b2 = keccak_wide_moved(in, 2, y),
                  b3 = keccak_wide_moved(in, 3, y),
                  b4 = keccak_wide_moved(in, 4, y);
    out[5 * y + 0] = b0 ^ (~b1 & b2);
    out[5 * y + 1] = b1 ^ (~b2 & b3);
    out[5 * y + 2] = b2 ^ (~b3 & b4);
    out[5 * y + 3] = b3 ^ (~b4 & b0);
    out[5 * y + 4] = b4 ^ (~b0 & b1);
}

KECCAK_TARGET static ALWAYS_INLINE void
keccak_wide_round(keccak_vector *out, keccak_vector *in, uint64_t constant)
{
    keccak_vector c0 = keccak_wide_parity(in, 0),
                  c1 = keccak_wide_parity(in, 1),
                  c2 = keccak_wide_parity(in, 2),
                  c3 = keccak_wide_parity(in, 3),
                  c4 = keccak_wide_parity(in, 4);
    keccak_wide_theta(in, 0, c4, c1);
    keccak_wide_theta(in, 1, c0, c2);
    keccak_wide_theta(in, 2, c1, c3);
    keccak_wide_theta(in, 3, c2, c4);
    keccak_wide_theta(in, 4, c3, c0);
    keccak_wide_row(out, in, 0);
    keccak_wide_row(out, in, 1);
    keccak_wide_row(out, in, 2);
    keccak_wide_row(out, in, 3);
    keccak_wide_row(out, in, 4);
    out[0] ^= constant;
}

/* What keccak_wide_step is. */
KECCAK_TARGET static ALWAYS_INLINE void
keccak_wide_permute(uint64_t *states, const uint64_t *blocks,
                    const uint64_t *keep)
{
    keccak_vector even[KECCAK_LANES], odd[KECCAK_LANES];
    keccak_vector kept = keccak_wide_load(keep);
    UNROLL
    for (int i = 0; i < KECCAK_LANES; i++)
        even[i] = keccak_wide_load(states + KECCAK_WIDTH * i) & kept;
    UNROLL
    for (int i = 0; i < KECCAK_RATE_LANES; i++)
        even[i] ^= keccak_wide_load(blocks + KECCAK_WIDTH * i);
    for (int i = 0; i < KECCAK_ROUNDS; i += 2) {
        keccak_wide_round(odd, even, keccak_round_constant[i]);
        keccak_wide_round(even, odd, keccak_round_constant[i + 1]);
    }
    UNROLL
    for (int i = 0; i < KECCAK_LANES; i++)
        memcpy(states + KECCAK_WIDTH * i, even + i, sizeof even[i]);
}
