#include "crypto/kzg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "tests/vectors.h"

static struct arena arena;
static size_t good, bad, malformed;

/* The text after `name: ` in a line of its own, without quotes. */
static bytes value_of(const char *text, const char *name)
{
    const char *at = strstr(text, arena_printf(&arena, "%s: ", name));
    assert_non_null(at);
    at += strlen(name) + 2;
    size_t len = strcspn(at, "\n");
    if (*at == '\'')
        return bytes_of(at + 1, len - 2);
    return bytes_of(at, len);
}

/* False: not of that length, which the functions' types rule out. */
static bool read_field(bytes *out, const char *text, const char *name,
                       size_t len)
{
    return hex_read(&arena, out, value_of(text, name)) == LOFT_OK &&
           out->len == len;
}

static bool verify(const char *text)
{
    bytes commitment, z, y, proof;
    return read_field(&commitment, text, "commitment", G1_COMPRESSED_LEN) &&
           read_field(&z, text, "z", KZG_SCALAR_LEN) &&
           read_field(&y, text, "y", KZG_SCALAR_LEN) &&
           read_field(&proof, text, "proof", G1_COMPRESSED_LEN) &&
           kzg_verify_proof(commitment.at, z.at, y.at, proof.at);
}

static void run_case(void *context, const char *path)
{
    (void)context;
    const char *text = arena_string(&arena, vectors_read(&arena, path));
    bytes output = value_of(text, "output");
    bool expected = bytes_equal(output, bytes_str("true"));
    if (verify(text) != expected)
        fail_msg("%s", path);
    good += expected;
    bad += bytes_equal(output, bytes_str("false"));
    malformed += bytes_equal(output, bytes_str("null"));
}

static void verdicts_agree_with_the_consensus_tests(void **state)
{
    (void)state;
    const char *dir = vectors_unpack("kzg.tar.xz");
    if (!dir)
        skip();
    size_t count = vectors_each(
        arena_printf(&arena, "%s/tests/verify_kzg_proof", dir), "data.yaml",
        run_case, NULL);
    assert_int_equal(count, good + bad + malformed);
    assert_true(good > 0 && bad > 0 && malformed > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_agree_with_the_consensus_tests),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return vectors_exit(failed);
}
