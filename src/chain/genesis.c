#include "chain/genesis.h"

#include "base/hex.h"
#include "base/map.h"
#include "codec/json.h"
#include "crypto/digest.h"
#include "crypto/keccak.h"

/* What geth takes where a file says nothing. */
enum {
    GAS_LIMIT_DEFAULT = 4712388,
    DIFFICULTY_DEFAULT = 131072,
    BASE_FEE_FIRST = 1000000000, /* EIP-1559: INITIAL_BASE_FEE */
};

static loft_err optional_u64(uint64_t *out, const struct json *root,
                             const char *key)
{
    return json_absent(json_get(root, key)) ? LOFT_OK
                                            : json_get_any_u64(out, root, key);
}

static loft_err optional_u256(u256 *out, const struct json *root,
                              const char *key)
{
    return json_absent(json_get(root, key)) ? LOFT_OK
                                            : json_get_any_u256(out, root, key);
}

static loft_err optional_hash(hash32 *out, const struct json *root,
                              const char *key)
{
    return json_absent(json_get(root, key)) ? LOFT_OK
                                            : json_get_hash(out, root, key);
}

static loft_err read_nonce(struct header *header, const struct json *root)
{
    uint64_t nonce = 0;
    TRY(optional_u64(&nonce, root, "nonce"));
    store_be64(header->nonce, nonce);
    return LOFT_OK;
}

static loft_err read_difficulty(struct header *header, const struct json *root)
{
    bool mines = !json_absent(json_get(json_get(root, "config"), "ethash"));
    header->difficulty = mines ? u256_from(DIFFICULTY_DEFAULT) : U256_ZERO;
    return optional_u256(&header->difficulty, root, "difficulty");
}

static loft_err read_extra_data(struct arena *arena, struct header *header,
                                const struct json *root)
{
    if (json_absent(json_get(root, "extraData")))
        return LOFT_OK;
    return json_get_data(arena, &header->extra_data, root, "extraData");
}

static loft_err read_number(struct header *header, const struct json *root)
{
    TRY(optional_u64(&header->number, root, "number"));
    if (header->number)
        return err_say(LOFT_ERR_FORMAT, "number: a genesis block has 0");
    return LOFT_OK;
}

static loft_err read_legacy_fields(struct arena *arena, struct header *header,
                                   const struct json *root)
{
    TRY(read_number(header, root));
    TRY(read_nonce(header, root));
    TRY(read_difficulty(header, root));
    TRY(read_extra_data(arena, header, root));
    TRY(optional_u64(&header->timestamp, root, "timestamp"));
    TRY(optional_u64(&header->gas_limit, root, "gasLimit"));
    TRY(optional_u64(&header->gas_used, root, "gasUsed"));
    TRY(optional_hash(&header->mix_hash, root, "mixHash"));
    TRY(optional_hash(&header->parent_hash, root, "parentHash"));
    if (!json_absent(json_get(root, "coinbase")))
        TRY(json_get_address(&header->coinbase, root, "coinbase"));
    if (header->gas_limit == 0)
        header->gas_limit = GAS_LIMIT_DEFAULT;
    return LOFT_OK;
}

/* geth: the fields of the forks that are active at the genesis block; those
 * that go by time are so from London on, merged or not. */
static enum header_fields fields_of(const struct chain_config *config,
                                    uint64_t timestamp)
{
    static const struct {
        enum chain_fork fork;
        enum header_fields fields;
    } steps[] = {
        {FORK_PRAGUE, HEADER_REQUESTS},
        {FORK_CANCUN, HEADER_BLOBS},
        {FORK_SHANGHAI, HEADER_WITHDRAWALS},
    };
    if (config->activation[FORK_LONDON] != 0 &&
        config->activation[FORK_PARIS] != 0)
        return HEADER_LEGACY;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        if (config->activation[steps[i].fork] != FORK_NEVER &&
            timestamp >= config->activation[steps[i].fork])
            return steps[i].fields;
    return HEADER_BASE_FEE;
}

static loft_err read_fork_fields(struct header *header, const struct json *root)
{
    if (header->fields >= HEADER_BASE_FEE) {
        header->base_fee = u256_from(BASE_FEE_FIRST);
        TRY(optional_u256(&header->base_fee, root, "baseFeePerGas"));
    }
    if (header->fields >= HEADER_WITHDRAWALS)
        header->withdrawals_root = KECCAK_EMPTY_TRIE;
    if (header->fields >= HEADER_BLOBS) {
        TRY(optional_u64(&header->blob_gas_used, root, "blobGasUsed"));
        TRY(optional_u64(&header->excess_blob_gas, root, "excessBlobGas"));
    }
    if (header->fields >= HEADER_REQUESTS)
        header->requests_hash = sha256(BYTES_EMPTY);
    return LOFT_OK;
}

static loft_err read_header(struct arena *arena, struct genesis *out,
                            const struct json *root)
{
    struct header *header = &out->header;
    *header = (struct header){
        .uncles_hash = EMPTY_UNCLES_HASH,
        .transactions_root = KECCAK_EMPTY_TRIE,
        .receipts_root = KECCAK_EMPTY_TRIE,
    };
    TRY(read_legacy_fields(arena, header, root));
    header->fields = fields_of(&out->config, header->timestamp);
    return read_fork_fields(header, root);
}

static loft_err check_object(const struct json *value, const char *key)
{
    if (json_absent(value) || json_kind(value) == JSON_IS_OBJECT)
        return LOFT_OK;
    return err_say(LOFT_ERR_FORMAT, "%s is %s, not an object", key,
                   json_kind_name(value));
}

/* A number of at most 32 bytes in hexadecimal, with or without 0x. */
static loft_err read_word(struct arena *arena, u256 *out, bytes text)
{
    bool prefixed = text.len >= 2 && memcmp(text.at, "0x", 2) == 0;
    if (!prefixed)
        text = bytes_str(arena_printf(arena, "0x%.*s", (int)text.len,
                                      (const char *)text.at));
    return hex_read_u256(out, text);
}

static loft_err read_storage(struct arena *arena, struct genesis_account *out,
                             const struct json *storage)
{
    size_t count = json_len(storage);
    struct genesis_slot *slots = ARENA_ARRAY(arena, struct genesis_slot, count);
    out->slots = slots;
    JSON_FOR_EACH (member, storage) {
        bytes value;
        struct genesis_slot *slot = &slots[out->slot_count++];
        TRY(read_word(arena, &slot->key, member.key));
        TRY(json_read_string(&value, member.value));
        TRY(read_word(arena, &slot->value, value));
    }
    return LOFT_OK;
}

static loft_err read_account(struct arena *arena, struct genesis_account *out,
                             const struct json *account)
{
    TRY(optional_u256(&out->balance, account, "balance"));
    TRY(optional_u64(&out->nonce, account, "nonce"));
    if (!json_absent(json_get(account, "code")))
        TRY(json_get_data(arena, &out->code, account, "code"));
    TRY(check_object(json_get(account, "storage"), "storage"));
    loft_err err = read_storage(arena, out, json_get(account, "storage"));
    return err == LOFT_OK ? LOFT_OK : err_in(err, "storage");
}

static loft_err read_entry(struct arena *arena, struct map *seen,
                           struct genesis_account *out,
                           struct json_member member)
{
    bool is_new;
    if (json_kind(member.value) != JSON_IS_OBJECT)
        return err_say(LOFT_ERR_FORMAT, "%s is no account",
                       json_kind_name(member.value));
    TRY(hex_read_exact(out->who.at, sizeof out->who.at, member.key));
    map_put(seen, out->who.at, &is_new);
    if (!is_new)
        return err_say(LOFT_ERR_FORMAT, "the address is there twice");
    return read_account(arena, out, member.value);
}

static loft_err read_entries(struct arena *arena, struct genesis *out,
                             struct map *seen, const struct json *alloc)
{
    size_t count = json_len(alloc);
    if (count > GENESIS_ACCOUNTS_MAX)
        return err_say(LOFT_ERR_LIMIT, "alloc: more than %u accounts",
                       GENESIS_ACCOUNTS_MAX);
    struct genesis_account *accounts = arena_zalloc(
        arena, count * sizeof(struct genesis_account));
    out->accounts = accounts;
    JSON_FOR_EACH (member, alloc) {
        loft_err err = read_entry(arena, seen, &accounts[out->account_count++],
                                  member);
        if (err != LOFT_OK)
            return err_in(err, "alloc: %.80s", (const char *)member.key.at);
    }
    return LOFT_OK;
}

static loft_err read_alloc(struct arena *arena, struct genesis *out,
                           const struct json *alloc)
{
    struct map seen;
    TRY(check_object(alloc, "alloc"));
    map_init(&seen, sizeof(address), 0);
    loft_err err = read_entries(arena, out, &seen, alloc);
    map_fini(&seen);
    return err;
}

loft_err genesis_read(struct arena *arena, struct genesis *out, bytes json)
{
    const struct json *root;
    struct genesis genesis = {.accounts = NULL};
    TRY(json_parse(&root, arena, json, &JSON_FROM_FILE));
    if (json_kind(json_get(root, "config")) != JSON_IS_OBJECT)
        return err_say(LOFT_ERR_FORMAT, "config is missing");
    TRY(genesis_read_config(&genesis.config, json_get(root, "config")));
    TRY(read_header(arena, &genesis, root));
    TRY(read_alloc(arena, &genesis, json_get(root, "alloc")));
    *out = genesis;
    return LOFT_OK;
}

static void apply_account(struct overlay *overlay,
                          const struct genesis_account *account)
{
    overlay_touch(overlay, &account->who);
    overlay_set_balance(overlay, &account->who, account->balance);
    overlay_set_nonce(overlay, &account->who, account->nonce);
    if (account->code.len)
        overlay_set_code(overlay, &account->who, account->code);
    for (size_t i = 0; i < account->slot_count; i++)
        overlay_store(overlay, &account->who, &account->slots[i].key,
                      &account->slots[i].value);
}

/* An account without anything stays: EIP-161 is about transactions. */
void genesis_apply(struct overlay *overlay, const struct genesis *genesis)
{
    overlay_begin(overlay, (struct overlay_rules){.delete_empty = false});
    for (size_t i = 0; i < genesis->account_count; i++)
        apply_account(overlay, &genesis->accounts[i]);
    overlay_end(overlay);
}
