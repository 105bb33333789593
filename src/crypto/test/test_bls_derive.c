#include "crypto/bls_derive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"
#include "base/u256.h"

static void assert_key(const secret32 *key, const char *decimal)
{
    u256 expected;
    assert_true(u256_read_decimal(&expected, bytes_str(decimal)));
    hash32 be = u256_to_hash(expected);
    assert_memory_equal(key->at, be.at, sizeof be.at);
}

/* EIP-2333, "Test Cases". */
static const struct {
    const char *seed, *master;
    uint32_t index;
    const char *child;
} cases[] = {
    {"c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e5349553"
     "1f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04",
     "6083874454709270928345386274498605044986640685124978867557563392430687146"
     "096",
     0,
     "2039778985973665094231741226247255810787539217244407679267109197521093270"
     "3118"},
    {"3141592653589793238462643383279502884197169399375105820974944592",
     "2975702064796130743148050453533656267828250541914101293331611637766081730"
     "9383",
     3141592653,
     "2545720168885069194772762938519170451674479611492589796267624825092934501"
     "4287"},
    {"0099FF991111002299DD7744EE3355BBDD8844115566CC55663355668888CC00",
     "2758084229186979244294244877567472229980372064844544868609926246720703739"
     "8656",
     4294967295,
     "2935861079445942886040223434187428124080378629406203587402125273481751568"
     "5787"},
    {"d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
     "1902215846152444659128803816851831337404176704681648787055287274105076001"
     "5818",
     42,
     "3137223165047907027977429706182357216649656483847278748824977557278906461"
     "1981"},
};

static void keys_are_those_of_the_specification(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t seed[64];
        size_t len = strlen(cases[i].seed) / 2;
        secret32 key;
        assert_int_equal(hex_read_exact(seed, len, bytes_str(cases[i].seed)),
                         LOFT_OK);
        assert_int_equal(bls_derive_master(&key, bytes_of(seed, len)), LOFT_OK);
        assert_key(&key, cases[i].master);
        bls_derive_child(&key, cases[i].index);
        assert_key(&key, cases[i].child);
    }
}

static void a_validator_has_two_keys_on_its_path(void **state)
{
    (void)state;
    static const uint8_t seed[BLS_SEED_BYTES_MIN] = {1, 2, 3};
    const uint32_t path[] = {12381, 3600, 5, 0};
    bytes from = bytes_of(seed, sizeof seed);
    secret32 withdrawal, signing, key;
    assert_int_equal(bls_derive_validator(&withdrawal, &signing, from, 5),
                     LOFT_OK);
    assert_int_equal(bls_derive_master(&key, from), LOFT_OK);
    for (size_t i = 0; i < ARRAY_LEN(path); i++)
        bls_derive_child(&key, path[i]);
    assert_true(secret_equal(&key, &withdrawal));
    bls_derive_child(&key, 0);
    assert_true(secret_equal(&key, &signing));
}

static void a_short_seed_is_refused(void **state)
{
    (void)state;
    static const uint8_t seed[BLS_SEED_BYTES_MIN - 1];
    secret32 key;
    assert_int_equal(bls_derive_master(&key, bytes_of(seed, sizeof seed)),
                     LOFT_ERR_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_those_of_the_specification),
        cmocka_unit_test(a_validator_has_two_keys_on_its_path),
        cmocka_unit_test(a_short_seed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
