#include "net/http_access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"

static const char *const extra[] = {"node.example", "https://dapp.example"};
static const char *const any[] = {"*"};
static const struct http_names none = {NULL, 0};
static const struct http_names some = {extra, ARRAY_LEN(extra)};
static const struct http_names all = {any, 1};

static void loopback_names_and_numbers_are_believed(void **state)
{
    (void)state;
    static const char *const good[] = {
        "localhost",      "localhost:8545", "LOCALHOST:1",
        "127.0.0.1",      "127.0.0.1:8545", "a.localhost:80",
        "192.168.1.7:80", "[::1]",          "[::1]:8545",
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(http_host_allowed(good[i], none));
}

static void foreign_and_malformed_hosts_are_not(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "evil.example",
        "localhost.evil.example",
        "evillocalhost",
        "127.0.0.1.evil.example",
        "127.0.0.1:8545:1",
        "localhost:port",
        "localhost:123456",
        "[::1",
        "[evil]:80",
        ":80",
        "127.0.0",
        "1.2.3.",
        "node.example",
        ".localhost",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(http_host_allowed(bad[i], none));
    char large[400];
    memset(large, 'a', sizeof large - 1);
    large[sizeof large - 1] = 0;
    assert_false(http_host_allowed(large, none));
}

static void configured_hosts_are_allowed(void **state)
{
    (void)state;
    assert_true(http_host_allowed("node.example:8545", some));
    assert_true(http_host_allowed("NODE.example", some));
    assert_false(http_host_allowed("other.example", some));
    assert_true(http_host_allowed("other.example", all));
}

static void origins_of_this_machine_are_allowed(void **state)
{
    (void)state;
    assert_true(http_origin_allowed("http://localhost:3000", none));
    assert_true(http_origin_allowed("https://127.0.0.1", none));
    assert_true(http_origin_allowed("http://[::1]:8545", none));
    assert_false(http_origin_allowed("null", none));
    assert_false(http_origin_allowed("", none));
    assert_false(http_origin_allowed("http://", none));
    assert_false(http_origin_allowed("file://localhost", none));
    assert_false(http_origin_allowed("http://192.168.1.7", none));
    assert_false(http_origin_allowed("http://localhost.evil.example", none));
    assert_false(http_origin_allowed("http://evil.example", none));
}

static void configured_origins_are_allowed_whole(void **state)
{
    (void)state;
    assert_true(http_origin_allowed("https://dapp.example", some));
    assert_false(http_origin_allowed("http://dapp.example", some));
    assert_false(http_origin_allowed("https://dapp.example:1", some));
    assert_true(http_origin_allowed("null", all));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_names_and_numbers_are_believed),
        cmocka_unit_test(foreign_and_malformed_hosts_are_not),
        cmocka_unit_test(configured_hosts_are_allowed),
        cmocka_unit_test(origins_of_this_machine_are_allowed),
        cmocka_unit_test(configured_origins_are_allowed_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
