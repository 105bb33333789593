#include "chain/block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/attributes.h"
#include "base/hex.h"
#include "codec/rlp.h"
#include "crypto/keccak.h"
#include "tests/vectors.h"

static struct arena arena;

/* 54 blocks of a test network, from Homestead to Osaka. */
static bytes chain_rlp(void)
{
    const char *path = vectors_path("rpc-compat/tests/chain.rlp");
    if (!path)
        skip();
    return vectors_read(&arena, path);
}

static void assert_same_bytes(bytes a, bytes b)
{
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.at, b.at, a.len);
}

static void published_blocks_come_back_and_chain_up(void **state)
{
    (void)state;
    bytes rest = chain_rlp();
    hash32 parent = {{0}};
    uint64_t count = 0;
    for (; rest.len; count++) {
        struct block block;
        struct buffer out = {0};
        bytes before = rest;
        assert_int_equal(block_decode(&arena, &block, &rest), LOFT_OK);
        block_encode(&out, &block);
        assert_same_bytes(buffer_bytes(&out),
                          bytes_of(before.at, block.encoded_len));
        assert_int_equal(block.header.number, count + 1);
        hash32 hash = header_hash(&block.header);
        assert_true(hash32_equal(&hash, &block.hash));
        assert_true(count == 0 ||
                    hash32_equal(&parent, &block.header.parent_hash));
        hash32 uncles = block_uncles_hash(&block);
        assert_true(hash32_equal(&uncles, &block.header.uncles_hash));
        hash32 root = block_transactions_root(&block);
        assert_true(hash32_equal(&root, &block.header.transactions_root));
        root = block_withdrawals_root(&block);
        assert_true(!block.has_withdrawals ||
                    hash32_equal(&root, &block.header.withdrawals_root));
        parent = block.hash;
        buffer_free(&out);
    }
    assert_true(count > 40);
}

static void published_transactions_come_back(void **state)
{
    (void)state;
    bytes rest = chain_rlp();
    size_t count = 0;
    while (rest.len) {
        struct block block;
        assert_int_equal(block_decode(&arena, &block, &rest), LOFT_OK);
        for (size_t i = 0; i < block.transaction_count; i++, count++) {
            const struct transaction *tx = &block.transactions[i];
            struct buffer out = {0};
            address sender;
            transaction_encode(&out, tx);
            assert_same_bytes(buffer_bytes(&out), block.raw_transactions[i]);
            hash32 hash = transaction_hash(tx),
                   raw_hash = keccak256(block.raw_transactions[i]);
            assert_true(hash32_equal(&hash, &raw_hash));
            assert_true(transaction_sender(&sender, tx, EVM_OSAKA));
            buffer_free(&out);
        }
    }
    assert_true(count > 100);
}

static struct header sample_header(enum header_fields fields)
{
    struct header header = {
        .number = 7,
        .gas_limit = 30000000,
        .timestamp = 1700000000,
        .extra_data = bytes_str("loft"),
        .difficulty = u256_from(131072),
        .fields = fields,
        .base_fee = u256_from(7),
        .excess_blob_gas = 393216,
    };
    memset(header.nonce, 0xee, sizeof header.nonce);
    return header;
}

static void headers_of_every_fork_come_back(void **state)
{
    (void)state;
    size_t last_len = 0;
    for (enum header_fields fields = HEADER_LEGACY; fields <= HEADER_REQUESTS;
         fields++) {
        struct header header = sample_header(fields), back;
        struct buffer out = {0}, again = {0};
        header_encode(&out, &header);
        bytes rest = buffer_bytes(&out);
        assert_int_equal(header_decode(&back, &rest), LOFT_OK);
        assert_int_equal(rest.len, 0);
        assert_int_equal(back.fields, fields);
        assert_int_equal(back.number, 7);
        assert_memory_equal(back.nonce, header.nonce, 8);
        header_encode(&again, &back);
        assert_same_bytes(buffer_bytes(&out), buffer_bytes(&again));
        assert_true(out.len > last_len);
        last_len = out.len;
        buffer_free(&out);
        buffer_free(&again);
    }
}

/* The header's items, all but the last `dropped`, in a list of their own. */
static struct buffer without_last(bytes header, size_t dropped)
{
    bytes items, item;
    size_t count;
    struct buffer out = {0};
    assert_int_equal(rlp_read_list(&items, &header), LOFT_OK);
    assert_int_equal(rlp_count(&count, items), LOFT_OK);
    size_t opened = rlp_open(&out);
    for (size_t i = 0; i + dropped < count; i++) {
        assert_int_equal(rlp_read_raw(&item, &items), LOFT_OK);
        buffer_put_bytes(&out, item);
    }
    rlp_close(&out, opened);
    return out;
}

static void a_fork_adds_all_its_header_fields_or_none(void **state)
{
    (void)state;
    static const bool whole[] = {true, true, false, false,
                                 true, true, true,  false};
    struct header header = sample_header(HEADER_REQUESTS), back;
    struct buffer all = {0};
    header_encode(&all, &header);
    for (size_t dropped = 0; dropped < ARRAY_LEN(whole); dropped++) {
        struct buffer cut = without_last(buffer_bytes(&all), dropped);
        bytes rest = buffer_bytes(&cut);
        assert_int_equal(header_decode(&back, &rest),
                         whole[dropped] ? LOFT_OK : LOFT_ERR_FORMAT);
        buffer_free(&cut);
    }
    buffer_free(&all);
}

static void bad_header_fields_are_named(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct header back;
    size_t opened = rlp_open(&out);
    rlp_put_hash(&out, &KECCAK_EMPTY);
    rlp_put_bytes(&out, bytes_str("short"));
    rlp_close(&out, opened);
    bytes rest = buffer_bytes(&out);
    assert_int_equal(header_decode(&back, &rest), LOFT_ERR_FORMAT);
    assert_string_equal(err_sentence(),
                        "header: uncles hash: RLP string of 5 bytes where 32 "
                        "are needed");
    assert_ptr_equal(rest.at, out.at);
    buffer_free(&out);
}

/* Blocks of a header and given lists, in hex. */
static loft_err decode_with_body(struct block *out, const char *lists)
{
    struct header header = sample_header(HEADER_WITHDRAWALS);
    struct buffer encoded = {0};
    bytes tail;
    size_t opened = rlp_open(&encoded);
    header_encode(&encoded, &header);
    assert_int_equal(hex_read(&arena, &tail, bytes_str(lists)), LOFT_OK);
    buffer_put_bytes(&encoded, tail);
    rlp_close(&encoded, opened);
    bytes rest = arena_copy(&arena, buffer_bytes(&encoded));
    buffer_free(&encoded);
    return block_decode(&arena, out, &rest);
}

static void bodies_are_read_strictly(void **state)
{
    (void)state;
    struct block block;
    assert_int_equal(decode_with_body(&block, "c0c0"), LOFT_OK);
    assert_false(block.has_withdrawals);
    assert_int_equal(decode_with_body(&block, "c0c0c0"), LOFT_OK);
    assert_true(block.has_withdrawals);
    assert_int_equal(block.withdrawal_count, 0);
    assert_int_equal(
        decode_with_body(&block, "c0c0dad9010203940000000000000000000000000000"
                                 "00000000000004"),
        LOFT_ERR_FORMAT);
    assert_int_equal(
        decode_with_body(&block, "c0c0d9d80102940000000000000000000000000000"
                                 "00000000002a04"),
        LOFT_OK);
    assert_int_equal(block.withdrawal_count, 1);
    assert_int_equal(block.withdrawals[0].index, 1);
    assert_int_equal(block.withdrawals[0].validator, 2);
    assert_int_equal(block.withdrawals[0].to.at[19], 0x2a);
    assert_int_equal(block.withdrawals[0].amount_gwei, 4);
    static const char *const bad[] = {
        "",
        "c0",
        "c0c0c0c0",
        "80c0c0",
        "c080c0",
        "c0c080",
        "c1c0c0",
        "c180c0",
        /* a legacy transaction within a string */
        "cb8ac9808080808080801b8080c0",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(decode_with_body(&block, bad[i]), LOFT_ERR_FORMAT);
}

static void a_list_of_tiny_items_takes_no_memory(void **state)
{
    (void)state;
    struct block block;
    struct header header = sample_header(HEADER_LEGACY);
    struct buffer out = {0};
    struct arena small;
    arena_init(&small);
    size_t opened = rlp_open(&out);
    header_encode(&out, &header);
    size_t list = rlp_open(&out);
    memset(buffer_extend(&out, 1 << 20), 0xc0, 1 << 20);
    rlp_close(&out, list);
    buffer_put_byte(&out, 0xc0);
    rlp_close(&out, opened);
    bytes rest = buffer_bytes(&out);
    assert_int_equal(block_decode(&small, &block, &rest), LOFT_ERR_FORMAT);
    assert_string_equal(err_sentence(), "transactions: items are too short");
    assert_true(small.held < 1 << 20);
    arena_fini(&small);
    buffer_free(&out);
}

static struct receipt sample_receipt(enum transaction_type type)
{
    static const hash32 topics[4] = {{{1}}, {{2}}, {{3}}, {{4}}};
    static const struct log_entry logs[] = {
        {.emitter = {{0xaa}}, .topics = topics, .topic_count = 4},
        {.emitter = {{0xbb}}, .data = {(const uint8_t *)"data", 4}},
    };
    struct receipt receipt = {
        .type = type,
        .succeeded = true,
        .cumulative_gas_used = 21000,
        .logs = logs,
        .log_count = 2,
    };
    bloom all = {{0}};
    bloom_add_receipts(&all, &receipt, 1);
    return receipt;
}

static void receipts_of_every_type_come_back(void **state)
{
    (void)state;
    for (enum transaction_type type = TX_LEGACY; type <= TX_SET_CODE; type++) {
        struct receipt receipt = sample_receipt(type), back;
        struct buffer out = {0}, again = {0};
        receipt_encode(&out, &receipt);
        assert_int_equal(receipt_decode(&arena, &back, buffer_bytes(&out)),
                         LOFT_OK);
        assert_int_equal(back.type, type);
        assert_true(back.succeeded);
        assert_false(back.has_root);
        assert_int_equal(back.log_count, 2);
        assert_int_equal(back.logs[0].topic_count, 4);
        assert_int_equal(back.logs[0].topics[3].at[0], 4);
        assert_int_equal(back.logs[1].data.len, 4);
        receipt_encode(&again, &back);
        assert_same_bytes(buffer_bytes(&out), buffer_bytes(&again));
        buffer_free(&out);
        buffer_free(&again);
    }
}

static void receipts_before_byzantium_hold_a_root(void **state)
{
    (void)state;
    struct receipt receipt = {.has_root = true, .root = KECCAK_EMPTY}, back;
    struct buffer out = {0};
    receipt_encode(&out, &receipt);
    assert_int_equal(receipt_decode(&arena, &back, buffer_bytes(&out)),
                     LOFT_OK);
    assert_true(back.has_root);
    assert_true(hash32_equal(&back.root, &KECCAK_EMPTY));
    buffer_free(&out);
}

static void a_status_is_nothing_or_one(void **state)
{
    (void)state;
    struct receipt receipt = {0}, back;
    struct buffer out = {0};
    receipt_encode(&out, &receipt);
    assert_int_equal(receipt_decode(&arena, &back, buffer_bytes(&out)),
                     LOFT_OK);
    assert_false(back.succeeded);
    enum { STATUS_AT = 3 };
    assert_int_equal(out.at[STATUS_AT], 0x80);
    static const uint8_t bad[] = {0x00, 0x02, 0xc0};
    for (size_t i = 0; i < sizeof bad; i++) {
        out.at[STATUS_AT] = bad[i];
        assert_int_equal(receipt_decode(&arena, &back, buffer_bytes(&out)),
                         LOFT_ERR_FORMAT);
    }
    buffer_free(&out);
}

/* go-ethereum's core/types/bloom9_test.go has the same figures. */
static void a_bloom_sets_the_bits_of_its_items(void **state)
{
    (void)state;
    bloom got = {{0}};
    char text[64];
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "xxxxxxxxxx data %d yyyyyyyyyyyyyy", i);
        bloom_add(&got, bytes_str(text));
    }
    hash32 hash = keccak256(bytes_of(got.at, sizeof got.at));
    assert_string_equal(
        hex_string(&arena, bytes_hash(&hash)),
        "0xc8d3ca65cdb4874300a9e39475508f23ed6da09fdbc487f89a2dcf50b09eb263");
}

static uint32_t next_random(uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    return *random >> 8;
}

static void add_items(bloom *one, bloom *all, const struct log_entry *log)
{
    bloom_add(one, bytes_address(&log->emitter));
    bloom_add(all, bytes_address(&log->emitter));
    for (size_t i = 0; i < log->topic_count; i++) {
        bloom_add(one, bytes_hash(&log->topics[i]));
        bloom_add(all, bytes_hash(&log->topics[i]));
    }
}

static void a_bloom_holds_what_was_added(void **state)
{
    (void)state;
    bloom one = {{0}}, logs = {{0}};
    struct receipt receipt = sample_receipt(TX_LEGACY);
    assert_false(bloom_may_hold(&one, bytes_str("a")));
    bloom_add(&one, bytes_str("a"));
    assert_true(bloom_may_hold(&one, bytes_str("a")));
    assert_false(bloom_may_hold(&one, bytes_str("b")));
    for (size_t i = 0; i < receipt.log_count; i++) {
        const struct log_entry *log = &receipt.logs[i];
        bloom_add(&logs, bytes_address(&log->emitter));
        for (size_t j = 0; j < log->topic_count; j++)
            bloom_add(&logs, bytes_hash(&log->topics[j]));
    }
    assert_memory_equal(&logs, &receipt.logs_bloom, sizeof logs);
}

/* Of 300 addresses and topics, more than are remembered at a time, drawn by
 * chance, so that most come again. */
static void blooms_of_many_receipts_are_those_of_each(void **state)
{
    (void)state;
    enum { RECEIPTS = 500, LOGS = 3, TOPICS = 2, ITEMS = 300 };
    static struct log_entry logs[RECEIPTS][LOGS];
    static hash32 topics[RECEIPTS][LOGS][TOPICS];
    static struct receipt receipts[RECEIPTS];
    bloom all = {{0}}, all_one_by_one = {{0}};
    uint32_t random = 1;
    for (size_t i = 0; i < RECEIPTS; i++) {
        for (size_t j = 0; j < LOGS; j++) {
            struct log_entry *log = &logs[i][j];
            store_be32(log->emitter.at + 16, next_random(&random) % ITEMS);
            for (size_t k = 0; k < TOPICS; k++)
                store_be32(topics[i][j][k].at + 28,
                           next_random(&random) % ITEMS);
            log->topics = topics[i][j];
            log->topic_count = next_random(&random) % (TOPICS + 1);
        }
        receipts[i] = (struct receipt){.logs = logs[i],
                                       .log_count = i % (LOGS + 1)};
    }
    bloom_add_receipts(&all, receipts, RECEIPTS);
    for (size_t i = 0; i < RECEIPTS; i++) {
        bloom one = {{0}};
        for (size_t j = 0; j < receipts[i].log_count; j++)
            add_items(&one, &all_one_by_one, &logs[i][j]);
        assert_memory_equal(&receipts[i].logs_bloom, &one, sizeof one);
    }
    assert_memory_equal(&all, &all_one_by_one, sizeof all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_blocks_come_back_and_chain_up),
        cmocka_unit_test(published_transactions_come_back),
        cmocka_unit_test(headers_of_every_fork_come_back),
        cmocka_unit_test(a_fork_adds_all_its_header_fields_or_none),
        cmocka_unit_test(bad_header_fields_are_named),
        cmocka_unit_test(bodies_are_read_strictly),
        cmocka_unit_test(a_list_of_tiny_items_takes_no_memory),
        cmocka_unit_test(receipts_of_every_type_come_back),
        cmocka_unit_test(receipts_before_byzantium_hold_a_root),
        cmocka_unit_test(a_status_is_nothing_or_one),
        cmocka_unit_test(a_bloom_sets_the_bits_of_its_items),
        cmocka_unit_test(a_bloom_holds_what_was_added),
        cmocka_unit_test(blooms_of_many_receipts_are_those_of_each),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return vectors_exit(failed);
}
