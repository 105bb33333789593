#include "p2p/noise.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/hex.h"

static struct arena arena;

static bytes from_hex(const char *hex)
{
    bytes out = BYTES_EMPTY;
    assert_int_equal(hex_read(&arena, &out, bytes_str(hex)), LOFT_OK);
    return out;
}

static secret32 key_of(const char *hex)
{
    secret32 key;
    memcpy(key.at, from_hex(hex).at, sizeof key.at);
    return key;
}

/* The published vector of cacophony for this pattern and these functions. */
static const char prologue[] = "4a6f686e2047616c74";
static const char handshake_hash[] =
    "c8e5f64e846193be2a834104c2a009868d6c9f3bd3c186299888b488b2f1f58e";

static const struct {
    const char *static_key, *ephemeral_key;
} keys[] = {
    [NOISE_INITIATOR] =
        {"e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
         "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a"},
    [NOISE_RESPONDER] =
        {"4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
         "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b"},
};

static const struct {
    const char *payload, *message;
} messages[] = {
    {"4c756477696720766f6e204d69736573",
     "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
     "4c756477696720766f6e204d69736573"},
    {"4d757272617920526f746862617264",
     "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
     "81cbad1f276e038c48378ffce2b65285e08d6b68aaa3629a5a8639392490e5b9"
     "bd5269c2f1e4f488ed8831161f19b7815528f8982ffe09be9b5c412f8a0db50f"
     "8814c7194e83f23dbd8d162c9326ad"},
    {"462e20412e20486179656b",
     "c7195ffacac1307ff99046f219750fc47693e23c3cb08b89c2af808b444850a8"
     "0ae475b9df0f169ae80a89be0865b57f58c9fea0d4ec82a286427402f113e4b6"
     "ae769a1d95941d49b25030"},
    {"4361726c204d656e676572",
     "96763ed773f8e47bb3712f0e29b3060ffc956ffc146cee53d5e1df"},
    {"4a65616e2d426170746973746520536179",
     "3e40f15f6f3a46ae446b253bf8b1d9ffb6ed9b174d272328ff91a7e2e5c79c07f5"},
    {"457567656e2042f6686d20766f6e2042617765726b",
     "eb3f3515110702e047a6c9da4478b6ead94873c11c0f2d710ddb3f09fce024b3"
     "a58502ae3f"},
};

static void begin(struct noise_handshake *out, enum noise_role role)
{
    secret32 static_key = key_of(keys[role].static_key);
    secret32 ephemeral_key = key_of(keys[role].ephemeral_key);
    const struct noise_config config = {role, &static_key, &ephemeral_key,
                                        from_hex(prologue)};
    noise_begin(out, &config);
}

/* sides[0] writes the even messages, sides[1] the odd ones. */
static void exchange(struct noise_handshake sides[2], unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct buffer message = {0}, payload = {0};
        bytes expected = from_hex(messages[i].payload);
        struct noise_handshake *writer = &sides[i % 2];
        assert_true(noise_is_to_write(writer));
        assert_false(noise_is_to_write(&sides[1 - i % 2]));
        assert_int_equal(noise_write(writer, &message, expected), LOFT_OK);
        assert_true(
            bytes_equal(buffer_bytes(&message), from_hex(messages[i].message)));
        assert_int_equal(
            noise_read(&sides[1 - i % 2], &payload, buffer_bytes(&message)),
            LOFT_OK);
        assert_true(bytes_equal(buffer_bytes(&payload), expected));
        buffer_free(&message);
        buffer_free(&payload);
    }
}

static void begin_both(struct noise_handshake sides[2])
{
    begin(&sides[0], NOISE_INITIATOR);
    begin(&sides[1], NOISE_RESPONDER);
}

static void split_both(struct noise_session sessions[2])
{
    struct noise_handshake sides[2];
    begin_both(sides);
    exchange(sides, 3);
    for (int i = 0; i < 2; i++) {
        noise_split(&sessions[i], &sides[i]);
        noise_end(&sides[i]);
    }
}

static void the_published_handshake_comes_out(void **state)
{
    (void)state;
    struct noise_handshake sides[2];
    struct noise_session sessions[2];
    begin_both(sides);
    exchange(sides, 3);
    assert_true(noise_is_done(&sides[0]) && noise_is_done(&sides[1]));
    assert_memory_equal(noise_their_key(&sides[0]), noise_our_key(&sides[1]),
                        32);
    assert_memory_equal(noise_their_key(&sides[1]), noise_our_key(&sides[0]),
                        32);
    for (int i = 0; i < 2; i++) {
        noise_split(&sessions[i], &sides[i]);
        assert_true(bytes_equal(bytes_hash(&sessions[i].handshake_hash),
                                from_hex(handshake_hash)));
        noise_end(&sides[i]);
    }
}

/* After three handshake messages the initiator's turn is the odd one. */
static void the_published_messages_come_out(void **state)
{
    (void)state;
    struct noise_session sessions[2];
    split_both(sessions);
    for (unsigned i = 3; i < ARRAY_LEN(messages); i++) {
        struct buffer sealed = {0}, plain = {0};
        bytes expected = from_hex(messages[i].payload);
        assert_int_equal(noise_seal(&sessions[i % 2].send, &sealed, expected),
                         LOFT_OK);
        assert_true(
            bytes_equal(buffer_bytes(&sealed), from_hex(messages[i].message)));
        assert_int_equal(noise_open(&sessions[1 - i % 2].receive, &plain,
                                    buffer_bytes(&sealed)),
                         LOFT_OK);
        assert_true(bytes_equal(buffer_bytes(&plain), expected));
        buffer_free(&sealed);
        buffer_free(&plain);
    }
}

/* Reads message `at` with one bit changed. */
static loft_err read_changed(unsigned at, size_t bit)
{
    struct noise_handshake sides[2];
    struct buffer message = {0}, payload = {0};
    begin_both(sides);
    exchange(sides, at);
    buffer_put_bytes(&message, from_hex(messages[at].message));
    message.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    loft_err err = noise_read(&sides[1 - at % 2], &payload,
                              buffer_bytes(&message));
    if (err != LOFT_OK) {
        assert_int_equal(payload.len, 0);
        assert_false(noise_is_done(&sides[1 - at % 2]));
        assert_int_equal(noise_read(&sides[1 - at % 2], &payload,
                                    from_hex(messages[at].message)),
                         LOFT_ERR_REFUSED);
    }
    noise_end(&sides[0]);
    noise_end(&sides[1]);
    buffer_free(&message);
    buffer_free(&payload);
    return err;
}

/* The top bit of an X25519 key means nothing to the agreement, but the
 * handshake's hash covers it. */
static void a_changed_bit_is_refused(void **state)
{
    (void)state;
    for (unsigned at = 1; at < 3; at++)
        for (size_t bit = 0; bit < 4 * strlen(messages[at].message); bit += 5)
            assert_int_equal(read_changed(at, bit), LOFT_ERR_REFUSED);
    assert_int_equal(read_changed(1, 255), LOFT_ERR_REFUSED);
}

static void a_message_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (unsigned at = 0; at < 3; at++) {
        bytes message = from_hex(messages[at].message);
        size_t longest = at ? message.len : 32;
        for (size_t len = 0; len < longest; len += 7) {
            struct noise_handshake sides[2];
            struct buffer payload = {0};
            begin_both(sides);
            exchange(sides, at);
            loft_err err = noise_read(&sides[1 - at % 2], &payload,
                                      bytes_of(message.at, len));
            assert_true(err == LOFT_ERR_FORMAT || err == LOFT_ERR_REFUSED);
            buffer_free(&payload);
        }
    }
}

/* Points of order 1, 2, 4 and 8, and one written above the prime. */
static void points_of_small_order_are_refused(void **state)
{
    (void)state;
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    for (size_t i = 0; i < ARRAY_LEN(points); i++) {
        struct noise_handshake responder;
        struct buffer out = {0};
        begin(&responder, NOISE_RESPONDER);
        assert_int_equal(noise_read(&responder, &out, from_hex(points[i])),
                         LOFT_OK);
        assert_int_equal(noise_write(&responder, &out, BYTES_EMPTY),
                         LOFT_ERR_REFUSED);
        assert_int_equal(out.len, 0);
        assert_false(noise_is_to_write(&responder));
        buffer_free(&out);
    }
}

static void replayed_and_reordered_messages_are_refused(void **state)
{
    (void)state;
    struct noise_session sessions[2];
    struct buffer first = {0}, second = {0}, plain = {0};
    split_both(sessions);
    assert_int_equal(noise_seal(&sessions[0].send, &first, bytes_str("a")),
                     LOFT_OK);
    assert_int_equal(noise_seal(&sessions[0].send, &second, bytes_str("b")),
                     LOFT_OK);
    struct noise_cipher replay = sessions[1].receive;
    struct noise_cipher reorder = sessions[1].receive;
    assert_int_equal(noise_open(&replay, &plain, buffer_bytes(&first)),
                     LOFT_OK);
    assert_int_equal(noise_open(&replay, &plain, buffer_bytes(&first)),
                     LOFT_ERR_REFUSED);
    assert_int_equal(noise_open(&reorder, &plain, buffer_bytes(&second)),
                     LOFT_ERR_REFUSED);
    assert_int_equal(plain.len, 1);
    buffer_free(&first);
    buffer_free(&second);
    buffer_free(&plain);
}

static void the_last_nonce_is_never_used(void **state)
{
    (void)state;
    struct noise_cipher cipher = {.nonce = UINT64_MAX - 1};
    struct buffer out = {0};
    assert_int_equal(noise_seal(&cipher, &out, BYTES_EMPTY), LOFT_OK);
    assert_int_equal(noise_seal(&cipher, &out, BYTES_EMPTY), LOFT_ERR_REFUSED);
    assert_int_equal(noise_open(&cipher, &out, buffer_bytes(&out)),
                     LOFT_ERR_REFUSED);
    assert_int_equal(out.len, NOISE_TAG_BYTES);
    buffer_free(&out);
}

static void messages_are_as_long_as_a_frame_holds(void **state)
{
    (void)state;
    struct noise_session sessions[2];
    struct buffer frame = {0}, plain = {0};
    static const uint8_t longest[NOISE_PLAIN_BYTES_MAX];
    bytes message = BYTES_EMPTY;
    split_both(sessions);
    size_t opened = noise_open_frame(&frame);
    assert_int_equal(noise_seal(&sessions[0].send, &frame,
                                bytes_of(longest, sizeof longest)),
                     LOFT_OK);
    noise_close_frame(&frame, opened);
    bytes rest = bytes_of(frame.at, frame.len - 1);
    assert_false(noise_next_frame(&message, &rest));
    rest = buffer_bytes(&frame);
    assert_true(noise_next_frame(&message, &rest));
    assert_int_equal(rest.len, 0);
    assert_int_equal(message.len, NOISE_MESSAGE_BYTES_MAX);
    assert_int_equal(noise_open(&sessions[1].receive, &plain, message),
                     LOFT_OK);
    assert_int_equal(plain.len, sizeof longest);
    assert_false(noise_next_frame(&message, &rest));
    buffer_free(&frame);
    buffer_free(&plain);
}

static void an_end_leaves_no_secret(void **state)
{
    (void)state;
    struct noise_handshake side, wiped;
    begin(&side, NOISE_INITIATOR);
    noise_end(&side);
    memset(&wiped, 0, sizeof wiped);
    wiped.failed = true;
    assert_memory_equal(&side, &wiped, sizeof side);
}

int main(void)
{
    arena_init(&arena);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_handshake_comes_out),
        cmocka_unit_test(the_published_messages_come_out),
        cmocka_unit_test(a_changed_bit_is_refused),
        cmocka_unit_test(a_message_cut_anywhere_is_refused),
        cmocka_unit_test(points_of_small_order_are_refused),
        cmocka_unit_test(replayed_and_reordered_messages_are_refused),
        cmocka_unit_test(the_last_nonce_is_never_used),
        cmocka_unit_test(messages_are_as_long_as_a_frame_holds),
        cmocka_unit_test(an_end_leaves_no_secret),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
