#include "evm/code_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "evm/test/program.h"

static struct block block;

static void read(const char *code, size_t pc)
{
    block_read(&block, hexed(code), pc, instructions_of(EVM_OSAKA));
}

static const struct value *top(void)
{
    return &block.values[*block_item(&block, block.top - 1)];
}

static void moving_items_about_takes_no_node(void **state)
{
    (void)state;
    read("6001 80 91 50 90 00", 0);
    assert_int_equal(block.node_count, 1); /* STOP */
    assert_int_equal(block.end, BLOCK_STOPS);
    assert_int_equal(block.need, 1);
    assert_int_equal(block.growth, 2);
    assert_int_equal(block.gas, 3 + 3 + 3 + 2 + 3);
}

static void what_is_known_is_computed(void **state)
{
    (void)state;
    /* (1 << 160) - 1, as compilers write it */
    read("6001 6001 60a0 1b 03 5b", 0);
    assert_int_equal(block.node_count, 0);
    assert_int_equal(block.end, BLOCK_FALLS);
    assert_int_equal(block.next_pc, 8);
    assert_int_equal(top()->kind, VALUE_CONSTANT);
    u256 expected = u256_sub(u256_shl(U256_ONE, 160), U256_ONE);
    assert_true(u256_equal(top()->constant, expected));
}

static void what_depends_on_the_stack_is_a_node(void **state)
{
    (void)state;
    read("6001 01 5b", 0);
    assert_int_equal(block.node_count, 1);
    assert_int_equal(block.nodes[0].opcode, OP_ADD);
    assert_int_equal(top()->kind, VALUE_RESULT);
    assert_int_equal(block.values[block.nodes[0].operands[1]].kind,
                     VALUE_ENTRY);
    assert_int_equal(block.values[block.nodes[0].operands[1]].at, -1);
    assert_int_equal(block.need, 1);
    assert_int_equal(block.top, 0);
}

static void a_jumpdest_only_begins_a_block(void **state)
{
    (void)state;
    read("5b 6001 5b 00", 0);
    assert_int_equal(block.next_pc, 3);
    assert_int_equal(block.gas, 4);
    read("5b 6001 5b 00", 3);
    assert_int_equal(block.end, BLOCK_STOPS);
    assert_int_equal(block.gas, 1);
}

static void gas_knows_what_was_paid_before_it(void **state)
{
    (void)state;
    read("5b 5a 6001 01 5a", 0);
    assert_int_equal(block.gas, 1 + 2 + 3 + 3 + 2);
    assert_int_equal(block.nodes[0].gas, 1 + 2);
    assert_int_equal(block.nodes[2].gas, block.gas);
}

static void calls_end_a_block(void **state)
{
    (void)state;
    read("6000 6000 6000 6000 6000 6000 6000 f1 6001", 0);
    assert_int_equal(block.end, BLOCK_SPLITS);
    assert_int_equal(block.next_pc, 15);
    assert_int_equal(block.top, 1);
}

static void a_block_has_bounds(void **state)
{
    (void)state;
    static uint8_t code[4096];
    static const uint8_t kinds[] = {OP_DUP1, OP_DUP16, OP_SWAP16, OP_POP,
                                    OP_ADD,  OP_PC,    OP_MSIZE,  OP_NOT};
    for (size_t i = 0; i < sizeof kinds; i++) {
        memset(code, kinds[i], sizeof code);
        size_t blocks = 0;
        for (size_t pc = 0; pc < sizeof code; pc = block.next_pc) {
            block_read(&block, bytes_of(code, sizeof code), pc,
                       instructions_of(EVM_OSAKA));
            assert_true(block.next_pc > pc);
            assert_true(block.value_count <= BLOCK_VALUES_MAX);
            assert_true(block.node_count <= BLOCK_NODES_MAX);
            blocks++;
        }
        assert_true(blocks > 1 || kinds[i] == OP_SWAP16);
    }
}

static void undefined_opcodes_are_one(void **state)
{
    (void)state;
    block_read(&block, hexed("1e"), 0, instructions_of(EVM_PRAGUE));
    assert_int_equal(block.nodes[0].opcode, OPCODE_UNDEFINED);
    assert_int_equal(block.end, BLOCK_STOPS);
    block_read(&block, hexed("1e"), 0, instructions_of(EVM_OSAKA));
    assert_int_equal(block.nodes[0].opcode, OP_CLZ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moving_items_about_takes_no_node),
        cmocka_unit_test(what_is_known_is_computed),
        cmocka_unit_test(what_depends_on_the_stack_is_a_node),
        cmocka_unit_test(a_jumpdest_only_begins_a_block),
        cmocka_unit_test(gas_knows_what_was_paid_before_it),
        cmocka_unit_test(calls_end_a_block),
        cmocka_unit_test(a_block_has_bounds),
        cmocka_unit_test(undefined_opcodes_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
