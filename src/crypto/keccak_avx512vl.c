/* Four states in AVX-512's registers of 256 bits, of which there are 32, too:
 * three quarters of what eight cost, for batches of two to four. */
#include "base/attributes.h"

#if LOFT_X86_64
#define KECCAK_WIDTH 4
#define KECCAK_TARGET __attribute__((target("avx512f,avx512vl")))
#include "crypto/keccak_wide.h"

KECCAK_TARGET void keccak_avx512vl_step(uint64_t *states,
                                        const uint64_t *blocks,
                                        const uint64_t *keep)
{
    keccak_wide_permute(states, blocks, keep);
}
#endif
