#include "rpc/state_diff.h"

#include "base/hex.h"

/* What became of an account, as the key of a field's change. */
enum fate { BORN, DIED, LIVED };

static void put_value(struct json_writer *out, const bytes *data,
                      const u256 *number)
{
    if (data)
        json_put_data(out, *data);
    else
        json_put_quantity_u256(out, *number);
}

/* "=", {"+": is}, {"-": was} or {"*": {"from": was, "to": is}}; of data or of
 * numbers. */
static void put_change(struct json_writer *out, const char *key, enum fate fate,
                       bool is_same, const bytes data[2], const u256 numbers[2])
{
    json_key(out, key);
    if (fate == LIVED && is_same) {
        json_put_text(out, "=");
        return;
    }
    json_begin_object(out);
    if (fate == LIVED) {
        json_key(out, "*");
        json_begin_object(out);
        json_key(out, "from");
        put_value(out, data ? &data[0] : NULL, &numbers[0]);
        json_key(out, "to");
        put_value(out, data ? &data[1] : NULL, &numbers[1]);
        json_end_object(out);
    } else {
        unsigned side = fate == BORN;
        json_key(out, fate == BORN ? "+" : "-");
        put_value(out, data ? &data[side] : NULL, &numbers[side]);
    }
    json_end_object(out);
}

static void put_number(struct json_writer *out, const char *key, enum fate fate,
                       u256 was, u256 is)
{
    const u256 both[2] = {was, is};
    put_change(out, key, fate, u256_equal(was, is), NULL, both);
}

static void put_slot(struct json_writer *out, enum fate fate, u256 key,
                     u256 was, u256 is)
{
    hash32 name = u256_to_hash(key);
    hash32 hashes[2] = {u256_to_hash(was), u256_to_hash(is)};
    const bytes both[2] = {bytes_hash(&hashes[0]), bytes_hash(&hashes[1])};
    char text[2 + 2 * sizeof name.at + 1] = "0x";
    hex_write(text + 2, bytes_hash(&name));
    text[sizeof text - 1] = 0;
    put_change(out, text, fate, false, both, NULL);
}

/* An account with its slots, before and now. */
struct difference {
    const struct seen_account *was;
    const struct seen_slot *const *slots;
    size_t slot_count;
    enum fate fate;
    uint64_t nonce;
    u256 balance;
    bytes code;
    struct overlay *overlay;
};

static bool slots_differ(const struct difference *d)
{
    for (size_t i = 0; i < d->slot_count; i++) {
        const struct seen_slot *slot = d->slots[i];
        u256 now = overlay_peek(d->overlay, &slot->who, &slot->key);
        if (!u256_equal(now, slot->value))
            return true;
    }
    return false;
}

/* False: nothing has changed. */
static bool compare(struct difference *d)
{
    const address *who = &d->was->who;
    bool exists = overlay_exists(d->overlay, who);
    if (!exists && !d->was->existed)
        return false;
    d->fate = !d->was->existed ? BORN : exists ? LIVED : DIED;
    d->nonce = overlay_nonce(d->overlay, who);
    d->balance = overlay_balance(d->overlay, who);
    d->code = overlay_code(d->overlay, who);
    return d->fate != LIVED || d->nonce != d->was->nonce ||
           !u256_equal(d->balance, d->was->balance) ||
           !bytes_equal(d->code, d->was->code) || slots_differ(d);
}

static void put_storage(struct json_writer *out, const struct difference *d)
{
    json_key(out, "storage");
    json_begin_object(out);
    for (size_t i = 0; i < d->slot_count; i++) {
        const struct seen_slot *slot = d->slots[i];
        u256 now = overlay_peek(d->overlay, &slot->who, &slot->key);
        if (!u256_equal(now, slot->value))
            put_slot(out, d->fate, slot->key, slot->value, now);
    }
    json_end_object(out);
}

static void put_difference(struct json_writer *out, const struct difference *d)
{
    const bytes codes[2] = {d->was->code, d->code};
    char name[2 + 2 * sizeof(address) + 1] = "0x";
    hex_write(name + 2, bytes_address(&d->was->who));
    name[sizeof name - 1] = 0;
    json_key(out, name);
    json_begin_object(out);
    put_number(out, "balance", d->fate, d->was->balance, d->balance);
    put_change(out, "code", d->fate, bytes_equal(codes[0], codes[1]), codes,
               NULL);
    put_number(out, "nonce", d->fate, u256_from(d->was->nonce),
               u256_from(d->nonce));
    put_storage(out, d);
    json_end_object(out);
}

void state_diff_put(struct json_writer *out, const struct prestate *prestate)
{
    const struct seen_account *const *accounts = prestate_accounts(prestate);
    const struct seen_slot *const *slots = prestate_slots(prestate);
    json_begin_object(out);
    for (; *accounts; accounts++) {
        struct difference d = {.was = *accounts,
                               .slots = slots,
                               .overlay = prestate->tracer->traced.overlay};
        while (*slots && address_equal(&(*slots)->who, &d.was->who)) {
            d.slot_count++;
            slots++;
        }
        if (compare(&d))
            put_difference(out, &d);
    }
    json_end_object(out);
}
