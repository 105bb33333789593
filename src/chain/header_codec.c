#include <stddef.h>

#include "base/attributes.h"
#include "chain/block.h"
#include "chain/field.h"
#include "codec/rlp.h"
#include "crypto/keccak.h"

enum kind { KIND_FIXED, KIND_U64, KIND_U256, KIND_BYTES };

/* A header's fields in their order. */
static const struct header_field {
    const char *name;
    uint16_t offset, len; /* len: of KIND_FIXED */
    enum kind kind;
    enum header_fields since;
} fields[] = {
#define MEMBER(member) \
    offsetof(struct header, member), sizeof((struct header *)NULL)->member
    {"parent hash", MEMBER(parent_hash), KIND_FIXED, HEADER_LEGACY},
    {"uncles hash", MEMBER(uncles_hash), KIND_FIXED, HEADER_LEGACY},
    {"coinbase", MEMBER(coinbase), KIND_FIXED, HEADER_LEGACY},
    {"state root", MEMBER(state_root), KIND_FIXED, HEADER_LEGACY},
    {"transactions root", MEMBER(transactions_root), KIND_FIXED, HEADER_LEGACY},
    {"receipts root", MEMBER(receipts_root), KIND_FIXED, HEADER_LEGACY},
    {"logs bloom", MEMBER(logs_bloom), KIND_FIXED, HEADER_LEGACY},
    {"difficulty", MEMBER(difficulty), KIND_U256, HEADER_LEGACY},
    {"number", MEMBER(number), KIND_U64, HEADER_LEGACY},
    {"gas limit", MEMBER(gas_limit), KIND_U64, HEADER_LEGACY},
    {"gas used", MEMBER(gas_used), KIND_U64, HEADER_LEGACY},
    {"timestamp", MEMBER(timestamp), KIND_U64, HEADER_LEGACY},
    {"extra data", MEMBER(extra_data), KIND_BYTES, HEADER_LEGACY},
    {"mix hash", MEMBER(mix_hash), KIND_FIXED, HEADER_LEGACY},
    {"nonce", MEMBER(nonce), KIND_FIXED, HEADER_LEGACY},
    {"base fee", MEMBER(base_fee), KIND_U256, HEADER_BASE_FEE},
    {"withdrawals root", MEMBER(withdrawals_root), KIND_FIXED,
     HEADER_WITHDRAWALS},
    {"blob gas used", MEMBER(blob_gas_used), KIND_U64, HEADER_BLOBS},
    {"excess blob gas", MEMBER(excess_blob_gas), KIND_U64, HEADER_BLOBS},
    {"parent beacon root", MEMBER(parent_beacon_root), KIND_FIXED,
     HEADER_BLOBS},
    {"requests hash", MEMBER(requests_hash), KIND_FIXED, HEADER_REQUESTS},
#undef MEMBER
};

static loft_err read_field(struct header *out, const struct header_field *field,
                           bytes *rest)
{
    void *at = (uint8_t *)out + field->offset;
    switch (field->kind) {
    case KIND_FIXED:
        return field_exact(at, field->len, field->name, rest);
    case KIND_U64:
        return field_u64(at, field->name, rest);
    case KIND_U256:
        return field_u256(at, field->name, rest);
    case KIND_BYTES:
        return field_bytes(at, field->name, rest);
    }
    return LOFT_OK;
}

/* The fields of a fork are there all or none: an end is fine only before the
 * first of them. */
static loft_err read_fields(struct header *out, bytes rest)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (rest.len == 0 && fields[i].since > out->fields)
            return LOFT_OK;
        TRY(read_field(out, &fields[i], &rest));
        out->fields = fields[i].since;
    }
    return rlp_read_end(rest);
}

loft_err header_decode(struct header *out, bytes *rest)
{
    struct header header = {.fields = HEADER_LEGACY};
    bytes after = *rest, items;
    TRY(field_list(&items, "header", &after));
    loft_err err = read_fields(&header, items);
    if (err != LOFT_OK)
        return err_in(err, "header");
    *out = header;
    *rest = after;
    return LOFT_OK;
}

static void put_field(struct buffer *out, const struct header *header,
                      const struct header_field *field)
{
    const void *at = (const uint8_t *)header + field->offset;
    switch (field->kind) {
    case KIND_FIXED:
        rlp_put_bytes(out, bytes_of(at, field->len));
        return;
    case KIND_U64:
        rlp_put_u64(out, *(const uint64_t *)at);
        return;
    case KIND_U256:
        rlp_put_u256(out, *(const u256 *)at);
        return;
    case KIND_BYTES:
        rlp_put_bytes(out, *(const bytes *)at);
        return;
    }
}

void header_encode(struct buffer *out, const struct header *header)
{
    size_t opened = rlp_open(out);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (fields[i].since <= header->fields)
            put_field(out, header, &fields[i]);
    rlp_close(out, opened);
}

hash32 header_hash(const struct header *header)
{
    struct buffer encoded = {0};
    header_encode(&encoded, header);
    hash32 hash = keccak256(buffer_bytes(&encoded));
    buffer_free(&encoded);
    return hash;
}
