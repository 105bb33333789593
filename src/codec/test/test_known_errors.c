#include "codec/known_errors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"

#define WORD_1 \
    "0000000000000000000000000000000000000000000000000000000000000001"
#define ADDRESS \
    "000000000000000000000000f39fd6e51aad88f6f4ce6ab8827279cfffb92266"
#define SHOWN "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"

static struct arena arena;

static const char *text_of(const char *hex)
{
    bytes output;
    assert_int_equal(hex_read(&arena, &output, bytes_str(hex)), LOFT_OK);
    return known_error_text(&arena, output);
}

/* Selectors as they are published, not as this code computes them. */
static void errors_of_tokens_have_names_and_arguments(void **state)
{
    (void)state;
    assert_string_equal(text_of("0xe450d38c" ADDRESS WORD_1 WORD_1),
                        "ERC20InsufficientBalance(sender: " SHOWN
                        ", balance: 1, needed: 1)");
    assert_string_equal(text_of("0xfb8f41b2" ADDRESS WORD_1 WORD_1),
                        "ERC20InsufficientAllowance(spender: " SHOWN
                        ", allowance: 1, needed: 1)");
    assert_string_equal(text_of("0x7e273289" WORD_1),
                        "ERC721NonexistentToken(tokenId: 1)");
}

static void errors_of_access_have_names(void **state)
{
    (void)state;
    assert_string_equal(text_of("0x118cdaa7" ADDRESS),
                        "OwnableUnauthorizedAccount(account: " SHOWN ")");
    assert_string_equal(text_of("0xe2517d3f" ADDRESS WORD_1),
                        "AccessControlUnauthorizedAccount(account: " SHOWN
                        ", neededRole: 0x" WORD_1 ")");
    assert_string_equal(text_of("0xd93c0665"), "EnforcedPause()");
    assert_string_equal(text_of("0x3ee5aeb5"),
                        "ReentrancyGuardReentrantCall()");
    assert_string_equal(text_of("0xf92ee8a9"), "InvalidInitialization()");
}

static void what_is_unknown_or_torn_has_none(void **state)
{
    (void)state;
    assert_null(text_of("0x"));
    assert_null(text_of("0xe450d3"));
    assert_null(text_of("0xe450d38c" ADDRESS WORD_1));
    assert_null(text_of("0x12345678" WORD_1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_of_tokens_have_names_and_arguments),
        cmocka_unit_test(errors_of_access_have_names),
        cmocka_unit_test(what_is_unknown_or_torn_has_none),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
