#include "chain/transaction.h"
#include "codec/rlp.h"
#include "crypto/digest.h"
#include "crypto/kzg_blob.h"

/* The network form of a blob transaction, after the type byte:
 *
 *   EIP-4844  [transaction, blobs, commitments, proofs]
 *   EIP-7594  [transaction, 1, blobs, commitments, cell proofs]
 *
 * where transaction is the list that follows the type byte in a block. */
#define SIDECAR_VERSION_CELLS 1

static loft_err read_items(struct arena *arena, const bytes **out,
                           const char *what, size_t count, size_t len,
                           bytes *rest)
{
    bytes items, *list = ARENA_ARRAY(arena, bytes, count);
    TRY(rlp_read_list(&items, rest));
    for (size_t i = 0; i < count; i++) {
        TRY(rlp_read_bytes(&list[i], &items));
        if (list[i].len != len)
            return err_say(LOFT_ERR_FORMAT, "%s of %zu bytes, not %zu", what,
                           list[i].len, len);
    }
    *out = list;
    return rlp_read_end(items);
}

/* EIP-4844: kzg_to_versioned_hash */
static loft_err check_commitments(const struct transaction *tx,
                                  const struct blob_sidecar *sidecar)
{
    for (size_t i = 0; i < sidecar->count; i++) {
        hash32 hash = sha256(sidecar->commitments[i]);
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

static loft_err read_sidecar(struct arena *arena, struct blob_sidecar *out,
                             const struct transaction *tx, bytes rest)
{
    uint64_t version;
    size_t count = tx->blob_hash_count;
    if (count > TX_SIDECAR_BLOBS_MAX)
        return err_say(LOFT_ERR_LIMIT, "%zu blobs, more than %d", count,
                       TX_SIDECAR_BLOBS_MAX);
    TRY(read_version(&version, &rest));
    out->has_cells = version == SIDECAR_VERSION_CELLS;
    TRY(read_items(arena, &out->blobs, "blob", count, KZG_BLOB_LEN, &rest));
    TRY(read_items(arena, &out->commitments, "commitment", count,
                   G1_COMPRESSED_LEN, &rest));
    TRY(read_items(arena, &out->proofs, "proof",
                   out->has_cells ? KZG_CELLS * count : count,
                   G1_COMPRESSED_LEN, &rest));
    TRY(rlp_read_end(rest));
    out->count = count;
    return check_commitments(tx, out);
}

static bool check_cells(const struct blob_sidecar *sidecar, size_t at)
{
    uint8_t proofs[KZG_CELLS][G1_COMPRESSED_LEN];
    for (size_t k = 0; k < KZG_CELLS; k++)
        memcpy(proofs[k], sidecar->proofs[at * KZG_CELLS + k].at,
               G1_COMPRESSED_LEN);
    return kzg_verify_cells(sidecar->blobs[at].at, sidecar->commitments[at].at,
                            (const uint8_t(*)[G1_COMPRESSED_LEN])proofs);
}

loft_err blob_sidecar_check(const struct blob_sidecar *sidecar)
{
    for (size_t i = 0; i < sidecar->count; i++) {
        bool ok = sidecar->has_cells
                      ? check_cells(sidecar, i)
                      : kzg_verify_blob(sidecar->blobs[i].at,
                                        sidecar->commitments[i].at,
                                        sidecar->proofs[i].at);
        if (!ok)
            return err_say(LOFT_ERR_REFUSED,
                           "blob %zu: the proofs do not show that its "
                           "commitment is its own",
                           i);
    }
    return LOFT_OK;
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
                                    struct blob_sidecar *sidecar, bytes from)
{
    bytes form = from, around = BYTES_EMPTY, list;
    *sidecar = (struct blob_sidecar){0};
    struct transaction tx;
    bool wrapped = is_wrapped(from);
    if (wrapped) {
        bytes rest = bytes_of(from.at + 1, from.len - 1);
        TRY(rlp_read_list(&around, &rest));
        TRY(rlp_read_end(rest));
        TRY(rlp_read_raw(&list, &around));
        form = with_type(arena, list);
    }
    TRY(transaction_decode(arena, &tx, form));
    if (wrapped)
        TRY(read_sidecar(arena, sidecar, &tx, around));
    *out = tx;
    *raw = form;
    return LOFT_OK;
}
