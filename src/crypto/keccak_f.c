/* One round takes the state from one array to another, a row at a time, and
 * two rounds bring it back. Columns' parities and one row are what fits the
 * registers: MEMORY_IS_CURRENT() keeps compilers from holding more, which they
 * would only spill. It makes 185 instructions a round out of 240. */
#include "crypto/keccak_f.h"

#include "base/cpu.h"

const uint64_t keccak_round_constant[KECCAK_ROUNDS] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a,
    0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
    0x8000000080008081, 0x8000000000008009, 0x000000000000008a,
    0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
    0x000000000000800a, 0x800000008000000a, 0x8000000080008081,
    0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

#define MEMORY_IS_CURRENT(state) \
    __asm__("" : "+m"(*(uint64_t(*)[KECCAK_LANES])(state)))

static ALWAYS_INLINE uint64_t rotate(uint64_t lane, unsigned left)
{
    return lane << left | lane >> (-left & 63);
}

/* Lane x of row y after theta, rho and pi; d is theta's effect on columns. */
static ALWAYS_INLINE uint64_t moved(const uint64_t *in, const uint64_t *d,
                                    unsigned x, unsigned y)
{
    unsigned from = (x + 3 * y) % 5;
    return rotate(in[5 * x + from] ^ d[from], keccak_turn[5 * x + from]);
}

static ALWAYS_INLINE void row(uint64_t *out, const uint64_t *in,
                              const uint64_t *d, unsigned y, uint64_t constant)
{
    uint64_t b0 = moved(in, d, 0, y), b1 = moved(in, d, 1, y),
             b2 = moved(in, d, 2, y), b3 = moved(in, d, 3, y),
             b4 = moved(in, d, 4, y);
    out[5 * y + 0] = b0 ^ (~b1 & b2) ^ constant;
    out[5 * y + 1] = b1 ^ (~b2 & b3);
    out[5 * y + 2] = b2 ^ (~b3 & b4);
    out[5 * y + 3] = b3 ^ (~b4 & b0);
    out[5 * y + 4] = b4 ^ (~b0 & b1);
    MEMORY_IS_CURRENT(out);
}

static ALWAYS_INLINE uint64_t column(const uint64_t *in, unsigned x)
{
    return in[x] ^ in[x + 5] ^ in[x + 10] ^ in[x + 15] ^ in[x + 20];
}

static ALWAYS_INLINE void keccak_round(uint64_t *out, uint64_t *in,
                                       uint64_t constant)
{
    uint64_t c0 = column(in, 0), c1 = column(in, 1), c2 = column(in, 2),
             c3 = column(in, 3), c4 = column(in, 4);
    uint64_t d[5] = {c4 ^ rotate(c1, 1), c0 ^ rotate(c2, 1), c1 ^ rotate(c3, 1),
                     c2 ^ rotate(c4, 1), c3 ^ rotate(c0, 1)};
    row(out, in, d, 0, constant);
    row(out, in, d, 1, 0);
    row(out, in, d, 2, 0);
    row(out, in, d, 3, 0);
    row(out, in, d, 4, 0);
}

static ALWAYS_INLINE void permute(uint64_t state[KECCAK_LANES])
{
    uint64_t odd[KECCAK_LANES];
    for (int i = 0; i < KECCAK_ROUNDS; i += 2) {
        keccak_round(odd, state, keccak_round_constant[i]);
        keccak_round(state, odd, keccak_round_constant[i + 1]);
    }
}

#if LOFT_X86_64
__attribute__((target("bmi,bmi2"))) static void
permute_bmi(uint64_t state[KECCAK_LANES])
{
    permute(state);
}
#endif

void keccak_f(uint64_t state[KECCAK_LANES])
{
#if LOFT_X86_64
    if (cpu_features()->bmi2) {
        permute_bmi(state);
        return;
    }
#endif
    permute(state);
}
