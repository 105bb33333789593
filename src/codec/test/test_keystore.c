#include "codec/keystore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/hex.h"
#include "codec/json_writer.h"
#include "tests/vectors.h"

static struct arena arena;

/* The first example of the Web3 Secret Storage Definition with %s where a
 * test puts something else. */
static const char EXAMPLE[] =
    "{\"crypto\":{\"cipher\":\"%s\",\"cipherparams\":{\"iv\":"
    "\"6087dab2f9fdbbfaddc31a909735c1e6\"},\"ciphertext\":\"%s\",\"kdf\":"
    "\"%s\",\"kdfparams\":{%s,\"dklen\":%s,\"prf\":\"hmac-sha256\",\"salt\":"
    "\"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd\"},"
    "\"mac\":\"%s\"},%s\"version\":%s}";

static const char CIPHERTEXT[] =
    "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46";
static const char MAC[] =
    "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2";
static const char KEY[] =
    "0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

struct example {
    const char *cipher, *ciphertext, *kdf, *params, *dklen, *mac, *more,
        *version;
};

static const struct example RIGHT = {
    "aes-128-ctr", CIPHERTEXT, "pbkdf2", "\"c\":262144", "32", MAC, "", "3",
};

static loft_err read_example(secret32 *key, const struct example *e,
                             const char *password)
{
    const char *text = arena_printf(&arena, EXAMPLE, e->cipher, e->ciphertext,
                                    e->kdf, e->params, e->dklen, e->mac,
                                    e->more, e->version);
    return keystore_read(key, bytes_str(text), bytes_str(password));
}

static void the_example_opens(void **state)
{
    (void)state;
    secret32 key;
    assert_int_equal(read_example(&key, &RIGHT, "testpassword"), LOFT_OK);
    assert_string_equal(hex_string(&arena, bytes_of(key.at, 32)), KEY);
    struct example e = RIGHT;
    e.more = "\"address\":\"008aeeda4d805471df9b2a5b0f38a0c3bcba786b\",";
    assert_int_equal(read_example(&key, &e, "testpassword"), LOFT_OK);
}

static void a_wrong_password_is_refused(void **state)
{
    (void)state;
    secret32 key;
    static const secret32 zero;
    assert_int_equal(read_example(&key, &RIGHT, "testpasswore"),
                     LOFT_ERR_REFUSED);
    assert_true(secret_equal(&key, &zero));
    assert_int_equal(read_example(&key, &RIGHT, ""), LOFT_ERR_REFUSED);
}

static void another_address_is_told(void **state)
{
    (void)state;
    secret32 key;
    struct example e = RIGHT;
    e.more = "\"address\":\"008aeeda4d805471df9b2a5b0f38a0c3bcba786c\",";
    assert_int_equal(read_example(&key, &e, "testpassword"), LOFT_ERR_CORRUPT);
}

static void assert_refused(struct example example, loft_err want)
{
    secret32 key;
    loft_err err = read_example(&key, &example, "testpassword");
    if (err != want)
        fail_msg("%s, not %s: %s", err_text(err), err_text(want),
                 err_sentence());
}

static void other_files_are_refused(void **state)
{
    (void)state;
    struct example e = RIGHT;
    e.version = "1";
    assert_refused(e, LOFT_ERR_FORMAT);
    e = RIGHT;
    e.cipher = "aes-128-cbc";
    assert_refused(e, LOFT_ERR_FORMAT);
    e = RIGHT;
    e.ciphertext = "5318";
    assert_refused(e, LOFT_ERR_FORMAT);
    e = RIGHT;
    e.kdf = "bcrypt";
    assert_refused(e, LOFT_ERR_FORMAT);
    e = RIGHT;
    e.mac = "51";
    assert_refused(e, LOFT_ERR_FORMAT);
    e = RIGHT;
    e.params = "\"c\":0";
    assert_refused(e, LOFT_ERR_FORMAT);
    e.params = "\"x\":0";
    assert_refused(e, LOFT_ERR_NOT_FOUND);
    e = RIGHT;
    e.more = "\"address\":\"00\",";
    assert_refused(e, LOFT_ERR_FORMAT);
}

static void what_a_file_asks_for_is_bounded(void **state)
{
    (void)state;
    static const char *const scrypts[] = {
        "\"n\":1073741824,\"r\":8,\"p\":1",
        "\"n\":2,\"r\":4294967295,\"p\":4294967295",
        "\"n\":262144,\"r\":8,\"p\":4294967296",
        "\"n\":18446744073709551615,\"r\":8,\"p\":1",
        "\"n\":1048576,\"r\":8,\"p\":1",
    };
    struct example e = RIGHT;
    e.params = "\"c\":4294967295";
    assert_refused(e, LOFT_ERR_LIMIT);
    e.params = "\"c\":4294967296";
    assert_refused(e, LOFT_ERR_LIMIT);
    e = RIGHT;
    e.dklen = "31";
    assert_refused(e, LOFT_ERR_LIMIT);
    e.dklen = "1025";
    assert_refused(e, LOFT_ERR_LIMIT);
    e = RIGHT;
    e.kdf = "scrypt";
    for (size_t i = 0; i < ARRAY_LEN(scrypts); i++) {
        secret32 key;
        e.params = scrypts[i];
        loft_err err = read_example(&key, &e, "testpassword");
        assert_true(err == LOFT_ERR_LIMIT || err == LOFT_ERR_FORMAT);
    }
}

static void what_is_written_opens(void **state)
{
    (void)state;
    for (int is_pbkdf2 = 0; is_pbkdf2 < 2; is_pbkdf2++) {
        struct keystore_lock lock;
        struct buffer out = {0};
        secret32 key = {{0x12, 0x34}}, back;
        keystore_lock_init(&lock);
        lock.is_pbkdf2 = is_pbkdf2;
        lock.rounds = 1000;
        lock.scrypt.cost = 4096;
        bytes password = bytes_str("p\xc3\xa4ss");
        assert_int_equal(keystore_write(&out, &key, password, &lock), LOFT_OK);
        assert_int_equal(keystore_read(&back, buffer_bytes(&out), password),
                         LOFT_OK);
        assert_true(secret_equal(&key, &back));
        assert_int_equal(
            keystore_read(&back, buffer_bytes(&out), bytes_str("pass")),
            LOFT_ERR_REFUSED);
        buffer_free(&out);
    }
}

/* Of a longer key the same first bytes are used, and the id is nobody's
 * concern. */
static void every_byte_that_counts_is_noticed(void **state)
{
    (void)state;
    struct keystore_lock lock;
    struct buffer out = {0};
    secret32 key = {{0x12, 0x34}}, back;
    keystore_lock_init(&lock);
    lock.scrypt.cost = 2;
    assert_int_equal(keystore_write(&out, &key, bytes_str("a"), &lock),
                     LOFT_OK);
    buffer_put_byte(&out, 0);
    bytes text = bytes_of(out.at, out.len - 1);
    uint8_t *at = (uint8_t *)strstr((char *)out.at, "\"crypto\"");
    uint8_t *dklen = (uint8_t *)strstr((char *)out.at, "32,");
    uint8_t *end = (uint8_t *)strstr((char *)out.at, "\"id\"");
    for (; at < end; at++) {
        *at ^= 1;
        loft_err err = keystore_read(&back, text, bytes_str("a"));
        assert_true(err != LOFT_OK || at == dklen || at == dklen + 1);
        *at ^= 1;
    }
    assert_int_equal(keystore_read(&back, text, bytes_str("a")), LOFT_OK);
    buffer_free(&out);
}

static void no_key_is_not_written(void **state)
{
    (void)state;
    struct keystore_lock lock;
    struct buffer out = {0};
    secret32 key = {{0}};
    keystore_lock_init(&lock);
    assert_int_equal(keystore_write(&out, &key, bytes_str("a"), &lock),
                     LOFT_ERR_REFUSED);
    assert_int_equal(out.len, 0);
    buffer_free(&out);
}

static void run_published(const char *name, const struct json *test)
{
    struct buffer text = {0};
    struct json_writer json = {&text, false};
    const char *password;
    bytes want;
    secret32 key, right;
    json_put_value(&json, json_get(test, "json"));
    assert_int_equal(json_get_text(&password, test, "password"), LOFT_OK);
    assert_int_equal(json_get_string(&want, test, "priv"), LOFT_OK);
    assert_int_equal(hex_read_exact(right.at, 32, want), LOFT_OK);
    if (keystore_read(&key, buffer_bytes(&text), bytes_str(password)) !=
        LOFT_OK)
        fail_msg("%s: %s", name, err_sentence());
    assert_true(secret_equal(&key, &right));
    buffer_free(&text);
}

static void run_file(void *context, const char *path)
{
    size_t *count = context;
    JSON_FOR_EACH (member, vectors_json(&arena, path)) {
        run_published((const char *)member.key.at, member.value);
        ++*count;
    }
}

static void published_cases_agree(void **state)
{
    (void)state;
    const char *dir = vectors_unpack("ethereum-basic-tests.tar.xz");
    if (!dir)
        skip();
    size_t count = 0;
    vectors_each(arena_printf(&arena, "%s/KeyStoreTests", dir), ".json",
                 run_file, &count);
    print_message("%zu cases\n", count);
    assert_true(count >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_opens),
        cmocka_unit_test(a_wrong_password_is_refused),
        cmocka_unit_test(another_address_is_told),
        cmocka_unit_test(other_files_are_refused),
        cmocka_unit_test(what_a_file_asks_for_is_bounded),
        cmocka_unit_test(what_is_written_opens),
        cmocka_unit_test(every_byte_that_counts_is_noticed),
        cmocka_unit_test(no_key_is_not_written),
        cmocka_unit_test(published_cases_agree),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return vectors_exit(failed);
}
