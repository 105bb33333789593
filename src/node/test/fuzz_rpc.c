/* Any bytes as a JSON-RPC request, to all methods, on a real chain with a
 * transaction in it. What comes out must be JSON, whatever came in. */
#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "chain/chain.h"
#include "crypto/keccak.h"
#include "node/data_dir.h"
#include "node/dev_accounts.h"
#include "node/dev_genesis.h"
#include "rpc/filters.h"
#include "rpc/methods.h"
#include "rpc/pending.h"
#include "rpc/rpc_host.h"
#include "rpc/subscriptions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct arena arena;
static const char *dir;
static struct signer *signer;
static struct rpc_host host;
static struct rpc *rpc;

static loft_err open_view(struct rpc_host *self, struct chain_view **out)
{
    return chain_view_open(out, chain_store(self->chain),
                           chain_config(self->chain), NULL);
}

static void close_view(struct rpc_host *self, struct chain_view *view)
{
    (void)self;
    chain_view_close(view);
}

static loft_err settle(struct rpc_host *self)
{
    (void)self;
    return LOFT_OK;
}

static bool arrived(struct rpc_host *self)
{
    (void)self;
    return false;
}

static loft_err mine(struct rpc_host *self, struct block_series *series)
{
    (void)self;
    series->left -= series->left > 0;
    return series->at == 1 ? err_say(LOFT_ERR_USAGE, "too early") : LOFT_OK;
}

static void set_mining(struct rpc_host *self, enum rpc_mining how,
                       uint64_t interval_ms)
{
    self->mining = how;
    self->mining_interval_ms = interval_ms;
}

static loft_err begin_anew(struct rpc_host *self)
{
    return chain_rewind(self->chain, 0);
}

static void changed(struct rpc_host *self)
{
    (void)self;
}

static uint64_t now(struct rpc_host *self)
{
    (void)self;
    return 2000;
}

static const address *accounts(struct rpc_host *self, size_t *count)
{
    (void)self;
    return signer_accounts(signer, count);
}

static loft_err sign(struct rpc_host *self, struct ecdsa_signature *out,
                     const address *who, const hash32 *digest)
{
    (void)self;
    return signer_sign(signer, out, who, digest);
}

static void usage(struct rpc_host *self, struct rpc_usage *out)
{
    (void)self;
    *out = (struct rpc_usage){.memory_bytes = 1, .disk_bytes = 2};
}

static loft_err backup(struct rpc_host *unused, struct arena *memory,
                       struct rpc_backup *out)
{
    (void)unused;
    (void)memory;
    (void)out;
    return err_say(LOFT_ERR_REFUSED, "no backups here");
}

static const struct rpc_host_ops ops = {
    .open_view = open_view,
    .close_view = close_view,
    .settle = settle,
    .arrived = arrived,
    .mine = mine,
    .set_mining = set_mining,
    .begin_anew = begin_anew,
    .changed = changed,
    .now = now,
    .accounts = accounts,
    .sign = sign,
    .usage = usage,
    .backup = backup,
};

static void open_chain(void)
{
    struct genesis genesis;
    struct dev_genesis_options dev = {
        .chain_id = 31337,
        .fork = FORK_BPO2,
        .timestamp = 1000,
        .gas_limit = 30000000,
        .base_fee = u256_from(1000000000),
        .balance_ether = 10000,
    };
    struct chain_options options = {.store.durability = STORE_DEV,
                                    .store.bytes_max = 1u << 30,
                                    .state.keep_history = true};
    dev.accounts = signer_accounts(signer, &dev.account_count);
    dev_genesis_make(&arena, &genesis, &dev);
    options.dir = dir;
    ASSERT(chain_open(&host.chain, &options, &genesis) == LOFT_OK);
}

/* A contract that logs, made by the first account. */
static void append_block(void)
{
    static const uint8_t code[] = {0x60, 0x07, 0x60, 0x20, 0x60, 0x00, 0xa1};
    size_t count;
    struct transaction tx = {
        .type = TX_DYNAMIC_FEE,
        .is_creation = true,
        .chain_id = 31337,
        .gas_limit = 100000,
        .max_fee = u256_from(10000000000),
        .data = {code, sizeof code},
    };
    hash32 digest = transaction_signing_hash(&tx);
    const address *who = signer_accounts(signer, &count);
    ASSERT(signer_sign(signer, &tx.signature, who, &digest) == LOFT_OK);
    struct buffer raw = {0};
    transaction_encode(&raw, &tx);
    hash32 hash = keccak256(buffer_bytes(&raw));
    const struct chain_candidate candidate = {&tx, buffer_bytes(&raw), who,
                                              &hash};
    enum transaction_verdict verdict;
    struct chain_proposal proposal = {.timestamp = 1001,
                                      .gas_limit = 30000000,
                                      .candidates = &candidate,
                                      .count = 1,
                                      .verdicts = &verdict};
    struct block block;
    struct block_outcome outcome;
    ASSERT(chain_append(host.chain, &proposal, &arena, &block, &outcome) ==
           LOFT_OK);
    ASSERT(verdict == TX_OK);
    buffer_free(&raw);
}

static void close_all(void)
{
    rpc_free(rpc);
    subscriptions_free(host.subscriptions);
    filters_free(host.filters);
    pending_free(host.pending);
    pool_free(host.pool);
    development_fini(&host.dev);
    chain_close(host.chain);
    signer_free(signer);
    data_dir_remove(dir);
    arena_fini(&arena);
}

static void open_all(void)
{
    arena_init(&arena);
    signer = signer_new();
    ASSERT(dev_accounts_derive(signer,
                               "test test test test test test test test test "
                               "test test junk",
                               "m/44'/60'/0'/0/", 2) == LOFT_OK);
    ASSERT(data_dir_open(&arena, &dir, "", true) == LOFT_OK);
    open_chain();
    append_block();
    host.ops = &ops;
    host.pool = pool_new();
    host.plan.gas_limit = 30000000;
    development_init(&host.dev);
    host.dev.is_on = true;
    host.priority_fee = u256_from(1000000000);
    host.pending = pending_new();
    host.filters = filters_new(&(struct filter_limits){20, 300});
    host.subscriptions = subscriptions_new(&host, 20);
    rpc = rpc_new(rpc_methods, rpc_method_count, &host);
    atexit(close_all);
}

/* Traces of calls in calls may be deeper than what is ever read. */
static void check_json(bytes text)
{
    const struct json *parsed;
    struct arena answer;
    arena_init(&answer);
    loft_err code = text.len
                        ? json_parse(&parsed, &answer, text, &JSON_FROM_FILE)
                        : LOFT_OK;
    ASSERT(code == LOFT_OK || code == LOFT_ERR_LIMIT);
    arena_fini(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rpc_reply reply = {0};
    if (!rpc)
        open_all();
    rpc_handle(rpc, &reply, bytes_of(data, len), NULL);
    check_json(buffer_bytes(&reply.text));
    rpc_reply_fail(&reply, RPC_INTERNAL_ERROR, "disk full");
    check_json(buffer_bytes(&reply.text));
    rpc_reply_fini(&reply);
    return 0;
}
