#include "chain/test/chain_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "chain/system_contracts.h"
#include "chain/validate.h"
#include "crypto/digest.h"
#include "crypto/ecdsa.h"
#include "crypto/keccak.h"

#define ETHER UINT64_C(1000000000000000000)
#define GWEI UINT64_C(1000000000)

static secret32 key_of(unsigned account)
{
    return (secret32){{[30] = 0x10, [31] = (uint8_t)(account + 1)}};
}

address maker_address(unsigned account)
{
    secret32 key = key_of(account);
    address who;
    assert_int_equal(ecdsa_address(&who, &key), LOFT_OK);
    return who;
}

static const struct genesis_account *accounts(struct arena *arena,
                                              size_t *count)
{
    *count = SYSTEM_CONTRACT_COUNT + MAKER_ACCOUNTS;
    struct genesis_account *list = ARENA_ARRAY(arena, struct genesis_account,
                                               *count);
    memcpy(list, SYSTEM_CONTRACTS, sizeof SYSTEM_CONTRACTS);
    for (unsigned i = 0; i < MAKER_ACCOUNTS; i++)
        list[SYSTEM_CONTRACT_COUNT + i] = (struct genesis_account){
            .who = maker_address(i),
            .balance = u256_mul(u256_from(ETHER), u256_from(1000)),
        };
    return list;
}

void maker_genesis(struct arena *arena, struct genesis *out,
                   enum chain_fork fork)
{
    *out = (struct genesis){0};
    chain_config_all(&out->config, fork, MAKER_CHAIN_ID);
    out->header = (struct header){
        .uncles_hash = EMPTY_UNCLES_HASH,
        .transactions_root = KECCAK_EMPTY_TRIE,
        .receipts_root = KECCAK_EMPTY_TRIE,
        .withdrawals_root = KECCAK_EMPTY_TRIE,
        .requests_hash = sha256(BYTES_EMPTY),
        .difficulty = u256_from(fork < FORK_PARIS ? 131072 : 0),
        .gas_limit = 30000000,
        .timestamp = 1000,
        .base_fee = u256_from(GWEI),
        .fields = fork_header_fields(fork),
    };
    out->accounts = accounts(arena, &out->account_count);
}

static void open_chain(struct chain_maker *maker, const struct genesis *genesis)
{
    const struct chain_options options = {
        .dir = maker->dir,
        .store = {.durability = STORE_DEV, .bytes_max = 1u << 30},
        .state = {.keep_preimages = true, .keep_history = true},
        .base = maker->base,
    };
    loft_err err = chain_open(&maker->chain, &options, genesis);
    if (err != LOFT_OK)
        fail_msg("%s", err_sentence());
}

static void open_own(struct chain_maker *maker)
{
    struct genesis genesis;
    maker_genesis(&maker->arena, &genesis, maker->fork);
    open_chain(maker, &genesis);
}

static void remove_files(const struct chain_maker *maker)
{
    static const char *const FILES[] = {"data.mdb", "lock.mdb", "lock"};
    for (size_t i = 0; i < ARRAY_LEN(FILES); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", maker->dir, FILES[i]);
        unlink(path);
    }
}

void maker_open(struct chain_maker *maker, enum chain_fork fork)
{
    maker_open_over(maker, fork, NULL);
}

void maker_open_over(struct chain_maker *maker, enum chain_fork fork,
                     const struct chain_base *base)
{
    *maker = (struct chain_maker){.fork = fork, .base = base};
    snprintf(maker->dir, sizeof maker->dir, "/tmp/loft-chain-XXXXXX");
    assert_non_null(mkdtemp(maker->dir));
    arena_init(&maker->arena);
    open_own(maker);
}

void maker_reopen(struct chain_maker *maker)
{
    chain_close(maker->chain);
    open_own(maker);
}

void maker_restart(struct chain_maker *maker, const struct genesis *genesis)
{
    chain_close(maker->chain);
    remove_files(maker);
    open_chain(maker, genesis);
}

void maker_close(struct chain_maker *maker)
{
    chain_close(maker->chain);
    remove_files(maker);
    rmdir(maker->dir);
    arena_fini(&maker->arena);
}

struct signed_transaction maker_sign(struct chain_maker *maker,
                                     struct transaction tx, unsigned account)
{
    secret32 key = key_of(account);
    struct buffer raw = {0};
    bool has_id = tx.type != TX_LEGACY || maker->fork >= FORK_SPURIOUS;
    tx.is_replay_protected = tx.type == TX_LEGACY && has_id;
    tx.chain_id = has_id ? MAKER_CHAIN_ID : 0;
    assert_int_equal(transaction_sign(&tx, &key), LOFT_OK);
    transaction_encode(&raw, &tx);
    struct signed_transaction made = {
        .raw = arena_copy(&maker->arena, buffer_bytes(&raw)),
        .hash = keccak256(buffer_bytes(&raw)),
        .sender = maker_address(account),
    };
    buffer_free(&raw);
    assert_int_equal(transaction_decode(&maker->arena, &made.tx, made.raw),
                     LOFT_OK);
    return made;
}

struct signed_transaction maker_transfer(struct chain_maker *maker,
                                         unsigned from, uint64_t nonce,
                                         unsigned to, uint64_t value)
{
    const struct transaction tx = {.type = TX_LEGACY,
                                   .nonce = nonce,
                                   .gas_limit = 50000,
                                   .max_fee = u256_from(100 * GWEI),
                                   .max_priority_fee = u256_from(100 * GWEI),
                                   .to = maker_address(to),
                                   .value = u256_from(value)};
    return maker_sign(maker, tx, from);
}

bytes maker_encode(struct chain_maker *maker, const struct block *block)
{
    struct buffer rlp = {0};
    block_encode(&rlp, block);
    bytes kept = arena_copy(&maker->arena, buffer_bytes(&rlp));
    buffer_free(&rlp);
    return kept;
}

struct made_block maker_append(struct chain_maker *maker, uint64_t seconds,
                               const struct signed_transaction *list,
                               size_t count)
{
    struct arena *arena = &maker->arena;
    const struct chain_head *head = chain_head(maker->chain);
    struct chain_candidate *candidates = ARENA_ARRAY(
        arena, struct chain_candidate, count);
    for (size_t i = 0; i < count; i++)
        candidates[i] = (struct chain_candidate){
            &list[i].tx, list[i].raw, &list[i].sender, &list[i].hash};
    struct made_block made = {
        .verdicts = ARENA_ARRAY(arena, enum transaction_verdict, count)};
    struct chain_proposal proposal = {
        .timestamp = head->header.timestamp + seconds,
        .gas_limit = 30000000,
        .coinbase = {{0x31}},
        .prev_randao = {{0x42}},
        .candidates = candidates,
        .count = count,
        .verdicts = made.verdicts,
    };
    loft_err err = chain_append(maker->chain, &proposal, arena, &made.block,
                                &made.outcome);
    if (err != LOFT_OK)
        fail_msg("%s", err_sentence());
    made.rlp = maker_encode(maker, &made.block);
    return made;
}

enum block_verdict maker_import(struct chain_maker *maker, bytes rlp)
{
    enum block_verdict verdict;
    loft_err err = chain_import(maker->chain, &verdict, rlp);
    if (err != LOFT_OK)
        fail_msg("%s", err_sentence());
    return verdict;
}
