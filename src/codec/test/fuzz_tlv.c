/* What is read is what is written, in the same bytes but for fields that are
 * skipped. */
#include <stddef.h>

#include "base/assert.h"
#include "codec/tlv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct message {
    struct tlv_number one, big;
    bytes two, three;
};

static const struct tlv_rule rules[] = {
    {1, TLV_NUMBER, false, offsetof(struct message, one), 0, UINT64_MAX},
    {2, TLV_BYTES, false, offsetof(struct message, two), 0, 300},
    {3, TLV_BYTES, false, offsetof(struct message, three), 2, 4},
    {70000, TLV_NUMBER, false, offsetof(struct message, big), 5, 500},
};

static const struct tlv_shape shape = {rules, ARRAY_LEN(rules),
                                       sizeof(struct message), "message"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct message message, again;
    struct buffer out = {0}, twice = {0};
    if (tlv_read(&message, &shape, bytes_of(data, len)) != LOFT_OK)
        return 0;
    ASSERT(message.two.len <= 300 && message.big.value <= 500);
    tlv_put(&out, &message, &shape);
    ASSERT(out.len <= len);
    ASSERT(tlv_read(&again, &shape, buffer_bytes(&out)) == LOFT_OK);
    tlv_put(&twice, &again, &shape);
    ASSERT(bytes_equal(buffer_bytes(&out), buffer_bytes(&twice)));
    buffer_free(&out);
    buffer_free(&twice);
    return 0;
}
