/* What is read lies in the input within its bounds, and reads the same when
 * it is written again. */
#include <stddef.h>

#include "base/assert.h"
#include "codec/protobuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct sample {
    struct protobuf_number count;
    bytes name;
    struct protobuf_list items;
};

static const struct protobuf_rule rules[] = {
    {1, PROTOBUF_NUMBER, false, offsetof(struct sample, count), UINT64_MAX, 0},
    {2, PROTOBUF_BYTES, false, offsetof(struct sample, name), 100, 0},
    {3, PROTOBUF_LIST, false, offsetof(struct sample, items), 50, 20},
};

static const struct protobuf_shape shape = {rules, ARRAY_LEN(rules),
                                            sizeof(struct sample), "sample"};

static void check_bounds(const struct sample *sample)
{
    ASSERT(sample->name.len <= 100);
    ASSERT(sample->items.len <= 20);
    for (size_t i = 0; i < sample->items.len; i++)
        ASSERT(sample->items.at[i].len <= 50);
}

static void check_same(const struct sample *a, const struct sample *b)
{
    ASSERT(a->count.present == b->count.present);
    ASSERT(a->count.value == b->count.value);
    ASSERT(bytes_equal(a->name, b->name));
    ASSERT(a->items.len == b->items.len);
    for (size_t i = 0; i < a->items.len; i++)
        ASSERT(bytes_equal(a->items.at[i], b->items.at[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena arena;
    struct sample sample, again;
    struct buffer out = {0};
    arena_init(&arena);
    if (protobuf_read(&arena, &sample, &shape, bytes_of(data, len)) ==
        LOFT_OK) {
        check_bounds(&sample);
        protobuf_put(&out, &sample, &shape);
        ASSERT(out.len <= len);
        ASSERT(protobuf_read(&arena, &again, &shape, buffer_bytes(&out)) ==
               LOFT_OK);
        check_same(&sample, &again);
    }
    buffer_free(&out);
    arena_fini(&arena);
    return 0;
}
