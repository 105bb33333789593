/* Keys and ids that are read have one encoding: written again, they are the
 * same bytes, and an id's text names the same peer. */
#include "base/assert.h"
#include "p2p/peer_id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_keys(bytes input)
{
    struct peer_public_key public;
    struct peer_private_key private;
    struct buffer out = {0};
    if (peer_public_key_read(&public, input) == LOFT_OK) {
        peer_public_key_put(&out, &public);
        ASSERT(bytes_equal(buffer_bytes(&out), input));
    }
    out.len = 0;
    /* The older form is written in the newer one. */
    if (peer_private_key_read(&private, input) == LOFT_OK) {
        peer_private_key_put(&out, &private);
        ASSERT(out.len <= input.len && memcmp(out.at, input.at, 2) == 0);
        peer_private_key_fini(&private);
    }
    buffer_free(&out);
}

static void check_texts(const struct peer_id *id)
{
    struct buffer out = {0};
    struct peer_id again;
    peer_id_put_cid(&out, id);
    ASSERT(peer_id_read_text(&again, buffer_bytes(&out)) == LOFT_OK);
    ASSERT(peer_id_equal(id, &again));
    out.len = 0;
    peer_id_put_text(&out, id);
    ASSERT(peer_id_read_text(&again, buffer_bytes(&out)) == LOFT_OK);
    ASSERT(peer_id_equal(id, &again));
    buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct peer_id id;
    struct peer_public_key key;
    bytes input = bytes_of(data, len);
    read_keys(input);
    if (peer_id_read(&id, input) == LOFT_OK) {
        ASSERT(bytes_equal(peer_id_bytes(&id), input));
        check_texts(&id);
    }
    if (peer_id_read_text(&id, input) == LOFT_OK) {
        check_texts(&id);
        if (peer_id_key(&key, &id) == LOFT_OK) {
            struct peer_id again = peer_id_of(&key);
            ASSERT(peer_id_equal(&id, &again));
        }
    }
    return 0;
}
