#pragma once
/* Bytes as text in the bases that peers, addresses and content ids use.
 *
 * Base 16, 32 and 64 pack bits (RFC 4648, without padding); base 36 and 58
 * write one large number, after a zero digit for each leading zero byte.
 *
 * Source   multiformats/multibase; RFC 4648.
 * Limits   MULTIBASE_BYTES_MAX: large numbers cost the square of their size.
 * Errors   LOFT_ERR_FORMAT: another character, bits left over that are not
 *          zero, a length that no bytes have. LOFT_ERR_LIMIT: too long.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"

#define MULTIBASE_BYTES_MAX 256

/* By the character that stands in front of a text of that base. */
enum multibase {
    MULTIBASE_16 = 'f',
    MULTIBASE_32 = 'b',
    MULTIBASE_36 = 'k',
    MULTIBASE_58BTC = 'z',
    MULTIBASE_64URL = 'u',
};

/* The digits alone, without the base's character. Bases 16, 32 and 36 are
 * read in either case and written in lower case. */
MUST_USE loft_err multibase_read_digits(struct arena *arena, bytes *out,
                                        enum multibase base, bytes text);
void multibase_put_digits(struct buffer *out, enum multibase base, bytes from);

/* The base's character, then the digits. The upper-case character of a base
 * that has two cases is read as well. */
MUST_USE loft_err multibase_read(struct arena *arena, bytes *out, bytes text);
void multibase_put(struct buffer *out, enum multibase base, bytes from);
