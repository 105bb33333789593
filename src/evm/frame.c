#include "evm/frame.h"

#include "base/memory.h"
#include "evm/gas.h"
#include "evm/jumpdests.h"

uint64_t memory_size_for(const u256 *offset, const u256 *len)
{
    if (u256_is_zero(*len))
        return 0;
    uint64_t from = u256_clamp_u64(*offset), more = u256_clamp_u64(*len);
    if (from > EVM_MEMORY_BYTES_MAX || more > EVM_MEMORY_BYTES_MAX)
        return UINT64_MAX;
    return (from + more + 31) & ~UINT64_C(31);
}

/* The memory between the old size and the new is zero from then on. */
static void grow(struct frame *frame, uint64_t size)
{
    struct evm *evm = frame->evm;
    uint8_t *old_end = frame->memory + frame->memory_size;
    uint8_t *dirty_end = evm->memory + evm->memory_dirty;
    uint8_t *end = frame->memory + size;
    if (old_end < dirty_end)
        memset(old_end, 0,
               (size_t)((end < dirty_end ? end : dirty_end) - old_end));
    if (end > dirty_end)
        evm->memory_dirty = (uint64_t)(end - evm->memory);
    frame->memory_size = size;
    frame->memory_words = size - 31;
}

bool frame_reach(struct frame *frame, const u256 *offset, const u256 *len)
{
    uint64_t size = memory_size_for(offset, len);
    if (size <= frame->memory_size)
        return true;
    struct evm *evm = frame->evm;
    uint64_t below = (uint64_t)(frame->memory - evm->memory);
    if (size > evm->memory_reserved - below)
        return false;
    if (!frame_charge(frame, memory_gas(size) - memory_gas(frame->memory_size)))
        return false;
    grow(frame, size);
    return true;
}

/* Kept with code that is kept, else for as long as the frame runs. */
static const uint8_t *find_jumpdests(struct frame *frame)
{
    size_t len = jumpdests_size(frame->code.len);
    uint8_t *bits;
    if (frame->analysed) {
        bits = frame->analysed->jumpdests = memory_alloc(len);
        code_cache_grown(&frame->evm->cache, frame->analysed, len);
    } else {
        frame->own_jumpdests.len = 0;
        bits = buffer_extend(&frame->own_jumpdests, len);
    }
    jumpdests_find(bits, frame->code);
    return bits;
}

bool frame_is_jumpdest(struct frame *frame, uint64_t pc)
{
    if (pc >= frame->code.len)
        return false;
    if (!frame->jumpdests && frame->analysed)
        frame->jumpdests = frame->analysed->jumpdests;
    if (!frame->jumpdests)
        frame->jumpdests = find_jumpdests(frame);
    return frame->jumpdests[pc / 8] >> (pc % 8) & 1;
}

bool frame_access_account(struct frame *frame, const address *who)
{
    struct evm *evm = frame->evm;
    if (evm->rules < EVM_BERLIN ||
        evm->host->ops->access_account(evm->host, who))
        return true;
    return frame_charge(frame, GAS_COLD_ACCOUNT - GAS_WARM);
}
