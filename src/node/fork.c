#include "node/fork.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "chain/system_contracts.h"
#include "remote/remote_block.h"
#include "remote/remote_state.h"

#define DEFAULT_CHAIN_ID 31337 /* of node/options.def: none was named */

struct fork {
    struct remote *remote;
    struct remote_state *state;
    uint64_t chain_id;
};

static loft_err make_dir(char *path, size_t size, const char *dir)
{
    if ((size_t)snprintf(path, size, "%s/fork", dir) >= size)
        return err_say(LOFT_ERR_USAGE, "%s: the name is too long", dir);
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return err_say(LOFT_ERR_IO, "%s: %s", path, strerror(errno));
    return LOFT_OK;
}

/* What follows the name may be a key: it is not quoted. */
static loft_err check_headers(const struct option_list *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        const char *colon = strchr(headers->at[i], ':');
        if (!colon || colon == headers->at[i] ||
            strpbrk(headers->at[i], "\r\n"))
            return err_say(LOFT_ERR_USAGE,
                           "--fork-header: not \"Name: value\" in one line");
    }
    return LOFT_OK;
}

static loft_err open_in(struct fork *fork, const struct options *options,
                        const char *dir)
{
    char path[4096];
    const struct remote_options remote = {
        .url = options->fork_url,
        .headers = options->fork_header.at,
        .header_count = options->fork_header.count,
        .timeout_ms = (uint32_t)options->fork_timeout,
    };
    TRY(check_headers(&options->fork_header));
    TRY(make_dir(path, sizeof path, dir));
    TRY(remote_open(&fork->remote, &remote));
    const struct remote_state_options state = {
        .remote = fork->remote,
        .dir = path,
        .number = options->fork_block ? options->fork_block : REMOTE_NEWEST,
    };
    TRY(remote_state_open(&fork->state, &state));
    fork->chain_id = options->chain_id == DEFAULT_CHAIN_ID
                         ? remote_state_chain_id(fork->state)
                         : options->chain_id;
    log_info("fork", "url=%s block=%" PRIu64 " chain_id=%" PRIu64,
             remote_name(fork->remote), fork_base(fork)->header.number,
             fork->chain_id);
    return LOFT_OK;
}

loft_err fork_copy(const struct fork *fork, const char *dir)
{
    char path[4096], file[4096 + 16];
    TRY(make_dir(path, sizeof path, dir));
    snprintf(file, sizeof file, "%s/data.mdb", path);
    int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_say(LOFT_ERR_IO, "%s: %s", file, strerror(errno));
    loft_err code = remote_state_copy(fork->state, fd);
    close(fd);
    return code;
}

loft_err fork_open(struct fork **out, const struct options *options,
                   const char *dir)
{
    struct fork *fork = MEMORY_NEW(struct fork);
    loft_err err = open_in(fork, options, dir);
    if (err != LOFT_OK)
        fork_close(fork);
    *out = err == LOFT_OK ? fork : NULL;
    return err == LOFT_OK ? LOFT_OK : err_in(err, "--fork-url");
}

void fork_close(struct fork *fork)
{
    if (!fork)
        return;
    remote_state_close(fork->state);
    remote_close(fork->remote);
    free(fork);
}

const struct chain_base *fork_base(const struct fork *fork)
{
    return remote_state_base(fork->state);
}

struct remote *fork_remote(const struct fork *fork)
{
    return fork->remote;
}

void fork_config(const struct fork *fork, struct chain_config *config,
                 enum chain_fork wanted)
{
    /* Prague's blocks need contracts in the state, which came with it. */
    static const enum chain_fork newest[] = {
        [HEADER_LEGACY] = FORK_PARIS,         [HEADER_BASE_FEE] = FORK_PARIS,
        [HEADER_WITHDRAWALS] = FORK_SHANGHAI, [HEADER_BLOBS] = FORK_CANCUN,
        [HEADER_REQUESTS] = FORK_COUNT - 1,
    };
    enum chain_fork most = newest[fork_base(fork)->header.fields];
    chain_config_all(config, wanted < most ? wanted : most, fork->chain_id);
}

struct funding {
    const address *accounts;
    size_t count;
    u256 wei;
};

/* Development chains may lack what no block of their own rules needed. */
static void add_system_contracts(struct overlay *overlay)
{
    for (size_t i = 0; i < SYSTEM_CONTRACT_COUNT; i++) {
        const struct genesis_account *contract = &SYSTEM_CONTRACTS[i];
        if (overlay_code(overlay, &contract->who).len)
            continue;
        overlay_set_nonce(overlay, &contract->who, contract->nonce);
        overlay_set_code(overlay, &contract->who, contract->code);
    }
}

static loft_err begin(void *context, struct overlay *overlay)
{
    const struct funding *funding = context;
    add_system_contracts(overlay);
    for (size_t i = 0; i < funding->count; i++)
        overlay_set_balance(overlay, &funding->accounts[i], funding->wei);
    return LOFT_OK;
}

loft_err fork_begin(const struct fork *fork, struct chain *chain,
                    const address *accounts, size_t count, uint64_t ether)
{
    bool amended;
    u256 wei = u256_mul(u256_from(ether), u256_from(1000000000000000000u));
    struct funding funding = {accounts, count, wei};
    if (chain_head(chain)->number != fork_base(fork)->header.number)
        return LOFT_OK;
    TRY(chain_is_amended(chain, &amended));
    return amended ? LOFT_OK : chain_amend(chain, begin, &funding);
}
