/* Four states side by side. They overflow AVX2's 16 registers, and still a
 * hash costs less than half of what it costs alone. */
#include "base/attributes.h"

#if LOFT_X86_64
#define KECCAK_WIDTH 4
#define KECCAK_TARGET __attribute__((target("avx2")))
#include "crypto/keccak_wide.h"

KECCAK_TARGET void keccak_avx2_step(uint64_t *states, const uint64_t *blocks,
                                    const uint64_t *keep)
{
    keccak_wide_permute(states, blocks, keep);
}
#endif
