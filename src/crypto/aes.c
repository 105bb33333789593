#include "crypto/aes.h"

#include <limits.h>

#include <openssl/evp.h>

#include "base/assert.h"

void aes128_ctr(uint8_t *out, const uint8_t key[16], const uint8_t counter[16],
                bytes in)
{
    int written = 0;
    ASSERT(in.len <= INT_MAX);
    if (in.len == 0)
        return;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    ASSERT(context);
    ASSERT(EVP_EncryptInit_ex(context, EVP_aes_128_ctr(), NULL, key, counter));
    ASSERT(EVP_EncryptUpdate(context, out, &written, in.at, (int)in.len));
    ASSERT((size_t)written == in.len);
    EVP_CIPHER_CTX_free(context);
}
