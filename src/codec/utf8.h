#pragma once
/* Which bytes are UTF-8: Unicode Standard, table 3-7. */
#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

/* The length of the sequence that text, which is not empty, begins with.
 * *is_valid false: of the part of it that is there, at least 1. */
size_t utf8_sequence(bytes text, bool *is_valid);

/* Writes a code point, which is no surrogate, and returns its length. */
#define UTF8_BYTES_MAX 4
size_t utf8_write(uint8_t out[UTF8_BYTES_MAX], uint32_t code);
