#include "io/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static struct endpoint through_socket(const struct endpoint *endpoint)
{
    struct sockaddr_storage at;
    struct endpoint back;
    assert_int_not_equal(endpoint_to_socket(&at, endpoint), 0);
    assert_true(endpoint_from_socket(&back, &at));
    return back;
}

static void an_endpoint_survives_the_system(void **state)
{
    struct endpoint four = {.ip = {192, 0, 2, 1}, .port = 80};
    struct endpoint six = {.is_ip6 = true, .ip = {0x20, 1}, .port = 65535};
    struct endpoint back = through_socket(&four);
    char text[ENDPOINT_TEXT_BYTES];
    (void)state;
    assert_string_equal(endpoint_text(text, &back), "192.0.2.1:80");
    back = through_socket(&six);
    assert_string_equal(endpoint_text(text, &back), "[2001::]:65535");
}

static void a_mapped_address_is_an_ip4_one(void **state)
{
    struct endpoint mapped = {
        .is_ip6 = true, .ip = {[10] = 0xff, 0xff, 192, 0, 2, 7}, .port = 9};
    struct endpoint back = through_socket(&mapped);
    char text[ENDPOINT_TEXT_BYTES];
    (void)state;
    assert_string_equal(endpoint_text(text, &back), "192.0.2.7:9");
}

static void some_addresses_are_special(void **state)
{
    struct endpoint any = {0}, loopback = {.ip = {127, 3, 2, 1}};
    struct endpoint any6 = {.is_ip6 = true};
    struct endpoint loopback6 = {.is_ip6 = true, .ip = {[15] = 1}};
    (void)state;
    assert_true(endpoint_is_any(&any) && endpoint_is_any(&any6));
    assert_false(endpoint_is_any(&loopback) || endpoint_is_any(&loopback6));
    assert_true(endpoint_is_loopback(&loopback));
    assert_true(endpoint_is_loopback(&loopback6));
    assert_false(endpoint_is_loopback(&any) || endpoint_is_loopback(&any6));
}

static void interfaces_have_a_loopback(void **state)
{
    struct endpoint each[32];
    size_t count = endpoint_interfaces(each, 32, false);
    bool found = false;
    (void)state;
    for (size_t i = 0; i < count; i++)
        found |= endpoint_is_loopback(&each[i]);
    assert_true(found);
    assert_int_equal(endpoint_interfaces(each, 0, false), 0);
}

static void the_outward_address_is_an_interfaces(void **state)
{
    struct endpoint each[64], outward;
    size_t count = endpoint_interfaces(each, 64, false);
    bool found = false;
    (void)state;
    if (!endpoint_outward(&outward, false))
        skip(); /* a machine without a way out */
    for (size_t i = 0; i < count; i++)
        found |= memcmp(each[i].ip, outward.ip, 4) == 0;
    assert_true(found);
    assert_int_equal(outward.port, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_endpoint_survives_the_system),
        cmocka_unit_test(a_mapped_address_is_an_ip4_one),
        cmocka_unit_test(some_addresses_are_special),
        cmocka_unit_test(interfaces_have_a_loopback),
        cmocka_unit_test(the_outward_address_is_an_interfaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
