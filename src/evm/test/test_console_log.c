#include "evm/console_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "evm/test/program.h"

#define WORD(last) \
    "00000000000000000000000000000000000000000000000000000000000000" last
#define ADDRESS_WORD \
    "000000000000000000000000f39fd6e51aad88f6f4ce6ab8827279cfffb92266"
#define ONES "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define MINUS_TWO \
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
#define HELLO_WORD \
    "68656c6c6f000000000000000000000000000000000000000000000000000000"
#define PERCENT_WORD /* "%s is %d%%, %x" */ \
    "2573206973202564252c20257800000000000000000000000000000000000000"

static bytes from_hex(struct buffer *room, const char *digits)
{
    for (size_t i = 0; digits[i]; i += 2) {
        char pair[3] = {digits[i], digits[i + 1], 0};
        buffer_put_byte(room, (uint8_t)strtoul(pair, NULL, 16));
    }
    return buffer_bytes(room);
}

static bool decode(struct buffer *out, const char *digits)
{
    struct buffer input = {0};
    struct console_log *console = console_log_new(NULL, NULL);
    bool ok = console_log_decode(console, out, from_hex(&input, digits));
    console_log_free(console);
    buffer_free(&input);
    return ok;
}

static void assert_line(const char *digits, const char *line)
{
    struct buffer out = {0};
    assert_true(decode(&out, digits));
    buffer_put_byte(&out, 0);
    assert_string_equal((char *)out.at, line);
    buffer_free(&out);
}

static void assert_none(const char *digits)
{
    struct buffer out = {0};
    assert_false(decode(&out, digits));
    assert_int_equal(out.len, 0);
    buffer_free(&out);
}

static void each_type_has_its_form(void **state)
{
    (void)state;
    assert_line("51973ec9", "");
    assert_line("f82c50f1" WORD("2a"), "42");
    assert_line("2d5b6cb9" MINUS_TWO, "-2");
    assert_line("f82c50f1" ONES,
                "1157920892373161954235709850086879078532699846656405640394575"
                "84007913129639935");
    assert_line("41304fac" WORD("20") WORD("05") HELLO_WORD, "hello");
    assert_line("0be77f56" WORD("20") WORD("03") HELLO_WORD, "0x68656c");
    assert_line("6e18a128" HELLO_WORD, "0x68");
    assert_line("27b7cf85" HELLO_WORD, "0x" HELLO_WORD);
    assert_line("853c4849" WORD("01") ADDRESS_WORD,
                "true 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
}

static void older_spellings_are_known(void **state)
{
    (void)state;
    assert_line("f5b1bba9" WORD("07"), "7");
    assert_line("4e0c1d1d" MINUS_TWO, "-2");
    assert_line("9710a9d0" WORD("40") WORD("07") WORD("05") HELLO_WORD,
                "hello 7");
}

static void four_arguments_are_separated_by_spaces(void **state)
{
    (void)state;
    assert_line("80e6a20b" ADDRESS_WORD WORD("00") WORD("80") WORD("09")
                    WORD("05") HELLO_WORD,
                "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266 false hello 9");
}

static void a_format_takes_the_arguments_after_it(void **state)
{
    (void)state;
    /* "%s is %d%, %x", of which the last has nothing left. */
    assert_line("b60e72cc" WORD("40") WORD("07") WORD("0d") PERCENT_WORD,
                "7 is %d%, %x");
    assert_line("a7a87853" WORD("80") WORD("07") WORD("63") WORD("ff")
                    WORD("0d") PERCENT_WORD,
                "7 is 99%, 0xff");
}

static void a_lone_string_is_no_format(void **state)
{
    (void)state;
    assert_line(
        "41304fac" WORD("20")
            WORD("02") "2525000000000000000000000000000000000000000000000000000"
                       "000000000",
        "%%");
}

static void what_does_not_fit_is_no_line(void **state)
{
    (void)state;
    assert_none("");
    assert_none("41304f");
    assert_none("12345678");
    assert_none("f82c50f1"
                "00");
    assert_none("41304fac" WORD("20"));
    assert_none("41304fac" WORD("20") WORD("21") HELLO_WORD);
    assert_none("41304fac" ONES WORD("05") HELLO_WORD);
    assert_none("41304fac" WORD("20") ONES HELLO_WORD);
}

static void long_lines_are_cut(void **state)
{
    (void)state;
    struct buffer digits = {0}, out = {0};
    buffer_put_bytes(&digits, bytes_str("0be77f56" WORD("20")));
    buffer_put_bytes(&digits, bytes_str("000000000000000000000000000000000000"
                                        "0000000000000000000000010000"));
    for (int i = 0; i < 0x20000; i++)
        buffer_put_byte(&digits, 'a');
    buffer_put_byte(&digits, 0);
    assert_true(decode(&out, (char *)digits.at));
    assert_int_equal(out.len, CONSOLE_LOG_BYTES_MAX);
    buffer_free(&digits);
    buffer_free(&out);
}

static void keep(void *context, bytes text)
{
    struct buffer *lines = context;
    buffer_put_bytes(lines, text);
    buffer_put_byte(lines, '\n');
}

/* A contract that says 42 by a static call, of a gas that a real one gives. */
static void calls_are_told_as_they_happen(void **state)
{
    (void)state;
    struct buffer lines = {0};
    struct machine machine;
    machine_init(&machine);
    struct console_log *console = console_log_new(keep, &lines);
    struct program program = {
        .rules = EVM_OSAKA,
        .code = hexed("63 f82c50f1 6000 52 602a 6020 52"
                      "6000 6000 6024 601c"
                      "73 000000000000000000636f6e736f6c652e6c6f67 5a fa"
                      "6000 6000 fd"),
        .gas = 100000,
        .tracer = console_log_tracer(console)};
    assert_int_equal(machine_run(&machine, &program).status, EVM_REVERTED);
    buffer_put_byte(&lines, 0);
    assert_string_equal((char *)lines.at, "42\n");
    console_log_free(console);
    machine_fini(&machine);
    buffer_free(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_has_its_form),
        cmocka_unit_test(older_spellings_are_known),
        cmocka_unit_test(four_arguments_are_separated_by_spaces),
        cmocka_unit_test(a_format_takes_the_arguments_after_it),
        cmocka_unit_test(a_lone_string_is_no_format),
        cmocka_unit_test(what_does_not_fit_is_no_line),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(calls_are_told_as_they_happen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
