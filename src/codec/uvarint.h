#pragma once
/* Unsigned integers of variable length: seven bits a byte, the lowest first,
 * a top bit where more follow.
 *
 * Source   multiformats/unsigned-varint: the shortest form alone, and at most
 *          nine bytes, so values below 2^63.
 * Errors   LOFT_ERR_FORMAT; *rest and *out are as they were then.
 */
#include "base/bytes.h"
#include "base/err.h"
#include "base/vec.h"

#define UVARINT_BYTES_MAX 9
#define UVARINT_MAX (((uint64_t)1 << 63) - 1)

/* What is at the head of bytes that may still be arriving. */
enum uvarint_status {
    UVARINT_READ,
    UVARINT_SHORT,     /* goes on in bytes that are not there yet */
    UVARINT_TOO_LONG,  /* beyond UVARINT_BYTES_MAX, whatever follows */
    UVARINT_NOT_LEAST, /* a shorter form of the same number exists */
};

/* Sets *out and moves *rest on when it answers UVARINT_READ. */
enum uvarint_status uvarint_scan(uint64_t *out, bytes *rest);

/* For bytes that are all there. */
MUST_USE loft_err uvarint_read(uint64_t *out, bytes *rest);

/* value of at most UVARINT_MAX. */
void uvarint_put(struct buffer *out, uint64_t value);
