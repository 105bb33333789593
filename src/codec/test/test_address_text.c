#include "codec/address_text.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The examples of EIP-55. */
static const char *const CHECKSUMMED[] = {
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
};

static void text_has_its_checksum(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(CHECKSUMMED); i++) {
        char text[ADDRESS_TEXT_LEN + 1];
        address who;
        assert_int_equal(address_text_read(&who, bytes_str(CHECKSUMMED[i])),
                         LOFT_OK);
        address_text(text, &who);
        assert_string_equal(text, CHECKSUMMED[i]);
    }
}

static void one_case_carries_no_checksum(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(CHECKSUMMED); i++) {
        char text[ADDRESS_TEXT_LEN + 1];
        address who, want;
        assert_int_equal(address_text_read(&want, bytes_str(CHECKSUMMED[i])),
                         LOFT_OK);
        for (size_t k = 0; k <= ADDRESS_TEXT_LEN; k++)
            text[k] = (char)tolower((unsigned char)CHECKSUMMED[i][k]);
        assert_int_equal(address_text_read(&who, bytes_str(text)), LOFT_OK);
        assert_true(address_equal(&who, &want));
        for (size_t k = 2; k <= ADDRESS_TEXT_LEN; k++)
            text[k] = (char)toupper((unsigned char)CHECKSUMMED[i][k]);
        assert_int_equal(address_text_read(&who, bytes_str(text)), LOFT_OK);
        assert_true(address_equal(&who, &want));
        assert_int_equal(address_text_read(&who, bytes_str(text + 2)), LOFT_OK);
        assert_true(address_equal(&who, &want));
    }
}

static void a_wrong_letter_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed",
        "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed0",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg",
        "",
        "0x",
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        address who;
        assert_int_equal(address_text_read(&who, bytes_str(cases[i])),
                         LOFT_ERR_FORMAT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_has_its_checksum),
        cmocka_unit_test(one_case_carries_no_checksum),
        cmocka_unit_test(a_wrong_letter_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
