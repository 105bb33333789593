#include "codec/signed_message.h"

#include "base/vec.h"
#include "crypto/keccak.h"

hash32 signed_message_digest(bytes message)
{
    struct buffer text = {0};
    buffer_put_byte(&text, 0x19);
    buffer_printf(&text, "Ethereum Signed Message:\n%zu", message.len);
    buffer_put_bytes(&text, message);
    hash32 digest = keccak256(buffer_bytes(&text));
    buffer_free(&text);
    return digest;
}
