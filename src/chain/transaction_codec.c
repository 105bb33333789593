#include "chain/transaction_codec.h"

#include "chain/field.h"
#include "codec/rlp.h"

/* The orders of the fields, after the type byte:
 *
 *   0  nonce gas_price gas_limit to value data v r s
 *   1  chain_id nonce gas_price gas_limit to value data access_list
 *      y_parity r s
 *   2  chain_id nonce max_priority_fee max_fee gas_limit to value data
 *      access_list y_parity r s
 *   3  as 2 up to access_list, max_blob_fee blob_hashes, y_parity r s
 *   4  as 2 up to access_list, authorizations, y_parity r s
 */

/* The fewest bytes of a list's item in RLP. */
enum {
    ACCESS_ENTRY_LEAST = 23, /* header, address, an empty list */
    AUTHORIZATION_LEAST = 27,
};

static loft_err read_target(struct transaction *tx, bytes *rest)
{
    bytes to;
    TRY(field_bytes(&to, "to", rest));
    if (to.len == 0) {
        tx->is_creation = true;
        return LOFT_OK;
    }
    if (to.len != sizeof tx->to.at)
        return err_say(LOFT_ERR_FORMAT, "to: address of %zu bytes, not 20",
                       to.len);
    memcpy(tx->to.at, to.at, to.len);
    return LOFT_OK;
}

static loft_err read_access_entry(struct arena *arena, struct access_entry *out,
                                  bytes *rest)
{
    bytes fields;
    TRY(field_list(&fields, "access list", rest));
    TRY(field_exact(&out->who.at, sizeof(address), "access list's address",
                    &fields));
    TRY(field_hashes(arena, &out->keys, &out->key_count,
                     "access list's storage keys", &fields));
    return rlp_read_end(fields);
}

static loft_err read_access_list(struct arena *arena, struct transaction *tx,
                                 bytes *rest)
{
    bytes items;
    TRY(field_list(&items, "access list", rest));
    TRY(field_count(&tx->access_count, ACCESS_ENTRY_LEAST, "access list",
                    items));
    struct access_entry *entries = ARENA_ARRAY(arena, struct access_entry,
                                               tx->access_count);
    for (size_t i = 0; i < tx->access_count; i++)
        TRY(read_access_entry(arena, &entries[i], &items));
    tx->access_list = entries;
    return LOFT_OK;
}

static loft_err read_authorization(struct authorization *out, bytes *rest)
{
    bytes fields;
    uint64_t parity;
    TRY(field_list(&fields, "authorization", rest));
    TRY(field_u256(&out->chain_id, "authorization's chain id", &fields));
    TRY(field_exact(&out->target.at, sizeof(address), "authorization's address",
                    &fields));
    TRY(field_u64(&out->nonce, "authorization's nonce", &fields));
    TRY(field_u64(&parity, "authorization's y parity", &fields));
    TRY(field_u256(&out->r, "authorization's r", &fields));
    TRY(field_u256(&out->s, "authorization's s", &fields));
    if (parity > UINT8_MAX)
        return err_say(LOFT_ERR_FORMAT, "authorization's y parity is no byte");
    out->parity = (uint8_t)parity;
    return rlp_read_end(fields);
}

static loft_err read_authorizations(struct arena *arena, struct transaction *tx,
                                    bytes *rest)
{
    bytes items;
    TRY(field_list(&items, "authorization list", rest));
    TRY(field_count(&tx->authorization_count, AUTHORIZATION_LEAST,
                    "authorization list", items));
    struct authorization *all = ARENA_ARRAY(arena, struct authorization,
                                            tx->authorization_count);
    for (size_t i = 0; i < tx->authorization_count; i++)
        TRY(read_authorization(&all[i], &items));
    tx->authorizations = all;
    return LOFT_OK;
}

static loft_err read_fees(struct transaction *tx, bytes *rest)
{
    if (tx->type >= TX_DYNAMIC_FEE) {
        TRY(field_u256(&tx->max_priority_fee, "max priority fee", rest));
        return field_u256(&tx->max_fee, "max fee", rest);
    }
    TRY(field_u256(&tx->max_fee, "gas price", rest));
    tx->max_priority_fee = tx->max_fee;
    return LOFT_OK;
}

/* What only a type has, between the access list and the signature. */
static loft_err read_extras(struct arena *arena, struct transaction *tx,
                            bytes *rest)
{
    switch (tx->type) {
    case TX_LEGACY:
    case TX_ACCESS_LIST:
    case TX_DYNAMIC_FEE:
        return LOFT_OK;
    case TX_BLOB:
        TRY(field_u256(&tx->max_blob_fee, "max fee per blob gas", rest));
        return field_hashes(arena, &tx->blob_hashes, &tx->blob_hash_count,
                            "blob hashes", rest);
    case TX_SET_CODE:
        return read_authorizations(arena, tx, rest);
    }
    return LOFT_OK;
}

/* EIP-155: "v of the signature MUST be set to {0,1} + CHAIN_ID * 2 + 35 where
 * {0,1} is the parity"; 27 and 28 are those without a chain id. */
static loft_err read_v(struct transaction *tx, bytes *rest)
{
    u256 v;
    TRY(field_u256(&v, "v", rest));
    if (u256_equal(v, u256_from(27)) || u256_equal(v, u256_from(28))) {
        tx->signature.parity = (uint8_t)(v.limb[0] - 27);
        return LOFT_OK;
    }
    u256 doubled;
    if (u256_sub_overflow(&doubled, v, u256_from(35)))
        return err_say(LOFT_ERR_FORMAT, "v: %u is no recovery id",
                       (unsigned)v.limb[0]);
    u256 chain_id = u256_shr(doubled, 1);
    if (!u256_fits_u64(chain_id))
        return err_say(LOFT_ERR_FORMAT, "v: chain id of more than 64 bits");
    tx->is_replay_protected = true;
    tx->chain_id = chain_id.limb[0];
    tx->signature.parity = doubled.limb[0] & 1;
    return LOFT_OK;
}

static loft_err read_parity(struct transaction *tx, bytes *rest)
{
    uint64_t parity;
    if (tx->type == TX_LEGACY)
        return read_v(tx, rest);
    TRY(field_u64(&parity, "y parity", rest));
    if (parity > 1)
        return err_say(LOFT_ERR_FORMAT, "y parity is neither 0 nor 1");
    tx->signature.parity = (uint8_t)parity;
    return LOFT_OK;
}

static loft_err read_fields(struct arena *arena, struct transaction *tx,
                            bytes fields)
{
    if (tx->type != TX_LEGACY)
        TRY(field_u64(&tx->chain_id, "chain id", &fields));
    TRY(field_u64(&tx->nonce, "nonce", &fields));
    TRY(read_fees(tx, &fields));
    TRY(field_u64(&tx->gas_limit, "gas limit", &fields));
    TRY(read_target(tx, &fields));
    TRY(field_u256(&tx->value, "value", &fields));
    TRY(field_bytes(&tx->data, "data", &fields));
    if (tx->type != TX_LEGACY)
        TRY(read_access_list(arena, tx, &fields));
    TRY(read_extras(arena, tx, &fields));
    TRY(read_parity(tx, &fields));
    TRY(field_u256(&tx->signature.r, "r", &fields));
    TRY(field_u256(&tx->signature.s, "s", &fields));
    return rlp_read_end(fields);
}

/* EIP-2718: the first byte tells a type from a legacy list. */
static loft_err read_type(enum transaction_type *type, bytes *rest)
{
    enum { LIST_LEAST = 0xc0 };
    if (rest->len == 0)
        return err_say(LOFT_ERR_FORMAT, "transaction is empty");
    uint8_t first = rest->at[0];
    if (first >= LIST_LEAST) {
        *type = TX_LEGACY;
        return LOFT_OK;
    }
    if (first == TX_LEGACY || first > TX_SET_CODE)
        return err_say(LOFT_ERR_FORMAT, "transaction type %u not supported",
                       first);
    *type = (enum transaction_type)first;
    *rest = bytes_of(rest->at + 1, rest->len - 1);
    return LOFT_OK;
}

loft_err transaction_decode(struct arena *arena, struct transaction *out,
                            bytes from)
{
    struct transaction tx = {0};
    bytes fields;
    TRY(read_type(&tx.type, &from));
    TRY(field_list(&fields, "transaction", &from));
    TRY(rlp_read_end(from));
    TRY(read_fields(arena, &tx, fields));
    *out = tx;
    return LOFT_OK;
}

static void put_access_list(struct buffer *out, const struct transaction *tx)
{
    size_t list = rlp_open(out);
    for (size_t i = 0; i < tx->access_count; i++) {
        const struct access_entry *entry = &tx->access_list[i];
        size_t opened = rlp_open(out);
        rlp_put_address(out, &entry->who);
        field_put_hashes(out, entry->keys, entry->key_count);
        rlp_close(out, opened);
    }
    rlp_close(out, list);
}

static void put_authorizations(struct buffer *out, const struct transaction *tx)
{
    size_t list = rlp_open(out);
    for (size_t i = 0; i < tx->authorization_count; i++) {
        const struct authorization *one = &tx->authorizations[i];
        size_t opened = rlp_open(out);
        rlp_put_u256(out, one->chain_id);
        rlp_put_address(out, &one->target);
        rlp_put_u64(out, one->nonce);
        rlp_put_u64(out, one->parity);
        rlp_put_u256(out, one->r);
        rlp_put_u256(out, one->s);
        rlp_close(out, opened);
    }
    rlp_close(out, list);
}

static void put_extras(struct buffer *out, const struct transaction *tx)
{
    switch (tx->type) {
    case TX_LEGACY:
    case TX_ACCESS_LIST:
    case TX_DYNAMIC_FEE:
        return;
    case TX_BLOB:
        rlp_put_u256(out, tx->max_blob_fee);
        field_put_hashes(out, tx->blob_hashes, tx->blob_hash_count);
        return;
    case TX_SET_CODE:
        put_authorizations(out, tx);
        return;
    }
}

void transaction_put_unsigned(struct buffer *out, const struct transaction *tx)
{
    if (tx->type != TX_LEGACY)
        rlp_put_u64(out, tx->chain_id);
    rlp_put_u64(out, tx->nonce);
    if (tx->type >= TX_DYNAMIC_FEE)
        rlp_put_u256(out, tx->max_priority_fee);
    rlp_put_u256(out, tx->max_fee);
    rlp_put_u64(out, tx->gas_limit);
    if (tx->is_creation)
        rlp_put_bytes(out, BYTES_EMPTY);
    else
        rlp_put_address(out, &tx->to);
    rlp_put_u256(out, tx->value);
    rlp_put_bytes(out, tx->data);
    if (tx->type != TX_LEGACY)
        put_access_list(out, tx);
    put_extras(out, tx);
}

static u256 signature_v(const struct transaction *tx)
{
    u256 parity = u256_from(tx->signature.parity);
    if (tx->type != TX_LEGACY || tx->is_unsigned)
        return parity;
    if (!tx->is_replay_protected)
        return u256_add(parity, u256_from(27));
    u256 doubled = u256_shl(u256_from(tx->chain_id), 1);
    return u256_add(u256_add(doubled, parity), u256_from(35));
}

void transaction_encode(struct buffer *out, const struct transaction *tx)
{
    if (tx->type != TX_LEGACY)
        buffer_put_byte(out, (uint8_t)tx->type);
    size_t opened = rlp_open(out);
    transaction_put_unsigned(out, tx);
    rlp_put_u256(out, signature_v(tx));
    rlp_put_u256(out, tx->signature.r);
    rlp_put_u256(out, tx->signature.s);
    rlp_close(out, opened);
}
