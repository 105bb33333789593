#include "crypto/secp256k1_context.h"

#include "base/assert.h"
#include "crypto/secret.h"

static secp256k1_context *signing;

/* The random seed blinds the multiplications of secrets. */
__attribute__((constructor)) static void make_context(void)
{
    secret32 seed;
    secret_random(&seed);
    signing = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    ASSERT(signing);
    ASSERT(secp256k1_context_randomize(signing, seed.at));
    secret_fini(&seed);
}

__attribute__((destructor)) static void drop_context(void)
{
    secp256k1_context_destroy(signing);
    signing = NULL;
}

const secp256k1_context *secp256k1_signing_context(void)
{
    return signing;
}
