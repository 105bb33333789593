#pragma once
/* Puts programs together. */
#include "base/u256.h"
#include "base/vec.h"
#include "evm/instructions.h"

void assemble(struct buffer *code, uint8_t opcode);
/* The shortest PUSH that there is under all rules. */
void assemble_push(struct buffer *code, u256 value);
void assemble_push32(struct buffer *code, u256 value);

/* MSTORE(0, top); RETURN(0, 32) */
void assemble_return_top(struct buffer *code);

/* Digits without 0x; "" is zero. */
u256 number(const char *hex);
