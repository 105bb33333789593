#pragma once
/* Computes what is known before the code runs. */
#include "evm/code_block.h"

/* True: the node gives *constant whenever it runs, and does nothing else. */
bool fold(const struct value *values, const struct node *node, u256 *constant);
