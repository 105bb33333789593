#include "p2p/envelope.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/hex.h"
#include "codec/uvarint.h"
#include "p2p/multiaddr.h"

static struct arena arena;
static struct peer_private_key alice, bob;

static struct peer_private_key key_of(enum peer_key_type type, uint8_t seed)
{
    struct peer_private_key key;
    const secret32 secret = {.at = {[31] = seed}};
    assert_int_equal(peer_private_key_init(&key, type, &secret), LOFT_OK);
    return key;
}

static void what_is_sealed_opens_in_its_domain_alone(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct envelope opened;
    envelope_seal(&out, &alice, "domain", bytes_str("/type"),
                  bytes_str("payload"));
    assert_int_equal(envelope_open(&opened, "domain", buffer_bytes(&out)),
                     LOFT_OK);
    assert_true(peer_public_key_equal(&opened.key, &alice.public));
    assert_true(bytes_equal(opened.type, bytes_str("/type")));
    assert_true(bytes_equal(opened.payload, bytes_str("payload")));
    assert_int_equal(envelope_open(&opened, "domain2", buffer_bytes(&out)),
                     LOFT_ERR_REFUSED);
    buffer_free(&out);
}

/* The parts by hand: what RFC 0002 says is signed. */
static void the_signature_is_over_each_part_after_its_length(void **state)
{
    (void)state;
    struct buffer out = {0};
    envelope_seal(&out, &alice, "ab", bytes_str("c"), bytes_str("def"));
    bytes envelope = buffer_bytes(&out);
    assert_true(peer_key_verify(&alice.public,
                                bytes_of(envelope.at + envelope.len - 64, 64),
                                bytes_str("\2ab\1c\3def")));
    assert_memory_equal(envelope.at, "\x0a\x24\x08\x01\x12\x20", 6);
    assert_memory_equal(envelope.at + 38, "\x12\1c\x1a\3def\x2a\x40", 10);
    buffer_free(&out);
}

/* Each bit is the signature's, or what it is over, or the key. */
static void a_changed_bit_is_refused(void **state)
{
    (void)state;
    struct buffer out = {0};
    envelope_seal(&out, &bob, "domain", bytes_str("t"), bytes_str("payload"));
    for (size_t bit = 0; bit < 8 * out.len; bit++) {
        struct envelope opened;
        out.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(
            envelope_open(&opened, "domain", buffer_bytes(&out)), LOFT_OK);
        out.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    buffer_free(&out);
}

static void a_record_comes_back(void **state)
{
    (void)state;
    struct buffer first = {0}, second = {0}, out = {0};
    struct peer_record opened;
    assert_int_equal(
        multiaddr_read_text(&first, bytes_str("/ip4/192.0.2.0/tcp/42")),
        LOFT_OK);
    /* Protocol 1 is not known: left out by the reader. */
    buffer_put(&second, "\1\1", 2);
    const bytes addrs[] = {buffer_bytes(&second), buffer_bytes(&first)};
    const struct peer_record record = {
        .sequence = 1570215229, .addrs = addrs, .addr_count = 2};
    peer_record_seal(&out, &alice, &record);
    assert_int_equal(peer_record_open(&arena, &opened, buffer_bytes(&out)),
                     LOFT_OK);
    struct peer_id id = peer_id_of(&alice.public);
    assert_true(peer_id_equal(&opened.id, &id));
    assert_true(opened.sequence == 1570215229);
    assert_int_equal(opened.addr_count, 1);
    assert_true(bytes_equal(opened.addrs[0], buffer_bytes(&first)));
    buffer_free(&first);
    buffer_free(&second);
    buffer_free(&out);
}

/* Bob signs a record in which Alice's id stands. */
static void a_record_of_another_peer_is_refused(void **state)
{
    (void)state;
    struct buffer payload = {0}, out = {0};
    struct peer_record opened;
    struct peer_id id = peer_id_of(&alice.public);
    buffer_put_byte(&payload, 0x0a);
    uvarint_put(&payload, id.len);
    buffer_put_bytes(&payload, peer_id_bytes(&id));
    envelope_seal(&out, &bob, "libp2p-peer-record", bytes_str("\3\1"),
                  buffer_bytes(&payload));
    assert_int_equal(peer_record_open(&arena, &opened, buffer_bytes(&out)),
                     LOFT_ERR_REFUSED);
    out.len = 0;
    envelope_seal(&out, &alice, "libp2p-peer-record", bytes_str("\3\1"),
                  buffer_bytes(&payload));
    assert_int_equal(peer_record_open(&arena, &opened, buffer_bytes(&out)),
                     LOFT_OK);
    assert_int_equal(opened.addr_count, 0);
    out.len = 0;
    envelope_seal(&out, &alice, "libp2p-peer-record", bytes_str("\3\2"),
                  buffer_bytes(&payload));
    assert_int_equal(peer_record_open(&arena, &opened, buffer_bytes(&out)),
                     LOFT_ERR_FORMAT);
    buffer_free(&payload);
    buffer_free(&out);
}

static void a_record_of_many_addresses_is_refused(void **state)
{
    (void)state;
    struct buffer payload = {0}, out = {0};
    struct peer_record opened;
    struct peer_id id = peer_id_of(&alice.public);
    buffer_put_byte(&payload, 0x0a);
    uvarint_put(&payload, id.len);
    buffer_put_bytes(&payload, peer_id_bytes(&id));
    for (int i = 0; i <= PEER_RECORD_ADDRS_MAX; i++)
        buffer_put(&payload, "\x1a\4\x0a\2\1\1", 6);
    envelope_seal(&out, &alice, "libp2p-peer-record", bytes_str("\3\1"),
                  buffer_bytes(&payload));
    assert_int_equal(peer_record_open(&arena, &opened, buffer_bytes(&out)),
                     LOFT_ERR_LIMIT);
    buffer_free(&payload);
    buffer_free(&out);
}

int main(void)
{
    arena_init(&arena);
    alice = key_of(PEER_KEY_ED25519, 1);
    bob = key_of(PEER_KEY_SECP256K1, 2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_opens_in_its_domain_alone),
        cmocka_unit_test(the_signature_is_over_each_part_after_its_length),
        cmocka_unit_test(a_changed_bit_is_refused),
        cmocka_unit_test(a_record_comes_back),
        cmocka_unit_test(a_record_of_another_peer_is_refused),
        cmocka_unit_test(a_record_of_many_addresses_is_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
