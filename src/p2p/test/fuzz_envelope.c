/* The input as an envelope, and as the payload of one that is well signed:
 * what a peer that has a key can make of its record. */
#include "base/assert.h"
#include "p2p/envelope.h"
#include "p2p/multiaddr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char domain[] = "libp2p-peer-record";

static void check_record(struct arena *arena, bytes envelope)
{
    struct peer_record record, again;
    if (peer_record_open(arena, &record, envelope) != LOFT_OK)
        return;
    ASSERT(record.addr_count <= PEER_RECORD_ADDRS_MAX);
    for (size_t i = 0; i < record.addr_count; i++)
        ASSERT(multiaddr_check(record.addrs[i]) == LOFT_OK);
    struct peer_private_key key;
    const secret32 secret = {.at = {1}};
    struct buffer out = {0};
    ASSERT(peer_private_key_init(&key, PEER_KEY_ED25519, &secret) == LOFT_OK);
    peer_record_seal(&out, &key, &record);
    ASSERT(peer_record_open(arena, &again, buffer_bytes(&out)) == LOFT_OK);
    ASSERT(again.sequence == record.sequence);
    ASSERT(again.addr_count == record.addr_count);
    for (size_t i = 0; i < record.addr_count; i++)
        ASSERT(bytes_equal(again.addrs[i], record.addrs[i]));
    buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena arena;
    struct peer_private_key key;
    struct buffer out = {0};
    const secret32 secret = {.at = {1}};
    bytes input = bytes_of(data, len);
    arena_init(&arena);
    check_record(&arena, input);
    if (len <= ENVELOPE_PAYLOAD_BYTES_MAX) {
        ASSERT(peer_private_key_init(&key, PEER_KEY_ED25519, &secret) ==
               LOFT_OK);
        envelope_seal(&out, &key, domain, bytes_str("\3\1"), input);
        check_record(&arena, buffer_bytes(&out));
    }
    buffer_free(&out);
    arena_fini(&arena);
    return 0;
}
