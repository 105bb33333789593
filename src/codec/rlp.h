#pragma once
/* Recursive Length Prefix, read strictly: one encoding for each value, the
 * shortest; everything else is refused.
 *
 * Reading is a cursor: `rest` is what is left, and each call takes one item
 * off its front. Writing appends to a buffer; a list is opened, filled and
 * closed, and its header is put in place at the close.
 *
 * Source    Yellow Paper, appendix B.
 * Lifetime  what is read points into the input.
 * Errors    LOFT_ERR_FORMAT; on an error *rest and outputs are as before.
 */
#include "base/bytes.h"
#include "base/err.h"
#include "base/u256.h"
#include "base/vec.h"

/* The next item's payload; *is_list tells which kind. */
MUST_USE loft_err rlp_read_item(bytes *payload, bool *is_list, bytes *rest);

/* The next item whole, its header with it: for hashing or storing as it is. */
MUST_USE loft_err rlp_read_raw(bytes *item, bytes *rest);

MUST_USE loft_err rlp_read_bytes(bytes *out, bytes *rest);
MUST_USE loft_err rlp_read_list(bytes *items, bytes *rest);

/* Exactly len bytes. */
MUST_USE loft_err rlp_read_exact(void *out, size_t len, bytes *rest);

/* Integers: big endian, no leading zero byte. */
MUST_USE loft_err rlp_read_u64(uint64_t *out, bytes *rest);
MUST_USE loft_err rlp_read_u256(u256 *out, bytes *rest);

/* LOFT_ERR_FORMAT unless nothing is left. */
MUST_USE loft_err rlp_read_end(bytes rest);

/* The number of items in a list's payload, for sizing arrays; checks each
 * item's header. */
MUST_USE loft_err rlp_count(size_t *out, bytes items);

/* Checks that the whole of `input` is one well-formed item, all the way down
 * to RLP_DEPTH_MAX. */
#define RLP_DEPTH_MAX 1024
MUST_USE loft_err rlp_check(bytes input);

void rlp_put_bytes(struct buffer *out, bytes value);
void rlp_put_u64(struct buffer *out, uint64_t value);
void rlp_put_u256(struct buffer *out, u256 value);
void rlp_put_hash(struct buffer *out, const hash32 *hash);
void rlp_put_address(struct buffer *out, const address *who);

/* Lists nest; the value returned by open is passed to its close. */
MUST_USE size_t rlp_open(struct buffer *out);
void rlp_close(struct buffer *out, size_t opened);

/* The header alone, where the payload's length is known. */
void rlp_put_list_header(struct buffer *out, size_t payload_len);
