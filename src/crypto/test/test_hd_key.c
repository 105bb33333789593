#include "crypto/hd_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"
#include "crypto/ecdsa.h"
#include "crypto/mnemonic.h"

static void assert_key(const struct hd_key *key, const char *expected_hex)
{
    uint8_t expected[32];
    assert_int_equal(hex_read_exact(expected, 32, bytes_str(expected_hex)),
                     LOFT_OK);
    assert_memory_equal(key->key.at, expected, 32);
}

/* BIP-32, test vector 1: m/0'/1/2'/2/1000000000. */
static void descends_as_bip32_says(void **state)
{
    (void)state;
    static const struct {
        uint32_t index;
        const char *key;
    } steps[] = {
        {HD_KEY_HARDENED,
         "edb2e14f9ee77d26dd93b4ecede8d16ed408ce149b6cd80b0715a2d911a0afea"},
        {1, "3c6cb8d0f6a264c91ea8b5030fadaa8e538b020f0a387421a12de9319dc93368"},
        {HD_KEY_HARDENED | 2,
         "cbce0d719ecf7431d88e6a89fa1483e02e35092af60c042b1df2ff59fa424dca"},
        {2, "0f479245fb19a38a1954c5c7c0ebab2f9bdfd96a17563ef28a6a4b1a2a764ef4"},
        {1000000000,
         "471b76e389e528d6de6d816857e012c5455051cad6660850e58372a6c3e6e7c8"},
    };
    uint8_t seed[16];
    struct hd_key key;
    for (unsigned i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)i;
    assert_int_equal(hd_key_init(&key, bytes_of(seed, sizeof seed)), LOFT_OK);
    assert_key(
        &key,
        "e8f32e723decf4051aefac8e2c93c9c5b214313817cdb01a1494b917c8436b35");
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        assert_int_equal(hd_key_descend(&key, steps[i].index), LOFT_OK);
        assert_key(&key, steps[i].key);
    }
    hd_key_fini(&key);
}

/* The phrase and the accounts that development chains give away. */
static void accounts_are_those_of_wallets(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "f39fd6e51aad88f6f4ce6ab8827279cfffb92266",
        "70997970c51812dc3a010c7d01b50e0d17dc79c8",
    };
    uint8_t seed[MNEMONIC_SEED_BYTES];
    assert_int_equal(mnemonic_seed(seed,
                                   bytes_str("test test test test test test "
                                             "test test test test test junk"),
                                   BYTES_EMPTY),
                     LOFT_OK);
    for (uint32_t i = 0; i < ARRAY_LEN(expected); i++) {
        secret32 key;
        address got, wanted;
        assert_int_equal(hd_key_account(&key, bytes_of(seed, sizeof seed), i),
                         LOFT_OK);
        assert_int_equal(ecdsa_address(&got, &key), LOFT_OK);
        assert_int_equal(hex_read_exact(wanted.at, 20, bytes_str(expected[i])),
                         LOFT_OK);
        assert_memory_equal(got.at, wanted.at, 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descends_as_bip32_says),
        cmocka_unit_test(accounts_are_those_of_wallets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
