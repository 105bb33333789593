#pragma once
/* Hexadecimal text, lower case when written, either case when read. */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/u256.h"

/* Writes 2 * from.len characters, no end. */
void hex_write(char *out, bytes from);

/* "0x" and the digits, as a C string. */
char *hex_string(struct arena *arena, bytes from);

/* Reads an even number of digits, with or without "0x".
 * LOFT_ERR_FORMAT: odd count or another character. */
MUST_USE loft_err hex_read(struct arena *arena, bytes *out, bytes text);

/* Reads exactly len bytes. */
MUST_USE loft_err hex_read_exact(void *out, size_t len, bytes text);

/* Reads a number of 1 to 64 digits after "0x"; leading zeros are fine. */
MUST_USE loft_err hex_read_u256(u256 *out, bytes text);
MUST_USE loft_err hex_read_u64(uint64_t *out, bytes text);

/* "0x0", "0x1f": the shortest form, as JSON-RPC has quantities. */
#define HEX_QUANTITY_MAX 67
size_t hex_quantity(char out[HEX_QUANTITY_MAX], u256 value);
