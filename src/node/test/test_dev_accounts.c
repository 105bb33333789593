#include "node/dev_accounts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"

static const char *const mnemonic =
    "test test test test test test test test test test test junk";
static const char *const path = "m/44'/60'/0'/0/";

/* As anvil and Hardhat print them. */
static void the_well_known_accounts_come_out(void **state)
{
    (void)state;
    static const char *const known[] = {
        "f39fd6e51aad88f6f4ce6ab8827279cfffb92266",
        "70997970c51812dc3a010c7d01b50e0d17dc79c8",
        "3c44cdddb6a900fa2b585dd299e03d12fa4293bc",
    };
    struct signer *signer = signer_new();
    assert_int_equal(dev_accounts_derive(signer, mnemonic, path, 3), LOFT_OK);
    size_t count;
    const address *accounts = signer_accounts(signer, &count);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        char hex[41] = {0};
        hex_write(hex, bytes_address(&accounts[i]));
        assert_string_equal(hex, known[i]);
    }
    secret32 key, expected;
    signer_reveal(&key, signer, 0);
    assert_int_equal(
        hex_read_exact(expected.at, 32,
                       bytes_str("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5"
                                 "efcae784d7bf4f2ff80")),
        LOFT_OK);
    assert_true(secret_equal(&key, &expected));
    secret_fini(&key);
    signer_free(signer);
}

static void wrong_phrases_and_paths_are_refused(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "",        "m",
        "44'/60'", "m/44'/60'/0'/0",
        "m/x/",    "m/4294967296/",
        "m/-1/",   "m/2147483648/",
        "m//",
    };
    struct signer *signer = signer_new();
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        assert_int_equal(dev_accounts_derive(signer, mnemonic, paths[i], 1),
                         LOFT_ERR_USAGE);
    assert_int_equal(dev_accounts_derive(signer, "test test", path, 1),
                     LOFT_ERR_USAGE);
    assert_non_null(strstr(err_sentence(), "--mnemonic"));
    signer_free(signer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_well_known_accounts_come_out),
        cmocka_unit_test(wrong_phrases_and_paths_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
