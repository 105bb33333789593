#include "node/banner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"

static void print_accounts(const struct options *options,
                           const struct signer *signer)
{
    size_t count;
    const address *accounts = signer_accounts(signer, &count);
    printf("Accounts, %" PRIu64 " ether each, and their published keys: for "
           "development alone\n\n",
           options->balance);
    for (size_t i = 0; i < count; i++) {
        char who[41] = {0}, key_hex[65] = {0};
        secret32 key;
        signer_reveal(&key, signer, i);
        hex_write(who, bytes_address(&accounts[i]));
        hex_write(key_hex, bytes_of(key.at, sizeof key.at));
        printf("(%zu) 0x%s  0x%s\n", i, who, key_hex);
        secret_fini(&key);
    }
    printf("\nMnemonic   %s\n", options->mnemonic);
    printf("Path       %s<index>\n", options->derivation_path);
    printf("Chain id   %" PRIu64 "\n\n", options->chain_id);
}

void banner_print(const struct options *options, const struct signer *signer,
                  const char *host, uint16_t port)
{
    bool is_v6 = strchr(host, ':') != NULL;
    size_t count;
    signer_accounts(signer, &count);
    if (!options->quiet && count)
        print_accounts(options, signer);
    printf("Listening on %s%s%s:%u\n", is_v6 ? "[" : "", host, is_v6 ? "]" : "",
           port);
    fflush(stdout);
}
