#include "node/signer.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"

/* A block of its own for the keys: an array that grew would leave copies. */
struct signer {
    size_t count;
    address accounts[SIGNER_ACCOUNTS_MAX];
    secret32 keys[SIGNER_ACCOUNTS_MAX];
};

struct signer *signer_new(void)
{
    return MEMORY_NEW(struct signer);
}

void signer_free(struct signer *signer)
{
    if (!signer)
        return;
    for (size_t i = 0; i < signer->count; i++)
        secret_fini(&signer->keys[i]);
    free(signer);
}

loft_err signer_add(struct signer *signer, const secret32 *key)
{
    if (signer->count == SIGNER_ACCOUNTS_MAX)
        return err_say(LOFT_ERR_LIMIT, "more than %d accounts",
                       SIGNER_ACCOUNTS_MAX);
    TRY(ecdsa_address(&signer->accounts[signer->count], key));
    signer->keys[signer->count++] = *key;
    return LOFT_OK;
}

const address *signer_accounts(const struct signer *signer, size_t *count)
{
    *count = signer->count;
    return signer->accounts;
}

loft_err signer_sign(struct signer *signer, struct ecdsa_signature *out,
                     const address *who, const hash32 *digest)
{
    for (size_t i = 0; i < signer->count; i++)
        if (address_equal(&signer->accounts[i], who))
            return ecdsa_sign(out, digest, &signer->keys[i]);
    return err_say(LOFT_ERR_NOT_FOUND, "unknown account");
}

void signer_reveal(secret32 *out, const struct signer *signer, size_t index)
{
    ASSERT(index < signer->count);
    *out = signer->keys[index];
}
