#include "chain/genesis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/attributes.h"
#include "base/hex.h"
#include "tests/vectors.h"

static struct arena arena;

static hash32 genesis_hash(struct genesis *genesis)
{
    struct overlay *overlay = overlay_new(&STATE_NOWHERE);
    genesis_apply(overlay, genesis);
    genesis->header.state_root = overlay_root(overlay);
    overlay_free(overlay);
    return header_hash(&genesis->header);
}

static struct genesis read_text(const char *text)
{
    struct genesis genesis;
    if (genesis_read(&arena, &genesis, bytes_str(text)) != LOFT_OK)
        fail_msg("%s", err_sentence());
    return genesis;
}

static void published_genesis_is_the_first_blocks_parent(void **state)
{
    (void)state;
    const char *json = vectors_path("rpc-compat/tests/genesis.json");
    const char *chain = vectors_path("rpc-compat/tests/chain.rlp");
    if (!json || !chain)
        skip();
    struct genesis genesis;
    struct block first;
    bytes rest = vectors_read(&arena, chain);
    assert_int_equal(genesis_read(&arena, &genesis, vectors_read(&arena, json)),
                     LOFT_OK);
    assert_int_equal(block_decode(&arena, &first, &rest), LOFT_OK);
    hash32 hash = genesis_hash(&genesis);
    assert_memory_equal(&hash, &first.header.parent_hash, sizeof hash);
}

static void published_genesis_has_its_schedule(void **state)
{
    (void)state;
    const char *json = vectors_path("rpc-compat/tests/genesis.json");
    if (!json)
        skip();
    struct genesis genesis;
    assert_int_equal(genesis_read(&arena, &genesis, vectors_read(&arena, json)),
                     LOFT_OK);
    const struct chain_config *config = &genesis.config;
    assert_true(config->chain_id == 3503995874084926);
    assert_int_equal(config->terminal_difficulty.limb[0], 4732352);
    assert_true(address_is_zero(&config->deposit_contract));
    assert_int_equal(chain_fork_at(config, 0, 0, false), FORK_HOMESTEAD);
    assert_int_equal(chain_fork_at(config, 6, 0, false), FORK_SPURIOUS);
    assert_int_equal(chain_fork_at(config, 35, 0, false), FORK_GRAY_GLACIER);
    assert_int_equal(chain_fork_at(config, 36, 360, true), FORK_PARIS);
    assert_int_equal(chain_fork_at(config, 39, 390, true), FORK_SHANGHAI);
    assert_int_equal(chain_fork_at(config, 54, 540, true), FORK_BPO2);
    assert_int_equal(chain_blobs(config, FORK_BPO2)->max, 21);
}

/* Two addresses, with 0x and without; numbers in all their forms. */
static const char *const mixed =
    "{\"config\": {\"chainId\": \"0x7a69\", \"londonBlock\": 0,"
    " \"shanghaiTime\": 0, \"cancunTime\": \"0\", \"pragueTime\": 0,"
    " \"amsterdamTime\": null,"
    " \"terminalTotalDifficulty\": 58750000000000000000000},"
    " \"gasLimit\": \"30000000\", \"difficulty\": 0, \"nonce\": \"0x42\","
    " \"alloc\": {"
    " \"0x00000000000000000000000000000000000000aa\":"
    "   {\"balance\": \"10000000000000000000000\", \"nonce\": 7},"
    " \"00000000000000000000000000000000000000BB\":"
    "   {\"balance\": \"0xff\", \"code\": \"0x6001\","
    "    \"storage\": {\"0x01\": \"0x0002\", \"3\": \"4\"}},"
    " \"00000000000000000000000000000000000000cc\": {}}}";

static void numbers_and_addresses_come_in_every_form(void **state)
{
    (void)state;
    struct genesis genesis = read_text(mixed);
    char text[U256_DECIMAL_MAX];
    assert_int_equal(genesis.config.chain_id, 31337);
    u256_decimal(text, genesis.config.terminal_difficulty);
    assert_string_equal(text, "58750000000000000000000");
    assert_int_equal(genesis.header.gas_limit, 30000000);
    assert_int_equal(genesis.header.nonce[7], 0x42);
    assert_int_equal(genesis.account_count, 3);
    const struct genesis_account *a = &genesis.accounts[0], *b = a + 1;
    assert_int_equal(a->who.at[19], 0xaa);
    assert_int_equal(a->nonce, 7);
    u256_decimal(text, a->balance);
    assert_string_equal(text, "10000000000000000000000");
    assert_int_equal(b->who.at[19], 0xbb);
    assert_int_equal(b->balance.limb[0], 255);
    assert_int_equal(b->code.len, 2);
    assert_int_equal(b->slot_count, 2);
    assert_int_equal(b->slots[0].value.limb[0], 2);
    assert_int_equal(b->slots[1].key.limb[0], 3);
    assert_int_equal(b->slots[1].value.limb[0], 4);
}

static void the_header_has_its_forks_fields(void **state)
{
    (void)state;
    struct genesis genesis = read_text(mixed);
    assert_int_equal(genesis.header.fields, HEADER_REQUESTS);
    assert_int_equal(genesis.header.base_fee.limb[0], 1000000000);
    assert_string_equal(
        hex_string(&arena, bytes_hash(&genesis.header.requests_hash)),
        "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    genesis = read_text("{\"config\": {\"chainId\": 1}, \"alloc\": {}}");
    assert_int_equal(genesis.header.fields, HEADER_LEGACY);
    assert_int_equal(genesis.header.gas_limit, 4712388);
}

static void accounts_without_anything_are_there(void **state)
{
    (void)state;
    struct genesis genesis = read_text(mixed);
    struct overlay *overlay = overlay_new(&STATE_NOWHERE);
    address who = {{[19] = 0xcc}};
    genesis_apply(overlay, &genesis);
    assert_true(overlay_exists(overlay, &who));
    who.at[19] = 0xbb;
    u256 key = u256_from(3), value = overlay_load(overlay, &who, &key, NULL);
    assert_int_equal(value.limb[0], 4);
    assert_int_equal(overlay_code(overlay, &who).len, 2);
    overlay_free(overlay);
}

static void a_total_difficulty_of_zero_is_paris_at_once(void **state)
{
    (void)state;
    struct genesis genesis = read_text(
        "{\"config\": {\"chainId\": 1, \"londonBlock\": 0,"
        " \"mergeNetsplitBlock\": 9, \"terminalTotalDifficulty\": 0}}");
    assert_int_equal(chain_fork_at(&genesis.config, 0, 0, false), FORK_PARIS);
}

static void petersburg_comes_with_constantinople(void **state)
{
    (void)state;
    struct genesis genesis = read_text(
        "{\"config\": {\"chainId\": 1, \"constantinopleBlock\": 3}}");
    assert_int_equal(chain_fork_at(&genesis.config, 3, 0, false),
                     FORK_PETERSBURG);
}

static void blobs_fall_back_to_the_fork_before(void **state)
{
    (void)state;
    struct genesis genesis = read_text(
        "{\"config\": {\"chainId\": 1, \"blobSchedule\": {\"Cancun\":"
        " {\"target\": \"0x1\", \"max\": 2, \"baseFeeUpdateFraction\": 9},"
        " \"bpo3\": {\"target\": 5, \"max\": 6,"
        " \"baseFeeUpdateFraction\": 7}}}}");
    assert_int_equal(chain_blobs(&genesis.config, FORK_CANCUN)->target, 1);
    assert_int_equal(chain_blobs(&genesis.config, FORK_BPO2)->max, 2);
    assert_int_equal(chain_blobs(&genesis.config, FORK_BPO3)->max, 6);
    assert_int_equal(chain_blobs(&genesis.config, FORK_BPO5)->max, 6);
}

/* Read again, it is the same chain. */
static void assert_comes_back(const struct chain_config *config)
{
    struct chain_config back;
    const struct json *read;
    struct buffer text = {0};
    struct json_writer out = {&text, false};
    genesis_write_config(&out, config);
    assert_int_equal(
        json_parse(&read, &arena, buffer_bytes(&text), &JSON_FROM_FILE),
        LOFT_OK);
    if (genesis_read_config(&back, read) != LOFT_OK)
        fail_msg("%s: %.*s", err_sentence(), (int)text.len, text.at);
    assert_int_equal(back.chain_id, config->chain_id);
    assert_memory_equal(back.activation, config->activation,
                        sizeof back.activation);
    for (enum chain_fork fork = FORK_CANCUN; fork < FORK_COUNT; fork++)
        if (config->activation[fork] != FORK_NEVER)
            assert_memory_equal(chain_blobs(&back, fork),
                                chain_blobs(config, fork),
                                sizeof(struct blob_parameters));
    assert_memory_equal(&back.deposit_contract, &config->deposit_contract,
                        sizeof back.deposit_contract);
    buffer_free(&text);
}

static void a_configuration_is_written_as_it_is_read(void **state)
{
    (void)state;
    struct chain_config config;
    for (enum chain_fork last = FORK_FRONTIER; last < FORK_COUNT; last++) {
        if (last == FORK_CONSTANTINOPLE)
            continue; /* geth's form cannot say that Petersburg lacks */
        chain_config_all(&config, last, 31337);
        config.merge_netsplit_block = config.activation[FORK_PARIS];
        assert_comes_back(&config);
    }
    struct genesis genesis = read_text(
        "{\"config\":{\"chainId\":7,\"homesteadBlock\":3,"
        "\"eip150Block\":4,\"eip158Block\":5,\"byzantiumBlock\":6,"
        "\"mergeNetsplitBlock\":9,\"terminalTotalDifficulty\":123456},"
        "\"gasLimit\":\"0x1000000\",\"difficulty\":\"0x1\",\"alloc\":{}}");
    assert_comes_back(&genesis.config);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *json, *sentence;
    } cases[] = {
        {"[]", "config is missing"},
        {"{\"config\": {\"chainId\": 1, \"amsterdamTime\": 5}}",
         "config: amsterdamTime: no such fork"},
        {"{\"config\": {\"chainId\": 1, \"berlinBlock\": 5,"
         " \"londonBlock\": 4}}",
         "config: London begins before the fork before it"},
        {"{\"config\": {\"chainId\": 1, \"eip155Block\": 5,"
         " \"eip158Block\": 4}}",
         "config: eip155Block is not eip158Block"},
        {"{\"config\": {\"chainId\": 1, \"blobSchedule\": {\"london\": {}}}}",
         "blobSchedule: london: no such fork"},
        {"{\"config\": {\"chainId\": 1, \"blobSchedule\": {\"osaka\":"
         " {\"target\": 2, \"max\": 1, \"baseFeeUpdateFraction\": 1}}}}",
         "blobSchedule: osaka: max is out of bounds"},
        {"{\"config\": {\"chainId\": 1, \"blobSchedule\": 3}}",
         "blobSchedule is a number, not an object"},
        {"{\"config\": {\"chainId\": 1}, \"alloc\": [1]}",
         "alloc is an array, not an object"},
        {"{\"config\": {\"chainId\": 1}, \"number\": 1}",
         "number: a genesis block has 0"},
        {"{\"config\": {\"chainId\": 1}, \"alloc\":"
         " {\"00000000000000000000000000000000000000aa\": {},"
         " \"0x00000000000000000000000000000000000000AA\": {}}}",
         "alloc: 0x00000000000000000000000000000000000000AA: the address is "
         "there twice"},
        {"{\"config\": {\"chainId\": 1}, \"alloc\":"
         " {\"00000000000000000000000000000000000000aa\": 5}}",
         "alloc: 00000000000000000000000000000000000000aa: a number is no "
         "account"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct genesis genesis;
        assert_int_not_equal(
            genesis_read(&arena, &genesis, bytes_str(cases[i].json)), LOFT_OK);
        assert_string_equal(err_sentence(), cases[i].sentence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_genesis_is_the_first_blocks_parent),
        cmocka_unit_test(published_genesis_has_its_schedule),
        cmocka_unit_test(numbers_and_addresses_come_in_every_form),
        cmocka_unit_test(the_header_has_its_forks_fields),
        cmocka_unit_test(accounts_without_anything_are_there),
        cmocka_unit_test(a_total_difficulty_of_zero_is_paris_at_once),
        cmocka_unit_test(petersburg_comes_with_constantinople),
        cmocka_unit_test(blobs_fall_back_to_the_fork_before),
        cmocka_unit_test(a_configuration_is_written_as_it_is_read),
        cmocka_unit_test(what_is_wrong_is_named),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return vectors_exit(failed);
}
