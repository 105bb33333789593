/* Eight states are 25 of the 32 vector registers of AVX-512. */
#include "base/attributes.h"

#if LOFT_X86_64
#define KECCAK_WIDTH 8
#define KECCAK_TARGET __attribute__((target("avx512f")))
#include "crypto/keccak_wide.h"

KECCAK_TARGET void keccak_avx512_step(uint64_t *states, const uint64_t *blocks,
                                      const uint64_t *keep)
{
    keccak_wide_permute(states, blocks, keep);
}
#endif
