#include "p2p/peer_id.h"

#include "base/assert.h"
#include "codec/multibase.h"
#include "codec/uvarint.h"
#include "crypto/digest.h"

/* multiformats/multicodec, table.csv. */
enum {
    MULTIHASH_IDENTITY = 0x00,
    MULTIHASH_SHA2_256 = 0x12,
    CODEC_LIBP2P_KEY = 0x72,
};

#define CID_VERSION 1

static struct peer_id make(uint8_t code, bytes digest)
{
    struct peer_id id = {.len = (uint8_t)(2 + digest.len)};
    ASSERT(id.len <= sizeof id.at);
    id.at[0] = code;
    id.at[1] = (uint8_t)digest.len;
    memcpy(id.at + 2, digest.at, digest.len);
    return id;
}

struct peer_id peer_id_of(const struct peer_public_key *key)
{
    struct buffer message = {0};
    struct peer_id id;
    peer_public_key_put(&message, key);
    if (message.len <= PEER_ID_KEY_BYTES_MAX) {
        id = make(MULTIHASH_IDENTITY, buffer_bytes(&message));
    } else {
        hash32 hash = sha256(buffer_bytes(&message));
        id = make(MULTIHASH_SHA2_256, bytes_hash(&hash));
    }
    buffer_free(&message);
    return id;
}

static bool digest_fits(uint64_t code, size_t len)
{
    if (code == MULTIHASH_SHA2_256)
        return len == 32;
    return code == MULTIHASH_IDENTITY && len > 0 &&
           len <= PEER_ID_KEY_BYTES_MAX;
}

loft_err peer_id_read(struct peer_id *out, bytes from)
{
    uint64_t code = 0, len = 0;
    TRY(uvarint_read(&code, &from));
    TRY(uvarint_read(&len, &from));
    if (len != from.len)
        return err_say(LOFT_ERR_FORMAT,
                       "a peer id of %zu bytes that says it has %llu", from.len,
                       (unsigned long long)len);
    if (!digest_fits(code, from.len))
        return err_say(LOFT_ERR_FORMAT,
                       "a peer id of hash 0x%llx with %zu bytes",
                       (unsigned long long)code, from.len);
    *out = make((uint8_t)code, from);
    return LOFT_OK;
}

loft_err peer_id_key(struct peer_public_key *out, const struct peer_id *id)
{
    if (id->at[0] != MULTIHASH_IDENTITY)
        return err_say(LOFT_ERR_NOT_FOUND, "a peer id that hides its key");
    return peer_public_key_read(out, bytes_of(id->at + 2, id->len - 2u));
}

static loft_err read_cid(struct peer_id *out, bytes cid)
{
    uint64_t version = 0, codec = 0;
    TRY(uvarint_read(&version, &cid));
    if (version != CID_VERSION)
        return err_say(LOFT_ERR_FORMAT, "a content id of version %llu",
                       (unsigned long long)version);
    TRY(uvarint_read(&codec, &cid));
    if (codec != CODEC_LIBP2P_KEY)
        return err_say(LOFT_ERR_FORMAT, "a content id that is no peer's");
    return peer_id_read(out, cid);
}

/* "If it starts with 1 or Qm, it's a bare base58btc encoded multihash." */
static bool is_bare(bytes text)
{
    return (text.len > 0 && text.at[0] == '1') ||
           (text.len > 1 && memcmp(text.at, "Qm", 2) == 0);
}

static loft_err read_text(struct arena *arena, struct peer_id *out, bytes text)
{
    bytes plain = BYTES_EMPTY;
    if (is_bare(text)) {
        TRY(multibase_read_digits(arena, &plain, MULTIBASE_58BTC, text));
        return peer_id_read(out, plain);
    }
    TRY(multibase_read(arena, &plain, text));
    return read_cid(out, plain);
}

loft_err peer_id_read_text(struct peer_id *out, bytes text)
{
    struct arena arena;
    arena_init(&arena);
    loft_err err = read_text(&arena, out, text);
    arena_fini(&arena);
    if (err != LOFT_OK)
        return err_in(err, "peer id");
    return LOFT_OK;
}

void peer_id_put_text(struct buffer *out, const struct peer_id *id)
{
    multibase_put_digits(out, MULTIBASE_58BTC, peer_id_bytes(id));
}

void peer_id_put_cid(struct buffer *out, const struct peer_id *id)
{
    uint8_t cid[2 + PEER_ID_BYTES_MAX] = {CID_VERSION, CODEC_LIBP2P_KEY};
    memcpy(cid + 2, id->at, id->len);
    multibase_put(out, MULTIBASE_32, bytes_of(cid, 2u + id->len));
}
