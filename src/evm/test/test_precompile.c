#include "evm/precompile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "evm/test/program.h"
#include "tests/vectors.h"

struct vector {
    bytes input, expected;
    const char *error, *name;
    uint64_t gas;
};

static address precompile_at(unsigned at)
{
    address who = {{0}};
    store_be16(who.at + 18, (uint16_t)at);
    return who;
}

static struct vector read_vector(struct arena *arena, const struct json *json)
{
    struct vector v = {0};
    const char *text;
    assert_int_equal(json_get_text(&v.name, json, "Name"), LOFT_OK);
    assert_int_equal(json_get_text(&text, json, "Input"), LOFT_OK);
    assert_int_equal(hex_read(arena, &v.input, bytes_str(text)), LOFT_OK);
    if (json_get(json, "ExpectedError")) {
        v.error = "expected";
        return v;
    }
    assert_int_equal(json_get_text(&text, json, "Expected"), LOFT_OK);
    assert_int_equal(hex_read(arena, &v.expected, bytes_str(text)), LOFT_OK);
    assert_int_equal(json_get_u64(&v.gas, json, "Gas"), LOFT_OK);
    return v;
}

static void check_failure(enum evm_rules rules, const address *who,
                          const struct vector *v)
{
    struct buffer output = {0};
    struct precompile_result result = precompile_run(rules, who, 1 << 30,
                                                     v->input, &output);
    assert_int_equal(result.why, EVM_PRECOMPILE_FAILED);
    buffer_free(&output);
}

static void check_success(enum evm_rules rules, const address *who,
                          const struct vector *v)
{
    struct buffer output = {0};
    struct precompile_result result = precompile_run(
        rules, who, (int64_t)v->gas, v->input, &output);
    if (result.why != EVM_NONE || result.gas_left != 0 ||
        !bytes_equal(buffer_bytes(&output), v->expected))
        fail_msg("%s: %s, %ld gas left", v->name,
                 evm_exception_text(result.why), (long)result.gas_left);
    output.len = 0;
    if (v->gas > 0) {
        result = precompile_run(rules, who, (int64_t)v->gas - 1, v->input,
                                &output);
        assert_int_equal(result.why, EVM_OUT_OF_GAS);
        assert_int_equal(output.len, 0);
    }
    buffer_free(&output);
}

static void run_file(const char *name, enum evm_rules rules, unsigned at)
{
    const char *dir = vectors_unpack("precompiles.tar.xz");
    if (!dir)
        skip();
    struct arena arena;
    arena_init(&arena);
    address who = precompile_at(at);
    const struct json *list = vectors_json(
        &arena, arena_printf(&arena, "%s/precompiles/%s.json", dir, name));
    assert_true(json_len(list) > 0);
    for (size_t i = 0; i < json_len(list); i++) {
        struct vector v = read_vector(&arena, json_at(list, i));
        if (v.error)
            check_failure(rules, &who, &v);
        else
            check_success(rules, &who, &v);
    }
    arena_fini(&arena);
}

static void ecrecover_agrees_with_published_vectors(void **state)
{
    (void)state;
    run_file("ecRecover", EVM_FRONTIER, 0x01);
}

static void modexp_agrees_with_published_vectors(void **state)
{
    (void)state;
    run_file("modexp", EVM_BYZANTIUM, 0x05);
    run_file("modexp_eip2565", EVM_BERLIN, 0x05);
    run_file("modexp_eip7883", EVM_OSAKA, 0x05);
}

static void blake2f_agrees_with_published_vectors(void **state)
{
    (void)state;
    run_file("blake2F", EVM_ISTANBUL, 0x09);
    run_file("fail-blake2f", EVM_ISTANBUL, 0x09);
}

static void bn254_agrees_with_published_vectors(void **state)
{
    (void)state;
    run_file("bn256Add", EVM_ISTANBUL, 0x06);
    run_file("bn256ScalarMul", EVM_ISTANBUL, 0x07);
    run_file("bn256Pairing", EVM_ISTANBUL, 0x08);
}

static void p256verify_agrees_with_published_vectors(void **state)
{
    (void)state;
    run_file("p256Verify", EVM_OSAKA, 0x100);
}

static void bls12_381_agrees_with_published_vectors(void **state)
{
    static const struct {
        const char *name;
        unsigned at;
    } files[] = {
        {"blsG1Add", 0x0b},      {"fail-blsG1Add", 0x0b},
        {"blsG1Mul", 0x0c},      {"fail-blsG1Mul", 0x0c},
        {"blsG1MultiExp", 0x0c}, {"fail-blsG1MultiExp", 0x0c},
        {"blsG2Add", 0x0d},      {"fail-blsG2Add", 0x0d},
        {"blsG2Mul", 0x0e},      {"fail-blsG2Mul", 0x0e},
        {"blsG2MultiExp", 0x0e}, {"fail-blsG2MultiExp", 0x0e},
        {"blsPairing", 0x0f},    {"fail-blsPairing", 0x0f},
        {"blsMapG1", 0x10},      {"fail-blsMapG1", 0x10},
        {"blsMapG2", 0x11},      {"fail-blsMapG2", 0x11},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        run_file(files[i].name, EVM_PRAGUE, files[i].at);
}

static void point_evaluation_agrees_with_published_vectors(void **state)
{
    (void)state;
    run_file("pointEvaluation", EVM_CANCUN, 0x0a);
}

struct known {
    unsigned at;
    int64_t gas;
    const char *input, *output;
};

static void hashes_and_identity_answer_and_charge_by_the_word(void **state)
{
    static const struct known known[] = {
        {2, 60, "",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {2, 72, "616263",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {3, 600, "",
         "0000000000000000000000009c1185a5c5e9fc54612808977ee8f548b2258d31"},
        {3, 720, "616263",
         "0000000000000000000000008eb208f7e05d987a9b044a8e98c6b087f15a0bfc"},
        {4, 15, "", ""},
        {4, 18, "0102", "0102"},
        {4, 21,
         "000000000000000000000000000000000000000000000000000000000000000001",
         "000000000000000000000000000000000000000000000000000000000000000001"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        address who = precompile_at(known[i].at);
        struct vector v = {.input = hexed(known[i].input),
                           .expected = hexed(known[i].output),
                           .name = "known",
                           .gas = (uint64_t)known[i].gas};
        check_success(EVM_FRONTIER, &who, &v);
    }
}

static void forks_add_precompiles(void **state)
{
    static const struct {
        unsigned at;
        enum evm_rules since;
    } first[] = {
        {0x01, EVM_FRONTIER},  {0x04, EVM_FRONTIER}, {0x05, EVM_BYZANTIUM},
        {0x08, EVM_BYZANTIUM}, {0x09, EVM_ISTANBUL}, {0x0a, EVM_CANCUN},
        {0x0b, EVM_PRAGUE},    {0x11, EVM_PRAGUE},   {0x100, EVM_OSAKA},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(first); i++)
        for (unsigned rules = 0; rules < EVM_RULES_COUNT; rules++) {
            address who = precompile_at(first[i].at);
            assert_int_equal(evm_is_precompile(rules, &who),
                             rules >= first[i].since);
        }
    static const unsigned none[] = {0, 0x12, 0xff, 0x101, 0xffff};
    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        address who = precompile_at(none[i]);
        assert_false(evm_is_precompile(EVM_OSAKA, &who));
    }
    address far = precompile_at(1);
    far.at[0] = 1;
    assert_false(evm_is_precompile(EVM_OSAKA, &far));
}

/* EIP-7823: "If any of these inputs are larger than the limit [1024 bytes],
 * the precompile execution stops, returns an error, and consumes all gas." */
static void modexp_refuses_long_numbers_from_osaka_on(void **state)
{
    static const size_t length_ends[] = {31, 63, 95};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(length_ends); i++) {
        uint8_t input[96] = {[31] = 1, [63] = 1, [95] = 1};
        input[length_ends[i] - 1] = 4; /* 1025 */
        struct buffer output = {0};
        address who = precompile_at(5);
        bytes text = bytes_of(input, sizeof input);
        struct precompile_result result = precompile_run(
            EVM_OSAKA, &who, INT64_MAX, text, &output);
        assert_int_not_equal(result.why, EVM_NONE);
        result = precompile_run(EVM_PRAGUE, &who, INT64_MAX, text, &output);
        assert_int_equal(result.why, EVM_NONE);
        buffer_free(&output);
    }
}

static void modexp_refuses_lengths_that_no_gas_pays_for(void **state)
{
    uint8_t input[96];
    address who = precompile_at(5);
    struct buffer output = {0};
    (void)state;
    memset(input, 0xff, sizeof input);
    struct precompile_result result = precompile_run(
        EVM_BYZANTIUM, &who, INT64_MAX, bytes_of(input, 96), &output);
    assert_int_equal(result.why, EVM_OUT_OF_GAS);
    buffer_free(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ecrecover_agrees_with_published_vectors),
        cmocka_unit_test(modexp_agrees_with_published_vectors),
        cmocka_unit_test(blake2f_agrees_with_published_vectors),
        cmocka_unit_test(bn254_agrees_with_published_vectors),
        cmocka_unit_test(p256verify_agrees_with_published_vectors),
        cmocka_unit_test(bls12_381_agrees_with_published_vectors),
        cmocka_unit_test(point_evaluation_agrees_with_published_vectors),
        cmocka_unit_test(hashes_and_identity_answer_and_charge_by_the_word),
        cmocka_unit_test(forks_add_precompiles),
        cmocka_unit_test(modexp_refuses_long_numbers_from_osaka_on),
        cmocka_unit_test(modexp_refuses_lengths_that_no_gas_pays_for),
    };
    return vectors_exit(cmocka_run_group_tests(tests, NULL, NULL));
}
