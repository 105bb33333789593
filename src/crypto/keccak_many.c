/* Each lane of a wide permutation works through one input, block by block, and
 * takes the next input when it is done, so that inputs of unequal lengths do
 * not wait for each other. When the inputs run out, what is left in the lanes
 * is finished one by one, as a wide permutation costs two or three single
 * ones. */
#include "base/cpu.h"
#include "crypto/keccak.h"
#include "crypto/keccak_f.h"

struct lane {
    bytes rest;
    hash32 *out;
    bool busy;    /* with an input that is not finished */
    bool is_last; /* the block just given was its last */
};

struct lanes {
    struct keccak_width width;
    struct lane lane[KECCAK_WIDE_MAX];
    size_t busy;
    _Alignas(64) uint64_t states[KECCAK_LANES * KECCAK_WIDE_MAX];
    _Alignas(64) uint64_t blocks[KECCAK_RATE_LANES * KECCAK_WIDE_MAX];
    _Alignas(64) uint64_t keep[KECCAK_WIDE_MAX];
};

#if LOFT_X86_64
static const struct keccak_width AVX512 = {"avx512", 8, 3, keccak_avx512_step},
                                 AVX512VL = {"avx512vl", 4, 2,
                                             keccak_avx512vl_step},
                                 AVX2 = {"avx2", 4, 3, keccak_avx2_step};

size_t keccak_widths(const struct keccak_width *out[KECCAK_WIDTHS_MAX])
{
    size_t count = 0;
    if (cpu_features()->avx512) {
        out[count++] = &AVX512;
        out[count++] = &AVX512VL;
    }
    if (cpu_features()->avx2)
        out[count++] = &AVX2;
    return count;
}

/* NULL: so few are hashed one by one. */
static const struct keccak_width *width_for(size_t count)
{
    const struct cpu_features *cpu = cpu_features();
    if (cpu->avx512 && count > AVX512VL.lanes)
        return &AVX512;
    if (cpu->avx512)
        return count >= AVX512VL.least ? &AVX512VL : NULL;
    return cpu->avx2 && count >= AVX2.least ? &AVX2 : NULL;
}
#else
size_t keccak_widths(const struct keccak_width *out[KECCAK_WIDTHS_MAX])
{
    (void)out;
    return 0;
}

static const struct keccak_width *width_for(size_t count)
{
    (void)count;
    return NULL;
}
#endif

/* The last bytes, the padding's first bit, zeros and the padding's last. */
static void give_last_block(uint64_t *to, size_t stride, bytes rest)
{
    uint8_t word[8] = {0};
    size_t i = 0;
    for (; 8 * i + 8 <= rest.len; i++)
        to[stride * i] = load_le64(rest.at + 8 * i);
    for (size_t j = 8 * i; j < rest.len; j++)
        word[j % 8] = rest.at[j];
    word[rest.len % 8] = 0x01;
    to[stride * i] = load_le64(word);
    while (++i < KECCAK_RATE_LANES)
        to[stride * i] = 0;
    to[stride * (KECCAK_RATE_LANES - 1)] |= (uint64_t)1 << 63;
}

static void give_block(struct lanes *lanes, size_t j)
{
    struct lane *lane = &lanes->lane[j];
    uint64_t *to = lanes->blocks + j;
    size_t stride = lanes->width.lanes;
    lane->is_last = lane->rest.len < KECCAK_RATE;
    if (lane->is_last) {
        give_last_block(to, stride, lane->rest);
        return;
    }
    for (size_t i = 0; i < KECCAK_RATE_LANES; i++)
        to[stride * i] = load_le64(lane->rest.at + 8 * i);
    lane->rest.at += KECCAK_RATE;
    lane->rest.len -= KECCAK_RATE;
}

static void take_hash(struct lanes *lanes, size_t j)
{
    for (size_t i = 0; i < 4; i++)
        store_le64(lanes->lane[j].out->at + 8 * i,
                   lanes->states[lanes->width.lanes * i + j]);
    lanes->lane[j].busy = false;
    lanes->busy--;
}

/* One block of every busy lane. An idle lane permutes what lies there. */
static void step(struct lanes *lanes)
{
    for (size_t j = 0; j < lanes->width.lanes; j++)
        if (lanes->lane[j].busy)
            give_block(lanes, j);
    lanes->width.step(lanes->states, lanes->blocks, lanes->keep);
    for (size_t j = 0; j < lanes->width.lanes; j++) {
        lanes->keep[j] = UINT64_MAX;
        if (lanes->lane[j].busy && lanes->lane[j].is_last)
            take_hash(lanes, j);
    }
}

/* Finishes alone what a lane has begun. */
static void finish(struct lanes *lanes, size_t j)
{
    uint64_t state[KECCAK_LANES];
    for (size_t i = 0; i < KECCAK_LANES; i++)
        state[i] = lanes->states[lanes->width.lanes * i + j] & lanes->keep[j];
    *lanes->lane[j].out = keccak256_finish(state, lanes->lane[j].rest);
}

static void fill(struct lanes *lanes, hash32 **out, const bytes **data,
                 size_t *count)
{
    for (size_t j = 0; j<lanes->width.lanes && * count> 0; j++) {
        if (lanes->lane[j].busy)
            continue;
        lanes->lane[j] = (struct lane){*(*data)++, (*out)++, true, false};
        lanes->keep[j] = 0;
        lanes->busy++;
        --*count;
    }
}

void keccak256_many_by(const struct keccak_width *width, hash32 *out,
                       const bytes *data, size_t count)
{
    struct lanes lanes;
    lanes.width = *width;
    lanes.busy = 0;
    memset(lanes.lane, 0, sizeof lanes.lane);
    memset(lanes.keep, 0, sizeof lanes.keep);
    memset(lanes.states, 0, sizeof lanes.states);
    memset(lanes.blocks, 0, sizeof lanes.blocks);
    fill(&lanes, &out, &data, &count);
    while (lanes.busy >= width->least) {
        step(&lanes);
        fill(&lanes, &out, &data, &count);
    }
    for (size_t j = 0; j < width->lanes; j++)
        if (lanes.lane[j].busy)
            finish(&lanes, j);
}

void keccak256_many(hash32 *out, const bytes *data, size_t count)
{
    const struct keccak_width *width;
    while ((width = width_for(count))) {
        /* What would leave half of the lanes idle goes by itself. */
        size_t rest = count > width->lanes ? count % width->lanes : 0;
        size_t some = rest <= width->lanes / 2 ? count - rest : count;
        keccak256_many_by(width, out, data, some);
        out += some;
        data += some;
        count -= some;
    }
    for (size_t i = 0; i < count; i++)
        out[i] = keccak256(data[i]);
}
