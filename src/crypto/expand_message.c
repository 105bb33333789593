#include "crypto/expand_message.h"

#include "base/assert.h"
#include "base/vec.h"
#include "crypto/digest.h"

#define BLOCK_LEN 64 /* of SHA-256's input */
#define DST_LEN_MAX 255

/* RFC 9380, 5.3.3: a long tag is replaced by its hash. */
static hash32 short_tag(bytes dst)
{
    struct buffer text = {0};
    buffer_put_bytes(&text, bytes_str("H2C-OVERSIZE-DST-"));
    buffer_put_bytes(&text, dst);
    hash32 hash = sha256(buffer_bytes(&text));
    buffer_free(&text);
    return hash;
}

static void put_tag(struct buffer *text, bytes dst)
{
    uint8_t len = (uint8_t)dst.len;
    buffer_put_bytes(text, dst);
    buffer_put(text, &len, 1);
}

/* b_0 = H(Z_pad || msg || l_i_b_str || I2OSP(0, 1) || DST_prime) */
static hash32 first_block(size_t out_len, bytes message, bytes dst)
{
    uint8_t length_and_zero[3] = {0};
    struct buffer text = {0};
    memset(buffer_extend(&text, BLOCK_LEN), 0, BLOCK_LEN);
    buffer_put_bytes(&text, message);
    store_be16(length_and_zero, (uint16_t)out_len);
    buffer_put(&text, length_and_zero, sizeof length_and_zero);
    put_tag(&text, dst);
    hash32 hash = sha256(buffer_bytes(&text));
    buffer_free(&text);
    return hash;
}

/* b_i = H(strxor(b_0, b_(i - 1)) || I2OSP(i, 1) || DST_prime) */
static hash32 next_block(const hash32 *first, const hash32 *before,
                         uint8_t index, bytes dst)
{
    struct buffer text = {0};
    uint8_t *at = buffer_extend(&text, sizeof first->at + 1);
    for (size_t i = 0; i < sizeof first->at; i++)
        at[i] = first->at[i] ^ before->at[i];
    at[sizeof first->at] = index;
    put_tag(&text, dst);
    hash32 hash = sha256(buffer_bytes(&text));
    buffer_free(&text);
    return hash;
}

void expand_message(uint8_t *out, size_t out_len, bytes message, bytes dst)
{
    ASSERT(out_len <= EXPAND_MESSAGE_LEN_MAX);
    hash32 tag;
    if (dst.len > DST_LEN_MAX) {
        tag = short_tag(dst);
        dst = bytes_hash(&tag);
    }
    hash32 first = first_block(out_len, message, dst);
    hash32 block = {{0}};
    for (uint8_t i = 1; out_len > 0; i++) {
        block = next_block(&first, &block, i, dst);
        size_t part = out_len < sizeof block.at ? out_len : sizeof block.at;
        memcpy(out, block.at, part);
        out += part;
        out_len -= part;
    }
}
