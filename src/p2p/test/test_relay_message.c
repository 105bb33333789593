#include "p2p/relay_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/assert.h"
#include "p2p/envelope.h"

static struct arena arena;
static struct peer_private_key relay_key, peer_key;
static struct peer_id peer;

static bytes without_length(const struct buffer *out)
{
    struct relay_reader reader = {0};
    bytes message, data = buffer_bytes(out);
    assert_int_equal(relay_reader_take(&reader, &message, &data), LOFT_OK);
    assert_int_equal(data.len, 0);
    message = arena_copy(&arena, message);
    relay_reader_fini(&reader);
    return message;
}

/* Bytes by hand: what the messages of the specification are. */
static void messages_are_the_bytes_of_the_specification(void **state)
{
    const struct relay_message reserve = {.type = RELAY_RESERVE};
    const struct relay_message ok = {.type = RELAY_STATUS, .status = RELAY_OK};
    const struct relay_message limited = {.type = RELAY_STATUS,
                                          .status = RELAY_OK,
                                          .has_limit = true,
                                          .limit = {120, 131072}};
    struct buffer out = {0};
    (void)state;
    relay_hop_put(&out, &reserve);
    relay_hop_put(&out, &ok);
    relay_stop_put(&out, &ok);
    relay_hop_put(&out, &limited);
    assert_true(
        bytes_equal(buffer_bytes(&out),
                    bytes_of("\2\x08\0\4\x08\2\x28\x64\4\x08\1\x20\x64"
                             "\x0c\x08\2\x22\6\x08\x78\x10\x80\x80\x08\x28\x64",
                             26)));
    buffer_free(&out);
}

static void a_message_is_what_was_written(void **state)
{
    static const bytes addrs[] = {{(const uint8_t *)"\4\x7f\0\0\1\6\1\1", 8}};
    const struct relay_message written = {
        .type = RELAY_STATUS,
        .has_peer = true,
        .has_reservation = true,
        .has_limit = true,
        .peer = peer,
        .reservation = {1234567890123, addrs, 1, {(const uint8_t *)"v", 1}},
        .limit = {5, UINT64_MAX},
        .status = RELAY_NO_RESERVATION,
    };
    struct relay_message read;
    struct buffer out = {0};
    (void)state;
    relay_hop_put(&out, &written);
    assert_int_equal(relay_hop_read(&arena, &read, without_length(&out)),
                     LOFT_OK);
    assert_int_equal(read.type, RELAY_STATUS);
    assert_true(peer_id_equal(&read.peer, &peer));
    assert_int_equal(read.reservation.expire_s, 1234567890123);
    assert_int_equal(read.reservation.addr_count, 1);
    assert_true(bytes_equal(read.reservation.addrs[0], addrs[0]));
    assert_true(bytes_equal(read.reservation.voucher, bytes_str("v")));
    assert_int_equal(read.limit.duration_s, 5);
    assert_true(read.limit.data_bytes == UINT64_MAX);
    assert_int_equal(read.status, RELAY_NO_RESERVATION);
    buffer_free(&out);
}

static void a_stop_message_is_what_was_written(void **state)
{
    const struct relay_message written = {
        .type = RELAY_CONNECT, .has_peer = true, .peer = peer};
    struct relay_message read;
    struct buffer out = {0};
    (void)state;
    relay_stop_put(&out, &written);
    assert_int_equal(relay_stop_read(&read, without_length(&out)), LOFT_OK);
    assert_int_equal(read.type, RELAY_CONNECT);
    assert_true(read.has_peer && peer_id_equal(&read.peer, &peer));
    assert_false(read.has_limit);
    buffer_free(&out);
}

static void what_is_malformed_is_refused(void **state)
{
    static const struct {
        const char *at;
        size_t len;
    } bad[] = {
        {"\x08\3", 2},             /* a type there is none of */
        {"\x08\1\x12\0", 4},       /* a peer without id */
        {"\x08\1\x12\2\x0a\0", 6}, /* an empty id */
        {"\x08\2\x22\2\x08", 5},   /* cut short */
        {"\x08\2\x22\6\x08\xff\xff\xff\xff\x1f", 10}, /* beyond 32 bits */
    };
    struct relay_message read;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_not_equal(
            relay_hop_read(&arena, &read, bytes_of(bad[i].at, bad[i].len)),
            LOFT_OK);
    assert_int_not_equal(relay_stop_read(&read, bytes_of("\x08\2", 2)),
                         LOFT_OK);
}

static void messages_may_come_byte_by_byte(void **state)
{
    const struct relay_message connect = {
        .type = RELAY_CONNECT, .has_peer = true, .peer = peer};
    struct relay_reader reader = {0};
    struct relay_message read;
    struct buffer out = {0};
    unsigned messages = 0;
    (void)state;
    relay_hop_put(&out, &connect);
    relay_hop_put(&out, &connect);
    for (size_t i = 0; i < out.len; i++) {
        bytes message, data = bytes_of(out.at + i, 1);
        assert_int_equal(relay_reader_take(&reader, &message, &data), LOFT_OK);
        if (message.len == 0)
            continue;
        assert_int_equal(relay_hop_read(&arena, &read, message), LOFT_OK);
        messages++;
    }
    assert_int_equal(messages, 2);
    relay_reader_fini(&reader);
    buffer_free(&out);
}

static void what_follows_a_message_is_left(void **state)
{
    struct relay_reader reader = {0};
    bytes message, data = bytes_of("\2\x08\0rest", 7);
    (void)state;
    assert_int_equal(relay_reader_take(&reader, &message, &data), LOFT_OK);
    assert_int_equal(message.len, 2);
    assert_true(bytes_equal(data, bytes_str("rest")));
    relay_reader_fini(&reader);
}

static void lengths_beyond_the_bound_are_refused(void **state)
{
    static const char *const bad[] = {"\x81\x20 ", "\x80\x00 ",
                                      "\xff\xff\xff\xff\xff\xff\xff\xff\xff "};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct relay_reader reader = {0};
        bytes message, data = bytes_of(bad[i], i == 2 ? 10 : 3);
        assert_int_not_equal(relay_reader_take(&reader, &message, &data),
                             LOFT_OK);
        relay_reader_fini(&reader);
    }
}

static void a_voucher_is_its_relays_alone(void **state)
{
    struct relay_voucher voucher;
    struct envelope envelope;
    struct buffer out = {0}, other = {0};
    struct peer_id relay = peer_id_of(&relay_key.public);
    (void)state;
    relay_voucher_seal(&out, &relay_key, &peer, 77);
    assert_int_equal(relay_voucher_open(&voucher, buffer_bytes(&out)), LOFT_OK);
    assert_true(peer_id_equal(&voucher.relay, &relay));
    assert_true(peer_id_equal(&voucher.peer, &peer));
    assert_int_equal(voucher.expire_s, 77);
    assert_int_equal(
        envelope_open(&envelope, "libp2p-relay-rsvp", buffer_bytes(&out)),
        LOFT_OK);
    assert_true(bytes_equal(envelope.type, bytes_of("\3\2", 2)));
    envelope_seal(&other, &peer_key, "libp2p-relay-rsvp", envelope.type,
                  envelope.payload);
    assert_int_equal(relay_voucher_open(&voucher, buffer_bytes(&other)),
                     LOFT_ERR_REFUSED);
    buffer_free(&out);
    buffer_free(&other);
}

int main(void)
{
    const secret32 one = {.at = {1}}, two = {.at = {2}};
    ASSERT(peer_private_key_init(&relay_key, PEER_KEY_ED25519, &one) ==
           LOFT_OK);
    ASSERT(peer_private_key_init(&peer_key, PEER_KEY_SECP256K1, &two) ==
           LOFT_OK);
    peer = peer_id_of(&peer_key.public);
    arena_init(&arena);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_the_bytes_of_the_specification),
        cmocka_unit_test(a_message_is_what_was_written),
        cmocka_unit_test(a_stop_message_is_what_was_written),
        cmocka_unit_test(what_is_malformed_is_refused),
        cmocka_unit_test(messages_may_come_byte_by_byte),
        cmocka_unit_test(what_follows_a_message_is_left),
        cmocka_unit_test(lengths_beyond_the_bound_are_refused),
        cmocka_unit_test(a_voucher_is_its_relays_alone),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
