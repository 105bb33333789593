#include "node/dev_accounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/hd_key.h"
#include "crypto/mnemonic.h"

/* Walks "m/44'/60'/0'/0/" down from the root. */
static loft_err descend(struct hd_key *key, const char *path)
{
    const char *at = path;
    if (*at++ != 'm' || *at++ != '/')
        return err_say(LOFT_ERR_USAGE,
                       "--derivation-path %s: does not begin with m/", path);
    while (*at) {
        char *end;
        errno = 0;
        unsigned long index = strtoul(at, &end, 10);
        bool hardened = *end == '\'';
        if (end == at || *at < '0' || *at > '9' || errno ||
            index >= HD_KEY_HARDENED || end[hardened] != '/')
            return err_say(LOFT_ERR_USAGE,
                           "--derivation-path %s: not numbers, each with \"/\" "
                           "after it",
                           path);
        at = end + hardened + 1;
        TRY(hd_key_descend(key,
                           (uint32_t)index | (hardened ? HD_KEY_HARDENED : 0)));
    }
    return LOFT_OK;
}

static loft_err add_children(struct signer *signer, const struct hd_key *parent,
                             uint64_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct hd_key child = *parent;
        loft_err code = hd_key_descend(&child, i);
        if (code == LOFT_OK)
            code = signer_add(signer, &child.key);
        hd_key_fini(&child);
        TRY(code);
    }
    return LOFT_OK;
}

loft_err dev_accounts_derive(struct signer *signer, const char *mnemonic,
                             const char *path, uint64_t count)
{
    uint8_t seed[MNEMONIC_SEED_BYTES];
    struct hd_key key = {0};
    if (mnemonic_seed(seed, bytes_str(mnemonic), BYTES_EMPTY) != LOFT_OK)
        return err_in(LOFT_ERR_USAGE, "--mnemonic");
    loft_err code = hd_key_init(&key, bytes_of(seed, sizeof seed));
    if (code == LOFT_OK)
        code = descend(&key, path);
    if (code == LOFT_OK)
        code = add_children(signer, &key, count);
    hd_key_fini(&key);
    memory_wipe(seed, sizeof seed);
    return code;
}
