#pragma once
/* Which bytes of a code are JUMPDEST instructions: those that are not inside
 * what a PUSH carries. A bit a byte, lowest first. */
#include "base/bytes.h"

static inline size_t jumpdests_size(size_t code_len)
{
    return code_len / 8 + 1;
}

/* Writes jumpdests_size(code.len) bytes. */
void jumpdests_find(uint8_t *bits, bytes code);
