/* The same frames, whatever the pieces they come in; and what is known is
 * never longer than its bound. */
#include "base/assert.h"
#include "p2p/request_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct request_type types[] = {{2, 300}, {3, 0}, {0, 20}};

/* The frames one after another, and how the last one ended. */
static loft_err read_all(struct buffer *out, bytes from, size_t piece)
{
    struct request_reader reader;
    struct request_frame frame;
    loft_err err = LOFT_OK;
    request_reader_init(&reader, types, ARRAY_LEN(types));
    while (err == LOFT_OK && from.len > 0) {
        size_t len = from.len < piece ? from.len : piece;
        bytes data = bytes_of(from.at, len);
        from = bytes_of(from.at + len, from.len - len);
        while (err == LOFT_OK && data.len > 0) {
            bool is_whole;
            err = request_reader_take(&reader, &frame, &is_whole, &data);
            ASSERT(err != LOFT_OK || is_whole || data.len == 0);
            if (err != LOFT_OK || !is_whole)
                continue;
            ASSERT(frame.payload.len <= 300);
            request_frame_put(out, frame.type, frame.payload);
        }
    }
    request_reader_fini(&reader);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct buffer whole = {0}, pieces = {0}, again = {0};
    bytes input = bytes_of(data, len);
    if (len == 0)
        return 0;
    loft_err err = read_all(&whole, input, len);
    ASSERT(read_all(&pieces, input, 1 + data[0] % 7) == err);
    ASSERT(bytes_equal(buffer_bytes(&whole), buffer_bytes(&pieces)));
    ASSERT(read_all(&again, buffer_bytes(&whole), len) == LOFT_OK);
    ASSERT(bytes_equal(buffer_bytes(&whole), buffer_bytes(&again)));
    buffer_free(&whole);
    buffer_free(&pieces);
    buffer_free(&again);
    return 0;
}
