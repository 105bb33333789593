#include "evm/sstore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* EIP-2200's test cases: the slot's original value, the values written one
 * after the other, and what the writes cost and give back. There, 20000,
 * 5000 and 800 a write; other rules' figures are told apart by their parts. */
static const struct written {
    uint8_t original, values[3], count;
    int64_t gas_2200, refund_2200;
    int64_t gas_3529, refund_3529; /* on a warm slot */
} sequences[] = {
    {0, {0, 0}, 2, 1600, 0, 200, 0},
    {0, {0, 1}, 2, 20800, 0, 20100, 0},
    {0, {1, 0}, 2, 20800, 19200, 20100, 19900},
    {0, {1, 2}, 2, 20800, 0, 20100, 0},
    {0, {1, 1}, 2, 20800, 0, 20100, 0},
    {1, {0, 0}, 2, 5800, 15000, 3000, 4800},
    {1, {0, 1}, 2, 5800, 4200, 3000, 2800},
    {1, {0, 2}, 2, 5800, 0, 3000, 0},
    {1, {2, 0}, 2, 5800, 15000, 3000, 4800},
    {1, {2, 3}, 2, 5800, 0, 3000, 0},
    {1, {2, 1}, 2, 5800, 4200, 3000, 2800},
    {1, {2, 2}, 2, 5800, 0, 3000, 0},
    {1, {1, 0}, 2, 5800, 15000, 3000, 4800},
    {1, {1, 2}, 2, 5800, 0, 3000, 0},
    {1, {1, 1}, 2, 1600, 0, 200, 0},
    {0, {1, 0, 1}, 3, 40800, 19200, 40100, 19900},
    {1, {0, 1, 0}, 3, 10800, 19200, 5900, 7600},
};

static void write_all(enum evm_rules rules, const struct written *is,
                      int64_t *gas, int64_t *refund)
{
    struct evm_slot slot = {u256_from(is->original), u256_from(is->original),
                            true};
    *gas = *refund = 0;
    for (unsigned i = 0; i < is->count; i++) {
        u256 value = u256_from(is->values[i]);
        struct sstore_price price = sstore_price(rules, &slot, &value);
        *gas += (int64_t)price.gas;
        *refund += price.refund;
        slot.current = value;
    }
}

static void sequences_cost_what_eip_2200_and_3529_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sequences); i++) {
        int64_t gas, refund;
        write_all(EVM_ISTANBUL, &sequences[i], &gas, &refund);
        assert_int_equal(gas, sequences[i].gas_2200);
        assert_int_equal(refund, sequences[i].refund_2200);
        write_all(EVM_LONDON, &sequences[i], &gas, &refund);
        assert_int_equal(gas, sequences[i].gas_3529);
        assert_int_equal(refund, sequences[i].refund_3529);
    }
}

static void only_constantinople_has_eip_1283(void **state)
{
    (void)state;
    const struct evm_slot slot = {u256_from(1), u256_from(1), false};
    const u256 same = u256_from(1), zero = U256_ZERO;
    assert_int_equal(sstore_price(EVM_BYZANTIUM, &slot, &same).gas, 5000);
    assert_int_equal(sstore_price(EVM_CONSTANTINOPLE, &slot, &same).gas, 200);
    assert_int_equal(sstore_price(EVM_PETERSBURG, &slot, &same).gas, 5000);
    assert_int_equal(sstore_price(EVM_PETERSBURG, &slot, &zero).refund, 15000);
    assert_int_equal(sstore_price(EVM_ISTANBUL, &slot, &same).gas, 800);
}

static void a_cold_slot_costs_2100_more_from_berlin_on(void **state)
{
    (void)state;
    const struct evm_slot cold = {U256_ZERO, U256_ZERO, false};
    const u256 one = U256_ONE;
    assert_int_equal(sstore_price(EVM_ISTANBUL, &cold, &one).gas, 20000);
    assert_int_equal(sstore_price(EVM_BERLIN, &cold, &one).gas, 22100);
    assert_int_equal(sstore_price(EVM_BERLIN, &cold, &U256_ZERO).gas, 2200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences_cost_what_eip_2200_and_3529_say),
        cmocka_unit_test(only_constantinople_has_eip_1283),
        cmocka_unit_test(a_cold_slot_costs_2100_more_from_berlin_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
