#include "chain/executor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/attributes.h"
#include "codec/rlp.h"
#include "crypto/ecdsa.h"
#include "crypto/keccak.h"

#define ETHER UINT64_C(1000000000000000000)
#define GWEI UINT64_C(1000000000)
#define BASE_FEE (7 * GWEI)

static const address ALICE = {{0xa1}}, BOB = {{0xb0}}, CODE = {{0xc0, 0xde}};
static const address MINER = {{0x31}};

/* A chain of one fork, a block to come, and some ether for Alice. */
struct bench {
    struct chain_config config;
    struct block_context context;
    struct overlay *overlay;
    struct executor *executor;
};

static void bench_begin(struct bench *b, enum chain_fork fork)
{
    chain_config_all(&b->config, fork, 1);
    struct header header = {
        .number = 10,
        .timestamp = 100,
        .gas_limit = 30000000,
        .coinbase = MINER,
        .base_fee = u256_from(fork >= FORK_LONDON ? BASE_FEE : 0),
    };
    block_context_init(&b->context, &b->config, fork, &header);
    b->overlay = overlay_new(&STATE_NOWHERE);
    b->executor = executor_new();
    overlay_begin(b->overlay, (struct overlay_rules){0});
    overlay_set_balance(b->overlay, &ALICE, u256_from(10 * ETHER));
    overlay_end(b->overlay);
}

static void bench_end(struct bench *b)
{
    executor_free(b->executor);
    overlay_free(b->overlay);
}

static void put_code(struct bench *b, const address *who, const void *code,
                     size_t len)
{
    overlay_begin(b->overlay, (struct overlay_rules){0});
    overlay_set_code(b->overlay, who, bytes_of(code, len));
    overlay_end(b->overlay);
}

static struct transaction transfer(u256 value)
{
    return (struct transaction){.type = TX_LEGACY,
                                .gas_limit = 100000,
                                .max_fee = u256_from(10 * GWEI),
                                .max_priority_fee = u256_from(10 * GWEI),
                                .to = BOB,
                                .value = value};
}

static struct execution run(struct bench *b, const struct transaction *tx)
{
    return execute_transaction(b->executor, b->overlay, &b->context, tx, &ALICE,
                               NULL);
}

static u256 balance(struct bench *b, const address *who)
{
    return overlay_balance(b->overlay, who);
}

static void assert_wei(u256 is, u256 want)
{
    char left[U256_DECIMAL_MAX], right[U256_DECIMAL_MAX];
    u256_decimal(left, is);
    u256_decimal(right, want);
    assert_string_equal(left, right);
}

static void a_transfer_moves_value_pays_the_tip_and_burns_the_rest(void **state)
{
    (void)state;
    struct bench b;
    bench_begin(&b, FORK_OSAKA);
    struct transaction tx = transfer(u256_from(ETHER));
    struct execution done = run(&b, &tx);
    assert_int_equal(done.verdict, TX_OK);
    assert_int_equal(done.status, EVM_STOPPED);
    assert_int_equal(done.gas_used, 21000);
    assert_wei(done.gas_price, u256_from(10 * GWEI));
    assert_wei(balance(&b, &BOB), u256_from(ETHER));
    assert_wei(balance(&b, &MINER), u256_from(3 * GWEI * 21000));
    assert_wei(balance(&b, &ALICE), u256_from(9 * ETHER - 10 * GWEI * 21000));
    assert_int_equal(overlay_nonce(b.overlay, &ALICE), 1);
    assert_int_equal(b.context.gas_left, 30000000 - 21000);
    bench_end(&b);
}

static void before_london_the_miner_gets_the_whole_price(void **state)
{
    (void)state;
    struct bench b;
    bench_begin(&b, FORK_BERLIN);
    struct transaction tx = transfer(u256_from(1));
    run(&b, &tx);
    assert_wei(balance(&b, &MINER), u256_from(10 * GWEI * 21000));
    bench_end(&b);
}

/* What spoils an otherwise good transaction. */
static void nonce_behind(struct bench *b, struct transaction *tx)
{
    (void)tx;
    overlay_begin(b->overlay, (struct overlay_rules){0});
    overlay_set_nonce(b->overlay, &ALICE, 5);
    overlay_end(b->overlay);
}

static void nonce_ahead(struct bench *b, struct transaction *tx)
{
    (void)b;
    tx->nonce = 1;
}

static void nonce_at_its_end(struct bench *b, struct transaction *tx)
{
    tx->nonce = UINT64_MAX;
    overlay_begin(b->overlay, (struct overlay_rules){0});
    overlay_set_nonce(b->overlay, &ALICE, UINT64_MAX);
    overlay_end(b->overlay);
}

static void sent_by_a_contract(struct bench *b, struct transaction *tx)
{
    (void)tx;
    put_code(b, &ALICE, "\x00", 1);
}

static void other_chain(struct bench *b, struct transaction *tx)
{
    (void)b;
    tx->is_replay_protected = true;
    tx->chain_id = 2;
}

static void gas_beyond_cap(struct bench *b, struct transaction *tx)
{
    (void)b;
    tx->gas_limit = (1 << 24) + 1;
}

static void gas_beyond_block(struct bench *b, struct transaction *tx)
{
    b->context.gas_left = tx->gas_limit - 1;
}

static void gas_below_intrinsic(struct bench *b, struct transaction *tx)
{
    (void)b;
    tx->gas_limit = 20999;
}

static void gas_below_floor(struct bench *b, struct transaction *tx)
{
    static const uint8_t DATA[1000] = {1};
    (void)b;
    tx->data = bytes_of(DATA, sizeof DATA);
    tx->gas_limit = 21000 + 4 * 1003 + 10;
}

static void fee_below_base(struct bench *b, struct transaction *tx)
{
    (void)b;
    tx->max_fee = tx->max_priority_fee = u256_from(BASE_FEE - 1);
}

static void tip_above_fee(struct bench *b, struct transaction *tx)
{
    (void)b;
    tx->type = TX_DYNAMIC_FEE;
    tx->chain_id = 1;
    tx->max_priority_fee = u256_add(tx->max_fee, U256_ONE);
}

static void value_beyond_balance(struct bench *b, struct transaction *tx)
{
    (void)b;
    tx->value = u256_from(10 * ETHER);
}

static void cost_beyond_256_bits(struct bench *b, struct transaction *tx)
{
    (void)b;
    tx->max_fee = tx->max_priority_fee = U256_MAX;
}

static void initcode_too_long(struct bench *b, struct transaction *tx)
{
    static const uint8_t DATA[49153];
    (void)b;
    tx->is_creation = true;
    tx->gas_limit = 5000000;
    tx->data = bytes_of(DATA, sizeof DATA);
}

static void make_blob(struct transaction *tx, const hash32 *hashes,
                      size_t count)
{
    tx->type = TX_BLOB;
    tx->chain_id = 1;
    tx->max_blob_fee = U256_ONE;
    tx->blob_hashes = hashes;
    tx->blob_hash_count = count;
}

static const hash32 BLOBS[10] = {{{1}}, {{1}}, {{1}}, {{1}}, {{1}},
                                 {{1}}, {{1}}, {{2}}, {{1}}, {{1}}};

static void blobs_none(struct bench *b, struct transaction *tx)
{
    (void)b;
    make_blob(tx, BLOBS, 0);
}

static void blobs_seven(struct bench *b, struct transaction *tx)
{
    (void)b;
    make_blob(tx, BLOBS, 7);
}

static void blob_of_version_two(struct bench *b, struct transaction *tx)
{
    (void)b;
    make_blob(tx, BLOBS + 7, 1);
}

static void blob_fee_missing(struct bench *b, struct transaction *tx)
{
    (void)b;
    make_blob(tx, BLOBS, 1);
    tx->max_blob_fee = U256_ZERO;
}

static void blobs_beyond_block(struct bench *b, struct transaction *tx)
{
    make_blob(tx, BLOBS, 2);
    b->context.blob_gas_left = BLOB_GAS_PER_BLOB;
}

static void blob_creation(struct bench *b, struct transaction *tx)
{
    (void)b;
    make_blob(tx, BLOBS, 1);
    tx->is_creation = true;
}

static void delegates_nothing(struct bench *b, struct transaction *tx)
{
    (void)b;
    tx->type = TX_SET_CODE;
    tx->chain_id = 1;
}

static void delegates_and_creates(struct bench *b, struct transaction *tx)
{
    delegates_nothing(b, tx);
    tx->is_creation = true;
}

static void each_fault_has_its_verdict_and_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        void (*spoil)(struct bench *, struct transaction *);
        enum transaction_verdict verdict;
    } faults[] = {
        {nonce_behind, TX_NONCE_TOO_LOW},
        {nonce_ahead, TX_NONCE_TOO_HIGH},
        {nonce_at_its_end, TX_NONCE_MAX},
        {sent_by_a_contract, TX_SENDER_NOT_EOA},
        {other_chain, TX_WRONG_CHAIN},
        {gas_beyond_cap, TX_GAS_LIMIT_TOO_HIGH},
        {gas_beyond_block, TX_GAS_LIMIT_REACHED},
        {gas_below_intrinsic, TX_INTRINSIC_GAS},
        {gas_below_floor, TX_FLOOR_GAS},
        {fee_below_base, TX_FEE_TOO_LOW},
        {tip_above_fee, TX_TIP_ABOVE_FEE},
        {value_beyond_balance, TX_INSUFFICIENT_FUNDS},
        {cost_beyond_256_bits, TX_INSUFFICIENT_FUNDS},
        {initcode_too_long, TX_INITCODE_TOO_LARGE},
        {blobs_none, TX_NO_BLOBS},
        {blobs_seven, TX_TOO_MANY_BLOBS},
        {blob_of_version_two, TX_BLOB_VERSION},
        {blob_fee_missing, TX_BLOB_FEE_TOO_LOW},
        {blobs_beyond_block, TX_BLOB_GAS_REACHED},
        {blob_creation, TX_BLOB_CREATION},
        {delegates_nothing, TX_NO_AUTHORIZATIONS},
        {delegates_and_creates, TX_SET_CODE_CREATION},
    };
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        struct bench b;
        bench_begin(&b, FORK_OSAKA);
        struct transaction tx = transfer(U256_ONE);
        faults[i].spoil(&b, &tx);
        hash32 before = overlay_root(b.overlay);
        uint64_t gas_left = b.context.gas_left;
        struct execution done = run(&b, &tx);
        assert_string_equal(transaction_verdict_text(done.verdict),
                            transaction_verdict_text(faults[i].verdict));
        hash32 after = overlay_root(b.overlay);
        assert_memory_equal(&before, &after, sizeof before);
        assert_int_equal(b.context.gas_left, gas_left);
        bench_end(&b);
    }
}

static void a_type_is_refused_before_its_fork(void **state)
{
    (void)state;
    static const struct {
        enum transaction_type type;
        enum chain_fork before;
    } cases[] = {
        {TX_ACCESS_LIST, FORK_ISTANBUL},
        {TX_DYNAMIC_FEE, FORK_BERLIN},
        {TX_BLOB, FORK_SHANGHAI},
        {TX_SET_CODE, FORK_CANCUN},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct bench b;
        bench_begin(&b, cases[i].before);
        struct transaction tx = transfer(U256_ONE);
        tx.type = cases[i].type;
        tx.chain_id = 1;
        assert_int_equal(run(&b, &tx).verdict, TX_TYPE_NOT_SUPPORTED);
        bench_end(&b);
    }
}

static void a_revert_costs_gas_and_the_nonce_and_moves_no_value(void **state)
{
    (void)state;
    struct bench b;
    bench_begin(&b, FORK_OSAKA);
    static const uint8_t REVERT[] = {0x5f, 0x5f, 0xfd};
    put_code(&b, &BOB, REVERT, sizeof REVERT);
    struct transaction tx = transfer(u256_from(ETHER));
    struct execution done = run(&b, &tx);
    assert_int_equal(done.verdict, TX_OK);
    assert_int_equal(done.status, EVM_REVERTED);
    assert_int_equal(done.gas_used, 21000 + 4);
    assert_wei(balance(&b, &BOB), U256_ZERO);
    assert_wei(balance(&b, &ALICE), u256_from(10 * ETHER - 10 * GWEI * 21004));
    assert_int_equal(overlay_nonce(b.overlay, &ALICE), 1);
    bench_end(&b);
}

static void an_exception_takes_all_gas(void **state)
{
    (void)state;
    struct bench b;
    bench_begin(&b, FORK_OSAKA);
    put_code(&b, &BOB, "\xfe", 1);
    struct transaction tx = transfer(U256_ZERO);
    struct execution done = run(&b, &tx);
    assert_int_equal(done.status, EVM_EXCEPTION);
    assert_int_equal(done.gas_used, 100000);
    bench_end(&b);
}

static void a_creation_makes_the_contract_of_the_senders_nonce(void **state)
{
    (void)state;
    struct bench b;
    bench_begin(&b, FORK_OSAKA);
    /* Returns the one byte 00. */
    static const uint8_t INIT[] = {0x60, 0x01, 0x5f, 0xf3};
    struct transaction tx = transfer(u256_from(7));
    tx.is_creation = true;
    tx.to = (address){0};
    tx.data = bytes_of(INIT, sizeof INIT);
    struct execution done = run(&b, &tx);
    assert_int_equal(done.status, EVM_STOPPED);

    struct buffer list = {0};
    size_t opened = rlp_open(&list);
    rlp_put_address(&list, &ALICE);
    rlp_put_u64(&list, 0);
    rlp_close(&list, opened);
    hash32 hash = keccak256(buffer_bytes(&list));
    buffer_free(&list);
    assert_memory_equal(done.created.at, hash.at + 12, 20);
    assert_int_equal(overlay_code(b.overlay, &done.created).len, 1);
    assert_wei(balance(&b, &done.created), u256_from(7));
    assert_int_equal(overlay_nonce(b.overlay, &done.created), 1);
    assert_int_equal(overlay_nonce(b.overlay, &ALICE), 1);
    bench_end(&b);
}

/* Clears eight slots: refunds of 8 * 4800 since London, 8 * 15000 before. */
static void refunds_are_capped_by_the_forks_share(void **state)
{
    (void)state;
    static const enum chain_fork forks[] = {FORK_BERLIN, FORK_LONDON};
    for (size_t i = 0; i < ARRAY_LEN(forks); i++) {
        struct bench b;
        bench_begin(&b, forks[i]);
        uint8_t code[8 * 5];
        overlay_begin(b.overlay, (struct overlay_rules){0});
        for (uint8_t k = 0; k < 8; k++) {
            const uint8_t clear[] = {0x60, 0x00, 0x60, k, 0x55};
            memcpy(code + 5 * k, clear, sizeof clear);
            u256 key = u256_from(k), one = U256_ONE;
            overlay_store(b.overlay, &BOB, &key, &one);
        }
        overlay_end(b.overlay);
        put_code(&b, &BOB, code, sizeof code);
        struct transaction tx = transfer(U256_ZERO);
        struct execution done = run(&b, &tx);
        uint64_t spent = 21000 + 8 * (3 + 3 + 5000);
        assert_int_equal(done.gas_spent_max, spent);
        assert_int_equal(done.gas_used, forks[i] >= FORK_LONDON
                                            ? spent - spent / 5
                                            : spent - spent / 2);
        bench_end(&b);
    }
}

static void data_costs_at_least_the_floor(void **state)
{
    (void)state;
    static const uint8_t DATA[1000] = {0};
    struct bench b;
    bench_begin(&b, FORK_PRAGUE);
    struct transaction tx = transfer(U256_ZERO);
    tx.data = bytes_of(DATA, sizeof DATA);
    assert_int_equal(run(&b, &tx).gas_used, 21000 + 10 * 1000);
    bench_end(&b);
    bench_begin(&b, FORK_CANCUN);
    assert_int_equal(run(&b, &tx).gas_used, 21000 + 4 * 1000);
    bench_end(&b);
}

static void an_access_list_warms_what_it_names(void **state)
{
    (void)state;
    struct bench b;
    bench_begin(&b, FORK_OSAKA);
    static const uint8_t LOAD[] = {0x60, 0x05, 0x54, 0x50};
    put_code(&b, &BOB, LOAD, sizeof LOAD);
    struct transaction tx = transfer(U256_ZERO);
    assert_int_equal(run(&b, &tx).gas_used, 21000 + 3 + 2100 + 2);

    static const hash32 key = {{[31] = 5}};
    const struct access_entry entry = {BOB, &key, 1};
    tx.type = TX_ACCESS_LIST;
    tx.chain_id = 1;
    tx.nonce = 1;
    tx.access_list = &entry;
    tx.access_count = 1;
    assert_int_equal(run(&b, &tx).gas_used, 21000 + 2400 + 1900 + 3 + 100 + 2);
    bench_end(&b);
}

/* BALANCE of the coinbase: warm since Shanghai (EIP-3651). */
static void the_coinbase_is_warm_since_shanghai(void **state)
{
    (void)state;
    static const uint8_t CODE_BALANCE[] = {0x41, 0x31, 0x50};
    struct bench b;
    struct transaction tx = transfer(U256_ZERO);
    bench_begin(&b, FORK_SHANGHAI);
    put_code(&b, &BOB, CODE_BALANCE, sizeof CODE_BALANCE);
    assert_int_equal(run(&b, &tx).gas_used, 21000 + 2 + 100 + 2);
    bench_end(&b);
    bench_begin(&b, FORK_PARIS);
    put_code(&b, &BOB, CODE_BALANCE, sizeof CODE_BALANCE);
    assert_int_equal(run(&b, &tx).gas_used, 21000 + 2 + 2600 + 2);
    bench_end(&b);
}

/* A coinbase that gets nothing comes into being before EIP-161 only. */
static void the_coinbase_is_touched_even_for_nothing(void **state)
{
    (void)state;
    struct bench b;
    struct transaction tx = transfer(U256_ZERO);
    tx.max_fee = tx.max_priority_fee = U256_ZERO;
    bench_begin(&b, FORK_HOMESTEAD);
    assert_int_equal(run(&b, &tx).verdict, TX_OK);
    assert_true(overlay_exists(b.overlay, &MINER));
    assert_true(overlay_exists(b.overlay, &BOB));
    bench_end(&b);
    bench_begin(&b, FORK_SPURIOUS);
    assert_int_equal(run(&b, &tx).verdict, TX_OK);
    assert_false(overlay_exists(b.overlay, &MINER));
    assert_false(overlay_exists(b.overlay, &BOB));
    bench_end(&b);
}

static void blob_gas_is_bought_and_burnt(void **state)
{
    (void)state;
    struct bench b;
    bench_begin(&b, FORK_CANCUN);
    struct transaction tx = transfer(U256_ZERO);
    make_blob(&tx, BLOBS, 2);
    tx.max_blob_fee = u256_from(100);
    uint64_t left = b.context.blob_gas_left;
    struct execution done = run(&b, &tx);
    assert_int_equal(done.verdict, TX_OK);
    assert_int_equal(done.blob_gas_used, 2 * 131072);
    assert_int_equal(b.context.blob_gas_left, left - 2 * 131072);
    assert_wei(balance(&b, &ALICE),
               u256_from(10 * ETHER - 10 * GWEI * 21000 - 2 * 131072));
    bench_end(&b);
}

/* EIP-7702. */

static struct authorization authorize(const secret32 *key, uint64_t chain_id,
                                      const address *target, uint64_t nonce)
{
    struct authorization made = {
        .chain_id = u256_from(chain_id), .target = *target, .nonce = nonce};
    struct buffer message = {0};
    buffer_put_byte(&message, 5);
    size_t opened = rlp_open(&message);
    rlp_put_u256(&message, made.chain_id);
    rlp_put_address(&message, target);
    rlp_put_u64(&message, nonce);
    rlp_close(&message, opened);
    hash32 hash = keccak256(buffer_bytes(&message));
    buffer_free(&message);
    struct ecdsa_signature signature;
    assert_int_equal(ecdsa_sign(&signature, &hash, key), LOFT_OK);
    made.r = signature.r;
    made.s = signature.s;
    made.parity = signature.parity;
    return made;
}

static struct transaction delegation(const struct authorization *list,
                                     size_t count)
{
    struct transaction tx = transfer(U256_ZERO);
    tx.type = TX_SET_CODE;
    tx.chain_id = 1;
    tx.gas_limit = 500000;
    tx.authorizations = list;
    tx.authorization_count = count;
    return tx;
}

static void an_authorization_lends_code_and_counts_its_nonce(void **state)
{
    (void)state;
    static const secret32 key = {{[31] = 9}};
    address who, target;
    assert_int_equal(ecdsa_address(&who, &key), LOFT_OK);
    struct bench b;
    bench_begin(&b, FORK_PRAGUE);
    struct authorization one = authorize(&key, 1, &CODE, 0);
    struct transaction tx = delegation(&one, 1);
    assert_int_equal(run(&b, &tx).gas_used, 21000 + 25000);
    assert_true(evm_read_delegation(&target, overlay_code(b.overlay, &who)));
    assert_true(address_equal(&target, &CODE));
    assert_int_equal(overlay_nonce(b.overlay, &who), 1);

    /* It exists now: half of the cost comes back, but a fifth at most. The
     * zero address takes the code away. */
    one = authorize(&key, 0, &(address){0}, 1);
    tx.nonce = 1;
    assert_int_equal(run(&b, &tx).gas_used, 46000 - 46000 / 5);
    assert_int_equal(overlay_code(b.overlay, &who).len, 0);
    bench_end(&b);
}

static void an_authorization_that_is_not_valid_is_passed_over(void **state)
{
    (void)state;
    static const secret32 key = {{[31] = 9}};
    address who;
    assert_int_equal(ecdsa_address(&who, &key), LOFT_OK);
    struct authorization list[] = {
        authorize(&key, 2, &CODE, 0),          /* another chain */
        authorize(&key, 1, &CODE, 1),          /* nonce ahead */
        authorize(&key, 1, &CODE, UINT64_MAX), /* nonce cannot grow */
        authorize(&key, 1, &CODE, 0),          /* s made high below */
        authorize(&key, 1, &CODE, 0),          /* parity made wrong below */
    };
    list[3].s = u256_sub(ECDSA_ORDER, list[3].s);
    list[3].parity ^= 1;
    list[4].parity = 27;
    struct bench b;
    bench_begin(&b, FORK_PRAGUE);
    struct transaction tx = delegation(list, ARRAY_LEN(list));
    struct execution done = run(&b, &tx);
    assert_int_equal(done.verdict, TX_OK);
    assert_int_equal(done.gas_used, 21000 + 25000 * ARRAY_LEN(list));
    assert_int_equal(overlay_nonce(b.overlay, &who), 0);
    assert_int_equal(overlay_code(b.overlay, &who).len, 0);
    bench_end(&b);
}

static void a_contract_cannot_delegate(void **state)
{
    (void)state;
    static const secret32 key = {{[31] = 9}};
    address who;
    assert_int_equal(ecdsa_address(&who, &key), LOFT_OK);
    struct bench b;
    bench_begin(&b, FORK_PRAGUE);
    put_code(&b, &who, "\x00", 1);
    struct authorization one = authorize(&key, 1, &CODE, 0);
    struct transaction tx = delegation(&one, 1);
    run(&b, &tx);
    assert_int_equal(overlay_code(b.overlay, &who).len, 1);
    assert_int_equal(overlay_nonce(b.overlay, &who), 0);
    bench_end(&b);
}

/* The delegated code runs on the delegating account's storage, and its account
 * may go on sending transactions. */
static void a_delegating_account_runs_the_code_and_still_sends(void **state)
{
    (void)state;
    static const uint8_t STORE[] = {0x60, 0x2a, 0x5f, 0x55};
    uint8_t marker[23] = {0xef, 0x01, 0x00};
    memcpy(marker + 3, CODE.at, sizeof CODE.at);
    struct bench b;
    bench_begin(&b, FORK_PRAGUE);
    put_code(&b, &CODE, STORE, sizeof STORE);
    put_code(&b, &ALICE, marker, sizeof marker);
    struct transaction tx = transfer(U256_ZERO);
    tx.to = ALICE;
    struct execution done = run(&b, &tx);
    assert_int_equal(done.verdict, TX_OK);
    assert_int_equal(done.status, EVM_STOPPED);
    u256 zero = U256_ZERO;
    assert_wei(overlay_load(b.overlay, &ALICE, &zero, NULL), u256_from(42));
    bench_end(&b);
}

/* eth_call: no balance, no nonce, any sender. */
static void a_simulated_call_needs_neither_fees_nor_nonce(void **state)
{
    (void)state;
    static const uint8_t BASE_FEE_CODE[] = {0x48, 0x5f, 0x52, 0x60,
                                            0x20, 0x5f, 0xf3};
    const struct execution_options options = {
        .skip_nonce = true, .skip_fees = true, .skip_eoa_check = true};
    struct bench b;
    bench_begin(&b, FORK_OSAKA);
    put_code(&b, &BOB, BASE_FEE_CODE, sizeof BASE_FEE_CODE);
    struct transaction tx = transfer(U256_ZERO);
    tx.max_fee = tx.max_priority_fee = U256_ZERO;
    tx.nonce = 77;
    tx.gas_limit = 25000000;
    struct execution done = execute_transaction(
        b.executor, b.overlay, &b.context, &tx, &BOB, &options);
    assert_int_equal(done.verdict, TX_OK);
    assert_int_equal(done.output.len, 32);
    assert_wei(u256_load_be(done.output.at), U256_ZERO);
    assert_wei(balance(&b, &MINER), U256_ZERO);

    /* Fees that are named are meant. */
    tx.max_fee = tx.max_priority_fee = u256_from(10 * GWEI);
    done = execute_transaction(b.executor, b.overlay, &b.context, &tx, &BOB,
                               &options);
    assert_int_equal(done.verdict, TX_INSUFFICIENT_FUNDS);
    bench_end(&b);
}

/* No sum of wei overflows in reality, but a genesis can say anything. */
static void balances_wrap_instead_of_stopping_the_node(void **state)
{
    (void)state;
    struct bench b;
    bench_begin(&b, FORK_OSAKA);
    overlay_begin(b.overlay, (struct overlay_rules){0});
    overlay_set_balance(b.overlay, &BOB, U256_MAX);
    overlay_set_balance(b.overlay, &MINER, U256_MAX);
    overlay_end(b.overlay);
    struct transaction tx = transfer(u256_from(5));
    assert_int_equal(run(&b, &tx).verdict, TX_OK);
    assert_wei(balance(&b, &BOB), u256_from(4));
    bench_end(&b);
}

static void blob_fees_grow_by_the_series_and_never_overflow(void **state)
{
    (void)state;
    const struct blob_parameters cancun = {3, 6, 3338477};
    assert_wei(blob_base_fee(&cancun, 0), U256_ONE);
    assert_wei(blob_base_fee(&cancun, 2314057), U256_ONE);
    assert_wei(blob_base_fee(&cancun, 2314058), u256_from(2));
    assert_wei(blob_base_fee(&cancun, 10 * 1024 * 1024), u256_from(23));
    assert_wei(blob_base_fee(&cancun, UINT64_MAX), U256_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_transfer_moves_value_pays_the_tip_and_burns_the_rest),
        cmocka_unit_test(before_london_the_miner_gets_the_whole_price),
        cmocka_unit_test(each_fault_has_its_verdict_and_changes_nothing),
        cmocka_unit_test(a_type_is_refused_before_its_fork),
        cmocka_unit_test(a_revert_costs_gas_and_the_nonce_and_moves_no_value),
        cmocka_unit_test(an_exception_takes_all_gas),
        cmocka_unit_test(a_creation_makes_the_contract_of_the_senders_nonce),
        cmocka_unit_test(refunds_are_capped_by_the_forks_share),
        cmocka_unit_test(data_costs_at_least_the_floor),
        cmocka_unit_test(an_access_list_warms_what_it_names),
        cmocka_unit_test(the_coinbase_is_warm_since_shanghai),
        cmocka_unit_test(the_coinbase_is_touched_even_for_nothing),
        cmocka_unit_test(blob_gas_is_bought_and_burnt),
        cmocka_unit_test(an_authorization_lends_code_and_counts_its_nonce),
        cmocka_unit_test(an_authorization_that_is_not_valid_is_passed_over),
        cmocka_unit_test(a_contract_cannot_delegate),
        cmocka_unit_test(a_delegating_account_runs_the_code_and_still_sends),
        cmocka_unit_test(a_simulated_call_needs_neither_fees_nor_nonce),
        cmocka_unit_test(balances_wrap_instead_of_stopping_the_node),
        cmocka_unit_test(blob_fees_grow_by_the_series_and_never_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
