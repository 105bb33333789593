#include "rpc/error_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "codec/abi.h"

static struct arena arena;
static struct error_names names;

static size_t add(const char *abi)
{
    const struct json *parsed;
    assert_int_equal(
        json_parse(&parsed, &arena, bytes_str(abi), &JSON_FROM_PEER), LOFT_OK);
    return error_names_add(&names, &arena, parsed);
}

/* The output of an error with one word. */
static bytes output_of(const char *signature, uint8_t word)
{
    struct abi_signature read;
    uint8_t *out = arena_alloc(&arena, 36);
    memset(out, 0, 36);
    assert_int_equal(abi_signature_read(&read, &arena, bytes_str(signature)),
                     LOFT_OK);
    abi_selector(out, &read);
    out[35] = word;
    return bytes_of(out, 36);
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    error_names_init(&names);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    error_names_fini(&names);
    arena_fini(&arena);
    return 0;
}

#define ERROR_OF(name, type)                     \
    "{\"type\":\"error\",\"name\":\"" name "\"," \
    "\"inputs\":[{\"name\":\"x\",\"type\":\"" type "\"}]}"

static void known_errors_have_names_and_values(void **state)
{
    (void)state;
    bytes output = output_of("TooLate(uint256)", 7);
    assert_null(error_names_text(&names, &arena, output));
    assert_int_equal(add("[" ERROR_OF("TooLate", "uint256") "]"), 1);
    assert_string_equal(error_names_text(&names, &arena, output), "TooLate(7)");
    assert_null(error_names_text(&names, &arena, bytes_of(output.at, 3)));
    assert_null(error_names_text(&names, &arena, bytes_of(output.at, 35)));
    assert_null(error_names_text(&names, &arena, BYTES_EMPTY));
}

static void what_is_no_error_is_left_out(void **state)
{
    (void)state;
    assert_int_equal(
        add("[{\"type\":\"function\",\"name\":\"f\",\"inputs\":[]},"
            "{\"type\":\"fallback\"},7,null,"
            "{\"type\":\"error\",\"name\":\"%s\",\"inputs\":[]}," ERROR_OF(
                "Bad", "uint257") "]"),
        0);
    assert_int_equal(add("{}"), 0);
    assert_int_equal(add("\"error\""), 0);
}

static void the_same_again_is_kept_once(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(add("[" ERROR_OF("TooLate", "uint256") "]"), 1);
    assert_int_equal(names.signatures.len, 1);
}

static void long_signatures_are_not_kept(void **state)
{
    (void)state;
    char abi[2 * ERROR_NAME_BYTES_MAX] = "[{\"type\":\"error\",\"name\":\"";
    size_t at = strlen(abi);
    memset(abi + at, 'x', ERROR_NAME_BYTES_MAX);
    strcpy(abi + at + ERROR_NAME_BYTES_MAX, "\",\"inputs\":[]}]");
    assert_int_equal(add(abi), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(known_errors_have_names_and_values,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_error_is_left_out, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_same_again_is_kept_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(long_signatures_are_not_kept, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
