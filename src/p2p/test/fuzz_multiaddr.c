/* An address that is read, from bytes or from text, has one text, which reads
 * as the same bytes. */
#include "base/assert.h"
#include "p2p/multiaddr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_text(bytes addr)
{
    struct buffer text = {0}, again = {0};
    multiaddr_put_text(&text, addr);
    ASSERT(text.len <= MULTIADDR_TEXT_BYTES_MAX);
    ASSERT(multiaddr_read_text(&again, buffer_bytes(&text)) == LOFT_OK);
    ASSERT(bytes_equal(addr, buffer_bytes(&again)));
    buffer_free(&text);
    buffer_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    bytes input = bytes_of(data, len);
    struct buffer binary = {0};
    if (multiaddr_check(input) == LOFT_OK)
        check_text(input);
    if (multiaddr_read_text(&binary, input) == LOFT_OK) {
        ASSERT(multiaddr_check(buffer_bytes(&binary)) == LOFT_OK);
        check_text(buffer_bytes(&binary));
    }
    buffer_free(&binary);
    return 0;
}
