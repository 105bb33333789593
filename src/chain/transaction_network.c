#include "chain/transaction.h"
#include "codec/rlp.h"
#include "crypto/digest.h"

/* The network form of a blob transaction, after the type byte:
 *
 *   EIP-4844  [transaction, blobs, commitments, proofs]
 *   EIP-7594  [transaction, 1, blobs, commitments, cell proofs]
 *
 * where transaction is the list that follows the type byte in a block. */
enum {
    BLOB_BYTES = 131072,
    POINT_BYTES = 48, /* a commitment, or a proof */
    CELLS_PER_BLOB = 128,
    SIDECAR_VERSION_CELLS = 1,
};

static loft_err check_items(const char *what, size_t count, size_t len,
                            bytes *rest)
{
    bytes items, item;
    TRY(rlp_read_list(&items, rest));
    for (size_t i = 0; i < count; i++) {
        TRY(rlp_read_bytes(&item, &items));
        if (item.len != len)
            return err_say(LOFT_ERR_FORMAT, "%s of %zu bytes, not %zu", what,
                           item.len, len);
    }
    return rlp_read_end(items);
}

/* EIP-4844: kzg_to_versioned_hash */
static loft_err check_commitments(const struct transaction *tx, bytes *rest)
{
    bytes before = *rest, items, item;
    TRY(check_items("commitment", tx->blob_hash_count, POINT_BYTES, rest));
    TRY(rlp_read_list(&items, &before));
    for (size_t i = 0; i < tx->blob_hash_count; i++) {
        TRY(rlp_read_bytes(&item, &items));
        hash32 hash = sha256(item);
        hash.at[0] = TX_BLOB_HASH_VERSION;
        if (!hash32_equal(&hash, &tx->blob_hashes[i]))
            return err_say(LOFT_ERR_FORMAT,
                           "commitment %zu is not the one of its hash", i);
    }
    return LOFT_OK;
}

/* The version's integer, or none before the lists. */
static loft_err read_version(uint64_t *version, bytes *rest)
{
    bytes ahead = *rest, payload;
    bool is_list;
    TRY(rlp_read_item(&payload, &is_list, &ahead));
    *version = 0;
    if (is_list)
        return LOFT_OK;
    TRY(rlp_read_u64(version, rest));
    if (*version != SIDECAR_VERSION_CELLS)
        return err_say(LOFT_ERR_FORMAT, "blob sidecar of unknown version");
    return LOFT_OK;
}

static loft_err check_sidecar(const struct transaction *tx, bytes rest)
{
    uint64_t version;
    size_t count = tx->blob_hash_count;
    if (count > TX_SIDECAR_BLOBS_MAX)
        return err_say(LOFT_ERR_LIMIT, "%zu blobs, more than %d", count,
                       TX_SIDECAR_BLOBS_MAX);
    TRY(read_version(&version, &rest));
    TRY(check_items("blob", count, BLOB_BYTES, &rest));
    TRY(check_commitments(tx, &rest));
    TRY(check_items("proof",
                    version == SIDECAR_VERSION_CELLS ? CELLS_PER_BLOB * count
                                                     : count,
                    POINT_BYTES, &rest));
    return rlp_read_end(rest);
}

/* Whether the list after the type byte begins with a list: the network form
 * does, the form in blocks begins with the chain id. */
static bool is_wrapped(bytes from)
{
    bytes items, first;
    bool is_list;
    if (from.len == 0 || from.at[0] != TX_BLOB)
        return false;
    from = bytes_of(from.at + 1, from.len - 1);
    return rlp_read_list(&items, &from) == LOFT_OK &&
           rlp_read_item(&first, &is_list, &items) == LOFT_OK && is_list;
}

static bytes with_type(struct arena *arena, bytes list)
{
    uint8_t *at = arena_alloc(arena, 1 + list.len);
    at[0] = TX_BLOB;
    memcpy(at + 1, list.at, list.len);
    return bytes_of(at, 1 + list.len);
}

loft_err transaction_decode_network(struct arena *arena,
                                    struct transaction *out, bytes *raw,
                                    bytes from)
{
    bytes form = from, sidecar = BYTES_EMPTY, list;
    struct transaction tx;
    bool wrapped = is_wrapped(from);
    if (wrapped) {
        bytes rest = bytes_of(from.at + 1, from.len - 1);
        TRY(rlp_read_list(&sidecar, &rest));
        TRY(rlp_read_end(rest));
        TRY(rlp_read_raw(&list, &sidecar));
        form = with_type(arena, list);
    }
    TRY(transaction_decode(arena, &tx, form));
    if (wrapped)
        TRY(check_sidecar(&tx, sidecar));
    *out = tx;
    *raw = form;
    return LOFT_OK;
}
