#include "chain/transaction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/attributes.h"
#include "base/hex.h"
#include "chain/forks.h"
#include "codec/json.h"
#include "codec/rlp.h"
#include "crypto/digest.h"
#include "crypto/keccak.h"
#include "tests/vectors.h"

static struct arena arena;

static bytes unhex(const char *text)
{
    bytes out = BYTES_EMPTY;
    assert_int_equal(hex_read(&arena, &out, bytes_str(text)), LOFT_OK);
    return out;
}

static void assert_comes_back(const struct transaction *tx, bytes raw)
{
    struct buffer out = {0};
    transaction_encode(&out, tx);
    assert_int_equal(out.len, raw.len);
    assert_memory_equal(out.at, raw.at, raw.len);
    hash32 hash = transaction_hash(tx), expected = keccak256(raw);
    assert_true(hash32_equal(&hash, &expected));
    buffer_free(&out);
}

/* Reasons of the published tests that are verdicts here; the others are
 * refused when the bytes are read, or have no sender. */
static const struct {
    const char *exception;
    enum transaction_verdict verdict;
} reasons[] = {
    {"TransactionException.INTRINSIC_GAS_TOO_LOW", TX_INTRINSIC_GAS},
    {"TransactionException.INTRINSIC_GAS_BELOW_FLOOR_GAS_COST", TX_FLOOR_GAS},
    {"TransactionException.INITCODE_SIZE_EXCEEDED", TX_INITCODE_TOO_LARGE},
    {"TransactionException.NONCE_TOO_BIG", TX_NONCE_MAX},
    {"TransactionException.NONCE_IS_MAX", TX_NONCE_MAX},
    {"TransactionException.GASLIMIT_PRICE_PRODUCT_OVERFLOW",
     TX_INSUFFICIENT_FUNDS},
    {"TransactionException.PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2",
     TX_TIP_ABOVE_FEE},
    {"TransactionException.PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS",
     TX_TIP_ABOVE_FEE},
    {"TransactionException.GAS_LIMIT_EXCEEDS_MAXIMUM", TX_GAS_LIMIT_TOO_HIGH},
    {"TransactionException.TYPE_1_TX_PRE_FORK", TX_TYPE_NOT_SUPPORTED},
    {"TransactionException.TYPE_2_TX_PRE_FORK", TX_TYPE_NOT_SUPPORTED},
    {"TransactionException.TYPE_3_TX_PRE_FORK", TX_TYPE_NOT_SUPPORTED},
    {"TransactionException.TYPE_4_TX_PRE_FORK", TX_TYPE_NOT_SUPPORTED},
    {"TransactionException.TYPE_3_TX_ZERO_BLOBS", TX_NO_BLOBS},
    {"TransactionException.TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH",
     TX_BLOB_VERSION},
    {"TransactionException.TYPE_3_TX_CONTRACT_CREATION", TX_BLOB_CREATION},
    {"TransactionException.TYPE_4_EMPTY_AUTHORIZATION_LIST",
     TX_NO_AUTHORIZATIONS},
    {"TransactionException.TYPE_4_TX_CONTRACT_CREATION", TX_SET_CODE_CREATION},
};

static bool verdict_of(enum transaction_verdict *out, const char *exception)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (strcmp(reasons[i].exception, exception) == 0) {
            *out = reasons[i].verdict;
            return true;
        }
    return false;
}

static void check_refused(const char *name, const char *fork,
                          const char *exception, bool is_read,
                          enum transaction_verdict verdict, bool has_sender)
{
    enum transaction_verdict expected;
    if (is_read && verdict == TX_OK && has_sender)
        fail_msg("%s, %s: accepted, but %s", name, fork, exception);
    if (verdict_of(&expected, exception) && (!is_read || verdict != expected))
        fail_msg("%s, %s: %s, but %s", name, fork, exception,
                 is_read ? transaction_verdict_text(verdict) : err_sentence());
}

static void check_accepted(const char *name, const char *fork,
                           const struct json *result,
                           const struct transaction *tx, enum evm_rules rules,
                           const address *sender)
{
    address expected_sender;
    hash32 expected_hash, hash = transaction_hash(tx);
    uint64_t expected_gas;
    assert_int_equal(json_get_hash(&expected_hash, result, "hash"), LOFT_OK);
    assert_int_equal(json_get_address(&expected_sender, result, "sender"),
                     LOFT_OK);
    assert_int_equal(json_get_hex_u64(&expected_gas, result, "intrinsicGas"),
                     LOFT_OK);
    if (!hash32_equal(&hash, &expected_hash) ||
        !address_equal(sender, &expected_sender))
        fail_msg("%s, %s: hash or sender", name, fork);
    uint64_t gas = transaction_intrinsic_gas(tx, rules).gas;
    if (gas != expected_gas)
        fail_msg("%s, %s: intrinsic gas %ju, not %ju", name, fork,
                 (uintmax_t)gas, (uintmax_t)expected_gas);
}

static void check_under_fork(const char *name, const char *fork_text,
                             const struct json *result, bytes raw)
{
    enum chain_fork fork;
    struct transaction tx;
    address sender;
    assert_true(fork_by_name(&fork, fork_text));
    enum evm_rules rules = fork_rules(fork);
    bool is_read = transaction_decode(&arena, &tx, raw) == LOFT_OK;
    enum transaction_verdict verdict = is_read
                                           ? transaction_check(&tx, rules, 1)
                                           : TX_OK;
    bool has_sender = is_read && transaction_sender(&sender, &tx, rules);
    const char *exception;
    if (is_read)
        assert_comes_back(&tx, raw);
    if (json_get(result, "exception")) {
        assert_int_equal(json_get_text(&exception, result, "exception"),
                         LOFT_OK);
        check_refused(name, fork_text, exception, is_read, verdict, has_sender);
        return;
    }
    if (!is_read || verdict != TX_OK || !has_sender)
        fail_msg("%s, %s: refused: %s", name, fork_text,
                 is_read ? transaction_verdict_text(verdict) : err_sentence());
    check_accepted(name, fork_text, result, &tx, rules, &sender);
}

static const struct json *parse_file(const char *path)
{
    const struct json *root;
    if (json_parse(&root, &arena, vectors_read(&arena, path),
                   &JSON_FROM_FILE) != LOFT_OK)
        fail_msg("%s: %s", path, err_sentence());
    return root;
}

static void run_transaction_test(void *context, const char *path)
{
    size_t *count = context;
    struct arena_mark mark = arena_mark(&arena);
    JSON_FOR_EACH (test, parse_file(path)) {
        bytes raw;
        assert_int_equal(json_get_data(&arena, &raw, test.value, "txbytes"),
                         LOFT_OK);
        JSON_FOR_EACH (result, json_get(test.value, "result")) {
            check_under_fork((const char *)test.key.at,
                             (const char *)result.key.at, result.value, raw);
            ++*count;
        }
    }
    arena_rewind(&arena, mark);
}

static void published_transaction_tests_pass(void **state)
{
    (void)state;
    const char *dir = vectors_unpack("ethereum-basic-tests.tar.xz");
    if (!dir)
        skip();
    size_t count = 0;
    vectors_each(arena_printf(&arena, "%s/TransactionTests", dir), ".json",
                 run_transaction_test, &count);
    print_message("%zu results\n", count);
    assert_true(count >= 2665);
}

static void check_state_test_bytes(const char *name, const char *fork_text,
                                   const struct json *post, uint64_t chain_id,
                                   const address *expected_sender)
{
    bytes raw;
    enum chain_fork fork;
    struct transaction tx;
    address sender;
    const char *exception = NULL;
    enum transaction_verdict expected = TX_OK, verdict;
    assert_true(fork_by_name(&fork, fork_text));
    assert_int_equal(json_get_data(&arena, &raw, post, "txbytes"), LOFT_OK);
    if (transaction_decode(&arena, &tx, raw) != LOFT_OK)
        fail_msg("%s, %s: %s", name, fork_text, err_sentence());
    assert_comes_back(&tx, raw);
    if (json_get(post, "expectException"))
        assert_int_equal(json_get_text(&exception, post, "expectException"),
                         LOFT_OK);
    if (exception && !verdict_of(&expected, exception))
        return;
    verdict = transaction_check(&tx, fork_rules(fork), chain_id);
    if (verdict != expected)
        fail_msg("%s, %s: %s, not %s", name, fork_text,
                 transaction_verdict_text(verdict),
                 transaction_verdict_text(expected));
    assert_true(exception ||
                (transaction_sender(&sender, &tx, fork_rules(fork)) &&
                 address_equal(&sender, expected_sender)));
}

static void run_state_test(void *context, const char *path)
{
    size_t *count = context;
    struct arena_mark mark = arena_mark(&arena);
    JSON_FOR_EACH (test, parse_file(path)) {
        address sender;
        uint64_t chain_id = 1;
        assert_int_equal(json_get_address(&sender,
                                          json_get(test.value, "transaction"),
                                          "sender"),
                         LOFT_OK);
        if (json_get(json_get(test.value, "config"), "chainid"))
            assert_int_equal(json_get_hex_u64(&chain_id,
                                              json_get(test.value, "config"),
                                              "chainid"),
                             LOFT_OK);
        JSON_FOR_EACH (fork, json_get(test.value, "post"))
            for (size_t i = 0; i < json_len(fork.value); i++, ++*count)
                check_state_test_bytes(
                    (const char *)test.key.at, (const char *)fork.key.at,
                    json_at(fork.value, i), chain_id, &sender);
    }
    arena_rewind(&arena, mark);
}

/* Those of the folders that are about transactions. */
static void published_state_tests_hold_transactions_we_read(void **state)
{
    (void)state;
    static const char *const folders[] = {
        "berlin/eip2930_access_list",
        "cancun/eip4844_blobs",
        "london",
        "osaka/eip7594_peerdas",
        "osaka/eip7825_transaction_gas_limit_cap",
        "prague",
        "shanghai/eip3860_initcode",
    };
    const char *dir = vectors_unpack("eest-state-tests.tar.xz");
    if (!dir)
        skip();
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        size_t before = count;
        vectors_each(arena_printf(&arena, "%s/state_tests/%s", dir, folders[i]),
                     ".json", run_state_test, &count);
        assert_true(count > before);
    }
    print_message("%zu transactions\n", count);
}

static struct transaction sample(enum transaction_type type)
{
    static const hash32 keys[2] = {{{1}}, {{2}}};
    static const struct access_entry entries[2] = {
        {.who = {{0xaa}}, .keys = keys, .key_count = 2},
        {.who = {{0xbb}}},
    };
    static const hash32 blob_hashes[1] = {{{1, 9}}};
    static const struct authorization authorizations[1] = {
        {.target = {{0xcc}}, .nonce = 5, .parity = 1, .r = {{7}}, .s = {{8}}},
    };
    struct transaction tx = {
        .type = type,
        .chain_id = 31337,
        .is_replay_protected = type == TX_LEGACY,
        .nonce = 3,
        .gas_limit = 100000,
        .max_fee = u256_from(2000000000),
        .max_priority_fee = u256_from(2000000000),
        .to = {{0x11}},
        .value = u256_from(1),
        .data = {(const uint8_t *)"\0\1\0\2", 4},
    };
    if (type != TX_LEGACY) {
        tx.access_list = entries;
        tx.access_count = 2;
    }
    if (type >= TX_DYNAMIC_FEE)
        tx.max_priority_fee = u256_from(1000000000);
    if (type == TX_BLOB) {
        tx.max_blob_fee = u256_from(5);
        tx.blob_hashes = blob_hashes;
        tx.blob_hash_count = 1;
    }
    if (type == TX_SET_CODE) {
        tx.authorizations = authorizations;
        tx.authorization_count = 1;
    }
    return tx;
}

static const secret32 key = {{[31] = 1}};

static void signed_transactions_name_their_sender(void **state)
{
    (void)state;
    for (enum transaction_type type = TX_LEGACY; type <= TX_SET_CODE; type++) {
        struct transaction tx = sample(type), back;
        struct buffer out = {0};
        address sender, expected;
        assert_int_equal(ecdsa_address(&expected, &key), LOFT_OK);
        assert_int_equal(transaction_sign(&tx, &key), LOFT_OK);
        transaction_encode(&out, &tx);
        assert_int_equal(transaction_decode(&arena, &back, buffer_bytes(&out)),
                         LOFT_OK);
        assert_comes_back(&back, buffer_bytes(&out));
        assert_int_equal(back.type, type);
        assert_int_equal(back.chain_id, 31337);
        assert_true(transaction_sender(&sender, &back, EVM_OSAKA));
        assert_true(address_equal(&sender, &expected));
        assert_int_equal(transaction_check(&back, EVM_OSAKA, 31337), TX_OK);
        assert_int_equal(transaction_check(&back, EVM_OSAKA, 1),
                         TX_WRONG_CHAIN);
        buffer_free(&out);
    }
}

static void a_bad_key_signs_nothing(void **state)
{
    (void)state;
    struct transaction tx = sample(TX_LEGACY);
    secret32 zero = {{0}};
    assert_int_equal(transaction_sign(&tx, &zero), LOFT_ERR_REFUSED);
}

/* EIP-155's example. */
static void the_signing_hash_holds_the_chain_id(void **state)
{
    (void)state;
    struct transaction tx = {.is_replay_protected = true,
                             .chain_id = 1,
                             .nonce = 9,
                             .max_fee = u256_from(20000000000),
                             .gas_limit = 21000,
                             .value = u256_from(1000000000000000000)};
    memset(tx.to.at, 0x35, sizeof tx.to.at);
    hash32 hash = transaction_signing_hash(&tx);
    assert_string_equal(hex_string(&arena, bytes_hash(&hash)),
                        "0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad2"
                        "3db92e4c8e53");
    secret32 secret;
    memset(secret.at, 0x46, sizeof secret.at);
    assert_int_equal(transaction_sign(&tx, &secret), LOFT_OK);
    struct buffer out = {0};
    transaction_encode(&out, &tx);
    assert_string_equal(
        hex_string(&arena, buffer_bytes(&out)),
        "0xf86c098504a817c8008252089435353535353535353535353535353535353535358"
        "80de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff"
        "63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b2"
        "97fb1966a3b6d83");
    buffer_free(&out);
}

static void chain_ids_of_64_bits_come_back(void **state)
{
    (void)state;
    static const uint64_t ids[] = {0, 1, UINT64_MAX / 2, UINT64_MAX};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        for (uint8_t parity = 0; parity < 2; parity++) {
            struct transaction tx = sample(TX_LEGACY), back;
            struct buffer out = {0};
            tx.chain_id = ids[i];
            tx.signature.parity = parity;
            transaction_encode(&out, &tx);
            assert_int_equal(
                transaction_decode(&arena, &back, buffer_bytes(&out)), LOFT_OK);
            assert_true(back.is_replay_protected);
            assert_true(back.chain_id == ids[i]);
            assert_int_equal(back.signature.parity, parity);
            buffer_free(&out);
        }
}

static void bad_fields_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *sentence;
    } cases[] = {
        {"", "transaction is empty"},
        {"00c0", "transaction type 0 not supported"},
        {"05c0", "transaction type 5 not supported"},
        {"7f", "transaction type 127 not supported"},
        {"02", "transaction: RLP item is missing"},
        {"c0", "nonce: RLP item is missing"},
        {"c28200", "nonce: RLP item of 2 bytes where 1 are left"},
        {"c98080808080801c8080ff", "1 bytes too many after an RLP item"},
        {"c98080808080801d8080", "v: 29 is no recovery id"},
        {"c9808080c18080801c80", "to: RLP list where a string belongs"},
        {"ca808080810180801b8080", "to: RLP byte in the string form"},
        {"cb80808082010180801b8080", "to: address of 2 bytes, not 20"},
        {"01cb8080808080808080028080", "access list: RLP string where a list "
                                       "belongs"},
        {"01cb80808080808080c0028080", "y parity is neither 0 nor 1"},
        {"01cd80808080808080c2c0c0018080", "access list: items are too short"},
        {"04ce80808080808080808080c0018080",
         "access list: RLP string where a list belongs"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct transaction tx;
        assert_int_equal(transaction_decode(&arena, &tx, unhex(cases[i].hex)),
                         LOFT_ERR_FORMAT);
        assert_string_equal(err_sentence(), cases[i].sentence);
    }
}

static void intrinsic_gas_follows_the_fork(void **state)
{
    (void)state;
    static const struct {
        enum evm_rules rules;
        uint64_t call, creation, floor;
    } cases[] = {
        {EVM_FRONTIER, 21144, 21144, 0},   {EVM_HOMESTEAD, 21144, 53144, 0},
        {EVM_PETERSBURG, 21144, 53144, 0}, {EVM_ISTANBUL, 21040, 53040, 0},
        {EVM_SHANGHAI, 21040, 53042, 0},   {EVM_PRAGUE, 21040, 53042, 21100},
        {EVM_OSAKA, 21040, 53042, 21100},
    };
    struct transaction tx = sample(TX_LEGACY);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        tx.is_creation = false;
        struct intrinsic_gas due = transaction_intrinsic_gas(&tx,
                                                             cases[i].rules);
        assert_int_equal(due.gas, cases[i].call);
        assert_int_equal(due.floor, cases[i].floor);
        tx.is_creation = true;
        due = transaction_intrinsic_gas(&tx, cases[i].rules);
        assert_int_equal(due.gas, cases[i].creation);
    }
    tx = sample(TX_SET_CODE);
    assert_int_equal(transaction_intrinsic_gas(&tx, EVM_PRAGUE).gas,
                     21040 + 2 * 2400 + 2 * 1900 + 25000);
}

static void zero_bytes_are_counted_at_every_length(void **state)
{
    (void)state;
    uint8_t data[67];
    for (size_t len = 0; len <= sizeof data; len++) {
        struct transaction tx = {.data = {data, len}};
        uint64_t expected = 21000;
        for (size_t i = 0; i < len; i++) {
            static const uint8_t values[] = {0, 0x80, 1, 0xff, 0, 0, 0x7f};
            data[i] = values[(i * i + len) % sizeof values];
            expected += data[i] ? 16 : 4;
        }
        assert_int_equal(transaction_intrinsic_gas(&tx, EVM_LONDON).gas,
                         expected);
    }
}

static void the_price_is_bounded_by_the_fee(void **state)
{
    (void)state;
    struct transaction tx = {.type = TX_DYNAMIC_FEE,
                             .max_fee = u256_from(100),
                             .max_priority_fee = u256_from(10)};
    assert_int_equal(transaction_gas_price(&tx, u256_from(50)).limb[0], 60);
    assert_int_equal(transaction_gas_price(&tx, u256_from(95)).limb[0], 100);
    assert_int_equal(transaction_gas_price(&tx, U256_MAX).limb[0], 100);
    tx.type = TX_LEGACY;
    tx.max_priority_fee = tx.max_fee;
    assert_int_equal(transaction_gas_price(&tx, u256_from(7)).limb[0], 100);
    assert_int_equal(transaction_gas_price(&tx, U256_ZERO).limb[0], 100);
}

static void blobs_are_bounded_from_osaka_on(void **state)
{
    (void)state;
    hash32 hashes[7] = {{{0}}};
    struct transaction tx = sample(TX_BLOB);
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
        hashes[i].at[0] = 1;
    tx.blob_hashes = hashes;
    tx.blob_hash_count = 7;
    assert_int_equal(transaction_check(&tx, EVM_PRAGUE, 31337), TX_OK);
    assert_int_equal(transaction_check(&tx, EVM_OSAKA, 31337),
                     TX_TOO_MANY_BLOBS);
    tx.blob_hash_count = 6;
    assert_int_equal(transaction_check(&tx, EVM_OSAKA, 31337), TX_OK);
    hashes[5].at[0] = 2;
    assert_int_equal(transaction_check(&tx, EVM_OSAKA, 31337), TX_BLOB_VERSION);
}

/* A blob transaction with `count` blobs in its network form; version 0 is
 * EIP-4844's, which does not state it. */
static struct buffer network_form(size_t count, unsigned version,
                                  size_t proof_count)
{
    static uint8_t blob[131072], point[48];
    hash32 hashes[3];
    struct buffer out = {0}, inner = {0};
    struct transaction tx = sample(TX_BLOB);
    for (size_t i = 0; i < count; i++) {
        hashes[i] = sha256(bytes_of(point, sizeof point));
        hashes[i].at[0] = 1;
    }
    tx.blob_hashes = hashes;
    tx.blob_hash_count = count;
    assert_int_equal(transaction_sign(&tx, &key), LOFT_OK);
    transaction_encode(&inner, &tx);
    buffer_put_byte(&out, TX_BLOB);
    size_t opened = rlp_open(&out);
    buffer_put(&out, inner.at + 1, inner.len - 1);
    if (version)
        rlp_put_u64(&out, version);
    size_t list = rlp_open(&out);
    for (size_t i = 0; i < count; i++)
        rlp_put_bytes(&out, bytes_of(blob, sizeof blob));
    rlp_close(&out, list);
    list = rlp_open(&out);
    for (size_t i = 0; i < count; i++)
        rlp_put_bytes(&out, bytes_of(point, sizeof point));
    rlp_close(&out, list);
    list = rlp_open(&out);
    for (size_t i = 0; i < proof_count; i++)
        rlp_put_bytes(&out, bytes_of(point, sizeof point));
    rlp_close(&out, list);
    rlp_close(&out, opened);
    buffer_free(&inner);
    return out;
}

static loft_err read_network(struct buffer *form, size_t *blobs)
{
    struct transaction tx;
    struct blob_sidecar sidecar;
    bytes raw;
    loft_err err = transaction_decode_network(&arena, &tx, &raw, &sidecar,
                                              buffer_bytes(form));
    if (err == LOFT_OK) {
        assert_int_equal(sidecar.count, tx.blob_hash_count);
        assert_comes_back(&tx, raw);
        *blobs = tx.blob_hash_count;
    }
    buffer_free(form);
    return err;
}

static void sidecars_are_taken_off(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        unsigned version;
        size_t proofs;
        loft_err err;
    } cases[] = {
        {1, 0, 1, LOFT_OK},           {3, 0, 3, LOFT_OK},
        {1, 1, 128, LOFT_OK},         {2, 1, 256, LOFT_OK},
        {1, 0, 2, LOFT_ERR_FORMAT},   {1, 0, 128, LOFT_ERR_FORMAT},
        {1, 1, 1, LOFT_ERR_FORMAT},   {2, 1, 255, LOFT_ERR_FORMAT},
        {1, 2, 128, LOFT_ERR_FORMAT}, {1, 0, 0, LOFT_ERR_FORMAT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buffer form = network_form(cases[i].count, cases[i].version,
                                          cases[i].proofs);
        size_t blobs = 0;
        assert_int_equal(read_network(&form, &blobs), cases[i].err);
        assert_int_equal(blobs, cases[i].err ? 0 : cases[i].count);
    }
}

static void a_commitment_must_have_its_hash(void **state)
{
    (void)state;
    struct buffer form = network_form(2, 0, 2);
    size_t blobs, proofs_len = 2 * 49 + 2;
    form.at[form.len - proofs_len - 1] ^= 1; /* the second commitment's end */
    assert_int_equal(read_network(&form, &blobs), LOFT_ERR_FORMAT);
    assert_string_equal(err_sentence(),
                        "commitment 1 is not the one of its hash");
}

/* The points of network_form() are none; those of zeros are infinity. */
static void proofs_are_checked_when_asked_for(void **state)
{
    (void)state;
    static uint8_t blob[131072], infinity[48] = {0xc0}, wrong[48];
    const bytes blobs[2] = {bytes_of(blob, sizeof blob),
                            bytes_of(blob, sizeof blob)};
    bytes points[256], wrong_point = bytes_of(wrong, sizeof wrong);
    for (size_t i = 0; i < ARRAY_LEN(points); i++)
        points[i] = bytes_of(infinity, sizeof infinity);
    for (int has_cells = 0; has_cells <= 1; has_cells++) {
        struct blob_sidecar sidecar = {2, has_cells, blobs, points, points};
        assert_int_equal(blob_sidecar_check(&sidecar), LOFT_OK);
        bytes *last = &points[has_cells ? 255 : 1], was = *last;
        *last = wrong_point;
        assert_int_equal(blob_sidecar_check(&sidecar), LOFT_ERR_REFUSED);
        assert_string_equal(err_sentence(),
                            "blob 1: the proofs do not show that its "
                            "commitment is its own");
        *last = was;
    }
}

static void other_types_travel_as_they_are(void **state)
{
    (void)state;
    for (enum transaction_type type = TX_LEGACY; type <= TX_SET_CODE; type++) {
        struct transaction tx = sample(type), back;
        struct blob_sidecar sidecar;
        struct buffer out = {0};
        bytes raw;
        transaction_encode(&out, &tx);
        assert_int_equal(transaction_decode_network(
                             &arena, &back, &raw, &sidecar, buffer_bytes(&out)),
                         LOFT_OK);
        assert_ptr_equal(raw.at, out.at);
        assert_int_equal(raw.len, out.len);
        buffer_free(&out);
    }
}

static void an_impersonated_sender_is_read_back_and_has_not_signed(void **state)
{
    (void)state;
    struct transaction tx = {.type = TX_DYNAMIC_FEE, .chain_id = 7};
    address who = {{0xff, [10] = 3, [19] = 1}}, author;
    struct ecdsa_signature most = {.r = u256_from(1), .s = u256_from(1)};
    transaction_impersonate(&tx, &who);
    assert_true(transaction_is_impersonated(&author, &tx));
    assert_memory_equal(&author, &who, sizeof who);
    assert_true(transaction_author(&author, &tx, EVM_OSAKA));
    assert_memory_equal(&author, &who, sizeof who);
    assert_false(transaction_sender(&author, &tx, EVM_OSAKA));
    tx.signature = most;
    assert_false(transaction_is_impersonated(&author, &tx));
    tx.signature = (struct ecdsa_signature){.r = {{0, 0, 0, 1}}};
    assert_false(transaction_is_impersonated(&author, &tx));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_transaction_tests_pass),
        cmocka_unit_test(published_state_tests_hold_transactions_we_read),
        cmocka_unit_test(signed_transactions_name_their_sender),
        cmocka_unit_test(a_bad_key_signs_nothing),
        cmocka_unit_test(the_signing_hash_holds_the_chain_id),
        cmocka_unit_test(chain_ids_of_64_bits_come_back),
        cmocka_unit_test(bad_fields_are_named),
        cmocka_unit_test(intrinsic_gas_follows_the_fork),
        cmocka_unit_test(zero_bytes_are_counted_at_every_length),
        cmocka_unit_test(the_price_is_bounded_by_the_fee),
        cmocka_unit_test(blobs_are_bounded_from_osaka_on),
        cmocka_unit_test(sidecars_are_taken_off),
        cmocka_unit_test(proofs_are_checked_when_asked_for),
        cmocka_unit_test(a_commitment_must_have_its_hash),
        cmocka_unit_test(other_types_travel_as_they_are),
        cmocka_unit_test(
            an_impersonated_sender_is_read_back_and_has_not_signed),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return vectors_exit(failed);
}
