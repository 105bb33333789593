/* What a block costs in processor time: execution, roots, receipts, indices
 * and the commit, without recovering senders.
 *
 *     bench_chain [FOLDER]
 *
 * The store is in FOLDER (default /tmp) and never synced, so that the disk is
 * not what is measured. Transfers are between accounts picked at random. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/memory.h"
#include "chain/chain.h"
#include "chain/system_contracts.h"
#include "chain/validate.h"
#include "crypto/digest.h"
#include "crypto/keccak.h"

#define CHAIN_ID 31337
#define GAS_LIMIT 60000000
#define TRANSFER_GAS 21000
#define FULL_BLOCK (GAS_LIMIT / TRANSFER_GAS)

struct bench {
    const char *dir;
    struct chain *chain;
    uint32_t account_count;
    uint64_t *nonces;
    uint64_t random;
    struct arena arena; /* of one block */
};

static void must(loft_err err)
{
    if (err == LOFT_OK)
        return;
    fprintf(stderr, "bench_chain: %s\n", err_sentence());
    exit(1);
}

static double now_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

/* xorshift64: the same on every run. */
static uint64_t next_random(struct bench *bench)
{
    bench->random ^= bench->random << 13;
    bench->random ^= bench->random >> 7;
    bench->random ^= bench->random << 17;
    return bench->random;
}

static address account_of(uint32_t index)
{
    address who = {{0xac}};
    store_be32(who.at + 16, index);
    return who;
}

static void make_genesis(struct arena *arena, struct genesis *out,
                         uint32_t account_count)
{
    size_t count = SYSTEM_CONTRACT_COUNT + (size_t)account_count;
    struct genesis_account *accounts = ARENA_ARRAY(
        arena, struct genesis_account, count);
    memcpy(accounts, SYSTEM_CONTRACTS, sizeof SYSTEM_CONTRACTS);
    for (uint32_t i = 0; i < account_count; i++)
        accounts[SYSTEM_CONTRACT_COUNT + i] = (struct genesis_account){
            .who = account_of(i), .balance = {{0, 1 << 20}}};
    *out = (struct genesis){.accounts = accounts, .account_count = count};
    chain_config_all(&out->config, FORK_OSAKA, CHAIN_ID);
    out->header = (struct header){
        .uncles_hash = EMPTY_UNCLES_HASH,
        .transactions_root = KECCAK_EMPTY_TRIE,
        .receipts_root = KECCAK_EMPTY_TRIE,
        .withdrawals_root = KECCAK_EMPTY_TRIE,
        .requests_hash = sha256(BYTES_EMPTY),
        .gas_limit = GAS_LIMIT,
        .base_fee = u256_from(1000000000),
        .fields = fork_header_fields(FORK_OSAKA),
    };
}

static void remove_store(const struct bench *bench)
{
    static const char *const FILES[] = {"data.mdb", "lock.mdb", "lock"};
    for (size_t i = 0; i < ARRAY_LEN(FILES); i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", bench->dir, FILES[i]);
        unlink(path);
    }
}

static void begin(struct bench *bench, uint32_t account_count)
{
    struct arena arena;
    struct genesis genesis;
    const struct chain_options options = {
        .dir = bench->dir,
        .store = {.durability = STORE_DEV, .bytes_max = UINT64_C(1) << 33},
        .state = {.keep_preimages = true, .keep_history = true},
    };
    arena_init(&arena);
    arena_init(&bench->arena);
    make_genesis(&arena, &genesis, account_count);
    remove_store(bench);
    must(chain_open(&bench->chain, &options, &genesis));
    bench->account_count = account_count;
    bench->nonces = memory_zalloc(account_count * sizeof *bench->nonces);
    bench->random = 88172645463325252u;
    arena_fini(&arena);
}

static void end(struct bench *bench)
{
    chain_close(bench->chain);
    free(bench->nonces);
    arena_fini(&bench->arena);
    remove_store(bench);
}

/* The signature is any numbers: the producer is told the sender. */
static struct chain_candidate make_transfer(struct bench *bench)
{
    struct arena *arena = &bench->arena;
    struct transaction *tx = ARENA_NEW(arena, struct transaction);
    address *sender = ARENA_NEW(arena, address);
    hash32 *hash = ARENA_NEW(arena, hash32);
    uint32_t from = (uint32_t)(next_random(bench) % bench->account_count);
    uint32_t to = (uint32_t)(next_random(bench) % bench->account_count);
    struct buffer raw = {0};
    struct transaction made = {
        .type = TX_DYNAMIC_FEE,
        .chain_id = CHAIN_ID,
        .nonce = bench->nonces[from]++,
        .gas_limit = TRANSFER_GAS,
        .max_fee = {{0, 1}},
        .max_priority_fee = u256_from(1000000000),
        .to = account_of(to),
        .value = u256_from(next_random(bench)),
        .signature = {.r = {{next_random(bench), 2, 3, 4}},
                      .s = {{next_random(bench), 2, 3, 4}}},
    };
    transaction_encode(&raw, &made);
    bytes kept = arena_copy(arena, buffer_bytes(&raw));
    buffer_free(&raw);
    must(transaction_decode(arena, tx, kept));
    *sender = account_of(from);
    *hash = keccak256(kept);
    return (struct chain_candidate){tx, kept, sender, hash};
}

/* Appends a block of transfers, and returns what that took. */
static double append(struct bench *bench, size_t count)
{
    const struct chain_head *head = chain_head(bench->chain);
    arena_reset(&bench->arena);
    struct arena *arena = &bench->arena;
    struct chain_candidate *candidates = ARENA_ARRAY(
        arena, struct chain_candidate, count);
    for (size_t i = 0; i < count; i++)
        candidates[i] = make_transfer(bench);
    struct chain_proposal proposal = {
        .timestamp = head->header.timestamp + 12,
        .gas_limit = GAS_LIMIT,
        .coinbase = {{0x31}},
        .candidates = candidates,
        .count = count,
        .verdicts = ARENA_ARRAY(arena, enum transaction_verdict, count),
    };
    struct block block;
    struct block_outcome outcome;
    double began = now_us();
    must(chain_append(bench->chain, &proposal, arena, &block, &outcome));
    double took = now_us() - began;
    if (outcome.count != count) {
        fprintf(stderr, "bench_chain: %zu of %zu transfers are in the block\n",
                outcome.count, count);
        exit(1);
    }
    return took;
}

static void measure(struct bench *bench, const char *what, size_t blocks,
                    size_t transfers)
{
    double took = 0;
    for (size_t i = 0; i < blocks; i++)
        took += append(bench, transfers);
    double each = took / (double)blocks;
    printf("%-44s %9.1f us a block, %7.2f us a transfer\n", what, each,
           each / (double)transfers);
    fflush(stdout);
}

/* BENCH_PART=small|flat|large picks one, for a profiler; long, which
 * takes a minute, runs only when it is asked for. */
static bool wanted(const char *part)
{
    const char *only = getenv("BENCH_PART");
    return only ? strcmp(only, part) == 0 : strcmp("long", part) != 0;
}

/* Ten times as long a chain as that of the large part. */
static void measure_long(struct bench *bench)
{
    measure(bench, "1,000,000 accounts, full blocks", 30, FULL_BLOCK);
    for (int i = 1; i <= 10; i++) {
        char what[64];
        snprintf(what, sizeof what, "then of one, to block %d0,030", i);
        measure(bench, what, 10000, 1);
    }
}

/* By the number of accounts, of which BENCH_ACCOUNTS picks one. */
static void measure_flat(struct bench *bench)
{
    const char *only = getenv("BENCH_ACCOUNTS");
    for (uint32_t accounts = 10; accounts <= 1000000; accounts *= 10) {
        char what[64];
        if (only && strtoul(only, NULL, 10) != accounts)
            continue;
        snprintf(what, sizeof what, "%u accounts, blocks of one", accounts);
        begin(bench, accounts);
        measure(bench, what, 2000, 1);
        end(bench);
    }
}

int main(int count, char **arguments)
{
    char dir[4096];
    snprintf(dir, sizeof dir, "%s/loft-bench-XXXXXX",
             count > 1 ? arguments[1] : "/tmp");
    struct bench bench = {.dir = mkdtemp(dir)};
    if (!bench.dir)
        return 1;
    if (wanted("small")) {
        begin(&bench, 1000);
        measure(&bench, "1,000 accounts, full blocks", 30, FULL_BLOCK);
        end(&bench);
    }
    if (wanted("flat"))
        measure_flat(&bench);
    if (wanted("large")) {
        begin(&bench, 1000000);
        measure(&bench, "1,000,000 accounts, blocks of one", 1000, 1);
        measure(&bench, "1,000,000 accounts, full blocks", 30, FULL_BLOCK);
        measure(&bench, "the same, 10,000 blocks later, of one", 10000, 1);
        measure(&bench, "the same, full blocks", 30, FULL_BLOCK);
        end(&bench);
    }
    if (wanted("long")) {
        begin(&bench, 1000000);
        measure_long(&bench);
        end(&bench);
    }
    rmdir(bench.dir);
    return 0;
}
