#pragma once
/* Where a jump leads whose target is only known when it is taken. */
#include "evm/frame.h"
#include "evm/translation.h"

/* The block's record, or one that fails the frame. */
static inline const uint64_t *jump_target(const struct frame *frame,
                                          const u256 *target)
{
    const struct translation *translation = frame->analysed->translation;
    uint32_t entry = 0;
    if (LIKELY(u256_fits_u64(*target) && target->limb[0] < frame->code.len))
        entry = translation->entries[target->limb[0]];
    return translation->words + entry;
}
