#pragma once
/* What a block's last jump depends on: the comparison before a JUMPI becomes
 * part of it. */
#include "evm/code_block.h"

enum branch_test { /* in the order of the handlers JUMPI_ and FLAG_ */
                   TEST_NONZERO,
                   TEST_ZERO,
                   TEST_EQ,
                   TEST_NE,
                   TEST_LT,
                   TEST_GE,
                   TEST_SLT,
                   TEST_SGE,
                   TEST_GT, /* with a constant alone */
                   TEST_LE,
};

struct branch {
    enum branch_test test;
    value_id target;
    value_id operands[2]; /* of the test; of a jump to an unknown place,
                             that place, then the condition */
    int operand_count;
};

/* Takes the nodes that become part of the branch off the block; a condition
 * that is known makes it a jump or none. */
void branch_find(struct branch *branch, struct block *block);

/* The test's index among the handlers JUMPI_..._K, or -1. */
int branch_with_constant(enum branch_test test);

/* Swaps the operands where that brings a small constant to the end. */
void branch_put_constant_last(struct branch *branch, bool first_is_small);

/* Back to the tests that there are flags for. */
void branch_to_flag(struct branch *branch);
