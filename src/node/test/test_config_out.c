#include "node/config_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "codec/json.h"
#include "node/data_dir.h"
#include "node/dev_accounts.h"
#include "node/dev_genesis.h"
#include "node/file.h"

#define CHAIN_ID 4242
#define TEXT_BYTES_MAX 65536

struct trial {
    struct arena arena;
    const char *dir;
    struct options options;
    struct signer *signer;
    struct chain *chain;
    const struct json *written;
};

static void open_chain(struct trial *trial)
{
    struct genesis genesis;
    struct chain_options options = {
        .dir = trial->dir,
        .store = {.durability = STORE_DEV, .bytes_max = 1u << 28},
        .state = {.keep_history = true},
    };
    struct dev_genesis_options dev = {
        .chain_id = CHAIN_ID,
        .fork = FORK_BPO2,
        .timestamp = 1000,
        .gas_limit = 30000000,
        .base_fee = u256_from(77),
        .balance_ether = 10,
    };
    dev.accounts = signer_accounts(trial->signer, &dev.account_count);
    dev_genesis_make(&trial->arena, &genesis, &dev);
    assert_int_equal(chain_open(&trial->chain, &options, &genesis), LOFT_OK);
}

static struct trial *open_trial(const char *name)
{
    struct trial *trial = calloc(1, sizeof *trial);
    assert_non_null(trial);
    arena_init(&trial->arena);
    assert_int_equal(data_dir_open(&trial->arena, &trial->dir, "", true),
                     LOFT_OK);
    const char *path = arena_printf(&trial->arena, "%s/%s", trial->dir, name);
    const char *const line[] = {
        "loftd",      "--config-out", path, "--gas-price",
        "3000000000", "--accounts",   "3",  NULL};
    assert_int_equal(options_read(&trial->options, 7, line), LOFT_OK);
    trial->signer = signer_new();
    assert_int_equal(dev_accounts_derive(trial->signer, trial->options.mnemonic,
                                         trial->options.derivation_path,
                                         trial->options.accounts),
                     LOFT_OK);
    open_chain(trial);
    return trial;
}

static void close_trial(struct trial *trial)
{
    chain_close(trial->chain);
    signer_free(trial->signer);
    options_fini(&trial->options);
    data_dir_remove(trial->dir);
    arena_fini(&trial->arena);
    free(trial);
}

static loft_err write_it(struct trial *trial)
{
    return config_out_write(&trial->options, trial->signer, trial->chain);
}

static void read_it(struct trial *trial)
{
    char *text = arena_alloc(&trial->arena, TEXT_BYTES_MAX);
    FILE *file = fopen(trial->options.config_out, "r");
    assert_non_null(file);
    size_t len = fread(text, 1, TEXT_BYTES_MAX, file);
    fclose(file);
    assert_int_equal(json_parse(&trial->written, &trial->arena,
                                bytes_of(text, len), &JSON_FROM_FILE),
                     LOFT_OK);
}

static void same_text(const struct json *value, const char *text)
{
    const char *found;
    assert_int_equal(json_read_text(&found, value), LOFT_OK);
    assert_string_equal(found, text);
}

/* Those that every tool of the field knows. */
static void accounts_come_with_their_keys(void **state)
{
    (void)state;
    struct trial *trial = open_trial("config.json");
    assert_int_equal(write_it(trial), LOFT_OK);
    read_it(trial);
    const struct json *accounts = json_get(trial->written,
                                           "available_accounts");
    const struct json *keys = json_get(trial->written, "private_keys");
    assert_int_equal(json_len(accounts), 3);
    assert_int_equal(json_len(keys), 3);
    same_text(json_at(accounts, 0),
              "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
    same_text(json_at(keys, 0), "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed"
                                "5efcae784d7bf4f2ff80");
    same_text(json_at(accounts, 2),
              "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc");
    const struct json *wallet = json_get(trial->written, "wallet");
    same_text(json_get(wallet, "mnemonic"), trial->options.mnemonic);
    same_text(json_get(wallet, "derivation_path"), "m/44'/60'/0'/0/");
    close_trial(trial);
}

static void a_block_has_its_price(void **state)
{
    (void)state;
    struct trial *trial = open_trial("config.json");
    assert_int_equal(write_it(trial), LOFT_OK);
    read_it(trial);
    same_text(json_get(trial->written, "base_fee"), "77");
    same_text(json_get(trial->written, "gas_price"), "3000000000");
    same_text(json_get(trial->written, "gas_limit"), "30000000");
    same_text(json_get(trial->written, "genesis_timestamp"), "1000");
    assert_true(json_absent(json_get(trial->written, "block_number")));
    trial->options.disable_block_gas_limit = true;
    assert_int_equal(write_it(trial), LOFT_OK);
    read_it(trial);
    same_text(json_get(trial->written, "gas_limit"), "9223372036854775807");
    close_trial(trial);
}

static void keys_are_for_their_owner_s_eyes(void **state)
{
    (void)state;
    struct trial *trial = open_trial("config.json");
    struct stat about;
    assert_int_equal(write_it(trial), LOFT_OK);
    assert_int_equal(stat(trial->options.config_out, &about), 0);
    assert_int_equal(about.st_mode & 0077, 0);
    close_trial(trial);
}

static void a_file_that_cannot_be_is_named(void **state)
{
    (void)state;
    struct trial *trial = open_trial("nowhere/config.json");
    assert_int_equal(write_it(trial), LOFT_ERR_IO);
    assert_non_null(strstr(err_sentence(), "--config-out"));
    assert_non_null(strstr(err_sentence(), "nowhere/config.json"));
    close_trial(trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_come_with_their_keys),
        cmocka_unit_test(a_block_has_its_price),
        cmocka_unit_test(keys_are_for_their_owner_s_eyes),
        cmocka_unit_test(a_file_that_cannot_be_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
