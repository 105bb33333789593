#include "codec/multibase.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena arena;

struct known {
    const char *plain;
    size_t len;
    const char *text;
};

/* multiformats/multibase, tests/. */
static const struct known known[] = {
    {"yes mani !", 10, "f796573206d616e692021"},
    {"yes mani !", 10, "bpfsxgidnmfxgsibb"},
    {"yes mani !", 10, "k2lcpzo5yikidynfl"},
    {"yes mani !", 10, "z7paNL19xttacUY"},
    {"yes mani !", 10, "ueWVzIG1hbmkgIQ"},
    {"\0yes mani !", 11, "f00796573206d616e692021"},
    {"\0yes mani !", 11, "bab4wk4zanvqw42jaee"},
    {"\0yes mani !", 11, "k02lcpzo5yikidynfl"},
    {"\0yes mani !", 11, "z17paNL19xttacUY"},
    {"\0yes mani !", 11, "uAHllcyBtYW5pICE"},
    {"\0\0yes mani !", 12, "k002lcpzo5yikidynfl"},
    {"\0\0yes mani !", 12, "z117paNL19xttacUY"},
    {"", 0, "f"},
    {"", 0, "b"},
    {"", 0, "k"},
    {"", 0, "z"},
    {"", 0, "u"},
};

static void known_texts_are_written_and_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        struct buffer out = {0};
        bytes plain = bytes_of(known[i].plain, known[i].len), read;
        bytes text = bytes_str(known[i].text);
        multibase_put(&out, (enum multibase)known[i].text[0], plain);
        assert_true(bytes_equal(buffer_bytes(&out), text));
        assert_int_equal(multibase_read(&arena, &read, text), LOFT_OK);
        assert_true(bytes_equal(read, plain));
        buffer_free(&out);
    }
}

static void case_does_not_matter_where_a_base_has_one(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "f68656c6c6f20776F726C64", "bnbswy3dpeB3W64TMMQ", "Bnbswy3dpeB3W64TMMQ",
        "kfUvrsIvVnfRbjWaJo"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        bytes read;
        assert_int_equal(multibase_read(&arena, &read, bytes_str(texts[i])),
                         LOFT_OK);
        assert_true(bytes_equal(read, bytes_str("hello world")));
    }
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",      "x00", "f0",   "f0g",  "ba",        "baaa", "bab",
        "bpfs1", "z0",  "zO",   "zl",   "zI",        "uA",   "uAB",
        "uA+A=", "k-",  "bmy=", "Z111", "bpfsxg===",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        bytes read;
        assert_int_equal(multibase_read(&arena, &read, bytes_str(texts[i])),
                         LOFT_ERR_FORMAT);
    }
}

static void long_texts_are_refused(void **state)
{
    (void)state;
    char text[1000];
    bytes read;
    memset(text, '1', sizeof text);
    text[0] = 'z';
    assert_int_equal(
        multibase_read(&arena, &read, bytes_of(text, MULTIBASE_BYTES_MAX + 1)),
        LOFT_OK);
    assert_int_equal(read.len, MULTIBASE_BYTES_MAX);
    assert_int_equal(
        multibase_read(&arena, &read, bytes_of(text, MULTIBASE_BYTES_MAX + 2)),
        LOFT_ERR_LIMIT);
    assert_int_equal(multibase_read(&arena, &read, bytes_of(text, 1000)),
                     LOFT_ERR_LIMIT);
}

int main(void)
{
    arena_init(&arena);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts_are_written_and_read),
        cmocka_unit_test(case_does_not_matter_where_a_base_has_one),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(long_texts_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
