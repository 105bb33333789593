#include "p2p/gossip_message.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "codec/uvarint.h"

static struct peer_private_key alice, bob;
static struct buffer out;

static struct peer_private_key key_of(enum peer_key_type type, uint8_t seed)
{
    struct peer_private_key key;
    const secret32 secret = {.at = {[31] = seed}};
    assert_int_equal(peer_private_key_init(&key, type, &secret), LOFT_OK);
    return key;
}

static struct gossip_message sealed(const struct peer_private_key *key)
{
    struct gossip_message message;
    out.len = 0;
    gossip_message_seal(&out, key, bytes_str("topic"), bytes_str("data"), 7);
    assert_int_equal(gossip_message_read(&message, buffer_bytes(&out)),
                     LOFT_OK);
    return message;
}

static void what_is_sealed_reads_back_and_is_signed(void **state)
{
    (void)state;
    const struct peer_private_key *keys[] = {&alice, &bob};
    for (size_t i = 0; i < 2; i++) {
        struct gossip_message message = sealed(keys[i]);
        struct peer_id id = peer_id_of(&keys[i]->public);
        assert_true(bytes_equal(message.from, peer_id_bytes(&id)));
        assert_true(bytes_equal(message.data, bytes_str("data")));
        assert_true(bytes_equal(message.topic, bytes_str("topic")));
        assert_int_equal(gossip_message_seqno(&message), 7);
        assert_int_equal(message.key.len, 0);
        assert_int_equal(gossip_message_verify(&message), GOSSIP_SIGNED);
    }
}

static void no_data_is_data_too(void **state)
{
    (void)state;
    struct gossip_message message;
    gossip_message_seal(&out, &alice, bytes_str("t"), BYTES_EMPTY, 0);
    assert_int_equal(gossip_message_read(&message, buffer_bytes(&out)),
                     LOFT_OK);
    assert_int_equal(message.data.len, 0);
    assert_int_equal(gossip_message_verify(&message), GOSSIP_SIGNED);
}

/* The parts by hand: the prefix, then the first four fields. */
static void the_signature_is_over_prefix_and_fields(void **state)
{
    (void)state;
    struct buffer over = {0};
    struct gossip_message message = sealed(&alice);
    buffer_put_bytes(&over, bytes_str("libp2p-pubsub:\x0a\x26"));
    buffer_put_bytes(&over, message.from);
    buffer_put(&over, "\x12\4data\x1a\x08\0\0\0\0\0\0\0\7\x22\5topic", 23);
    assert_true(
        peer_key_verify(&alice.public, message.signature, buffer_bytes(&over)));
    buffer_free(&over);
}

static void a_changed_bit_is_never_signed(void **state)
{
    (void)state;
    (void)sealed(&alice);
    for (size_t i = 0; i < out.len * 8; i++) {
        struct gossip_message message;
        out.at[i / 8] ^= (uint8_t)(1 << i % 8);
        if (gossip_message_read(&message, buffer_bytes(&out)) == LOFT_OK)
            assert_int_not_equal(gossip_message_verify(&message),
                                 GOSSIP_SIGNED);
        out.at[i / 8] ^= (uint8_t)(1 << i % 8);
    }
}

static void each_field_but_key_is_required(void **state)
{
    (void)state;
    struct gossip_message message = sealed(&alice);
    /* from 2+38, data 2+4, seqno 2+8, topic 2+5, signature 2+64 */
    const size_t parts[] = {40, 6, 10, 7, 66};
    size_t at = 0;
    for (size_t i = 0; i < 5; at += parts[i++]) {
        struct buffer less = {0};
        struct gossip_message read;
        buffer_put(&less, message.raw.at, at);
        buffer_put(&less, message.raw.at + at + parts[i],
                   message.raw.len - at - parts[i]);
        loft_err err = gossip_message_read(&read, buffer_bytes(&less));
        if (i == 1)
            assert_int_equal(gossip_message_verify(&read), GOSSIP_FORGED);
        else
            assert_int_equal(err, LOFT_ERR_FORMAT);
        buffer_free(&less);
    }
    assert_int_equal(at, message.raw.len);
}

static void put_field(struct buffer *to, unsigned number, bytes field)
{
    uvarint_put(to, number << 3 | 2);
    uvarint_put(to, field.len);
    buffer_put_bytes(to, field);
}

/* As js-libp2p sends: the key stands in the message as well as in the id. */
static void a_key_that_is_the_authors_may_be_said(void **state)
{
    (void)state;
    struct buffer key = {0}, more = {0};
    struct gossip_message message = sealed(&alice), read;
    buffer_put_bytes(&more, message.raw);
    peer_public_key_put(&key, &alice.public);
    put_field(&more, 6, buffer_bytes(&key));
    assert_int_equal(gossip_message_read(&read, buffer_bytes(&more)), LOFT_OK);
    assert_int_equal(gossip_message_verify(&read), GOSSIP_SIGNED);
    more.len = message.raw.len;
    key.len = 0;
    peer_public_key_put(&key, &bob.public);
    put_field(&more, 6, buffer_bytes(&key));
    assert_int_equal(gossip_message_read(&read, buffer_bytes(&more)), LOFT_OK);
    assert_int_equal(gossip_message_verify(&read), GOSSIP_FORGED);
    buffer_free(&key);
    buffer_free(&more);
}

/* Some forward such a message with the field, some without, so that it is
 * signed to some of their neighbours only. */
static void further_fields_and_other_orders_are_nobodys_fault(void **state)
{
    (void)state;
    struct buffer other = {0};
    struct gossip_message message = sealed(&alice), read;
    buffer_put_bytes(&other, message.raw);
    put_field(&other, 9, bytes_str("more"));
    assert_int_equal(gossip_message_read(&read, buffer_bytes(&other)), LOFT_OK);
    assert_int_equal(gossip_message_verify(&read), GOSSIP_UNJUDGED);
    other.len = 0;
    put_field(&other, 2, message.data);
    put_field(&other, 1, message.from);
    put_field(&other, 3, message.seqno);
    put_field(&other, 4, message.topic);
    put_field(&other, 5, message.signature);
    assert_int_equal(gossip_message_read(&read, buffer_bytes(&other)), LOFT_OK);
    assert_int_equal(gossip_message_verify(&read), GOSSIP_UNJUDGED);
    buffer_free(&other);
}

static void an_author_whose_id_is_a_hash_needs_a_key(void **state)
{
    (void)state;
    struct buffer other = {0};
    struct gossip_message message = sealed(&alice), read;
    const uint8_t hashed[34] = {0x12, 32, 1, 2, 3};
    put_field(&other, 1, bytes_of(hashed, sizeof hashed));
    put_field(&other, 3, message.seqno);
    put_field(&other, 4, message.topic);
    put_field(&other, 5, message.signature);
    assert_int_equal(gossip_message_read(&read, buffer_bytes(&other)), LOFT_OK);
    assert_int_equal(gossip_message_verify(&read), GOSSIP_UNJUDGED);
    buffer_free(&other);
}

static void ids_tell_messages_apart(void **state)
{
    (void)state;
    struct gossip_message message = sealed(&alice);
    struct gossip_id id = gossip_id_by_author(&message), other;
    assert_int_equal(id.len, 38 + 8);
    assert_memory_equal(id.at, message.from.at, 38);
    assert_memory_equal(id.at + 38, "\0\0\0\0\0\0\0\7", 8);
    assert_true(gossip_id_of(&other, gossip_id_bytes(&id)));
    assert_memory_equal(&id, &other, sizeof id);
    assert_int_equal(gossip_id_by_data(&message).len, 32);
    assert_false(gossip_id_of(&other, bytes_of(message.raw.at, 65)));
    struct gossip_id first = gossip_id_by_data(&message);
    message = sealed(&bob);
    other = gossip_id_by_data(&message);
    assert_memory_equal(&first, &other, sizeof first);
    other = gossip_id_by_author(&message);
    assert_memory_not_equal(&id, &other, sizeof id);
}

static int begin(void **state)
{
    (void)state;
    alice = key_of(PEER_KEY_ED25519, 1);
    bob = key_of(PEER_KEY_SECP256K1, 2);
    return 0;
}

static int end(void **state)
{
    (void)state;
    buffer_free(&out);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_sealed_reads_back_and_is_signed),
        TEST(no_data_is_data_too),
        TEST(the_signature_is_over_prefix_and_fields),
        TEST(a_changed_bit_is_never_signed),
        TEST(each_field_but_key_is_required),
        TEST(a_key_that_is_the_authors_may_be_said),
        TEST(further_fields_and_other_orders_are_nobodys_fault),
        TEST(an_author_whose_id_is_a_hash_needs_a_key),
        TEST(ids_tell_messages_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
