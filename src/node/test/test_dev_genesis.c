#include "node/dev_genesis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"
#include "chain/system_contracts.h"
#include "crypto/keccak.h"

static struct arena arena;

static struct genesis make(enum chain_fork fork)
{
    static const address who = {{7}};
    struct genesis genesis;
    struct dev_genesis_options options = {
        .chain_id = 31337,
        .fork = fork,
        .timestamp = 1000,
        .gas_limit = 30000000,
        .base_fee = u256_from(5),
        .accounts = &who,
        .account_count = 1,
        .balance_ether = 10000,
    };
    dev_genesis_make(&arena, &genesis, &options);
    return genesis;
}

static const struct genesis_account *find(const struct genesis *genesis,
                                          const char *hex)
{
    address who;
    assert_int_equal(hex_read_exact(who.at, sizeof who.at, bytes_str(hex)),
                     LOFT_OK);
    for (size_t i = 0; i < genesis->account_count; i++)
        if (address_equal(&genesis->accounts[i].who, &who))
            return &genesis->accounts[i];
    return NULL;
}

static void accounts_are_funded(void **state)
{
    (void)state;
    struct genesis genesis = make(FORK_BPO2);
    const struct genesis_account *account = find(
        &genesis, "0700000000000000000000000000000000000000");
    u256 balance;
    assert_true(
        u256_read_decimal(&balance, bytes_str("10000000000000000000000")));
    assert_true(u256_equal(account->balance, balance));
}

static void contracts_are_at_their_addresses(void **state)
{
    (void)state;
    static const char *const addresses[] = {
        "000f3df6d732807ef1319fb7b8bb8522d0beac02",
        "0000f90827f1c53a10cb7a02335b175320002935",
        "00000961ef480eb55e80d19ad83579a64c007002",
        "0000bbddc7ce488642fb579f8b00f3a590007251",
        "4e59b44847b379578588920ca78fbf26c0b4956c",
    };
    struct genesis genesis = make(FORK_BPO2);
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        const struct genesis_account *account = find(&genesis, addresses[i]);
        assert_non_null(account);
        assert_true(account->code.len > 0);
        assert_int_equal(account->nonce, 1);
    }
}

/* The hash that explorers show for the code at this address. */
static void the_deployment_proxy_has_its_published_code(void **state)
{
    (void)state;
    struct genesis genesis = make(FORK_BPO2);
    const struct genesis_account *proxy = find(
        &genesis, "4e59b44847b379578588920ca78fbf26c0b4956c");
    hash32 hash = keccak256(proxy->code);
    char hex[65] = {0};
    hex_write(hex, bytes_hash(&hash));
    assert_string_equal(hex, "2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955"
                             "754b2608f7e4989");
}

static void the_header_has_its_forks_fields(void **state)
{
    (void)state;
    static const struct {
        enum chain_fork fork;
        enum header_fields fields;
    } cases[] = {
        {FORK_PARIS, HEADER_BASE_FEE}, {FORK_SHANGHAI, HEADER_WITHDRAWALS},
        {FORK_CANCUN, HEADER_BLOBS},   {FORK_PRAGUE, HEADER_REQUESTS},
        {FORK_OSAKA, HEADER_REQUESTS}, {FORK_BPO2, HEADER_REQUESTS},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct genesis genesis = make(cases[i].fork);
        assert_int_equal(genesis.header.fields, cases[i].fields);
        assert_int_equal(chain_fork_at(&genesis.config, 1, 2000, true),
                         cases[i].fork);
        assert_int_equal(genesis.header.timestamp, 1000);
        assert_true(u256_equal(genesis.header.base_fee, u256_from(5)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_are_funded),
        cmocka_unit_test(contracts_are_at_their_addresses),
        cmocka_unit_test(the_deployment_proxy_has_its_published_code),
        cmocka_unit_test(the_header_has_its_forks_fields),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
