#include "node/signer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const secret32 key = {{1, 2, 3}};

static void a_signature_is_of_the_account_asked_for(void **state)
{
    (void)state;
    struct signer *signer = signer_new();
    const hash32 digest = {{7}};
    struct ecdsa_signature signature;
    address who, recovered;
    size_t count;
    assert_int_equal(ecdsa_address(&who, &key), LOFT_OK);
    assert_int_equal(signer_sign(signer, &signature, &who, &digest),
                     LOFT_ERR_NOT_FOUND);
    assert_int_equal(signer_add(signer, &key), LOFT_OK);
    assert_true(address_equal(signer_accounts(signer, &count), &who));
    assert_int_equal(count, 1);
    assert_int_equal(signer_sign(signer, &signature, &who, &digest), LOFT_OK);
    assert_true(ecdsa_recover(&recovered, &digest, &signature));
    assert_true(address_equal(&recovered, &who));
    signer_free(signer);
}

static void bad_keys_and_too_many_are_refused(void **state)
{
    (void)state;
    struct signer *signer = signer_new();
    const secret32 zero = {{0}};
    size_t count;
    assert_int_equal(signer_add(signer, &zero), LOFT_ERR_REFUSED);
    for (int i = 0; i < SIGNER_ACCOUNTS_MAX; i++)
        assert_int_equal(signer_add(signer, &key), LOFT_OK);
    assert_int_equal(signer_add(signer, &key), LOFT_ERR_LIMIT);
    signer_accounts(signer, &count);
    assert_int_equal(count, SIGNER_ACCOUNTS_MAX);
    signer_free(signer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_is_of_the_account_asked_for),
        cmocka_unit_test(bad_keys_and_too_many_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
