#include "codec/abi_type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/hex.h"
#include "base/vec.h"

static struct arena arena;

static const struct abi_type *type_of(const char *text)
{
    const struct abi_type *type = NULL;
    if (abi_type_read(&type, &arena, bytes_str(text)) != LOFT_OK)
        fail_msg("%s: %s", text, err_sentence());
    return type;
}

static void types_have_one_canonical_text(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"uint", "uint256"},
        {"int", "int256"},
        {"uint8", "uint8"},
        {"int248", "int248"},
        {"address payable", NULL},
        {"bytes", "bytes"},
        {"bytes1", "bytes1"},
        {"function", "function"},
        {" uint[] ", "uint256[]"},
        {"uint256[2][]", "uint256[2][]"},
        {"(address,uint)[]", "(address,uint256)[]"},
        {"tuple(address to, uint amount)[3]", "(address,uint256)[3]"},
        {"((bool)[2],string memory s)", "((bool)[2],string)"},
        {"( uint a , uint b )", "(uint256,uint256)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct abi_type *type;
        loft_err err = abi_type_read(&type, &arena, bytes_str(cases[i][0]));
        assert_int_equal(err, cases[i][1] ? LOFT_OK : LOFT_ERR_FORMAT);
        if (cases[i][1])
            assert_string_equal(type->text, cases[i][1]);
    }
}

static void types_know_their_size(void **state)
{
    (void)state;
    assert_int_equal(type_of("uint8[3][2]")->head_len, 192);
    assert_false(type_of("uint8[3][2]")->is_dynamic);
    assert_int_equal(type_of("(uint8,(bool,bytes4)[2])")->head_len, 160);
    assert_int_equal(type_of("(uint8,string)")->head_len, 32);
    assert_true(type_of("(uint8,string)[2]")->is_dynamic);
    assert_int_equal(type_of("(uint8,string)[2]")->head_len, 32);
    assert_true(type_of("uint8[]")->is_dynamic);
}

static void what_is_no_type_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "uint7",
        "uint264",
        "uint0",
        "uint08",
        "int512",
        "bytes33",
        "bytes0",
        "bytes01",
        "address160",
        "bool8",
        "string1",
        "fixed128x18",
        "Uint",
        "uint256 x",
        "uint256[",
        "uint256]",
        "uint256[0]",
        "uint256[-1]",
        "uint256[a]",
        "uint256[01]",
        "uint256[1",
        "()",
        "()[]",
        "(uint",
        "uint)",
        "(uint,)",
        "(,uint)",
        "(uint,,uint)",
        "tuple",
        "tuple[]",
        "(uint)(uint)",
        "uint,uint",
        "uintuint",
        "[]",
        "(uint256)x[]",
        "uint256[99999999999999999999]",
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct abi_type *type;
        if (abi_type_read(&type, &arena, bytes_str(cases[i])) == LOFT_OK)
            fail_msg("accepted: %s", cases[i]);
    }
}

static loft_err read_repeated(const char *before, const char *middle,
                              const char *after, size_t count)
{
    struct buffer text = {0};
    const struct abi_type *type;
    for (size_t i = 0; i < count; i++)
        buffer_put_bytes(&text, bytes_str(before));
    buffer_put_bytes(&text, bytes_str(middle));
    for (size_t i = 0; i < count; i++)
        buffer_put_bytes(&text, bytes_str(after));
    loft_err err = abi_type_read(&type, &arena, buffer_bytes(&text));
    buffer_free(&text);
    return err;
}

static void types_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(read_repeated("", "uint", "[]", ABI_DEPTH_MAX), LOFT_OK);
    assert_int_equal(read_repeated("", "uint", "[]", ABI_DEPTH_MAX + 1),
                     LOFT_ERR_LIMIT);
    assert_int_equal(read_repeated("(", "uint", ")", ABI_DEPTH_MAX - 1),
                     LOFT_OK);
    assert_int_equal(read_repeated("(", "uint", ")", ABI_DEPTH_MAX + 1),
                     LOFT_ERR_LIMIT);
    assert_int_equal(read_repeated("(", "uint", "[])", ABI_DEPTH_MAX / 2),
                     LOFT_OK);
    assert_int_equal(read_repeated("(", "uint", "[])", ABI_DEPTH_MAX / 2 + 1),
                     LOFT_ERR_LIMIT);
    assert_int_equal(read_repeated("", "uint", "[1000]", 3), LOFT_ERR_LIMIT);
    assert_int_equal(read_repeated("(", "uint", ")", 20000), LOFT_ERR_LIMIT);
    assert_int_equal(read_repeated("", "uint", "[]", 40000), LOFT_ERR_LIMIT);
}

static void selectors_are_the_known_ones(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"transfer(address,uint256)", "a9059cbb"},
        {"transfer(address to, uint amount)", "a9059cbb"},
        {"function balanceOf(address who) external view returns (uint256)",
         "70a08231"},
        {"balanceOf(address)(uint256)", "70a08231"},
        {"totalSupply()", "18160ddd"},
        {"error Error(string)", "08c379a0"},
        {"Panic(uint256)", "4e487b71"},
        {"safeTransferFrom(address,address,uint256,bytes calldata data)",
         "b88d4fde"},
        {"baz(uint32,bool)", "cdcd77c0"},
        {"bar(bytes3[2])", "fce353f6"},
        {"sam(bytes,bool,uint[])", "a5643bf2"},
        {"f(uint256,uint32[],bytes10,bytes)", "8be65246"},
        {"g(uint256[][],string[])", "2289b18c"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct abi_signature signature;
        uint8_t selector[4];
        char hex[9] = "";
        if (abi_signature_read(&signature, &arena, bytes_str(cases[i][0])) !=
            LOFT_OK)
            fail_msg("%s: %s", cases[i][0], err_sentence());
        abi_selector(selector, &signature);
        hex_write(hex, bytes_of(selector, 4));
        assert_string_equal(hex, cases[i][1]);
    }
}

static void signatures_have_parts(void **state)
{
    (void)state;
    struct abi_signature f;
    assert_int_equal(
        abi_signature_read(&f, &arena,
                           bytes_str("event Transfer(address indexed from, "
                                     "address indexed to, uint256 value)")),
        LOFT_OK);
    assert_string_equal(f.text, "Transfer(address,address,uint256)");
    assert_true(bytes_equal(f.inputs->params[1].name, bytes_str("to")));
    assert_true(f.inputs->params[1].is_indexed);
    assert_false(f.inputs->params[2].is_indexed);
    assert_null(f.outputs);
    hash32 topic = abi_topic(&f);
    assert_string_equal(
        hex_string(&arena, bytes_hash(&topic)),
        "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
    assert_int_equal(
        abi_signature_read(&f, &arena, bytes_str("f(uint)(bool,string)")),
        LOFT_OK);
    assert_string_equal(f.outputs->text, "(bool,string)");
    assert_int_equal(abi_signature_read(&f, &arena, bytes_str("f(uint)(bool")),
                     LOFT_ERR_FORMAT);
    assert_int_equal(abi_signature_read(&f, &arena, bytes_str("f(uint) x")),
                     LOFT_ERR_FORMAT);
    assert_int_equal(abi_signature_read(&f, &arena, bytes_str("f")),
                     LOFT_ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_have_one_canonical_text),
        cmocka_unit_test(types_know_their_size),
        cmocka_unit_test(what_is_no_type_is_refused),
        cmocka_unit_test(types_are_bounded),
        cmocka_unit_test(selectors_are_the_known_ones),
        cmocka_unit_test(signatures_have_parts),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
