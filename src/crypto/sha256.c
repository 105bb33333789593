/* The functions that OpenSSL 3 calls deprecated work on a context in the
 * caller's storage. Their replacement looks the algorithm up by name or
 * allocates for each digest, which costs more than hashing a short input. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "base/assert.h"
#include "crypto/digest.h"

hash32 sha256(bytes data)
{
    SHA256_CTX context;
    hash32 out;
    ASSERT(SHA256_Init(&context));
    ASSERT(SHA256_Update(&context, data.at, data.len));
    ASSERT(SHA256_Final(out.at, &context));
    return out;
}
