/* As sha256.c, for the same reason. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "base/assert.h"
#include "crypto/digest.h"

void sha1(uint8_t out[20], bytes data)
{
    SHA_CTX context;
    ASSERT(SHA1_Init(&context));
    ASSERT(SHA1_Update(&context, data.at, data.len));
    ASSERT(SHA1_Final(out, &context));
}
