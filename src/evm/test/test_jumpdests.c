#include "evm/jumpdests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "evm/test/program.h"

static void expect_jumpdests(const char *digits, const char *marks)
{
    bytes code = hexed(digits);
    uint8_t bits[64];
    assert_int_equal(strlen(marks), code.len);
    assert_true(jumpdests_size(code.len) <= sizeof bits);
    jumpdests_find(bits, code);
    for (size_t pc = 0; pc < code.len; pc++)
        assert_int_equal(bits[pc / 8] >> (pc % 8) & 1, marks[pc] == 'J');
}

static void bytes_inside_a_push_are_no_jumpdests(void **state)
{
    (void)state;
    expect_jumpdests("", "");
    expect_jumpdests("5b 5b 00 5b", "JJ.J");
    expect_jumpdests("60 5b 5b", "..J");
    expect_jumpdests("5f 5b", ".J");
    expect_jumpdests("61 5b 5b 5b", "...J");
    expect_jumpdests("7f 5b", "..");
    expect_jumpdests("80 5b ff 5b", ".J.J");
    expect_jumpdests("6f 5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b5b 5b",
                     ".................J");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_inside_a_push_are_no_jumpdests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
