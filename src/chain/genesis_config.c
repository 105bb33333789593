#include <ctype.h>

#include "base/attributes.h"
#include "chain/genesis.h"
#include "codec/json.h"

/* The keys by which geth tells when a fork begins. */
static const struct {
    const char *key;
    enum chain_fork fork;
} fork_keys[] = {
    {"homesteadBlock", FORK_HOMESTEAD},
    {"daoForkBlock", FORK_DAO},
    {"eip150Block", FORK_TANGERINE},
    {"eip158Block", FORK_SPURIOUS},
    {"byzantiumBlock", FORK_BYZANTIUM},
    {"constantinopleBlock", FORK_CONSTANTINOPLE},
    {"petersburgBlock", FORK_PETERSBURG},
    {"istanbulBlock", FORK_ISTANBUL},
    {"muirGlacierBlock", FORK_MUIR_GLACIER},
    {"berlinBlock", FORK_BERLIN},
    {"londonBlock", FORK_LONDON},
    {"arrowGlacierBlock", FORK_ARROW_GLACIER},
    {"grayGlacierBlock", FORK_GRAY_GLACIER},
    {"mergeNetsplitBlock", FORK_PARIS},
    {"shanghaiTime", FORK_SHANGHAI},
    {"cancunTime", FORK_CANCUN},
    {"pragueTime", FORK_PRAGUE},
    {"osakaTime", FORK_OSAKA},
    {"bpo1Time", FORK_BPO1},
    {"bpo2Time", FORK_BPO2},
    {"bpo3Time", FORK_BPO3},
    {"bpo4Time", FORK_BPO4},
    {"bpo5Time", FORK_BPO5},
};

static bool ends_in(bytes key, const char *end)
{
    size_t len = strlen(end);
    return key.len >= len && memcmp(key.at + key.len - len, end, len) == 0;
}

static bool is_known(bytes key)
{
    /* Holds together with eip158Block: see read_replay_protection(). */
    if (bytes_equal(key, bytes_str("eip155Block")))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(fork_keys); i++)
        if (bytes_equal(key, bytes_str(fork_keys[i].key)))
            return true;
    return false;
}

static loft_err refuse_unknown_forks(const struct json *config)
{
    JSON_FOR_EACH (member, config) {
        if (json_absent(member.value) || is_known(member.key))
            continue;
        if (ends_in(member.key, "Block") || ends_in(member.key, "Time"))
            return err_say(LOFT_ERR_FORMAT, "config: %.*s: no such fork",
                           (int)member.key.len, (const char *)member.key.at);
    }
    return LOFT_OK;
}

static loft_err read_activations(struct chain_config *out,
                                 const struct json *config)
{
    for (size_t i = 0; i < ARRAY_LEN(fork_keys); i++)
        if (!json_absent(json_get(config, fork_keys[i].key)))
            TRY(json_get_any_u64(&out->activation[fork_keys[i].fork], config,
                                 fork_keys[i].key));
    /* geth: without petersburgBlock, Constantinople is Petersburg. */
    if (out->activation[FORK_PETERSBURG] == FORK_NEVER)
        out->activation[FORK_PETERSBURG] = out->activation[FORK_CONSTANTINOPLE];
    return LOFT_OK;
}

/* EIP-155 and EIP-158 are one fork here, as they are on every public chain. */
static loft_err read_replay_protection(const struct chain_config *out,
                                       const struct json *config)
{
    uint64_t block;
    if (json_absent(json_get(config, "eip155Block")))
        return LOFT_OK;
    TRY(json_get_any_u64(&block, config, "eip155Block"));
    if (block != out->activation[FORK_SPURIOUS])
        return err_say(LOFT_ERR_FORMAT,
                       "config: eip155Block is not eip158Block");
    return LOFT_OK;
}

/* Blocks among each other, times among each other. */
static loft_err check_order(const struct chain_config *config)
{
    uint64_t last = 0;
    for (enum chain_fork fork = FORK_FRONTIER; fork < FORK_COUNT; fork++) {
        uint64_t at = config->activation[fork];
        if (fork == FORK_SHANGHAI)
            last = 0;
        if (at == FORK_NEVER)
            continue;
        if (at < last)
            return err_say(LOFT_ERR_FORMAT,
                           "config: %s begins before the fork before it",
                           fork_name(fork));
        last = at;
    }
    return LOFT_OK;
}

/* The total difficulty decides about the merge where it is given: the block of
 * mergeNetsplitBlock is for peers to tell chains apart. A total difficulty of
 * zero is reached by every block. */
static loft_err read_merge(struct chain_config *out, const struct json *config)
{
    out->merge_netsplit_block = out->activation[FORK_PARIS];
    if (json_absent(json_get(config, "terminalTotalDifficulty")))
        return LOFT_OK;
    TRY(json_get_any_u256(&out->terminal_difficulty, config,
                          "terminalTotalDifficulty"));
    out->has_terminal_difficulty = true;
    out->activation[FORK_PARIS] = u256_is_zero(out->terminal_difficulty)
                                      ? 0
                                      : FORK_NEVER;
    return LOFT_OK;
}

static loft_err read_blob_entry(struct blob_parameters *out,
                                const struct json *entry)
{
    TRY(json_get_any_u64(&out->target, entry, "target"));
    TRY(json_get_any_u64(&out->max, entry, "max"));
    TRY(json_get_any_u64(&out->base_fee_update_fraction, entry,
                         "baseFeeUpdateFraction"));
    if (out->max < out->target || out->max > UINT32_MAX)
        return err_say(LOFT_ERR_FORMAT, "max is out of bounds");
    if (out->base_fee_update_fraction == 0)
        return err_say(LOFT_ERR_FORMAT, "baseFeeUpdateFraction is zero");
    return LOFT_OK;
}

/* A fork that is not in the schedule has the parameters of the one before. */
static loft_err read_blobs(struct chain_config *config,
                           const struct json *schedule)
{
    if (json_kind(schedule) != JSON_IS_OBJECT)
        return err_say(LOFT_ERR_FORMAT, "blobSchedule is %s, not an object",
                       json_kind_name(schedule));
    for (enum chain_fork fork = FORK_CANCUN + 1; fork < FORK_COUNT; fork++)
        config->blobs[fork] = (struct blob_parameters){0};
    JSON_FOR_EACH (member, schedule) {
        enum chain_fork fork;
        const char *name = (const char *)member.key.at;
        if (json_absent(member.value))
            continue;
        if (!fork_by_name(&fork, name) || fork < FORK_CANCUN)
            return err_say(LOFT_ERR_FORMAT, "blobSchedule: %s: no such fork",
                           name);
        loft_err err = read_blob_entry(&config->blobs[fork], member.value);
        if (err != LOFT_OK)
            return err_in(err, "blobSchedule: %s", name);
    }
    return LOFT_OK;
}

static loft_err read_others(struct chain_config *out, const struct json *config)
{
    const struct json *schedule = json_get(config, "blobSchedule");
    if (!json_absent(json_get(config, "daoForkSupport")))
        TRY(json_get_bool(&out->dao_support, config, "daoForkSupport"));
    if (!json_absent(json_get(config, "depositContractAddress")))
        TRY(json_get_address(&out->deposit_contract, config,
                             "depositContractAddress"));
    return json_absent(schedule) ? LOFT_OK : read_blobs(out, schedule);
}

loft_err genesis_read_config(struct chain_config *out,
                             const struct json *config)
{
    uint64_t chain_id;
    struct chain_config result;
    TRY(json_get_any_u64(&chain_id, config, "chainId"));
    chain_config_init(&result, chain_id);
    TRY(refuse_unknown_forks(config));
    TRY(read_activations(&result, config));
    TRY(read_replay_protection(&result, config));
    TRY(check_order(&result));
    TRY(read_merge(&result, config));
    TRY(read_others(&result, config));
    *out = result;
    return LOFT_OK;
}

static void put_number(struct json_writer *out, const char *key, uint64_t value)
{
    if (value == FORK_NEVER)
        return;
    json_key(out, key);
    json_put_u64(out, value);
}

static void put_forks(struct json_writer *out,
                      const struct chain_config *config)
{
    for (size_t i = 0; i < ARRAY_LEN(fork_keys); i++) {
        enum chain_fork fork = fork_keys[i].fork;
        put_number(out, fork_keys[i].key,
                   fork == FORK_PARIS ? config->merge_netsplit_block
                                      : config->activation[fork]);
        if (fork == FORK_SPURIOUS)
            put_number(out, "eip155Block", config->activation[fork]);
        if (fork == FORK_DAO && config->activation[fork] != FORK_NEVER) {
            json_key(out, "daoForkSupport");
            json_put_bool(out, config->dao_support);
        }
    }
    if (!config->has_terminal_difficulty && config->activation[FORK_PARIS])
        return;
    json_key(out, "terminalTotalDifficulty");
    json_put_u256(out, config->has_terminal_difficulty
                           ? config->terminal_difficulty
                           : U256_ZERO);
}

/* "cancun", as schedules name it. */
static void put_lower_key(struct json_writer *out, const char *name)
{
    char key[32] = {0};
    for (size_t i = 0; name[i] && i + 1 < sizeof key; i++)
        key[i] = (char)tolower((unsigned char)name[i]);
    json_key(out, key);
}

static void put_blobs(struct json_writer *out,
                      const struct chain_config *config)
{
    json_key(out, "blobSchedule");
    json_begin_object(out);
    for (enum chain_fork fork = FORK_CANCUN; fork < FORK_COUNT; fork++) {
        const struct blob_parameters *blobs = &config->blobs[fork];
        if (blobs->max == 0 || config->activation[fork] == FORK_NEVER)
            continue;
        put_lower_key(out, fork_name(fork));
        json_begin_object(out);
        put_number(out, "target", blobs->target);
        put_number(out, "max", blobs->max);
        put_number(out, "baseFeeUpdateFraction",
                   blobs->base_fee_update_fraction);
        json_end_object(out);
    }
    json_end_object(out);
}

void genesis_write_config(struct json_writer *out,
                          const struct chain_config *config)
{
    json_begin_object(out);
    put_number(out, "chainId", config->chain_id);
    put_forks(out, config);
    json_key(out, "depositContractAddress");
    json_put_address(out, &config->deposit_contract);
    put_blobs(out, config);
    json_end_object(out);
}
