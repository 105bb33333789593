/* What is accepted has one encoding: written again, it is the same bytes. */
#include <stdint.h>

#include "base/assert.h"
#include "codec/rlp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Copies well-formed items one by one. */
static void copy_items(struct buffer *out, bytes items)
{
    size_t count;
    ASSERT(rlp_count(&count, items) == LOFT_OK);
    for (size_t i = 0; i < count; i++) {
        bytes payload;
        bool is_list;
        ASSERT(rlp_read_item(&payload, &is_list, &items) == LOFT_OK);
        if (!is_list) {
            rlp_put_bytes(out, payload);
            continue;
        }
        size_t opened = rlp_open(out);
        copy_items(out, payload);
        rlp_close(out, opened);
    }
    ASSERT(rlp_read_end(items) == LOFT_OK);
}

/* Integers that are accepted are written as they were read. */
static void copy_integers(bytes input)
{
    struct buffer out = {0};
    uint64_t small = 0;
    u256 big;
    bytes rest = input;
    if (rlp_read_u64(&small, &rest) == LOFT_OK) {
        rlp_put_u64(&out, small);
        ASSERT(bytes_equal(buffer_bytes(&out),
                           bytes_of(input.at, (size_t)(rest.at - input.at))));
    } else {
        ASSERT(rest.at == input.at && rest.len == input.len && small == 0);
    }
    rest = input;
    out.len = 0;
    if (rlp_read_u256(&big, &rest) == LOFT_OK) {
        rlp_put_u256(&out, big);
        ASSERT(bytes_equal(buffer_bytes(&out),
                           bytes_of(input.at, (size_t)(rest.at - input.at))));
    }
    buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    bytes input = bytes_of(data, len);
    copy_integers(input);
    if (rlp_check(input) == LOFT_OK) {
        struct buffer out = {0};
        copy_items(&out, input);
        ASSERT(bytes_equal(buffer_bytes(&out), input));
        buffer_free(&out);
    }
    return 0;
}
