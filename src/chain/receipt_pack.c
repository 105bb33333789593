#include "chain/receipt_pack.h"

#include "codec/rlp.h"

/* The parts of a receipt, each with its RLP header. */
struct parts {
    uint64_t type;
    bytes outcome, gas, logs;
};

static loft_err split(struct parts *out, bytes encoded)
{
    bytes fields, dropped;
    out->type = TX_LEGACY;
    if (encoded.len && encoded.at[0] <= TX_SET_CODE) {
        out->type = encoded.at[0];
        encoded = bytes_of(encoded.at + 1, encoded.len - 1);
    }
    TRY(rlp_read_list(&fields, &encoded));
    TRY(rlp_read_raw(&out->outcome, &fields));
    TRY(rlp_read_raw(&out->gas, &fields));
    TRY(rlp_read_raw(&dropped, &fields));
    return rlp_read_raw(&out->logs, &fields);
}

static void pack(struct buffer *out, const struct parts *parts)
{
    size_t list = rlp_open(out);
    rlp_put_u64(out, parts->type);
    buffer_put_bytes(out, parts->outcome);
    buffer_put_bytes(out, parts->gas);
    buffer_put_bytes(out, parts->logs);
    rlp_close(out, list);
}

loft_err receipts_pack(struct buffer *out, const bytes *encoded, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct parts parts;
        TRY(split(&parts, encoded[i]));
        pack(out, &parts);
    }
    return LOFT_OK;
}

static loft_err unpack_parts(struct parts *out, bytes *rest)
{
    bytes fields;
    TRY(rlp_read_list(&fields, rest));
    TRY(rlp_read_u64(&out->type, &fields));
    TRY(rlp_read_raw(&out->outcome, &fields));
    TRY(rlp_read_raw(&out->gas, &fields));
    return rlp_read_raw(&out->logs, &fields);
}

/* Put together as receipt_decode() wants it, with a bloom still to be made. */
static loft_err unpack(struct arena *arena, struct receipt *out, bytes *rest)
{
    static const bloom EMPTY;
    struct parts parts;
    TRY(unpack_parts(&parts, rest));
    if (parts.type > TX_SET_CODE)
        return err_say(LOFT_ERR_FORMAT, "receipt of an unknown type");
    struct buffer whole = {0};
    if (parts.type != TX_LEGACY)
        buffer_put_byte(&whole, (uint8_t)parts.type);
    size_t list = rlp_open(&whole);
    buffer_put_bytes(&whole, parts.outcome);
    buffer_put_bytes(&whole, parts.gas);
    rlp_put_bytes(&whole, bytes_of(EMPTY.at, sizeof EMPTY.at));
    buffer_put_bytes(&whole, parts.logs);
    rlp_close(&whole, list);
    bytes kept = arena_copy(arena, buffer_bytes(&whole));
    buffer_free(&whole);
    return receipt_decode(arena, out, kept);
}

loft_err receipts_unpack(struct arena *arena, const struct receipt **out,
                         size_t *count, bytes packed)
{
    bloom all = {{0}};
    TRY(rlp_count(count, packed));
    struct receipt *receipts = ARENA_ARRAY(arena, struct receipt, *count);
    for (size_t i = 0; i < *count; i++)
        TRY(unpack(arena, &receipts[i], &packed));
    bloom_add_receipts(&all, receipts, *count);
    *out = receipts;
    return LOFT_OK;
}
