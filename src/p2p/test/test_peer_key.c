#include "p2p/peer_key.h"

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

/* The specification's vectors, private then public. */
static const char *const ed25519[] = {
    "080112407e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d"
    "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e",
    "080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e"};
static const char *const secp256k1[] = {
    "0802122053dadf1d5a164d6b4acdb15e24aa4c5b1d3461bdbd42abedb0a4404d56ced8fb",
    "08021221037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fea0e630bfca"
    "99"};
static const char ecdsa_public[] =
    "0803125b3059301306072a8648ce3d020106082a8648ce3d03010703420004de3d300fa3"
    "6ae0e8f5d530899d83abab44abf3161f162a4bc901d8e6ecda020e8b6d5f8da30525e71d"
    "6851510c098e5c47c646a597fb4dcec034e9f77c409e62";

static void check_pair(const char *const pair[2])
{
    struct peer_private_key key;
    struct peer_public_key public;
    struct buffer out = {0};
    assert_int_equal(peer_private_key_read(&key, from_hex(pair[0])), LOFT_OK);
    assert_int_equal(peer_public_key_read(&public, from_hex(pair[1])), LOFT_OK);
    assert_true(peer_public_key_equal(&key.public, &public));
    peer_private_key_put(&out, &key);
    assert_true(bytes_equal(buffer_bytes(&out), from_hex(pair[0])));
    out.len = 0;
    peer_public_key_put(&out, &public);
    assert_true(bytes_equal(buffer_bytes(&out), from_hex(pair[1])));
    buffer_free(&out);
    peer_private_key_fini(&key);
}

static void the_published_pairs_belong_together(void **state)
{
    (void)state;
    check_pair(ed25519);
    check_pair(secp256k1);
}

static void check_signature(const char *private)
{
    struct peer_private_key key;
    struct peer_signature signature;
    bytes message = bytes_str("what is signed");
    assert_int_equal(peer_private_key_read(&key, from_hex(private)), LOFT_OK);
    peer_key_sign(&signature, &key, message);
    bytes good = bytes_of(signature.at, signature.len);
    assert_true(peer_key_verify(&key.public, good, message));
    assert_false(peer_key_verify(&key.public, good, bytes_str("another")));
    assert_false(peer_key_verify(&key.public, BYTES_EMPTY, message));
    assert_false(
        peer_key_verify(&key.public, bytes_of(good.at, good.len - 1), message));
    signature.at[good.len - 1] ^= 1;
    assert_false(peer_key_verify(&key.public, good, message));
}

static void what_is_signed_verifies(void **state)
{
    (void)state;
    check_signature(ed25519[0]);
    check_signature(secp256k1[0]);
}

/* Ed25519 with the public key twice, as older files have it. */
static void the_older_form_is_read_where_its_copies_agree(void **state)
{
    (void)state;
    struct peer_private_key key, again;
    struct buffer old = {0};
    bytes newer = from_hex(ed25519[0]);
    buffer_put_bytes(&old, newer);
    old.at[3] = 96;
    buffer_put(&old, newer.at + 4 + 32, 32);
    assert_int_equal(peer_private_key_read(&key, newer), LOFT_OK);
    assert_int_equal(peer_private_key_read(&again, buffer_bytes(&old)),
                     LOFT_OK);
    assert_true(secret_equal(&key.secret, &again.secret));
    old.at[old.len - 1] ^= 1;
    assert_int_equal(peer_private_key_read(&again, buffer_bytes(&old)),
                     LOFT_ERR_FORMAT);
    buffer_free(&old);
}

static void other_kinds_are_refused_by_name(void **state)
{
    (void)state;
    struct peer_public_key key;
    assert_int_equal(peer_public_key_read(&key, from_hex(ecdsa_public)),
                     LOFT_ERR_REFUSED);
    assert_string_equal(err_sentence(), "keys of type ECDSA are not supported");
}

static void only_the_one_form_is_read(void **state)
{
    (void)state;
    static const char *const bad[] = {
        /* another order, a long varint, a field more, none, no type */
        "12201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e"
        "0801",
        "08810012201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474"
        "fce27e",
        "080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fc"
        "e27e1800",
        "0801",
        "",
        "12201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27"
        "e",
        /* a byte less */
        "0801121f1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fc"
        "e2",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct peer_public_key key;
        assert_int_equal(peer_public_key_read(&key, from_hex(bad[i])),
                         LOFT_ERR_FORMAT);
    }
}

static void bytes_that_are_no_point_are_refused(void **state)
{
    (void)state;
    struct peer_public_key key;
    struct buffer point = {0};
    buffer_put_bytes(&point, from_hex(secp256k1[1]));
    point.at[4] = 4;
    assert_int_equal(peer_public_key_read(&key, buffer_bytes(&point)),
                     LOFT_ERR_REFUSED);
    buffer_free(&point);
}

int main(void)
{
    arena_init(&arena);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_pairs_belong_together),
        cmocka_unit_test(what_is_signed_verifies),
        cmocka_unit_test(the_older_form_is_read_where_its_copies_agree),
        cmocka_unit_test(other_kinds_are_refused_by_name),
        cmocka_unit_test(only_the_one_form_is_read),
        cmocka_unit_test(bytes_that_are_no_point_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
