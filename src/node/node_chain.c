/* Which chain the options name, and opening it. */
#include <inttypes.h>

#include "base/hex.h"
#include "chain/genesis.h"
#include "crypto/keccak.h"
#include "node/data_dir.h"
#include "node/dev_genesis.h"
#include "node/file.h"
#include "node/fork.h"
#include "node/node_core.h"

#define GENESIS_BYTES_MAX (256u << 20)

/* What a chain begins with, and what of it lies in memory. */
struct beginning {
    struct genesis genesis;
    struct arena arena;
};

/* genesis.json, known again by its hash. */
static loft_err read_genesis(struct node *node, struct beginning *out)
{
    struct file file;
    char digits[65] = {0};
    uint64_t unused = 0;
    TRY(file_open(&file, node->options->genesis, GENESIS_BYTES_MAX));
    hash32 hash = keccak256(file.contents);
    loft_err code = genesis_read(&out->arena, &out->genesis, file.contents);
    file_close(&file);
    if (code != LOFT_OK)
        return err_in(code, "%s", node->options->genesis);
    hex_write(digits, bytes_hash(&hash));
    return data_dir_identify(
        node->dir, arena_printf(&out->arena, "genesis file 0x%s", digits),
        &unused);
}

static loft_err read_hardfork(enum chain_fork *out,
                              const struct options *options)
{
    return fork_by_name(out, options->hardfork) && *out >= FORK_PARIS
               ? LOFT_OK
               : err_say(LOFT_ERR_USAGE,
                         "--hardfork %s: not a fork from Paris to BPO2",
                         options->hardfork);
}

/* The rules alone: the first block and the state are the remote chain's. */
static loft_err make_fork(struct node *node, struct beginning *out)
{
    enum chain_fork fork;
    uint64_t unused = 0;
    TRY(read_hardfork(&fork, node->options));
    TRY(data_dir_identify(
        node->dir,
        arena_printf(&out->arena, "a fork under %s", fork_name(fork)),
        &unused));
    TRY(fork_open(&node->fork, node->options, node->dir));
    fork_config(node->fork, &out->genesis.config, fork);
    node->host.is_fork = true;
    return LOFT_OK;
}

static loft_err make_genesis(struct node *node, struct beginning *out)
{
    const struct options *options = node->options;
    struct dev_genesis_options dev = {
        .chain_id = options->chain_id,
        .timestamp = options->timestamp,
        .gas_limit = options->gas_limit,
        .base_fee = options->base_fee,
        .balance_ether = options->balance,
    };
    dev.accounts = signer_accounts(node->signer, &dev.account_count);
    TRY(read_hardfork(&dev.fork, options));
    if (dev.timestamp == 0)
        dev.timestamp = clock_unix_ms() / 1000;
    TRY(data_dir_identify(node->dir,
                          arena_printf(&out->arena,
                                       "chain id %" PRIu64 " and fork %s",
                                       dev.chain_id, fork_name(dev.fork)),
                          &dev.timestamp));
    if (options->timestamp && options->timestamp != dev.timestamp)
        return err_say(LOFT_ERR_REFUSED,
                       "%s holds a chain that began at %" PRIu64
                       ", not at --timestamp %" PRIu64,
                       node->dir, dev.timestamp, options->timestamp);
    dev_genesis_make(&out->arena, &out->genesis, &dev);
    return LOFT_OK;
}

static loft_err find_beginning(struct node *node, struct beginning *out)
{
    const struct options *options = node->options;
    if (*options->fork_url && *options->genesis)
        return err_say(LOFT_ERR_USAGE,
                       "--fork-url and --genesis name two beginnings");
    return *options->fork_url  ? make_fork(node, out)
           : *options->genesis ? read_genesis(node, out)
                               : make_genesis(node, out);
}

enum store_durability node_durability(const struct options *options)
{
    static const enum store_durability kinds[] = {STORE_DURABLE, STORE_GROUP,
                                                  STORE_DEV};
    return options->temporary ? STORE_DEV : kinds[options->durability];
}

/* 0: as the rules have it. */
static uint64_t code_bytes_max(const struct options *options)
{
    return options->disable_code_size_limit ? INT32_MAX
                                            : options->code_size_limit;
}

static loft_err open_chain(struct node *node, struct beginning *beginning)
{
    const struct options *options = node->options;
    TRY(find_beginning(node, beginning));
    beginning->genesis.config.code_bytes_max = code_bytes_max(options);
    struct chain_options chain = {
        .dir = node->dir,
        .store = {.durability = node_durability(options),
                  .bytes_max = options->data_bytes_max},
        .state = {.keep_preimages = true, .keep_history = true},
        .base = node->fork ? fork_base(node->fork) : NULL,
    };
    loft_err code = chain_open(&node->host.chain, &chain, &beginning->genesis);
    return code == LOFT_ERR_REFUSED
               ? err_in(code,
                        "%s was made with other options; --data-dir names "
                        "another folder, --temporary takes a fresh one",
                        node->dir)
               : code;
}

loft_err node_open_chain(struct node *node)
{
    struct beginning beginning = {.arena = {0}};
    const struct options *options = node->options;
    TRY(data_dir_open(&node->arena, &node->dir, options->data_dir,
                      options->temporary));
    loft_err code = open_chain(node, &beginning);
    arena_fini(&beginning.arena);
    return code;
}

loft_err node_begin_fork(struct node *node)
{
    size_t count;
    const address *accounts = signer_accounts(node->signer, &count);
    return fork_begin(node->fork, node->host.chain, accounts, count,
                      node->options->balance);
}

loft_err node_begin_anew(struct rpc_host *host)
{
    struct node *node = node_of(host);
    const struct chain_base *base = chain_base(host->chain);
    TRY(chain_rewind(host->chain, base ? base->header.number : 0));
    return node->fork ? node_begin_fork(node) : LOFT_OK;
}
