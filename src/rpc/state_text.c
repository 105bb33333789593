#include "rpc/state_text.h"

#include <string.h>

#include "base/hex.h"
#include "codec/json_writer.h"
#include "crypto/keccak.h"

struct writing {
    struct json_writer json;
    struct state_view *state;
    struct arena *arena;
};

static loft_err name_is_gone(void)
{
    return err_say(LOFT_ERR_NOT_FOUND,
                   "the names of accounts and slots were not kept");
}

static loft_err put_slot(void *context, const hash32 *hash, const u256 *key,
                         u256 value)
{
    struct writing *writing = context;
    char digits[67] = "0x";
    uint8_t word[32];
    (void)hash;
    if (!key)
        return name_is_gone();
    u256_store_be(word, *key);
    hex_write(digits + 2, bytes_of(word, sizeof word));
    json_key(&writing->json, digits);
    hash32 held = u256_to_hash(value);
    json_put_hash(&writing->json, &held);
    return writing->json.out->len < STATE_TEXT_BYTES_MAX
               ? LOFT_OK
               : err_say(LOFT_ERR_LIMIT, "the state is too large for a text");
}

static loft_err put_account(void *context, const hash32 *hash,
                            const address *who,
                            const struct state_account *account)
{
    struct writing *writing = context;
    struct json_writer *json = &writing->json;
    struct state_source *source = &writing->state->source;
    hash32 first = {0};
    char name[43] = "0x";
    bytes code;
    (void)hash;
    if (!who)
        return name_is_gone();
    TRY(source->code(source, writing->arena, &code, &account->code_hash));
    hex_write(name + 2, bytes_address(who));
    json_key(json, name);
    json_begin_object(json);
    json_key(json, "nonce");
    json_put_u64(json, account->nonce);
    json_key(json, "balance");
    json_put_quantity_u256(json, account->balance);
    json_key(json, "code");
    json_put_data(json, code);
    json_key(json, "storage");
    json_begin_object(json);
    TRY(state_each_slot(writing->state, who, &first, put_slot, writing));
    json_end_object(json);
    json_end_object(json);
    return LOFT_OK;
}

static void put_block(struct json_writer *json, const struct header *header)
{
    json_key(json, "block");
    json_begin_object(json);
    json_key(json, "number");
    json_put_quantity(json, header->number);
    json_key(json, "beneficiary");
    json_put_address(json, &header->coinbase);
    json_key(json, "timestamp");
    json_put_quantity(json, header->timestamp);
    json_key(json, "gas_limit");
    json_put_u64(json, header->gas_limit);
    json_key(json, "basefee");
    json_put_u64(json, u256_clamp_u64(header->base_fee));
    json_key(json, "difficulty");
    json_put_quantity_u256(json, header->difficulty);
    json_key(json, "prevrandao");
    json_put_hash(json, &header->mix_hash);
    json_key(json, "blob_excess_gas_and_price");
    json_begin_object(json);
    json_key(json, "excess_blob_gas");
    json_put_u64(json, header->excess_blob_gas);
    json_key(json, "blob_gasprice");
    json_put_u64(json, 1);
    json_end_object(json);
    json_end_object(json);
    json_key(json, "best_block_number");
    json_put_u64(json, header->number);
}

static void put_empty_list(struct json_writer *json, const char *key)
{
    json_key(json, key);
    json_begin_array(json);
    json_end_array(json);
}

loft_err state_text_write(struct buffer *out, struct chain_view *view)
{
    struct writing writing = {.json = {out, false},
                              .arena = chain_view_arena(view)};
    hash32 first = {0};
    TRY(chain_view_state(view, &writing.state, STATE_NEWEST));
    json_begin_object(&writing.json);
    put_block(&writing.json, &chain_view_head(view)->header);
    json_key(&writing.json, "accounts");
    json_begin_object(&writing.json);
    TRY(state_each_account(writing.state, &first, put_account, &writing));
    json_end_object(&writing.json);
    put_empty_list(&writing.json, "blocks");
    put_empty_list(&writing.json, "transactions");
    json_end_object(&writing.json);
    return LOFT_OK;
}

/* anvil writes words of 32 bytes and quantities alike. */
static loft_err read_word(u256 *out, bytes text)
{
    uint8_t word[32] = {0};
    size_t digits = text.len - 2;
    if (text.len < 3 || digits > 64 || text.at[0] != '0' || text.at[1] != 'x')
        return err_say(LOFT_ERR_FORMAT, "a slot's name is no number");
    char padded[67] = "0x";
    memset(padded + 2, '0', 64);
    memcpy(padded + 2 + 64 - digits, text.at + 2, digits);
    TRY(hex_read_exact(word, sizeof word, bytes_of(padded, 66)));
    *out = u256_load_be(word);
    return LOFT_OK;
}

static loft_err load_slots(struct state_text *text, struct overlay *overlay,
                           const address *who)
{
    for (; text->slot.at && text->left; text->slot = json_next(text->slot)) {
        u256 key, value;
        TRY(read_word(&key, text->slot.key));
        TRY(json_read_any_u256(&value, text->slot.value));
        overlay_store(overlay, who, &key, &value);
        text->left--;
    }
    return LOFT_OK;
}

static loft_err load_fields(struct state_text *text, struct overlay *overlay,
                            const address *who, const struct json *fields)
{
    uint64_t nonce = 0;
    u256 balance = U256_ZERO;
    bytes code = BYTES_EMPTY;
    if (!json_absent(json_get(fields, "nonce")))
        TRY(json_get_any_u64(&nonce, fields, "nonce"));
    if (!json_absent(json_get(fields, "balance")))
        TRY(json_get_any_u256(&balance, fields, "balance"));
    if (!json_absent(json_get(fields, "code")))
        TRY(json_get_data(text->arena, &code, fields, "code"));
    overlay_set_nonce(overlay, who, nonce);
    overlay_set_balance(overlay, who, balance);
    overlay_set_code(overlay, who, code);
    text->slot = json_first(json_get(fields, "storage"));
    text->left--;
    return LOFT_OK;
}

static loft_err load_account(struct state_text *text, struct overlay *overlay)
{
    address who;
    const struct json_member *account = &text->account;
    if (hex_read_exact(who.at, sizeof who.at, account->key) != LOFT_OK)
        return err_say(LOFT_ERR_FORMAT, "\"%.64s\" is no address",
                       (const char *)account->key.at);
    loft_err code = LOFT_OK;
    if (!text->is_within)
        code = load_fields(text, overlay, &who, account->value);
    if (code == LOFT_OK)
        code = load_slots(text, overlay, &who);
    text->is_within = text->slot.at != NULL;
    return code == LOFT_OK
               ? code
               : err_in(code, "account %.42s", (const char *)account->key.at);
}

static loft_err load_some(void *context, struct overlay *overlay)
{
    struct state_text *text = context;
    while (text->account.at && text->left) {
        TRY(load_account(text, overlay));
        if (!text->is_within)
            text->account = json_next(text->account);
    }
    return LOFT_OK;
}

static void go_to_start(struct state_text *text, size_t max)
{
    text->account = json_first(text->accounts);
    text->is_within = false;
    text->left = max;
}

loft_err state_text_try(struct state_text *text, struct state_source *source)
{
    struct overlay *overlay = overlay_new(source);
    go_to_start(text, SIZE_MAX);
    overlay_begin(overlay, (struct overlay_rules){0});
    loft_err code = load_some(text, overlay);
    if (code == LOFT_OK)
        code = overlay_error(overlay);
    overlay_free(overlay);
    go_to_start(text, 0);
    return code;
}

loft_err state_text_read(struct state_text *out, struct arena *arena,
                         bytes text)
{
    const struct json *whole;
    *out = (struct state_text){.arena = arena};
    TRY(json_parse(&whole, arena, text, &JSON_FROM_FILE));
    out->accounts = json_get(whole, "accounts");
    if (json_kind(out->accounts) != JSON_IS_OBJECT)
        return err_say(LOFT_ERR_FORMAT, "a state has \"accounts\", an object");
    return state_text_try(out, &STATE_NOWHERE);
}

loft_err state_text_apply(struct state_text *text, struct chain *chain,
                          size_t max, bool *done)
{
    text->left = max;
    TRY(chain_amend(chain, load_some, text));
    *done = !text->account.at;
    return LOFT_OK;
}

loft_err state_text_load(struct chain *chain, struct arena *arena, bytes text)
{
    struct state_text state;
    bool done;
    TRY(state_text_read(&state, arena, text));
    return state_text_apply(&state, chain, SIZE_MAX, &done);
}
