#include "p2p/peer_handshake.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/hex.h"

static struct peer_private_key alice, bob;
static const char *const yamux_then_mplex[] = {"/yamux/1.0.0", "/mplex/6.7.0"};
static const char *const mplex_then_yamux[] = {"/mplex/6.7.0", "/yamux/1.0.0"};
static const char *const other[] = {"/other/1"};

struct party {
    const struct peer_private_key *identity;
    const struct peer_id *expected;
    const char *const *muxers;
    size_t muxer_count;
};

static struct peer_private_key key_of(enum peer_key_type type, uint8_t seed)
{
    struct peer_private_key key;
    const secret32 secret = {.at = {[31] = seed}};
    assert_int_equal(peer_private_key_init(&key, type, &secret), LOFT_OK);
    return key;
}

static void begin(struct peer_handshake *out, enum noise_role role,
                  const struct party *party)
{
    secret32 static_key, ephemeral_key;
    secret_random(&static_key);
    secret_random(&ephemeral_key);
    const struct peer_handshake_config config = {
        .role = role,
        .identity = party->identity,
        .expected = party->expected,
        .static_key = &static_key,
        .ephemeral_key = &ephemeral_key,
        .muxers = party->muxers,
        .muxer_count = party->muxer_count,
    };
    peer_handshake_begin(out, &config);
}

/* Until both are done or one refuses. */
static loft_err run(struct peer_handshake sides[2], const struct party *first,
                    const struct party *second)
{
    begin(&sides[0], NOISE_INITIATOR, first);
    begin(&sides[1], NOISE_RESPONDER, second);
    for (int i = 0; i < 3; i++) {
        struct buffer frame = {0};
        bytes message = BYTES_EMPTY;
        assert_true(peer_handshake_is_to_write(&sides[i % 2]));
        assert_int_equal(peer_handshake_write(&sides[i % 2], &frame), LOFT_OK);
        bytes rest = buffer_bytes(&frame);
        assert_true(noise_next_frame(&message, &rest));
        assert_int_equal(rest.len, 0);
        loft_err err = peer_handshake_read(&sides[1 - i % 2], message);
        buffer_free(&frame);
        if (err != LOFT_OK) {
            assert_false(peer_handshake_is_done(&sides[1 - i % 2]));
            assert_false(peer_handshake_is_to_write(&sides[1 - i % 2]));
            return err;
        }
    }
    assert_true(peer_handshake_is_done(&sides[0]));
    assert_true(peer_handshake_is_done(&sides[1]));
    return LOFT_OK;
}

static void each_learns_who_the_other_is(void **state)
{
    (void)state;
    struct peer_handshake sides[2];
    struct peer_id alices = peer_id_of(&alice.public);
    struct peer_id bobs = peer_id_of(&bob.public);
    const struct party first = {&alice, &bobs, yamux_then_mplex, 2};
    const struct party second = {&bob, NULL, mplex_then_yamux, 2};
    assert_int_equal(run(sides, &first, &second), LOFT_OK);
    assert_true(peer_id_equal(&sides[0].their_id, &bobs));
    assert_true(peer_id_equal(&sides[1].their_id, &alices));
    peer_handshake_end(&sides[0]);
    peer_handshake_end(&sides[1]);
}

static void muxers_are(const struct party *first, const struct party *second,
                       const char *expected)
{
    struct peer_handshake sides[2];
    const struct party *parties[] = {first, second};
    assert_int_equal(run(sides, first, second), LOFT_OK);
    for (int i = 0; i < 2; i++) {
        if (expected)
            assert_string_equal(parties[i]->muxers[sides[i].muxer], expected);
        else
            assert_int_equal(sides[i].muxer, PEER_MUXER_NONE);
    }
}

/* The specification's example, both ways, and a side that names none. */
static void the_initiators_order_decides(void **state)
{
    (void)state;
    const struct party yamux = {&alice, NULL, yamux_then_mplex, 2};
    const struct party mplex = {&bob, NULL, mplex_then_yamux, 2};
    const struct party none = {&bob, NULL, NULL, 0};
    muxers_are(&yamux, &mplex, "/yamux/1.0.0");
    muxers_are(&mplex, &yamux, "/mplex/6.7.0");
    muxers_are(&yamux, &none, NULL);
    muxers_are(&none, &yamux, NULL);
}

static void sides_with_no_muxer_in_common_part(void **state)
{
    (void)state;
    struct peer_handshake sides[2];
    const struct party first = {&alice, NULL, yamux_then_mplex, 2};
    const struct party second = {&bob, NULL, other, 1};
    assert_int_equal(run(sides, &first, &second), LOFT_ERR_REFUSED);
    assert_string_equal(err_sentence(),
                        "noise: no stream multiplexer in common");
}

static void another_peer_than_expected_is_refused(void **state)
{
    (void)state;
    struct peer_handshake sides[2];
    struct peer_id alices = peer_id_of(&alice.public);
    const struct party first = {&alice, &alices, yamux_then_mplex, 2};
    const struct party second = {&bob, NULL, yamux_then_mplex, 2};
    assert_int_equal(run(sides, &first, &second), LOFT_ERR_REFUSED);
    assert_string_equal(err_sentence(), "noise: another peer than expected");
}

/* Bob's name under a key that is not his. */
static void a_stolen_name_is_refused(void **state)
{
    (void)state;
    struct peer_handshake sides[2];
    struct peer_private_key thief = key_of(PEER_KEY_SECP256K1, 9);
    thief.public = bob.public;
    const struct party first = {&alice, NULL, yamux_then_mplex, 2};
    const struct party second = {&thief, NULL, yamux_then_mplex, 2};
    assert_int_equal(run(sides, &first, &second), LOFT_ERR_REFUSED);
    assert_string_equal(err_sentence(),
                        "noise: an identity that did not sign its static key");
}

static void a_payload_in_the_clear_is_refused(void **state)
{
    (void)state;
    struct peer_handshake responder;
    uint8_t message[33] = {9};
    const struct party party = {&bob, NULL, yamux_then_mplex, 2};
    begin(&responder, NOISE_RESPONDER, &party);
    assert_int_equal(
        peer_handshake_read(&responder, bytes_of(message, sizeof message)),
        LOFT_ERR_FORMAT);
    assert_false(peer_handshake_is_to_write(&responder));
}

/* An honest Noise, and a payload that libp2p does not know. */
static void a_payload_that_says_nothing_is_refused(void **state)
{
    (void)state;
    static const char *const payloads[] = {"", "\x0a", "\x12\1x", "\xff",
                                           "\x0a\1x\x12\1x"};
    for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
        struct peer_handshake initiator;
        struct noise_handshake responder;
        struct buffer frame = {0}, in = {0};
        const secret32 a = {.at = {1}}, b = {.at = {2}};
        const struct noise_config config = {NOISE_RESPONDER, &a, &b,
                                            BYTES_EMPTY};
        const struct party party = {&alice, NULL, yamux_then_mplex, 2};
        begin(&initiator, NOISE_INITIATOR, &party);
        noise_begin(&responder, &config);
        assert_int_equal(peer_handshake_write(&initiator, &frame), LOFT_OK);
        assert_int_equal(
            noise_read(&responder, &in, bytes_of(frame.at + 2, frame.len - 2)),
            LOFT_OK);
        frame.len = 0;
        assert_int_equal(
            noise_write(&responder, &frame, bytes_str(payloads[i])), LOFT_OK);
        assert_int_equal(peer_handshake_read(&initiator, buffer_bytes(&frame)),
                         LOFT_ERR_FORMAT);
        buffer_free(&frame);
        buffer_free(&in);
    }
}

int main(void)
{
    alice = key_of(PEER_KEY_ED25519, 1);
    bob = key_of(PEER_KEY_SECP256K1, 2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_learns_who_the_other_is),
        cmocka_unit_test(the_initiators_order_decides),
        cmocka_unit_test(sides_with_no_muxer_in_common_part),
        cmocka_unit_test(another_peer_than_expected_is_refused),
        cmocka_unit_test(a_stolen_name_is_refused),
        cmocka_unit_test(a_payload_in_the_clear_is_refused),
        cmocka_unit_test(a_payload_that_says_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
