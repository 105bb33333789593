#include "chain/field.h"

#include "codec/rlp.h"

enum { HASH_ENCODED = 1 + sizeof(hash32) };

static loft_err named(loft_err err, const char *name)
{
    return LIKELY(err == LOFT_OK) ? LOFT_OK : err_in(err, "%s", name);
}

loft_err field_u64(uint64_t *out, const char *name, bytes *rest)
{
    return named(rlp_read_u64(out, rest), name);
}

loft_err field_u256(u256 *out, const char *name, bytes *rest)
{
    return named(rlp_read_u256(out, rest), name);
}

loft_err field_bytes(bytes *out, const char *name, bytes *rest)
{
    return named(rlp_read_bytes(out, rest), name);
}

loft_err field_list(bytes *out, const char *name, bytes *rest)
{
    return named(rlp_read_list(out, rest), name);
}

loft_err field_exact(void *out, size_t len, const char *name, bytes *rest)
{
    return named(rlp_read_exact(out, len, rest), name);
}

loft_err field_hashes(struct arena *arena, const hash32 **out, size_t *count,
                      const char *name, bytes *rest)
{
    bytes items;
    TRY(field_list(&items, name, rest));
    *count = items.len / HASH_ENCODED;
    hash32 *hashes = ARENA_ARRAY(arena, hash32, *count);
    for (size_t i = 0; i < *count; i++)
        TRY(field_exact(hashes[i].at, sizeof hashes[i].at, name, &items));
    *out = hashes;
    return named(rlp_read_end(items), name);
}

void field_put_hashes(struct buffer *out, const hash32 *hashes, size_t count)
{
    rlp_put_list_header(out, count * HASH_ENCODED);
    for (size_t i = 0; i < count; i++)
        rlp_put_hash(out, &hashes[i]);
}

loft_err field_count(size_t *out, size_t least, const char *name, bytes items)
{
    TRY(named(rlp_count(out, items), name));
    if (*out > items.len / least)
        return err_say(LOFT_ERR_FORMAT, "%s: items are too short", name);
    return LOFT_OK;
}
