#include "app/fixture_chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/fixture.h"
#include "codec/rlp.h"

static loft_err read_genesis(struct arena *arena, struct genesis *out,
                             const char *network, const struct json *test)
{
    bytes rlp, fields;
    TRY(fixture_read_config(&out->config, network, json_get(test, "config")));
    TRY(fixture_read_accounts(arena, &out->accounts, &out->account_count,
                              json_get(test, "pre")));
    TRY(json_get_data(arena, &rlp, test, "genesisRLP"));
    TRY(rlp_read_list(&fields, &rlp));
    return header_decode(&out->header, &fields);
}

static void make_folder(char path[64])
{
    const char *shared = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(path, 64, "%s/loft-blocktest-XXXXXX", shared);
    if (!mkdtemp(path)) {
        perror("loft: mkdtemp");
        exit(EXIT_REFUSED);
    }
}

static void remove_folder(const char *path)
{
    static const char *const files[] = {"data.mdb", "lock.mdb", "lock"};
    for (unsigned i = 0; i < ARRAY_LEN(files); i++) {
        char name[128];
        snprintf(name, sizeof name, "%s/%s", path, files[i]);
        unlink(name);
    }
    if (rmdir(path) != 0)
        perror(path);
}

loft_err fixture_chain_open(struct fixture_chain *out, struct arena *arena,
                            const char *network, const struct json *test)
{
    *out = (struct fixture_chain){0};
    TRY(read_genesis(arena, &out->genesis, network, test));
    make_folder(out->folder);
    struct chain_options options = {
        .dir = out->folder,
        .store = {.durability = STORE_DEV},
        .state = {.keep_history = true},
    };
    if (chain_open(&out->chain, &options, &out->genesis) == LOFT_OK)
        return LOFT_OK;
    remove_folder(out->folder);
    return err_in(LOFT_ERR_FORMAT, "genesis");
}

void fixture_chain_close(struct fixture_chain *chain)
{
    chain_close(chain->chain);
    remove_folder(chain->folder);
}
