#include "node/config_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The options as a file of this text and these words make them. */
static loft_err read_with(struct options *out, const char *text, int argc,
                          const char **words)
{
    char path[] = "/tmp/loft-config-XXXXXX";
    const char *argv[8] = {"loftd", "--config", path};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    for (int i = 0; i < argc; i++)
        argv[3 + i] = words[i];
    loft_err code = options_read(out, 3 + argc, argv);
    unlink(path);
    return code;
}

static void every_kind_of_value_is_read(void **state)
{
    (void)state;
    struct options options;
    static const char text[] = "# where to listen\r\n"
                               "port = 1_234\n"
                               "  quiet=true # no list\n"
                               "block-time = 0.25\n"
                               "durability = 'group'\n"
                               "base-fee = \"123456789012345678901234567890\"\n"
                               "data-dir = \"/tmp/\\u00e9\\t\\\"\"\n"
                               "allow-host = [ \"a\", # first\n"
                               "  'b' ,\n"
                               "]\n"
                               "hardfork = \"Osaka\"";
    assert_int_equal(read_with(&options, text, 0, NULL), LOFT_OK);
    assert_int_equal(options.port, 1234);
    assert_true(options.quiet);
    assert_int_equal(options.block_time, 250);
    assert_int_equal(options.durability, 1);
    assert_string_equal(options.data_dir, "/tmp/\xc3\xa9\t\"");
    assert_int_equal(options.allow_host.count, 2);
    assert_string_equal(options.allow_host.at[1], "b");
    assert_string_equal(options.hardfork, "Osaka");
    assert_non_null(options.config_path);
    options_fini(&options);
}

static void
the_command_line_goes_before_the_environment_and_the_file(void **state)
{
    (void)state;
    struct options options;
    static const char text[] = "port = 1\naccounts = 1\nbalance = 1\n"
                               "quiet = true\nallow-host = ['a', 'b']\n";
    const char *words[] = {"--port=3", "--quiet=false", "--allow-host", "c"};
    setenv("LOFTD_PORT", "2", 1);
    setenv("LOFTD_ACCOUNTS", "2", 1);
    assert_int_equal(read_with(&options, text, 4, words), LOFT_OK);
    unsetenv("LOFTD_PORT");
    unsetenv("LOFTD_ACCOUNTS");
    assert_int_equal(options.port, 3);
    assert_int_equal(options.accounts, 2);
    assert_int_equal(options.balance, 1);
    assert_false(options.quiet);
    assert_int_equal(options.allow_host.count, 1);
    assert_string_equal(options.allow_host.at[0], "c");
    options_fini(&options);
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"prot = 1\n", "line 1: unknown key prot; is it port?"},
        {"\n\nchain_id = 1\n", "line 3: unknown key chain_id; is it chain-id?"},
        {"nonsense = 1\n", "unknown key nonsense"},
        {"p = 1\n", "unknown key p"},
        {"no-mine = true\n", "unknown key no-mine; is it no-mining?"},
        {"port = 1\nport = 2\n", "line 2: port is there twice"},
        {"port = 70000\n", "line 1: port: 70000: not within 0 and 65535"},
        {"port = \"1\"\n", "port is no string"},
        {"port = 1 2\n", "something follows"},
        {"port = 1__0\n", "underscore"},
        {"port = _1\n", "underscore"},
        {"port =\n", "wants a value"},
        {"port 1\n", "wants ="},
        {"hardfork = Osaka\n", "hardfork is a string"},
        {"quiet = 1\n", "neither true nor false"},
        {"allow-host = \"a\"\n", "array of strings"},
        {"allow-host = [1]\n", "array of strings"},
        {"allow-host = [\"a\" \"b\"]\n", "comma"},
        {"allow-host = [\"a\"", "comma"},
        {"hardfork = \"Osaka\n\"\n", "does not end on its line"},
        {"hardfork = \"\\x\"\n", "unknown escape"},
        {"hardfork = \"\\ud800\"\n", "U+D800"},
        {"hardfork = \"\\u0000\"\n", "U+0000"},
        {"hardfork = \"\x01\"\n", "control character"},
        {"[server]\n", "no tables"},
        {"= 1\n", "key = value"},
        {"config = \"x\"\n", "names no other"},
        {"durability = \"fast\"\n", "not one of durable|group|dev"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct options options;
        assert_int_equal(read_with(&options, cases[i].text, 0, NULL),
                         LOFT_ERR_USAGE);
        if (!strstr(err_sentence(), cases[i].sentence))
            fail_msg("%s: %s", cases[i].text, err_sentence());
        options_fini(&options);
    }
}

static void a_file_that_is_asked_for_must_be_there(void **state)
{
    (void)state;
    struct options options;
    const char *argv[] = {"loftd", "--config", "/nonexistent/loftd.toml", NULL};
    assert_int_equal(options_read(&options, 3, argv), LOFT_ERR_USAGE);
    assert_non_null(strstr(err_sentence(), "no such file"));
    options_fini(&options);
}

static void what_is_printed_reads_as_the_same(void **state)
{
    (void)state;
    struct options first, second;
    char *text = NULL, *again = NULL;
    size_t len = 0;
    const char *words[] = {"--allow-host=a\"b\\c", "--block-time=1.5",
                           "--base-fee=7", "--quiet"};
    assert_int_equal(read_with(&first, "port = 0\n", 4, words), LOFT_OK);
    FILE *to = open_memstream(&text, &len);
    options_print(to, &first);
    fclose(to);
    assert_int_equal(read_with(&second, text, 0, NULL), LOFT_OK);
    to = open_memstream(&again, &len);
    options_print(to, &second);
    fclose(to);
    assert_string_equal(text, again);
    assert_non_null(strstr(text, "\nblock-time = 1.500\n"));
    options_fini(&first);
    options_fini(&second);
    free(text);
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_is_read),
        cmocka_unit_test(
            the_command_line_goes_before_the_environment_and_the_file),
        cmocka_unit_test(what_is_wrong_is_named_with_its_line),
        cmocka_unit_test(a_file_that_is_asked_for_must_be_there),
        cmocka_unit_test(what_is_printed_reads_as_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
