#include "evm/creation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "evm/test/program.h"

static void expect_address(const struct evm_message *message, uint64_t nonce,
                           const char *expected)
{
    address made = creation_address(message, nonce);
    assert_memory_equal(made.at, hexed(expected).at, sizeof made.at);
}

static address address_from(const char *digits)
{
    address who;
    memcpy(who.at, hexed(digits).at, sizeof who.at);
    return who;
}

/* The addresses of this account's first contracts are widely published. */
static void create_goes_by_caller_and_nonce(void **state)
{
    (void)state;
    const struct evm_message message = {
        .kind = EVM_CREATE,
        .caller = address_from("6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0")};
    expect_address(&message, 0, "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d");
    expect_address(&message, 1, "343c43a37d37dff08ae8c4a11544c718abb4fcf8");
    expect_address(&message, 2, "f778b86fa74e846c4f0a1fbd1335fe81c00a0c91");
    expect_address(&message, 3, "fffd933a0bc612844eaf0c6fe3e5b8e9b6c1d19c");
}

/* EIP-1014's examples. */
static void create2_goes_by_caller_salt_and_code(void **state)
{
    static const struct {
        const char *caller, *salt, *code, *address;
    } examples[] = {
        {"0000000000000000000000000000000000000000",
         "0000000000000000000000000000000000000000000000000000000000000000",
         "00", "4d1a2e2bb4f88f0250f26ffff098b0b30b26bf38"},
        {"deadbeef00000000000000000000000000000000",
         "0000000000000000000000000000000000000000000000000000000000000000",
         "00", "b928f69bb1d91cd65274e3c79d8986362984fda3"},
        {"deadbeef00000000000000000000000000000000",
         "000000000000000000000000feed000000000000000000000000000000000000",
         "00", "d04116cdd17bebe565eb2422f2497e06cc1c9833"},
        {"00000000000000000000000000000000deadbeef",
         "00000000000000000000000000000000000000000000000000000000cafebabe",
         "deadbeef", "60f3f640a8508fc6a86d45df051962668e1e8ac7"},
        {"0000000000000000000000000000000000000000",
         "0000000000000000000000000000000000000000000000000000000000000000", "",
         "e33c0c7f7df4809055c3eba6c09cfe4baf1bd9e0"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        struct evm_message message = {
            .kind = EVM_CREATE2,
            .caller = address_from(examples[i].caller),
            .input = hexed(examples[i].code)};
        memcpy(message.salt.at, hexed(examples[i].salt).at, 32);
        expect_address(&message, 99, examples[i].address);
    }
}

static void code_nonce_or_storage_is_a_collision(void **state)
{
    (void)state;
    struct memory_host host;
    memory_host_init(&host);
    const address who = PROGRAM_SELF;
    struct evm_host *as_host = &host.host;
    memory_host_account(&host, &who)->balance = U256_ONE;
    assert_false(creation_collides(as_host, &who));
    u256 key = U256_ONE;
    memory_host_set_slot(&host, &who, &key, &key);
    assert_true(creation_collides(as_host, &who));
    memory_host_set_slot(&host, &who, &key, &U256_ZERO);
    assert_false(creation_collides(as_host, &who));
    memory_host_account(&host, &who)->nonce = 1;
    assert_true(creation_collides(as_host, &who));
    memory_host_account(&host, &who)->nonce = 0;
    memory_host_set_code(&host, &who, hexed("00"));
    assert_true(creation_collides(as_host, &who));
    memory_host_fini(&host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_goes_by_caller_and_nonce),
        cmocka_unit_test(create2_goes_by_caller_salt_and_code),
        cmocka_unit_test(code_nonce_or_storage_is_a_collision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
