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

static uint8_t *lower(uint8_t *a, uint8_t *b)
{
    return a < b ? a : b;
}

/* Zeroes up to `end` and, as more will be asked for, some way beyond. */
NO_INLINE static void clean(struct evm *evm, uint8_t *end, uint64_t beyond)
{
    uint8_t *to = lower(end + beyond, evm->memory + evm->memory_reserved);
    if (evm->memory_clean < evm->memory_dirty)
        memset(evm->memory_clean, 0,
               (size_t)(lower(to, evm->memory_dirty) - evm->memory_clean));
    evm->memory_clean = to;
    if (evm->memory_dirty < to)
        evm->memory_dirty = to;
}

#define CLEAN_BEYOND_MAX UINT64_C(4096)

bool frame_grow(struct frame *frame, uint64_t size)
{
    struct evm *evm = frame->evm;
    if (size > evm->memory_reserved - (uint64_t)(frame->memory - evm->memory))
        return false;
    if (!frame_charge(frame, memory_gas(size) - memory_gas(frame->memory_size)))
        return false;
    uint8_t *end = frame->memory + size;
    if (UNLIKELY(end > evm->memory_clean))
        clean(evm, end, size < CLEAN_BEYOND_MAX ? size : CLEAN_BEYOND_MAX);
    frame->memory_size = size;
    frame->memory_words = size - 31;
    return true;
}

bool frame_reach(struct frame *frame, const u256 *offset, const u256 *len)
{
    uint64_t size = memory_size_for(offset, len);
    return size <= frame->memory_size || frame_grow(frame, size);
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
    if (evm_must_end(evm))
        return false;
    if (evm->rules < EVM_BERLIN ||
        evm->host->ops->access_account(evm->host, who))
        return true;
    return frame_charge(frame, GAS_COLD_ACCOUNT - GAS_WARM);
}
