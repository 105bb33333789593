#include "app/command.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "app/commands.h"

static const struct command_option options[] = {
    {"--file", "FILE", "a file"}, {"--quick", NULL, "quickly"}, {0}};

static const struct command command = {
    .name = "test",
    .operands = "A [B]",
    .least = 1,
    .most = 2,
    .options = options,
};

/* Reads words; argv has room for the end. */
static bool read_words(struct command_line *line, int argc, char **argv)
{
    return command_line_read(line, &command, NULL, argc, argv);
}

#define READ(line, ...)                                                     \
    read_words(line, (int)(sizeof(char *[]){__VA_ARGS__} / sizeof(char *)), \
               (char *[]){__VA_ARGS__, NULL})

static void options_and_operands_stand_in_any_order(void **state)
{
    (void)state;
    struct command_line line;
    assert_true(READ(&line, "a", "--file", "x", "--quick", "b"));
    assert_int_equal(line.argc, 2);
    assert_string_equal(line.argv[1], "b");
    assert_string_equal(command_option(&line, "--file"), "x");
    assert_non_null(command_option(&line, "--quick"));
}

static void the_last_value_counts_and_all_are_there(void **state)
{
    (void)state;
    struct command_line line;
    assert_true(READ(&line, "a", "--file=x", "--file=y"));
    assert_string_equal(command_option(&line, "--file"), "y");
    assert_int_equal(command_options(&line, "--file")->count, 2);
    assert_null(command_option(&line, "--quick"));
}

static void two_dashes_end_options_and_numbers_are_operands(void **state)
{
    (void)state;
    struct command_line line;
    assert_true(READ(&line, "-5", "--", "--file"));
    assert_string_equal(line.argv[0], "-5");
    assert_string_equal(line.argv[1], "--file");
    assert_null(command_option(&line, "--file"));
}

static void wrong_lines_are_refused(void **state)
{
    (void)state;
    struct command_line line;
    assert_false(READ(&line, "--quick"));
    assert_false(READ(&line, "a", "b", "c"));
    assert_false(READ(&line, "a", "--nothing"));
    assert_false(READ(&line, "a", "--file"));
    assert_false(READ(&line, "a", "--quick=yes"));
    assert_false(READ(&line, "a", "--file=1", "--file=2", "--file=3",
                      "--file=4", "--file=5", "--file=6", "--file=7",
                      "--file=8", "--file=9"));
}

/* The table as the manual, completion and help need it. */
static void every_command_says_what_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count; i++) {
        const struct command *at = commands[i];
        assert_non_null(at->operands);
        assert_non_null(at->summary);
        assert_true(at->most == COMMAND_ANY_NUMBER || at->least <= at->most);
        assert_int_equal(*at->operands == 0, at->most == 0);
        for (int j = 0; at->options && at->options[j].name; j++) {
            assert_true(j < COMMAND_OPTIONS_MAX);
            assert_memory_equal(at->options[j].name, "--", 2);
            assert_non_null(at->options[j].help);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_operands_stand_in_any_order),
        cmocka_unit_test(the_last_value_counts_and_all_are_there),
        cmocka_unit_test(two_dashes_end_options_and_numbers_are_operands),
        cmocka_unit_test(wrong_lines_are_refused),
        cmocka_unit_test(every_command_says_what_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
