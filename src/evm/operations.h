#pragma once
/* The instructions that leave the frame's own stack, or are too long for a
 * loop: each has its gas taken already but for what depends on its operands.
 *
 * sp is the top item as the instruction finds it; what an instruction leaves
 * goes where the lowest item that it takes was, and the loop moves sp.
 */
#include "evm/frame.h"

typedef enum evm_exception operation(struct frame *frame, u256 *sp);

operation operation_exp;
operation operation_keccak256;
operation operation_balance;
operation operation_selfbalance;
operation operation_calldatacopy;
operation operation_codecopy;
operation operation_returndatacopy;
operation operation_mcopy;
operation operation_extcodesize;
operation operation_extcodecopy;
operation operation_extcodehash;
operation operation_blockhash;
operation operation_blobhash;
operation operation_sload;
operation operation_sstore;
operation operation_tload;
operation operation_tstore;
operation operation_return; /* and REVERT: sets output */
operation operation_selfdestruct;
operation operation_log0;
operation operation_log1;
operation operation_log2;
operation operation_log3;
operation operation_log4;

/* CALLDATALOAD where the data ends before 32 bytes do. */
void operation_calldataload_end(const struct frame *frame, u256 *sp);

/* Sees to it that 32 bytes (or the single one) at *offset are in memory. */
enum evm_exception operation_reach_word(struct frame *frame,
                                        const u256 *offset);
enum evm_exception operation_reach_word_at(struct frame *frame,
                                           uint64_t offset);
enum evm_exception operation_reach_byte(struct frame *frame,
                                        const u256 *offset);
