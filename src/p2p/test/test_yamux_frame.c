#include "p2p/yamux_frame.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/hex.h"

static loft_err read_hex(struct yamux_header *out, const char *hex)
{
    uint8_t from[YAMUX_HEADER_BYTES];
    assert_int_equal(hex_read_exact(from, sizeof from, bytes_str(hex)),
                     LOFT_OK);
    return yamux_header_read(out, from);
}

static void fields_stand_in_network_order(void **state)
{
    (void)state;
    struct yamux_header header;
    uint8_t again[YAMUX_HEADER_BYTES];
    static const uint8_t bytes_of_it[] = {0, 1, 0, 5, 1, 2, 3, 4, 5, 6, 7, 8};
    assert_int_equal(read_hex(&header, "000100050102030405060708"), LOFT_OK);
    assert_int_equal(header.type, YAMUX_WINDOW);
    assert_int_equal(header.flags, YAMUX_SYN | YAMUX_FIN);
    assert_int_equal(header.stream, 0x01020304);
    assert_int_equal(header.length, 0x05060708);
    yamux_header_write(again, &header);
    assert_memory_equal(again, bytes_of_it, sizeof again);
}

static void what_belongs_together_is_read(void **state)
{
    (void)state;
    static const char *const good[] = {
        "000000000000000100000000", "0000000d8000000000000001",
        "000200010000000000000007", "000200020000000000000007",
        "000300000000000000000002", "000300000000000000000009",
    };
    struct yamux_header header;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_int_equal(read_hex(&header, good[i]), LOFT_OK);
}

static void other_headers_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "010000000000000100000000", /* version 1 */
        "000400000000000100000000", /* type 4 */
        "000000100000000100000000", /* a flag that does not exist */
        "000000030000000100000000", /* SYN and ACK */
        "000000000000000000000000", /* data of the session */
        "000100000000000000000000", /* a window of the session */
        "000200010000000100000000", /* a ping of a stream */
        "000200000000000000000000", /* a ping that does neither */
        "000200030000000000000000", /* a ping that does both */
        "000300000000000100000000", /* a parting of a stream */
        "000300040000000000000000", /* a parting with a flag */
    };
    struct yamux_header header;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(read_hex(&header, bad[i]), LOFT_ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_stand_in_network_order),
        cmocka_unit_test(what_belongs_together_is_read),
        cmocka_unit_test(other_headers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
