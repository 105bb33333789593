/* A dialer or a listener, by the first byte, hears the rest in two ways: at
 * once and byte by byte. Both come to the same end, having said the same. */
#include "base/assert.h"
#include "p2p/multistream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const names[] = {"/a", "/bb", "/c"};

static bool knows(void *context, bytes name)
{
    (void)context;
    return bytes_equal(name, bytes_str("/bb"));
}

static const struct multistream_calls calls = {knows};

struct outcome {
    struct buffer said;
    loft_err err;
    bool agreed;
    size_t left;
};

static struct outcome hear(bool dials, bytes data, size_t step)
{
    struct multistream select;
    struct outcome out = {.left = data.len};
    if (dials)
        multistream_dial(&select, &out.said, names, ARRAY_LEN(names));
    else
        multistream_listen(&select, &calls, NULL);
    while (out.left > 0 && out.err == LOFT_OK && !out.agreed) {
        bytes rest = bytes_of(data.at + data.len - out.left,
                              step < out.left ? step : out.left);
        size_t given = rest.len;
        out.err = multistream_receive(&select, &out.agreed, &rest, &out.said);
        out.left -= given - rest.len;
    }
    ASSERT(select.partial.len <= MULTISTREAM_MESSAGE_BYTES_MAX + 2);
    multistream_fini(&select);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0)
        return 0;
    bytes rest = bytes_of(data + 1, len - 1);
    struct outcome whole = hear(data[0] & 1, rest, rest.len);
    struct outcome slow = hear(data[0] & 1, rest, 1);
    ASSERT(whole.err == slow.err && whole.agreed == slow.agreed);
    ASSERT(bytes_equal(buffer_bytes(&whole.said), buffer_bytes(&slow.said)));
    ASSERT(whole.err != LOFT_OK || whole.left == slow.left);
    buffer_free(&whole.said);
    buffer_free(&slow.said);
    return 0;
}
