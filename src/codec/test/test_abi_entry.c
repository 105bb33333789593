#include "codec/abi_entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/vec.h"

static struct arena arena;

static int open_arena(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static loft_err read_json(struct abi_entry *out, const char *text)
{
    const struct json *json;
    assert_int_equal(
        json_parse(&json, &arena, bytes_str(text), &JSON_FROM_FILE), LOFT_OK);
    return abi_entry_read(out, &arena, json);
}

static void assert_entry(const char *text, enum abi_entry_kind kind,
                         const char *signature)
{
    struct abi_entry entry;
    if (read_json(&entry, text) != LOFT_OK)
        fail_msg("%s: %s", text, err_sentence());
    assert_int_equal(entry.kind, kind);
    assert_string_equal(entry.signature.text, signature);
}

static void assert_refused(const char *text, const char *sentence)
{
    struct abi_entry entry;
    if (read_json(&entry, text) == LOFT_OK)
        fail_msg("taken: %s", text);
    if (!strstr(err_sentence(), sentence))
        fail_msg("%s: says '%s', not '%s'", text, err_sentence(), sentence);
}

static void a_line_says_what_it_is_or_is_a_function(void **state)
{
    (void)state;
    assert_entry("\"transfer(address to, uint256 value)\"", ABI_FUNCTION,
                 "transfer(address,uint256)");
    assert_entry("\"function f() external view returns (uint256)\"",
                 ABI_FUNCTION, "f()");
    assert_entry("\"event Sent(address indexed who, uint256)\"", ABI_EVENT,
                 "Sent(address,uint256)");
    assert_entry("\"error Low(uint256 have)\"", ABI_ERROR, "Low(uint256)");
    assert_entry("\"constructor(string name)\"", ABI_CONSTRUCTOR,
                 "constructor(string)");
}

static void a_function_may_be_called_error_or_event(void **state)
{
    (void)state;
    assert_entry("\"error(uint256)\"", ABI_FUNCTION, "error(uint256)");
    assert_entry("\"event(uint256)\"", ABI_FUNCTION, "event(uint256)");
}

static void json_of_a_compiler_gives_the_same_signature(void **state)
{
    (void)state;
    assert_entry("{\"type\":\"function\",\"name\":\"f\",\"inputs\":["
                 "{\"name\":\"a\",\"type\":\"tuple[2][]\",\"components\":["
                 "{\"name\":\"x\",\"type\":\"uint8\"},"
                 "{\"name\":\"y\",\"type\":\"tuple\",\"components\":["
                 "{\"name\":\"\",\"type\":\"bytes\"}]}]},"
                 "{\"name\":\"\",\"type\":\"function\"}],"
                 "\"outputs\":[{\"name\":\"\",\"type\":\"bool\"}]}",
                 ABI_FUNCTION, "f((uint8,(bytes))[2][],function)");
    assert_entry("{\"name\":\"old\",\"inputs\":[]}", ABI_FUNCTION, "old()");
    assert_entry("{\"type\":\"constructor\",\"inputs\":[{\"name\":\"supply\","
                 "\"type\":\"uint256\"}]}",
                 ABI_CONSTRUCTOR, "constructor(uint256)");
}

static void names_outputs_and_what_is_indexed_are_kept(void **state)
{
    (void)state;
    struct abi_entry entry;
    assert_int_equal(
        read_json(&entry,
                  "{\"type\":\"event\",\"name\":\"E\",\"inputs\":[{\"name\":"
                  "\"who\",\"type\":\"address\",\"indexed\":true},{\"name\":"
                  "\"amount\",\"type\":\"uint256\",\"indexed\":false}]}"),
        LOFT_OK);
    const struct abi_type *inputs = entry.signature.inputs;
    assert_true(inputs->params[0].is_indexed);
    assert_false(inputs->params[1].is_indexed);
    assert_true(bytes_equal(inputs->params[1].name, bytes_str("amount")));
    assert_int_equal(
        read_json(&entry, "{\"type\":\"function\",\"name\":\"f\",\"inputs\":[],"
                          "\"outputs\":[{\"name\":\"left\",\"type\":"
                          "\"uint256\"}]}"),
        LOFT_OK);
    assert_true(bytes_equal(entry.signature.outputs->params[0].name,
                            bytes_str("left")));
}

static void fallback_and_receive_have_no_signature(void **state)
{
    (void)state;
    struct abi_entry entry;
    assert_int_equal(read_json(&entry, "{\"type\":\"fallback\"}"), LOFT_OK);
    assert_int_equal(entry.kind, ABI_UNNAMED);
    assert_int_equal(read_json(&entry, "{\"type\":\"receive\"}"), LOFT_OK);
    assert_int_equal(entry.kind, ABI_UNNAMED);
}

static void what_is_no_entry_is_refused(void **state)
{
    (void)state;
    assert_refused("{\"type\":\"module\"}", "no kind of ABI entry: 'module'");
    assert_refused("{\"type\":\"function\"}", "without a name");
    assert_refused("{\"name\":\"f\",\"inputs\":7}", "a number, not an array");
    assert_refused("{\"name\":\"f\",\"inputs\":[7]}", "type");
    assert_refused("{\"name\":\"f\",\"inputs\":[{\"type\":\"unit\"}]}", "unit");
    assert_refused("17", "number");
    assert_refused("\"f(uint256\"", "");
}

/* What is put together as a line cannot say more than the JSON did. */
static void a_name_or_type_cannot_smuggle_parameters(void **state)
{
    (void)state;
    assert_refused("{\"name\":\"f(uint8)\",\"inputs\":[]}", "no identifier");
    assert_refused("{\"name\":\"f\",\"inputs\":[{\"type\":\"uint8\",\"name\":"
                   "\"a,uint8 b\"}]}",
                   "no identifier");
    assert_refused("{\"name\":\"f\",\"inputs\":[{\"type\":\"uint8,uint8\"}]}",
                   "a type with ','");
}

static void tuples_are_bounded_in_depth(void **state)
{
    (void)state;
    struct buffer text = {0};
    buffer_printf(&text, "{\"name\":\"f\",\"inputs\":[");
    for (int i = 0; i < 100; i++)
        buffer_printf(&text, "{\"type\":\"tuple\",\"components\":[");
    buffer_printf(&text, "{\"type\":\"uint8\"}");
    for (int i = 0; i < 100; i++)
        buffer_printf(&text, "]}");
    buffer_printf(&text, "]}");
    buffer_put_byte(&text, 0);
    assert_refused((const char *)text.at, "levels");
    buffer_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_says_what_it_is_or_is_a_function),
        cmocka_unit_test(a_function_may_be_called_error_or_event),
        cmocka_unit_test(json_of_a_compiler_gives_the_same_signature),
        cmocka_unit_test(names_outputs_and_what_is_indexed_are_kept),
        cmocka_unit_test(fallback_and_receive_have_no_signature),
        cmocka_unit_test(what_is_no_entry_is_refused),
        cmocka_unit_test(a_name_or_type_cannot_smuggle_parameters),
        cmocka_unit_test(tuples_are_bounded_in_depth),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
