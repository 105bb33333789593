#include "node/config_out.h"

#include <inttypes.h>

#include "base/hex.h"
#include "codec/json_writer.h"
#include "node/file.h"

static void put_accounts(struct json_writer *json, const struct signer *signer)
{
    size_t count;
    const address *accounts = signer_accounts(signer, &count);
    json_key(json, "available_accounts");
    json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        json_put_address(json, &accounts[i]);
    json_end_array(json);
    json_key(json, "private_keys");
    json_begin_array(json);
    for (size_t i = 0; i < count; i++) {
        secret32 key;
        signer_reveal(&key, signer, i);
        json_put_data(json, bytes_of(key.at, sizeof key.at));
        secret_fini(&key);
    }
    json_end_array(json);
}

static void put_text(struct json_writer *json, const char *key,
                     const char *text)
{
    json_key(json, key);
    json_put_text(json, text);
}

static void put_decimal(struct json_writer *json, const char *key, u256 value)
{
    char digits[U256_DECIMAL_MAX];
    u256_decimal(digits, value);
    put_text(json, key, digits);
}

static void put_wallet(struct json_writer *json, const struct options *options)
{
    json_key(json, "wallet");
    json_begin_object(json);
    put_text(json, "derivation_path", options->derivation_path);
    put_text(json, "mnemonic", options->mnemonic);
    json_end_object(json);
}

static void put_base(struct json_writer *json, const struct chain *chain)
{
    const struct chain_base *base = chain_base(chain);
    hash32 hash = header_hash(&base->header);
    json_key(json, "block_number");
    json_put_u64(json, base->header.number);
    json_key(json, "block_hash");
    json_put_hash(json, &hash);
    json_key(json, "chain_id");
    json_put_u64(json, chain_config(chain)->chain_id);
}

loft_err config_out_write(const struct options *options,
                          const struct signer *signer, struct chain *chain)
{
    struct buffer text = {0};
    struct json_writer json = {&text, false};
    uint64_t gas_limit = options->disable_block_gas_limit ? INT64_MAX
                                                          : options->gas_limit;
    json_begin_object(&json);
    put_accounts(&json, signer);
    put_wallet(&json, options);
    if (chain_base(chain))
        put_base(&json, chain);
    put_decimal(&json, "base_fee", chain_head(chain)->header.base_fee);
    put_decimal(&json, "gas_price", options->gas_price);
    put_decimal(&json, "gas_limit", u256_from(gas_limit));
    put_decimal(&json, "genesis_timestamp",
                u256_from(chain_head(chain)->header.timestamp));
    json_end_object(&json);
    buffer_put_byte(&text, '\n');
    loft_err code = file_replace(options->config_out, buffer_bytes(&text),
                                 FILE_OF_OWNER);
    buffer_free(&text);
    return code == LOFT_OK ? code : err_in(code, "--config-out");
}
